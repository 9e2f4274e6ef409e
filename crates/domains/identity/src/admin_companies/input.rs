//! What requests say about companies.

use crate::settings::WebUrl;
use flow::Field;
use serde_json::{Value, json};

/// The address of a logo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoUrl(String);

impl LogoUrl {
    /// The address.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for LogoUrl {
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "maxLength": 2048 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        WebUrl::parse(text).map(|url| Self(url.as_str().to_owned()))
    }
}

/// What applications keep with a company: a JSON object of at most 16 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata(String);

const MOST_METADATA: usize = 16 * 1024;

impl Metadata {
    /// The object as text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for Metadata {
    fn schema() -> Value {
        json!({ "type": "object" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        serde_json::from_str::<Value>(text).map_err(|_| "must be an object".to_owned()).and_then(|value| Self::from_json(&value))
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err("must be an object".to_owned());
        }
        let text = value.to_string();
        if text.len() > MOST_METADATA { Err("must have at most 16 KiB".to_owned()) } else { Ok(Self(text)) }
    }
}

/// The state of an invitation, as lists are narrowed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationState {
    /// It waits for an answer.
    Pending,
    /// It was accepted.
    Accepted,
    /// It was taken back or declined.
    Revoked,
    /// Nobody answered in time.
    Expired,
}

impl Field for InvitationState {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ["pending", "accepted", "revoked", "expired"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(match text {
            "pending" => Self::Pending,
            "accepted" => Self::Accepted,
            "revoked" => Self::Revoked,
            "expired" => Self::Expired,
            _ => return Err("must be pending, accepted, revoked or expired".to_owned()),
        })
    }
}
