//! Bearer tokens: how a protected resource is called.
//!
//! RFC 6750, RFC 9449 §7.1. Supported: the `Authorization` header in any case of its scheme, `Bearer` or `DPoP`, and `access_token` in
//! a form body. Not supported: the query parameter (§2.3), which leaves tokens in logs; it is ignored.

use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::{Params, ProtocolError};
use kernel::Secret;
use std::fmt::Write as _;

/// This room.
pub const ROOM: Room = Room {
    name: "bearer",
    title: "Bearer Token Usage",
    source: "RFC 6750",
    status: Status::Final,
    support: "header and form body; never the query",
    visits: &[(Endpoint::Userinfo, Stage::Parse), (Endpoint::Userinfo, Stage::Respond)],
    metadata: no_metadata,
};

const MAX_TOKEN: usize = 16 * 1024;

/// How an access token is sent. Whether that fits the token is for the caller to find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer` (§2.1), or in a form (§2.2).
    Bearer,
    /// `Authorization: DPoP` (RFC 9449 §7.1).
    Dpop,
}

impl Scheme {
    /// The scheme of that name, in any case (RFC 9110 §11.1).
    pub fn parse(name: &str) -> Option<Self> {
        [("bearer", Self::Bearer), ("dpop", Self::Dpop)]
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, scheme)| scheme)
    }
}

/// The token of a request: from the header, or from the body if it is a form. `None` if there is none, or the header uses
/// another scheme.
///
/// # Errors
/// `invalid_request` if it comes in both ways, or can't be one.
pub fn token(authorization: Option<&str>, form: Option<&Params>) -> Result<Option<(Scheme, Secret)>, ProtocolError> {
    let in_header = authorization
        .and_then(|header| header.split_once(' '))
        .and_then(|(scheme, token)| Some((Scheme::parse(scheme)?, token.trim_start())));
    let in_form = form.map(|form| form.one("access_token")).transpose()?.flatten();
    let (scheme, token) = match (in_header, in_form) {
        (Some(_), Some(_)) => return Err(ProtocolError::invalid_request("The access token was sent in two ways.")),
        (Some(sent), None) => sent,
        (None, Some(token)) => (Scheme::Bearer, token),
        (None, None) => return Ok(None),
    };
    // RFC 6750 §2.1: b64token.
    let is_token_char = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    if token.is_empty() || token.len() > MAX_TOKEN || !token.bytes().all(is_token_char) {
        return Err(ProtocolError::invalid_request("The access token is malformed."));
    }
    Ok(Some((scheme, Secret::new(token))))
}

/// The `WWW-Authenticate` value for a refused call. Without an error the caller merely sent no token, and learns no more (§3).
pub fn challenge(realm: &str, error: Option<&ProtocolError>, scope: Option<&str>) -> String {
    let mut value = format!("Bearer realm=\"{}\"", quotable(realm));
    if let Some(error) = error {
        let code = error.code.code();
        let _ = write!(value, ", error=\"{code}\", error_description=\"{}\"", error.description());
    }
    if let Some(scope) = scope {
        let _ = write!(value, ", scope=\"{}\"", quotable(scope));
    }
    value
}

fn quotable(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\x20'..='\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use proptest::prelude::*;

    fn form(pairs: &[(&str, &str)]) -> Params {
        Params::collect(pairs.iter().copied()).unwrap()
    }
    fn read(header: Option<&str>, form: Option<&Params>) -> Option<String> {
        token(header, form).unwrap().map(|(scheme, token)| format!("{scheme:?} {}", token.expose()))
    }

    #[test]
    fn the_token_is_read_from_header_or_form() {
        assert_eq!(read(Some("Bearer mF_9.B5f-4.1JqM"), None).as_deref(), Some("Bearer mF_9.B5f-4.1JqM"));
        assert_eq!(read(Some("bEARER x"), Some(&form(&[]))).as_deref(), Some("Bearer x"));
        assert_eq!(read(None, Some(&form(&[("access_token", "x")]))).as_deref(), Some("Bearer x"));
        assert_eq!(read(Some("dPOP x"), None).as_deref(), Some("Dpop x"));
        assert_eq!(read(Some("Basic x"), None), None);
        assert_eq!(read(Some("Bearer"), None), None);
        assert_eq!(read(None, None), None);
    }

    #[test]
    fn two_ways_at_once_and_odd_characters_are_refused() {
        let both = token(Some("Bearer x"), Some(&form(&[("access_token", "x")])));
        assert_eq!(both.unwrap_err().code, ErrorCode::InvalidRequest);
        let huge = format!("Bearer {}", "x".repeat(1_000_000));
        for header in ["Bearer a b", "Bearer \u{e9}", "Bearer ", &huge] {
            assert!(token(Some(header), None).is_err());
        }
    }

    #[test]
    fn a_challenge_tells_an_error_only_if_there_was_a_token() {
        assert_eq!(challenge("acme", None, None), "Bearer realm=\"acme\"");
        let expired = ProtocolError::new(ErrorCode::InvalidToken, "The access token has expired.");
        assert_eq!(
            challenge("ac\"me\r\n", Some(&expired), Some("openid")),
            "Bearer realm=\"acme\", error=\"invalid_token\", error_description=\"The access token has expired.\", scope=\"openid\""
        );
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_header_is_read_or_refused(header in ".{0,100}") {
            let _ = token(Some(&header), None);
        }
    }
}
