//! Pushed authorization requests: a client sends its request to us directly, and the browser carries only a reference to it.
//!
//! RFC 9126, FAPI 2.0 Security Profile §5.3.2.2. Supported: everything a request to the authorization endpoint can hold, as
//! parameters or as a request object, from any client, authenticated as at the token endpoint; a reference that is good for
//! one answer and for a minute unless the organization says otherwise. Reloading the page before the request is answered does no
//! harm (§4). Not supported: redirect URIs that are not registered (§2.4), which would let one stolen secret redirect anywhere.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "par",
    title: "OAuth 2.0 Pushed Authorization Requests",
    source: "RFC 9126",
    status: Status::Final,
    support: "required by client or organization; no unregistered redirect URIs",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::Authorization, Stage::Settle),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Respond),
    ],
    metadata,
};

/// What every reference begins with (§2.2). Nothing of that form is ever fetched.
const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// Seconds for which a reference is good.
const LIFETIME: u64 = 60;
/// FAPI 2.0 §5.3.2.2: less than 600 seconds. Less than five is over before a slow browser gets here.
const LIFETIMES: std::ops::RangeInclusive<u64> = 5..=599;

/// The reference to a stored request (§2.2): its handle behind the URN.
pub fn reference(handle: &str) -> String {
    format!("{URN}{handle}")
}

/// The handle in a `request_uri`, if that is a reference of ours and not an address.
pub fn handle(request_uri: &str) -> Option<&str> {
    request_uri.strip_prefix(URN)
}

/// How long references are good: what the organization set, within bounds, or a minute.
pub fn lifetime(seconds: Option<u64>) -> Duration {
    Duration::from_secs(seconds.unwrap_or(LIFETIME).clamp(*LIFETIMES.start(), *LIFETIMES.end()))
}

/// What may not be pushed: a reference to yet another request (§2.1).
///
/// # Errors
/// `invalid_request`.
pub fn check_form(params: &Params) -> Result<(), ProtocolError> {
    if params.has("request_uri") {
        return Err(ProtocolError::invalid_request("A pushed request can't refer to another one by request_uri."));
    }
    Ok(())
}

/// Whether a request that was not pushed will do (§5, §6): neither the client nor its organization may want it otherwise.
///
/// # Errors
/// `invalid_request`.
pub fn check_optional(client: &ClientMetadata, is_required: bool) -> Result<(), ProtocolError> {
    if is_required || client.require_pushed_authorization_requests {
        return Err(ProtocolError::invalid_request("The request must be pushed first (PAR required)."));
    }
    Ok(())
}

/// What is said about a reference that leads to no request: never made, another client's, too old, or answered. Which of these is nobody's
/// business.
pub fn unknown() -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidRequestUri, "This request was answered, has expired, or was never made.")
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set("pushed_authorization_request_endpoint", facts.issuer.endpoint("oauth/par"));
    document.set("require_pushed_authorization_requests", facts.requires_pushed_requests);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_references_of_the_rfc_are_read() {
        // RFC 9126 §1.1 and §2.2.
        assert_eq!(handle("urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c"), Some("6esc_11ACC5bwc014ltc14eY22c"));
        assert_eq!(handle("urn:ietf:params:oauth:request_uri:bwc4JK-ESC0w8acc191e-Y1LTC2"), Some("bwc4JK-ESC0w8acc191e-Y1LTC2"));
    }

    #[test]
    fn nothing_else_is_a_reference() {
        for text in [
            "",
            "https://client.example/request",
            "urn:ietf:params:oauth:request_uri",
            "URN:ietf:params:oauth:request_uri:x",
            " urn:ietf:params:oauth:request_uri:x",
            "https://client.example/urn:ietf:params:oauth:request_uri:x",
        ] {
            assert_eq!(handle(text), None, "{text}");
        }
    }

    #[test]
    fn a_reference_lives_a_minute_and_never_ten() {
        for (set, seconds) in [(None, 60), (Some(30), 30), (Some(0), 5), (Some(600), 599), (Some(u64::MAX), 599)] {
            assert_eq!(lifetime(set), Duration::from_secs(seconds), "{set:?}");
        }
    }

    #[test]
    fn a_pushed_request_refers_to_no_other() {
        for uri in ["https://client.example/request", "urn:ietf:params:oauth:request_uri:x.y"] {
            let refused = check_form(&Params::collect([("request_uri", uri)]).unwrap()).unwrap_err();
            assert_eq!(refused.code, ErrorCode::InvalidRequest);
        }
        assert!(check_form(&Params::collect([("state", "s")]).unwrap()).is_ok());
    }

    #[test]
    fn client_or_organization_can_demand_that_requests_are_pushed() {
        let free = ClientMetadata::new("c");
        let bound = ClientMetadata { require_pushed_authorization_requests: true, ..free.clone() };
        assert!(check_optional(&free, false).is_ok());
        for (client, is_required) in [(&free, true), (&bound, false), (&bound, true)] {
            assert_eq!(check_optional(client, is_required).unwrap_err().code, ErrorCode::InvalidRequest);
        }
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn what_was_made_here_is_read_here(text in "[A-Za-z0-9._-]{1,120}") {
            let reference = reference(&text);
            prop_assert_eq!(handle(&reference), Some(text.as_str()));
        }
    }
}
