//! Request objects that are taken, and those that are refused.

use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jws::sign;
use serde_json::{Value, json};
use suite_journeys::fapi_modules::INVALID_OBJECT;
use suite_journeys::plan::{Plan, reference, refused, rsa_key, without};

pub(crate) async fn ensure_request_object_with_multiple_aud_succeeds(plan: &Plan) {
    let pushed =
        plan.push_changed(&plan.one, |claims| claims["aud"] = json!([claims["aud"], "https://other1.example.com", "invalid"]));
    plan.go(&plan.referring(&plan.one, &reference(pushed.await))).await.code();
}

pub(crate) async fn ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(plan: &Plan) {
    let now = plan.app.services.clock.now().as_secs();
    plan.push_changed(&plan.one, |claims| claims["nbf"] = json!(now + 8)).await.expect(201);
}

async fn object_is_refused(plan: &Plan, change: impl FnOnce(&mut Value, i64)) {
    let now = plan.app.services.clock.now().as_secs();
    refused(&plan.push_changed(&plan.one, |claims| change(claims, now)).await, &INVALID_OBJECT);
}

pub(crate) async fn ensure_request_object_without_exp_fails(plan: &Plan) {
    object_is_refused(plan, |claims, _| without(claims, "exp")).await;
}

pub(crate) async fn ensure_request_object_without_nbf_fails(plan: &Plan) {
    object_is_refused(plan, |claims, _| without(claims, "nbf")).await;
}

pub(crate) async fn ensure_expired_request_object_fails(plan: &Plan) {
    object_is_refused(plan, |claims, now| claims["exp"] = json!(now - 300)).await;
}

pub(crate) async fn ensure_request_object_with_bad_aud_fails(plan: &Plan) {
    object_is_refused(plan, |claims, _| claims["aud"] = json!("https://example.com/other")).await;
}

pub(crate) async fn ensure_request_object_with_exp_over_60_fails(plan: &Plan) {
    object_is_refused(plan, |claims, now| claims["exp"] = json!(now + 70 * 60)).await;
}

pub(crate) async fn ensure_request_object_with_nbf_over_60_fails(plan: &Plan) {
    object_is_refused(plan, |claims, now| claims["nbf"] = json!(now - 70 * 60)).await;
}

pub(crate) async fn par_authorization_request_containing_request_uri(plan: &Plan) {
    object_is_refused(plan, |claims, _| claims["request_uri"] = json!("urn:ietf:params:oauth:request_uri:x")).await;
}

pub(crate) async fn ensure_signed_request_object_with_rs256_fails(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    let object = sign(&rsa_key(Algorithm::RS256), "oauth-authz-req+jwt", &claims).unwrap();
    refused(&plan.push_object(&plan.one, &object).await, &INVALID_OBJECT);
}

pub(crate) async fn ensure_request_object_signature_algorithm_is_not_none(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    let object = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()));
    refused(&plan.push_object(&plan.one, &object).await, &INVALID_OBJECT);
}

pub(crate) async fn ensure_request_object_with_invalid_signature_fails(plan: &Plan) {
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    let (signed, _) = object.rsplit_once('.').unwrap();
    refused(&plan.push_object(&plan.one, &format!("{signed}.{}", base64url([7; 256]))).await, &INVALID_OBJECT);
}

pub(crate) async fn ensure_matching_key_in_authorization_request(plan: &Plan) {
    let object = plan.two.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    refused(&plan.push_object(&plan.one, &object).await, &["invalid_request_object", "invalid_request"]);
}

pub(crate) async fn ensure_unsigned_request_at_par_endpoint_fails(plan: &Plan) {
    let ask = plan.ask(&plan.one);
    let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    refused(&plan.post(&plan.one, "/oauth/par", &pairs).await, &["invalid_request"]);
}
