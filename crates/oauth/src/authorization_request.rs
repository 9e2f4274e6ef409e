//! The authorization request.
//!
//! RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, §3.2.2.1, §3.3.2.1, RFC 9700 §2.1. Supported: every parameter of those sections, by
//! GET or POST; which response types there are, `response_type` says. Not supported: `request` and `request_uri` (RFC 9101), which
//! are refused by name and never ignored.
//!
//! A request is read in three steps, because what went wrong decides who is told: [`client_id`] and [`return_address`] fail
//! with an error for a page, and only what [`parse`] finds goes back to the client, through
//! [`response_mode`].

use crate::claims_request::{self, ClaimsRequest};
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::pkce::{self, Challenge};
use crate::prompt::{self, Prompt};
use crate::rar::{self, Details};
use crate::response_mode::{self, ResponseMode};
use crate::response_type::{self, ResponseType};
use crate::{ClientMetadata, ErrorCode, Params, ProtocolError, dpop, jar, par, redirect_uri, resource, scope};
use kernel::{ClientId, Scopes, Secret};
use serde::{Deserialize, Serialize};
use std::fmt;

/// This room.
pub const ROOM: Room = Room {
    name: "authorization_request",
    title: "The authorization request",
    source: "RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1",
    status: Status::Final,
    support: "every parameter of OpenID Connect; request and request_uri are refused",
    visits: &[
        (Endpoint::Authorization, Stage::Parse),
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Parse),
        (Endpoint::PushedAuthorization, Stage::Check),
    ],
    metadata,
};

const MAX_STATE: usize = 4096;
const MAX_NONCE: usize = 1024;
const MAX_HINT: usize = 512;
const MAX_LIST: usize = 16;

/// Where the answer to a request goes. It exists only for a redirect URI that is registered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAddress {
    /// As presented, and registered.
    pub redirect_uri: String,
    /// How the answer is put into it.
    pub response_mode: ResponseMode,
    /// The client's `state`, to be given back as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// An authorization request that is well formed and that this client may make. It can be stored as JSON while the person signs
/// in; the raw `id_token_hint` is left out then, so [`AuthorizationRequest::hinted_subject`] must be set before.
#[derive(Clone, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "facts of a request that stand each for itself")]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// What it wants back. Requests stored before there was a choice wanted a code.
    #[serde(default)]
    pub response_type: ResponseType,
    /// Where the answer goes.
    pub return_address: ReturnAddress,
    /// Whether `redirect_uri` was in the request; the token request must then repeat it (RFC 6749 §4.1.3).
    pub is_redirect_uri_sent: bool,
    /// What is asked for, as far as the client may.
    pub scopes: Scopes,
    /// To be repeated in the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// What the person must be asked.
    #[serde(default)]
    pub prompt: Prompt,
    /// Seconds that may have passed since the person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u32>,
    /// `display`. A hint; pages look the same for every value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// Whom the client expects; pre-fills the sign-in page and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// An earlier ID token about the person, to be verified with [`crate::id_token::check_hint`].
    #[serde(skip)]
    pub id_token_hint: Option<Secret>,
    /// The subject of the verified hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hinted_subject: Option<String>,
    /// Wanted authentication context classes, in order of preference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
    /// Whether one of them is a must (an essential `acr` claim).
    #[serde(default)]
    pub is_acr_essential: bool,
    /// Preferred languages, as BCP 47 tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ui_locales: Vec<String>,
    /// Single claims asked for.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// The PKCE challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// The thumbprint of the key that is to redeem the code (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// Resource servers the tokens are for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What exactly is to be allowed. Whether it may be asked for, [`crate::rar::check`] says.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub authorization_details: Details,
    /// Whether it was pushed (RFC 9126).
    #[serde(default)]
    pub is_pushed: bool,
    /// Whether it was an object that the client signed (RFC 9101).
    #[serde(default)]
    pub is_signed: bool,
}

/// Step one: who asks.
///
/// # Errors
/// For a page.
pub fn client_id(params: &Params) -> Result<ClientId, ProtocolError> {
    params.required("client_id").map(ClientId::from)
}

/// Step two: where the answer goes.
///
/// # Errors
/// For a page: the redirect URI is not registered, or the client is switched off.
pub fn return_address(params: &Params, client: &ClientMetadata) -> Result<ReturnAddress, ProtocolError> {
    if !client.is_active {
        return Err(ProtocolError::new(ErrorCode::UnauthorizedClient, "This client is switched off."));
    }
    let redirect_uri = redirect_uri::resolve(params, client)?;
    if !client.profile().allows_redirect_uri(&redirect_uri, client.application_type) {
        return Err(ProtocolError::invalid_request("The redirect_uri is not one that the client's FAPI profile allows."));
    }
    let response_mode = response_mode::of_request(params);
    let state = params.one("state").ok().flatten().map(str::to_owned);
    Ok(ReturnAddress { redirect_uri, response_mode, state })
}

/// Step three: everything else. `offered` are the response types the organization has switched on.
///
/// # Errors
/// For the client, at its return address.
pub fn parse(
    params: &Params,
    client: &ClientMetadata,
    offered: &[ResponseType],
    return_address: ReturnAddress,
) -> Result<AuthorizationRequest, ProtocolError> {
    params.check_unique()?;
    check_request_object(params)?;
    let response_type = response_type::parse(params, client, offered)?;
    response_mode::check(params, response_type)?;
    check_sizes(params)?;
    let claims = claims_request::parse(params)?;
    let asked_acrs = Some(list(params, "acr_values")?).filter(|asked| !asked.is_empty());
    let default_acrs = || (asked_acrs.unwrap_or_else(|| client.default_acr_values.clone()), false);
    let (acr_values, is_acr_essential) = claims.acr().unwrap_or_else(default_acrs);
    let resources = resource::parse(params)?;
    resource::check_registered(&resources, client)?;
    let authorization_details = rar::parse(params)?.unwrap_or_default();
    let scopes = match scope::parse(params)? {
        // Who says exactly what is wanted wants nothing else besides (RFC 9396 §3).
        None if !authorization_details.is_empty() => Scopes::default(),
        asked => scope::for_authorization(asked.as_ref(), client)?,
    };
    let is_offline = params.one("access_type")? == Some("offline");
    let scopes = response_type.grantable(if is_offline { scope::with_offline_access(scopes, client) } else { scopes });
    // Without `openid` nobody is told anything by name.
    let claims = if scopes.has(scope::OPENID) { claims.within(&client.scopes) } else { ClaimsRequest::default() };
    let nonce = text(params, "nonce")?;
    response_type::check_openid(response_type, &scopes, nonce.as_deref())?;
    let request = AuthorizationRequest {
        client_id: client.client_id.clone(),
        response_type,
        return_address,
        is_redirect_uri_sent: params.has("redirect_uri"),
        scopes,
        nonce,
        prompt: prompt::parse(params)?,
        max_age: max_age(params)?.or(client.default_max_age),
        display: text(params, "display")?,
        login_hint: text(params, "login_hint")?,
        id_token_hint: params.secret("id_token_hint")?,
        hinted_subject: None,
        acr_values,
        is_acr_essential,
        ui_locales: list(params, "ui_locales")?,
        claims,
        challenge: if response_type.has_code() { pkce::parse(params, client)? } else { None },
        dpop_jkt: dpop::parse_jkt(params)?,
        resources,
        authorization_details,
        is_pushed: false,
        is_signed: false,
    };
    client.profile().check_request(params, &request)?;
    Ok(request)
}

/// Whether a request that was taken some time ago is one that the client may still make: it, its profile or its organization may have
/// become stricter since then.
///
/// # Errors
/// For the client, at its return address.
pub fn check_again(
    request: &AuthorizationRequest,
    client: &ClientMetadata,
    must_be_pushed: bool,
    must_be_signed: bool,
) -> Result<(), ProtocolError> {
    if !request.is_pushed {
        par::check_optional(client, must_be_pushed)?;
    }
    if !request.is_signed {
        jar::check_optional(client, must_be_signed)?;
    }
    if request.response_type.has_code() {
        pkce::check_again(request.challenge.as_ref(), client)?;
    }
    client.profile().check_again(request)
}

impl AuthorizationRequest {
    /// The preferred languages as one text, if there are any.
    pub fn ui_locales(&self) -> Option<String> {
        Some(self.ui_locales.join(" ")).filter(|locales| !locales.is_empty())
    }
    /// Whether it is an OpenID Connect authentication request.
    pub fn is_openid(&self) -> bool {
        self.scopes.has(scope::OPENID)
    }
    /// What people are asked about: the scopes, and those that would open the single claims.
    pub fn asked_of_people(&self) -> Scopes {
        self.scopes.union(&self.claims.scopes())
    }
    /// Whether `subject` is a person the client would accept: nobody else was named by hint or claim.
    pub fn accepts_subject(&self, subject: &str) -> bool {
        self.hinted_subject.as_ref().is_none_or(|hinted| hinted == subject) && self.claims.accepts_subject(subject)
    }
    /// Whether the client named a person.
    pub fn names_subject(&self) -> bool {
        self.hinted_subject.is_some() || self.claims.names_subject()
    }
}

fn check_request_object(params: &Params) -> Result<(), ProtocolError> {
    if params.has("request") {
        return Err(ProtocolError::new(ErrorCode::RequestNotSupported, "The request parameter is not supported."));
    }
    if params.has("request_uri") {
        return Err(ProtocolError::new(ErrorCode::RequestUriNotSupported, "The request_uri parameter is not supported."));
    }
    Ok(())
}

fn check_sizes(params: &Params) -> Result<(), ProtocolError> {
    for (name, limit) in [("state", MAX_STATE), ("nonce", MAX_NONCE), ("login_hint", MAX_HINT), ("display", MAX_HINT)] {
        if params.one(name)?.is_some_and(|value| value.len() > limit) {
            return Err(ProtocolError::invalid_request(format!("The parameter {name} is longer than {limit} bytes.")));
        }
    }
    Ok(())
}

fn max_age(params: &Params) -> Result<Option<u32>, ProtocolError> {
    let Some(text) = params.one("max_age")? else { return Ok(None) };
    let is_number = text.bytes().all(|c| c.is_ascii_digit());
    let parsed = text.parse::<u64>().ok().filter(|_| is_number);
    let seconds = parsed.ok_or_else(|| ProtocolError::invalid_request("max_age must be a number of seconds."))?;
    Ok(Some(u32::try_from(seconds).unwrap_or(u32::MAX)))
}

fn text(params: &Params, name: &str) -> Result<Option<String>, ProtocolError> {
    Ok(params.one(name)?.map(str::to_owned))
}

fn list(params: &Params, name: &str) -> Result<Vec<String>, ProtocolError> {
    Ok(params.one(name)?.unwrap_or_default().split_ascii_whitespace().take(MAX_LIST).map(str::to_owned).collect())
}

impl fmt::Debug for ReturnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.redirect_uri, self.response_mode.as_str())
    }
}
impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AuthorizationRequest");
        shown.field("client_id", &self.client_id).field("to", &self.return_address).field("scopes", &self.scopes);
        shown.finish_non_exhaustive()
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    document.set("authorization_endpoint", facts.issuer.endpoint("oauth/authorize"));
}

#[cfg(test)]
mod tests;
