//! Telling clients, through the person's browser, that a session ended.
//!
//! OpenID Connect Front-Channel Logout 1.0. Supported: a frame for each client that took part in the session, with `iss` and `sid` where
//! the client wants them. What a browser that keeps third parties from their cookies makes of it is beyond this server;
//! `backchannel_logout` does not depend on it.

use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::response_mode::with_query;
use crate::{ClientMetadata, Issuer};
use url::Url;

/// This room.
pub const ROOM: Room = Room {
    name: "frontchannel_logout",
    title: "Front-Channel Logout",
    source: "OpenID Connect Front-Channel Logout 1.0",
    status: Status::Final,
    support: "frames with iss and sid",
    visits: &[(Endpoint::EndSession, Stage::Respond)],
    metadata,
};

/// A frame on the page that tells a person that they are signed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it loads.
    pub src: String,
    /// The origin of that, as a source of a Content-Security-Policy.
    pub origin: String,
}

/// The frame that signs a person out of a client; `None` if the client has no address for that (§2, §3).
pub fn frame(client: &ClientMetadata, issuer: &Issuer, sid: &str) -> Option<Frame> {
    let uri = client.frontchannel_logout_uri.as_deref()?;
    let parsed = Url::parse(uri).ok().filter(|uri| matches!(uri.scheme(), "https" | "http"))?;
    let src = if client.frontchannel_logout_session_required {
        with_query(uri, &[("iss", issuer.to_string()), ("sid", sid.to_owned())])
    } else {
        uri.to_owned()
    };
    Some(Frame { src, origin: parsed.origin().ascii_serialization() })
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.set_openid("frontchannel_logout_supported", true);
    document.set_openid("frontchannel_logout_session_supported", true);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: Option<&str>, session_required: bool) -> Option<Frame> {
        let client = ClientMetadata {
            frontchannel_logout_uri: uri.map(str::to_owned),
            frontchannel_logout_session_required: session_required,
            ..ClientMetadata::new("c")
        };
        frame(&client, &Issuer::of_org("https://id.example", "acme"), "s 1")
    }

    #[test]
    fn a_frame_names_issuer_and_session_where_the_client_wants_it_and_keeps_what_was_registered() {
        for (uri, session_required, src) in [
            ("https://app.example/bye", false, "https://app.example/bye"),
            ("https://app.example/bye", true, "https://app.example/bye?iss=https%3A%2F%2Fid.example%2Forgs%2Facme&sid=s%201"),
            (
                "https://app.example/bye?a=1",
                true,
                "https://app.example/bye?a=1&iss=https%3A%2F%2Fid.example%2Forgs%2Facme&sid=s%201",
            ),
        ] {
            let expected = Frame { src: src.to_owned(), origin: "https://app.example".to_owned() };
            assert_eq!(of(Some(uri), session_required), Some(expected));
        }
    }

    #[test]
    fn the_policy_gets_an_origin_and_nothing_that_could_add_to_it() {
        for (uri, origin) in [
            ("https://app.example:8443/bye;script-src%20*", "https://app.example:8443"),
            ("http://localhost:3000/bye", "http://localhost:3000"),
            ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(of(Some(uri), false).unwrap().origin, origin, "{uri}");
        }
        for uri in [None, Some("javascript:alert(1)"), Some("data:text/html,x"), Some("com.example.app:/bye"), Some("not a uri")]
        {
            assert_eq!(of(uri, true), None, "{uri:?}");
        }
    }
}
