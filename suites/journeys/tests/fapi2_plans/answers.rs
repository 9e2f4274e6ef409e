//! What is asked for and what comes back.

use serde_json::{Map, Value, json};
use suite_journeys::code::{Ask, NONCE, Returned, STATE, visit};
use suite_journeys::pages::press;
use suite_journeys::plan::{Bound, Party, Plan, RESOURCE, entropy, refused, says_no_more};
use suite_journeys::tokens::{Tokens, id_token_claims, part};
use testkit::Answered;

pub(crate) async fn discovery_end_point_verification(plan: &Plan) {
    let document = plan.discovery().await;
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    assert!(document["response_modes_supported"].as_array().unwrap().contains(&json!("jwt")));
}

/// The answer of the authorization endpoint as a careful client takes it.
fn check_answer(plan: &Plan, party: &Party, returned: &Returned) {
    assert_eq!(returned.to, party.callback.split('?').next().unwrap());
    assert_eq!((returned.param("iss"), returned.param("state")), (plan.app.notes.issuer.as_str(), STATE));
    assert!(!returned.url.contains('#') && !returned.is_posted, "{}", returned.url);
    assert!(entropy(&returned.code()) > 96.0, "{}", returned.url);
    if party.callback.contains("dummy1") {
        assert!(returned.url.contains("dummy1=lorem&dummy2=ipsum"), "{}", returned.url);
    }
}

/// A token response as a careful client takes it.
async fn check_tokens(plan: &Plan, answered: Answered) -> Tokens {
    assert_eq!((answered.header("cache-control"), answered.header("content-type")), ("no-store", "application/json"));
    let tokens = Tokens::of(answered);
    let wanted = if plan.variant.bound == Bound::Dpop { "DPoP" } else { "Bearer" };
    assert_eq!(tokens.0["token_type"], wanted);
    assert!(entropy(tokens.access()) > 96.0 && entropy(tokens.refresh()) > 96.0);
    assert!(tokens.0["expires_in"].as_u64().is_some_and(|seconds| seconds <= 31_536_000));
    assert_eq!(tokens.0.get("id_token").is_some(), plan.variant.is_openid);
    if plan.variant.is_openid {
        let header = part(tokens.id(), 0);
        assert!(header["kid"].is_string() && ["PS256", "ES256", "EdDSA"].iter().any(|alg| header["alg"] == *alg), "{header}");
        assert_eq!(id_token_claims(&plan.app, tokens.id()).await["nonce"], NONCE);
    }
    tokens
}

pub(crate) async fn happy_flow(plan: &Plan) {
    let mut all = Vec::new();
    for party in [&plan.one, &plan.two] {
        let returned = plan.authorize(party, &plan.ask(party)).await;
        check_answer(plan, party, &returned);
        all.push(check_tokens(plan, plan.redeem(party, &returned.code()).await).await);
    }
    let called = plan.call(&plan.one, all[0].access()).await.expect(200);
    assert_eq!(called.header("content-type"), "application/json");
    plan.call(&plan.two, all[1].access()).await.expect(200);
    assert_eq!(plan.call(&plan.two, all[0].access()).await.status, 401, "one client's token with the other's key");
    assert_eq!(plan.app.get(&format!("{RESOURCE}?access_token={}", all[0].access())).send().await.status, 401);
}

pub(crate) async fn user_rejects_authentication(plan: &Plan) {
    for party in [&plan.one, &plan.two] {
        let state = "s".repeat(128);
        let carried = plan.carried(party, &plan.ask(party).with("state", &state)).await;
        let mut browser = plan.browser();
        let page = visit(&plan.app, &mut browser, &carried).await;
        let sent = press(&mut browser, &page, "consent-form", &[("decision", "deny")]).await;
        let returned = Returned::of(&browser.follow(sent).await);
        let opened = plan.open(&returned).await.expect_error("access_denied");
        assert_eq!((opened.param("state"), opened.param("iss")), (state.as_str(), plan.app.notes.issuer.as_str()));
        says_no_more(&opened);
    }
}

pub(crate) async fn ensure_authorization_request_without_state_success(plan: &Plan) {
    let returned = plan.authorize(&plan.one, &plan.ask(&plan.one).without("state")).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
    let tokens = Tokens::of(plan.redeem(&plan.one, &returned.code()).await);
    if plan.variant.is_openid {
        assert!(!id_token_claims(&plan.app, tokens.id()).await.contains_key("s_hash"));
    }
}

async fn nonce_of(plan: &Plan, ask: &Ask) -> Option<String> {
    let code = plan.authorize(&plan.one, ask).await.code();
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    id_token_claims(&plan.app, tokens.id()).await.get("nonce").map(|nonce| nonce.as_str().unwrap().to_owned())
}

pub(crate) async fn ensure_authorization_request_without_nonce_success(plan: &Plan) {
    assert_eq!(nonce_of(plan, &plan.ask(&plan.one).without("nonce")).await, None);
}

pub(crate) async fn ensure_authorization_request_with_64_char_nonce_success(plan: &Plan) {
    let nonce = "n".repeat(64);
    assert_eq!(nonce_of(plan, &plan.ask(&plan.one).with("nonce", &nonce)).await, Some(nonce));
}

pub(crate) async fn ensure_authorization_request_with_long_nonce(plan: &Plan) {
    let nonce = "n".repeat(384);
    assert_eq!(nonce_of(plan, &plan.ask(&plan.one).with("nonce", &nonce)).await, Some(nonce));
}

pub(crate) async fn ensure_authorization_request_with_long_state(plan: &Plan) {
    let state = "s".repeat(1000);
    let returned = plan.authorize(&plan.one, &plan.ask(&plan.one).with("state", &state)).await;
    assert_eq!((returned.param("state"), returned.code().is_empty()), (state.as_str(), false));
}

pub(crate) async fn ensure_other_scope_order_succeeds(plan: &Plan) {
    let reversed: Vec<&str> = plan.variant.scope().split(' ').rev().collect();
    plan.authorize(&plan.one, &plan.ask(&plan.one).with("scope", &reversed.join(" "))).await.code();
}

pub(crate) async fn test_claims_parameter_identity_claims(plan: &Plan) {
    let document = plan.discovery().await;
    assert_eq!(document["claims_parameter_supported"], true);
    let supported: Vec<&str> = document["claims_supported"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(supported.contains(&"email") && supported.contains(&"address"), "{supported:?}");
    for wish in [Value::Null, json!({ "essential": true }), json!({ "value": plan.app.notes.user.email })] {
        let wishes: Map<String, Value> = supported
            .iter()
            .chain(&["unknown"])
            .filter(|name| **name != "sub")
            .map(|name| ((*name).to_owned(), wish.clone()))
            .collect();
        let claims = json!({ "id_token": wishes, "userinfo": wishes }).to_string();
        let code = plan.authorize(&plan.one, &plan.ask(&plan.one).with("claims", &claims)).await.code();
        let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
        let given = id_token_claims(&plan.app, tokens.id()).await;
        assert_eq!(given["email"], plan.app.notes.user.email, "{wish}");
        assert!(!given.contains_key("unknown") && given["aud"] == plan.one.id, "{given:?}");
    }
}

pub(crate) async fn ensure_different_nonce_inside_and_outside_request_object(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await.with("nonce", "outside");
    let code = plan.go(&carried).await.code();
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    assert_eq!(id_token_claims(&plan.app, tokens.id()).await["nonce"], NONCE);
}

pub(crate) async fn ensure_different_state_inside_and_outside_request_object(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await.with("state", "outside");
    assert_eq!(plan.go(&carried).await.param("state"), STATE);
}

pub(crate) async fn state_only_outside_request_object_not_used(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one).without("state")).await.with("state", "outside");
    let returned = plan.go(&carried).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
}

pub(crate) async fn ensure_request_object_without_redirect_uri_fails(plan: &Plan) {
    let pushed = plan.push(&plan.one, &plan.ask(&plan.one).without("redirect_uri")).await;
    refused(&pushed, &["invalid_request", "invalid_request_object"]);
}

pub(crate) async fn ensure_redirect_uri_in_authorization_request(plan: &Plan) {
    refused(&plan.push(&plan.two, &plan.ask(&plan.two).without("redirect_uri")).await, &["invalid_request"]);
}

pub(crate) async fn plain_fapi_tolerate_unregistered_redirect_uri(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("redirect_uri", "https://bank.example/callback/unregistered");
    refused(&plan.push(&plan.one, &ask).await, &["invalid_request"]);
}

pub(crate) async fn ensure_response_type_code_idtoken_fails(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("response_type", "code id_token").with("nonce", NONCE);
    refused(&plan.push(&plan.one, &ask).await, &["unsupported_response_type", "invalid_request", "unauthorized_client"]);
}

pub(crate) async fn ensure_response_type_token_fails(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("response_type", "token");
    refused(&plan.push(&plan.one, &ask).await, &["unsupported_response_type", "invalid_request", "unauthorized_client"]);
}
