//! From a token to claims that can be believed.

use super::Header;
use crate::alg::Algorithm;
use crate::encoding::decode_base64url;
use crate::json::parse_strict_object;
use crate::jwks::Jwks;
use crate::key::VerifyingKey;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The longest token read where the caller sets no other limit, in bytes.
pub(super) const MAX_LENGTH: usize = 16 * 1024;

/// Verify a JWT with `key` and return its header and claims.
///
/// The algorithm is the key's; a header that names another is refused. Times, issuer and audience are the caller's to check,
/// see [`crate::claims`].
pub fn verify(token: &str, key: &VerifyingKey, policy: &Policy<'_>) -> Result<Verified, JwsError> {
    let (header, payload) = verify_payload(token, key, policy)?;
    let claims = parse_strict_object(&payload).map_err(|_| JwsError::Malformed)?;
    Ok(Verified { header, claims })
}

/// Verify a JWT with the key in `keys` that its `kid` names, or with each that fits if it names none.
///
/// `allowed` are the algorithms the caller agreed on with the signer; the header only selects among them.
pub fn verify_with_set(token: &str, keys: &Jwks, allowed: &[Algorithm], policy: &Policy<'_>) -> Result<Verified, JwsError> {
    let header = Parts::split(token, policy.max_length)?.header()?;
    if !allowed.contains(&header.algorithm) {
        return Err(JwsError::Algorithm);
    }
    let mut outcome = Err(JwsError::UnknownKey);
    for key in keys.find(header.kid.as_deref(), header.algorithm) {
        outcome = verify(token, key, policy);
        if !matches!(outcome, Err(JwsError::Signature)) {
            break;
        }
    }
    outcome
}

/// Verify a JWS whose payload need not be JSON and return header and payload.
pub fn verify_payload(token: &str, key: &VerifyingKey, policy: &Policy<'_>) -> Result<(Header, Vec<u8>), JwsError> {
    let parts = Parts::split(token, policy.max_length)?;
    let header = parts.header()?;
    if header.algorithm != key.algorithm() {
        return Err(JwsError::Algorithm);
    }
    if !policy.accepts(&header) {
        return Err(JwsError::Typ);
    }
    let signature = decode_base64url(parts.signature).map_err(|_| JwsError::Malformed)?;
    if !key.verify(parts.signed.as_bytes(), &signature) {
        return Err(JwsError::Signature);
    }
    let payload = decode_base64url(parts.payload).map_err(|_| JwsError::Malformed)?;
    Ok((header, payload))
}

/// What a token must look like besides carrying a good signature.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    types: &'a [&'a str],
    may_lack_typ: bool,
    max_length: usize,
}

impl<'a> Policy<'a> {
    /// `typ` must be one of `types`: a JWT made for something else is refused (RFC 8725 §3.11).
    pub const fn typ(types: &'a [&'a str]) -> Self {
        Self { types, may_lack_typ: false, max_length: MAX_LENGTH }
    }
    /// `typ` may be left out, and is one of `types` otherwise.
    pub const fn typ_or_none(types: &'a [&'a str]) -> Self {
        Self { types, may_lack_typ: true, max_length: MAX_LENGTH }
    }
    /// Any `typ` or none, for tokens whose makers are older than the header.
    pub const fn any_typ() -> Self {
        Self { types: &[], may_lack_typ: true, max_length: MAX_LENGTH }
    }
    /// Refuse tokens longer than `bytes` instead of 16 KiB.
    #[must_use]
    pub const fn max_length(mut self, bytes: usize) -> Self {
        self.max_length = bytes;
        self
    }

    fn accepts(&self, header: &Header) -> bool {
        let is_listed = self.types.iter().any(|typ| header.is_typ(typ));
        if header.typ.is_none() { self.may_lack_typ } else { is_listed || self.types.is_empty() }
    }
}

/// A token whose signature is good.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The protected header.
    pub header: Header,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl Verified {
    /// The claims as `T`.
    pub fn claims_as<T: DeserializeOwned>(self) -> Result<T, JwsError> {
        serde_json::from_value(Value::Object(self.claims)).map_err(|_| JwsError::Claims)
    }
}

/// Why a token is refused. It never quotes the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than allowed.
    #[error("the token is too long")]
    TooLong,
    /// Not three base64url parts, not JSON, or a member twice.
    #[error("the token is not a well-formed JWS")]
    Malformed,
    /// `crit` or `b64`: extensions this program doesn't understand.
    #[error("the token demands an extension that is not supported")]
    Critical,
    /// `none`, unknown, not allowed here, or not the key's.
    #[error("the token's algorithm is not acceptable here")]
    Algorithm,
    /// No key with its `kid` for its algorithm. The signer may have rotated keys.
    #[error("no key matches the token's kid and algorithm")]
    UnknownKey,
    /// `typ` is missing or another.
    #[error("the token's typ is not the one expected here")]
    Typ,
    /// The signature is not the key's.
    #[error("the token's signature does not verify")]
    Signature,
    /// The claims are not of the type the caller asked for.
    #[error("the token's claims are missing or of the wrong type")]
    Claims,
}

impl JwsError {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "jws.too_long",
            Self::Malformed => "jws.malformed",
            Self::Critical => "jws.critical",
            Self::Algorithm => "jws.algorithm",
            Self::UnknownKey => "jws.unknown_key",
            Self::Typ => "jws.typ",
            Self::Signature => "jws.signature",
            Self::Claims => "jws.claims",
        }
    }
}

/// The three parts of a compact serialization, still encoded.
pub(super) struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    signed: &'a str,
}

impl<'a> Parts<'a> {
    pub(super) fn split(token: &'a str, max_length: usize) -> Result<Self, JwsError> {
        if token.len() > max_length {
            return Err(JwsError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        if payload.contains('.') {
            return Err(JwsError::Malformed);
        }
        Ok(Self { header, payload, signature, signed })
    }
    pub(super) fn header(&self) -> Result<Header, JwsError> {
        Header::decode(self.header)
    }
}
