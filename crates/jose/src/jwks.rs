//! Sets of keys (RFC 7517 §5).

use crate::alg::Algorithm;
use crate::json::parse_strict;
use crate::jwk::{Jwk, JwkError};
use crate::key::VerifyingKey;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;

/// The most keys a set may hold: more would let a stranger choose how often a signature is tried.
const MAX_KEYS: usize = 64;

/// A set of public keys, each parsed once for every algorithm it may verify.
#[derive(Debug, Default)]
pub struct Jwks {
    keys: Vec<Jwk>,
    verifying: Vec<VerifyingKey>,
}

impl Jwks {
    /// A set to publish. Every `kid` in it must be there and be unique.
    pub fn new(keys: Vec<Jwk>) -> Result<Self, JwkError> {
        let mut kids = HashSet::new();
        let is_unique = keys.iter().all(|key| key.kid.as_ref().is_some_and(|kid| kids.insert(kid)));
        if is_unique { Ok(Self::of(keys)) } else { Err(JwkError::Malformed) }
    }
    /// Read somebody's set from JSON text.
    ///
    /// Keys of a type, curve or use this program doesn't know are left out, as RFC 7517 §5 advises. A private or symmetric key, a
    /// malformed or weak one, two keys of one type and use with the same `kid`, or more than 64 keys fail the whole set: its owner should
    /// hear of that.
    pub fn parse(json: &[u8]) -> Result<Self, JwkError> {
        Self::from_value(&parse_strict(json)?)
    }
    /// [`Jwks::parse`] for JSON already parsed.
    pub fn from_value(json: &Value) -> Result<Self, JwkError> {
        let members = json.get("keys").and_then(Value::as_array).ok_or(JwkError::Malformed)?;
        if members.len() > MAX_KEYS {
            return Err(JwkError::Malformed);
        }
        let mut keys = Vec::new();
        for member in members {
            match Jwk::from_value(member) {
                Ok(key) => keys.push(key),
                Err(JwkError::Unsupported) => {}
                Err(error) => return Err(error),
            }
        }
        let mut seen = HashSet::new();
        let name = |key: &Jwk| key.kid.clone().map(|kid| (kid, key.key_type(), key.may_verify(), key.may_encrypt()));
        let is_unique = keys.iter().filter_map(name).all(|name| seen.insert(name));
        if is_unique { Ok(Self::of(keys)) } else { Err(JwkError::Malformed) }
    }
    /// The keys that may verify `algorithm`; with a `kid`, only those of that name.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &VerifyingKey> {
        self.verifying.iter().filter(move |key| key.algorithm() == algorithm && (kid.is_none() || key.kid() == kid))
    }
    /// All keys, in their order.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }
    /// The JSON document, `{"keys": [...]}`.
    pub fn to_json(&self) -> Value {
        serde_json::json!({ "keys": self.keys })
    }

    fn of(keys: Vec<Jwk>) -> Self {
        let fitting = |key| Algorithm::ASYMMETRIC.into_iter().filter_map(move |algorithm| VerifyingKey::new(key, algorithm).ok());
        let verifying = keys.iter().flat_map(fitting).collect();
        Self { keys, verifying }
    }
}

impl Serialize for Jwks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
