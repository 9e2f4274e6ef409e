//! Which credential a request carries in its headers.

use super::TokenScheme;
use flow::Incoming;
use kernel::{Fault, Secret};

/// Longest credential: encrypted tokens with many claims stay well below.
const MAX_LENGTH: usize = 16 * 1024;

/// The credential in the headers.
#[derive(Debug)]
pub(super) enum Presented {
    /// An access token.
    Token(TokenScheme, Secret),
    /// An API key.
    Key(Secret),
    /// None, or one of another kind: a client's.
    Nothing,
}

/// Read it. An access token goes before an API key, since clients that have both send both.
///
/// # Errors
/// 400 `invalid_request` if a header is repeated, overlong or no credential at all (RFC 6750 §3.1).
pub(super) fn read(incoming: &Incoming) -> Result<Presented, Fault> {
    let key = match only(incoming, "x-api-key")? {
        Some(key) => Presented::Key(credential(key)?),
        None => Presented::Nothing,
    };
    let Some(authorization) = only(incoming, "authorization")? else { return Ok(key) };
    let (scheme, rest) = authorization.split_once(' ').ok_or_else(malformed)?;
    let rest = rest.trim_matches(' ');
    if let Some(scheme) = TokenScheme::parse(scheme) {
        return Ok(Presented::Token(scheme, credential(rest)?));
    }
    match key {
        Presented::Nothing if scheme.eq_ignore_ascii_case("apikey") => Ok(Presented::Key(credential(rest)?)),
        key => Ok(key),
    }
}

/// The header's value, if it was sent.
fn only<'a>(incoming: &'a Incoming, name: &str) -> Result<Option<&'a str>, Fault> {
    let value = incoming.header(name);
    if incoming.header_count(name) > 1 || value.is_some_and(|value| value.len() > MAX_LENGTH) {
        return Err(malformed());
    }
    Ok(value)
}

/// The characters of `token68` (RFC 9110 §11.2).
fn credential(text: &str) -> Result<Secret, Fault> {
    let is_token = !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._~+/=".contains(&c));
    if is_token { Ok(Secret::new(text)) } else { Err(malformed()) }
}

fn malformed() -> Fault {
    Fault::invalid("invalid_request", "The credential in the request's headers is repeated, too long or not well formed.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &[(&str, &str)]) -> Incoming {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Incoming { headers, ..Incoming::default() }
    }

    fn described(headers: &[(&str, &str)]) -> String {
        match read(&with(headers)) {
            Ok(Presented::Token(scheme, token)) => format!("{scheme:?} {}", token.expose()),
            Ok(Presented::Key(key)) => format!("key {}", key.expose()),
            Ok(Presented::Nothing) => "nothing".to_owned(),
            Err(fault) => fault.code.to_owned(),
        }
    }

    #[test]
    fn a_token_goes_before_a_key() {
        for (headers, expected) in [
            (&[] as &[(&str, &str)], "nothing"),
            (&[("authorization", "Bearer t")], "Bearer t"),
            (&[("authorization", "bearer  t ")], "Bearer t"),
            (&[("authorization", "DPoP t")], "Dpop t"),
            (&[("authorization", "ApiKey lmk_a.b")], "key lmk_a.b"),
            (&[("x-api-key", "lmk_a.b")], "key lmk_a.b"),
            (&[("x-api-key", "lmk_a.b"), ("authorization", "Bearer t")], "Bearer t"),
            (&[("x-api-key", "lmk_a.b"), ("authorization", "Basic eDp5")], "key lmk_a.b"),
            (&[("authorization", "Basic eDp5")], "nothing"),
        ] {
            assert_eq!(described(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_is_no_credential_is_refused_at_once() {
        let huge = format!("Bearer {}", "a".repeat(1 << 20));
        for headers in [
            &[("authorization", "")] as &[(&str, &str)],
            &[("authorization", "Bearer")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Bearer a b")],
            &[("authorization", "Bearer a,b")],
            &[("authorization", "Bearer \u{e9}")],
            &[("authorization", &huge)],
            &[("authorization", "Bearer a"), ("authorization", "Bearer a")],
            &[("x-api-key", "")],
            &[("x-api-key", "a"), ("x-api-key", "b")],
        ] {
            assert_eq!(described(headers), "invalid_request");
        }
    }
}
