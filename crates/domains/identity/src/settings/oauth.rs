//! What the authorization server insists on.

use super::assertions::{AssertionIssuer, IdentityAudience, problem_of_audiences, problem_of_issuers};
use super::section::section;
use super::setting::{Setting, Taking};
use super::values::{Number, choices};
use oauth::ResponseType;
use oauth::fapi::{FapiProfile, Profile};
use oauth::rar::DetailType;
use serde_json::{Value, json};
use std::sync::Arc;

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

/// A type of authorization details.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthorizationDetailsType(pub Arc<DetailType>);

impl Setting for AuthorizationDetailsType {
    fn schema() -> Value {
        json!({
            "type": "object",
            "properties": {
                "type": { "type": "string", "description": "Its identifier." },
                "title": { "type": "string", "description": "What people read before they allow it." },
                "description": { "type": "string", "description": "A sentence more about it." },
                "schema": { "type": "object", "description": "The form of its objects, as JSON Schema." }
            },
            "required": ["type", "title"],
            "additionalProperties": false
        })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        match DetailType::parse(sent) {
            Ok(known) => Some(Self(Arc::new(known))),
            Err(problem) => taking.refuse(problem),
        }
    }
    fn store(&self) -> Value {
        self.0.to_json()
    }
    fn load(stored: &Value) -> Option<Self> {
        DetailType::parse(stored).ok().map(|known| Self(Arc::new(known)))
    }
}

choices! {
    /// How far clients may go in exchanging tokens (RFC 8693 §1.1). Agents act for people wherever they have the capability to.
    TokenExchange {
        /// No client exchanges tokens.
        Off = "off",
        /// Clients that are registered for it act for others, and their tokens say so.
        Delegation = "delegation",
        /// Clients that are set up for it act as others.
        Impersonation = "impersonation",
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
        /// The types of authorization details that clients may ask for, if they are registered for them (RFC 9396).
        authorization_details_types: Vec<AuthorizationDetailsType> = Vec::new(),
        /// How far clients may go in exchanging tokens (RFC 8693).
        token_exchange: TokenExchange = TokenExchange::Off,
        /// Issuers whose assertions about people are taken as grants (RFC 7523 §2.1).
        assertion_issuers: Vec<AssertionIssuer> = Vec::new(),
        /// Servers that people are vouched for at (ID-JAG).
        identity_audiences: Vec<IdentityAudience> = Vec::new(),
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
    if let Some(problem) = problem_of_issuers(&taken.assertion_issuers) {
        taking.refuse_member("assertion_issuers", problem);
    }
    if let Some(problem) = problem_of_audiences(&taken.identity_audiences) {
        taking.refuse_member("identity_audiences", problem);
    }
    if taken.response_types.is_empty() {
        taking.refuse_member("response_types", "must name at least one");
        return;
    }
    let types = &taken.authorization_details_types;
    if types.iter().enumerate().any(|(at, known)| types.iter().take(at).any(|earlier| earlier.0.name == known.0.name)) {
        taking.refuse_member("authorization_details_types", "must not name a type twice");
    }
    let profile = Profile::of(FapiProfile::None, taken.fapi_profile.0);
    if !taken.response_types.iter().any(|named| profile.allows_response_type(named.0)) {
        taking.refuse_member("response_types", "must name one that the FAPI profile allows");
    }
}
