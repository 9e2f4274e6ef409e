//! Scopes: what a token is good for.
//!
//! RFC 6749 §3.3, OpenID Connect Core §5.4 and §11. Requested scopes outside the client's set are left out of the grant, not
//! refused (the granted set comes back in `scope`); a request of which nothing remains is refused with `invalid_scope`.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError};
use kernel::Scopes;

/// This room.
pub const ROOM: Room = Room {
    name: "scope",
    title: "Scopes",
    source: "RFC 6749 §3.3, OpenID Connect Core 1.0 §5.4 and §11",
    status: Status::Final,
    support: "intersection with the client's set; never silently more",
    visits: &[
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::DeviceAuthorization, Stage::Check),
        (Endpoint::BackchannelAuthentication, Stage::Check),
    ],
    metadata,
};

/// An authentication request (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Access that outlives the browser session (OpenID Connect Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// The scopes every organization has.
pub const BUILT_IN: [&str; 6] = [OPENID, "profile", "email", "phone", "address", OFFLINE_ACCESS];
/// Scopes a request may name.
const MAX_SCOPES: usize = 100;

/// The `scope` parameter; `None` if it was not sent.
///
/// # Errors
/// `invalid_scope` for a character outside RFC 6749 §3.3 or too many scopes.
pub fn parse(params: &Params) -> Result<Option<Scopes>, ProtocolError> {
    let Some(text) = params.one("scope")? else { return Ok(None) };
    let scopes = Scopes::parse(text).ok_or_else(|| refused("The scope holds a character that is not allowed."))?;
    if scopes.iter().count() > MAX_SCOPES {
        return Err(refused("Too many scopes."));
    }
    Ok(Some(scopes).filter(|scopes| !scopes.is_empty()))
}

/// What an authorization request may ask the person for. Without `scope` that is the client's registered set without
/// `openid` and `offline_access`, which have to be asked for by name.
pub fn for_authorization(requested: Option<&Scopes>, client: &ClientMetadata) -> Result<Scopes, ProtocolError> {
    let allowed = match requested {
        Some(requested) => requested.intersection(&client.scopes),
        None => client.scopes.clone().without(OPENID).without(OFFLINE_ACCESS),
    };
    non_empty(allowed)
}

/// The same with `offline_access`, if the client may have that: what `access_type=offline` asks for in the published contract.
pub fn with_offline_access(scopes: Scopes, client: &ClientMetadata) -> Scopes {
    match Scopes::parse(OFFLINE_ACCESS) {
        Some(offline) if client.scopes.has(OFFLINE_ACCESS) => scopes.union(&offline),
        _ => scopes,
    }
}

/// What a client may get for itself, without a person: never `openid` or `offline_access`. Without `scope` that is the
/// registered set.
pub fn for_client(requested: Option<&Scopes>, client: &ClientMetadata) -> Result<Scopes, ProtocolError> {
    let own = client.scopes.clone().without(OPENID).without(OFFLINE_ACCESS);
    match requested {
        Some(requested) => non_empty(requested.intersection(&own)),
        None => Ok(own),
    }
}

/// What a refresh may ask for: the granted set or less (RFC 6749 §6).
pub fn narrowed(requested: Option<&Scopes>, granted: &Scopes) -> Result<Scopes, ProtocolError> {
    match requested {
        Some(requested) if !requested.is_subset(granted) => {
            Err(refused("The scope must not go beyond what was granted originally."))
        }
        Some(requested) => Ok(requested.clone()),
        None => Ok(granted.clone()),
    }
}

fn non_empty(scopes: Scopes) -> Result<Scopes, ProtocolError> {
    if scopes.is_empty() { Err(refused("This client may use none of the requested scopes.")) } else { Ok(scopes) }
}

fn refused(description: &'static str) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidScope, description)
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.add("scopes_supported", BUILT_IN);
    document.add("scopes_supported", facts.scopes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::parse(text).unwrap()
    }
    fn client(text: &str) -> ClientMetadata {
        ClientMetadata { scopes: scopes(text), ..ClientMetadata::new("c") }
    }

    #[test]
    fn the_grant_is_what_was_asked_and_is_allowed() {
        let client = client("openid email reports");
        let asked = scopes("openid reports unknown");
        assert_eq!(for_authorization(Some(&asked), &client).unwrap().to_string(), "openid reports");
        assert_eq!(for_authorization(None, &client).unwrap().to_string(), "email reports");
        assert!(for_authorization(Some(&scopes("unknown")), &client).is_err());
    }

    #[test]
    fn a_client_on_its_own_never_gets_openid_or_offline_access() {
        let client = client("openid offline_access reports");
        assert_eq!(for_client(Some(&scopes("openid reports")), &client).unwrap().to_string(), "reports");
        assert_eq!(for_client(None, &client).unwrap().to_string(), "reports");
        assert_eq!(for_client(Some(&scopes("openid")), &client).unwrap_err().code, ErrorCode::InvalidScope);
    }

    #[test]
    fn a_refresh_may_narrow_but_never_widen() {
        let granted = scopes("a b");
        assert_eq!(narrowed(Some(&scopes("a")), &granted).unwrap(), scopes("a"));
        assert_eq!(narrowed(None, &granted).unwrap(), granted);
        assert_eq!(narrowed(Some(&scopes("a c")), &granted).unwrap_err().code, ErrorCode::InvalidScope);
    }

    #[test]
    fn ten_thousand_scopes_and_odd_characters_are_refused() {
        let many = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        for text in [many.get(..10_000).unwrap(), "a\u{e9}", "quote\""] {
            let params = Params::collect([("scope", text)]).unwrap();
            assert_eq!(parse(&params).unwrap_err().code, ErrorCode::InvalidScope);
        }
        assert_eq!(parse(&Params::collect([("scope", "  ")]).unwrap()).unwrap(), None);
    }
}
