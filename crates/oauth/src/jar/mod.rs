//! Request objects: an authorization request as a JWT that the client signed.
//!
//! RFC 9101 (JAR), OpenID Connect Core §6, FAPI 1.0 Advanced §5.2.2, FAPI 2.0 Message Signing §5.3. Supported: objects signed with one
//! of the client's own keys, by value, and by reference where the client registered their addresses; encrypted to a key of ours after that
//! or not. Not supported: unsigned objects (`none`), which say nothing that plain parameters don't; objects signed with a client's secret
//! or encrypted with it, which we don't know.
//!
//! Which parameters count, RFC 9101 §6.3 and OpenID Connect Core §6.1 answer differently; [`merge`] says which answer is given when.

mod check;
mod encrypted;
mod merge;
pub mod reference;

pub use check::{Checked, Facts, Once, Refused, check};
pub use encrypted::{decrypt, is_encrypted};
pub use merge::merge;

use crate::metadata::{self, Document};
use crate::par;
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, Params, ProtocolError};
use jose::alg::Algorithm;
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use jose::jwe::{ContentEncryption, KeyManagement};
use serde_json::{Map, Value};

/// This room.
pub const ROOM: Room = Room {
    name: "jar",
    title: "The OAuth 2.0 Authorization Framework: JWT-Secured Authorization Request",
    source: "RFC 9101, OpenID Connect Core 1.0 §6",
    status: Status::Final,
    support: "by value and by registered reference, signed with the client's keys, encrypted or not; no unsigned objects",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::Authorization, Stage::Settle),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Settle),
        (Endpoint::BackchannelAuthentication, Stage::Parse),
        (Endpoint::BackchannelAuthentication, Stage::Check),
        (Endpoint::BackchannelAuthentication, Stage::Settle),
    ],
    metadata,
};

/// The shape in which a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// As parameters.
    Plain,
    /// As a request object.
    Object(&'a str),
    /// As the handle of a request that was pushed before (RFC 9126).
    Pushed(&'a str),
    /// As the address of a request object.
    Reference(&'a str),
}

impl<'a> Presented<'a> {
    /// The object, if it stands in the request itself.
    pub fn object(self) -> Option<&'a str> {
        match self {
            Self::Object(object) => Some(object),
            Self::Plain | Self::Pushed(_) | Self::Reference(_) => None,
        }
    }
}

/// Find out in which shape a request comes.
///
/// # Errors
/// `invalid_request` for two at once (RFC 9101 §5).
pub fn present(params: &Params) -> Result<Presented<'_>, ProtocolError> {
    match (params.one("request")?, params.one("request_uri")?) {
        (None, None) => Ok(Presented::Plain),
        (Some(object), None) => Ok(Presented::Object(object)),
        (None, Some(uri)) => Ok(par::handle(uri).map_or(Presented::Reference(uri), Presented::Pushed)),
        (Some(_), Some(_)) => Err(ProtocolError::invalid_request("A request comes by request or by request_uri, not by both.")),
    }
}

/// Whether plain parameters will do (RFC 9101 §10.5): neither the client nor its organization may want them signed.
///
/// # Errors
/// `invalid_request`.
pub fn check_optional(client: &ClientMetadata, is_required: bool) -> Result<(), ProtocolError> {
    if is_required || client.require_signed_request_object {
        return Err(ProtocolError::invalid_request("The request must be a signed request object."));
    }
    Ok(())
}

/// The parameters that say where an error about an object goes, if they name an address. They may stand in the object, though
/// nobody vouches for it: that is no less safe than an error about plain parameters, which anybody can write, for the address must be
/// a registered one.
pub fn address(outer: &Params, object: Option<&str>) -> Option<Params> {
    let inside = object.and_then(peek).unwrap_or_default();
    let inner = |name| inside.get(name).and_then(Value::as_str);
    let beside = |name| outer.one(name).ok().flatten();
    // The client waits for what it signed, at the address it can see.
    let uri = ("redirect_uri", beside("redirect_uri").or_else(|| inner("redirect_uri")));
    let others = ["state", "response_mode", "response_type"].map(|name| (name, inner(name).or_else(|| beside(name))));
    let pairs = [uri].into_iter().chain(others).filter_map(|(name, value)| value.map(|value| (name, value)));
    // A request that can't be read goes to no address but one it names.
    Params::collect(pairs).ok().filter(|params| params.has("redirect_uri"))
}

/// The claims of a signed object, unverified.
fn peek(object: &str) -> Option<Map<String, Value>> {
    let mut parts = object.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    parse_strict_object(&decode_base64url(payload).ok()?).ok()
}

fn metadata(facts: &metadata::Facts<'_>, document: &mut Document) {
    document.set("request_parameter_supported", true);
    document.set("request_uri_parameter_supported", true);
    document.set("require_request_uri_registration", true);
    document.set("require_signed_request_object", facts.requires_signed_requests);
    document.add("request_object_signing_alg_values_supported", Algorithm::ASYMMETRIC.map(Algorithm::name));
    document.add("request_object_encryption_alg_values_supported", KeyManagement::ASYMMETRIC.map(KeyManagement::name));
    document.add("request_object_encryption_enc_values_supported", ContentEncryption::ALL.map(ContentEncryption::name));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use jose::encoding::base64url;
    use serde_json::json;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params::collect(pairs.iter().copied()).unwrap()
    }
    fn unsigned(claims: &Value) -> String {
        format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()))
    }

    #[test]
    fn a_request_has_one_shape() {
        for (pairs, expected) in [
            (&[("state", "s")][..], Presented::Plain),
            (&[("request", "x.y.z")], Presented::Object("x.y.z")),
            (&[("request_uri", "urn:ietf:params:oauth:request_uri:i.s")], Presented::Pushed("i.s")),
            (&[("request_uri", "https://c.example/r")], Presented::Reference("https://c.example/r")),
            (&[("request_uri", "urn:other:thing")], Presented::Reference("urn:other:thing")),
            (&[("request", ""), ("request_uri", "https://c.example/r")], Presented::Reference("https://c.example/r")),
        ] {
            assert_eq!(present(&params(pairs)), Ok(expected));
        }
        for pairs in [
            &[("request", "x.y.z"), ("request_uri", "https://c.example/r")][..],
            &[("request", "x.y.z"), ("request_uri", "urn:ietf:params:oauth:request_uri:i.s")],
            &[("request", "x"), ("request", "y")],
            &[("request_uri", "x"), ("request_uri", "x")],
        ] {
            assert_eq!(present(&params(pairs)).unwrap_err().code, ErrorCode::InvalidRequest, "{pairs:?}");
        }
    }

    #[test]
    fn client_or_organization_can_demand_that_requests_are_signed() {
        let free = ClientMetadata::new("c");
        let bound = ClientMetadata { require_signed_request_object: true, ..free.clone() };
        assert!(check_optional(&free, false).is_ok());
        for (client, is_required) in [(&free, true), (&bound, false), (&bound, true)] {
            assert_eq!(check_optional(client, is_required).unwrap_err().code, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn errors_go_to_an_address_that_the_request_names_and_to_no_other() {
        let outer = params(&[("redirect_uri", "https://outer.example"), ("state", "outer"), ("nonce", "n")]);
        let object = unsigned(&json!({"redirect_uri": "https://inner.example", "state": "inner", "response_mode": "fragment"}));
        let found = address(&outer, Some(&object)).unwrap();
        assert_eq!(found.one("redirect_uri"), Ok(Some("https://outer.example")));
        assert_eq!((found.one("state"), found.one("response_mode")), (Ok(Some("inner")), Ok(Some("fragment"))));
        assert!(!found.has("nonce"));
        let found = address(&params(&[("client_id", "c")]), Some(&object)).unwrap();
        assert_eq!(found.one("redirect_uri"), Ok(Some("https://inner.example")));
        for object in [None, Some("x.y.z"), Some(""), Some("a.b.c.d.e")] {
            assert_eq!(address(&outer, object).unwrap().one("redirect_uri"), Ok(Some("https://outer.example")));
        }
        assert!(address(&params(&[("state", "s")]), Some(&unsigned(&json!({"state": "t"})))).is_none());
        assert!(address(&params(&[("redirect_uri", "a"), ("redirect_uri", "b")]), None).is_none());
    }
}
