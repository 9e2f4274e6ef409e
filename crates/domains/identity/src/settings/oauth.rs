//! What the authorization server insists on.

use super::section::section;
use super::setting::{Setting, Taking};
use super::values::Number;
use oauth::ResponseType;
use oauth::fapi::{FapiProfile, Profile};
use serde_json::{Value, json};

/// What clients may ask the authorization endpoint for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseTypeName(pub ResponseType);

impl Setting for ResponseTypeName {
    fn schema() -> Value {
        json!({ "type": "string", "enum": ResponseType::ALL.map(ResponseType::as_str) })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        Self::load(sent).or_else(|| {
            let known = ResponseType::ALL.map(ResponseType::as_str).join(", ");
            taking.refuse(format!("must be one of {known}"))
        })
    }
    fn store(&self) -> Value {
        json!(self.0.as_str())
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_str().and_then(ResponseType::parse).map(Self)
    }
}

/// The FAPI profile every client is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FapiProfileName(pub FapiProfile);

impl Setting for FapiProfileName {
    fn schema() -> Value {
        json!({ "type": "string", "enum": FapiProfile::ALL.map(FapiProfile::as_str) })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        Self::load(sent).or_else(|| {
            let known = FapiProfile::ALL.map(FapiProfile::as_str).join(", ");
            taking.refuse(format!("must be one of {known}"))
        })
    }
    fn store(&self) -> Value {
        json!(self.0.as_str())
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_str().and_then(FapiProfile::parse).map(Self)
    }
}

section! {
    /// OAuth settings.
    pub struct OAuth {
        /// What clients may ask the authorization endpoint for, if they are registered for it too.
        response_types: Vec<ResponseTypeName> = vec![ResponseTypeName(ResponseType::Code)],
        /// The FAPI profile that every client is under, whatever its own says. Clients that don't fit it can't be used.
        fapi_profile: FapiProfileName = FapiProfileName(FapiProfile::None),
        /// Whether every authorization request must be pushed first (RFC 9126 §5).
        require_pushed_authorization_requests: bool = false,
        /// Whether every authorization request must be an object that the client signed (RFC 9101 §10.5).
        require_signed_request_object: bool = false,
        /// Seconds for which a reference to a pushed request is good.
        pushed_authorization_request_lifetime: Number<5, 599> = Number::of(60),
        /// Whether devices without a keyboard may ask people for access (RFC 8628), where their client is registered for it.
        device_authorization_enabled: bool = true,
        /// Whether administrators may grant a device anything: what they hand over is worth the most to whoever tricks them.
        device_authorization_for_administrators: bool = false,
        /// Whether clients may ask people for approval on their own (CIBA), where they are registered for it.
        backchannel_authentication_enabled: bool = true,
        /// Whether a device must be in the network of the person who grants it something.
        device_authorization_same_network: bool = false,
    }
    settled by settle
}

fn settle(taken: &mut OAuth, _: &serde_json::Map<String, Value>, _: &OAuth, taking: &mut Taking<'_>) {
    if taken.response_types.is_empty() {
        taking.refuse_member("response_types", "must name at least one");
        return;
    }
    let profile = Profile::of(FapiProfile::None, taken.fapi_profile.0);
    if !taken.response_types.iter().any(|named| profile.allows_response_type(named.0)) {
        taking.refuse_member("response_types", "must name one that the FAPI profile allows");
    }
}
