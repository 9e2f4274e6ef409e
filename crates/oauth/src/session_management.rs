//! How a client finds out, without asking this server, that the person it knows has left.
//!
//! OpenID Connect Session Management 1.0. Supported: `session_state` in every OpenID Connect answer that goes to a web origin, and the
//! page that clients frame to have it compared with the browser's state. A browser that keeps framed pages of other sites from their
//! cookies can't compare; the page then says `error` where the browser tells it so. Error answers carry no state: they end nothing
//! and begin nothing.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use jose::digest::sha256;
use jose::encoding::base64url;
use kernel::ClientId;
use url::Url;

/// This room.
pub const ROOM: Room = Room {
    name: "session_management",
    title: "Session Management",
    source: "OpenID Connect Session Management 1.0",
    status: Status::Final,
    support: "session_state, and the page that compares it",
    visits: &[(Endpoint::Authorization, Stage::Respond)],
    metadata,
};

/// The parameter of the answer (§2).
pub const PARAMETER: &str = "session_state";

/// What a client is given to compare later: a hash of who it is, where it lives and the browser's state, with the salt that went into
/// it (§3.2). `None` if the answer goes to no web origin, for then nothing of the client's can frame a page.
pub fn session_state(client: &ClientId, redirect_uri: &str, browser_state: &str, salt: &str) -> Option<String> {
    let uri = Url::parse(redirect_uri).ok().filter(|uri| matches!(uri.scheme(), "https" | "http"))?;
    let facts = format!("{client} {} {browser_state} {salt}", uri.origin().ascii_serialization());
    Some(format!("{}.{salt}", base64url(sha256(facts.as_bytes()))))
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set_openid("check_session_iframe", facts.issuer.endpoint("oauth/check_session"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(client: &str, redirect_uri: &str, state: &str, salt: &str) -> Option<String> {
        session_state(&client.into(), redirect_uri, state, salt)
    }

    #[test]
    fn the_hash_is_over_client_origin_state_and_salt_and_the_salt_follows_it() {
        let expected = base64url(sha256(b"c https://app.example:8443 state salt"));
        assert_eq!(of("c", "https://app.example:8443/cb?x=1", "state", "salt"), Some(format!("{expected}.salt")));
    }

    #[test]
    fn everything_in_it_counts_but_the_path() {
        let state = of("c", "https://app.example/cb", "state", "salt");
        assert_eq!(of("c", "https://app.example:443/other", "state", "salt"), state, "a default port is no part of an origin");
        for other in [
            of("d", "https://app.example/cb", "state", "salt"),
            of("c", "http://app.example/cb", "state", "salt"),
            of("c", "https://app.example:1/cb", "state", "salt"),
            of("c", "https://app.example/cb", "other", "salt"),
            of("c", "https://app.example/cb", "state", "pepper"),
        ] {
            assert_ne!(other, state);
        }
    }

    #[test]
    fn what_can_frame_nothing_gets_none() {
        for uri in ["com.example.app:/cb", "urn:ietf:wg:oauth:2.0:oob", "not a uri"] {
            assert_eq!(of("c", uri, "state", "salt"), None, "{uri}");
        }
    }
}
