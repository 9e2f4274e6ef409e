//! Encrypted tokens: every combination, and those that must not open.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use jose::alg::Algorithm;
use jose::encoding::{base64url, decode_base64url};
use jose::jwe::{self, ContentEncryption, DecryptionKey, EncryptionKey, Header, JweError, KeyManagement};
use jose::jws::{self, Policy};
use jose::key::{SigningKey, VerifyingKey};
use jose::random::SystemRng;
use serde_json::{Map, Value, json};

const ALL: [ContentEncryption; 4] = ContentEncryption::ALL;

fn encrypt(key: &EncryptionKey, encryption: ContentEncryption, plaintext: &[u8]) -> String {
    jwe::encrypt(key, encryption, &Map::new(), plaintext, &SystemRng).unwrap()
}
fn recipient(key: &DecryptionKey) -> EncryptionKey {
    EncryptionKey::new(key.public().unwrap(), key.algorithm()).unwrap()
}
fn outcome(token: &str, key: &DecryptionKey) -> Result<(), JweError> {
    jwe::decrypt(token, key, &ALL).map(|_| ())
}
fn parts(token: &str) -> [String; 5] {
    token.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}
/// The token under another header, which its tag doesn't cover any more.
fn with_header(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut parts = parts(token);
    let mut header: Value = serde_json::from_slice(&decode_base64url(&parts[0]).unwrap()).unwrap();
    change(&mut header);
    parts[0] = base64url(header.to_string());
    parts.join(".")
}

#[test]
fn every_combination_decrypts_what_it_encrypted() {
    for algorithm in KeyManagement::ASYMMETRIC {
        let key = DecryptionKey::generate(algorithm, "e1").unwrap();
        let restored = DecryptionKey::from_pkcs8(algorithm, "e1", &key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(restored.public(), key.public());
        for encryption in ALL {
            let token = encrypt(&recipient(&key), encryption, b"plaintext");
            let decrypted = jwe::decrypt(&token, &restored, &[encryption]).unwrap();
            assert_eq!(decrypted.plaintext.as_slice(), b"plaintext");
            let header = decrypted.header;
            assert_eq!((header.algorithm, header.encryption, header.kid.as_deref()), (algorithm, encryption, Some("e1")));
        }
    }
}

#[test]
fn a_shared_key_encrypts_directly_if_it_has_the_right_length() {
    for encryption in ALL {
        let secret = vec![7; encryption.key_len()];
        let token = encrypt(&EncryptionKey::direct(&secret), encryption, b"");
        assert_eq!(outcome(&token, &DecryptionKey::direct(&secret)), Ok(()));
        assert_eq!(outcome(&token, &DecryptionKey::direct(&vec![8; encryption.key_len()])), Err(JweError::Decryption));
        assert_eq!(outcome(&token, &DecryptionKey::direct(&secret[1..])), Err(JweError::Decryption));
        let short = EncryptionKey::direct(&secret[1..]);
        assert_eq!(jwe::encrypt(&short, encryption, &Map::new(), b"", &SystemRng), Err(JweError::Key));
    }
}

#[test]
fn a_nested_token_is_signed_then_encrypted() {
    let signer = SigningKey::generate(Algorithm::ES256, "s1").unwrap();
    let key = DecryptionKey::generate(KeyManagement::EcdhEs, "e1").unwrap();
    let inner = jws::sign(&signer, "JWT", &json!({"sub": "alice"})).unwrap();
    let members: Map<String, Value> =
        serde_json::from_value(json!({"cty": "JWT", "alg": "none", "enc": "x", "kid": "x"})).unwrap();
    let token = jwe::encrypt(&recipient(&key), ContentEncryption::A256Gcm, &members, inner.as_bytes(), &SystemRng).unwrap();
    let decrypted = jwe::decrypt(&token, &key, &ALL).unwrap();
    assert_eq!((decrypted.header.cty.as_deref(), decrypted.header.kid.as_deref()), (Some("JWT"), Some("e1")));
    let inner = std::str::from_utf8(&decrypted.plaintext).unwrap();
    let verifier = VerifyingKey::new(signer.public(), Algorithm::ES256).unwrap();
    assert_eq!(jws::verify(inner, &verifier, &Policy::typ(&["JWT"])).unwrap().claims["sub"], "alice");
}

#[test]
fn a_changed_character_anywhere_breaks_the_token() {
    for algorithm in [KeyManagement::RsaOaep256, KeyManagement::EcdhEs, KeyManagement::EcdhEsA256Kw] {
        let key = DecryptionKey::generate(algorithm, "e1").unwrap();
        let good = encrypt(&recipient(&key), ContentEncryption::A128CbcHs256, b"plaintext");
        for index in 0..good.len() {
            let replacement = if good.as_bytes()[index] == b'A' { "B" } else { "A" };
            let mut token = good.clone();
            token.replace_range(index..=index, replacement);
            assert!(outcome(&token, &key).is_err(), "{algorithm:?} at {index}");
        }
    }
}

#[test]
fn a_bad_rsa_envelope_and_bad_content_look_the_same() {
    let key = DecryptionKey::generate(KeyManagement::RsaOaep256, "e1").unwrap();
    let good = parts(&encrypt(&recipient(&key), ContentEncryption::A256Gcm, b"plaintext"));
    let other = parts(&encrypt(&recipient(&key), ContentEncryption::A128Gcm, b"plaintext"));
    for (index, bad) in [
        (1, base64url([0; 256])),
        (1, base64url([1; 255])),
        (1, String::new()),
        // A key of the wrong length for `enc`, well wrapped.
        (1, other[1].clone()),
        (2, base64url([0; 12])),
        (2, base64url([0; 16])),
        (3, base64url([0; 9])),
        (3, String::new()),
        (4, base64url([0; 16])),
        (4, String::new()),
    ] {
        let mut token = good.clone();
        token[index] = bad;
        assert_eq!(outcome(&token.join("."), &key), Err(JweError::Decryption), "part {index}");
    }
}

#[test]
fn the_header_never_chooses_the_algorithm() {
    let key = DecryptionKey::generate(KeyManagement::RsaOaep256, "e1").unwrap();
    let token = encrypt(&recipient(&key), ContentEncryption::A256Gcm, b"plaintext");
    for alg in ["RSA-OAEP", "RSA1_5", "ECDH-ES", "dir", "A128KW", "PBES2-HS256+A128KW", "none", "", "RS256"] {
        let token = with_header(&token, |header| header["alg"] = json!(alg));
        assert_eq!(outcome(&token, &key), Err(JweError::Algorithm), "{alg}");
    }
    for enc in ["A192GCM", "A128CBC+HS256", "a256gcm", "none", ""] {
        let token = with_header(&token, |header| header["enc"] = json!(enc));
        assert_eq!(outcome(&token, &key), Err(JweError::Algorithm), "{enc}");
    }
    let denied = jwe::decrypt(&token, &key, &[ContentEncryption::A128Gcm]).map(|_| ());
    assert_eq!(denied, Err(JweError::Algorithm));
}

#[test]
fn compression_and_unknown_extensions_are_refused() {
    let key = DecryptionKey::direct(&[7; 32]);
    let token = encrypt(&EncryptionKey::direct(&[7; 32]), ContentEncryption::A256Gcm, b"plaintext");
    for (name, value) in [("zip", json!("DEF")), ("crit", json!(["exp"])), ("crit", json!([]))] {
        let token = with_header(&token, |header| header[name] = value);
        assert_eq!(outcome(&token, &key), Err(JweError::Critical), "{name}");
    }
}

#[test]
fn what_is_not_five_base64url_parts_with_a_header_is_refused() {
    let key = DecryptionKey::direct(&[7; 32]);
    let good = encrypt(&EncryptionKey::direct(&[7; 32]), ContentEncryption::A256Gcm, b"plaintext");
    let header = |json: &str| good.replacen(good.split('.').next().unwrap(), &base64url(json), 1);
    for token in [
        String::new(),
        "....".to_owned(),
        format!("{good}."),
        format!("{good}="),
        good.rsplit_once('.').unwrap().0.to_owned(),
        header("[]"),
        header(r#"{"alg":"dir"}"#),
        header(r#"{"enc":"A256GCM"}"#),
        header(r#"{"alg":"dir","alg":"dir","enc":"A256GCM"}"#),
        header(r#"{"alg":"dir","enc":1}"#),
        header(r#"{"alg":"dir","enc":"A256GCM","kid":1}"#),
        // dir has no encrypted key.
        good.replacen("..", ".AAAA.", 1),
        "a".repeat(64 * 1024 + 1),
    ] {
        assert_eq!(outcome(&token, &key), Err(JweError::Malformed), "{token}");
    }
    assert!(matches!(Header::parse(&good), Ok(header) if header.algorithm == KeyManagement::Direct));
}

#[test]
fn an_ephemeral_key_must_be_a_point_on_the_recipients_curve() {
    let foreign = |algorithm| serde_json::to_value(SigningKey::generate(algorithm, "x").unwrap().public().bare()).unwrap();
    let (p384, ed25519, rsa) = (foreign(Algorithm::ES384), foreign(Algorithm::EdDSA), foreign(Algorithm::RS256));
    for algorithm in [KeyManagement::EcdhEs, KeyManagement::EcdhEsA128Kw] {
        let key = DecryptionKey::generate(algorithm, "e1").unwrap();
        let token = encrypt(&recipient(&key), ContentEncryption::A128Gcm, b"plaintext");
        let with_epk = |epk: Value| with_header(&token, |header| header["epk"] = epk);
        // A point of a weaker curve leaks the private key bit by bit where this isn't checked (RFC 8725 §3.4).
        let off_curve = json!({"kty": "EC", "crv": "P-256", "x": base64url([1; 32]), "y": base64url([1; 32])});
        assert_eq!(outcome(&with_epk(off_curve), &key), Err(JweError::Malformed));
        assert_eq!(outcome(&with_epk(p384.clone()), &key), Err(JweError::Decryption));
        assert_eq!(outcome(&with_epk(ed25519.clone()), &key), Err(JweError::Decryption));
        assert_eq!(outcome(&with_epk(rsa.clone()), &key), Err(JweError::Decryption));
        assert_eq!(outcome(&with_epk(json!({"kty": "oct", "k": "AA"})), &key), Err(JweError::Malformed));
        assert_eq!(outcome(&with_epk(Value::Null), &key), Err(JweError::Malformed));
        let without = with_header(&token, |header| drop(header.as_object_mut().unwrap().remove("epk")));
        assert_eq!(outcome(&without, &key), Err(JweError::Malformed));
        for name in ["apu", "apv"] {
            assert_eq!(outcome(&with_header(&token, |header| header[name] = json!("QQ")), &key), Err(JweError::Decryption));
            assert_eq!(outcome(&with_header(&token, |header| header[name] = json!("=")), &key), Err(JweError::Malformed));
        }
    }
}

#[test]
fn a_header_never_says_what_is_untrue_of_its_token() {
    let key = DecryptionKey::generate(KeyManagement::EcdhEs, "e1").unwrap();
    for name in ["apu", "apv", "zip", "crit"] {
        let members = Map::from_iter([(name.to_owned(), json!("QQ"))]);
        let refused = jwe::encrypt(&recipient(&key), ContentEncryption::A128Gcm, &members, b"plaintext", &SystemRng);
        assert_eq!(refused, Err(JweError::Member), "{name}");
    }
}

#[test]
fn an_agreed_key_leaves_no_room_for_an_encrypted_one() {
    let key = DecryptionKey::generate(KeyManagement::EcdhEs, "e1").unwrap();
    let token = encrypt(&recipient(&key), ContentEncryption::A128Gcm, b"plaintext");
    assert_eq!(outcome(&token, &key), Ok(()));
    assert_eq!(outcome(&token.replacen("..", ".AAAA.", 1), &key), Err(JweError::Malformed));
}

#[test]
fn a_key_encrypts_only_as_its_owner_lets_it() {
    let ec = DecryptionKey::generate(KeyManagement::EcdhEs, "e1").unwrap();
    let signing = SigningKey::generate(Algorithm::ES256, "s1").unwrap();
    let okp = SigningKey::generate(Algorithm::EdDSA, "s1").unwrap();
    let ec = ec.public().unwrap();
    let mut without_alg = ec.clone();
    without_alg.alg = None;
    for (jwk, algorithm) in [
        (ec, KeyManagement::EcdhEsA128Kw),
        (&without_alg, KeyManagement::RsaOaep),
        (&without_alg, KeyManagement::Direct),
        (signing.public(), KeyManagement::EcdhEs),
        (&okp.public().bare(), KeyManagement::EcdhEs),
    ] {
        assert_eq!(EncryptionKey::new(jwk, algorithm).map(|_| ()).unwrap_err(), JweError::Key, "{algorithm:?}");
    }
    assert!(EncryptionKey::new(&without_alg, KeyManagement::EcdhEsA256Kw).is_ok());
    assert_eq!(DecryptionKey::generate(KeyManagement::Direct, "x").map(|_| ()).unwrap_err(), JweError::Key);
    assert_eq!(DecryptionKey::from_pkcs8(KeyManagement::RsaOaep, "x", b"").map(|_| ()).unwrap_err(), JweError::Key);
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?} {:?}", EncryptionKey::direct(&[65; 32]), DecryptionKey::direct(&[65; 32]));
    assert!(!shown.contains("65") && !shown.contains("AAA"), "{shown}");
}
