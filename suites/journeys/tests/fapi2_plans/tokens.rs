//! Codes, refresh tokens and access tokens: who may use them, how, and how often.

use oauth::grant::REFRESH_TOKEN;
use std::time::Duration;
use suite_journeys::fapi_modules::{INVALID_CLIENT, INVALID_GRANT};
use suite_journeys::holder::Holder;
use suite_journeys::plan::{Bound, Plan, Proof, refused};
use suite_journeys::tokens::Tokens;
use testkit::Answered;

pub(crate) async fn access_token_type_header_case_sensitivity(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    odd_schemes_pass(plan, &tokens).await;
}

pub(crate) async fn odd_schemes_pass(plan: &Plan, tokens: &Tokens) {
    let schemes = if plan.variant.bound == Bound::Dpop { ["dPOP", "dpop"] } else { ["bEARER", "bearer"] };
    for scheme in schemes {
        plan.calling(&plan.one, tokens.access(), Some(scheme)).await.expect(200);
    }
}

pub(crate) async fn ensure_client_id_in_token_endpoint(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    match plan.variant.proof {
        Proof::PrivateKeyJwt => how.assertion = Some(plan.two.assertion(&plan.app, |_| ())),
        Proof::Mtls => how.client_id = Some(plan.two.id.clone()),
    }
    let answered = plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await;
    refused(&answered, &["invalid_client", "invalid_grant"]);
}

pub(crate) async fn holder_of_key_is_required(plan: &Plan, form: &[(&str, &str)]) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.proof = None;
    if plan.variant.bound == Bound::Mtls {
        how.certificate = None;
    }
    let answered = plan.send(how, "/oauth/token", form).await;
    refused(&answered, &["invalid_request", "invalid_dpop_proof", "invalid_client"]);
}

pub(crate) async fn ensure_holder_of_key_required(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    holder_of_key_is_required(plan, &plan.redeeming(&plan.one, &code)).await;
}

pub(crate) async fn ensure_authorization_code_is_bound_to_client(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    refused(&plan.redeem(&plan.two, &code).await, &INVALID_GRANT);
}

pub(crate) async fn attempt_reuse_authorization_code_after_one_second(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    plan.app.clock.advance(Duration::from_secs(1));
    refused(&plan.redeem(&plan.one, &code).await, &INVALID_GRANT);
    assert_eq!(plan.call(&plan.one, tokens.access()).await.status, 401);
}

pub(crate) async fn ensure_token_endpoint_fails_with_expired_auth_code(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    plan.app.clock.advance(Duration::from_secs(62));
    refused(&plan.redeem(&plan.one, &code).await, &INVALID_GRANT);
}

pub(crate) async fn refresh_token(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    let form = [("grant_type", REFRESH_TOKEN), ("refresh_token", tokens.refresh())];
    let again = plan.post(&plan.one, "/oauth/token", &form).await;
    assert_eq!(again.header("cache-control"), "no-store");
    plan.call(&plan.one, Tokens::of(again).access()).await.expect(200);
    refused(&plan.post(&plan.two, "/oauth/token", &form).await, &INVALID_GRANT);
    holder_of_key_is_required(plan, &form).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    (how.assertion, how.client_id) = (None, Some(plan.one.id.clone()));
    if plan.variant.proof == Proof::Mtls {
        how.certificate = None;
    }
    refused(&plan.send(how, "/oauth/token", &form).await, &INVALID_CLIENT);
    if plan.variant.bound == Bound::Dpop {
        let mut how = plan.how(&plan.one, "/oauth/token");
        how.proof = Some(Holder::default().for_tokens(&plan.app));
        Tokens::of(plan.send(how, "/oauth/token", &form).await);
    }
    plan.app.clock.advance(Duration::from_secs(30));
    let later = Tokens::of(plan.post(&plan.one, "/oauth/token", &form).await);
    assert!(later.0.get("refresh_token").is_none(), "it stays as it is");
}

/// Redeem with this verifier, or with none.
async fn redeem_with_verifier(plan: &Plan, verifier: Option<&str>) -> Answered {
    let code = plan.code(&plan.one).await;
    let mut form: Vec<_> = plan.redeeming(&plan.one, &code).into_iter().filter(|(name, _)| *name != "code_verifier").collect();
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    plan.post(&plan.one, "/oauth/token", &form).await
}

pub(crate) async fn ensure_pkce_code_verifier_required(plan: &Plan) {
    refused(&redeem_with_verifier(plan, None).await, &INVALID_GRANT);
}

pub(crate) async fn incorrect_pkce_code_verifier_rejected(plan: &Plan) {
    refused(&redeem_with_verifier(plan, Some(&"w".repeat(50))).await, &INVALID_GRANT);
}
