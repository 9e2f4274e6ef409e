//! Request objects (RFC 9101), signed and encrypted.

use crate::Target;
use crate::input::{assert_own, choice, damaged, lines, seed, signed, words};
use crate::keys::{EDDSA, NOW, OTHERS, OWN, key};
use jose::jwe::{ContentEncryption, DecryptionKey, EncryptionKey, KeyManagement, encrypt};
use jose::jwks::Jwks;
use jose::jws::Header;
use jose::random::SystemRng;
use oauth::authorization_request::{AuthorizationRequest, parse, return_address};
use oauth::fapi::FapiProfile;
use oauth::jar::{Checked, Facts, Refused, address, check, decrypt, is_encrypted, merge, present};
use oauth::pipeline::Endpoint;
use oauth::redirect_uri::is_registered;
use oauth::{ClientMetadata, Issuer, Params, ResponseType};
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

/// A letter and a header, claims to be signed, and a form beside the object; after `A` to `Z` an object as it is sent.
pub const TARGET: Target = Target {
    name: "request_object",
    words: || {
        words(&[
            "alg",
            "kid",
            "typ",
            "oauth-authz-req+jwt",
            "JWT",
            "none",
            "HS256",
            "RS256",
            "EdDSA",
            "ES256",
            "iss",
            "sub",
            "aud",
            "jti",
            "exp",
            "nbf",
            "iat",
            "client_id",
            "request",
            "request_uri",
            "response_type",
            "response_mode",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "claims",
            "userinfo",
            "id_token",
            "essential",
            "value",
            "values",
            "authorization_details",
            "type",
            "max_age",
            "prompt",
            "acr_values",
            "resource",
            "code_challenge",
            "code_challenge_method",
            "S256",
            "code id_token",
            "openid",
            ISSUER,
            "https://app.example/cb",
        ])
    },
    seeds,
    try_out,
};

const ISSUER: &str = "https://id.example/orgs/acme";

/// Who sends an object, and where.
struct Sender {
    client: ClientMetadata,
    endpoint: Endpoint,
    is_signing_required: bool,
}

static SENDERS: LazyLock<Vec<Sender>> = LazyLock::new(|| {
    let plain = ClientMetadata {
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        response_types: vec!["code".to_owned(), "code id_token".to_owned()],
        grant_types: vec!["authorization_code".to_owned(), "implicit".to_owned()],
        authorization_details_types: vec!["payment".to_owned()],
        ..ClientMetadata::new("c")
    };
    let under = |fapi_profile| ClientMetadata { fapi_profile, ..plain.clone() }.strengthened();
    let sender = |client, endpoint, is_signing_required| Sender { client, endpoint, is_signing_required };
    vec![
        sender(plain.clone(), Endpoint::Authorization, false),
        sender(plain.clone(), Endpoint::PushedAuthorization, true),
        sender(under(FapiProfile::Fapi2MessageSigning), Endpoint::PushedAuthorization, false),
        sender(under(FapiProfile::Fapi1Advanced), Endpoint::Authorization, false),
        sender(under(FapiProfile::FapiCiba), Endpoint::BackchannelAuthentication, false),
        sender(plain, Endpoint::BackchannelAuthentication, false),
    ]
});
/// Keys of the server's own, which objects are encrypted to.
static SERVER: LazyLock<Vec<Arc<DecryptionKey>>> = LazyLock::new(|| {
    [KeyManagement::EcdhEs, KeyManagement::EcdhEsA256Kw]
        .map(|algorithm| Arc::new(DecryptionKey::generate(algorithm, "s").expect("a key")))
        .into()
});

fn seeds() -> Vec<Vec<u8>> {
    let now = NOW.as_secs();
    let full = json!({
        "iss": "c", "aud": ISSUER, "iat": now, "nbf": now, "exp": now + 300, "jti": "j1", "client_id": "c", "response_type": "code id_token",
        "redirect_uri": "https://app.example/cb", "scope": "openid", "state": "s", "nonce": "n", "max_age": 3, "login_hint": "x",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
        "claims": { "userinfo": { "name": null }, "id_token": { "acr": { "essential": true, "values": ["1", "2"] } } },
        "authorization_details": [{ "type": "payment", "amount": 1 }], "resource": ["https://a.example", "https://b.example"]
    })
    .to_string();
    // OpenID Connect Core §6.1, which demands nothing of an object but its signature.
    let old = json!({ "iss": "c", "aud": [ISSUER, "x"], "response_type": "code", "redirect_uri": "https://app.example/cb", "scope": "openid" }).to_string();
    let beside = "client_id=c&response_type=code&scope=openid&state=outer&nonce=outer";
    let header = |letter: u8, typ: &str| {
        let (alg, kid) = if letter.is_multiple_of(2) { ("EdDSA", "d") } else { ("ES256", "e") };
        json!({ "alg": alg, "kid": kid, "typ": typ }).to_string()
    };
    let mut seeds: Vec<_> = (b'a'..=b'l')
        // FAPI 1.0 knows no EdDSA, and neither does its profile for CIBA.
        .filter(|letter| sender(*letter).client.profile().allows_algorithm(key(*letter).algorithm()))
        .map(|letter| seed(letter, &[&header(letter, "oauth-authz-req+jwt"), &full, "client_id=c"]))
        .collect();
    seeds.push(seed(b'a', &[&header(b'a', "JWT"), &old, beside]));
    seeds.push(seed(b'l', &[&header(b'l', "JWT"), &full]));
    seeds.push(seed(b'L', &[&signed(&EDDSA, header(b'd', "JWT").as_bytes(), full.as_bytes())]));
    seeds
}

fn sender(letter: u8) -> &'static Sender {
    &SENDERS[usize::from(letter / 2) % SENDERS.len()]
}

fn try_out(input: &[u8]) -> bool {
    let Some((letter, rest)) = choice(input) else { return false };
    let sender = sender(letter);
    if letter.is_ascii_uppercase() {
        let Ok(object) = std::str::from_utf8(rest) else { return false };
        let _ = (decrypt(object, &SERVER), address(&Params::default(), Some(object)));
        let is_accepted = checked(object, sender, &OWN).is_ok();
        if is_accepted {
            assert_own(object, &EDDSA);
        }
        return is_accepted;
    }
    let [header, claims, form] = lines(rest);
    let object = signed(key(letter), header, claims);
    let Ok(accepted) = checked(&object, sender, &OWN) else { return false };
    assert_means(&object, claims, sender);
    assert!(matches!(checked(&object, sender, &OTHERS), Err(Refused::Signature)), "another key verifies it");
    assert!(checked(&damaged(&object, rest), sender, &OWN).is_err(), "it passes though it was changed");
    assert_nests(&object, rest);
    if let Ok(outer) = Params::from_form(form) {
        try_merged(&accepted, claims, &outer, &object, sender);
    }
    true
}

fn checked(object: &str, sender: &Sender, keys: &Jwks) -> Result<Checked, Refused> {
    let issuer = Issuer::of_org("https://id.example", "acme");
    let Sender { client, endpoint, is_signing_required } = sender;
    let (endpoint, is_signing_required) = (*endpoint, *is_signing_required);
    check(object, &Facts { client, keys: Some(keys), issuer: &issuer, endpoint, is_signing_required, now: NOW })
}

/// RFC 9101 §6, FAPI 2.0 Message Signing §5.3.1 and CIBA Core §7.1.1, read once more.
fn assert_means(object: &str, claims: &[u8], sender: &Sender) {
    let header = Header::parse(object).expect("it was read before");
    assert!(!header.algorithm.is_symmetric(), "a shared secret signs nothing");
    assert!(sender.client.profile().allows_algorithm(header.algorithm), "the profile knows no {}", header.algorithm);
    let claims: Map<String, Value> = serde_json::from_slice(claims).expect("it was read before");
    let is = |name: &str, value: &str| claims.get(name).is_none_or(|claim| claim == value);
    assert!(is("iss", "c") && is("client_id", "c"), "it is somebody else's");
    assert!(!claims.contains_key("request") && !claims.contains_key("request_uri"), "it leads to another one");
    assert!(header.is_typ("oauth-authz-req+jwt") || claims.get("sub").is_none_or(|sub| sub != "c"), "it would be an assertion");
    let audience = claims.get("aud").map(|aud| aud.as_array().cloned().unwrap_or_else(|| vec![aud.clone()]));
    assert!(audience.is_none_or(|audience| audience.iter().any(|aud| aud == ISSUER)), "it is meant for others");
    let is_bound = sender.is_signing_required
        || sender.client.require_signed_request_object
        || sender.endpoint == Endpoint::BackchannelAuthentication;
    if is_bound {
        assert!(["iss", "aud", "exp", "nbf"].iter().all(|name| claims.contains_key(*name)), "it lacks a claim");
        let time = |name: &str| claims.get(name).and_then(Value::as_f64).expect("it is a time");
        assert!(time("exp") <= 1_800_003_611.0 && time("nbf") >= 1_799_996_389.0, "it lives too long");
    }
    if let Some(end) = claims.get("exp").and_then(Value::as_f64) {
        assert!(end > 1_799_999_989.0, "it has ended");
    }
}

/// Encrypted, it comes out as it went in; changed, it doesn't.
fn assert_nests(object: &str, rest: &[u8]) {
    let server = &SERVER[rest.len() % SERVER.len()];
    let recipient = EncryptionKey::new(server.public().expect("a key"), server.algorithm()).expect("a key");
    let encryption = ContentEncryption::ALL[rest.len() / 2 % 4];
    let nested = encrypt(&recipient, encryption, &Map::new(), object.as_bytes(), &SystemRng).expect("it can be encrypted");
    assert!(is_encrypted(&nested) && !is_encrypted(object));
    assert_eq!(decrypt(&nested, &SERVER).as_deref(), Ok(object));
    assert_eq!(decrypt(&damaged(&nested, rest), &SERVER), Err(Refused::Encryption));
}

/// What counts of it and what stands beside it.
fn try_merged(accepted: &Checked, claims: &[u8], outer: &Params, object: &str, sender: &Sender) {
    let _ = (present(outer), address(outer, Some(object)));
    let Ok(merged) = merge(outer, accepted, sender.endpoint) else { return };
    assert!(!merged.has("request") && !merged.has("request_uri"));
    let claims: Map<String, Value> = serde_json::from_slice(claims).expect("it was read before");
    let may_stand_beside = sender.endpoint == Endpoint::Authorization && !sender.client.require_signed_request_object;
    for (name, value) in merged.pairs().filter(|(name, _)| !may_stand_beside && *name != "client_id") {
        assert!(claims.contains_key(name), "{name}={value} was not signed");
    }
    assert!(!["iss", "sub", "aud", "exp", "nbf", "iat", "jti"].iter().any(|name| !outer.has(name) && merged.has(name)));
    if let Ok(address) = return_address(&merged, &sender.client) {
        assert!(is_registered(&sender.client.redirect_uris, &address.redirect_uri), "{} is not registered", address.redirect_uri);
        if let Ok(request) = parse(&merged, &sender.client, &ResponseType::ALL, address) {
            assert!(sender.client.may_use_grant("authorization_code") && request.client_id == sender.client.client_id);
            let stored = serde_json::to_value(&request).expect("it can be stored");
            let again: AuthorizationRequest = serde_json::from_value(stored.clone()).expect("what was stored is read");
            assert_eq!(serde_json::to_value(&again).ok(), Some(stored), "it is another one after it was stored");
        }
    }
}
