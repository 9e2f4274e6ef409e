//! Identity assertion authorization grants (ID-JAG): a person who is signed in here is vouched for at another authorization server.
//!
//! draft-ietf-oauth-identity-assertion-authz-grant. Both sides: here the identity provider's, which exchanges an ID token or refresh token
//! of a client for an assertion that another server takes as a grant; [`crate::jwt_bearer`] is the side that takes it. Off unless the
//! organization switches it on and lists the servers it vouches at, and the clients it does that for.

use crate::access_token::Audience;
use crate::grant::{Issuance, SettledPlan};
use crate::metadata::{Document, Facts};
use crate::pipeline::{Endpoint, Room, Stage, Status};
use kernel::Scopes;
use serde::Serialize;
use std::time::Duration;

/// This room.
pub const ROOM: Room = Room {
    name: "id_jag",
    title: "Identity Assertion Authorization Grant",
    source: "draft-ietf-oauth-identity-assertion-authz-grant",
    status: Status::Draft,
    support: "issued for ID and refresh tokens, and taken as grants; each behind a setting",
    visits: &[(Endpoint::Token, Stage::Decide), (Endpoint::Token, Stage::Issue)],
    metadata,
};

/// The `typ` of such an assertion.
pub const TYP: &str = "oauth-id-jag+jwt";
/// Its identifier as a type of token.
pub const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:id-jag";
/// Its name among the profiles of authorization grants.
pub const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
/// How long one is good: it is used at once.
pub const LIFETIME: Duration = Duration::from_mins(5);

/// A server that a client may take an assertion to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its issuer identifier.
    pub issuer: String,
    /// What the client is called there.
    pub client_id: String,
    /// Scopes of that server that may be asked for.
    pub scopes: Scopes,
}

/// The claims of an assertion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claims {
    iss: String,
    sub: String,
    aud: String,
    client_id: String,
    jti: String,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Scopes::is_empty")]
    scope: Scopes,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
}

impl Claims {
    /// What a settled plan comes to at `target`; `email`, which is a verified one, where the grant covers it.
    pub fn of(
        plan: &SettledPlan,
        issuance: &Issuance<'_>,
        jti: &str,
        target: &Target,
        resources: &[String],
        email: Option<String>,
    ) -> Self {
        let authentication = plan.authentication.as_ref();
        Self {
            iss: issuance.issuer.to_string(),
            sub: issuance.sub.to_owned(),
            aud: target.issuer.clone(),
            client_id: target.client_id.clone(),
            jti: jti.to_owned(),
            iat: issuance.now.as_secs(),
            exp: issuance.now.plus(plan.access_token_lifetime).as_secs(),
            scope: plan.scopes.clone(),
            resource: (!resources.is_empty()).then(|| Audience::of(resources)),
            email_verified: email.is_some().then_some(true),
            email,
            auth_time: authentication.map(|authentication| authentication.at.as_secs()),
            acr: authentication.map(|authentication| authentication.acr.clone()).filter(|acr| !acr.is_empty()),
            amr: authentication.map(|authentication| authentication.amr.clone()).unwrap_or_default(),
        }
    }
}

fn metadata(facts: &Facts<'_>, document: &mut Document) {
    if facts.assertions.takes_id_jag {
        document.set("authorization_grant_profiles_supported", vec![PROFILE]);
    }
    if facts.assertions.issues_id_jag {
        document.set("identity_chaining_requested_token_types_supported", vec![TOKEN_TYPE]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientMetadata;
    use crate::grant::tests_support::{issuance, settled};
    use crate::private_key_jwt::tests::issuer;
    use serde_json::json;

    #[test]
    fn an_assertion_names_the_other_server_and_the_client_as_it_is_known_there() {
        let target = Target { issuer: "https://chat.example".into(), client_id: "there".into(), scopes: Scopes::default() };
        let mut plan = settled("chat.read");
        plan.edit(|plan| plan.access_token_lifetime = LIFETIME);
        let (issuer, client) = (issuer(), ClientMetadata::new("c"));
        let resources = ["https://chat.example/api".to_owned()];
        let claims = Claims::of(&plan, &issuance(&issuer, &client, "u1"), "j1", &target, &resources, None);
        let expected = json!({
            "iss": "https://id.example/orgs/acme", "sub": "u1", "aud": "https://chat.example", "client_id": "there", "jti": "j1",
            "iat": 1_800_000_000, "exp": 1_800_000_300, "scope": "chat.read", "resource": "https://chat.example/api",
            "auth_time": 1_799_999_000, "acr": "urn:lumoauth:acr:1fa", "amr": ["pwd"],
        });
        assert_eq!(serde_json::to_value(claims).unwrap(), expected);
    }
}
