//! Resource indicators: for which resource server a token is meant.
//!
//! RFC 8707. Supported at the authorization and token endpoints, several at once, narrowing at the token endpoint. Without
//! `resource` the audience is the client itself. A client may name only audiences registered for it, compared character by
//! character, or below a registered path where the client is set up so.

use crate::client::AudienceMatch;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError};
use kernel::ClientId;
use url::Url;

/// This room.
pub const ROOM: Room = Room {
    name: "resource",
    title: "Resource Indicators for OAuth 2.0",
    source: "RFC 8707",
    status: Status::Final,
    support: "several resources, narrowing at the token endpoint",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Introspection, Stage::Respond),
        (Endpoint::DeviceAuthorization, Stage::Parse),
        (Endpoint::DeviceAuthorization, Stage::Check),
        (Endpoint::BackchannelAuthentication, Stage::Parse),
        (Endpoint::BackchannelAuthentication, Stage::Check),
    ],
    metadata,
};

const MAX_RESOURCES: usize = 8;
const MAX_LENGTH: usize = 2048;

/// The `resource` parameters, each once.
///
/// # Errors
/// `invalid_target` for anything but an absolute URI without fragment, or too many.
pub fn parse(params: &Params) -> Result<Vec<String>, ProtocolError> {
    let mut resources: Vec<String> = Vec::new();
    for text in params.all("resource") {
        if text.len() > MAX_LENGTH
            || text.contains('#')
            || !text.bytes().all(|c| c.is_ascii_graphic())
            || Url::parse(text).is_err()
        {
            return Err(refused("The resource must be an absolute URI without fragment."));
        }
        if !resources.iter().any(|seen| seen == text) {
            resources.push(text.to_owned());
        }
    }
    if resources.len() > MAX_RESOURCES {
        return Err(refused("Too many resources."));
    }
    Ok(resources)
}

/// Whether the client may ask for tokens for all of these.
///
/// # Errors
/// `invalid_target`.
pub fn check_registered(resources: &[String], client: &ClientMetadata) -> Result<(), ProtocolError> {
    let is_registered = |resource: &String| {
        client.audience_uris.iter().any(|registered| match client.audience_match {
            AudienceMatch::Exact => registered == resource,
            AudienceMatch::PathPrefix => registered == resource || is_below(registered, resource),
        })
    };
    if resources.iter().all(is_registered) { Ok(()) } else { Err(refused("The resource is not registered for this client.")) }
}

/// What a token is for: the requested resources, which must be among the granted ones; all of those if none was requested.
///
/// # Errors
/// `invalid_target` (RFC 8707 §2.2).
pub fn narrowed(requested: &[String], granted: &[String]) -> Result<Vec<String>, ProtocolError> {
    if !requested.iter().all(|resource| granted.contains(resource)) {
        return Err(refused("The resource must be a subset of what was granted."));
    }
    Ok(if requested.is_empty() { granted } else { requested }.to_vec())
}

/// The audience of a token: the resources, or the client itself without any.
pub fn audience(resources: Vec<String>, client_id: &ClientId) -> Vec<String> {
    if resources.is_empty() { vec![client_id.to_string()] } else { resources }
}

/// Whether `resource` lies below `registered` by whole path segments, after both are read as URLs, so that dot segments lead
/// nowhere.
fn is_below(registered: &str, resource: &str) -> bool {
    let (Ok(registered), Ok(resource)) = (Url::parse(registered), Url::parse(resource)) else { return false };
    let folder = format!("{}/", registered.path().trim_end_matches('/'));
    registered.query().is_none()
        && registered.scheme() == resource.scheme()
        && registered.host_str().is_some()
        && registered.host_str() == resource.host_str()
        && registered.port() == resource.port()
        && resource.username().is_empty()
        && resource.password().is_none()
        && (resource.path() == registered.path() || resource.path().starts_with(&folder))
}

fn refused(description: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidTarget, description)
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.set_openid("resource_indicators_supported", true);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(resources: &[&str]) -> Result<Vec<String>, ProtocolError> {
        parse(&Params::collect(resources.iter().map(|resource| ("resource", *resource))).unwrap())
    }
    fn client(audience_match: AudienceMatch) -> ClientMetadata {
        ClientMetadata { audience_uris: vec!["https://api.example/v1".into()], audience_match, ..ClientMetadata::new("c") }
    }

    #[test]
    fn only_absolute_uris_without_fragment_are_resources() {
        assert_eq!(parsed(&["https://api.example/v1", "urn:x:y", "https://api.example/v1"]).unwrap().len(), 2);
        for resource in ["api", "/v1", "https://api.example/#x", "https://api.example/a b", ""] {
            let outcome = parsed(&[resource]);
            assert!(resource.is_empty() || outcome.unwrap_err().code == ErrorCode::InvalidTarget, "{resource}");
        }
        let many: Vec<_> = (0..9).map(|n| format!("urn:x:{n}")).collect();
        assert!(parsed(&many.iter().map(String::as_str).collect::<Vec<_>>()).is_err());
    }

    #[test]
    fn a_resource_must_be_registered_for_the_client() {
        for (resource, exact, prefix) in [
            ("https://api.example/v1", true, true),
            ("https://api.example/v1/users", false, true),
            ("https://api.example/v10", false, false),
            ("https://api.example/v1/../admin", false, false),
            ("https://api.example/v1/%2e%2e/admin", false, false),
            ("https://x@api.example/v1/users", false, false),
            ("https://api.example:8443/v1/users", false, false),
            ("http://api.example/v1/users", false, false),
            ("https://api.example.evil/v1", false, false),
        ] {
            let resources = [resource.to_owned()];
            assert_eq!(check_registered(&resources, &client(AudienceMatch::Exact)).is_ok(), exact, "{resource}");
            assert_eq!(check_registered(&resources, &client(AudienceMatch::PathPrefix)).is_ok(), prefix, "{resource}");
        }
        assert!(check_registered(&["urn:x".into()], &ClientMetadata::new("c")).is_err());
        assert!(check_registered(&[], &ClientMetadata::new("c")).is_ok());
    }

    #[test]
    fn the_token_endpoint_may_narrow_the_audience_and_never_widen_it() {
        let granted = ["urn:a".to_owned(), "urn:b".to_owned()];
        assert_eq!(narrowed(&[], &granted).unwrap(), granted);
        assert_eq!(narrowed(&["urn:b".into()], &granted).unwrap(), ["urn:b"]);
        assert_eq!(narrowed(&["urn:c".into()], &granted).unwrap_err().code, ErrorCode::InvalidTarget);
        assert_eq!(narrowed(&["urn:c".into()], &[]).unwrap_err().code, ErrorCode::InvalidTarget);
        assert_eq!(audience(Vec::new(), &ClientId::from("c")), ["c"]);
    }
}
