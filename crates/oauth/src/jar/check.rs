//! What a request object must be: signed by its client, meant for us, and of now.

use crate::pipeline::Endpoint;
use crate::{ClientMetadata, ErrorCode, Issuer, ProtocolError};
use jose::alg::Algorithm;
use jose::claims::{self, Audience, ClaimsError, Moment};
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use jose::jwks::Jwks;
use jose::jws::{self, JwsError, Policy};
use kernel::Timestamp;
use serde_json::{Map, Value};
use std::time::Duration;

/// How far two clocks may disagree.
const SKEW: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_hours(1);
/// How long a `jti` is remembered at most; an object that lives longer can't be used just once.
const MAX_MEMORY: Duration = Duration::from_hours(24);
const MAX_JTI: usize = 256;
/// The media type of RFC 9101 §10.8, by which an object says that it is one.
const TYP: &str = "oauth-authz-req+jwt";

/// What the check depends on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The client that sends the object.
    pub client: &'a ClientMetadata,
    /// Its public keys.
    pub keys: Option<&'a Jwks>,
    /// This organization's issuer.
    pub issuer: &'a Issuer,
    /// Where it was sent.
    pub endpoint: Endpoint,
    /// Whether the organization demands signed requests of everybody.
    pub is_signing_required: bool,
    /// Now.
    pub now: Timestamp,
}

/// An object that its client signed, for us and in its time.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(super) claims: Map<String, Value>,
    /// Whether nothing beside it may count, whatever OpenID Connect allows.
    pub(super) is_alone: bool,
    /// What must not have been used before, if the client says that the object is for one use.
    pub once: Option<Once>,
}

/// The name of an object that is for one use (RFC 7519 §4.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Its `jti`.
    pub jti: String,
    /// Until when its use must be remembered.
    pub until: Timestamp,
}

/// What is demanded of an object's claims.
struct Demands {
    /// Claims that must be there.
    has: &'static [&'static str],
    /// How far `exp` may lie ahead and `nbf` behind.
    within: Option<Duration>,
    /// What it may be signed with, if the client registered nothing.
    algorithms: &'static [Algorithm],
}

/// Of anybody: a claim that is there is checked (OpenID Connect Core §6.1, RFC 9101 §4).
const USUAL: Demands = Demands { has: &[], within: None, algorithms: &Algorithm::ASYMMETRIC };
/// Of clients that must sign (FAPI 2.0 Message Signing §5.3.1): an object that anybody could send again for years would protect
/// nothing. A FAPI profile may demand more.
const BOUND: Demands = Demands { has: &["iss", "aud", "exp", "nbf"], within: Some(HOUR), algorithms: &Algorithm::FAPI };

/// Of backchannel authentication requests (CIBA Core §7.1.1, FAPI-CIBA §5.2.2).
const BACKCHANNEL: Demands =
    Demands { has: &["iss", "aud", "exp", "iat", "nbf", "jti"], within: Some(HOUR), algorithms: &Algorithm::ASYMMETRIC };

impl Facts<'_> {
    fn is_backchannel(&self) -> bool {
        self.endpoint == Endpoint::BackchannelAuthentication
    }
    fn demands(&self) -> &'static Demands {
        if self.is_backchannel() {
            return &BACKCHANNEL;
        }
        let is_bound = self.is_signing_required || self.client.require_signed_request_object;
        if is_bound { &BOUND } else { &USUAL }
    }
    fn missing(&self, claims: &Map<String, Value>) -> Option<&'static str> {
        let mut needed = self.demands().has.iter().copied().chain(self.client.profile().object_claims());
        needed.find(|name| !claims.contains_key(*name))
    }
    fn span(&self) -> Option<Duration> {
        self.demands().within.into_iter().chain(self.client.profile().object_span()).min()
    }
    /// The registered algorithm, or else any that is accepted, as far as the profile of the client allows it.
    fn algorithms(&self) -> Vec<Algorithm> {
        let own = if self.is_backchannel() {
            &self.client.backchannel_authentication_request_signing_alg
        } else {
            &self.client.request_object_signing_alg
        };
        let wanted = own.as_ref().map_or(self.demands().algorithms, std::slice::from_ref).iter().copied();
        wanted.filter(|algorithm| self.client.profile().allows_algorithm(*algorithm)).collect()
    }
}

/// Check an object. With [`Refused::UnknownKey`], fetching the client's keys again may help.
///
/// # Errors
/// As typed.
pub fn check(object: &str, facts: &Facts<'_>) -> Result<Checked, Refused> {
    if is_unsigned(object) {
        return Err(Refused::Unsigned);
    }
    let keys = facts.keys.ok_or(Refused::UnknownKey)?;
    let policy = Policy::typ_or_none(&["JWT", TYP]);
    let verified = jws::verify_with_set(object, keys, &facts.algorithms(), &policy);
    let verified =
        verified.map_err(|error| if error == JwsError::UnknownKey { Refused::UnknownKey } else { Refused::Signature })?;
    let is_typed = verified.header.is_typ(TYP);
    let claims = verified.claims;
    check_names(&claims, facts, is_typed)?;
    let expires_at = check_times(&claims, facts)?;
    let once = once(&claims, expires_at, facts.now)?;
    let is_alone = is_typed || facts.span().is_some();
    Ok(Checked { claims, is_alone, once })
}

fn check_names(claims: &Map<String, Value>, facts: &Facts<'_>, is_typed: bool) -> Result<(), Refused> {
    if let Some(missing) = facts.missing(claims) {
        return Err(Refused::Claims(ClaimsError::Missing(missing)));
    }
    let is_client = |name| claims.get(name).is_none_or(|value| value.as_str() == Some(facts.client.client_id.as_str()));
    if !is_client("iss") || !is_client("client_id") {
        return Err(Refused::Client);
    }
    if claims.contains_key("aud") {
        Audience::of(claims).and_then(|audience| audience.includes(facts.issuer.as_str())).map_err(Refused::Claims)?;
    }
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return Err(Refused::Nested);
    }
    // What names the client as issuer and subject would pass for its proof of who it is (RFC 9101 §10.8).
    if !is_typed && claims.contains_key("sub") && is_client("sub") {
        return Err(Refused::Confusable);
    }
    Ok(())
}

/// The moment the object ends, if it says so.
fn check_times(claims: &Map<String, Value>, facts: &Facts<'_>) -> Result<Option<Timestamp>, Refused> {
    let moment = Moment::new(facts.now, SKEW);
    let begins_at = moment.started(claims).map_err(Refused::Claims)?;
    moment.issued(claims).map_err(Refused::Claims)?;
    let expires_at = match claims::time(claims, "exp").map_err(Refused::Claims)? {
        Some(_) => Some(moment.expires(claims).map_err(Refused::Claims)?),
        None => None,
    };
    let Some(within) = facts.span() else { return Ok(expires_at) };
    let (earliest, latest) = (facts.now.minus(within).minus(SKEW), facts.now.plus(within).plus(SKEW));
    if begins_at.is_some_and(|at| at < earliest) || expires_at.is_some_and(|at| at > latest) {
        return Err(Refused::Span);
    }
    Ok(expires_at)
}

/// Without an end there is no saying how long a use had to be remembered: such an object is not for one use.
fn once(claims: &Map<String, Value>, expires_at: Option<Timestamp>, now: Timestamp) -> Result<Option<Once>, Refused> {
    let jti = claims::text(claims, "jti").map_err(Refused::Claims)?;
    let (Some(jti), Some(expires_at)) = (jti, expires_at) else { return Ok(None) };
    if jti.len() > MAX_JTI {
        return Err(Refused::Claims(ClaimsError::Malformed("jti")));
    }
    if expires_at > now.plus(MAX_MEMORY) {
        return Err(Refused::Span);
    }
    Ok(Some(Once { jti: jti.to_owned(), until: expires_at.plus(SKEW) }))
}

/// Whether the header says `none`, however that is written.
fn is_unsigned(object: &str) -> bool {
    let header = object.split('.').next().and_then(|header| decode_base64url(header).ok());
    let members = header.and_then(|header| parse_strict_object(&header).ok()).unwrap_or_default();
    members.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.eq_ignore_ascii_case("none"))
}

/// Why an object is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its algorithm is `none`.
    #[error("Unsigned request objects are not supported.")]
    Unsigned,
    /// It can't be decrypted. There is deliberately no closer reason.
    #[error("The request object can't be decrypted with a key of this server.")]
    Encryption,
    /// No key of the client matches: it may have rotated its keys.
    #[error("No key of the client matches the request object.")]
    UnknownKey,
    /// Signature, algorithm, type or form.
    #[error("The request object is not signed as this client must sign.")]
    Signature,
    /// `iss` or `client_id` is somebody else.
    #[error("The request object's iss and client_id must be the client_id of the request.")]
    Client,
    /// A claim is missing, malformed, or of another time or audience.
    #[error("The request object is refused: {0}.")]
    Claims(ClaimsError),
    /// It lives too long, or began too long ago.
    #[error("The request object's exp lies too far ahead, or its nbf too far behind.")]
    Span,
    /// It refers to another request.
    #[error("A request object can't hold request or request_uri.")]
    Nested,
    /// It could be used as a client assertion.
    #[error("A request object of no type of its own must not name the client as sub.")]
    Confusable,
    /// It was used before.
    #[error("The request object was used before.")]
    Replay,
}

impl Refused {
    /// What the client is told about an object that was fetched.
    pub fn by_reference(self) -> ProtocolError {
        let code = match self {
            Self::Unsigned => ErrorCode::RequestUriNotSupported,
            _ => ErrorCode::InvalidRequestObject,
        };
        ProtocolError::new(code, self.to_string())
    }
    /// What the client is told at this endpoint. Whoever sends unsigned objects to the authorization endpoint learns that we don't support
    /// them (OpenID Connect Core §3.1.2.6).
    pub fn at(self, endpoint: Endpoint) -> ProtocolError {
        let code = match (self, endpoint) {
            (Self::Unsigned, Endpoint::Authorization) => ErrorCode::RequestNotSupported,
            // CIBA Core §13 knows no other name.
            (_, Endpoint::BackchannelAuthentication) => ErrorCode::InvalidRequest,
            _ => ErrorCode::InvalidRequestObject,
        };
        ProtocolError::new(code, self.to_string())
    }
}

#[cfg(test)]
pub(super) mod tests;
