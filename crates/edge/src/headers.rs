//! Headers that go with every answer.

use flow::Budget;
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

/// Add what isn't set already.
pub(crate) fn secure(headers: &mut HeaderMap, over_tls: bool) {
    for (name, value) in ALWAYS {
        if !headers.contains_key(&name) {
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
