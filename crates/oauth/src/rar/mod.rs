//! Rich Authorization Requests: what exactly is to be allowed, as objects rather than words.
//!
//! RFC 9396. Supported: `authorization_details` at the authorization endpoint, in pushed requests and request objects, in the requests of
//! devices and of backchannel authentication, at the token endpoint (narrowing a grant or an exchanged token, or for a client on its own),
//! in tokens, token responses and introspection. An organization registers the
//! types it knows with a [`Schema`] each, a client the types it may ask for (§10); whatever else is asked for is refused. People see every
//! value before they allow it, and are asked each time. Not supported: enriching what was asked for (§7.1), and comparing details of
//! two requests by anything but their members (§6.1 leaves that to each type): see [`narrow`].

mod described;
mod kind;
mod narrow;
mod schema;

pub use described::{Described, describe};
pub use kind::DetailType;
pub use narrow::{narrow, narrowed};
pub use schema::Schema;

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::text::is_deceptive;
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError};
use jose::json::parse_strict;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// This room.
pub const ROOM: Room = Room {
    name: "rar",
    title: "OAuth 2.0 Rich Authorization Requests",
    source: "RFC 9396",
    status: Status::Final,
    support: "types registered with a JSON Schema; narrowing at the token endpoint; no enrichment",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::DeviceAuthorization, Stage::Parse),
        (Endpoint::DeviceAuthorization, Stage::Check),
        (Endpoint::BackchannelAuthentication, Stage::Parse),
        (Endpoint::BackchannelAuthentication, Stage::Check),
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Token, Stage::Respond),
        (Endpoint::Introspection, Stage::Respond),
    ],
    metadata,
};

/// The parameter.
pub const PARAMETER: &str = "authorization_details";
/// Most objects of a request.
const MAX_DETAILS: usize = 32;
/// Most bytes of a request's details as compact JSON: they travel in every token.
const MAX_BYTES: usize = 8 * 1024;
/// How deep an object may be.
const MAX_DEPTH: usize = 6;
/// Most characters of a type.
const MAX_TYPE: usize = 200;
const TYPE: &str = "type";

/// Objects with a `type` each (§2). They may say things about people, so `Debug` shows only the types.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(Vec<Map<String, Value>>);

impl Details {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The objects.
    pub fn iter(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.0.iter()
    }
    /// Their types, in the order of the objects.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(type_of)
    }

    /// Those of them whose type a client may ask for.
    #[must_use]
    pub fn of_client(&self, client: &ClientMetadata) -> Self {
        let is_allowed =
            |object: &&Map<String, Value>| client.authorization_details_types.iter().any(|name| name == type_of(object));
        Self(self.0.iter().filter(is_allowed).cloned().collect())
    }

    /// From JSON: an array of objects that say of which type they are, within bounds.
    ///
    /// # Errors
    /// `invalid_authorization_details`.
    pub fn from_json(value: Value) -> Result<Self, ProtocolError> {
        let Value::Array(items) = value else { return Err(refused("The authorization_details must be a JSON array.")) };
        if items.is_empty() || items.len() > MAX_DETAILS {
            return Err(refused(format!("The authorization_details must hold 1 to {MAX_DETAILS} objects.")));
        }
        let objects = items.into_iter().map(object).collect::<Result<Vec<_>, _>>()?;
        let details = Self(objects);
        let length = serde_json::to_string(&details).map_or(usize::MAX, |text| text.len());
        if length > MAX_BYTES {
            return Err(refused(format!("The authorization_details must not be longer than {MAX_BYTES} bytes.")));
        }
        Ok(details)
    }
}

fn object(item: Value) -> Result<Map<String, Value>, ProtocolError> {
    let Value::Object(members) = item else { return Err(refused("Each of the authorization_details must be an object.")) };
    if !(1..=MAX_TYPE).contains(&type_of(&members).chars().count()) {
        return Err(refused("Each of the authorization_details must have a type."));
    }
    if members.values().any(|value| !is_plain(value, MAX_DEPTH)) || !members.keys().all(|name| is_printable(name)) {
        return Err(refused("The authorization_details are nested too deeply, or hold characters nobody can see."));
    }
    Ok(members)
}

fn type_of(members: &Map<String, Value>) -> &str {
    members.get(TYPE).and_then(Value::as_str).unwrap_or_default()
}

/// What people are to read before they allow it must be readable.
fn is_plain(value: &Value, depth: usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => is_printable(text),
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_plain(item, depth - 1)),
        Value::Object(members) => {
            depth > 0 && members.iter().all(|(name, value)| is_printable(name) && is_plain(value, depth - 1))
        }
    }
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(is_deceptive)
}

/// The parameter of a request; `None` if it was not sent.
///
/// # Errors
/// `invalid_authorization_details`.
pub fn parse(params: &Params) -> Result<Option<Details>, ProtocolError> {
    let Some(text) = params.one(PARAMETER)? else { return Ok(None) };
    let value =
        parse_strict(text.as_bytes()).map_err(|_| refused("The authorization_details are not JSON with each member once."))?;
    Details::from_json(value).map(Some)
}

/// Whether the organization knows every type and each object has its form, and the client may ask for it (§5).
///
/// # Errors
/// `invalid_authorization_details`.
pub fn check(details: &Details, types: &[Arc<DetailType>], client: &ClientMetadata) -> Result<(), ProtocolError> {
    details.iter().try_for_each(|object| check_object(object, types, client))
}

fn check_object(object: &Map<String, Value>, types: &[Arc<DetailType>], client: &ClientMetadata) -> Result<(), ProtocolError> {
    let name = type_of(object);
    let is_allowed = client.authorization_details_types.iter().any(|allowed| allowed == name);
    let known = types.iter().find(|known| known.name == name).filter(|_| is_allowed);
    let known = known.ok_or_else(|| refused("This client may not ask for authorization_details of this type."))?;
    known.check(object).map_err(|why| refused(format!("The authorization_details of type {}: {why}.", known.name)))
}

/// What is left of granted details for a client now: registration and the organization's types may have changed since then.
pub fn still_allowed(granted: &Details, types: &[Arc<DetailType>], client: &ClientMetadata) -> Details {
    Details(granted.iter().filter(|object| check_object(object, types, client).is_ok()).cloned().collect())
}

/// The answer to details that can't be had.
pub(crate) fn refused(description: impl Into<std::borrow::Cow<'static, str>>) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidAuthorizationDetails, description)
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.types()).finish()
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if !facts.authorization_details_types.is_empty() {
        let names = facts.authorization_details_types.iter().map(|known| known.name.as_str());
        document.add("authorization_details_types_supported", names);
    }
}

#[cfg(test)]
mod tests;
