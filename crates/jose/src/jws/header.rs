//! The protected header, read before anything is verified.

use super::JwsError;
use crate::alg::Algorithm;
use crate::encoding::decode_base64url;
use crate::json::{parse_strict_object, text};
use crate::jwk::{Jwk, JwkError};
use serde_json::{Map, Value};

/// A JOSE header (RFC 7515 §4). Until the signature is verified it is only a claim: use it to find a key, never to trust one.
///
/// `jku`, `x5u` and `x5c` are not followed. `crit` is refused, for no extension is understood, and so is `b64` (RFC 7797).
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// `alg`.
    pub algorithm: Algorithm,
    /// `kid`.
    pub kid: Option<String>,
    /// `typ` as written.
    pub typ: Option<String>,
    members: Map<String, Value>,
}

impl Header {
    /// The header of a compact token, unverified.
    pub fn parse(token: &str) -> Result<Self, JwsError> {
        super::verify::Parts::split(token, super::verify::MAX_LENGTH)?.header()
    }
    /// The public key embedded as `jwk`, for protocols that mean it as the key to prove possession of (RFC 9449 §4.2). Anyone can
    /// put a key there: what it signs proves that somebody holds the key, not who.
    pub fn jwk(&self) -> Result<Jwk, JwkError> {
        Jwk::from_value(self.members.get("jwk").ok_or(JwkError::Malformed)?)
    }
    /// Any member by name, such as `trust_chain` or `jwt`.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }
    /// Whether `typ` names `media_type`: case doesn't count and `application/` may be left out (RFC 7515 §4.1.9).
    pub fn is_typ(&self, media_type: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| short(typ).eq_ignore_ascii_case(short(media_type)))
    }

    pub(super) fn decode(encoded: &str) -> Result<Self, JwsError> {
        let json = decode_base64url(encoded).map_err(|_| JwsError::Malformed)?;
        let members = parse_strict_object(&json).map_err(|_| JwsError::Malformed)?;
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(JwsError::Critical);
        }
        let text = |name| text(&members, name).map_err(|_| JwsError::Malformed);
        let alg = text("alg")?.ok_or(JwsError::Malformed)?;
        let algorithm = Algorithm::parse(alg).ok_or(JwsError::Algorithm)?;
        let kid = text("kid")?.map(str::to_owned);
        let typ = text("typ")?.map(str::to_owned);
        Ok(Self { algorithm, kid, typ, members })
    }
}

fn short(media_type: &str) -> &str {
    const PREFIX: &str = "application/";
    match media_type.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') => rest,
        _ => media_type,
    }
}
