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
mod tests {
    use super::*;
    use crate::client::ClientType;
    use proptest::prelude::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client() -> ClientMetadata {
        ClientMetadata {
            redirect_uris: vec!["https://app.example/cb".into()],
            audience_uris: vec!["https://api.example".into()],
            ..ClientMetadata::new("c")
        }
    }
    fn request(more: &[(&str, &str)]) -> Result<AuthorizationRequest, ProtocolError> {
        with(&client(), more)
    }
    fn with(client: &ClientMetadata, more: &[(&str, &str)]) -> Result<AuthorizationRequest, ProtocolError> {
        let mut pairs = vec![("client_id", "c"), ("redirect_uri", "https://app.example/cb"), ("response_type", "code")];
        pairs.push(("scope", "openid email"));
        pairs.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let params = Params::collect(pairs.into_iter().chain(more.iter().copied())).unwrap();
        parse(&params, client, &ResponseType::ALL, return_address(&params, client)?)
    }
    fn refusal(more: &[(&str, &str)]) -> ErrorCode {
        request(more).unwrap_err().code
    }

    #[test]
    fn a_full_request_is_read() {
        let request = request(&[
            ("state", "s"),
            ("nonce", "n"),
            ("prompt", "login consent"),
            ("max_age", "300"),
            ("acr_values", "phr urn:lumoauth:acr:mfa"),
            ("ui_locales", "de en"),
            ("display", "popup"),
            ("login_hint", "a@b.example"),
            ("id_token_hint", "x.y.z"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", "https://api.example"),
            ("response_mode", "form_post"),
            ("access_type", "offline"),
        ])
        .unwrap();
        assert_eq!(request.return_address.response_mode, ResponseMode::FormPost);
        assert_eq!(request.return_address.state.as_deref(), Some("s"));
        assert!(request.is_openid() && request.is_redirect_uri_sent);
        assert_eq!((request.max_age, request.acr_values.len(), request.ui_locales.len()), (Some(300), 2, 2));
        assert_eq!(request.resources, ["https://api.example"]);
        assert!(request.challenge.is_some() && request.id_token_hint.is_some());
    }

    #[test]
    fn access_type_offline_asks_for_offline_access_where_the_client_may_have_it() {
        let may = ClientMetadata { scopes: Scopes::parse("openid offline_access").unwrap(), ..client() };
        let asked = |client: &ClientMetadata, value: &str| {
            with(client, &[("scope", "openid"), ("access_type", value)]).unwrap().scopes.has("offline_access")
        };
        assert!(asked(&may, "offline"));
        assert!(!asked(&may, "online") && !asked(&may, "Offline"));
        assert!(!asked(&client(), "offline"));
    }

    #[test]
    fn a_stored_request_reads_back_without_the_raw_hint() {
        let mut request = request(&[("id_token_hint", "x.y.z"), ("claims", r#"{"id_token":{"acr":null}}"#)]).unwrap();
        request.hinted_subject = Some("u1".into());
        let json = serde_json::to_value(&request).unwrap();
        assert!(!json.to_string().contains("x.y.z"));
        let read: AuthorizationRequest = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), json);
    }

    #[test]
    fn attack_4_other_response_types_and_request_objects_are_refused_by_name() {
        for (more, expected) in [
            (("response_type", "token"), ErrorCode::UnsupportedResponseType),
            (("response_type", "id_token"), ErrorCode::UnsupportedResponseType),
            (("response_type", "code id_token"), ErrorCode::UnsupportedResponseType),
            (("response_type", "none"), ErrorCode::UnsupportedResponseType),
            (("response_type", ""), ErrorCode::InvalidRequest),
            (("response_mode", "web_message"), ErrorCode::InvalidRequest),
            (("response_mode", "web_message.jwt"), ErrorCode::InvalidRequest),
            (("request", "x.y.z"), ErrorCode::RequestNotSupported),
            (("request_uri", "https://x.example"), ErrorCode::RequestUriNotSupported),
            (("scope", "unknown"), ErrorCode::InvalidScope),
            (("resource", "https://other.example"), ErrorCode::InvalidTarget),
            (("max_age", "-1"), ErrorCode::InvalidRequest),
            (("max_age", "+1"), ErrorCode::InvalidRequest),
            (("max_age", "soon"), ErrorCode::InvalidRequest),
            (("prompt", "none login"), ErrorCode::InvalidRequest),
            (("claims", "{"), ErrorCode::InvalidRequest),
        ] {
            assert_eq!(refusal(&[more]), expected, "{more:?}");
        }
    }

    #[test]
    fn errors_of_token_types_go_to_the_fragment_even_if_the_query_was_asked_for() {
        for mode in ["", "query", "fragment"] {
            let pairs =
                [("redirect_uri", "https://app.example/cb"), ("response_type", "id_token token"), ("response_mode", mode)];
            let address = return_address(&Params::collect(pairs).unwrap(), &client()).unwrap();
            assert_eq!(address.response_mode, ResponseMode::Fragment);
        }
        let pairs = [("redirect_uri", "https://app.example/cb"), ("response_type", "token"), ("response_mode", "form_post")];
        assert_eq!(return_address(&Params::collect(pairs).unwrap(), &client()).unwrap().response_mode, ResponseMode::FormPost);
    }

    #[test]
    fn what_is_wrong_with_client_or_redirect_uri_is_for_the_page() {
        assert!(client_id(&Params::default()).is_err());
        let twice = Params::from_form(b"client_id=a&client_id=b").unwrap();
        assert!(client_id(&twice).is_err());
        let off = ClientMetadata { is_active: false, ..client() };
        let params = Params::collect([("redirect_uri", "https://app.example/cb")]).unwrap();
        assert_eq!(return_address(&params, &off).unwrap_err().code, ErrorCode::UnauthorizedClient);
        let evil = Params::collect([("redirect_uri", "https://app.example/cb/")]).unwrap();
        assert!(return_address(&evil, &client()).is_err());
    }

    #[test]
    fn a_repeated_parameter_goes_back_to_the_client_but_a_repeated_state_does_not() {
        let query = b"client_id=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&state=a&state=b";
        let params = Params::from_form(query).unwrap();
        let address = return_address(&params, &client()).unwrap();
        assert_eq!(address.state, None);
        assert_eq!(parse(&params, &client(), &ResponseType::ALL, address).unwrap_err().code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn a_client_without_the_grant_or_response_type_is_not_authorized() {
        let no_grant = ClientMetadata { grant_types: vec!["client_credentials".into()], ..client() };
        assert_eq!(with(&no_grant, &[]).unwrap_err().code, ErrorCode::UnauthorizedClient);
        let no_type = ClientMetadata { response_types: vec!["none".into()], ..client() };
        assert_eq!(with(&no_type, &[]).unwrap_err().code, ErrorCode::UnauthorizedClient);
    }

    #[test]
    fn a_public_client_without_pkce_is_refused() {
        let public = ClientMetadata { client_type: ClientType::Public, ..client() };
        assert_eq!(with(&public, &[]).unwrap_err().code, ErrorCode::InvalidRequest);
        assert!(with(&public, &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]).is_ok());
    }

    #[test]
    fn long_states_and_nonces_are_kept_whole_or_refused() {
        let state = "s".repeat(1000);
        let nonce = "n".repeat(384);
        let read = request(&[("state", &state), ("nonce", &nonce)]).unwrap();
        assert_eq!(read.return_address.state.unwrap(), state);
        assert_eq!(read.nonce.unwrap(), nonce);
        assert_eq!(refusal(&[("nonce", &"n".repeat(2000))]), ErrorCode::InvalidRequest);
        assert_eq!(refusal(&[("state", &"s".repeat(5000))]), ErrorCode::InvalidRequest);
    }

    #[test]
    fn an_enormous_max_age_means_no_limit_and_a_default_comes_from_the_client() {
        assert_eq!(request(&[("max_age", "99999999999")]).unwrap().max_age, Some(u32::MAX));
        let strict = ClientMetadata { default_max_age: Some(60), ..client() };
        assert_eq!(with(&strict, &[]).unwrap().max_age, Some(60));
        assert_eq!(with(&strict, &[("max_age", "5")]).unwrap().max_age, Some(5));
    }

    #[test]
    fn acr_values_come_from_the_request_and_only_without_any_from_the_client() {
        let strict = ClientMetadata { default_acr_values: vec!["phr".into()], ..client() };
        let asked = |more: &[(&str, &str)]| {
            let request = with(&strict, more).unwrap();
            (request.acr_values.join(" "), request.is_acr_essential)
        };
        assert_eq!(asked(&[]), ("phr".to_owned(), false));
        assert_eq!(asked(&[("acr_values", "urn:lumoauth:acr:mfa")]), ("urn:lumoauth:acr:mfa".to_owned(), false));
        let essential = r#"{"id_token":{"acr":{"essential":true,"value":"phrh"}}}"#;
        assert_eq!(asked(&[("claims", essential), ("acr_values", "phr")]), ("phrh".to_owned(), true));
    }

    #[test]
    fn single_claims_are_asked_for_only_with_openid_and_within_what_the_client_may_have() {
        let client = ClientMetadata { scopes: Scopes::parse("openid email").unwrap(), ..client() };
        let wishes = ("claims", r#"{"userinfo":{"email":null,"name":null}}"#);
        let request = with(&client, &[("scope", "openid"), wishes]).unwrap();
        assert_eq!(request.claims.userinfo.keys().collect::<Vec<_>>(), ["email"]);
        assert_eq!(request.asked_of_people().to_string(), "email openid");
        let plain = with(&client, &[("scope", "email"), wishes]).unwrap();
        assert!(plain.claims.is_empty());
        assert_eq!(plain.asked_of_people().to_string(), "email");
    }

    #[test]
    fn a_named_subject_must_be_the_person() {
        let mut request = request(&[("claims", r#"{"id_token":{"sub":{"value":"u1"}}}"#)]).unwrap();
        assert!(request.names_subject() && request.accepts_subject("u1") && !request.accepts_subject("u2"));
        request.hinted_subject = Some("u2".into());
        assert!(!request.accepts_subject("u1"));
    }

    #[test]
    fn debug_shows_no_state_nonce_or_hint() {
        let shown = format!("{:?}", request(&[("state", "hunter1"), ("nonce", "hunter2"), ("login_hint", "hunter3")]).unwrap());
        assert!(!shown.contains("hunter"), "{shown}");
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_values_parse_or_are_refused(values in proptest::collection::vec(("[a-z_]{1,20}", "[^\0]{0,40}"), 0..10)) {
            let pairs = [("redirect_uri".to_owned(), "https://app.example/cb".to_owned())].into_iter().chain(values);
            let params = Params::collect(pairs).unwrap();
            if let Ok(address) = return_address(&params, &client()) {
                let _ = parse(&params, &client(), &ResponseType::ALL, address);
            }
        }
    }
}
