//! Client assertions: a client proves who it is with its private key.
//!
//! RFC 7523 §2.2 and §3, OpenID Connect Core §9, FAPI 2.0 Security Profile §5.3.2.1. Supported: `private_key_jwt` with every
//! asymmetric algorithm, or the single one the client registered. `aud` is the issuer, the token endpoint or the endpoint for pushed
//! requests or the one for backchannel authentication, at whichever of them it is shown (RFC 9126 §2, CIBA Core §7.1); clients set to
//! [`AssertionAudience::IssuerOnly`] name the issuer as one string, and a FAPI profile says what may sign.
//! Not supported: `client_secret_jwt`, which makes the secret a signing key that both sides hold.

use crate::client::AssertionAudience;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, Issuer};
use jose::alg::Algorithm;
use jose::claims::{Audience, ClaimsError, Moment};
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use jose::jwks::Jwks;
use jose::jws::{self, JwsError, Policy};
use kernel::{ClientId, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "private_key_jwt",
    title: "JWT Profile for OAuth 2.0 Client Authentication",
    source: "RFC 7523, OpenID Connect Core 1.0 §9",
    status: Status::Final,
    support: "private_key_jwt; no client_secret_jwt",
    visits: &[
        (Endpoint::PushedAuthorization, Stage::Authenticate),
        (Endpoint::Token, Stage::Authenticate),
        (Endpoint::Introspection, Stage::Authenticate),
        (Endpoint::Revocation, Stage::Authenticate),
        (Endpoint::DeviceAuthorization, Stage::Authenticate),
        (Endpoint::BackchannelAuthentication, Stage::Authenticate),
    ],
    metadata,
};

/// `client_assertion_type`.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far two clocks may disagree.
const SKEW: Duration = Duration::from_secs(10);
/// How far ahead `exp` may lie; it bounds how long each `jti` is remembered.
const MAX_LIFETIME: Duration = Duration::from_hours(1);
const MAX_JTI: usize = 256;

/// A good assertion, whose `jti` is still to be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assertion {
    pub(crate) jti: String,
    pub(crate) expires_at: Timestamp,
}

/// Why an assertion is refused. Callers outside learn `invalid_client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No key with its `kid`: the client may have rotated its keys, and fetching them again may help.
    #[error("no key of the client matches the assertion")]
    UnknownKey,
    /// Signature, algorithm, type or form.
    #[error("the assertion does not verify")]
    Signature,
    /// `iss` or `sub` is not the client.
    #[error("the assertion's iss and sub must be the client_id")]
    Identity,
    /// `aud` is not this server, in the form this client must use.
    #[error("the assertion's aud is not this server")]
    Audience,
    /// Expired, not yet valid, or valid for too long.
    #[error("the assertion is outside its time")]
    Time,
    /// `jti` is missing or too long.
    #[error("the assertion needs a jti")]
    Jti,
}

/// Check an assertion against its client.
pub(crate) fn check(
    assertion: &str,
    client: &ClientMetadata,
    keys: &Jwks,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Assertion, Refused> {
    let mut allowed = client.profile().algorithms().to_vec();
    if let Some(own) = client.token_endpoint_auth_signing_alg {
        allowed.retain(|algorithm| *algorithm == own);
    }
    let policy = Policy::typ_or_none(&["JWT", "client-authentication+jwt"]);
    let claims = jws::verify_with_set(assertion, keys, &allowed, &policy)
        .map_err(|error| if error == JwsError::UnknownKey { Refused::UnknownKey } else { Refused::Signature })?
        .claims;
    let is_client = |name| claims.get(name).and_then(Value::as_str) == Some(client.client_id.as_str());
    if !is_client("iss") || !is_client("sub") {
        return Err(Refused::Identity);
    }
    check_audience(&claims, client.assertion_audience, issuer).map_err(|_| Refused::Audience)?;
    let expires_at = check_times(&claims, now)?;
    match claims.get("jti").and_then(Value::as_str) {
        Some(jti) if !jti.is_empty() && jti.len() <= MAX_JTI => Ok(Assertion { jti: jti.to_owned(), expires_at }),
        _ => Err(Refused::Jti),
    }
}

/// The client an assertion claims to be from, unverified: only good for finding the keys to verify it with.
pub(crate) fn claimed_client(assertion: &str) -> Option<ClientId> {
    let payload = assertion.split('.').nth(1)?;
    let claims = parse_strict_object(&decode_base64url(payload).ok()?).ok()?;
    claims.get("sub")?.as_str().map(ClientId::from)
}

fn check_audience(claims: &Map<String, Value>, rule: AssertionAudience, issuer: &Issuer) -> Result<(), ClaimsError> {
    let audience = Audience::of(claims)?;
    match rule {
        AssertionAudience::IssuerOnly => audience.is_exactly(issuer.as_str()),
        AssertionAudience::IssuerOrTokenEndpoint => {
            let endpoints = [issuer.token_endpoint(), issuer.endpoint("oauth/par"), issuer.endpoint("oauth/bc-authorize")];
            let [token, pushed, backchannel] = &endpoints;
            audience.includes_any(&[issuer.as_str(), token, pushed, backchannel])
        }
    }
}

/// The moment until which the assertion can be used.
fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, Refused> {
    let expires_at = Moment::new(now, SKEW).check(claims).map_err(|_| Refused::Time)?;
    if expires_at > now.plus(MAX_LIFETIME) { Err(Refused::Time) } else { Ok(expires_at.plus(SKEW)) }
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.add("token_endpoint_auth_signing_alg_values_supported", Algorithm::ASYMMETRIC.map(Algorithm::name));
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fapi::FapiProfile;
    use jose::key::SigningKey;
    use proptest::prelude::*;
    use serde_json::json;

    pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    pub(crate) fn issuer() -> Issuer {
        Issuer::of_org("https://id.example", "acme")
    }
    pub(crate) fn key() -> SigningKey {
        SigningKey::generate(Algorithm::ES256, "k1").unwrap()
    }
    pub(crate) fn keys(key: &SigningKey) -> Jwks {
        Jwks::new(vec![key.public().clone()]).unwrap()
    }
    pub(crate) fn claims() -> Value {
        let now = NOW.as_secs();
        json!({"iss": "c", "sub": "c", "aud": issuer().as_str(), "jti": "j1", "iat": now, "nbf": now, "exp": now + 60})
    }
    fn changed(name: &str, value: Value) -> Value {
        let mut claims = claims();
        let members = claims.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name)
        } else {
            members.insert(name.to_owned(), value)
        };
        claims
    }
    fn outcome(claims: &Value, client: &ClientMetadata) -> Result<Assertion, Refused> {
        let key = key();
        let assertion = jws::sign(&key, "JWT", claims).unwrap();
        check(&assertion, client, &keys(&key), &issuer(), NOW)
    }

    #[test]
    fn a_good_assertion_is_accepted_with_its_jti() {
        let good = outcome(&claims(), &ClientMetadata::new("c")).unwrap();
        assert_eq!((good.jti.as_str(), good.expires_at), ("j1", NOW.plus(Duration::from_secs(70))));
        for aud in [
            json!(issuer().token_endpoint()),
            json!(issuer().endpoint("oauth/par")),
            json!(["https://other.example", issuer().as_str()]),
        ] {
            assert!(outcome(&changed("aud", aud), &ClientMetadata::new("c")).is_ok());
        }
        for (name, value) in [("iat", Value::Null), ("nbf", Value::Null), ("exp", json!(1_800_000_030.5))] {
            assert!(outcome(&changed(name, value), &ClientMetadata::new("c")).is_ok(), "{name}");
        }
    }

    #[test]
    fn attack_24_where_the_issuer_alone_may_be_named_nothing_else_passes() {
        let strict = ClientMetadata { assertion_audience: AssertionAudience::IssuerOnly, ..ClientMetadata::new("c") };
        assert!(outcome(&claims(), &strict).is_ok());
        for aud in [json!([issuer().as_str()]), json!(issuer().token_endpoint()), json!(issuer().endpoint("oauth/par"))] {
            assert_eq!(outcome(&changed("aud", aud.clone()), &strict), Err(Refused::Audience), "{aud}");
        }
    }

    #[test]
    fn every_claim_is_checked() {
        let now = NOW.as_secs();
        for (name, value, expected) in [
            ("iss", json!("other"), Refused::Identity),
            ("iss", Value::Null, Refused::Identity),
            ("sub", json!("other"), Refused::Identity),
            ("sub", Value::Null, Refused::Identity),
            ("aud", json!("https://other.example"), Refused::Audience),
            ("aud", json!([]), Refused::Audience),
            ("aud", json!(issuer().endpoint("oauth/introspect")), Refused::Audience),
            ("aud", Value::Null, Refused::Audience),
            ("exp", Value::Null, Refused::Time),
            ("exp", json!(now - 300), Refused::Time),
            ("exp", json!(now + 7200), Refused::Time),
            ("exp", json!("soon"), Refused::Time),
            ("nbf", json!(now + 61), Refused::Time),
            ("iat", json!(now + 61), Refused::Time),
            ("jti", Value::Null, Refused::Jti),
            ("jti", json!(""), Refused::Jti),
            ("jti", json!("j".repeat(300)), Refused::Jti),
        ] {
            let refused = outcome(&changed(name, value.clone()), &ClientMetadata::new("c"));
            assert_eq!(refused, Err(expected), "{name} {value}");
        }
    }

    #[test]
    fn eight_seconds_ahead_are_within_the_skew() {
        for name in ["nbf", "iat"] {
            assert!(outcome(&changed(name, json!(NOW.as_secs() + 8)), &ClientMetadata::new("c")).is_ok(), "{name}");
        }
    }

    #[test]
    fn attack_14_keys_algorithms_and_types_are_not_the_headers_choice() {
        let (own, other) = (key(), SigningKey::generate(Algorithm::ES256, "k2").unwrap());
        let client = ClientMetadata::new("c");
        let run = |assertion: &str, client: &ClientMetadata| check(assertion, client, &keys(&own), &issuer(), NOW);
        let stranger = jws::sign(&other, "JWT", &claims()).unwrap();
        assert_eq!(run(&stranger, &client), Err(Refused::UnknownKey));
        let access_token = jws::sign(&own, "at+jwt", &claims()).unwrap();
        assert_eq!(run(&access_token, &client), Err(Refused::Signature));
        let registered = ClientMetadata { token_endpoint_auth_signing_alg: Some(Algorithm::PS256), ..client.clone() };
        let good = jws::sign(&own, "JWT", &claims()).unwrap();
        assert_eq!(run(&good, &registered), Err(Refused::Signature));
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
        assert_eq!(run(&unsigned, &client), Err(Refused::Signature));
    }

    #[test]
    fn an_rs256_assertion_is_refused_under_fapi_even_where_it_is_registered() {
        let key = SigningKey::generate(Algorithm::RS256, "r1").unwrap();
        let assertion = jws::sign(&key, "JWT", &claims()).unwrap();
        let strict = ClientMetadata { fapi_profile: FapiProfile::Fapi2Security, ..ClientMetadata::new("c") };
        let registered = ClientMetadata { token_endpoint_auth_signing_alg: Some(Algorithm::RS256), ..strict.clone() };
        assert_eq!(check(&assertion, &registered, &keys(&key), &issuer(), NOW), Err(Refused::Signature));
        assert_eq!(check(&assertion, &strict, &keys(&key), &issuer(), NOW), Err(Refused::Signature));
        assert!(check(&assertion, &ClientMetadata::new("c"), &keys(&key), &issuer(), NOW).is_ok());
    }

    #[test]
    fn the_claimed_client_is_read_without_trust() {
        let assertion = jws::sign(&key(), "JWT", &claims()).unwrap();
        assert_eq!(claimed_client(&assertion), Some("c".into()));
        assert_eq!(claimed_client("x.y.z"), None);
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_is_refused_without_a_panic(text in ".{0,200}") {
            let _ = claimed_client(&text);
            prop_assert!(check(&text, &ClientMetadata::new("c"), &Jwks::default(), &issuer(), NOW).is_err());
        }
    }
}
