//! What requests say about invitations.

use flow::Field;
use serde_json::{Value, json};
use std::time::Duration;

/// For how many days an invitation can be accepted: 1 to 30.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(u32);

const MOST: u32 = 30;

impl Days {
    fn of(days: u32) -> Result<Self, String> {
        if (1..=MOST).contains(&days) { Ok(Self(days)) } else { Err(format!("must be from 1 to {MOST}")) }
    }
    /// As long as that.
    pub fn duration(self) -> Duration {
        Duration::from_hours(24) * self.0
    }
}

impl Field for Days {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": 7 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        u32::from_text(text).and_then(Self::of)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        u32::from_json(value).and_then(Self::of)
    }
    fn absent() -> Option<Self> {
        Some(Self(7))
    }
}
