//! What the authorization endpoint hands out itself: the tokens of the implicit and hybrid flows.
//!
//! OpenID Connect Core §3.2, §3.3, §5.4. An access token, an ID token or both, for what the person granted just now. There is
//! never a refresh token here (RFC 6749 §4.2.2). An ID token that comes alone, with no access token to open `UserInfo`, carries the
//! claims of the scopes.

use super::plan::{TokenPlan, UserGrant};
use crate::authorization_request::AuthorizationRequest;
use crate::confirmation::Confirmation;
use crate::{ClientMetadata, ResponseType, person, resource};
use kernel::FamilyId;

/// The plan for the tokens of an answer to `request`; `None` if it wants a code alone. Nothing is used up by it: what makes a waiting
/// request answerable once is claimed by whoever kept it waiting.
pub fn decide(
    request: &AuthorizationRequest,
    grant: &UserGrant,
    client: &ClientMetadata,
    family: &FamilyId,
) -> Option<TokenPlan> {
    let wanted = request.response_type;
    if !wanted.has_tokens() {
        return None;
    }
    let audience = resource::audience(grant.resources.clone(), &client.client_id);
    let mut plan = TokenPlan::for_user(client, &Confirmation::default(), grant, family, grant.scopes.clone(), audience);
    plan.is_openid = wanted.has_id_token();
    plan.nonce.clone_from(&request.nonce);
    if wanted == ResponseType::IdToken {
        for name in person::opened_by(&grant.scopes) {
            // What a scope opens is told whatever its value.
            plan.claims.id_token.entry(name.to_owned()).or_default().values.clear();
        }
    }
    Some(plan)
}

#[cfg(test)]
mod tests {
    use super::super::Refresh;
    use super::super::plan::tests::user_grant;
    use super::*;
    use crate::Params;
    use crate::authorization_request::{parse, return_address};

    fn client() -> ClientMetadata {
        ClientMetadata {
            redirect_uris: vec!["https://app.example/cb".into()],
            response_types: ResponseType::ALL.iter().map(|known| known.as_str().to_owned()).collect(),
            grant_types: vec!["authorization_code".into(), "implicit".into(), "refresh_token".into()],
            audience_uris: vec!["https://api.example".into()],
            ..ClientMetadata::new("c")
        }
    }
    fn plan(response_type: ResponseType, more: &[(&str, &str)]) -> Option<TokenPlan> {
        let pairs = [("response_type", response_type.as_str()), ("scope", "openid email offline_access"), ("nonce", "n1")];
        let params = Params::collect(pairs.into_iter().chain(more.iter().copied())).unwrap();
        let request = parse(&params, &client(), &ResponseType::ALL, return_address(&params, &client()).unwrap()).unwrap();
        let grant = UserGrant {
            resources: request.resources.clone(),
            claims: request.claims.clone(),
            ..user_grant("openid email offline_access")
        };
        decide(&request, &grant, &client(), &FamilyId::from("f1"))
    }

    #[test]
    fn only_types_with_tokens_have_a_plan_and_none_has_a_refresh_token() {
        assert!(plan(ResponseType::Code, &[]).is_none());
        for wanted in ResponseType::ALL.into_iter().filter(|wanted| wanted.has_tokens()) {
            let plan = plan(wanted, &[]).unwrap();
            assert_eq!(plan.refresh, Refresh::Nothing, "{wanted:?}");
            assert!(plan.claims().is_empty(), "{wanted:?}");
            assert_eq!((plan.is_openid, plan.nonce.as_deref()), (wanted.has_id_token(), Some("n1")), "{wanted:?}");
        }
    }

    #[test]
    fn an_id_token_that_comes_alone_carries_the_claims_of_the_scopes() {
        let asked = [("claims", r#"{"id_token":{"email":{"essential":true},"name":null}}"#)];
        let alone = plan(ResponseType::IdToken, &asked).unwrap();
        let names: Vec<&str> = alone.claims.id_token.keys().map(String::as_str).collect();
        assert_eq!(names, ["email", "email_verified", "name"]);
        assert!(alone.claims.id_token["email"].essential, "what was asked for by name stays as it was asked for");
        for accompanied in [ResponseType::IdTokenToken, ResponseType::CodeIdToken, ResponseType::CodeIdTokenToken] {
            assert!(plan(accompanied, &[]).unwrap().claims.id_token.is_empty(), "{accompanied:?}");
        }
    }

    #[test]
    fn the_access_token_is_for_the_resource_that_was_asked_for() {
        let for_api = plan(ResponseType::IdTokenToken, &[("resource", "https://api.example")]).unwrap();
        assert_eq!(for_api.audience, ["https://api.example"]);
        assert_eq!(plan(ResponseType::IdTokenToken, &[]).unwrap().audience, ["c"]);
    }
}
