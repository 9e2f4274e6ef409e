//! Token introspection.
//!
//! RFC 7662, RFC 9701, RFC 9470 §6.2. Supported for every client that proves who it is: resource servers are clients here. Whatever is wrong with a token,
//! the answer is exactly `{"active": false}`. Refresh tokens are shown only to the client that holds them. The
//! answer is JSON, or a signed and perhaps encrypted JWT for whoever accepts that or is registered for it.

use crate::access_token::Audience;
use crate::client_authentication::AuthenticatedClient;
use crate::confirmation::Confirmation;
use crate::grant::Subject;
use crate::metadata::{Document, Facts as MetadataFacts};
use crate::pairwise::Subjects;
use crate::pipeline::{Endpoint, Room, Stage, Status};
use crate::rar::Details;
use crate::token_exchange::{Act, MayAct};
use crate::{ClientMetadata, Issuer, Params, ProtocolError};
use jose::alg::Algorithm;
use jose::jwe::{ContentEncryption, KeyManagement};
use kernel::{ClientId, Scopes, Secret, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

/// This room.
pub const ROOM: Room = Room {
    name: "introspect",
    title: "Token Introspection",
    source: "RFC 7662, RFC 9701",
    status: Status::Final,
    support: "access and refresh tokens, for confidential clients; answers as JSON or as a JWT",
    visits: &[
        (Endpoint::Introspection, Stage::Parse),
        (Endpoint::Introspection, Stage::Decide),
        (Endpoint::Introspection, Stage::Respond),
    ],
    metadata,
};

/// An introspection request. `token_type_hint` is not read: a token says by its form what it is.
#[derive(Clone, Debug)]
pub struct Request {
    /// The token.
    pub token: Secret,
}

/// Read the parameters.
pub fn parse(params: &Params) -> Result<Request, ProtocolError> {
    params.check_unique()?;
    Ok(Request { token: Secret::new(params.required("token")?) })
}

/// Which kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

/// A token of this organization that was found and whose secret or signature was right.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Which kind.
    pub kind: Kind,
    /// Who holds it.
    pub client_id: ClientId,
    /// Whom it is about.
    pub subject: Subject,
    /// How its client knows people. A resource server is told the same: it is what the token itself says.
    pub subjects: Subjects,
    /// The person's email. A client that knows people by pairwise identifiers has it told only within the scope `email`.
    pub username: Option<String>,
    /// What it allows.
    pub scopes: Scopes,
    /// For whom it is.
    pub audience: Vec<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Its id, if it is a JWT.
    pub jti: Option<String>,
    /// How strongly its person signed in, and when, in seconds.
    pub signed_in: Option<(String, i64)>,
    /// What exactly it allows.
    pub authorization_details: Details,
    /// The keys it is bound to.
    pub confirmation: Confirmation,
    /// Who acts with it (RFC 8693 §4.1).
    pub act: Option<Act>,
    /// Who alone may be given it to act with (RFC 8693 §4.4).
    pub may_act: Option<MayAct>,
    /// Whether it can still be used: neither it, its family, its client nor the person behind it was switched off.
    pub is_alive: bool,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// The token is good.
    Active(Box<Active>),
    /// It isn't; nobody learns why.
    Inactive {
        /// Always false.
        active: bool,
    },
}

/// What is told about a good token.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the members of RFC 7662 §2.2, by their names")]
pub struct Active {
    pub active: bool,
    pub token_type: &'static str,
    #[serde(skip_serializing_if = "Scopes::is_empty")]
    pub scope: Scopes,
    pub client_id: ClientId,
    pub sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    pub exp: i64,
    pub iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    pub iss: String,
    pub aud: Audience,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Confirmation::is_empty")]
    pub cnf: Confirmation,
    #[serde(skip_serializing_if = "Details::is_empty")]
    pub authorization_details: Details,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_act: Option<MayAct>,
}

/// Answer. `None` for facts means the token is not one of this organization.
///
/// # Errors
/// `invalid_client` for a public client, which proves nothing.
pub fn respond(
    caller: &AuthenticatedClient,
    facts: Option<Facts>,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Response, ProtocolError> {
    if !caller.is_confidential() {
        return Err(ProtocolError::invalid_client());
    }
    let may_see = |facts: &Facts| facts.kind == Kind::Access || facts.client_id == *caller.client_id();
    let Some(facts) = facts.filter(|facts| facts.is_alive && facts.expires_at > now && may_see(facts)) else {
        return Ok(Response::Inactive { active: false });
    };
    let iat = facts.issued_at.as_secs();
    let hides_username = facts.subjects.hide_people() && !facts.scopes.has("email");
    Ok(Response::Active(Box::new(Active {
        active: true,
        token_type: if facts.kind == Kind::Access { facts.confirmation.token_type() } else { "refresh_token" },
        scope: facts.scopes,
        client_id: facts.client_id,
        sub: facts.subjects.labelled(&facts.subject),
        username: facts.username.filter(|_| !hides_username),
        exp: facts.expires_at.as_secs(),
        iat,
        nbf: facts.jti.as_ref().map(|_| iat),
        iss: issuer.to_string(),
        aud: Audience::of(&facts.audience),
        jti: facts.jti,
        auth_time: facts.signed_in.as_ref().map(|(_, at)| *at),
        acr: facts.signed_in.map(|(acr, _)| acr),
        cnf: facts.confirmation,
        authorization_details: facts.authorization_details,
        act: facts.act,
        may_act: facts.may_act,
    })))
}

/// The media type of an answer that is a JWT (RFC 9701 §3).
pub const MEDIA_TYPE: &str = "application/token-introspection+jwt";
/// Its `typ` (RFC 9701 §5).
pub const TYP: &str = "token-introspection+jwt";

/// What an answer to this client is to be signed with, if it is to be a JWT: because the request accepts one (RFC 9701 §4), or because
/// the client is registered for it (§6).
pub fn jwt_algorithm(accept: Option<&str>, client: &ClientMetadata) -> Option<Algorithm> {
    let is_registered = client.introspection_signed_response_alg.is_some() || client.introspection_encryption.is_some();
    let is_accepted = || accept.is_some_and(|accept| accept.split(',').any(is_media_type));
    let algorithm = client.introspection_signed_response_alg.unwrap_or(client.profile().signature());
    (is_registered || is_accepted()).then_some(algorithm)
}

/// Whether a media range names the type and doesn't rule it out with `q=0`.
fn is_media_type(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(MEDIA_TYPE));
    let is_ruled_out = |part: &str| {
        part.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
        })
    };
    is_named && !parts.any(is_ruled_out)
}

/// The claims of an answer that is a JWT: from this issuer, for the client that asked (RFC 9701 §5). What the token says stands apart, so
/// that the answer can't be taken for a token.
pub fn jwt_claims(response: &Response, issuer: &Issuer, caller: &ClientId, now: Timestamp) -> Value {
    json!({ "iss": issuer.as_str(), "aud": caller.as_str(), "iat": now.as_secs(), "token_introspection": response })
}

fn metadata(facts: &MetadataFacts<'_>, document: &mut Document) {
    document.set("introspection_endpoint", facts.issuer.endpoint("oauth/introspect"));
    document.set("introspection_signing_alg_values_supported", facts.signing_algorithms());
    let (alg, enc) = (KeyManagement::ASYMMETRIC.map(KeyManagement::name), ContentEncryption::ALL.map(ContentEncryption::name));
    document.set("introspection_encryption_alg_values_supported", alg.to_vec());
    document.set("introspection_encryption_enc_values_supported", enc.to_vec());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorCode;
    use crate::client::Encryption;
    use crate::client::{AuthMethod, SubjectType};
    use crate::client_authentication::tests::authenticated;
    use crate::pairwise::Salt;
    use crate::private_key_jwt::tests::{NOW, issuer};
    use std::sync::Arc;
    use std::time::Duration;

    fn facts() -> Facts {
        Facts {
            kind: Kind::Access,
            client_id: "c".into(),
            subject: Subject::User("u1".into()),
            subjects: Subjects::Public,
            username: Some("ada@acme.example".into()),
            scopes: Scopes::parse("openid").unwrap(),
            audience: vec!["c".into()],
            issued_at: NOW,
            expires_at: NOW.plus(Duration::from_secs(10)),
            jti: Some("j1".into()),
            signed_in: None,
            authorization_details: Details::default(),
            confirmation: Confirmation::default(),
            act: None,
            may_act: None,
            is_alive: true,
        }
    }
    fn answer(caller: &str, facts: Option<Facts>) -> Value {
        let caller = authenticated(ClientMetadata::new(caller));
        serde_json::to_value(respond(&caller, facts, &issuer(), NOW).unwrap()).unwrap()
    }

    #[test]
    fn a_good_token_is_described() {
        let expected = json!({
            "active": true, "token_type": "Bearer", "scope": "openid", "client_id": "c", "sub": "u1", "username": "ada@acme.example",
            "exp": 1_800_000_010, "iat": 1_800_000_000, "nbf": 1_800_000_000, "iss": "https://id.example/orgs/acme", "aud": "c", "jti": "j1",
        });
        assert_eq!(answer("resource-server", Some(facts())), expected);
    }

    #[test]
    fn a_bound_token_shows_its_key_and_how_it_is_sent() {
        let confirmation = Confirmation { jkt: Some("k".into()), x5t_s256: None };
        let answer = answer("resource-server", Some(Facts { confirmation, ..facts() }));
        assert_eq!((&answer["token_type"], &answer["cnf"]), (&json!("DPoP"), &json!({"jkt": "k"})));
    }

    #[test]
    fn who_acts_with_a_token_is_told_as_rfc_8693_section_4_1_has_it() {
        let act = Some(Act::over("agent_b", Some(&Act::over("agent_a", None))));
        let answer = answer("resource-server", Some(Facts { act, may_act: Some(MayAct::only("agent_c")), ..facts() }));
        assert_eq!(answer["act"], json!({"sub": "agent_b", "act": {"sub": "agent_a"}}));
        assert_eq!((&answer["sub"], &answer["may_act"]), (&json!("u1"), &json!({"sub": "agent_c"})));
    }

    #[test]
    fn a_pairwise_client_has_people_described_as_it_knows_them() {
        let client = ClientMetadata { subject_type: SubjectType::Pairwise, ..ClientMetadata::new("c") };
        let subjects = Subjects::pairwise(&client, Arc::new(Salt::new(Secret::new("salt"))));
        let sub = subjects.of_user(&"u1".into());
        for (scopes, username) in [("openid", None), ("openid email", Some("ada@acme.example"))] {
            let facts = Facts { subjects: subjects.clone(), scopes: Scopes::parse(scopes).unwrap(), ..facts() };
            let answer = answer("resource-server", Some(facts));
            assert_eq!((answer["sub"].as_str(), answer["username"].as_str()), (Some(&*sub), username), "{scopes}");
        }
    }

    #[test]
    fn anything_else_is_exactly_inactive() {
        let foreign_refresh = Facts { kind: Kind::Refresh, client_id: "d".into(), ..facts() };
        for facts in
            [None, Some(Facts { is_alive: false, ..facts() }), Some(Facts { expires_at: NOW, ..facts() }), Some(foreign_refresh)]
        {
            assert_eq!(answer("c", facts), json!({"active": false}));
        }
    }

    #[test]
    fn a_refresh_token_is_shown_to_its_own_client() {
        let refresh = Facts { kind: Kind::Refresh, jti: None, ..facts() };
        let answer = answer("c", Some(refresh));
        assert_eq!((&answer["token_type"], answer.get("jti"), answer.get("nbf")), (&json!("refresh_token"), None, None));
    }

    #[test]
    fn an_answer_is_a_jwt_for_whoever_accepts_one_or_is_registered_for_it() {
        let plain = ClientMetadata::new("c");
        for (accept, expected) in [
            (None, None),
            (Some("*/*"), None),
            (Some("application/json"), None),
            (Some("application/token-introspection+jwt"), Some(Algorithm::RS256)),
            (Some("application/json;q=0.5, Application/Token-Introspection+JWT ; q=0.1"), Some(Algorithm::RS256)),
            (Some("application/token-introspection+jwt;q=0"), None),
            (Some("application/token-introspection+jwt; q=0.000, */*"), None),
            (Some("application/token-introspection+jwtx"), None),
        ] {
            assert_eq!(jwt_algorithm(accept, &plain), expected, "{accept:?}");
        }
        let signed = ClientMetadata { introspection_signed_response_alg: Some(Algorithm::ES256), ..plain.clone() };
        let encryption = Encryption { alg: KeyManagement::EcdhEs, enc: ContentEncryption::A128Gcm };
        let encrypted = ClientMetadata { introspection_encryption: Some(encryption), ..plain };
        assert_eq!(jwt_algorithm(Some("application/json"), &signed), Some(Algorithm::ES256));
        assert_eq!(jwt_algorithm(None, &encrypted), Some(Algorithm::RS256), "what is encrypted is signed first");
    }

    #[test]
    fn a_jwt_holds_the_answer_apart_from_its_own_claims_as_in_rfc_9701_section_5() {
        let caller = authenticated(ClientMetadata::new("https://rs.example.com/resource"));
        for (facts, is_active) in [(Some(facts()), true), (None, false)] {
            let response = respond(&caller, facts, &issuer(), NOW).unwrap();
            let claims = jwt_claims(&response, &issuer(), caller.client_id(), NOW);
            assert_eq!(claims["token_introspection"], serde_json::to_value(&response).unwrap());
            assert_eq!(claims["token_introspection"]["active"], is_active);
            assert_eq!((&claims["iss"], &claims["aud"]), (&json!(issuer().as_str()), &json!("https://rs.example.com/resource")));
            assert_eq!(claims["iat"], 1_800_000_000);
            assert_eq!(claims.as_object().unwrap().len(), 4, "neither sub nor exp: it is no token");
        }
    }

    #[test]
    fn a_public_client_can_not_introspect() {
        let public = ClientMetadata { token_endpoint_auth_method: AuthMethod::None, ..ClientMetadata::new("c") };
        let refused = respond(&authenticated(public), Some(facts()), &issuer(), NOW);
        assert_eq!(refused.unwrap_err().code, ErrorCode::InvalidClient);
        assert!(parse(&Params::default()).is_err());
    }
}
