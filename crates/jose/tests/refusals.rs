//! Tokens that must not get through (RFC 8725, RFC 7515 §10).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PSS_SHA256, RsaPssSaltLength, RsaSignatureEncoding};
use jose::alg::Algorithm;
use jose::digest::hmac_sha256;
use jose::encoding::{base64, base64url, decode_base64url};
use jose::jwk::{Jwk, JwkError};
use jose::jwks::Jwks;
use jose::jws::{self, Header, JwsError, Policy};
use jose::key::{KeyError, SigningKey, VerifyingKey};
use serde_json::{Value, json};

const ANY: Policy = Policy::any_typ();

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, "k1").unwrap()
}
fn verifier(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public(), key.algorithm()).unwrap()
}
/// A token whose header and payload are exactly these texts, signed by `key`.
fn raw(key: &SigningKey, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", base64url(header), base64url(payload));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url(signature))
}
fn with_signature(token: &str, signature: &[u8]) -> String {
    format!("{}.{}", token.rsplit_once('.').unwrap().0, base64url(signature))
}
fn outcome(token: &str, key: &VerifyingKey) -> Result<(), JwsError> {
    jws::verify(token, key, &ANY).map(|_| ())
}

#[test]
fn the_header_never_chooses_the_algorithm() {
    let rsa = key(Algorithm::PS256);
    let ec = key(Algorithm::ES256);
    for (signer, names) in [
        (&rsa, ["RS256", "PS384", "RS512", "ES256", "EdDSA", "HS256", "none", "None", "nOnE", "", "RS1", "ES512"]),
        (&ec, ["ES384", "RS256", "PS256", "EdDSA", "HS256", "HS512", "none", "NONE", "ES256K", "es256", "ES256 ", "dir"]),
    ] {
        for name in names {
            let token = raw(signer, &json!({"alg": name, "kid": "k1"}).to_string(), "{}");
            assert_eq!(outcome(&token, &verifier(signer)), Err(JwsError::Algorithm), "{name}");
        }
    }
}

#[test]
fn a_signature_of_the_same_rsa_key_under_another_padding_is_refused() {
    let pss = key(Algorithm::PS256);
    let der = pss.to_pkcs8().unwrap();
    let pkcs1 = SigningKey::from_pkcs8(Algorithm::RS256, "k1", &der).unwrap();
    let token = raw(&pkcs1, r#"{"alg":"PS256"}"#, "{}");
    assert_eq!(outcome(&token, &verifier(&pss)), Err(JwsError::Signature));
    let token = raw(&pss, r#"{"alg":"RS256"}"#, "{}");
    assert_eq!(outcome(&token, &verifier(&pkcs1)), Err(JwsError::Signature));
}

#[test]
fn a_pss_salt_of_another_length_than_the_hash_is_refused() {
    const UNSALTED: RsaSignatureEncoding = RSA_PSS_SHA256.with_pss_salt_length(RsaPssSaltLength::Custom(0));
    let pss = key(Algorithm::PS256);
    let pair = KeyPair::from_pkcs8(&pss.to_pkcs8().unwrap()).unwrap();
    let token = raw(&pss, r#"{"alg":"PS256"}"#, "{}");
    assert_eq!(outcome(&token, &verifier(&pss)), Ok(()));
    let mut signature = vec![0; pair.public_modulus_len()];
    let input = token.rsplit_once('.').unwrap().0;
    pair.sign(&UNSALTED, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    assert_eq!(outcome(&with_signature(&token, &signature), &verifier(&pss)), Err(JwsError::Signature));
}

#[test]
fn an_unsigned_token_is_refused_in_every_spelling() {
    let key = verifier(&key(Algorithm::ES256));
    for alg in ["none", "None", "NONE", "nonE"] {
        let token = format!("{}.{}.", base64url(format!(r#"{{"alg":"{alg}"}}"#)), base64url("{}"));
        assert_eq!(outcome(&token, &key), Err(JwsError::Algorithm));
        assert_eq!(Header::parse(&token), Err(JwsError::Algorithm));
    }
    let stripped = format!("{}.{}.", base64url(r#"{"alg":"ES256"}"#), base64url("{}"));
    assert_eq!(outcome(&stripped, &key), Err(JwsError::Signature));
}

#[test]
fn a_public_key_is_never_an_hmac_secret() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let signer = key(algorithm);
        let public = serde_json::to_string(signer.public()).unwrap();
        let input = format!("{}.{}", base64url(r#"{"alg":"HS256","kid":"k1"}"#), base64url("{}"));
        let token = format!("{input}.{}", base64url(hmac_sha256(public.as_bytes(), input.as_bytes())));
        assert_eq!(outcome(&token, &verifier(&signer)), Err(JwsError::Algorithm));
        let set = Jwks::new(vec![signer.public().clone()]).unwrap();
        let everything: Vec<Algorithm> = Algorithm::ASYMMETRIC.into_iter().chain(Algorithm::SYMMETRIC).collect();
        assert_eq!(jws::verify_with_set(&token, &set, &everything, &ANY), Err(JwsError::UnknownKey));
        assert_eq!(VerifyingKey::new(signer.public(), Algorithm::HS256).unwrap_err(), KeyError::Algorithm);
    }
}

#[test]
fn a_shared_secret_must_be_as_long_as_the_hash_and_verifies_only_its_algorithm() {
    for (algorithm, length) in [(Algorithm::HS256, 32), (Algorithm::HS384, 48), (Algorithm::HS512, 64)] {
        assert_eq!(VerifyingKey::shared(algorithm, &vec![1; length - 1]).unwrap_err(), KeyError::ShortSecret);
        assert!(VerifyingKey::shared(algorithm, &vec![1; length]).is_ok());
    }
    assert_eq!(VerifyingKey::shared(Algorithm::ES256, &[1; 64]).unwrap_err(), KeyError::Algorithm);
    let input = format!("{}.{}", base64url(r#"{"alg":"HS256"}"#), base64url("{}"));
    let token = format!("{input}.{}", base64url(hmac_sha256(&[1; 64], input.as_bytes())));
    assert_eq!(outcome(&token, &VerifyingKey::shared(Algorithm::HS256, &[1; 64]).unwrap()), Ok(()));
    assert_eq!(outcome(&token, &VerifyingKey::shared(Algorithm::HS512, &[1; 64]).unwrap()), Err(JwsError::Algorithm));
    let short = decode_base64url(token.rsplit_once('.').unwrap().1).unwrap();
    let truncated = with_signature(&token, &short[..16]);
    assert_eq!(outcome(&truncated, &VerifyingKey::shared(Algorithm::HS256, &[1; 64]).unwrap()), Err(JwsError::Signature));
}

#[test]
fn extensions_nobody_understands_are_refused() {
    let signer = key(Algorithm::ES256);
    for header in [
        r#"{"alg":"ES256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"ES256","crit":[]}"#,
        r#"{"alg":"ES256","crit":"exp"}"#,
        r#"{"alg":"ES256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"ES256","b64":false}"#,
        r#"{"alg":"ES256","b64":true}"#,
        r#"{"alg":"ES256","crit":null}"#,
    ] {
        assert_eq!(outcome(&raw(&signer, header, "{}"), &verifier(&signer)), Err(JwsError::Critical), "{header}");
    }
}

#[test]
fn keys_a_token_brings_along_are_ignored() {
    let attacker = key(Algorithm::ES256);
    let ours = key(Algorithm::ES256);
    let set = Jwks::new(vec![ours.public().clone()]).unwrap();
    for name in ["jwk", "jku", "x5u", "x5c"] {
        let header = json!({"alg": "ES256", "kid": "k1", name: attacker.public()}).to_string();
        let token = raw(&attacker, &header, "{}");
        assert_eq!(outcome(&token, &verifier(&ours)), Err(JwsError::Signature), "{name}");
        assert_eq!(jws::verify_with_set(&token, &set, &[Algorithm::ES256], &ANY), Err(JwsError::Signature), "{name}");
    }
}

#[test]
fn an_embedded_key_must_be_public_and_asymmetric() {
    let signer = key(Algorithm::ES256);
    let mut private = serde_json::to_value(signer.public()).unwrap();
    private["d"] = json!("AAAA");
    for (jwk, error) in [
        (private, JwkError::Private),
        (json!({"kty": "oct", "k": "AAAA"}), JwkError::Symmetric),
        (json!("key"), JwkError::Malformed),
        (Value::Null, JwkError::Malformed),
    ] {
        let token = raw(&signer, &json!({"alg": "ES256", "jwk": jwk}).to_string(), "{}");
        assert_eq!(Header::parse(&token).unwrap().jwk(), Err(error), "{jwk}");
    }
    let without = raw(&signer, r#"{"alg":"ES256"}"#, "{}");
    assert_eq!(Header::parse(&without).unwrap().jwk(), Err(JwkError::Malformed));
}

#[test]
fn a_member_that_appears_twice_is_refused_in_header_and_claims() {
    let signer = key(Algorithm::ES256);
    for (header, payload) in [
        (r#"{"alg":"ES256","alg":"ES256"}"#, "{}"),
        (r#"{"alg":"ES256","kid":"a","kid":"b"}"#, "{}"),
        (r#"{"alg":"ES256"}"#, r#"{"sub":"alice","sub":"mallory"}"#),
        (r#"{"alg":"ES256"}"#, r#"{"act":{"sub":"a","sub":"b"}}"#),
    ] {
        assert_eq!(outcome(&raw(&signer, header, payload), &verifier(&signer)), Err(JwsError::Malformed), "{header} {payload}");
    }
}

#[test]
fn what_is_not_three_base64url_parts_of_json_is_refused() {
    let signer = key(Algorithm::ES256);
    let good = raw(&signer, r#"{"alg":"ES256"}"#, "{}");
    let (input, signature) = good.rsplit_once('.').unwrap();
    let flattened = json!({"protected": "e30", "payload": "e30", "signature": "e30"}).to_string();
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        input.to_owned(),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(".{good}"),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{input}.{}", base64(decode_base64url(signature).unwrap())),
        good.replacen('.', "..", 1),
        flattened,
        // A JWE has five parts.
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA".to_owned(),
        raw(&signer, "null", "{}"),
        raw(&signer, r#"["ES256"]"#, "{}"),
        raw(&signer, r#"{"alg":"ES256""#, "{}"),
        raw(&signer, r#"{"alg":"ES256"} x"#, "{}"),
        raw(&signer, r#"{"typ":"JWT"}"#, "{}"),
        raw(&signer, r#"{"alg":256}"#, "{}"),
        raw(&signer, r#"{"alg":["ES256"]}"#, "{}"),
        raw(&signer, r#"{"alg":"ES256","kid":1}"#, "{}"),
        raw(&signer, r#"{"alg":"ES256","typ":{}}"#, "{}"),
        raw(&signer, r#"{"alg":"ES256"}"#, "[]"),
        raw(&signer, r#"{"alg":"ES256"}"#, r#""sub""#),
        raw(&signer, r#"{"alg":"ES256"}"#, ""),
    ] {
        assert_eq!(outcome(&token, &verifier(&signer)), Err(JwsError::Malformed), "{token}");
    }
    assert_eq!(outcome(&good, &verifier(&signer)), Ok(()));
}

#[test]
fn trailing_bits_give_a_token_no_second_spelling() {
    let signer = key(Algorithm::ES256);
    let good = raw(&signer, r#"{"alg":"ES256"}"#, "{}");
    // 64 bytes leave four unused bits in the last character, so fifteen others would decode alike.
    let respelled = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars();
    let accepted = respelled.filter(|&last| {
        let mut token = good.clone();
        token.pop();
        token.push(last);
        outcome(&token, &verifier(&signer)).is_ok()
    });
    assert_eq!(accepted.count(), 1);
}

#[test]
fn a_changed_character_anywhere_breaks_the_token() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::PS256] {
        let signer = key(algorithm);
        let verifier = verifier(&signer);
        let good = jws::sign(&signer, "JWT", &json!({"sub": "alice"})).unwrap();
        for index in 0..good.len() {
            let replacement = if good.as_bytes()[index] == b'A' { "B" } else { "A" };
            let mut token = good.clone();
            token.replace_range(index..=index, replacement);
            assert!(outcome(&token, &verifier).is_err(), "{algorithm} at {index}");
        }
    }
}

#[test]
fn degenerate_signatures_are_refused() {
    let p256_order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    let order = jose::encoding::decode_hex(p256_order).unwrap();
    let signer = key(Algorithm::ES256);
    let token = raw(&signer, r#"{"alg":"ES256"}"#, "{}");
    let good = decode_base64url(token.rsplit_once('.').unwrap().1).unwrap();
    let zero = [0; 32];
    let der = [&[0x30, 0x44, 0x02, 0x20], &good[..32], &[0x02, 0x20], &good[32..]].concat();
    for signature in [
        vec![],
        vec![0; 64],
        [&good[..32], &zero[..]].concat(),
        [&zero[..], &good[32..]].concat(),
        [&order[..], &order[..]].concat(),
        [&order[..], &good[32..]].concat(),
        vec![0xFF; 64],
        good[..63].to_vec(),
        good[1..].to_vec(),
        [&good[..], &[0]].concat(),
        [&[0], &good[..32], &[0], &good[32..]].concat(),
        der,
    ] {
        assert_eq!(outcome(&with_signature(&token, &signature), &verifier(&signer)), Err(JwsError::Signature), "{signature:?}");
    }
}

#[test]
fn an_ed25519_signature_has_one_form() {
    // The group order, little-endian: S + L would verify where the range of S isn't checked (RFC 8032 §5.1.7).
    let order = jose::encoding::decode_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let signer = key(Algorithm::EdDSA);
    let token = raw(&signer, r#"{"alg":"EdDSA"}"#, "{}");
    let mut signature = decode_base64url(token.rsplit_once('.').unwrap().1).unwrap();
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(outcome(&with_signature(&token, &signature), &verifier(&signer)), Err(JwsError::Signature));
}

#[test]
fn both_names_of_ed25519_mean_the_same_key() {
    let signer = key(Algorithm::EdDSA);
    for alg in ["EdDSA", "Ed25519"] {
        assert_eq!(outcome(&raw(&signer, &json!({ "alg": alg }).to_string(), "{}"), &verifier(&signer)), Ok(()));
    }
    let mut jwk = signer.public().clone();
    jwk.alg = Some("Ed25519".to_owned());
    assert!(VerifyingKey::new(&jwk, Algorithm::EdDSA).is_ok());
}

#[test]
fn a_token_for_one_purpose_does_not_serve_another() {
    let signer = key(Algorithm::ES256);
    let check = |typ: Option<&str>, policy: &Policy| {
        let header = typ.map_or(json!({"alg": "ES256"}), |typ| json!({"alg": "ES256", "typ": typ}));
        jws::verify(&raw(&signer, &header.to_string(), "{}"), &verifier(&signer), policy).map(|_| ())
    };
    let access = Policy::typ(&["at+jwt"]);
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"] {
        assert_eq!(check(Some(typ), &access), Ok(()), "{typ}");
    }
    for typ in [Some("JWT"), Some("dpop+jwt"), Some("at+jwt "), Some("text/at+jwt"), Some("application/x/at+jwt"), Some(""), None]
    {
        assert_eq!(check(typ, &access), Err(JwsError::Typ), "{typ:?}");
    }
    let assertion = Policy::typ_or_none(&["JWT", "client-authentication+jwt"]);
    for typ in [None, Some("JWT"), Some("client-authentication+jwt")] {
        assert_eq!(check(typ, &assertion), Ok(()), "{typ:?}");
    }
    assert_eq!(check(Some("at+jwt"), &assertion), Err(JwsError::Typ));
}

#[test]
fn a_long_token_is_refused_before_it_is_read() {
    let signer = key(Algorithm::ES256);
    let token = jws::sign(&signer, "JWT", &json!({"x": "x".repeat(13_000)})).unwrap();
    assert!(token.len() > 16 * 1024);
    assert_eq!(outcome(&token, &verifier(&signer)), Err(JwsError::TooLong));
    assert_eq!(Header::parse(&token), Err(JwsError::TooLong));
    assert!(jws::verify(&token, &verifier(&signer), &ANY.max_length(token.len())).is_ok());
    assert_eq!(jws::verify(&token, &verifier(&signer), &ANY.max_length(token.len() - 1)), Err(JwsError::TooLong));
}

#[test]
fn a_set_is_asked_by_kid_and_only_for_allowed_algorithms() {
    let (first, second) =
        (SigningKey::generate(Algorithm::ES256, "1").unwrap(), SigningKey::generate(Algorithm::ES256, "2").unwrap());
    let set = Jwks::new(vec![first.public().clone(), second.public().clone()]).unwrap();
    let check = |token: &str, allowed: &[Algorithm]| jws::verify_with_set(token, &set, allowed, &ANY).map(|_| ());
    let token = jws::sign(&second, "JWT", &json!({})).unwrap();
    assert_eq!(check(&token, &[Algorithm::ES256]), Ok(()));
    assert_eq!(check(&token, &[Algorithm::PS256]), Err(JwsError::Algorithm));
    assert_eq!(check(&token, &[]), Err(JwsError::Algorithm));
    let nameless = raw(&second, r#"{"alg":"ES256"}"#, "{}");
    assert_eq!(check(&nameless, &[Algorithm::ES256]), Ok(()));
    assert_eq!(check(&raw(&second, r#"{"alg":"ES256","kid":"1"}"#, "{}"), &[Algorithm::ES256]), Err(JwsError::Signature));
    assert_eq!(check(&raw(&second, r#"{"alg":"ES256","kid":"3"}"#, "{}"), &[Algorithm::ES256]), Err(JwsError::UnknownKey));
    let stranger = key(Algorithm::ES256);
    assert_eq!(check(&raw(&stranger, r#"{"alg":"ES256"}"#, "{}"), &[Algorithm::ES256]), Err(JwsError::Signature));
}

#[test]
fn claims_of_another_type_than_asked_for_are_refused() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Claims {
        sub: String,
    }
    let signer = key(Algorithm::ES256);
    let claims = |payload: &str| {
        let token = raw(&signer, r#"{"alg":"ES256"}"#, payload);
        jws::verify(&token, &verifier(&signer), &ANY).and_then(jws::Verified::claims_as::<Claims>)
    };
    assert_eq!(claims(r#"{"sub":"alice"}"#), Ok(Claims { sub: "alice".to_owned() }));
    assert_eq!(claims(r#"{"sub":1}"#), Err(JwsError::Claims));
    assert_eq!(claims("{}"), Err(JwsError::Claims));
}

#[test]
fn a_key_verifies_only_what_its_owner_lets_it() {
    let es256 = key(Algorithm::ES256);
    let rsa = key(Algorithm::RS256);
    let change = |jwk: &Jwk, name: &str, value: Value| {
        let mut json = serde_json::to_value(jwk.bare()).unwrap();
        json[name] = value;
        Jwk::from_value(&json).unwrap()
    };
    for (jwk, algorithm) in [
        (change(es256.public(), "use", json!("enc")), Algorithm::ES256),
        (change(es256.public(), "key_ops", json!(["deriveKey"])), Algorithm::ES256),
        (change(es256.public(), "alg", json!("ECDH-ES")), Algorithm::ES256),
        (es256.public().bare(), Algorithm::ES384),
        (es256.public().bare(), Algorithm::EdDSA),
        (es256.public().bare(), Algorithm::RS256),
        (rsa.public().clone(), Algorithm::PS256),
        (change(rsa.public(), "alg", json!("RSA-OAEP")), Algorithm::RS256),
        (rsa.public().bare(), Algorithm::ES256),
        (key(Algorithm::EdDSA).public().bare(), Algorithm::ES256),
        (rsa.public().bare(), Algorithm::HS256),
    ] {
        assert_eq!(VerifyingKey::new(&jwk, algorithm).unwrap_err(), KeyError::Algorithm, "{jwk:?} {algorithm}");
    }
    assert!(VerifyingKey::new(&change(es256.public(), "key_ops", json!(["verify"])), Algorithm::ES256).is_ok());
    assert!(VerifyingKey::new(&rsa.public().bare(), Algorithm::PS512).is_ok());
}
