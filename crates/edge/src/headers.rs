//! Headers that go with every answer.

use flow::{Budget, FRAMEABLE};
use http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{HeaderMap, header};
use kernel::Timestamp;
use std::time::Duration;

const ALWAYS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (X_XSS_PROTECTION, "1; mode=block"),
    (REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
];

/// Add what isn't set already. A page that is to be framed says so in its policy; the older header knows no such word and is left out.
pub(crate) fn secure(headers: &mut HeaderMap, over_tls: bool) {
    let policy = headers.get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let is_frameable = policy.is_some_and(|policy| policy.split("; ").any(|directive| directive == FRAMEABLE));
    for (name, value) in ALWAYS {
        let is_said = headers.contains_key(&name) || (is_frameable && name == X_FRAME_OPTIONS);
        if !is_said {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if over_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains; preload"));
    }
}

/// Tell a program what it has left, and the second (Unix time) at which its whole budget is back.
pub(crate) fn budget(headers: &mut HeaderMap, left: Budget, now: Timestamp) {
    let refilled = now.plus(left.refill + Duration::from_micros(999_999)).as_secs();
    headers.insert("x-ratelimit-limit", left.limit.into());
    headers.insert("x-ratelimit-remaining", left.remaining.into());
    headers.insert("x-ratelimit-reset", refilled.into());
}

/// Let scripts of any origin read the answer, but never with cookies: credentials are headers they set themselves.
pub(crate) fn share(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "www-authenticate, dpop-nonce, retry-after, x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset",
        ),
    );
}

/// Answer a preflight request for a shared endpoint.
pub(crate) fn preflight(headers: &mut HeaderMap) {
    share(headers);
    let allow = |name, value| (name, HeaderValue::from_static(value));
    headers.extend([
        allow(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
        allow(header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, dpop, x-api-key"),
        allow(header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(policy: Option<&'static str>) -> (Option<String>, String) {
        let mut headers = HeaderMap::new();
        headers.extend(policy.map(|policy| (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))));
        secure(&mut headers, false);
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        (text(X_FRAME_OPTIONS), text(CONTENT_SECURITY_POLICY).unwrap())
    }

    #[test]
    fn only_an_answer_whose_policy_says_so_in_exactly_these_words_may_be_framed() {
        assert_eq!(framing(Some("default-src 'none'; frame-ancestors *")).0, None);
        for policy in [
            "default-src 'none'; frame-ancestors 'none'",
            "default-src 'none'",
            "default-src 'none'; frame-ancestors * https://elsewhere.example",
            "default-src frame-ancestors *",
        ] {
            assert_eq!(framing(Some(policy)), (Some("DENY".to_owned()), policy.to_owned()));
        }
        let (options, policy) = framing(None);
        assert!(options.as_deref() == Some("DENY") && policy.contains("frame-ancestors 'none'"));
    }
}
