//! The client credentials grant: a client for itself.
//!
//! RFC 6749 §4.4. Only for clients that prove who they are. There is no person, so there is no ID token, no refresh token (§4.4.3)
//! and neither `openid` nor `offline_access` among the scopes.

use super::plan::TokenPlan;
use super::{CLIENT_CREDENTIALS, Refusal, unauthorized};
use crate::client_authentication::AuthenticatedClient;
use crate::rar::Details;
use crate::{resource, scope};
use kernel::Scopes;

/// `grant_type=client_credentials`.
#[derive(Clone, Debug)]
pub struct Request {
    /// What it wants; its registered scopes if it does not say.
    pub scopes: Option<Scopes>,
    /// For which resource servers.
    pub resources: Vec<String>,
    /// What exactly it wants to be allowed. Whether it may, [`crate::rar::check`] says.
    pub authorization_details: Option<Details>,
}

/// Decide.
pub fn decide(request: &Request, client: &AuthenticatedClient) -> Result<TokenPlan, Refusal> {
    if !client.is_confidential() || !client.metadata().may_use_grant(CLIENT_CREDENTIALS) {
        return Err(unauthorized("This client may not use the client_credentials grant.").into());
    }
    let scopes = scope::for_client(request.scopes.as_ref(), client.metadata())?;
    resource::check_registered(&request.resources, client.metadata())?;
    let audience = resource::audience(request.resources.clone(), client.client_id());
    let details = request.authorization_details.clone().unwrap_or_default();
    Ok(TokenPlan::for_client(client, scopes, audience).with_details(details))
}

#[cfg(test)]
mod tests {
    use super::super::{Refresh, Subject};
    use super::*;
    use crate::client::{AuthMethod, ClientType};
    use crate::client_authentication::tests::authenticated;
    use crate::{ClientMetadata, ErrorCode};

    fn client() -> ClientMetadata {
        ClientMetadata {
            grant_types: vec![CLIENT_CREDENTIALS.into()],
            scopes: Scopes::parse("openid offline_access reports users").unwrap(),
            audience_uris: vec!["urn:a".into()],
            ..ClientMetadata::new("c")
        }
    }
    fn run(client: ClientMetadata, scopes: Option<&str>, resources: &[&str]) -> Result<TokenPlan, ErrorCode> {
        let request = Request {
            scopes: scopes.and_then(Scopes::parse),
            resources: resources.iter().map(|resource| (*resource).to_owned()).collect(),
            authorization_details: None,
        };
        decide(&request, &authenticated(client)).map_err(|refusal| refusal.error.code)
    }

    #[test]
    fn a_client_gets_a_token_about_itself_and_nothing_else() {
        let plan = run(client(), None, &[]).unwrap();
        assert_eq!((plan.subject.clone(), plan.scopes.to_string()), (Subject::Client("c".into()), "reports users".into()));
        assert_eq!((plan.refresh, plan.is_openid, plan.authentication, plan.family), (Refresh::Nothing, false, None, None));
        assert_eq!(plan.audience, ["c"]);
    }

    #[test]
    fn scopes_are_the_intersection_and_resources_must_be_registered() {
        let plan = run(client(), Some("openid users other"), &["urn:a"]).unwrap();
        assert_eq!((plan.scopes.to_string().as_str(), plan.audience), ("users", vec!["urn:a".to_owned()]));
        assert_eq!(run(client(), Some("other"), &[]).unwrap_err(), ErrorCode::InvalidScope);
        assert_eq!(run(client(), None, &["urn:b"]).unwrap_err(), ErrorCode::InvalidTarget);
    }

    #[test]
    fn public_clients_and_clients_without_the_grant_get_nothing() {
        let public = ClientMetadata { client_type: ClientType::Public, token_endpoint_auth_method: AuthMethod::None, ..client() };
        assert_eq!(run(public, None, &[]).unwrap_err(), ErrorCode::UnauthorizedClient);
        let other = ClientMetadata { grant_types: vec!["authorization_code".into()], ..client() };
        assert_eq!(run(other, None, &[]).unwrap_err(), ErrorCode::UnauthorizedClient);
    }
}
