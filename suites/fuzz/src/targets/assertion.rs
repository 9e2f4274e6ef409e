//! Assertions that clients prove themselves with (RFC 7523, FAPI 2.0).

use crate::Target;
use crate::input::{assert_own, choice, damaged, lines, seed, signed, words};
use crate::keys::{EDDSA, NOW, OTHERS, OWN, key};
use jose::jwks::Jwks;
use jose::jws::Header;
use oauth::client::{AssertionAudience, AuthMethod};
use oauth::client_authentication::{Facts, Proven, present, verify};
use oauth::fapi::FapiProfile;
use oauth::{ClientMetadata, Issuer, Params};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

/// A letter and a header, claims to be signed, and a form beside the assertion; after `A` to `Z` an assertion as it is sent.
pub const TARGET: Target = Target {
    name: "assertion",
    words: || {
        words(&[
            "alg",
            "kid",
            "typ",
            "JWT",
            "client-authentication+jwt",
            "iss",
            "sub",
            "aud",
            "jti",
            "exp",
            "nbf",
            "iat",
            "client_id",
            "client_secret",
            "client_assertion_type",
            "client_assertion",
            ISSUER,
            "https://id.example/orgs/acme/api/v1/oauth/token",
            "none",
            "EdDSA",
            "ES256",
        ])
    },
    seeds,
    try_out,
};

const ISSUER: &str = "https://id.example/orgs/acme";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Clients of the same id that are under different rules.
static CLIENTS: LazyLock<Vec<Arc<ClientMetadata>>> = LazyLock::new(|| {
    let plain = ClientMetadata { token_endpoint_auth_method: AuthMethod::PrivateKeyJwt, ..ClientMetadata::new("c") };
    let under = |fapi_profile| ClientMetadata { fapi_profile, ..plain.clone() }.strengthened();
    let exact = ClientMetadata { assertion_audience: AssertionAudience::IssuerOnly, ..plain.clone() };
    let clients = [under(FapiProfile::Fapi2Security), under(FapiProfile::Fapi1Advanced), exact, plain.clone()];
    clients.into_iter().map(Arc::new).collect()
});

fn seeds() -> Vec<Vec<u8>> {
    let header = |alg: &str, kid: &str| json!({ "typ": "JWT", "alg": alg, "kid": kid }).to_string();
    let (plain, more) = (json!(ISSUER), json!(["https://other.example", format!("{ISSUER}/api/v1/oauth/token")]));
    let claims = |aud: &Value| {
        let now = NOW.as_secs();
        json!({ "iss": "c", "sub": "c", "aud": aud, "jti": "j1", "iat": now, "nbf": now, "exp": now + 60 }).to_string()
    };
    // FAPI 1.0 knows no EdDSA.
    let signed_with = |letter: u8| if letter.is_multiple_of(2) { header("EdDSA", "d") } else { header("ES256", "e") };
    let mut seeds: Vec<_> = [b'a', b'c', b'd', b'e', b'f', b'g', b'h']
        .into_iter()
        .map(|letter| seed(letter, &[&signed_with(letter), &claims(&plain), "client_id=c&grant_type=client_credentials"]))
        .collect();
    seeds.push(seed(b'f', &[r#"{"alg":"EdDSA","typ":"client-authentication+jwt"}"#, &claims(&more)]));
    seeds.push(seed(b'D', &[&signed(&EDDSA, header("EdDSA", "d").as_bytes(), claims(&plain).as_bytes())]));
    seeds
}

fn try_out(input: &[u8]) -> bool {
    let Some((letter, rest)) = choice(input) else { return false };
    let client = &CLIENTS[usize::from(letter / 2 % 4)];
    if letter.is_ascii_uppercase() {
        let Ok(assertion) = std::str::from_utf8(rest) else { return false };
        let is_accepted = authenticate(assertion, b"", client, &OWN).is_some();
        if is_accepted {
            assert_own(assertion, &EDDSA);
        }
        return is_accepted;
    }
    let [header, claims, form] = lines(rest);
    let assertion = signed(key(letter), header, claims);
    let Some(proven) = authenticate(&assertion, form, client, &OWN) else { return false };
    assert_means(&assertion, claims, client);
    assert!(proven.claim().is_some(), "an assertion is for one use");
    assert!(proven.settle(None).is_err(), "it counts without being used up");
    assert!(authenticate(&assertion, form, client, &OTHERS).is_none(), "another key verifies it");
    assert!(authenticate(&damaged(&assertion, rest), form, client, &OWN).is_none(), "it passes though it was changed");
    true
}

fn authenticate(assertion: &str, form: &[u8], client: &Arc<ClientMetadata>, keys: &Jwks) -> Option<Proven> {
    let beside = url::form_urlencoded::parse(form).into_owned();
    let own = [("client_assertion_type", TYPE), ("client_assertion", assertion)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let params = Params::collect(own.into_iter().chain(beside)).ok()?;
    let presented = present(None, &params).ok()?;
    if *presented.client_id() != client.client_id {
        return None;
    }
    let issuer = Issuer::of_org("https://id.example", "acme");
    let facts =
        Facts { client: Some(client), secret_digest: None, keys: Some(keys), certificate: None, issuer: &issuer, now: NOW };
    verify(&presented, &facts).ok()
}

/// RFC 7523 §3 and FAPI 2.0 §5.3.2.1, read once more.
fn assert_means(assertion: &str, claims: &[u8], client: &ClientMetadata) {
    let header = Header::parse(assertion).expect("it was read before");
    assert!(client.profile().allows_algorithm(header.algorithm) && !header.algorithm.is_symmetric());
    assert!(header.typ.is_none() || header.is_typ("JWT") || header.is_typ("client-authentication+jwt"));
    let claims: Map<String, Value> = serde_json::from_slice(claims).expect("it was read before");
    assert_eq!((claims["iss"].as_str(), claims["sub"].as_str()), (Some("c"), Some("c")));
    assert!(claims["jti"].as_str().is_some_and(|jti| !jti.is_empty()));
    if client.assertion_audience == AssertionAudience::IssuerOnly {
        assert_eq!(claims["aud"], ISSUER, "the issuer as a text and nothing else");
    } else {
        let listed = claims["aud"].as_array().cloned().unwrap_or_else(|| vec![claims["aud"].clone()]);
        assert!(listed.iter().filter_map(Value::as_str).any(|aud| aud.starts_with(ISSUER)));
    }
    assert!(claims["exp"].as_f64().is_some_and(|end| end > 1_799_999_989.0), "it has ended");
}
