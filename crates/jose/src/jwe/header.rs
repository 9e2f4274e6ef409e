//! The parts of a JWE and its protected header.

use super::{ContentEncryption, JweError, MAX_LENGTH};
use crate::encoding::decode_base64url;
use crate::json::{parse_strict_object, text};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// How the content key reaches the recipient (RFC 7518 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyManagement {
    /// RSAES-OAEP with SHA-1, which is still safe in this use.
    RsaOaep,
    /// RSAES-OAEP with SHA-256.
    RsaOaep256,
    /// Ephemeral-static Diffie-Hellman; the agreed key encrypts the content.
    EcdhEs,
    /// The same, and the agreed key wraps a content key with AES-128.
    EcdhEsA128Kw,
    /// The same with AES-256.
    EcdhEsA256Kw,
    /// Both sides already share the content key.
    Direct,
}

impl KeyManagement {
    /// All with a public key, in the order metadata lists them.
    pub const ASYMMETRIC: [Self; 5] = [Self::RsaOaep256, Self::RsaOaep, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// The `alg` value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
            Self::Direct => "dir",
        }
    }
    /// The algorithm an `alg` value names, compared exactly.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ASYMMETRIC.into_iter().chain([Self::Direct]).find(|algorithm| algorithm.name() == name)
    }
}

impl Serialize for KeyManagement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
impl<'de> Deserialize<'de> for KeyManagement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| de::Error::custom("unknown key management algorithm"))
    }
}

/// A protected header (RFC 7516 §4). Before decryption it is only a claim: use it to find a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// `alg`.
    pub algorithm: KeyManagement,
    /// `enc`.
    pub encryption: ContentEncryption,
    /// `kid`.
    pub kid: Option<String>,
    /// `cty`: `JWT` says that a token is nested.
    pub cty: Option<String>,
    members: Map<String, Value>,
}

impl Header {
    /// The header of a compact token, unverified.
    pub fn parse(token: &str) -> Result<Self, JweError> {
        Self::decode(Parts::split(token)?.header)
    }
    /// Any member by name.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    pub(super) fn decode(encoded: &str) -> Result<Self, JweError> {
        let json = decode_base64url(encoded).map_err(|_| JweError::Malformed)?;
        let members = parse_strict_object(&json).map_err(|_| JweError::Malformed)?;
        if members.contains_key("crit") || members.contains_key("zip") {
            return Err(JweError::Critical);
        }
        let text = |name| text(&members, name).map_err(|_| JweError::Malformed);
        let algorithm = KeyManagement::parse(text("alg")?.ok_or(JweError::Malformed)?).ok_or(JweError::Algorithm)?;
        let encryption = ContentEncryption::parse(text("enc")?.ok_or(JweError::Malformed)?).ok_or(JweError::Algorithm)?;
        let kid = text("kid")?.map(str::to_owned);
        let cty = text("cty")?.map(str::to_owned);
        Ok(Self { algorithm, encryption, kid, cty, members })
    }
    /// `apu` or `apv` (RFC 7518 §4.6.1): empty if it isn't there.
    pub(super) fn party(&self, name: &str) -> Result<Vec<u8>, JweError> {
        let encoded = text(&self.members, name).map_err(|_| JweError::Malformed)?.unwrap_or_default();
        decode_base64url(encoded).map_err(|_| JweError::Malformed)
    }
}

/// The five parts of a compact serialization, still encoded.
pub(super) struct Parts<'a> {
    pub(super) header: &'a str,
    pub(super) encrypted_key: &'a str,
    pub(super) iv: &'a str,
    pub(super) ciphertext: &'a str,
    pub(super) tag: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn split(token: &'a str) -> Result<Self, JweError> {
        if token.len() > MAX_LENGTH {
            return Err(JweError::Malformed);
        }
        let mut parts = token.split('.');
        let mut next = || parts.next().ok_or(JweError::Malformed);
        let split = Self { header: next()?, encrypted_key: next()?, iv: next()?, ciphertext: next()?, tag: next()? };
        if parts.next().is_some() { Err(JweError::Malformed) } else { Ok(split) }
    }
}
