//! The examples of RFC 7515, RFC 7517, RFC 7520, RFC 7638 and RFC 8037.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, PrivateKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::Ed25519KeyPair;
use jose::alg::Algorithm;
use jose::encoding::decode_base64url;
use jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use jose::jwk::{Jwk, JwkError};
use jose::jwks::Jwks;
use jose::jws::{self, JwsError, Policy};
use jose::key::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

#[test]
fn published_signatures_verify_and_break_when_a_bit_is_changed() {
    for vector in vectors("signatures") {
        let (source, algorithm) = (text(&vector, "source"), Algorithm::parse(&text(&vector, "alg")).unwrap());
        let key = if algorithm.is_symmetric() {
            VerifyingKey::shared(algorithm, &bytes(&vector["key"], "k")).unwrap()
        } else {
            VerifyingKey::new(&Jwk::from_value(&vector["key"]).unwrap(), algorithm).unwrap()
        };
        let token = text(&vector, "token");
        let (header, payload) = jws::verify_payload(&token, &key, &Policy::any_typ()).expect(&source);
        assert_eq!(header.algorithm, algorithm, "{source}");
        assert_eq!(String::from_utf8(payload).unwrap(), text(&vector, "payload"), "{source}");

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut signature = decode_base64url(signature).unwrap();
        signature[3] ^= 4;
        let forged = format!("{signed}.{}", jose::encoding::base64url(signature));
        assert_eq!(jws::verify_payload(&forged, &key, &Policy::any_typ()), Err(JwsError::Signature), "{source}");
    }
}

#[test]
fn deterministic_algorithms_produce_the_published_tokens() {
    let mut compared = 0;
    for vector in vectors("signatures").into_iter().filter(|vector| vector.get("private").is_some()) {
        let algorithm = Algorithm::parse(&text(&vector, "alg")).unwrap();
        let der = if algorithm == Algorithm::EdDSA {
            let pair = Ed25519KeyPair::from_seed_and_public_key(&bytes(&vector["private"], "d"), &bytes(&vector["key"], "x"));
            pair.unwrap().to_pkcs8v1().unwrap().as_ref().to_vec()
        } else {
            rsa_pkcs8(&vector["key"], &vector["private"])
        };
        let key = SigningKey::from_pkcs8(algorithm, "k", &der).unwrap();
        let mut header = serde_json::Map::new();
        if let Some(kid) = vector["key"].get("kid") {
            header.insert("kid".to_owned(), kid.clone());
        }
        let token = jws::sign_with_header(&key, &header, text(&vector, "payload").as_bytes()).unwrap();
        assert_eq!(token, text(&vector, "token"), "{}", vector["source"]);
        compared += 1;
    }
    assert_eq!(compared, 2);
}

#[test]
fn published_encryptions_decrypt() {
    for vector in vectors("encryptions") {
        let (source, key) = (text(&vector, "source"), &vector["key"]);
        let algorithm = KeyManagement::parse(&text(&vector, "alg")).unwrap();
        let encryption = ContentEncryption::parse(&text(&vector, "enc")).unwrap();
        let key = match text(key, "kty").as_str() {
            "oct" => DecryptionKey::direct(&bytes(key, "k")),
            "RSA" => DecryptionKey::from_pkcs8(algorithm, "k", &rsa_pkcs8(key, key)).unwrap(),
            _ => DecryptionKey::from_pkcs8(algorithm, "k", &ec_pkcs8(key)).unwrap(),
        };
        let decrypted = jwe::decrypt(&text(&vector, "token"), &key, &[encryption]).expect(&source);
        assert_eq!(std::str::from_utf8(&decrypted.plaintext).unwrap(), text(&vector, "plaintext"), "{source}");
        assert_eq!(decrypted.header.kid.as_deref(), vector["key"]["kid"].as_str(), "{source}");
    }
}

#[test]
fn thumbprints_match_rfc_7638_and_rfc_8037() {
    let rsa = rfc_7517_keys()["keys"][1].clone();
    assert_eq!(Jwk::from_value(&rsa).unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(Jwk::from_value(&okp).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_public_key_set_of_rfc_7517_appendix_a_is_read_and_written_back() {
    let json = rfc_7517_keys();
    let set = Jwks::from_value(&json).unwrap();
    assert_eq!(set.to_json(), json);
    assert_eq!(set.find(Some("2011-04-29"), Algorithm::RS256).count(), 1);
    // The first key is for encryption.
    assert_eq!(set.find(Some("1"), Algorithm::ES256).count(), 0);
}

#[test]
fn the_private_and_symmetric_keys_of_rfc_7517_and_rfc_8037_are_refused() {
    let ec = json!({"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
        "use": "enc", "kid": "1"});
    let oct = json!({"kty": "oct", "alg": "A128KW", "k": "GawgguFyGrWKav7AX4VKUg"});
    let okp = json!({"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    for (key, error) in [(ec, JwkError::Private), (oct, JwkError::Symmetric), (okp, JwkError::Private)] {
        assert_eq!(Jwk::from_value(&key), Err(error));
        assert_eq!(Jwks::from_value(&json!({ "keys": [key] })).unwrap_err(), error);
    }
}

fn rfc_7517_keys() -> Value {
    json!({"keys": [
        {"kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
         "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "use": "enc", "kid": "1"},
        {"kty": "RSA", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
         "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    ]})
}

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    all[kind].as_array().unwrap().clone()
}
fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap().to_owned()
}
fn bytes(json: &Value, name: &str) -> Vec<u8> {
    decode_base64url(json[name].as_str().unwrap()).unwrap()
}

fn rsa_pkcs8(public: &Value, private: &Value) -> Vec<u8> {
    let pair = KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: bytes(public, "n"), e: bytes(public, "e") },
        d: bytes(private, "d"),
        p: bytes(private, "p"),
        q: bytes(private, "q"),
        dP: bytes(private, "dp"),
        dQ: bytes(private, "dq"),
        qInv: bytes(private, "qi"),
    });
    AsDer::<Pkcs8V1Der>::as_der(&pair.unwrap()).unwrap().as_ref().to_vec()
}

fn ec_pkcs8(key: &Value) -> Vec<u8> {
    let curve = if text(key, "crv") == "P-384" { &ECDH_P384 } else { &ECDH_P256 };
    let key = PrivateKey::from_private_key(curve, &bytes(key, "d")).unwrap();
    AsDer::<Pkcs8V1Der>::as_der(&key).unwrap().as_ref().to_vec()
}
