//! Assertions that prove no client.

use jose::alg::Algorithm;
use jose::jws::sign;
use serde_json::{Value, json};
use suite_journeys::fapi_modules::INVALID_CLIENT;
use suite_journeys::plan::{Plan, refused, rsa_key, without};

/// A token request with this assertion is refused.
pub(crate) async fn assertion_is_refused(plan: &Plan, form: &[(&str, &str)], assertion: Option<String>) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.client_id = assertion.is_none().then(|| plan.one.id.clone());
    how.assertion = assertion;
    refused(&plan.send(how, "/oauth/token", form).await, &INVALID_CLIENT);
}

async fn changed_assertion_is_refused(plan: &Plan, change: impl Fn(&mut Value)) {
    let code = plan.code(&plan.one).await;
    assertion_is_refused(plan, &plan.redeeming(&plan.one, &code), Some(plan.one.assertion(&plan.app, change))).await;
}

pub(crate) fn by_rs256(plan: &Plan) -> String {
    sign(&rsa_key(Algorithm::RS256), "JWT", &plan.one.claims(&plan.app)).unwrap()
}

pub(crate) fn five_minutes_ago(claims: &mut Value) {
    claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 300);
}

pub(crate) fn for_another_server(claims: &mut Value) {
    claims["aud"] = json!("https://example.com/other");
}

pub(crate) async fn ensure_signed_client_assertion_with_rs256_fails(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    assertion_is_refused(plan, &plan.redeeming(&plan.one, &code), Some(by_rs256(plan))).await;
}

pub(crate) async fn ensure_client_assertion_in_token_endpoint(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    assertion_is_refused(plan, &plan.redeeming(&plan.one, &code), None).await;
}

pub(crate) async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(plan: &Plan) {
    changed_assertion_is_refused(plan, five_minutes_ago).await;
}

pub(crate) async fn ensure_client_assertion_with_wrong_aud_fails(plan: &Plan) {
    changed_assertion_is_refused(plan, for_another_server).await;
}

pub(crate) async fn ensure_client_assertion_with_no_sub_fails(plan: &Plan) {
    changed_assertion_is_refused(plan, |claims| without(claims, "sub")).await;
}
