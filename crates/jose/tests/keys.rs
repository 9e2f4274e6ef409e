//! Which public keys and key sets are let in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use jose::alg::Algorithm;
use jose::encoding::{base64url, decode_hex};
use jose::jwk::{Jwk, JwkError, KeyUse};
use jose::jwks::Jwks;
use jose::key::{RsaSize, SigningKey, VerifyingKey};
use serde_json::{Value, json};

fn rsa(bits: usize) -> Value {
    let mut n = vec![0xFF; bits.div_ceil(8)];
    n[0] >>= (8 - bits % 8) % 8;
    json!({"kty": "RSA", "n": base64url(n), "e": "AQAB"})
}
fn p256() -> Value {
    serde_json::to_value(SigningKey::generate(Algorithm::ES256, "k").unwrap().public().bare()).unwrap()
}
fn changed(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}
fn without(mut key: Value, name: &str) -> Value {
    key.as_object_mut().unwrap().remove(name);
    key
}

#[test]
fn a_key_reads_back_as_it_was_written() {
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::RS256, Algorithm::EdDSA] {
        let key = SigningKey::generate(algorithm, "k1").unwrap();
        let json = serde_json::to_vec(key.public()).unwrap();
        let read = Jwk::parse(&json).unwrap();
        assert_eq!(&read, key.public());
        assert_eq!((read.kid.as_deref(), read.alg.as_deref()), (Some("k1"), Some(algorithm.name())));
        assert_eq!(read.usage, Some(KeyUse::Signature));
        assert_eq!(read.bare().thumbprint(), read.thumbprint());
    }
    let json = changed(p256(), "key_ops", json!(["verify"]));
    assert_eq!(serde_json::to_value(Jwk::from_value(&json).unwrap()).unwrap(), json);
}

#[test]
fn rsa_keys_have_the_size_they_were_asked_for() {
    for (size, bytes) in [(RsaSize::Bits2048, 256), (RsaSize::Bits3072, 384)] {
        let key = SigningKey::generate_sized(Algorithm::PS256, size, "k").unwrap();
        assert_eq!(key.sign(b"").unwrap().len(), bytes);
    }
}

#[test]
fn weak_rsa_keys_are_refused() {
    for (key, error) in [
        (rsa(512), JwkError::Weak),
        (rsa(1024), JwkError::Weak),
        (rsa(2047), JwkError::Weak),
        (rsa(8193), JwkError::Weak),
        (rsa(16384), JwkError::Weak),
        (changed(rsa(2048), "n", json!(base64url([vec![0xFF; 255], vec![0xFE]].concat()))), JwkError::Weak),
        (changed(rsa(2048), "n", json!(base64url([vec![0], vec![0xFF; 256]].concat()))), JwkError::Malformed),
        (changed(rsa(2048), "n", json!("")), JwkError::Malformed),
        (changed(rsa(2048), "e", json!("AQ")), JwkError::Weak),
        (changed(rsa(2048), "e", json!("Ag")), JwkError::Weak),
        (changed(rsa(2048), "e", json!("AQAA")), JwkError::Weak),
        (changed(rsa(2048), "e", json!(base64url([0xFF; 5]))), JwkError::Weak),
        (changed(rsa(2048), "e", json!("AAEAAQ")), JwkError::Malformed),
        (changed(rsa(2048), "e", json!("")), JwkError::Malformed),
        (without(rsa(2048), "e"), JwkError::Malformed),
    ] {
        assert_eq!(Jwk::from_value(&key), Err(error), "{key}");
    }
    assert!(Jwk::from_value(&rsa(2048)).is_ok());
    assert!(Jwk::from_value(&rsa(8192)).is_ok());
}

#[test]
fn points_off_the_curve_are_refused() {
    let good = p256();
    let zero = json!(base64url([0; 32]));
    for (key, error) in [
        (changed(good.clone(), "x", zero.clone()), JwkError::BadPoint),
        (changed(changed(good.clone(), "x", zero.clone()), "y", zero), JwkError::BadPoint),
        (changed(good.clone(), "y", good["x"].clone()), JwkError::BadPoint),
        (changed(good.clone(), "x", json!(base64url([0xFF; 32]))), JwkError::BadPoint),
        (changed(good.clone(), "x", json!(base64url([1; 31]))), JwkError::Malformed),
        (changed(good.clone(), "x", json!(base64url([1; 33]))), JwkError::Malformed),
        (changed(good.clone(), "crv", json!("P-384")), JwkError::Malformed),
        (without(good.clone(), "y"), JwkError::Malformed),
        (without(good.clone(), "crv"), JwkError::Malformed),
        (changed(good.clone(), "x", json!(1)), JwkError::Malformed),
        (changed(good.clone(), "x", json!("AA==")), JwkError::Malformed),
    ] {
        assert_eq!(Jwk::from_value(&key), Err(error), "{key}");
    }
}

#[test]
fn ed25519_keys_anyone_could_sign_for_are_refused() {
    // The points of order 1, 2, 4 and 8, with both signs, and the unreduced spellings of small y.
    for y in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(decode_hex(y).unwrap())});
        assert_eq!(Jwk::from_value(&key), Err(JwkError::BadPoint), "{y}");
    }
    for length in [0, 31, 33] {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(vec![9; length])});
        assert_eq!(Jwk::from_value(&key), Err(JwkError::Malformed), "{length}");
    }
}

#[test]
fn secrets_and_strangers_are_no_public_keys() {
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert_eq!(Jwk::from_value(&changed(p256(), name, json!("AA"))), Err(JwkError::Private), "{name}");
        assert_eq!(Jwk::from_value(&changed(p256(), name, Value::Null)), Err(JwkError::Private), "{name}");
    }
    assert_eq!(Jwk::from_value(&json!({"kty": "oct", "k": "AA"})), Err(JwkError::Symmetric));
    for key in [
        json!({"kty": "OKP", "crv": "X25519", "x": base64url([9; 32])}),
        json!({"kty": "OKP", "crv": "Ed448", "x": base64url([9; 57])}),
        json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        json!({"kty": "rsa", "n": "AA", "e": "AQAB"}),
        changed(p256(), "use", json!("tls")),
    ] {
        assert_eq!(Jwk::from_value(&key), Err(JwkError::Unsupported), "{key}");
    }
    for key in
        [json!([]), json!({}), json!({"kty": 1}), changed(p256(), "kid", json!(1)), changed(p256(), "key_ops", json!("verify"))]
    {
        assert_eq!(Jwk::from_value(&key), Err(JwkError::Malformed), "{key}");
    }
    assert_eq!(Jwk::parse(br#"{"kty":"RSA","kty":"EC"}"#), Err(JwkError::Malformed));
}

#[test]
fn a_set_leaves_out_what_it_does_not_know_and_fails_on_what_is_wrong() {
    let unknown = json!({"kty": "OKP", "crv": "X25519", "x": base64url([9; 32]), "kid": "x"});
    let set = Jwks::from_value(&json!({"keys": [unknown, p256()], "more": 1})).unwrap();
    assert_eq!(set.keys().len(), 1);
    assert_eq!(set.to_json()["keys"].as_array().unwrap().len(), 1);
    for (set, error) in [
        (json!([]), JwkError::Malformed),
        (json!({}), JwkError::Malformed),
        (json!({"keys": {}}), JwkError::Malformed),
        (json!({"keys": [1]}), JwkError::Malformed),
        (json!({"keys": [rsa(1024)]}), JwkError::Weak),
        (json!({"keys": [p256(), changed(p256(), "d", json!("AA"))]}), JwkError::Private),
        (json!({"keys": [changed(p256(), "kid", json!("a")), changed(p256(), "kid", json!("a"))]}), JwkError::Malformed),
        (json!({"keys": vec![p256(); 65]}), JwkError::Malformed),
    ] {
        assert_eq!(Jwks::from_value(&set).unwrap_err(), error, "{set}");
    }
}

#[test]
fn one_name_may_stand_for_a_signing_and_an_encryption_key() {
    let signing = changed(changed(p256(), "kid", json!("a")), "use", json!("sig"));
    let encryption = changed(changed(p256(), "kid", json!("a")), "use", json!("enc"));
    let set = Jwks::from_value(&json!({"keys": [encryption, signing]})).unwrap();
    assert_eq!(set.find(Some("a"), Algorithm::ES256).count(), 1);
}

#[test]
fn a_published_set_needs_unique_names() {
    let key = |kid: &str| SigningKey::generate(Algorithm::ES256, kid).unwrap().public().clone();
    assert_eq!(Jwks::new(vec![key("a"), key("b")]).unwrap().keys().len(), 2);
    assert_eq!(Jwks::new(vec![key("a"), key("a")]).unwrap_err(), JwkError::Malformed);
    assert_eq!(Jwks::new(vec![key("a").bare()]).unwrap_err(), JwkError::Malformed);
    assert_eq!(Jwks::new(vec![]).unwrap().to_json(), json!({"keys": []}));
}

#[test]
fn an_rsa_key_without_alg_serves_every_rsa_algorithm_and_one_with_alg_only_that() {
    let key = SigningKey::generate(Algorithm::RS256, "r").unwrap();
    let mut open = key.public().clone();
    open.alg = None;
    let set = Jwks::new(vec![open]).unwrap();
    let served = |set: &Jwks| Algorithm::ASYMMETRIC.into_iter().filter(|&alg| set.find(Some("r"), alg).count() == 1).count();
    assert_eq!(served(&set), 6);
    assert_eq!(served(&Jwks::new(vec![key.public().clone()]).unwrap()), 1);
}

#[test]
fn keys_may_be_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<SigningKey>();
    shareable::<VerifyingKey>();
    shareable::<Jwks>();
    shareable::<jose::jwe::EncryptionKey>();
    shareable::<jose::jwe::DecryptionKey>();
    shareable::<jose::seal::MasterKeys>();
}
