//! JSON Web Signatures in compact form (RFC 7515), the way RFC 8725 wants them read.

mod header;
mod verify;

pub use header::Header;
pub use verify::{JwsError, Policy, Verified, verify, verify_payload, verify_with_set};

use crate::encoding::append_base64url;
use crate::key::{KeyError, SigningKey};
use serde::Serialize;
use serde_json::{Map, Value};

/// Sign `claims` under a header of `alg`, `kid` and `typ`.
///
/// `typ` says which kind of JWT this is (RFC 8725 §3.11): `at+jwt`, `JWT`, `logout+jwt`. The whole cost is one signature.
pub fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, SignError> {
    let mut header = Vec::with_capacity(128);
    header.extend_from_slice(key.header().as_bytes());
    serde_json::to_writer(&mut header, typ).map_err(|_| SignError::Serialization)?;
    header.push(b'}');
    sign_parts(key, &header, &serde_json::to_vec(claims).map_err(|_| SignError::Serialization)?)
}

/// Sign a payload under a header with members of the caller's choice, such as the `jwk` of a DPoP proof.
///
/// `alg` is always the key's; everything else, `kid` and `typ` too, is what `members` says.
pub fn sign_with_header(key: &SigningKey, members: &Map<String, Value>, payload: &[u8]) -> Result<String, SignError> {
    let mut members = members.clone();
    members.insert("alg".to_owned(), key.algorithm().name().into());
    let header = serde_json::to_vec(&members).map_err(|_| SignError::Serialization)?;
    sign_parts(key, &header, payload)
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The claims have no JSON form.
    #[error("the claims can't be written as JSON")]
    Serialization,
    /// The key refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}

fn sign_parts(key: &SigningKey, header: &[u8], payload: &[u8]) -> Result<String, SignError> {
    let mut token = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 360);
    append_base64url(&mut token, header);
    token.push('.');
    append_base64url(&mut token, payload);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    append_base64url(&mut token, &signature);
    Ok(token)
}
