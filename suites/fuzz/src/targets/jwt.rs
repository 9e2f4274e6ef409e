//! Signed and encrypted tokens in compact form (RFC 7515, RFC 7516).

use crate::Target;
use crate::input::{assert_own, choice, damaged, lines, seed, signed, words};
use crate::keys::{EDDSA, OTHERS, OWN, VECTORS, ec, key, octets, rsa, text};
use jose::alg::Algorithm;
use jose::jwe::{self, ContentEncryption, DecryptionKey, EncryptionKey, JweError, KeyManagement};
use jose::jwk::Jwk;
use jose::jws::{Header, JwsError, Policy, verify_payload, verify_with_set};
use jose::key::VerifyingKey;
use jose::random::SystemRng;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// A letter and: after `a` to `z` a header and claims, to be signed; after `A` to `Z` members of a header and a plaintext, to be
/// encrypted; after `0` a signed token as it is sent, after `1` an encrypted one.
pub const TARGET: Target = Target {
    name: "jwt",
    words: || {
        words(&[
            "alg",
            "enc",
            "kid",
            "typ",
            "cty",
            "crit",
            "b64",
            "zip",
            "epk",
            "apu",
            "apv",
            "jwk",
            "jku",
            "x5c",
            "none",
            "HS256",
            "RS256",
            "ES256",
            "EdDSA",
            "Ed25519",
            "PS256",
            "dir",
            "ECDH-ES",
            "ECDH-ES+A128KW",
            "RSA-OAEP",
            "A128GCM",
            "A256GCM",
            "A128CBC-HS256",
            "JWT",
            "at+jwt",
            "iss",
            "aud",
            "exp",
        ])
    },
    seeds,
    try_out,
};

/// What the published signatures verify with.
static SIGNERS: LazyLock<Vec<VerifyingKey>> = LazyLock::new(|| {
    let verifying = |vector: &Value| {
        let algorithm = Algorithm::parse(text(vector, "alg")).expect("the algorithm is known");
        if algorithm.is_symmetric() {
            VerifyingKey::shared(algorithm, &octets(text(&vector["key"], "k"))).expect("a key")
        } else {
            VerifyingKey::new(&Jwk::from_value(&vector["key"]).expect("a key"), algorithm).expect("a key")
        }
    };
    vectors("signatures").iter().map(verifying).collect()
});
/// What the published encryptions decrypt with.
static RECIPIENTS: LazyLock<Vec<DecryptionKey>> = LazyLock::new(|| {
    let decrypting = |vector: &Value| {
        let (key, algorithm) = (&vector["key"], KeyManagement::parse(text(vector, "alg")).expect("the algorithm is known"));
        match text(key, "kty") {
            "oct" => DecryptionKey::direct(&octets(text(key, "k"))),
            "RSA" => DecryptionKey::from_pkcs8(algorithm, "k", &rsa(key)).expect("a key"),
            _ => DecryptionKey::from_pkcs8(algorithm, "k", &ec(key)).expect("a key"),
        }
    };
    vectors("encryptions").iter().map(decrypting).collect()
});

fn vectors(kind: &str) -> &'static [Value] {
    VECTORS[kind].as_array().expect("the vectors have them")
}

fn seeds() -> Vec<Vec<u8>> {
    let claims = json!({ "iss": "https://id.example", "sub": "s", "aud": ["a"], "exp": 1_800_000_060, "more": { "a": [1, "b", null, 1.5] } }).to_string();
    let header = |alg: &str, kid: &str| json!({ "typ": "JWT", "alg": alg, "kid": kid }).to_string();
    let mut seeds = vec![
        seed(b'e', &[&header("ES256", "e"), &claims]),
        seed(b'd', &[&header("EdDSA", "d"), &claims]),
        seed(b'd', &[r#"{"alg":"Ed25519","typ":"application/JWT","jku":"https://x.example"}"#, "{}"]),
        seed(b'0', &[&signed(&EDDSA, header("EdDSA", "d").as_bytes(), claims.as_bytes())]),
    ];
    for letter in b'A'..=b'L' {
        seeds.push(seed(letter, &[r#"{"cty":"JWT","typ":"x"}"#, "a.signed.token"]));
    }
    seeds.extend(vectors("signatures").iter().map(|vector| seed(b'0', &[text(vector, "token")])));
    seeds.extend(vectors("encryptions").iter().map(|vector| seed(b'1', &[text(vector, "token")])));
    seeds
}

fn try_out(input: &[u8]) -> bool {
    let Some((letter, rest)) = choice(input) else { return false };
    match letter {
        b'a'..=b'z' => try_signed(letter, rest),
        b'A'..=b'Z' => try_encrypted(letter - b'A', rest),
        b'0' => std::str::from_utf8(rest).is_ok_and(try_signature),
        b'1' => std::str::from_utf8(rest).is_ok_and(try_encryption),
        _ => false,
    }
}

const POLICY: Policy<'_> = Policy::typ_or_none(&["JWT"]);

fn try_signed(letter: u8, rest: &[u8]) -> bool {
    let [header, claims] = lines(rest);
    let key = key(letter);
    let token = signed(key, header, claims);
    let verify = |token: &str| verify_with_set(token, &OWN, &Algorithm::ASYMMETRIC, &POLICY);
    let Ok(verified) = verify(&token) else { return false };

    assert_eq!(verified.header.algorithm, key.algorithm(), "the algorithm is the key's");
    assert!(verified.header.kid.as_deref().is_none_or(|kid| kid == key.kid()), "the name is the key's");
    assert!(verified.header.typ.is_none() || verified.header.is_typ("JWT"));
    assert!(verified.header.member("crit").is_none() && verified.header.member("b64").is_none());
    let once_more = serde_json::from_slice::<Map<String, Value>>(claims).expect("the claims are an object");
    assert_eq!(verified.claims, once_more, "the claims are those that were signed");
    let (others, allowed) = (verify_with_set(&token, &OTHERS, &Algorithm::ASYMMETRIC, &POLICY), [Algorithm::RS256]);
    assert!(matches!(others, Err(JwsError::Signature)), "another key verifies it");
    assert!(matches!(verify_with_set(&token, &OWN, &allowed, &POLICY), Err(JwsError::Algorithm)));
    assert!(verify(&damaged(&token, rest)).is_err(), "it verifies though it was changed");
    let unsigned = token.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).unwrap_or_default();
    assert!(verify(&unsigned).is_err(), "it verifies without its signature");
    true
}

/// A token that somebody sends is published, or one of us signed it.
fn try_signature(token: &str) -> bool {
    let is_ours = verify_with_set(token, &OWN, &Algorithm::ASYMMETRIC, &POLICY).is_ok();
    if !is_ours && !SIGNERS.iter().any(|key| verify_payload(token, key, &Policy::any_typ()).is_ok()) {
        return false;
    }
    let signed = |token: &str| token.rsplit_once('.').map(|(signed, _)| signed.to_owned());
    if !vectors("signatures").iter().any(|vector| signed(text(vector, "token")) == signed(token)) {
        let algorithm = Header::parse(token).map(|header| header.algorithm);
        assert_eq!(algorithm, Ok(Algorithm::EdDSA), "what nobody signed passes");
        assert_own(token, &EDDSA);
    }
    true
}

fn try_encrypted(choice: u8, rest: &[u8]) -> bool {
    let [members, plaintext] = lines(rest);
    let Ok(members) = serde_json::from_slice::<Map<String, Value>>(members) else { return false };
    let encryption = ContentEncryption::ALL[usize::from(choice % 4)];
    let direct = [7; 64];
    let (private, public) = match choice / 4 % 3 {
        // RFC 7520 §5.4 and §5.5.
        index @ (0 | 1) => {
            let private = &RECIPIENTS[usize::from(index) + 1];
            (private, EncryptionKey::new(private.public().expect("a key"), private.algorithm()).expect("a key"))
        }
        _ => {
            let content_key = &direct[..encryption.key_len()];
            (&DecryptionKey::direct(content_key), EncryptionKey::direct(content_key))
        }
    };
    let is_untrue = ["apu", "apv", "zip", "crit"].iter().any(|name| members.contains_key(*name));
    let token = match jwe::encrypt(&public, encryption, &members, plaintext, &SystemRng) {
        Ok(token) => token,
        Err(error) => {
            assert!(is_untrue && error == JweError::Member, "anything else can be encrypted");
            return false;
        }
    };
    assert!(!is_untrue, "a header says what is untrue of its token");
    match jwe::decrypt(&token, private, &[encryption]) {
        Ok(decrypted) => {
            assert_eq!(*decrypted.plaintext, plaintext, "what comes out is what went in");
            assert_eq!((decrypted.header.algorithm, decrypted.header.encryption), (private.algorithm(), encryption));
            assert!(jwe::decrypt(&damaged(&token, rest), private, &[encryption]).is_err(), "it decrypts though it was changed");
            let stranger = RECIPIENTS.iter().filter(|key| key.algorithm() != private.algorithm());
            assert!(stranger.into_iter().all(|key| jwe::decrypt(&token, key, &[encryption]).is_err()), "another key decrypts it");
            true
        }
        Err(error) => {
            let is_typed = |name: &str| members.get(name).is_none_or(Value::is_string);
            // Members of the wrong kind.
            assert!(!is_typed("cty"), "what was encrypted can't be decrypted: {error}");
            false
        }
    }
}

/// Everything in a token is authenticated, and has one spelling.
fn try_encryption(token: &str) -> bool {
    let decrypts = |key: &DecryptionKey| jwe::decrypt(token, key, &ContentEncryption::ALL).is_ok();
    let is_accepted = RECIPIENTS.iter().any(decrypts);
    let is_published = vectors("encryptions").iter().any(|vector| text(vector, "token") == token);
    assert!(!is_accepted || is_published, "what nobody encrypted passes");
    is_accepted
}
