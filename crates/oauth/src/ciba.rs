//! Client-Initiated Backchannel Authentication: a client names a person, who approves or refuses on a device of their own.
//!
//! OpenID Connect CIBA Core 1.0, FAPI-CIBA Profile ID1. Supported: poll, ping and push; signed requests, which a client that registered an
//! algorithm for them must send; the three hints; `acr_values`, of which the weakest must be reached by whoever approves; authorization
//! details (RFC 9396). A `login_hint_token` is a JWT that the client signed, with the person as `sub_id` (RFC 9493: `email`, `iss_sub` or
//! `opaque`). A client that registered `backchannel_user_code_parameter` must send the code that the person set: then nothing is said
//! about who is known here, for nobody and a wrong code are answered alike. Not supported: asking without `openid`.

use crate::client::DeliveryMode;
use crate::decoupled::Asked;
use crate::grant::CIBA;
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::text::is_deceptive;
use crate::{ClientMetadata, ErrorCode, Issuer, Params, ProtocolError, pkce, rar, resource, scope};
use jose::alg::Algorithm;
use jose::claims::{Audience, ClaimsError, Moment, issuer as check_issuer};
use jose::jwks::Jwks;
use jose::jws::{self, Policy};
use kernel::{Secret, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "ciba",
    title: "OpenID Connect Client-Initiated Backchannel Authentication",
    source: "CIBA Core 1.0, FAPI-CIBA ID1",
    status: Status::Final,
    support: "poll, ping and push; signed requests; user codes; agents by their own access token",
    visits: &[
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Token, Stage::Settle),
        (Endpoint::BackchannelAuthentication, Stage::Parse),
        (Endpoint::BackchannelAuthentication, Stage::Check),
        (Endpoint::BackchannelAuthentication, Stage::Respond),
    ],
    metadata,
};

/// How long a request waits unless it says otherwise.
pub const LIFETIME: Duration = Duration::from_mins(2);
/// How long it waits at most, whatever it says.
const LONGEST: u64 = 3600;
/// Characters of a binding message: what a person can compare.
const MAX_MESSAGE: usize = 256;
/// Characters of a `client_notification_token` (§7.1).
const MAX_NOTIFICATION_TOKEN: usize = 1024;
/// The fewest that 128 bits need (§7.1).
const MIN_NOTIFICATION_TOKEN: usize = 16;
const MAX_HINT: usize = 512;
const SKEW: Duration = Duration::from_secs(10);

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the person is asked.
    pub asked: Asked,
    /// Whom the client means.
    pub hint: Hint,
    /// What the person sees at both devices.
    pub binding_message: Option<String>,
    /// The code by which the person lets this client ask; always there if it registered for that.
    pub user_code: Option<Secret>,
    /// How long it waits.
    pub lifetime: Duration,
    /// How the client learns what came of it.
    pub delivery: DeliveryMode,
    /// What a notification is sent with.
    pub notification_token: Option<Secret>,
}

/// Whom a client means.
#[derive(Clone, Debug)]
pub enum Hint {
    /// What the person would sign in with.
    Login(String),
    /// An earlier ID token about them.
    IdToken(Secret),
    /// A token the client made.
    LoginToken(Secret),
}

/// Whom a client means, once its hint was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// An e-mail address or a username.
    Login(String),
    /// A `sub`, as this client knows it.
    Subject(String),
}

/// Whether a client may ask at all, and must sign what it asks.
///
/// # Errors
/// `unauthorized_client`.
pub fn check_client(client: &ClientMetadata) -> Result<DeliveryMode, ProtocolError> {
    let mode = client.backchannel_token_delivery_mode.filter(|_| client.may_use_grant(CIBA) && !client.is_public());
    // FAPI-CIBA §5.2.2: tokens whose key must be proven are never pushed.
    let is_allowed = |mode: &DeliveryMode| *mode != DeliveryMode::Push || !client.profile().must_bind();
    mode.filter(is_allowed).ok_or_else(unauthorized)
}

/// Whether plain parameters will do.
///
/// # Errors
/// `invalid_request` if the client registered that it signs.
pub fn check_optional(client: &ClientMetadata) -> Result<(), ProtocolError> {
    if client.backchannel_authentication_request_signing_alg.is_some() || client.profile().must_sign() {
        return Err(ProtocolError::invalid_request("The request must be a signed request object."));
    }
    Ok(())
}

/// The answer to a client that may not use the grant, or whose organization has switched it off.
pub fn unauthorized() -> ProtocolError {
    ProtocolError::new(ErrorCode::UnauthorizedClient, "This client may not use backchannel authentication.")
}

/// The same request with `openid` in its scope: agents need not say it (see the published contract).
///
/// # Errors
/// `invalid_request` if a parameter is repeated.
pub fn with_openid(params: &Params) -> Result<Params, ProtocolError> {
    let asked = params.one("scope")?.unwrap_or_default();
    let scope = if asked.split(' ').any(|name| name == scope::OPENID) { asked.to_owned() } else { format!("openid {asked}") };
    let others = params.pairs().filter(|(name, _)| *name != "scope");
    Params::collect(others.chain([("scope", scope.trim_end())]))
}

/// Read a request, wherever its parameters stood.
///
/// # Errors
/// As CIBA Core §13 names them.
pub fn parse(params: &Params, client: &ClientMetadata) -> Result<Request, ProtocolError> {
    params.check_unique()?;
    let delivery = check_client(client)?;
    let scopes = scope::parse(params)?.filter(|scopes| scopes.has(scope::OPENID));
    let scopes = scopes.ok_or_else(|| ProtocolError::new(ErrorCode::InvalidScope, "The scope must hold openid."))?;
    let scopes = scope::for_authorization(Some(&scopes), client)?;
    if !scopes.has(scope::OPENID) {
        return Err(ProtocolError::new(ErrorCode::InvalidScope, "This client may not ask for openid."));
    }
    let resources = resource::parse(params)?;
    resource::check_registered(&resources, client)?;
    let user_code = user_code(params, client)?;
    let has_challenge = params.has("code_challenge") || params.has("code_challenge_method");
    let acr_values = params.one("acr_values")?.map(|text| text.split_ascii_whitespace().take(16).map(str::to_owned).collect());
    let asked = Asked {
        scopes,
        resources,
        authorization_details: rar::parse(params)?.unwrap_or_default(),
        challenge: if has_challenge { pkce::parse(params, client)? } else { None },
        acr_values: acr_values.unwrap_or_else(|| client.default_acr_values.clone()),
    };
    let binding_message = binding_message(params)?;
    // FAPI-CIBA §5.2.2: the person can tell this request from every other one.
    if client.profile().needs_context() && binding_message.is_none() && !params.has("authorization_details") {
        return Err(ProtocolError::invalid_request("The request must carry a binding_message or authorization_details."));
    }
    Ok(Request {
        asked,
        hint: hint(params)?,
        binding_message,
        user_code,
        lifetime: lifetime(params)?,
        delivery,
        notification_token: notification_token(params, delivery)?,
    })
}

/// §7.1: sent by those who registered for it, and by nobody else.
fn user_code(params: &Params, client: &ClientMetadata) -> Result<Option<Secret>, ProtocolError> {
    match (params.secret("user_code")?, client.backchannel_user_code_parameter) {
        (None, true) => Err(ProtocolError::new(ErrorCode::MissingUserCode, "Missing required parameter: user_code")),
        (Some(_), false) => Err(ProtocolError::invalid_request("This client is not registered to send a user_code.")),
        (code, _) => Ok(code),
    }
}

fn hint(params: &Params) -> Result<Hint, ProtocolError> {
    let (login, id_token, token) =
        (params.one("login_hint")?, params.secret("id_token_hint")?, params.secret("login_hint_token")?);
    match (login, id_token, token) {
        (Some(login), None, None) if login.len() <= MAX_HINT => Ok(Hint::Login(login.to_owned())),
        (None, Some(token), None) => Ok(Hint::IdToken(token)),
        (None, None, Some(token)) => Ok(Hint::LoginToken(token)),
        (Some(_), None, None) => Err(unknown_user()),
        _ => Err(ProtocolError::invalid_request(
            "The request must name the person by exactly one of login_hint, id_token_hint and login_hint_token.",
        )),
    }
}

/// The person is to see it exactly as the other device shows it, so what can't be shown is refused (§7.1).
fn binding_message(params: &Params) -> Result<Option<String>, ProtocolError> {
    let Some(text) = params.one("binding_message")? else { return Ok(None) };
    let is_shown = (1..=MAX_MESSAGE).contains(&text.chars().count()) && !text.chars().any(is_deceptive) && text.trim() == text;
    if is_shown {
        return Ok(Some(text.to_owned()));
    }
    Err(ProtocolError::new(
        ErrorCode::InvalidBindingMessage,
        format!("The binding_message must be one line of at most {MAX_MESSAGE} characters that can be seen."),
    ))
}

/// A number, or the same as text (§7.1.1).
fn lifetime(params: &Params) -> Result<Duration, ProtocolError> {
    let Some(text) = params.one("requested_expiry")? else { return Ok(LIFETIME) };
    let is_number = text.len() <= 12 && text.bytes().all(|c| c.is_ascii_digit());
    let seconds = text.parse::<u64>().ok().filter(|seconds| is_number && *seconds > 0);
    let seconds =
        seconds.ok_or_else(|| ProtocolError::invalid_request("requested_expiry must be a positive number of seconds."))?;
    Ok(Duration::from_secs(seconds.min(LONGEST)))
}

fn notification_token(params: &Params, delivery: DeliveryMode) -> Result<Option<Secret>, ProtocolError> {
    let sent = params.secret("client_notification_token")?;
    if delivery == DeliveryMode::Poll {
        // It has no use there.
        return Ok(None);
    }
    let sent = sent.ok_or_else(|| ProtocolError::invalid_request("Missing required parameter: client_notification_token"))?;
    let text = sent.expose();
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    let is_good = (MIN_NOTIFICATION_TOKEN..=MAX_NOTIFICATION_TOKEN).contains(&text.len()) && text.bytes().all(is_allowed);
    if is_good {
        return Ok(Some(sent));
    }
    Err(ProtocolError::invalid_request(
        "The client_notification_token must be a bearer token of 16 to 1024 characters (RFC 6750 §2.1).",
    ))
}

/// Read a `login_hint_token`: a JWT that the client signed for us, with the person as `sub_id` (RFC 9493).
///
/// # Errors
/// `expired_login_hint_token` once its time is over; `invalid_request` for anything else.
pub fn login_hint_token(
    token: &Secret,
    client: &ClientMetadata,
    keys: Option<&Jwks>,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Named, ProtocolError> {
    let refused = || ProtocolError::invalid_request("The login_hint_token is not a JWT this client signed for this server.");
    let own = client.backchannel_authentication_request_signing_alg;
    let allowed = own.as_ref().map_or(&Algorithm::ASYMMETRIC[..], std::slice::from_ref);
    let verified = jws::verify_with_set(token.expose(), keys.ok_or_else(refused)?, allowed, &Policy::typ_or_none(&["JWT"]));
    let claims = verified.map_err(|_| refused())?.claims;
    check_issuer(&claims, client.client_id.as_str()).map_err(|_| refused())?;
    Audience::of(&claims).and_then(|audience| audience.includes(issuer.as_str())).map_err(|_| refused())?;
    // What would pass for a proof of who the client is must not be shown around as a hint.
    if claims.contains_key("sub") {
        return Err(refused());
    }
    match Moment::new(now, SKEW).check(&claims) {
        Ok(_) => {}
        Err(ClaimsError::Expired) => {
            return Err(ProtocolError::new(ErrorCode::ExpiredLoginHintToken, "The login_hint_token has expired."));
        }
        Err(_) => return Err(refused()),
    }
    claims.get("sub_id").and_then(Value::as_object).and_then(|subject| named(subject, issuer)).ok_or_else(refused)
}

fn named(subject: &Map<String, Value>, issuer: &Issuer) -> Option<Named> {
    let text = |name: &str| subject.get(name)?.as_str().filter(|text| text.len() <= MAX_HINT).map(str::to_owned);
    match text("format")?.as_str() {
        "email" => text("email").map(Named::Login),
        "iss_sub" if text("iss")? == issuer.as_str() => text("sub").map(Named::Subject),
        "opaque" => text("id").map(Named::Subject),
        _ => None,
    }
}

/// The answer to a code that is not the person's, or where there is nobody, or nobody with a code: which of these is for nobody to know.
pub fn wrong_user_code() -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidUserCode, "There is nobody here who could be asked with this user_code.")
}

/// The answer where there is no such person.
pub fn unknown_user() -> ProtocolError {
    ProtocolError::new(ErrorCode::UnknownUserId, "There is nobody here who could be asked.")
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if facts.has_backchannel_authentication {
        document.set("backchannel_authentication_endpoint", facts.issuer.endpoint("oauth/bc-authorize"));
        document.add("grant_types_supported", [CIBA]);
        document.add("backchannel_token_delivery_modes_supported", DeliveryMode::ALL.map(DeliveryMode::as_str));
        document
            .add("backchannel_authentication_request_signing_alg_values_supported", Algorithm::ASYMMETRIC.map(Algorithm::name));
        document.set("backchannel_user_code_parameter_supported", true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private_key_jwt::tests::{NOW, issuer, key, keys};
    use proptest::prelude::*;
    use serde_json::json;

    fn client(mode: DeliveryMode) -> ClientMetadata {
        ClientMetadata {
            grant_types: vec![CIBA.into()],
            backchannel_token_delivery_mode: Some(mode),
            audience_uris: vec!["https://api.example".into()],
            ..ClientMetadata::new("c")
        }
    }
    const GOOD: [(&str, &str); 2] = [("scope", "openid email"), ("login_hint", "ada@acme.example")];
    const TOKEN: &str = "8d67dc78-7faa-4d41-aabd-67707b374255";

    fn parsed(more: &[(&str, &str)], client: &ClientMetadata) -> Result<Request, ErrorCode> {
        let base = GOOD.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let pairs = base.chain(more).filter(|(_, value)| !value.is_empty()).copied();
        parse(&Params::collect(pairs).unwrap(), client).map_err(|error| error.code)
    }

    #[test]
    fn a_request_is_read_with_its_defaults() {
        let request = parsed(&[], &client(DeliveryMode::Poll)).unwrap();
        assert_eq!((request.asked.scopes.to_string().as_str(), request.lifetime), ("email openid", LIFETIME));
        assert!(matches!(request.hint, Hint::Login(ref login) if login == "ada@acme.example"));
        assert!(request.binding_message.is_none() && request.notification_token.is_none());
        let full = [
            ("binding_message", "W4SCT"),
            ("requested_expiry", "10"),
            ("acr_values", "phr urn:lumoauth:acr:1fa"),
            ("client_notification_token", TOKEN),
            ("resource", "https://api.example"),
        ];
        let request = parsed(&full, &client(DeliveryMode::Ping)).unwrap();
        assert_eq!((request.binding_message.as_deref(), request.lifetime), (Some("W4SCT"), Duration::from_secs(10)));
        assert_eq!((request.asked.acr_values.len(), request.asked.resources.len()), (2, 1));
        let strict = ClientMetadata { default_acr_values: vec!["phr".into()], ..client(DeliveryMode::Poll) };
        assert_eq!(parsed(&[], &strict).unwrap().asked.acr_values, ["phr"]);
        assert_eq!(parsed(&[("acr_values", "phrh")], &strict).unwrap().asked.acr_values, ["phrh"]);
        assert!(!format!("{request:?}").contains(TOKEN));
        assert_eq!(parsed(&[("requested_expiry", "999999")], &client(DeliveryMode::Poll)).unwrap().lifetime.as_secs(), LONGEST);
    }

    #[test]
    fn every_other_request_is_refused_by_name() {
        use ErrorCode as E;
        let (poll, ping) = (client(DeliveryMode::Poll), client(DeliveryMode::Ping));
        let coded = ClientMetadata { backchannel_user_code_parameter: true, ..client(DeliveryMode::Poll) };
        let long = "x".repeat(1025);
        for (pairs, client, expected) in [
            (&[("scope", "")][..], &poll, E::InvalidScope),
            (&[("scope", "email")], &poll, E::InvalidScope),
            (&[("login_hint", "")], &poll, E::InvalidRequest),
            (&[("id_token_hint", "x.y.z")], &poll, E::InvalidRequest),
            (&[("login_hint_token", "x.y.z")], &poll, E::InvalidRequest),
            (&[("login_hint", ""), ("login_hint_token", "x.y.z"), ("id_token_hint", "x.y.z")], &poll, E::InvalidRequest),
            (&[("requested_expiry", "0")], &poll, E::InvalidRequest),
            (&[("requested_expiry", "-5")], &poll, E::InvalidRequest),
            (&[("requested_expiry", "1.5")], &poll, E::InvalidRequest),
            (&[("requested_expiry", "soon")], &poll, E::InvalidRequest),
            (&[("binding_message", "two\nlines")], &poll, E::InvalidBindingMessage),
            (&[("binding_message", "evil \u{202e}txt")], &poll, E::InvalidBindingMessage),
            (&[("binding_message", " padded")], &poll, E::InvalidBindingMessage),
            (&[("binding_message", "47\u{3164}11")], &poll, E::InvalidBindingMessage),
            (&[("binding_message", "4\u{fe0f}711")], &poll, E::InvalidBindingMessage),
            (&[("binding_message", &long)], &poll, E::InvalidBindingMessage),
            (&[("user_code", "1234")], &poll, E::InvalidRequest),
            (&[], &coded, E::MissingUserCode),
            (&[("user_code", "")], &coded, E::MissingUserCode),
            (&[("authorization_details", "[]")], &poll, E::InvalidAuthorizationDetails),
            (&[("resource", "https://other.example")], &poll, E::InvalidTarget),
            (&[], &ping, E::InvalidRequest),
            (&[("client_notification_token", "short")], &ping, E::InvalidRequest),
            (&[("client_notification_token", "a token with spaces in it")], &ping, E::InvalidRequest),
            (&[("client_notification_token", &long)], &ping, E::InvalidRequest),
        ] {
            assert_eq!(parsed(pairs, client).map(|_| ()), Err(expected), "{pairs:?}");
        }
        assert!(parsed(&[("binding_message", "1234 👍🏿 品川")], &poll).is_ok());
        assert!(parsed(&[("client_notification_token", long.split_at(1024).0)], &ping).is_ok());
        let request = parsed(&[("user_code", "471147")], &coded).unwrap();
        assert_eq!(request.user_code.as_ref().map(Secret::expose), Some("471147"));
        assert!(!format!("{request:?}").contains("471147"));
    }

    #[test]
    fn an_agent_need_not_say_openid() {
        for (asked, expected) in
            [("", "openid"), ("notes", "openid notes"), ("notes openid", "notes openid"), ("openidx", "openid openidx")]
        {
            let params =
                Params::collect([("scope", asked), ("login_hint", "ada")].into_iter().filter(|(_, value)| !value.is_empty()));
            let with = with_openid(&params.unwrap()).unwrap();
            assert_eq!((with.one("scope"), with.one("login_hint")), (Ok(Some(expected)), Ok(Some("ada"))), "{asked}");
        }
    }

    #[test]
    fn only_confidential_clients_that_registered_may_ask() {
        let push = client(DeliveryMode::Push);
        let fapi = |client| ClientMetadata { fapi_profile: crate::fapi::FapiProfile::FapiCiba, ..client };
        assert!(check_client(&push).is_ok() && check_client(&fapi(client(DeliveryMode::Ping))).is_ok());
        let public = ClientMetadata {
            client_type: crate::client::ClientType::Public,
            token_endpoint_auth_method: crate::client::AuthMethod::None,
            ..push.clone()
        };
        let modeless = ClientMetadata { backchannel_token_delivery_mode: None, ..push.clone() };
        let without = ClientMetadata { grant_types: Vec::new(), ..push.clone() };
        for refused in [public, modeless, without, fapi(push)] {
            assert_eq!(check_client(&refused).unwrap_err().code, ErrorCode::UnauthorizedClient);
        }
        let signer = ClientMetadata {
            backchannel_authentication_request_signing_alg: Some(Algorithm::ES256),
            ..client(DeliveryMode::Poll)
        };
        assert!(check_optional(&signer).is_err() && check_optional(&client(DeliveryMode::Poll)).is_ok());
        assert!(check_optional(&fapi(client(DeliveryMode::Poll))).is_err());
    }

    #[test]
    fn under_fapi_ciba_a_request_says_what_it_is_about() {
        let bank = ClientMetadata { fapi_profile: crate::fapi::FapiProfile::FapiCiba, ..client(DeliveryMode::Poll) };
        assert_eq!(parsed(&[], &bank).map(|_| ()), Err(ErrorCode::InvalidRequest));
        assert!(parsed(&[("binding_message", "W4SCT")], &bank).is_ok());
        assert!(parsed(&[("authorization_details", r#"[{"type":"payment"}]"#)], &bank).is_ok());
        assert!(parsed(&[], &client(DeliveryMode::Poll)).is_ok(), "others may leave it out");
    }

    fn read(claims: &Value) -> Result<Named, ErrorCode> {
        let key = key();
        let token = Secret::new(jws::sign(&key, "JWT", claims).unwrap());
        login_hint_token(&token, &client(DeliveryMode::Poll), Some(&keys(&key)), &issuer(), NOW).map_err(|error| error.code)
    }

    #[test]
    fn a_login_hint_token_names_a_person_as_long_as_it_lives() {
        let now = NOW.as_secs();
        let token = |subject: Value| json!({ "iss": "c", "aud": issuer().as_str(), "exp": now + 60, "sub_id": subject });
        let mail = token(json!({ "format": "email", "email": "ada@acme.example" }));
        assert_eq!(read(&mail), Ok(Named::Login("ada@acme.example".into())));
        let pair = json!({ "format": "iss_sub", "iss": issuer().as_str(), "sub": "u1" });
        assert_eq!(read(&token(pair)), Ok(Named::Subject("u1".into())));
        assert_eq!(read(&token(json!({ "format": "opaque", "id": "u1" }))), Ok(Named::Subject("u1".into())));
        for (name, value, expected) in [
            ("exp", json!(now - 60), ErrorCode::ExpiredLoginHintToken),
            ("exp", Value::Null, ErrorCode::InvalidRequest),
            ("iss", json!("d"), ErrorCode::InvalidRequest),
            ("aud", json!("https://other.example"), ErrorCode::InvalidRequest),
            ("sub", json!("c"), ErrorCode::InvalidRequest),
            ("sub_id", json!({ "format": "iss_sub", "iss": "https://other.example", "sub": "u1" }), ErrorCode::InvalidRequest),
            ("sub_id", json!({ "format": "phone_number" }), ErrorCode::InvalidRequest),
            ("sub_id", json!("u1"), ErrorCode::InvalidRequest),
        ] {
            let mut changed = mail.clone();
            changed[name] = value.clone();
            if value.is_null() {
                changed.as_object_mut().unwrap().remove(name);
            }
            assert_eq!(read(&changed), Err(expected), "{name} {value}");
        }
        let nobody = login_hint_token(&Secret::new("x.y.z"), &client(DeliveryMode::Poll), None, &issuer(), NOW);
        assert_eq!(nobody.unwrap_err().code, ErrorCode::InvalidRequest);
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn a_binding_message_is_kept_as_it_came_or_refused(text in "\\PC{1,300}") {
            match parsed(&[("binding_message", &text)], &client(DeliveryMode::Poll)) {
                Ok(request) => prop_assert_eq!(request.binding_message, Some(text)),
                Err(code) => prop_assert_eq!(code, ErrorCode::InvalidBindingMessage),
            }
        }
    }
}
