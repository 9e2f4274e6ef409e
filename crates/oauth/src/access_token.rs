//! Access tokens as JWTs.
//!
//! RFC 9068. Supported: `typ` `at+jwt`, the required claims, `auth_time`, `acr`, `amr`, `scope`; beside them `sid`, `token_use` and
//! whatever an organization adds. `aud` is the requested resource, or the client itself without one.

use crate::confirmation::Confirmation;
use crate::grant::{Issuance, SettledPlan};
use crate::person::Held;
use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::rar::Details;
use crate::token_exchange::{Act, MayAct};
use crate::{ErrorCode, Issuer, ProtocolError, custom_claims};
use jose::alg::Algorithm;
use jose::claims::{Moment, issuer as check_issuer};
use jose::jwks::Jwks;
use jose::jws::{self, Policy};
use kernel::{ClientId, Scopes, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "access_token",
    title: "JWT Profile for OAuth 2.0 Access Tokens",
    source: "RFC 9068",
    status: Status::Final,
    support: "at+jwt, signed; opaque tokens per client",
    visits: &[(Endpoint::Token, Stage::Issue), (Endpoint::Userinfo, Stage::Authenticate)],
    metadata: no_metadata,
};

/// The `typ` of an access token.
pub const TYP: &str = "at+jwt";

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// When it ends, in seconds.
    pub exp: i64,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// For whom it is.
    pub aud: Audience,
    /// Whom it is about.
    pub sub: String,
    /// Who got it.
    pub client_id: ClientId,
    /// Its own id, by which it is revoked.
    pub jti: String,
    /// What it allows; absent if nothing.
    #[serde(default, skip_serializing_if = "Scopes::is_empty")]
    pub scope: Scopes,
    /// When the person had signed in, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How strongly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<SessionId>,
    /// Always `access`.
    #[serde(default)]
    pub token_use: String,
    /// What exactly it allows (RFC 9396 §9.1).
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub authorization_details: Details,
    /// The keys it is bound to.
    #[serde(default, skip_serializing_if = "Confirmation::is_empty")]
    pub cnf: Confirmation,
    /// Who acts with it (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// Who alone may be given it to act with (RFC 8693 §4.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_act: Option<MayAct>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// `aud`: one text, or several in an array (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// In the shortest form.
    pub fn of(audience: &[String]) -> Self {
        match audience {
            [one] => Self::One(one.clone()),
            several => Self::Several(several.to_vec()),
        }
    }
    /// All of it.
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

impl Claims {
    /// The claims of the access token a settled plan leads to.
    pub fn of(plan: &SettledPlan, issuance: &Issuance<'_>, jti: impl Into<String>) -> Self {
        let authentication = plan.authentication.as_ref();
        Self {
            iss: issuance.issuer.to_string(),
            exp: issuance.now.plus(plan.access_token_lifetime).as_secs(),
            iat: issuance.now.as_secs(),
            aud: Audience::of(&plan.audience),
            sub: issuance.sub.to_owned(),
            client_id: plan.client_id.clone(),
            jti: jti.into(),
            scope: plan.scopes.clone(),
            auth_time: authentication.map(|authentication| authentication.at.as_secs()),
            acr: authentication.map(|authentication| authentication.acr.clone()),
            amr: authentication.map(|authentication| authentication.amr.clone()).unwrap_or_default(),
            sid: plan.session.clone(),
            token_use: "access".to_owned(),
            authorization_details: plan.authorization_details.clone(),
            cnf: plan.confirmation.clone(),
            act: plan.act.clone(),
            may_act: plan.may_act.clone(),
            extra: custom_claims::of(issuance.client),
        }
    }
    /// With what the person holds, as far as it is to be told.
    #[must_use]
    pub fn with_held(mut self, held: &Held) -> Self {
        self.extra.extend(held.claims());
        self
    }
    /// With the organization the person acts for, if there is one.
    #[must_use]
    pub fn with_organization(mut self, organization: Option<Value>) -> Self {
        self.extra.extend(organization.map(|organization| ("organization".to_owned(), organization)));
        self
    }
    /// The id of the organization the person acts for.
    pub fn organization(&self) -> Option<&str> {
        self.extra.get("organization")?.get("id")?.as_str()
    }
    /// Whether it is about the client itself rather than a person.
    pub fn is_about_client(&self) -> bool {
        self.sub == self.client_id.as_str() && self.auth_time.is_none()
    }
}

/// The claims of a presented token, if its signature, type, issuer and time are good. Whether it was revoked is for the caller
/// to find out.
///
/// # Errors
/// `invalid_token`.
pub fn verify(token: &str, keys: &Jwks, issuer: &Issuer, now: Timestamp) -> Result<Claims, ProtocolError> {
    let refused = || ProtocolError::new(ErrorCode::InvalidToken, "The access token is not valid.");
    let verified = jws::verify_with_set(token, keys, &Algorithm::ASYMMETRIC, &Policy::typ(&[TYP])).map_err(|_| refused())?;
    check_issuer(&verified.claims, issuer.as_str()).map_err(|_| refused())?;
    // No leeway: both moments are read from this server's own clock.
    Moment::new(now, Duration::ZERO)
        .expires(&verified.claims)
        .map_err(|_| ProtocolError::new(ErrorCode::InvalidToken, "The access token has expired."))?;
    verified.claims_as().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientMetadata;
    use crate::grant::tests_support::{issuance, settled, settled_for_client};
    use crate::private_key_jwt::tests::{NOW, issuer, key, keys};
    use jose::key::SigningKey;
    use std::collections::BTreeMap;

    fn claims() -> Claims {
        Claims::of(&settled("openid email"), &issuance(&issuer(), &ClientMetadata::new("c"), "u1"), "j1")
    }

    #[test]
    fn a_users_token_carries_the_claims_of_rfc_9068() {
        let json = serde_json::to_value(claims()).unwrap();
        let expected = serde_json::json!({
            "iss": "https://id.example/orgs/acme", "exp": 1_800_003_600, "iat": 1_800_000_000, "aud": "c", "sub": "u1",
            "client_id": "c", "jti": "j1", "scope": "email openid", "auth_time": 1_799_999_000, "acr": "urn:lumoauth:acr:1fa",
            "amr": ["pwd"], "sid": "s1", "token_use": "access",
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn what_a_person_holds_and_the_clients_own_claims_stand_beside_the_protocols() {
        let mut client = ClientMetadata::new("c");
        client.custom_claims =
            BTreeMap::from(["plan", "sub", "scope", "cnf", "email"].map(|name| (name.to_owned(), "evil".into())));
        let held = Held { roles: Some(vec!["admin".into()]), ..Held::default() };
        let claims = Claims::of(&settled("openid email"), &issuance(&issuer(), &client, "u1"), "j1").with_held(&held);
        let json = serde_json::to_value(&claims).unwrap();
        assert_eq!((&json["plan"], &json["roles"]), (&"evil".into(), &serde_json::json!(["admin"])));
        assert_eq!((&json["sub"], &json["scope"]), (&"u1".into(), &"email openid".into()));
        assert!(json.get("cnf").is_none() && json.get("email").is_none());
        assert_eq!(serde_json::from_value::<Claims>(json).unwrap(), claims);
    }

    #[test]
    fn a_clients_token_is_about_itself_and_says_nothing_about_people() {
        let claims = Claims::of(&settled_for_client("reports"), &issuance(&issuer(), &ClientMetadata::new("c"), "c"), "j1");
        let json = serde_json::to_value(&claims).unwrap();
        assert_eq!((&json["sub"], &json["aud"]), (&"c".into(), &serde_json::json!(["urn:a", "urn:b"])));
        assert!(claims.is_about_client());
        for absent in ["auth_time", "acr", "amr", "sid"] {
            assert!(json.get(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn a_signed_token_verifies_until_its_end() {
        let key = key();
        let token = jws::sign(&key, TYP, &claims()).unwrap();
        let run = |now| verify(&token, &keys(&key), &issuer(), now);
        assert_eq!(run(NOW).unwrap(), claims());
        assert!(run(NOW.plus(Duration::from_secs(3599))).is_ok());
        assert_eq!(run(NOW.plus(Duration::from_hours(1))).unwrap_err().code, ErrorCode::InvalidToken);
    }

    #[test]
    fn attack_25_tokens_of_another_organization_key_or_kind_are_refused() {
        let key = key();
        let keys = keys(&key);
        let other_org = Issuer::of_org("https://id.example", "other");
        let token = jws::sign(&key, TYP, &claims()).unwrap();
        assert!(verify(&token, &keys, &other_org, NOW).is_err(), "same key, another issuer");
        let same_kid = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
        let forged = jws::sign(&same_kid, TYP, &claims()).unwrap();
        assert!(verify(&forged, &keys, &issuer(), NOW).is_err(), "same kid, another key");
        let id_token = jws::sign(&key, "JWT", &claims()).unwrap();
        assert!(verify(&id_token, &keys, &issuer(), NOW).is_err(), "an ID token");
        assert!(verify("", &keys, &issuer(), NOW).is_err());
    }
}
