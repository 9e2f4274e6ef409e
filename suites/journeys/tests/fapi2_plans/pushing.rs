//! Pushed requests and the references to them.

use serde_json::json;
use suite_journeys::code::Ask;
use suite_journeys::fapi_modules::INVALID_CLIENT;
pub(crate) use suite_journeys::fapi_modules::pushing::*;
use suite_journeys::plan::{Plan, refused};

pub(crate) async fn ensure_unsigned_authorization_request_without_using_par_fails(plan: &Plan) {
    plan.leads_nowhere(&plan.ask(&plan.one), &["invalid_request"]).await;
}

pub(crate) async fn par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(plan: &Plan) {
    push_by(plan, |claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 8)).await.expect(201);
}

pub(crate) async fn par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(plan: &Plan) {
    let pushed = push_by(plan, |claims| {
        let now = claims["iat"].as_i64().unwrap();
        (claims["nbf"], claims["iat"], claims["exp"]) = (json!(now + 65), json!(now + 65), json!(now + 125));
    });
    refused(&pushed.await, &INVALID_CLIENT);
}

pub(crate) async fn par_test_array_as_audience_fails(plan: &Plan) {
    refused(&push_by(plan, |claims| claims["aud"] = json!([claims["aud"]])).await, &INVALID_CLIENT);
}

pub(crate) async fn par_test_par_endpoint_url_as_audience_fails(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/par"));
    refused(&push_by(plan, |claims| claims["aud"] = json!(endpoint)).await, &INVALID_CLIENT);
}

pub(crate) async fn par_test_token_endpoint_url_as_audience_fails(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/token"));
    refused(&push_by(plan, |claims| claims["aud"] = json!(endpoint)).await, &INVALID_CLIENT);
}

pub(crate) async fn par_authorization_request_containing_request_uri_form_param(plan: &Plan) {
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    let mut ask = if plan.variant.is_signed { Ask::default().with("request", &object) } else { plan.ask(&plan.one) };
    ask = ask.with("request_uri", "urn:ietf:params:oauth:request_uri:x");
    let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    refused(&plan.post(&plan.one, "/oauth/par", &pairs).await, &["invalid_request", "invalid_request_object"]);
}

pub(crate) async fn par_attempt_invalid_http_method(plan: &Plan) {
    let answered = plan.app.request("PUT", &plan.app.api("/oauth/par")).form(&[("client_id", &plan.one.id)]).send().await;
    assert_eq!(answered.status, 405);
}

pub(crate) async fn par_ensure_pkce_required(plan: &Plan) {
    refused(&plan.push(&plan.one, &plan.ask(&plan.one).without_pkce()).await, &["invalid_request"]);
}

pub(crate) async fn par_plain_pkce_rejected(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("code_challenge_method", "plain");
    refused(&plan.push(&plan.one, &ask).await, &["invalid_request"]);
}
