//! What requests say about API keys.

use crate::permissions::{ADMIN_READ_SCOPE, ADMIN_SCOPE, ADMIN_WRITE_SCOPE, AUTHZ_READ, SYSTEM_PERMISSIONS};
use flow::Field;
use kernel::Scopes;
use serde_json::{Value, json};
use std::time::Duration;

/// A scope that an API key can hold: one that opens the administration or a part of it, or the checks of permissions. `authz:read`
/// is none: what somebody may do is only told to themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyScope(&'static str);

impl KeyScope {
    /// All there are: first those that open everything, or everything that changes nothing.
    pub fn all() -> Vec<Self> {
        let mut all = vec![ADMIN_SCOPE, ADMIN_READ_SCOPE, ADMIN_WRITE_SCOPE];
        for known in SYSTEM_PERMISSIONS {
            let scope = known.permission.scope;
            if scope != AUTHZ_READ.scope && !all.contains(&scope) {
                all.push(scope);
            }
        }
        all.into_iter().map(Self).collect()
    }
    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Field for KeyScope {
    fn schema() -> Value {
        let names: Vec<&str> = Self::all().into_iter().map(Self::as_str).collect();
        json!({ "type": "string", "enum": names })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let found = Self::all().into_iter().find(|scope| scope.0 == text);
        found.ok_or_else(|| {
            // What it was is repeated only where it can be a scope.
            let shown = Scopes::parse(text).filter(|_| text.len() <= 100).map(|scopes| scopes.to_string());
            format!("{} can't be given to an API key", shown.as_deref().unwrap_or("what is there"))
        })
    }
}

/// For how many days a key works: 1 to 3650.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDays(u32);

const MOST: u32 = 3650;

impl KeyDays {
    fn of(days: u32) -> Result<Self, String> {
        if (1..=MOST).contains(&days) { Ok(Self(days)) } else { Err(format!("must be from 1 to {MOST}")) }
    }
    /// As long as that.
    pub fn duration(self) -> Duration {
        Duration::from_hours(24) * self.0
    }
}

impl Field for KeyDays {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": MOST })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        u32::from_text(text).and_then(Self::of)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        u32::from_json(value).and_then(Self::of)
    }
}
