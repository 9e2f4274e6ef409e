//! Assertions about people as grants: what another issuer says about somebody, for a token here.
//!
//! RFC 7521, RFC 7523 §2.1 and §3; draft-ietf-oauth-identity-assertion-authz-grant (ID-JAG, the side of the resource authorization
//! server). Supported: signed JWTs of issuers that the organization trusts, for confidential clients. Each assertion counts once: `jti` must
//! be there. `aud` is this issuer or its token endpoint, and nobody else; that of an ID-JAG the issuer alone. There is no refresh token and
//! no ID token. Not supported: encrypted assertions, SAML (RFC 7522).

use crate::client_authentication::AuthenticatedClient;
use crate::grant::TokenPlan;
use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::{ErrorCode, Issuer, Params, ProtocolError, id_jag, resource, scope};
use jose::alg::Algorithm;
use jose::claims::{Audience, Moment, issuer as check_issuer, required_text, text, time};
use jose::encoding::decode_base64url;
use jose::json::parse_strict_object;
use jose::jwks::Jwks;
use jose::jws::{self, Header, JwsError, Policy};
use kernel::{FamilyId, Scopes, Secret, Timestamp, UserId};
use serde_json::{Map, Value};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "jwt_bearer",
    title: "JWT Profile for OAuth 2.0 Authorization Grants",
    source: "RFC 7521, RFC 7523 §2.1",
    status: Status::Final,
    support: "assertions of issuers the organization trusts, each once",
    visits: &[
        (Endpoint::Token, Stage::Parse),
        (Endpoint::Token, Stage::Check),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::Token, Stage::Settle),
    ],
    metadata,
};

/// `grant_type` of an assertion.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How far two clocks may disagree.
const SKEW: Duration = Duration::from_secs(10);
/// How far ahead `exp` may lie; it bounds how long each `jti` is remembered.
const MAX_LIFETIME: Duration = Duration::from_hours(1);
const MAX_JTI: usize = 256;

/// `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`.
#[derive(Clone, Debug)]
pub struct Request {
    /// The assertion.
    pub assertion: Secret,
    /// What is wanted; all that can be had if it does not say.
    pub scopes: Option<Scopes>,
    /// For which resource servers.
    pub resources: Vec<String>,
}

/// Read the parameters (§2.1).
pub fn parse(params: &Params) -> Result<Request, ProtocolError> {
    let assertion = Secret::new(params.required("assertion")?);
    Ok(Request { assertion, scopes: scope::parse(params)?, resources: resource::parse(params)? })
}

/// Who claims to have made an assertion. Nothing is proven by that.
pub fn claimed_issuer(assertion: &Secret) -> Option<String> {
    let claims = parse_strict_object(&decode_base64url(assertion.expose().split('.').nth(1)?).ok()?).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

/// What an organization thinks of an issuer.
#[derive(Clone, Copy, Debug)]
pub struct Trust<'a> {
    /// Its identifier.
    pub issuer: &'a str,
    /// What it may sign with; every algorithm with a public key, if none is named.
    pub algorithms: &'a [Algorithm],
    /// Whether its plain assertions are believed.
    pub takes_assertions: bool,
    /// Whether its identity assertions (ID-JAG) are.
    pub takes_id_jag: bool,
}

/// A good assertion, whose `jti` is still to be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Who made it.
    pub issuer: String,
    /// Whom it is about, as its issuer says it.
    pub subject: String,
    /// Their address, if the issuer says that it verified it.
    pub email: Option<String>,
    /// Its own id.
    pub jti: String,
    /// Until when its use must be remembered.
    pub expires_at: Timestamp,
    /// What it is to allow at most.
    pub scopes: Option<Scopes>,
    /// For which resource servers alone.
    pub resources: Vec<String>,
    /// Whether it is an ID-JAG.
    pub is_id_jag: bool,
}

/// Why an assertion is refused. Clients learn it, for it is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such issuer is trusted here, or not for this kind.
    #[error("Nobody here trusts the issuer of this assertion, or not for assertions of this kind.")]
    Untrusted,
    /// No key with its `kid`: fetching the issuer's keys again may help.
    #[error("No key of the issuer matches the assertion.")]
    UnknownKey,
    /// Signature, algorithm, type or form.
    #[error("The assertion does not verify.")]
    Signature,
    /// `iss` is somebody else.
    #[error("The assertion's iss is not who signed it.")]
    Issuer,
    /// `aud` is not this server alone.
    #[error("The assertion's aud must be this server and nobody else.")]
    Audience,
    /// Expired, not yet valid, or valid for too long.
    #[error("The assertion is outside its time.")]
    Time,
    /// A claim is missing or malformed.
    #[error("The assertion lacks a claim, or one is not well formed.")]
    Claims,
    /// It was made for another client.
    #[error("The assertion was made for another client.")]
    Client,
    /// It was used before.
    #[error("The assertion was used before.")]
    Replay,
}

impl From<Refused> for ProtocolError {
    fn from(refused: Refused) -> Self {
        Self::invalid_grant(refused.to_string())
    }
}

impl From<Refused> for kernel::Fault {
    fn from(refused: Refused) -> Self {
        ProtocolError::from(refused).into()
    }
}

/// Check an assertion of a trusted issuer that `client` brings (§3, ID-JAG §6.1).
pub fn check(
    assertion: &Secret,
    trust: &Trust<'_>,
    keys: &Jwks,
    here: &Issuer,
    client: &str,
    now: Timestamp,
) -> Result<Assertion, Refused> {
    let header = Header::parse(assertion.expose()).map_err(|_| Refused::Signature)?;
    let is_id_jag = header.typ.as_deref() == Some(id_jag::TYP);
    if !(if is_id_jag { trust.takes_id_jag } else { trust.takes_assertions }) {
        return Err(Refused::Untrusted);
    }
    let policy = if is_id_jag { Policy::typ(&[id_jag::TYP]) } else { Policy::typ_or_none(&["JWT"]) };
    let allowed = if trust.algorithms.is_empty() { &Algorithm::ASYMMETRIC } else { trust.algorithms };
    let claims = jws::verify_with_set(assertion.expose(), keys, allowed, &policy)
        .map_err(|error| if error == JwsError::UnknownKey { Refused::UnknownKey } else { Refused::Signature })?
        .claims;
    check_issuer(&claims, trust.issuer).map_err(|_| Refused::Issuer)?;
    check_audience(&claims, here, is_id_jag)?;
    let expires_at = check_times(&claims, now, is_id_jag)?;
    let named = text(&claims, "client_id").map_err(|_| Refused::Claims)?;
    if named.map_or(is_id_jag, |named| named != client) {
        return Err(Refused::Client);
    }
    let claim = |name| required_text(&claims, name).map(str::to_owned).map_err(|_| Refused::Claims);
    let jti = claim("jti").ok().filter(|jti| jti.len() <= MAX_JTI).ok_or(Refused::Claims)?;
    Ok(Assertion {
        issuer: trust.issuer.to_owned(),
        subject: claim("sub")?,
        email: verified_email(&claims)?,
        jti,
        expires_at,
        scopes: scopes(&claims)?,
        resources: resources(&claims)?,
        is_id_jag,
    })
}

/// An address that anyone could have typed says nothing about who somebody is.
fn verified_email(claims: &Map<String, Value>) -> Result<Option<String>, Refused> {
    let email = text(claims, "email").map_err(|_| Refused::Claims)?;
    Ok(email.filter(|_| claims.get("email_verified") == Some(&Value::Bool(true))).map(str::to_owned))
}

fn check_audience(claims: &Map<String, Value>, here: &Issuer, is_id_jag: bool) -> Result<(), Refused> {
    let audience = Audience::of(claims).map_err(|_| Refused::Audience)?;
    let is_here = match audience.values() {
        [one] => *one == here.as_str() || (!is_id_jag && *one == here.token_endpoint()),
        _ => false,
    };
    if is_here { Ok(()) } else { Err(Refused::Audience) }
}

/// The moment until which the assertion can be used.
fn check_times(claims: &Map<String, Value>, now: Timestamp, needs_iat: bool) -> Result<Timestamp, Refused> {
    let expires_at = Moment::new(now, SKEW).check(claims).map_err(|_| Refused::Time)?;
    let has_iat = time(claims, "iat").map_err(|_| Refused::Time)?.is_some();
    if expires_at > now.plus(MAX_LIFETIME) || (needs_iat && !has_iat) {
        return Err(Refused::Time);
    }
    Ok(expires_at.plus(SKEW))
}

fn scopes(claims: &Map<String, Value>) -> Result<Option<Scopes>, Refused> {
    let Some(text) = text(claims, "scope").map_err(|_| Refused::Claims)? else { return Ok(None) };
    Scopes::parse(text).map(Some).ok_or(Refused::Claims)
}

/// `resource`: one text or an array of texts.
fn resources(claims: &Map<String, Value>) -> Result<Vec<String>, Refused> {
    match claims.get("resource") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(several)) => {
            several.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(Refused::Claims)
        }
        Some(_) => Err(Refused::Claims),
    }
}

/// Whether a client may bring assertions at all.
///
/// # Errors
/// `unauthorized_client`.
pub fn check_client(client: &AuthenticatedClient) -> Result<(), ProtocolError> {
    if client.is_confidential() && client.metadata().may_use_grant(GRANT_TYPE) {
        return Ok(());
    }
    Err(ProtocolError::new(ErrorCode::UnauthorizedClient, "This client may not use the jwt-bearer grant."))
}

/// What is known of a good assertion.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// It.
    pub assertion: &'a Assertion,
    /// Whom of ours it is about; `None` if that is nobody, or somebody who may not enter.
    pub user: Option<&'a UserId>,
    /// What its issuer may let people in for.
    pub scopes: &'a Scopes,
    /// The family of the token.
    pub family: &'a FamilyId,
}

/// Decide. What is allowed is what client, issuer and assertion all allow.
pub fn decide(request: &Request, facts: &Facts<'_>, client: &AuthenticatedClient) -> Result<TokenPlan, ProtocolError> {
    check_client(client)?;
    let user = facts.user.ok_or_else(|| ProtocolError::invalid_grant("The assertion is about nobody who may enter here."))?;
    let own = client.metadata().scopes.intersection(facts.scopes).without(scope::OFFLINE_ACCESS);
    let allowed = facts.assertion.scopes.as_ref().map_or_else(|| own.clone(), |asserted| own.intersection(asserted));
    let scopes = match &request.scopes {
        Some(requested) if !requested.is_subset(&allowed) => {
            return Err(ProtocolError::new(ErrorCode::InvalidScope, "The scope goes beyond what the assertion can be used for."));
        }
        Some(requested) => requested.clone(),
        None => allowed,
    };
    let resources = if facts.assertion.resources.is_empty() {
        request.resources.clone()
    } else {
        resource::narrowed(&request.resources, &facts.assertion.resources)?
    };
    resource::check_registered(&resources, client.metadata())?;
    let audience = resource::audience(resources, client.client_id());
    Ok(TokenPlan::asserted(client, user, facts.family, scopes, audience))
}

fn metadata(facts: &MetadataFacts<'_>, document: &mut Document) {
    if facts.assertions.is_taken {
        document.add("grant_types_supported", [GRANT_TYPE]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientMetadata;
    use crate::client::{AuthMethod, ClientType};
    use crate::client_authentication::tests::authenticated;
    use crate::grant::{Refresh, Subject};
    use crate::private_key_jwt::tests::{NOW, issuer, key, keys};
    use jose::key::SigningKey;
    use proptest::prelude::*;
    use serde_json::json;

    const IDP: &str = "https://idp.example";

    fn trust() -> Trust<'static> {
        Trust { issuer: IDP, algorithms: &[], takes_assertions: true, takes_id_jag: true }
    }
    fn claims() -> Value {
        json!({
            "iss": IDP, "sub": "u7", "aud": issuer().as_str(), "client_id": "c", "jti": "j1", "iat": NOW.as_secs(),
            "exp": NOW.as_secs() + 300, "scope": "notes:read", "resource": "https://notes.example", "email": "ada@acme.example",
            "email_verified": true,
        })
    }
    fn with(change: impl FnOnce(&mut Map<String, Value>)) -> Value {
        let mut claims = claims();
        change(claims.as_object_mut().unwrap());
        claims
    }
    fn run(typ: &str, claims: &Value) -> Result<Assertion, Refused> {
        run_with(&key(), typ, claims, &trust())
    }
    fn run_with(key: &SigningKey, typ: &str, claims: &Value, trust: &Trust<'_>) -> Result<Assertion, Refused> {
        check(&Secret::new(jws::sign(key, typ, claims).unwrap()), trust, &keys(key), &issuer(), "c", NOW)
    }

    #[test]
    fn the_example_of_rfc_7523_section_4_is_read() {
        let params = [("grant_type", GRANT_TYPE), ("assertion", "eyJhbGciOiJFUzI1NiIsImtpZCI6IjE2In0.eyJpc3Mi[...].J9l-ZhwP")];
        let request = parse(&Params::collect(params).unwrap()).unwrap();
        assert!(request.scopes.is_none() && !format!("{request:?}").contains("eyJ"));
        assert_eq!(parse(&Params::default()).unwrap_err().code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn a_good_assertion_says_who_and_for_what() {
        for (typ, is_id_jag) in [("JWT", false), (id_jag::TYP, true)] {
            let assertion = run(typ, &claims()).unwrap();
            assert_eq!((assertion.subject.as_str(), assertion.email.as_deref()), ("u7", Some("ada@acme.example")));
            assert_eq!((assertion.jti.as_str(), assertion.is_id_jag), ("j1", is_id_jag));
            assert_eq!(assertion.resources, ["https://notes.example"]);
            assert_eq!(assertion.scopes, Scopes::parse("notes:read"));
            assert_eq!(assertion.expires_at, NOW.plus(Duration::from_secs(310)), "remembered as long as a slow clock takes it");
        }
        let endpoint = with(|claims| drop(claims.insert("aud".into(), json!([issuer().token_endpoint()]))));
        assert!(run("JWT", &endpoint).is_ok());
        assert_eq!(run(id_jag::TYP, &endpoint), Err(Refused::Audience), "an ID-JAG names the issuer");
        let plain = with(|claims| {
            for name in ["client_id", "scope", "resource", "email", "iat"] {
                claims.remove(name);
            }
        });
        assert!(run("JWT", &plain).is_ok());
    }

    #[test]
    fn attack_45_an_address_that_nobody_verified_names_nobody() {
        for said in [json!(false), json!("true"), json!(1), Value::Null] {
            let claims = with(|claims| drop(claims.insert("email_verified".into(), said.clone())));
            assert_eq!(run("JWT", &claims).unwrap().email, None, "{said}");
        }
        let silent = with(|claims| drop(claims.remove("email_verified")));
        assert_eq!(run(id_jag::TYP, &silent).unwrap().email, None);
    }

    #[test]
    fn attack_28_every_assertion_that_is_not_meant_like_this_is_refused() {
        let set = |name: &str, value: Value| with(|claims| drop(claims.insert(name.to_owned(), value)));
        let without = |name: &str| with(|claims| drop(claims.remove(name)));
        let now = NOW.as_secs();
        for (typ, claims, refused, what) in [
            ("at+jwt", claims(), Refused::Signature, "an access token"),
            ("client-authentication+jwt", claims(), Refused::Signature, "a client's own assertion"),
            ("logout+jwt", claims(), Refused::Signature, "a logout token"),
            ("JWT", set("iss", json!("https://evil.example")), Refused::Issuer, "another issuer"),
            ("JWT", without("iss"), Refused::Issuer, "no issuer"),
            ("JWT", set("aud", json!("https://id.example/orgs/other")), Refused::Audience, "another organization"),
            ("JWT", set("aud", json!([issuer().as_str(), "https://evil.example"])), Refused::Audience, "others beside us"),
            ("JWT", without("aud"), Refused::Audience, "no audience"),
            ("JWT", without("exp"), Refused::Time, "no end"),
            ("JWT", set("exp", json!(now - 10)), Refused::Time, "expired"),
            ("JWT", set("exp", json!(now + 3601)), Refused::Time, "good for too long"),
            ("JWT", set("iat", json!(now + 11)), Refused::Time, "made in the future"),
            ("JWT", set("nbf", json!(now + 11)), Refused::Time, "not yet good"),
            ("JWT", without("jti"), Refused::Claims, "no jti"),
            ("JWT", set("jti", json!("x".repeat(257))), Refused::Claims, "an endless jti"),
            ("JWT", without("sub"), Refused::Claims, "about nobody"),
            ("JWT", set("scope", json!(["a"])), Refused::Claims, "a scope that is none"),
            ("JWT", set("resource", json!({})), Refused::Claims, "a resource that is none"),
            ("JWT", set("client_id", json!("d")), Refused::Client, "another client's"),
            (id_jag::TYP, set("client_id", json!("d")), Refused::Client, "another client's ID-JAG"),
            (id_jag::TYP, without("client_id"), Refused::Client, "an ID-JAG for nobody"),
            (id_jag::TYP, without("iat"), Refused::Time, "an ID-JAG that does not say since when"),
        ] {
            assert_eq!(run(typ, &claims), Err(refused), "{what}");
            assert_eq!(ProtocolError::from(refused).code, ErrorCode::InvalidGrant);
        }
        for (trust, typ) in
            [(Trust { takes_assertions: false, ..trust() }, "JWT"), (Trust { takes_id_jag: false, ..trust() }, id_jag::TYP)]
        {
            assert_eq!(run_with(&key(), typ, &claims(), &trust), Err(Refused::Untrusted), "{typ} switched off");
        }
        let narrow = Trust { algorithms: &[Algorithm::RS256], ..trust() };
        assert_eq!(run_with(&key(), "JWT", &claims(), &narrow), Err(Refused::Signature), "another algorithm");
        let stranger = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
        let token = Secret::new(jws::sign(&stranger, "JWT", &claims()).unwrap());
        assert_eq!(check(&token, &trust(), &keys(&key()), &issuer(), "c", NOW), Err(Refused::Signature), "same kid, another key");
        let renamed = SigningKey::generate(Algorithm::ES256, "k2").unwrap();
        let token = Secret::new(jws::sign(&renamed, "JWT", &claims()).unwrap());
        assert_eq!(check(&token, &trust(), &keys(&key()), &issuer(), "c", NOW), Err(Refused::UnknownKey));
    }

    fn client() -> ClientMetadata {
        ClientMetadata {
            grant_types: vec![GRANT_TYPE.into()],
            scopes: Scopes::parse("openid notes:read notes:write offline_access").unwrap(),
            audience_uris: vec!["https://notes.example".into(), "https://other.example".into()],
            ..ClientMetadata::new("c")
        }
    }
    fn decided(
        client: ClientMetadata,
        scope: Option<&str>,
        resources: &[&str],
        user: Option<&UserId>,
    ) -> Result<TokenPlan, ErrorCode> {
        let assertion = run(id_jag::TYP, &claims()).unwrap();
        let request = Request {
            assertion: Secret::new("x"),
            scopes: scope.and_then(Scopes::parse),
            resources: resources.iter().map(|text| (*text).to_owned()).collect(),
        };
        let allowed = Scopes::parse("notes:read notes:write").unwrap();
        let facts = Facts { assertion: &assertion, user, scopes: &allowed, family: &FamilyId::from("f1") };
        decide(&request, &facts, &authenticated(client)).map_err(|error| error.code)
    }

    #[test]
    fn a_token_allows_what_client_issuer_and_assertion_all_allow() {
        let user = UserId::from("u1");
        let plan = decided(client(), None, &[], Some(&user)).unwrap();
        assert_eq!((plan.subject, plan.scopes), (Subject::User(user.clone()), Scopes::parse("notes:read").unwrap()));
        assert_eq!(plan.audience, ["https://notes.example"]);
        assert_eq!((plan.refresh, plan.is_openid, plan.family), (Refresh::Nothing, false, Some("f1".into())));
        let public = ClientMetadata { client_type: ClientType::Public, token_endpoint_auth_method: AuthMethod::None, ..client() };
        let unregistered = ClientMetadata { grant_types: vec!["authorization_code".into()], ..client() };
        let narrow = ClientMetadata { audience_uris: Vec::new(), ..client() };
        for (client, scope, resource, user, code, what) in [
            (client(), Some("notes:write"), None, Some(&user), ErrorCode::InvalidScope, "more than was asserted"),
            (client(), Some("openid"), None, Some(&user), ErrorCode::InvalidScope, "more than the issuer may give"),
            (client(), None, Some("https://other.example"), Some(&user), ErrorCode::InvalidTarget, "attack 28: another resource"),
            (narrow, None, None, Some(&user), ErrorCode::InvalidTarget, "a resource that isn't the client's"),
            (client(), None, None, None, ErrorCode::InvalidGrant, "attack 27: about nobody who may enter"),
            (public, None, None, Some(&user), ErrorCode::UnauthorizedClient, "a public client"),
            (unregistered, None, None, Some(&user), ErrorCode::UnauthorizedClient, "not registered for it"),
        ] {
            let resources: Vec<&str> = resource.into_iter().collect();
            assert_eq!(decided(client, scope, &resources, user).unwrap_err(), code, "{what}");
        }
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_is_an_assertion_or_refused(text in "[\\x20-\\x7e]{0,200}") {
            let _ = claimed_issuer(&Secret::new(text.as_str()));
            prop_assert!(check(&Secret::new(text.as_str()), &trust(), &keys(&key()), &issuer(), "c", NOW).is_err());
        }
    }
}
