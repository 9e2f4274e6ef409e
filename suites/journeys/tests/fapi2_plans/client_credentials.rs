//! The modules that the client credentials profile shares, for clients on their own.

use crate::assertions::{assertion_is_refused, by_rs256, five_minutes_ago, for_another_server};
use crate::proofs::{bad_proofs_are_refused, bounded, earlier, later, proofs_pass};
use crate::tokens::{holder_of_key_is_required, odd_schemes_pass};
use oauth::grant::CLIENT_CREDENTIALS;
use serde_json::Value;
use suite_journeys::fapi_modules::INVALID_CLIENT;
use suite_journeys::plan::{Bound, Plan, Proof, refused, without};
use suite_journeys::tokens::Tokens;

const FORM: [(&str, &str); 1] = [("grant_type", CLIENT_CREDENTIALS)];

pub(crate) use crate::answers::discovery_end_point_verification;

pub(crate) async fn happy_flow(plan: &Plan) {
    let (first, second) = (plan.own_token(&plan.one).await, plan.own_token(&plan.two).await);
    let wanted = if plan.variant.bound == Bound::Dpop { "DPoP" } else { "Bearer" };
    assert_eq!((&first.0["token_type"], first.0.get("refresh_token")), (&Value::from(wanted), None));
    plan.call(&plan.one, first.access()).await.expect(200);
    plan.call(&plan.two, second.access()).await.expect(200);
    assert_eq!(plan.call(&plan.two, first.access()).await.status, 401);
}
pub(crate) async fn access_token_type_header_case_sensitivity(plan: &Plan) {
    let tokens: Tokens = plan.own_token(&plan.one).await;
    odd_schemes_pass(plan, &tokens).await;
}
pub(crate) async fn check_dpop_proof_nbf_exp(plan: &Plan) {
    proofs_pass(plan, &FORM, bounded).await;
}
pub(crate) async fn ensure_dpopproof_with_iat_10seconds_before_succeeds(plan: &Plan) {
    proofs_pass(plan, &FORM, earlier).await;
}
pub(crate) async fn ensure_dpopproof_with_iat_10seconds_after_succeeds(plan: &Plan) {
    proofs_pass(plan, &FORM, later).await;
}
pub(crate) async fn ensure_client_id_in_token_endpoint(plan: &Plan) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.client_id = Some(plan.two.id.clone());
    refused(&plan.send(how, "/oauth/token", &FORM).await, &INVALID_CLIENT);
}
pub(crate) async fn ensure_holder_of_key_required(plan: &Plan) {
    holder_of_key_is_required(plan, &FORM).await;
}
pub(crate) async fn ensure_signed_client_assertion_with_rs256_fails(plan: &Plan) {
    assertion_is_refused(plan, &FORM, Some(by_rs256(plan))).await;
}
pub(crate) async fn ensure_client_assertion_in_token_endpoint(plan: &Plan) {
    assertion_is_refused(plan, &FORM, None).await;
}
pub(crate) async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(plan: &Plan) {
    assertion_is_refused(plan, &FORM, Some(plan.one.assertion(&plan.app, five_minutes_ago))).await;
}
pub(crate) async fn ensure_client_assertion_with_wrong_aud_fails(plan: &Plan) {
    assertion_is_refused(plan, &FORM, Some(plan.one.assertion(&plan.app, for_another_server))).await;
}
pub(crate) async fn ensure_client_assertion_with_no_sub_fails(plan: &Plan) {
    assertion_is_refused(plan, &FORM, Some(plan.one.assertion(&plan.app, |claims| without(claims, "sub")))).await;
}
pub(crate) async fn dpop_negative_tests(plan: &Plan) {
    assert!(plan.variant.proof == Proof::PrivateKeyJwt || plan.variant.bound == Bound::Dpop);
    let tokens = plan.own_token(&plan.one).await;
    bad_proofs_are_refused(plan, tokens.access()).await;
}
