//! Published keys: what is signed with them today verifies with them tomorrow, so inputs can be kept.

use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, PrivateKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::Ed25519KeyPair;
use jose::alg::Algorithm;
use jose::encoding::decode_base64url;
use jose::jwks::Jwks;
use jose::key::SigningKey;
use kernel::Timestamp;
use serde_json::Value;
use std::sync::LazyLock;

/// When everything happens.
pub const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// The examples of RFC 7515, RFC 7520 and RFC 8037.
pub static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../crates/jose/tests/vectors.json")).expect("the vectors are JSON")
});

/// RFC 7515 §A.3, `kid` `e`.
pub static ES256: LazyLock<SigningKey> = LazyLock::new(|| {
    let key = PrivateKey::from_private_key(&ECDH_P256, &octets("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")).expect("a key");
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).expect("a key");
    SigningKey::from_pkcs8(Algorithm::ES256, "e", der.as_ref()).expect("a key")
});
/// RFC 8037 §A.1, `kid` `d`. Its signatures are always the same.
pub static EDDSA: LazyLock<SigningKey> = LazyLock::new(|| {
    let (seed, public) = ("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let pair = Ed25519KeyPair::from_seed_and_public_key(&octets(seed), &octets(public)).expect("a key");
    SigningKey::from_pkcs8(Algorithm::EdDSA, "d", pair.to_pkcs8v1().expect("a key").as_ref()).expect("a key")
});
/// Both of them.
pub static OWN: LazyLock<Jwks> =
    LazyLock::new(|| Jwks::new(vec![ES256.public().clone(), EDDSA.public().clone()]).expect("two keys"));
/// Two other keys by the same names.
pub static OTHERS: LazyLock<Jwks> = LazyLock::new(|| {
    let other = |algorithm, kid| SigningKey::generate(algorithm, kid).expect("a key").public().clone();
    Jwks::new(vec![other(Algorithm::ES256, "e"), other(Algorithm::EdDSA, "d")]).expect("two keys")
});

/// The key that a letter names.
pub fn key(letter: u8) -> &'static SigningKey {
    if letter.is_multiple_of(2) { &EDDSA } else { &ES256 }
}

/// The octets behind base64url.
pub fn octets(text: &str) -> Vec<u8> {
    decode_base64url(text).expect("the vectors are base64url")
}
/// A text of a vector.
pub fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().expect("the vectors have it")
}

/// PKCS#8 of an RSA key (RFC 7518 §6.3).
pub fn rsa(key: &Value) -> Vec<u8> {
    let part = |name| octets(text(key, name));
    let pair = KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: part("n"), e: part("e") },
        d: part("d"),
        p: part("p"),
        q: part("q"),
        dP: part("dp"),
        dQ: part("dq"),
        qInv: part("qi"),
    });
    AsDer::<Pkcs8V1Der<'_>>::as_der(&pair.expect("a key")).expect("a key").as_ref().to_vec()
}
/// PKCS#8 of a key on a curve (RFC 7518 §6.2).
pub fn ec(key: &Value) -> Vec<u8> {
    let curve = if text(key, "crv") == "P-384" { &ECDH_P384 } else { &ECDH_P256 };
    let key = PrivateKey::from_private_key(curve, &octets(text(key, "d"))).expect("a key");
    AsDer::<Pkcs8V1Der<'_>>::as_der(&key).expect("a key").as_ref().to_vec()
}
