//! JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037): public keys only.

use crate::digest::sha256;
use crate::encoding::{base64url, decode_base64url};
use crate::json::{NotStrictJson, parse_strict, text};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, ParsedPublicKey};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

/// A public key with what its owner says about it.
///
/// Every value of this type holds a usable key: RSA of 2048 to 8192 bits, a point on P-256 or P-384, or an Ed25519 key of full
/// order. Private and symmetric keys can't be represented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    key: PublicKey,
    /// `kid`.
    pub kid: Option<String>,
    /// `alg` as written. It may name an encryption algorithm.
    pub alg: Option<String>,
    /// `use`.
    pub usage: Option<KeyUse>,
    /// `key_ops`.
    pub operations: Option<Vec<String>>,
}

/// `use` of a key (RFC 7517 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyUse {
    /// `sig`: it verifies signatures.
    #[serde(rename = "sig")]
    Signature,
    /// `enc`: things are encrypted to it.
    #[serde(rename = "enc")]
    Encryption,
}

impl Jwk {
    /// Read a key from JSON text. A member that appears twice is refused.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        Self::from_value(&parse_strict(json)?)
    }
    /// Read a key from JSON.
    pub fn from_value(json: &Value) -> Result<Self, JwkError> {
        let members = json.as_object().ok_or(JwkError::Malformed)?;
        refuse_secrets(members)?;
        let key = PublicKey::from_members(members)?;
        let usage = match text(members, "use")? {
            None => None,
            Some("sig") => Some(KeyUse::Signature),
            Some("enc") => Some(KeyUse::Encryption),
            Some(_) => return Err(JwkError::Unsupported),
        };
        let kid = text(members, "kid")?.map(str::to_owned);
        let alg = text(members, "alg")?.map(str::to_owned);
        Ok(Self { key, kid, alg, usage, operations: operations(members)? })
    }
    /// SHA-256 thumbprint as base64url (RFC 7638): the `jkt` of RFC 9449.
    pub fn thumbprint(&self) -> String {
        base64url(sha256(self.key.canonical().as_bytes()))
    }
    /// The same key with nothing said about it.
    #[must_use]
    pub fn bare(&self) -> Self {
        self.key.clone().into()
    }
    /// `kty`.
    pub fn key_type(&self) -> &'static str {
        match self.key {
            PublicKey::Rsa { .. } => "RSA",
            PublicKey::Ec { .. } => "EC",
            PublicKey::Ed25519 { .. } => "OKP",
        }
    }
    /// Whether its owner lets it verify signatures: neither `use` nor `key_ops` says otherwise.
    pub fn may_verify(&self) -> bool {
        self.usage != Some(KeyUse::Encryption)
            && self.operations.as_ref().is_none_or(|operations| operations.iter().any(|operation| operation == "verify"))
    }
    /// Whether its owner lets others encrypt to it: neither `use` nor `key_ops` says otherwise.
    pub fn may_encrypt(&self) -> bool {
        let encrypts = |operation: &String| matches!(operation.as_str(), "encrypt" | "wrapKey" | "deriveKey" | "deriveBits");
        self.usage != Some(KeyUse::Signature) && self.operations.as_ref().is_none_or(|operations| operations.iter().any(encrypts))
    }
    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl From<PublicKey> for Jwk {
    fn from(key: PublicKey) -> Self {
        Self { key, kid: None, alg: None, usage: None, operations: None }
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("kty", self.key_type())?;
        match &self.key {
            PublicKey::Rsa { n, e } => {
                members.serialize_entry("n", &base64url(n))?;
                members.serialize_entry("e", &base64url(e))?;
            }
            PublicKey::Ec { curve, x, y } => {
                members.serialize_entry("crv", curve.name())?;
                members.serialize_entry("x", &base64url(x))?;
                members.serialize_entry("y", &base64url(y))?;
            }
            PublicKey::Ed25519 { x } => {
                members.serialize_entry("crv", "Ed25519")?;
                members.serialize_entry("x", &base64url(x))?;
            }
        }
        if let Some(usage) = self.usage {
            members.serialize_entry("use", &usage)?;
        }
        if let Some(operations) = &self.operations {
            members.serialize_entry("key_ops", operations)?;
        }
        if let Some(alg) = &self.alg {
            members.serialize_entry("alg", alg)?;
        }
        if let Some(kid) = &self.kid {
            members.serialize_entry("kid", kid)?;
        }
        members.end()
    }
}
impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Why JSON is not a key this program uses. It never quotes the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not an object, a required member is missing, or a member has the wrong type or encoding.
    #[error("the key is not a well-formed JWK")]
    Malformed,
    /// It holds private members. Treat the key as disclosed.
    #[error("the key contains private key material; send the public key only")]
    Private,
    /// A `kty` of `oct`.
    #[error("the key is symmetric where a public key is due")]
    Symmetric,
    /// A `kty`, `crv` or `use` this program doesn't know.
    #[error("the key's type, curve or use is not supported")]
    Unsupported,
    /// RSA under 2048 or over 8192 bits, or an unusable exponent.
    #[error("the RSA key must have 2048 to 8192 bits and an odd public exponent above 1")]
    Weak,
    /// Coordinates that are no point of the curve, or one of small order.
    #[error("the key is not a valid point on its curve")]
    BadPoint,
}

impl JwkError {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "jwk.malformed",
            Self::Private => "jwk.private",
            Self::Symmetric => "jwk.symmetric",
            Self::Unsupported => "jwk.unsupported",
            Self::Weak => "jwk.weak",
            Self::BadPoint => "jwk.bad_point",
        }
    }
}

impl From<NotStrictJson> for JwkError {
    fn from(_: NotStrictJson) -> Self {
        Self::Malformed
    }
}

/// A curve of RFC 7518 §6.2.1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl Curve {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::P256, Self::P384].into_iter().find(|curve| curve.name() == name)
    }
    pub(crate) const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
    pub(crate) const fn ecdsa(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
        }
    }
}

/// The numbers of a key, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// Big-endian without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// Affine coordinates, big-endian, of the curve's full length.
    Ec { curve: Curve, x: Vec<u8>, y: Vec<u8> },
    /// The encoded point of RFC 8032 §5.1.2.
    Ed25519 { x: [u8; 32] },
}

impl PublicKey {
    fn from_members(members: &Map<String, Value>) -> Result<Self, JwkError> {
        match text(members, "kty")?.ok_or(JwkError::Malformed)? {
            "RSA" => Self::rsa(bytes(members, "n")?, bytes(members, "e")?),
            "EC" => {
                let curve = Curve::parse(crv(members)?).ok_or(JwkError::Unsupported)?;
                Self::ec(curve, bytes(members, "x")?, bytes(members, "y")?)
            }
            "OKP" if crv(members)? == "Ed25519" => Self::ed25519(&bytes(members, "x")?),
            "oct" => Err(JwkError::Symmetric),
            _ => Err(JwkError::Unsupported),
        }
    }
    pub(crate) fn rsa(n: Vec<u8>, e: Vec<u8>) -> Result<Self, JwkError> {
        let (Some(&high), Some(&low)) = (n.first(), n.last()) else { return Err(JwkError::Malformed) };
        let (Some(&e_high), Some(&e_low)) = (e.first(), e.last()) else { return Err(JwkError::Malformed) };
        if high == 0 || e_high == 0 {
            // RFC 7518 §6.3.1.1: no leading zeros, so that a key has one thumbprint.
            return Err(JwkError::Malformed);
        }
        let bits = n.len() * 8 - usize::try_from(high.leading_zeros()).unwrap_or(0);
        let is_exponent = e.len() <= 4 && e_low % 2 == 1 && e != [1];
        if !(2048..=8192).contains(&bits) || low % 2 == 0 || !is_exponent {
            return Err(JwkError::Weak);
        }
        Ok(Self::Rsa { n, e })
    }
    pub(crate) fn ec(curve: Curve, x: Vec<u8>, y: Vec<u8>) -> Result<Self, JwkError> {
        if x.len() != curve.coordinate_len() || y.len() != curve.coordinate_len() {
            return Err(JwkError::Malformed);
        }
        let key = Self::Ec { curve, x, y };
        ParsedPublicKey::new(curve.ecdsa(), key.point()).map_err(|_| JwkError::BadPoint)?;
        Ok(key)
    }
    pub(crate) fn ed25519(x: &[u8]) -> Result<Self, JwkError> {
        let x = <[u8; 32]>::try_from(x).map_err(|_| JwkError::Malformed)?;
        if is_small_order_or_not_reduced(&x) { Err(JwkError::BadPoint) } else { Ok(Self::Ed25519 { x }) }
    }
    /// The point as octets: uncompressed (SEC 1 §2.3.3), or as RFC 8032 encodes it. Empty for RSA.
    pub(crate) fn point(&self) -> Vec<u8> {
        match self {
            Self::Rsa { .. } => Vec::new(),
            Self::Ec { x, y, .. } => [&[4], x.as_slice(), y.as_slice()].concat(),
            Self::Ed25519 { x } => x.to_vec(),
        }
    }
    /// The required members in lexicographic order without space (RFC 7638 §3).
    fn canonical(&self) -> String {
        match self {
            Self::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, base64url(e), base64url(n)),
            Self::Ec { curve, x, y } => {
                format!(r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#, curve.name(), base64url(x), base64url(y))
            }
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(x)),
        }
    }
}

/// The members only a private or symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
fn refuse_secrets(members: &Map<String, Value>) -> Result<(), JwkError> {
    if members.get("kty").and_then(Value::as_str) == Some("oct") {
        return Err(JwkError::Symmetric);
    }
    let is_private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].iter().any(|name| members.contains_key(*name));
    if is_private { Err(JwkError::Private) } else { Ok(()) }
}

/// Whether an Ed25519 key is one of the eight points of small order, under which anyone can sign anything, or spells its
/// y-coordinate unreduced. Points off the curve verify nothing and need no check.
fn is_small_order_or_not_reduced(key: &[u8; 32]) -> bool {
    /// y of the points of order 8, and p = 2^255 - 19; little-endian.
    const ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac,
            0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
            0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut y = *key;
    if let Some(last) = y.last_mut() {
        *last &= 0x7F;
    }
    let [low, middle @ .., high] = y;
    let is_top = middle.iter().all(|&byte| byte == 0xFF) && high == 0x7F;
    // p - 1 = 0xEC…, p = 0xED…: order 2 and everything unreduced.
    let is_zero_or_one = low <= 1 && middle.iter().all(|&byte| byte == 0) && high == 0;
    (is_top && low >= 0xEC) || is_zero_or_one || ORDER_8.contains(&y)
}

fn crv(members: &Map<String, Value>) -> Result<&str, JwkError> {
    text(members, "crv")?.ok_or(JwkError::Malformed)
}

fn bytes(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, JwkError> {
    decode_base64url(text(members, name)?.ok_or(JwkError::Malformed)?).map_err(|_| JwkError::Malformed)
}

fn operations(members: &Map<String, Value>) -> Result<Option<Vec<String>>, JwkError> {
    let Some(value) = members.get("key_ops") else { return Ok(None) };
    let operations = value.as_array().ok_or(JwkError::Malformed)?.iter();
    let operations: Option<Vec<String>> = operations.map(|operation| operation.as_str().map(str::to_owned)).collect();
    operations.map(Some).ok_or(JwkError::Malformed)
}
