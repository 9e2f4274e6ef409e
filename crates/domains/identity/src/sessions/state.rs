//! What scripts may know of a session: a value that changes when somebody else is signed in, and tells nothing about either (the
//! browser state of OpenID Connect Session Management 1.0 §3).

use super::{Session, cookie_path};
use flow::{Cookie, Reach, Services};
use jose::digest::hmac_sha256;
use jose::encoding::base64url;
use jose::seal::derive;
use kernel::{Secret, Timestamp};
use store::Org;

/// The cookie that carries the state. It proves nothing.
pub const STATE_COOKIE: &str = "lumoauth_session_state";

/// The state of a browser with this session. It outlives a sign-in of the same person, which only changes the session's id.
pub fn browser_state(services: &Services, session: &Session) -> String {
    base64url(hmac_sha256(&derive(&services.master_keys.current, "browser state"), session.public_id.as_bytes()))
}

/// The cookie that tells scripts this state. The browser keeps it as long as the session's own.
pub fn state_cookie(services: &Services, org: &Org, session: &Session, now: Timestamp) -> Cookie {
    Cookie {
        name: STATE_COOKIE,
        value: Secret::new(browser_state(services, session)),
        path: cookie_path(org),
        max_age: session.is_remembered.then(|| session.expires_at.since(now)),
        reach: Reach::Frames,
    }
}
