//! Signing and verifying with every algorithm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use jose::alg::Algorithm;
use jose::jws::{self, Header, JwsError, Policy};
use jose::key::{KeyError, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

const ANY: Policy = Policy::any_typ();

#[test]
fn every_algorithm_signs_what_its_public_key_verifies() {
    for algorithm in Algorithm::ASYMMETRIC {
        let key = SigningKey::generate(algorithm, "k1").unwrap();
        let token = jws::sign(&key, "at+jwt", &json!({"sub": "alice"})).unwrap();
        let public = VerifyingKey::new(key.public(), algorithm).unwrap();
        let verified = jws::verify(&token, &public, &Policy::typ(&["at+jwt"])).unwrap();
        assert_eq!(verified.claims["sub"], "alice");
        assert_eq!(verified.header.algorithm, algorithm);
        assert_eq!(verified.header.kid.as_deref(), Some("k1"));
    }
}

#[test]
fn a_key_survives_pkcs8_and_keeps_its_public_half() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::PS256, Algorithm::EdDSA] {
        let key = SigningKey::generate(algorithm, "k1").unwrap();
        let der = key.to_pkcs8().unwrap();
        let restored = SigningKey::from_pkcs8(algorithm, "k1", &der).unwrap();
        assert_eq!(restored.public(), key.public());
        let signature = restored.sign(b"message").unwrap();
        assert!(VerifyingKey::new(key.public(), algorithm).unwrap().verify(b"message", &signature));
    }
}

#[test]
fn a_private_key_of_another_kind_is_rejected() {
    let p256 = SigningKey::generate(Algorithm::ES256, "k").unwrap().to_pkcs8().unwrap();
    for algorithm in [Algorithm::ES384, Algorithm::RS256, Algorithm::PS512, Algorithm::EdDSA] {
        assert_eq!(SigningKey::from_pkcs8(algorithm, "k", &p256).unwrap_err(), KeyError::Rejected, "{algorithm}");
    }
    assert_eq!(SigningKey::from_pkcs8(Algorithm::ES256, "k", b"").unwrap_err(), KeyError::Rejected);
    assert_eq!(SigningKey::generate(Algorithm::HS256, "k").unwrap_err(), KeyError::Algorithm);
}

#[test]
fn debug_shows_neither_private_nor_shared_keys() {
    let key = SigningKey::generate(Algorithm::EdDSA, "k1").unwrap();
    assert_eq!(format!("{key:?}"), r#"SigningKey { kid: "k1", algorithm: EdDSA, .. }"#);
    let shared = VerifyingKey::shared(Algorithm::HS256, &[b'a'; 32]).unwrap();
    assert_eq!(format!("{shared:?}"), "VerifyingKey { kid: None, algorithm: HS256, .. }");
}

#[test]
fn the_header_is_alg_kid_typ_with_the_kid_escaped() {
    let key = SigningKey::generate(Algorithm::ES256, "a\"b").unwrap();
    let token = jws::sign(&key, "JWT", &json!({})).unwrap();
    let header = jose::encoding::decode_base64url(token.split('.').next().unwrap()).unwrap();
    assert_eq!(header, br#"{"alg":"ES256","kid":"a\"b","typ":"JWT"}"#);
    assert_eq!(Header::parse(&token).unwrap().kid.as_deref(), Some("a\"b"));
}

#[test]
fn a_header_of_choice_keeps_the_keys_algorithm_and_may_carry_its_jwk() {
    let key = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
    let members: Map<String, Value> =
        serde_json::from_value(json!({"typ": "dpop+jwt", "alg": "none", "jwk": key.public().bare()})).unwrap();
    let token = jws::sign_with_header(&key, &members, br#"{"htm":"POST"}"#).unwrap();
    let header = Header::parse(&token).unwrap();
    assert_eq!((header.algorithm, header.kid.as_ref()), (Algorithm::ES256, None));
    let embedded = header.jwk().unwrap();
    assert_eq!(embedded.thumbprint(), key.public().thumbprint());
    let proof = VerifyingKey::new(&embedded, header.algorithm).unwrap();
    assert_eq!(jws::verify(&token, &proof, &Policy::typ(&["dpop+jwt"])).unwrap().claims["htm"], "POST");
    assert_eq!(jws::verify(&token, &proof, &Policy::typ(&["JWT"])), Err(JwsError::Typ));
    assert!(jws::verify(&token, &proof, &ANY).is_ok());
}
