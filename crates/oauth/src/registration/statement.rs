//! Software statements (RFC 7591 §2.3): metadata somebody else signed for the client.

use jose::alg::Algorithm;
use jose::claims::{self, Moment};
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use jose::jwks::Jwks;
use jose::jws::{self, Policy};
use kernel::{Fault, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// How far two clocks may disagree.
const SKEW: Duration = Duration::from_secs(10);
/// What a registration request calls it.
const MEMBER: &str = "software_statement";

/// Why a statement doesn't count. Whoever registers learns `invalid_software_statement`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// No JWT, or without an issuer.
    #[error("the software statement must be a signed JWT with an iss")]
    Malformed,
    /// The organization doesn't trust its issuer.
    #[error("this organization does not trust the issuer of the software statement")]
    Untrusted,
    /// Its issuer's keys don't verify it.
    #[error("the software statement does not verify with its issuer's keys")]
    Signature,
    /// It has ended, or not begun.
    #[error("the software statement is outside its time")]
    Time,
    /// There is none where there must be one.
    #[error("this organization takes registrations with a software statement only")]
    Missing,
}

impl From<StatementError> for Fault {
    fn from(error: StatementError) -> Self {
        Self::invalid("invalid_software_statement", error.to_string())
    }
}

/// Who claims to have signed a statement. Nothing is proven by that.
///
/// # Errors
/// If it is no JWT with an issuer.
pub fn issuer_of(statement: &str) -> Result<String, StatementError> {
    let payload = statement.split('.').nth(1).and_then(|part| decode_base64url(part).ok());
    let claims = payload.and_then(|payload| parse_strict_object(&payload).ok()).ok_or(StatementError::Malformed)?;
    claims::required_text(&claims, "iss").map(str::to_owned).map_err(|_| StatementError::Malformed)
}

/// Verify a statement with the keys of its issuer. It may live for ever; if it says when it ends, it has not ended.
///
/// # Errors
/// Why it doesn't count.
pub fn verify_statement(
    statement: &str,
    issuer: &str,
    keys: &Jwks,
    now: Timestamp,
) -> Result<Map<String, Value>, StatementError> {
    let verified = jws::verify_with_set(statement, keys, &Algorithm::ASYMMETRIC, &Policy::any_typ());
    let claims = verified.map_err(|_| StatementError::Signature)?.claims;
    claims::issuer(&claims, issuer).map_err(|_| StatementError::Untrusted)?;
    let moment = Moment::new(now, SKEW);
    let has_begun = moment.started(&claims).is_ok() && moment.issued(&claims).is_ok();
    let has_ended = claims.contains_key("exp") && moment.expires(&claims).is_err();
    if has_begun && !has_ended { Ok(claims) } else { Err(StatementError::Time) }
}

/// The request as the statement has it: what it says goes before what the request says.
pub fn with_statement(mut document: Map<String, Value>, claims: Map<String, Value>) -> Map<String, Value> {
    document.extend(claims.into_iter().filter(|(name, _)| name != MEMBER));
    document
}
