//! Telling clients, from server to server, that a session ended.
//!
//! OpenID Connect Back-Channel Logout 1.0. Supported: signed logout tokens with `sub` and `sid`, to every client that took part in
//! the session, whatever ended it; tokens live two minutes. Refresh tokens without `offline_access` end with the session (§2.7).
//! Any success status counts as delivered: §2.8 wants 200 and knows that some frameworks make 204 of it.

use crate::Issuer;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use kernel::{ClientId, SessionId, Timestamp, TokenId};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "backchannel_logout",
    title: "Back-Channel Logout",
    source: "OpenID Connect Back-Channel Logout 1.0",
    status: Status::Final,
    support: "logout tokens with sub and sid, tried again for a day",
    visits: &[(Endpoint::EndSession, Stage::Issue)],
    metadata,
};

/// The `typ` of a logout token (§2.4).
pub const TYP: &str = "logout+jwt";
/// How long a logout token lives (§4: preferably two minutes at most).
pub const LIFETIME: Duration = Duration::from_mins(2);
/// The member of `events` that makes a token a logout token (§2.4).
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token (§2.4). There is no `nonce`, so that it can't pass for an ID token.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: ClientId,
    iat: i64,
    exp: i64,
    jti: TokenId,
    events: Value,
    sid: SessionId,
}

impl Claims {
    /// The claims that tell `client` that the session it knows as `sid`, of whom it knows as `subject`, ended.
    pub fn new(issuer: &Issuer, client: &ClientId, subject: &str, sid: &SessionId, jti: TokenId, now: Timestamp) -> Self {
        Self {
            iss: issuer.to_string(),
            sub: subject.to_owned(),
            aud: client.clone(),
            iat: now.as_secs(),
            exp: now.plus(LIFETIME).as_secs(),
            jti,
            events: json!({ EVENT: {} }),
            sid: sid.clone(),
        }
    }
}

/// Whether the answer means that the client ended its session (§2.8).
pub fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.set_openid("backchannel_logout_supported", true);
    document.set_openid("backchannel_logout_session_supported", true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logout_token_says_who_signed_out_where_and_nothing_an_id_token_says_besides() {
        let issuer = Issuer::of_org("https://id.example", "acme");
        let now = Timestamp::from_secs(1_800_000_000);
        let claims = Claims::new(&issuer, &"c".into(), "u1", &"s1".into(), "j1".into(), now);
        // §2.4, the example's members.
        let expected = json!({
            "iss": "https://id.example/orgs/acme", "sub": "u1", "aud": "c", "iat": 1_800_000_000, "exp": 1_800_000_120, "jti": "j1",
            "sid": "s1", "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(serde_json::to_value(claims).unwrap(), expected);
    }

    #[test]
    fn only_success_counts_as_delivered() {
        for status in [200, 202, 204] {
            assert!(is_success(status), "{status}");
        }
        for status in [100, 199, 300, 302, 400, 401, 404, 500, 504] {
            assert!(!is_success(status), "{status}");
        }
    }
}
