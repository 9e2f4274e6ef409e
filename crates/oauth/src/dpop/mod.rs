//! Demonstrating Proof of Possession: tokens that only the holder of a key can use.
//!
//! RFC 9449. Supported: proofs at the token endpoint, at `UserInfo` and for the whole API (§5, §7); codes bound to a key by `dpop_jkt`
//! (§10); refresh tokens of public clients bound to the key of the first proof (§5); nonces (§8, §9) where the organization demands them;
//! each proof once (§11.1). A FAPI profile says which algorithms a client may use for its proofs; without one it is any asymmetric
//! algorithm. A proof may carry other claims; its `nbf` and `exp` are heeded.

mod nonce;
mod target;

pub use nonce::Nonces;

use crate::claim::{Claim, Claimed, Key};
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError};
use jose::alg::Algorithm;
use jose::claims::Moment;
use jose::digest::sha256;
use jose::encoding::{base64url, decode_base64url};
use jose::jws::{self, Header, JwsError, Policy};
use jose::key::VerifyingKey;
use kernel::{Fault, FaultKind, Secret, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "dpop",
    title: "OAuth 2.0 Demonstrating Proof of Possession (DPoP)",
    source: "RFC 9449",
    status: Status::Final,
    support: "proofs at token endpoint and resources, dpop_jkt, nonces, each proof once",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Settle),
        (Endpoint::Token, Stage::Check),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Token, Stage::Settle),
        (Endpoint::Userinfo, Stage::Authenticate),
        (Endpoint::BackchannelAuthentication, Stage::Check),
        (Endpoint::BackchannelAuthentication, Stage::Settle),
    ],
    metadata,
};

/// The `typ` of a proof.
const TYP: &str = "dpop+jwt";
/// A proof with an RSA key of 8192 bits stays below.
const MAX_PROOF: usize = 8 * 1024;
const MAX_JTI: usize = 256;
/// How far ahead of ours the clock of a client may be (FAPI 2.0 §5.3.2.1 no. 13).
const MAX_AHEAD: Duration = Duration::from_secs(10);
/// For how long a proof is good, unless the organization says otherwise: a minute.
pub const MAX_AGE: Duration = Duration::from_mins(1);

/// What a proof is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The addresses the endpoint is reached under, without query.
    pub uris: &'a [String],
    /// The access token the request carries, if it is one for a resource.
    pub access_token: Option<&'a Secret>,
    /// Algorithms the client may use; see [`algorithms`].
    pub algorithms: &'a [Algorithm],
    /// The nonces of the organization, if it demands them.
    pub nonces: Option<&'a Nonces>,
    /// For how long a proof is good.
    pub max_age: Duration,
    /// Now.
    pub now: Timestamp,
}

/// The algorithms a client's proofs may use.
pub fn algorithms(client: &ClientMetadata) -> &'static [Algorithm] {
    client.profile().algorithms()
}

/// The value of a challenge's `algs` (§7.1).
pub fn challenge_algorithms() -> String {
    Algorithm::ASYMMETRIC.map(Algorithm::name).join(" ")
}

/// `dpop_jkt` of an authorization request (§10): the thumbprint of the key that is to redeem the code.
///
/// # Errors
/// `invalid_request` for anything that is no SHA-256 as base64url.
pub fn parse_jkt(params: &Params) -> Result<Option<String>, ProtocolError> {
    let Some(jkt) = params.one("dpop_jkt")? else { return Ok(None) };
    match decode_base64url(jkt) {
        Ok(hash) if hash.len() == 32 => Ok(Some(jkt.to_owned())),
        _ => Err(ProtocolError::invalid_request("The dpop_jkt is not the SHA-256 thumbprint of a key.")),
    }
}

/// Check a proof (§4.3).
///
/// # Errors
/// [`Refused`].
pub fn check(proof: &str, expected: &Expected<'_>) -> Result<Proof, Refused> {
    let policy = Policy::typ(&[TYP]).max_length(MAX_PROOF);
    let header = Header::parse(proof).map_err(refused)?;
    if !expected.algorithms.contains(&header.algorithm) {
        return Err(Refused::Algorithm);
    }
    let jwk = header.jwk().map_err(|_| Refused::Key)?;
    let key = VerifyingKey::new(&jwk, header.algorithm).map_err(|_| Refused::Key)?;
    let claims = jws::verify(proof, &key, &policy).map_err(refused)?.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("htm") != Some(expected.method) {
        return Err(Refused::Method);
    }
    if !text("htu").is_some_and(|htu| expected.uris.iter().any(|uri| target::is_same(htu, uri))) {
        return Err(Refused::Target);
    }
    let signed_at = check_times(&claims, expected)?;
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= MAX_JTI).ok_or(Refused::Jti)?.to_owned();
    if let Some(token) = expected.access_token
        && text("ath") != Some(&base64url(sha256(token.expose().as_bytes())))
    {
        return Err(Refused::AccessToken);
    }
    if let Some(nonces) = expected.nonces
        && !text("nonce").is_some_and(|nonce| nonces.is_recent(nonce, expected.now))
    {
        return Err(Refused::Nonce);
    }
    Ok(Proof { jkt: jwk.thumbprint(), jti, signed_at, expires_at: signed_at.plus(expected.max_age) })
}

fn refused(error: JwsError) -> Refused {
    match error {
        JwsError::Algorithm => Refused::Algorithm,
        JwsError::Typ => Refused::Type,
        JwsError::Signature => Refused::Signature,
        JwsError::TooLong | JwsError::Malformed | JwsError::Critical | JwsError::UnknownKey | JwsError::Claims => {
            Refused::Malformed
        }
    }
}

/// The moment the proof was made.
fn check_times(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<Timestamp, Refused> {
    let moment = Moment::new(expected.now, MAX_AHEAD);
    let signed_at = moment.issued(claims).ok().flatten().ok_or(Refused::Time)?;
    let is_current = signed_at.plus(expected.max_age) >= expected.now
        && moment.started(claims).is_ok()
        && (!claims.contains_key("exp") || moment.expires(claims).is_ok());
    if is_current { Ok(signed_at) } else { Err(Refused::Time) }
}

/// A good proof, if it is used for the first time.
#[derive(Debug)]
#[must_use]
pub struct Proof {
    jkt: String,
    jti: String,
    signed_at: Timestamp,
    expires_at: Timestamp,
}

impl Proof {
    /// What has to be claimed.
    pub fn claim(&self) -> Claim {
        Claim::new(self.key())
    }
    /// The thumbprint of the key that the sender of the request holds, once the claim succeeded.
    ///
    /// # Errors
    /// [`Refused::Replay`] if the proof of the claim is another's.
    pub fn settle(self, claimed: &Claimed) -> Result<String, Refused> {
        if *claimed.key() == self.key() { Ok(self.jkt) } else { Err(Refused::Replay) }
    }
    /// The thumbprint, for comparisons before the claim.
    pub fn jkt(&self) -> &str {
        &self.jkt
    }
    /// Which of that key's proofs it is.
    pub fn jti(&self) -> &str {
        &self.jti
    }
    /// The moment signed into it: the same proof always has the same.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }
    /// Until when it would be good.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    fn key(&self) -> Key {
        let Self { jkt, jti, signed_at, expires_at } = self;
        Key::Proof { jkt: jkt.clone(), jti: jti.clone(), signed_at: *signed_at, expires_at: *expires_at }
    }
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More than one `DPoP` header.
    #[error("There is more than one DPoP proof.")]
    Several,
    /// No proof, where the token is bound to a key.
    #[error("There is no DPoP proof.")]
    Missing,
    /// Not a JWS with JSON claims, too long, or with critical extensions.
    #[error("The DPoP proof is not a well-formed JWT.")]
    Malformed,
    /// `typ` is not `dpop+jwt`.
    #[error("The typ of the DPoP proof is not dpop+jwt.")]
    Type,
    /// `none`, symmetric, unknown, or not for this client.
    #[error("The alg of the DPoP proof is not accepted here.")]
    Algorithm,
    /// `jwk` is missing, private, symmetric, weak, or doesn't fit `alg`.
    #[error("The jwk of the DPoP proof is not a public key that fits its alg.")]
    Key,
    /// The signature is not the key's.
    #[error("The signature of the DPoP proof does not verify.")]
    Signature,
    /// `htm`.
    #[error("The htm of the DPoP proof is not the method of this request.")]
    Method,
    /// `htu`.
    #[error("The htu of the DPoP proof is not the address of this request.")]
    Target,
    /// `iat`, `nbf` or `exp`.
    #[error("The DPoP proof is too old, or not valid yet.")]
    Time,
    /// `jti` is missing or too long.
    #[error("The DPoP proof needs a jti.")]
    Jti,
    /// `ath`.
    #[error("The ath of the DPoP proof is not the hash of the access token.")]
    AccessToken,
    /// The token or code is bound to another key.
    #[error("The DPoP proof was made with another key.")]
    OtherKey,
    /// It was used before.
    #[error("The DPoP proof was used before.")]
    Replay,
    /// `nonce` is missing, or not one of ours, or no longer.
    #[error("The DPoP proof must carry the nonce of the DPoP-Nonce header.")]
    Nonce,
}

impl Refused {
    const fn code(self) -> ErrorCode {
        match self {
            Self::Nonce => ErrorCode::UseDpopNonce,
            _ => ErrorCode::InvalidDpopProof,
        }
    }
    /// The refusal of a protected resource (§7.1): 401, where the token endpoint says 400.
    pub fn at_resource(self) -> Fault {
        Fault::new(FaultKind::Unauthenticated, self.code().code(), self.to_string())
    }
}

impl From<Refused> for ProtocolError {
    fn from(refused: Refused) -> Self {
        Self::new(refused.code(), refused.to_string())
    }
}

fn metadata(_: &Facts<'_>, document: &mut Document) {
    document.add("dpop_signing_alg_values_supported", Algorithm::ASYMMETRIC.map(Algorithm::name));
}

#[cfg(test)]
mod tests;
