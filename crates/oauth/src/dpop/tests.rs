//! RFC 9449's own examples, and everything its §4.3 refuses.

use super::*;
use crate::fapi::FapiProfile;
use jose::key::SigningKey;
use jose::seal::MasterKey;
use proptest::prelude::*;
use serde_json::json;

/// RFC 9449 §5, figure 4: the proof of a token request.
const TOKEN_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
/// RFC 9449 §7.1, figure 12: the proof of a request to a resource.
const RESOURCE_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
/// §6.1.
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const URI: &str = "https://id.example/orgs/acme/api/v1/oauth/userinfo";

fn expected<'a>(uris: &'a [String], token: &'a Secret) -> Expected<'a> {
    Expected {
        method: "GET",
        uris,
        access_token: Some(token),
        algorithms: &Algorithm::ASYMMETRIC,
        nonces: None,
        max_age: MAX_AGE,
        now: NOW,
    }
}

fn run(proof: &str, change: impl FnOnce(&mut Expected<'_>)) -> Result<Proof, Refused> {
    let (uris, token) = ([URI.to_owned()], Secret::new(TOKEN));
    let mut expected = expected(&uris, &token);
    change(&mut expected);
    check(proof, &expected)
}

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::ES256, "k").unwrap()
}

fn claims() -> Value {
    json!({
        "jti": "e1j3V_bKic8-LAEB", "htm": "GET", "htu": URI, "iat": NOW.as_secs(),
        "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
    })
}

/// The claims with this one set; null takes it away.
fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    claims
}

fn header(key: &SigningKey) -> Value {
    json!({ "typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": key.public().bare() })
}

/// A proof with whatever header.
fn signed_with(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    format!("{signed}.{}", base64url(key.sign(signed.as_bytes()).unwrap()))
}

fn signed(key: &SigningKey, claims: &Value) -> String {
    signed_with(key, &header(key), claims)
}

#[test]
fn the_examples_of_rfc_9449_are_accepted() {
    let uris = ["https://server.example.com/token".to_owned()];
    let token = Secret::new(TOKEN);
    let at = |secs| Timestamp::from_secs(secs);
    let at_token = Expected { method: "POST", access_token: None, now: at(1_562_262_616), ..expected(&uris, &token) };
    let proof = check(TOKEN_PROOF, &at_token).unwrap();
    assert_eq!(proof.jkt(), JKT);
    let Key::Proof { jti, signed_at, expires_at, .. } = proof.claim().key().clone() else { panic!("another key") };
    assert_eq!((jti.as_str(), signed_at, expires_at), ("-BwC3ESc6acc2lTc", at(1_562_262_616), at(1_562_262_676)));

    let uris = ["https://resource.example.org/protectedresource".to_owned()];
    let at_resource = Expected { now: at(1_562_262_618), ..expected(&uris, &token) };
    assert_eq!(check(RESOURCE_PROOF, &at_resource).unwrap().jkt(), JKT);
}

#[test]
fn a_proof_is_worth_its_key_only_after_the_claim() {
    let key = key();
    let proof = run(&signed(&key, &claims()), |_| ()).unwrap();
    let other = run(&signed(&key, &with("jti", json!("another"))), |_| ()).unwrap();
    let claimed = proof.claim().outcome(true).unwrap();
    assert_eq!(other.settle(&claimed), Err(Refused::Replay));
    assert_eq!(proof.settle(&claimed), Ok(key.public().thumbprint()));
}

#[test]
fn every_algorithm_with_a_public_key_will_do() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::PS256, Algorithm::RS256, Algorithm::EdDSA] {
        let key = SigningKey::generate(algorithm, "k").unwrap();
        assert_eq!(run(&signed(&key, &claims()), |_| ()).unwrap().jkt(), key.public().thumbprint(), "{algorithm}");
    }
}

#[test]
fn attack_21_every_claim_is_checked() {
    let now = NOW.as_secs();
    let key = key();
    for (name, value, refused) in [
        ("htm", json!(null), Refused::Method),
        ("htm", json!("POST"), Refused::Method),
        ("htm", json!("get"), Refused::Method),
        ("htu", json!(null), Refused::Target),
        ("htu", json!("https://evil.example/orgs/acme/api/v1/oauth/userinfo"), Refused::Target),
        ("htu", json!("https://id.example/orgs/acme/api/v1/oauth/token"), Refused::Target),
        ("htu", json!([URI]), Refused::Target),
        ("iat", json!(null), Refused::Time),
        ("iat", json!("now"), Refused::Time),
        ("iat", json!(now - 61), Refused::Time),
        ("iat", json!(now - 3600), Refused::Time),
        ("iat", json!(now + 11), Refused::Time),
        ("iat", json!(now + 3600), Refused::Time),
        ("nbf", json!(now + 60), Refused::Time),
        ("exp", json!(now - 60), Refused::Time),
        ("exp", json!("never"), Refused::Time),
        ("jti", json!(null), Refused::Jti),
        ("jti", json!(""), Refused::Jti),
        ("jti", json!(7), Refused::Jti),
        ("jti", json!("j".repeat(257)), Refused::Jti),
        ("ath", json!(null), Refused::AccessToken),
        ("ath", json!(""), Refused::AccessToken),
        ("ath", json!(base64url(sha256(b"another token"))), Refused::AccessToken),
    ] {
        let outcome = run(&signed(&key, &with(name, value.clone())), |_| ()).map(drop);
        assert_eq!(outcome, Err(refused), "{name} {value}");
    }
}

#[test]
fn clocks_may_differ_and_other_claims_may_stand_beside() {
    let now = NOW.as_secs();
    let key = key();
    for (name, value) in [
        ("iat", json!(now - 10)),
        ("iat", json!(now - 60)),
        ("iat", json!(now + 8)),
        ("iat", json!(now + 10)),
        ("nbf", json!(now)),
        ("exp", json!(now + 60)),
        ("nonce", json!("a nonce nobody asked for")),
        ("sub", json!("whatever")),
        ("htu", json!(format!("{URI}?a=b#c"))),
    ] {
        assert!(run(&signed(&key, &with(name, value.clone())), |_| ()).is_ok(), "{name} {value}");
    }
    let older = signed(&key, &with("iat", json!(now - 200)));
    assert!(run(&older, |expected| expected.max_age = Duration::from_secs(200)).is_ok(), "as the organization has it");
    assert!(run(&signed(&key, &with("ath", json!(null))), |expected| expected.access_token = None).is_ok());
}

#[test]
fn attack_21_the_header_decides_nothing() {
    let (key, other) = (key(), key());
    let rsa = SigningKey::generate(Algorithm::RS256, "r").unwrap();
    let changed = |name: &str, value: Value| {
        let mut header = header(&key);
        header[name] = value;
        signed_with(&key, &header, &claims())
    };
    let mut private = json!(key.public().bare());
    private["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    let mut without_jwk = header(&key);
    without_jwk.as_object_mut().unwrap().remove("jwk");
    let mut without_typ = header(&key);
    without_typ.as_object_mut().unwrap().remove("typ");
    for (what, proof, refused) in [
        ("no typ", signed_with(&key, &without_typ, &claims()), Refused::Type),
        ("typ of an access token", changed("typ", json!("at+jwt")), Refused::Type),
        ("none", changed("alg", json!("none")), Refused::Algorithm),
        ("symmetric", changed("alg", json!("HS256")), Refused::Algorithm),
        ("unknown", changed("alg", json!("ES257")), Refused::Algorithm),
        ("not the key's", changed("alg", json!("ES384")), Refused::Key),
        ("no key", signed_with(&key, &without_jwk, &claims()), Refused::Key),
        ("a private key", changed("jwk", private), Refused::Key),
        ("a symmetric key", changed("jwk", json!({"kty": "oct", "k": "AAAA"})), Refused::Key),
        ("no key at all", changed("jwk", json!("k")), Refused::Key),
        ("another key", changed("jwk", json!(other.public().bare())), Refused::Signature),
        ("a key of another kind", changed("jwk", json!(rsa.public().bare())), Refused::Key),
        ("critical", changed("crit", json!(["x"])), Refused::Malformed),
        ("unencoded", changed("b64", json!(false)), Refused::Malformed),
    ] {
        assert_eq!(run(&proof, |_| ()).map(drop), Err(refused), "{what}");
    }
    let good = signed(&key, &claims());
    let (signed_part, signature) = good.rsplit_once('.').unwrap();
    let foreign = signed(&key, &with("jti", json!("x")));
    let foreign = foreign.rsplit_once('.').unwrap().1;
    for (what, proof, refused) in [
        ("no signature", format!("{signed_part}."), Refused::Signature),
        ("the signature of another", format!("{signed_part}.{foreign}"), Refused::Signature),
        ("two parts", signed_part.to_owned(), Refused::Malformed),
        ("four parts", format!("{good}.{signature}"), Refused::Malformed),
        (
            "a claim twice",
            {
                let twice = format!("{}.{}", base64url(header(&key).to_string()), base64url(r#"{"jti":"a","jti":"b"}"#));
                format!("{twice}.{}", base64url(key.sign(twice.as_bytes()).unwrap()))
            },
            Refused::Malformed,
        ),
        ("too long", signed(&key, &with("x", json!("x".repeat(9000)))), Refused::Malformed),
    ] {
        assert_eq!(run(&proof, |_| ()).map(drop), Err(refused), "{what}");
    }
}

#[test]
fn clients_under_the_rules_of_fapi_use_its_algorithms() {
    let strict = ClientMetadata { fapi_profile: FapiProfile::Fapi2Security, ..ClientMetadata::new("c") };
    for (algorithm, is_good) in [(Algorithm::RS256, false), (Algorithm::PS256, true), (Algorithm::ES256, true)] {
        let proof = signed(&SigningKey::generate(algorithm, "k").unwrap(), &claims());
        assert_eq!(run(&proof, |expected| expected.algorithms = algorithms(&strict)).is_ok(), is_good, "{algorithm}");
        assert!(run(&proof, |expected| expected.algorithms = algorithms(&ClientMetadata::new("c"))).is_ok());
    }
}

#[test]
fn attack_21_where_a_nonce_is_demanded_a_recent_one_must_be_in_the_proof() {
    let nonces = Nonces::new(jose::seal::derive(&MasterKey::from_bytes(&[7; 32]), "test"));
    let (key, uris, token) = (key(), [URI.to_owned()], Secret::new(TOKEN));
    let demanding = Expected { nonces: Some(&nonces), ..expected(&uris, &token) };
    let with_nonce = |nonce: Value| check(&signed(&key, &with("nonce", nonce)), &demanding).map(drop);
    assert_eq!(with_nonce(json!(nonces.current(NOW))), Ok(()));
    for nonce in [json!(null), json!(""), json!(7), json!("made up"), json!(nonces.current(NOW.minus(Duration::from_mins(15))))] {
        assert_eq!(with_nonce(nonce.clone()), Err(Refused::Nonce), "{nonce}");
    }
    let wrong = check(&signed(&key, &with("htm", json!("PUT"))), &demanding).map(drop);
    assert_eq!(wrong, Err(Refused::Method), "a wrong proof is not asked to try again");
}

#[test]
fn each_refusal_has_its_code_and_place() {
    assert_eq!(ProtocolError::from(Refused::Nonce).code, ErrorCode::UseDpopNonce);
    let error = ProtocolError::from(Refused::Replay);
    assert_eq!((error.code, error.description()), (ErrorCode::InvalidDpopProof, "The DPoP proof was used before."));
    assert_eq!(Fault::from(error).kind, FaultKind::Invalid);
    let at_resource = Refused::Target.at_resource();
    assert_eq!((at_resource.kind, at_resource.code), (FaultKind::Unauthenticated, "invalid_dpop_proof"));
}

#[test]
fn a_bound_code_names_the_thumbprint_of_a_key() {
    let parse = |jkt: &str| parse_jkt(&Params::collect([("dpop_jkt", jkt)]).unwrap());
    assert_eq!(parse(JKT).unwrap().as_deref(), Some(JKT));
    assert_eq!(parse_jkt(&Params::default()).unwrap(), None);
    for bad in ["x", &format!("{JKT}="), &format!("{JKT}AA"), "ü", &"A".repeat(42)] {
        assert_eq!(parse(bad).unwrap_err().code, ErrorCode::InvalidRequest, "{bad}");
    }
    let twice = Params::collect([("dpop_jkt", JKT), ("dpop_jkt", JKT)]).unwrap();
    assert!(parse_jkt(&twice).is_err());
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn any_text_is_refused_without_a_panic(text in ".{0,200}") {
        prop_assert!(run(&text, |_| ()).is_err());
    }

    #[test]
    fn any_target_is_compared_without_a_panic(htu in ".{0,80}") {
        let _ = target::is_same(&htu, URI);
    }
}
