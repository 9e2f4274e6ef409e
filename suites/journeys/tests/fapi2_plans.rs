//! The plans of FAPI 2.0, module by module: Security Profile Final and Message Signing Final in every variant, and the client
//! credentials profile. Each variant is one test on one server, each module a function by the name it has in the suite (less
//! `fapi2-security-profile-final-`). What a module says in more detail about bound tokens is in `fapi2_bound.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jws::sign;
use oauth::grant::{CLIENT_CREDENTIALS, REFRESH_TOKEN};
use serde_json::{Map, Value, json};
use std::time::Duration;
use suite_journeys::code::{Ask, NONCE, Returned, STATE, go_on, visit};
use suite_journeys::holder::Holder;
use suite_journeys::pages::press;
use suite_journeys::plan::{
    Bound, Party, Plan, Proof, RESOURCE, Variant, entropy, reference, refused, rsa_key, says_no_more, without,
};
use suite_journeys::tokens::{Tokens, id_token_claims, part};
use testkit::Answered;

const INVALID_OBJECT: [&str; 1] = ["invalid_request_object"];
const INVALID_CLIENT: [&str; 2] = ["invalid_client", "invalid_request"];
const INVALID_GRANT: [&str; 1] = ["invalid_grant"];

const ALWAYS: fn(&Variant) -> bool = |_| true;
const SIGNED: fn(&Variant) -> bool = |variant| variant.is_signed;
const OIDC: fn(&Variant) -> bool = |variant| variant.is_openid;
const DPOP: fn(&Variant) -> bool = |variant| variant.bound == Bound::Dpop;
const PKJWT: fn(&Variant) -> bool = |variant| variant.proof == Proof::PrivateKeyJwt;

/// The modules, each with the variants it belongs to, and those of them that the client credentials profile has too.
macro_rules! modules {
    ($($name:literal $when:ident $run:ident $($cc:ident)?),* $(,)?) => {
        async fn run_plan(variant: Variant) {
            let plan = Plan::start(variant).await;
            $(if $when(&variant) {
                println!("{} in {variant:?}", $name);
                Box::pin($run(&plan)).await;
            })*
        }
        async fn run_client_credentials(variant: Variant) {
            let plan = Plan::start(variant).await;
            $($(if $when(&variant) {
                println!("{} ({}) in {variant:?}", $name, stringify!($cc));
                Box::pin(client_credentials::$run(&plan)).await;
            })?)*
        }
        const NAMES: &[&str] = &[$($name),*];
    };
}

modules! {
    "discovery-end-point-verification" ALWAYS discovery_end_point_verification cc,
    "happy-flow" ALWAYS happy_flow cc,
    "user-rejects-authentication" ALWAYS user_rejects_authentication,
    "ensure-request-object-with-multiple-aud-succeeds" SIGNED ensure_request_object_with_multiple_aud_succeeds,
    "ensure-authorization-request-without-state-success" ALWAYS ensure_authorization_request_without_state_success,
    "ensure-authorization-request-without-nonce-success" OIDC ensure_authorization_request_without_nonce_success,
    "ensure-authorization-request-with-64-char-nonce-success" OIDC ensure_authorization_request_with_64_char_nonce_success,
    "ensure-other-scope-order-succeeds" OIDC ensure_other_scope_order_succeeds,
    "test-claims-parameter-identity-claims" OIDC test_claims_parameter_identity_claims,
    "access-token-type-header-case-sensitivity" ALWAYS access_token_type_header_case_sensitivity cc,
    "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted" SIGNED ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted,
    "check-dpop-proof-nbf-exp" DPOP check_dpop_proof_nbf_exp cc,
    "ensure-dpopproof-with-iat-10seconds-before-succeeds" DPOP ensure_dpopproof_with_iat_10seconds_before_succeeds cc,
    "ensure-dpopproof-with-iat-10seconds-after-succeeds" DPOP ensure_dpopproof_with_iat_10seconds_after_succeeds cc,
    "ensure-mismatched-dpop-jkt-fails" DPOP ensure_mismatched_dpop_jkt_fails,
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt" DPOP ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt,
    "ensure-token-endpoint-fails-with-mismatched-dpop-jkt" DPOP ensure_token_endpoint_fails_with_mismatched_dpop_jkt,
    "ensure-dpopproof-at-par-endpoint-binding-success" DPOP ensure_dpopproof_at_par_endpoint_binding_success,
    "ensure-dpop-auth-code-binding-success" DPOP ensure_dpop_auth_code_binding_success,
    "ensure-different-nonce-inside-and-outside-request-object" OIDC ensure_different_nonce_inside_and_outside_request_object,
    "ensure-different-state-inside-and-outside-request-object" ALWAYS ensure_different_state_inside_and_outside_request_object,
    "ensure-authorization-request-with-long-nonce" OIDC ensure_authorization_request_with_long_nonce,
    "ensure-authorization-request-with-long-state" ALWAYS ensure_authorization_request_with_long_state,
    "ensure-request-object-without-exp-fails" SIGNED ensure_request_object_without_exp_fails,
    "ensure-request-object-without-nbf-fails" SIGNED ensure_request_object_without_nbf_fails,
    "state-only-outside-request-object-not-used" ALWAYS state_only_outside_request_object_not_used,
    "ensure-request-object-without-redirect-uri-fails" ALWAYS ensure_request_object_without_redirect_uri_fails,
    "ensure-expired-request-object-fails" SIGNED ensure_expired_request_object_fails,
    "ensure-request-object-with-bad-aud-fails" SIGNED ensure_request_object_with_bad_aud_fails,
    "ensure-request-object-with-exp-over-60-fails" SIGNED ensure_request_object_with_exp_over_60_fails,
    "ensure-request-object-with-nbf-over-60-fails" SIGNED ensure_request_object_with_nbf_over_60_fails,
    "ensure-signed-request-object-with-RS256-fails" SIGNED ensure_signed_request_object_with_rs256_fails,
    "ensure-request-object-signature-algorithm-is-not-none" SIGNED ensure_request_object_signature_algorithm_is_not_none,
    "ensure-request-object-with-invalid-signature-fails" SIGNED ensure_request_object_with_invalid_signature_fails,
    "ensure-matching-key-in-authorization-request" SIGNED ensure_matching_key_in_authorization_request,
    "ensure-unsigned-request-at-par-endpoint-fails" SIGNED ensure_unsigned_request_at_par_endpoint_fails,
    "plain-fapi-tolerate-unregistered-redirect-uri" ALWAYS plain_fapi_tolerate_unregistered_redirect_uri,
    "ensure-unsigned-authorization-request-without-using-par-fails" ALWAYS ensure_unsigned_authorization_request_without_using_par_fails,
    "ensure-redirect-uri-in-authorization-request" ALWAYS ensure_redirect_uri_in_authorization_request,
    "ensure-response-type-code-idtoken-fails" ALWAYS ensure_response_type_code_idtoken_fails,
    "ensure-response-type-token-fails" ALWAYS ensure_response_type_token_fails,
    "ensure-client-id-in-token-endpoint" ALWAYS ensure_client_id_in_token_endpoint cc,
    "ensure-holder-of-key-required" ALWAYS ensure_holder_of_key_required cc,
    "ensure-authorization-code-is-bound-to-client" ALWAYS ensure_authorization_code_is_bound_to_client,
    "attempt-reuse-authorization-code-after-one-second" ALWAYS attempt_reuse_authorization_code_after_one_second,
    "ensure-token-endpoint-fails-with-expired-auth-code" ALWAYS ensure_token_endpoint_fails_with_expired_auth_code,
    "ensure-signed-client-assertion-with-RS256-fails" PKJWT ensure_signed_client_assertion_with_rs256_fails cc,
    "ensure-client-assertion-in-token-endpoint" PKJWT ensure_client_assertion_in_token_endpoint cc,
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails" PKJWT ensure_client_assertion_with_exp_is_5_minutes_in_past_fails cc,
    "ensure-client-assertion-with-wrong-aud-fails" PKJWT ensure_client_assertion_with_wrong_aud_fails cc,
    "ensure-client-assertion-with-no-sub-fails" PKJWT ensure_client_assertion_with_no_sub_fails cc,
    "dpop-negative-tests" DPOP dpop_negative_tests cc,
    "refresh-token" ALWAYS refresh_token,
    "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds" ALWAYS par_ensure_reused_request_uri_prior_to_auth_completion_succeeds,
    "par-attempt-reuse-request_uri" ALWAYS par_attempt_reuse_request_uri,
    "par-attempt-to-use-expired-request_uri" ALWAYS par_attempt_to_use_expired_request_uri,
    "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted" PKJWT par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted,
    "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails" PKJWT par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails,
    "par-attempt-to-use-request_uri-for-different-client" ALWAYS par_attempt_to_use_request_uri_for_different_client,
    "par-authorization-request-containing-request_uri-form-param" ALWAYS par_authorization_request_containing_request_uri_form_param,
    "par-attempt-invalid-http-method" ALWAYS par_attempt_invalid_http_method,
    "par-ensure-pkce-required" ALWAYS par_ensure_pkce_required,
    "ensure-pkce-code-verifier-required" ALWAYS ensure_pkce_code_verifier_required,
    "incorrect-pkce-code-verifier-rejected" ALWAYS incorrect_pkce_code_verifier_rejected,
    "par-plain-pkce-rejected" ALWAYS par_plain_pkce_rejected,
    "par-authorization-request-containing-request_uri" SIGNED par_authorization_request_containing_request_uri,
    "par-without-duplicate-parameters" ALWAYS par_without_duplicate_parameters,
    "par-test-array-as-audience-fails" PKJWT par_test_array_as_audience_fails,
    "par-test-par-endpoint-url-as-audience-fails" PKJWT par_test_par_endpoint_url_as_audience_fails,
    "par-test-token-endpoint-url-as-audience-fails" PKJWT par_test_token_endpoint_url_as_audience_fails,
}

/// Plain and OpenID Connect, each way of proving and binding: four tests for each way to sign.
macro_rules! variants {
    ($($test:ident: $proof:ident $bound:ident $is_signed:literal $is_jarm:literal),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            for is_openid in [false, true] {
                let profile = if $is_signed && $is_jarm { "fapi2_message_signing" } else { "fapi2_security" };
                let (proof, bound) = (Proof::$proof, Bound::$bound);
                run_plan(Variant { profile, proof, bound, is_openid, is_signed: $is_signed, is_pushed: true, is_jarm: $is_jarm }).await;
            }
        }
    )*};
}

variants! {
    security_profile_with_assertions_and_proofs: PrivateKeyJwt Dpop false false,
    security_profile_with_assertions_and_bound_certificates: PrivateKeyJwt Mtls false false,
    security_profile_with_certificates_and_proofs: Mtls Dpop false false,
    security_profile_with_certificates_alone: Mtls Mtls false false,
    jarm_with_assertions_and_proofs: PrivateKeyJwt Dpop false true,
    jarm_with_assertions_and_bound_certificates: PrivateKeyJwt Mtls false true,
    jarm_with_certificates_and_proofs: Mtls Dpop false true,
    jarm_with_certificates_alone: Mtls Mtls false true,
    signed_requests_with_assertions_and_proofs: PrivateKeyJwt Dpop true false,
    signed_requests_with_assertions_and_bound_certificates: PrivateKeyJwt Mtls true false,
    signed_requests_with_certificates_and_proofs: Mtls Dpop true false,
    signed_requests_with_certificates_alone: Mtls Mtls true false,
    message_signing_with_assertions_and_proofs: PrivateKeyJwt Dpop true true,
    message_signing_with_assertions_and_bound_certificates: PrivateKeyJwt Mtls true true,
    message_signing_with_certificates_and_proofs: Mtls Dpop true true,
    message_signing_with_certificates_alone: Mtls Mtls true true,
}

#[tokio::test]
async fn client_credentials_in_every_way_of_proving_and_binding() {
    for proof in [Proof::PrivateKeyJwt, Proof::Mtls] {
        for bound in [Bound::Dpop, Bound::Mtls] {
            let (profile, is_pushed) = ("fapi2_security", true);
            let variant = Variant { profile, proof, bound, is_openid: false, is_signed: false, is_pushed, is_jarm: false };
            run_client_credentials(variant).await;
        }
    }
}

#[test]
fn each_module_of_the_plans_is_here_once() {
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!((NAMES.len(), names.len()), (70, 70));
}

async fn discovery_end_point_verification(plan: &Plan) {
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

async fn happy_flow(plan: &Plan) {
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

async fn user_rejects_authentication(plan: &Plan) {
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

async fn ensure_request_object_with_multiple_aud_succeeds(plan: &Plan) {
    let pushed =
        plan.push_changed(&plan.one, |claims| claims["aud"] = json!([claims["aud"], "https://other1.example.com", "invalid"]));
    plan.go(&plan.referring(&plan.one, &reference(pushed.await))).await.code();
}

async fn ensure_authorization_request_without_state_success(plan: &Plan) {
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

async fn ensure_authorization_request_without_nonce_success(plan: &Plan) {
    assert_eq!(nonce_of(plan, &plan.ask(&plan.one).without("nonce")).await, None);
}

async fn ensure_authorization_request_with_64_char_nonce_success(plan: &Plan) {
    let nonce = "n".repeat(64);
    assert_eq!(nonce_of(plan, &plan.ask(&plan.one).with("nonce", &nonce)).await, Some(nonce));
}

async fn ensure_authorization_request_with_long_nonce(plan: &Plan) {
    let nonce = "n".repeat(384);
    assert_eq!(nonce_of(plan, &plan.ask(&plan.one).with("nonce", &nonce)).await, Some(nonce));
}

async fn ensure_authorization_request_with_long_state(plan: &Plan) {
    let state = "s".repeat(1000);
    let returned = plan.authorize(&plan.one, &plan.ask(&plan.one).with("state", &state)).await;
    assert_eq!((returned.param("state"), returned.code().is_empty()), (state.as_str(), false));
}

async fn ensure_other_scope_order_succeeds(plan: &Plan) {
    let reversed: Vec<&str> = plan.variant.scope().split(' ').rev().collect();
    plan.authorize(&plan.one, &plan.ask(&plan.one).with("scope", &reversed.join(" "))).await.code();
}

async fn test_claims_parameter_identity_claims(plan: &Plan) {
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

async fn access_token_type_header_case_sensitivity(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    odd_schemes_pass(plan, &tokens).await;
}

async fn odd_schemes_pass(plan: &Plan, tokens: &Tokens) {
    let schemes = if plan.variant.bound == Bound::Dpop { ["dPOP", "dpop"] } else { ["bEARER", "bearer"] };
    for scheme in schemes {
        plan.calling(&plan.one, tokens.access(), Some(scheme)).await.expect(200);
    }
}

async fn ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(plan: &Plan) {
    let now = plan.app.services.clock.now().as_secs();
    plan.push_changed(&plan.one, |claims| claims["nbf"] = json!(now + 8)).await.expect(201);
}

/// A proof for an endpoint whose claims were changed.
fn proof(plan: &Plan, method: &str, path: &str, token: Option<&str>, change: impl Fn(&mut Value)) -> String {
    let holder = &plan.one.holder;
    let mut claims = holder.claims(&plan.app, method, path, token);
    change(&mut claims);
    holder.sign(&holder.header(), &claims)
}

/// A token request with such a proof, and a call with another.
async fn proofs_pass(plan: &Plan, form: &[(&str, &str)], change: impl Fn(&mut Value) + Copy) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.proof = Some(proof(plan, "POST", &plan.app.api("/oauth/token"), None, change));
    let tokens = Tokens::of(plan.send(how, "/oauth/token", form).await);
    let proof = proof(plan, "GET", RESOURCE, Some(tokens.access()), change);
    let calling = plan.app.get(RESOURCE).header("authorization", &format!("DPoP {}", tokens.access()));
    calling.header("dpop", &proof).send().await.expect(200);
}

fn bounded(claims: &mut Value) {
    claims["nbf"] = claims["iat"].clone();
    claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 60);
}
fn earlier(claims: &mut Value) {
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 10);
}
fn later(claims: &mut Value) {
    claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 8);
}

async fn flow_with_proofs(plan: &Plan, change: impl Fn(&mut Value) + Copy) {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.proof = Some(proof(plan, "POST", &plan.app.api("/oauth/par"), None, change));
    let pushed = plan.push_with(&plan.one, how, &plan.ask(&plan.one)).await;
    let code = plan.go(&plan.referring(&plan.one, &reference(pushed))).await.code();
    proofs_pass(plan, &plan.redeeming(&plan.one, &code), change).await;
}

async fn check_dpop_proof_nbf_exp(plan: &Plan) {
    flow_with_proofs(plan, bounded).await;
}
async fn ensure_dpopproof_with_iat_10seconds_before_succeeds(plan: &Plan) {
    flow_with_proofs(plan, earlier).await;
}
async fn ensure_dpopproof_with_iat_10seconds_after_succeeds(plan: &Plan) {
    flow_with_proofs(plan, later).await;
}

async fn ensure_mismatched_dpop_jkt_fails(plan: &Plan) {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.proof = Some(plan.one.holder.proof(&plan.app, "POST", &plan.app.api("/oauth/par"), None));
    let other = plan.ask(&plan.one).with("dpop_jkt", &plan.two.holder.jkt());
    refused(&plan.push_with(&plan.one, how, &other).await, &["invalid_request", "invalid_dpop_proof"]);
}

/// Redeem a code with a proof by the other client's key.
async fn redeem_by_another_key(plan: &Plan, code: &str) -> Answered {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.proof = Some(plan.two.holder.for_tokens(&plan.app));
    plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, code)).await
}

async fn code_with_proof_at_par(plan: &Plan) -> String {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.proof = Some(plan.one.holder.proof(&plan.app, "POST", &plan.app.api("/oauth/par"), None));
    let pushed = plan.push_with(&plan.one, how, &plan.ask(&plan.one)).await;
    plan.go(&plan.referring(&plan.one, &reference(pushed))).await.code()
}

async fn code_with_jkt(plan: &Plan) -> String {
    plan.authorize(&plan.one, &plan.ask(&plan.one).with("dpop_jkt", &plan.one.holder.jkt())).await.code()
}

async fn ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(plan: &Plan) {
    refused(&redeem_by_another_key(plan, &code_with_proof_at_par(plan).await).await, &INVALID_GRANT);
}
async fn ensure_token_endpoint_fails_with_mismatched_dpop_jkt(plan: &Plan) {
    refused(&redeem_by_another_key(plan, &code_with_jkt(plan).await).await, &INVALID_GRANT);
}
async fn ensure_dpopproof_at_par_endpoint_binding_success(plan: &Plan) {
    Tokens::of(plan.redeem(&plan.one, &code_with_proof_at_par(plan).await).await);
}
async fn ensure_dpop_auth_code_binding_success(plan: &Plan) {
    Tokens::of(plan.redeem(&plan.one, &code_with_jkt(plan).await).await);
}

async fn ensure_different_nonce_inside_and_outside_request_object(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await.with("nonce", "outside");
    let code = plan.go(&carried).await.code();
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    assert_eq!(id_token_claims(&plan.app, tokens.id()).await["nonce"], NONCE);
}

async fn ensure_different_state_inside_and_outside_request_object(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await.with("state", "outside");
    assert_eq!(plan.go(&carried).await.param("state"), STATE);
}

async fn state_only_outside_request_object_not_used(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one).without("state")).await.with("state", "outside");
    let returned = plan.go(&carried).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
}

async fn object_is_refused(plan: &Plan, change: impl FnOnce(&mut Value, i64)) {
    let now = plan.app.services.clock.now().as_secs();
    refused(&plan.push_changed(&plan.one, |claims| change(claims, now)).await, &INVALID_OBJECT);
}

async fn ensure_request_object_without_exp_fails(plan: &Plan) {
    object_is_refused(plan, |claims, _| without(claims, "exp")).await;
}
async fn ensure_request_object_without_nbf_fails(plan: &Plan) {
    object_is_refused(plan, |claims, _| without(claims, "nbf")).await;
}
async fn ensure_expired_request_object_fails(plan: &Plan) {
    object_is_refused(plan, |claims, now| claims["exp"] = json!(now - 300)).await;
}
async fn ensure_request_object_with_bad_aud_fails(plan: &Plan) {
    object_is_refused(plan, |claims, _| claims["aud"] = json!("https://example.com/other")).await;
}
async fn ensure_request_object_with_exp_over_60_fails(plan: &Plan) {
    object_is_refused(plan, |claims, now| claims["exp"] = json!(now + 70 * 60)).await;
}
async fn ensure_request_object_with_nbf_over_60_fails(plan: &Plan) {
    object_is_refused(plan, |claims, now| claims["nbf"] = json!(now - 70 * 60)).await;
}
async fn par_authorization_request_containing_request_uri(plan: &Plan) {
    object_is_refused(plan, |claims, _| claims["request_uri"] = json!("urn:ietf:params:oauth:request_uri:x")).await;
}

async fn ensure_request_object_without_redirect_uri_fails(plan: &Plan) {
    let pushed = plan.push(&plan.one, &plan.ask(&plan.one).without("redirect_uri")).await;
    refused(&pushed, &["invalid_request", "invalid_request_object"]);
}
async fn ensure_redirect_uri_in_authorization_request(plan: &Plan) {
    refused(&plan.push(&plan.two, &plan.ask(&plan.two).without("redirect_uri")).await, &["invalid_request"]);
}

async fn ensure_signed_request_object_with_rs256_fails(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    let object = sign(&rsa_key(Algorithm::RS256), "oauth-authz-req+jwt", &claims).unwrap();
    refused(&plan.push_object(&plan.one, &object).await, &INVALID_OBJECT);
}
async fn ensure_request_object_signature_algorithm_is_not_none(plan: &Plan) {
    let claims = plan.one.object_claims(&plan.app, &plan.ask(&plan.one));
    let object = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()));
    refused(&plan.push_object(&plan.one, &object).await, &INVALID_OBJECT);
}
async fn ensure_request_object_with_invalid_signature_fails(plan: &Plan) {
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    let (signed, _) = object.rsplit_once('.').unwrap();
    refused(&plan.push_object(&plan.one, &format!("{signed}.{}", base64url([7; 256]))).await, &INVALID_OBJECT);
}
async fn ensure_matching_key_in_authorization_request(plan: &Plan) {
    let object = plan.two.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    refused(&plan.push_object(&plan.one, &object).await, &["invalid_request_object", "invalid_request"]);
}
async fn ensure_unsigned_request_at_par_endpoint_fails(plan: &Plan) {
    let ask = plan.ask(&plan.one);
    let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    refused(&plan.post(&plan.one, "/oauth/par", &pairs).await, &["invalid_request"]);
}

async fn plain_fapi_tolerate_unregistered_redirect_uri(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("redirect_uri", "https://bank.example/callback/unregistered");
    refused(&plan.push(&plan.one, &ask).await, &["invalid_request"]);
}

async fn ensure_unsigned_authorization_request_without_using_par_fails(plan: &Plan) {
    plan.leads_nowhere(&plan.ask(&plan.one), &["invalid_request"]).await;
}

async fn ensure_response_type_code_idtoken_fails(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("response_type", "code id_token").with("nonce", NONCE);
    refused(&plan.push(&plan.one, &ask).await, &["unsupported_response_type", "invalid_request", "unauthorized_client"]);
}
async fn ensure_response_type_token_fails(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("response_type", "token");
    refused(&plan.push(&plan.one, &ask).await, &["unsupported_response_type", "invalid_request", "unauthorized_client"]);
}

async fn ensure_client_id_in_token_endpoint(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let mut how = plan.how(&plan.one, "/oauth/token");
    match plan.variant.proof {
        Proof::PrivateKeyJwt => how.assertion = Some(plan.two.assertion(&plan.app, |_| ())),
        Proof::Mtls => how.client_id = Some(plan.two.id.clone()),
    }
    let answered = plan.send(how, "/oauth/token", &plan.redeeming(&plan.one, &code)).await;
    refused(&answered, &["invalid_client", "invalid_grant"]);
}

async fn holder_of_key_is_required(plan: &Plan, form: &[(&str, &str)]) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.proof = None;
    if plan.variant.bound == Bound::Mtls {
        how.certificate = None;
    }
    let answered = plan.send(how, "/oauth/token", form).await;
    refused(&answered, &["invalid_request", "invalid_dpop_proof", "invalid_client"]);
}

async fn ensure_holder_of_key_required(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    holder_of_key_is_required(plan, &plan.redeeming(&plan.one, &code)).await;
}

async fn ensure_authorization_code_is_bound_to_client(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    refused(&plan.redeem(&plan.two, &code).await, &INVALID_GRANT);
}

async fn attempt_reuse_authorization_code_after_one_second(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    let tokens = Tokens::of(plan.redeem(&plan.one, &code).await);
    plan.app.clock.advance(Duration::from_secs(1));
    refused(&plan.redeem(&plan.one, &code).await, &INVALID_GRANT);
    assert_eq!(plan.call(&plan.one, tokens.access()).await.status, 401);
}

async fn ensure_token_endpoint_fails_with_expired_auth_code(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    plan.app.clock.advance(Duration::from_secs(62));
    refused(&plan.redeem(&plan.one, &code).await, &INVALID_GRANT);
}

/// A token request with this assertion is refused.
async fn assertion_is_refused(plan: &Plan, form: &[(&str, &str)], assertion: Option<String>) {
    let mut how = plan.how(&plan.one, "/oauth/token");
    how.client_id = assertion.is_none().then(|| plan.one.id.clone());
    how.assertion = assertion;
    refused(&plan.send(how, "/oauth/token", form).await, &INVALID_CLIENT);
}

async fn changed_assertion_is_refused(plan: &Plan, change: impl Fn(&mut Value)) {
    let code = plan.code(&plan.one).await;
    assertion_is_refused(plan, &plan.redeeming(&plan.one, &code), Some(plan.one.assertion(&plan.app, change))).await;
}

fn by_rs256(plan: &Plan) -> String {
    sign(&rsa_key(Algorithm::RS256), "JWT", &plan.one.claims(&plan.app)).unwrap()
}
fn five_minutes_ago(claims: &mut Value) {
    claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 300);
}
fn for_another_server(claims: &mut Value) {
    claims["aud"] = json!("https://example.com/other");
}

async fn ensure_signed_client_assertion_with_rs256_fails(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    assertion_is_refused(plan, &plan.redeeming(&plan.one, &code), Some(by_rs256(plan))).await;
}
async fn ensure_client_assertion_in_token_endpoint(plan: &Plan) {
    let code = plan.code(&plan.one).await;
    assertion_is_refused(plan, &plan.redeeming(&plan.one, &code), None).await;
}
async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(plan: &Plan) {
    changed_assertion_is_refused(plan, five_minutes_ago).await;
}
async fn ensure_client_assertion_with_wrong_aud_fails(plan: &Plan) {
    changed_assertion_is_refused(plan, for_another_server).await;
}
async fn ensure_client_assertion_with_no_sub_fails(plan: &Plan) {
    changed_assertion_is_refused(plan, |claims| without(claims, "sub")).await;
}

async fn dpop_negative_tests(plan: &Plan) {
    let tokens = plan.tokens(&plan.one).await;
    bad_proofs_are_refused(plan, tokens.access()).await;
}

async fn bad_proofs_are_refused(plan: &Plan, token: &str) {
    let (app, holder) = (&plan.app, &plan.one.holder);
    let now = app.services.clock.now().as_secs();
    let made = |change: &dyn Fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (holder.header(), holder.claims(app, "GET", RESOURCE, Some(token)));
        change(&mut header, &mut claims);
        holder.sign(&header, &claims)
    };
    let mut bad = Vec::new();
    for name in ["typ", "alg", "jwk"] {
        bad.push(made(&|header, _| without(header, name)));
    }
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        bad.push(made(&|_, claims| without(claims, name)));
    }
    for (name, value) in [("typ", json!("jwt")), ("alg", json!("none")), ("alg", json!("RS256"))] {
        bad.push(made(&|header, _| header[name] = value.clone()));
    }
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!("https://example.com")),
        ("ath", json!("x")),
        ("iat", json!(now - 3600)),
        ("iat", json!(now + 3600)),
    ] {
        bad.push(made(&|_, claims| claims[name] = value.clone()));
    }
    bad.push(plan.two.holder.proof(app, "GET", RESOURCE, Some(token)));
    bad.push(Holder::with(Algorithm::ES384).proof(app, "GET", RESOURCE, Some(token)));
    bad.push("malformed".to_owned());
    let calling = || app.get(RESOURCE).header("authorization", &format!("DPoP {token}"));
    for proof in &bad {
        let status = calling().header("dpop", proof).send().await.status;
        assert!([400, 401].contains(&status), "{status} for {proof}");
    }
    assert_eq!(calling().send().await.status, 401, "no proof");
    assert_eq!(app.get(RESOURCE).bearer(token).send().await.status, 401, "a downgrade");
    let good = made(&|_, claims| claims["extra"] = json!(1));
    calling().header("dpop", &good).send().await.expect(200);
    assert_eq!(calling().header("dpop", &good).send().await.status, 401, "a proof that was used");
}

async fn refresh_token(plan: &Plan) {
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

async fn par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await;
    let mut browser = plan.browser();
    visit(&plan.app, &mut browser, &carried).await.expect(200);
    let page = visit(&plan.app, &mut browser, &carried).await.expect(200);
    let end = go_on(&mut browser, &plan.app.notes.user, page).await;
    plan.open(&Returned::of(&end)).await.code();
}

async fn par_attempt_reuse_request_uri(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await;
    plan.go(&carried).await.code();
    plan.leads_nowhere(&carried, &["invalid_request_uri"]).await;
}

async fn par_attempt_to_use_expired_request_uri(plan: &Plan) {
    let carried = plan.carried(&plan.one, &plan.ask(&plan.one)).await;
    plan.app.clock.advance(Duration::from_secs(61));
    plan.leads_nowhere(&carried, &["invalid_request_uri"]).await;
}

async fn par_attempt_to_use_request_uri_for_different_client(plan: &Plan) {
    let request_uri = reference(plan.push(&plan.one, &plan.ask(&plan.one)).await);
    plan.leads_nowhere(&plan.referring(&plan.two, &request_uri), &["invalid_request_uri", "invalid_request"]).await;
}

async fn par_without_duplicate_parameters(plan: &Plan) {
    let request_uri = reference(plan.push(&plan.one, &plan.ask(&plan.one)).await);
    plan.go(&plan.referring(&plan.one, &request_uri)).await.code();
}

/// Push with this assertion.
async fn push_by(plan: &Plan, change: impl Fn(&mut Value)) -> Answered {
    let mut how = plan.how(&plan.one, "/oauth/par");
    how.assertion = Some(plan.one.assertion(&plan.app, change));
    plan.push_with(&plan.one, how, &plan.ask(&plan.one)).await
}

async fn par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(plan: &Plan) {
    push_by(plan, |claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 8)).await.expect(201);
}
async fn par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(plan: &Plan) {
    let pushed = push_by(plan, |claims| {
        let now = claims["iat"].as_i64().unwrap();
        (claims["nbf"], claims["iat"], claims["exp"]) = (json!(now + 65), json!(now + 65), json!(now + 125));
    });
    refused(&pushed.await, &INVALID_CLIENT);
}
async fn par_test_array_as_audience_fails(plan: &Plan) {
    refused(&push_by(plan, |claims| claims["aud"] = json!([claims["aud"]])).await, &INVALID_CLIENT);
}
async fn par_test_par_endpoint_url_as_audience_fails(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/par"));
    refused(&push_by(plan, |claims| claims["aud"] = json!(endpoint)).await, &INVALID_CLIENT);
}
async fn par_test_token_endpoint_url_as_audience_fails(plan: &Plan) {
    let endpoint = format!("{}{}", plan.app.notes.base_url, plan.app.api("/oauth/token"));
    refused(&push_by(plan, |claims| claims["aud"] = json!(endpoint)).await, &INVALID_CLIENT);
}

async fn par_authorization_request_containing_request_uri_form_param(plan: &Plan) {
    let object = plan.one.object(&plan.one.object_claims(&plan.app, &plan.ask(&plan.one)));
    let mut ask = if plan.variant.is_signed { Ask::default().with("request", &object) } else { plan.ask(&plan.one) };
    ask = ask.with("request_uri", "urn:ietf:params:oauth:request_uri:x");
    let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    refused(&plan.post(&plan.one, "/oauth/par", &pairs).await, &["invalid_request", "invalid_request_object"]);
}

async fn par_attempt_invalid_http_method(plan: &Plan) {
    let answered = plan.app.request("PUT", &plan.app.api("/oauth/par")).form(&[("client_id", &plan.one.id)]).send().await;
    assert_eq!(answered.status, 405);
}

async fn par_ensure_pkce_required(plan: &Plan) {
    refused(&plan.push(&plan.one, &plan.ask(&plan.one).without_pkce()).await, &["invalid_request"]);
}
async fn par_plain_pkce_rejected(plan: &Plan) {
    let ask = plan.ask(&plan.one).with("code_challenge_method", "plain");
    refused(&plan.push(&plan.one, &ask).await, &["invalid_request"]);
}

/// Redeem with this verifier, or with none.
async fn redeem_with_verifier(plan: &Plan, verifier: Option<&str>) -> Answered {
    let code = plan.code(&plan.one).await;
    let mut form: Vec<_> = plan.redeeming(&plan.one, &code).into_iter().filter(|(name, _)| *name != "code_verifier").collect();
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    plan.post(&plan.one, "/oauth/token", &form).await
}

async fn ensure_pkce_code_verifier_required(plan: &Plan) {
    refused(&redeem_with_verifier(plan, None).await, &INVALID_GRANT);
}
async fn incorrect_pkce_code_verifier_rejected(plan: &Plan) {
    refused(&redeem_with_verifier(plan, Some(&"w".repeat(50))).await, &INVALID_GRANT);
}

/// The modules that the client credentials profile shares, for clients on their own.
mod client_credentials {
    use super::{
        Bound, CLIENT_CREDENTIALS, INVALID_CLIENT, Plan, Proof, Tokens, Value, assertion_is_refused, bad_proofs_are_refused,
        bounded, by_rs256, earlier, five_minutes_ago, for_another_server, later, odd_schemes_pass, proofs_pass, refused, without,
    };

    const FORM: [(&str, &str); 1] = [("grant_type", CLIENT_CREDENTIALS)];

    pub(super) use super::discovery_end_point_verification;

    pub(super) async fn happy_flow(plan: &Plan) {
        let (first, second) = (plan.own_token(&plan.one).await, plan.own_token(&plan.two).await);
        let wanted = if plan.variant.bound == Bound::Dpop { "DPoP" } else { "Bearer" };
        assert_eq!((&first.0["token_type"], first.0.get("refresh_token")), (&Value::from(wanted), None));
        plan.call(&plan.one, first.access()).await.expect(200);
        plan.call(&plan.two, second.access()).await.expect(200);
        assert_eq!(plan.call(&plan.two, first.access()).await.status, 401);
    }
    pub(super) async fn access_token_type_header_case_sensitivity(plan: &Plan) {
        let tokens: Tokens = plan.own_token(&plan.one).await;
        odd_schemes_pass(plan, &tokens).await;
    }
    pub(super) async fn check_dpop_proof_nbf_exp(plan: &Plan) {
        proofs_pass(plan, &FORM, bounded).await;
    }
    pub(super) async fn ensure_dpopproof_with_iat_10seconds_before_succeeds(plan: &Plan) {
        proofs_pass(plan, &FORM, earlier).await;
    }
    pub(super) async fn ensure_dpopproof_with_iat_10seconds_after_succeeds(plan: &Plan) {
        proofs_pass(plan, &FORM, later).await;
    }
    pub(super) async fn ensure_client_id_in_token_endpoint(plan: &Plan) {
        let mut how = plan.how(&plan.one, "/oauth/token");
        how.client_id = Some(plan.two.id.clone());
        refused(&plan.send(how, "/oauth/token", &FORM).await, &INVALID_CLIENT);
    }
    pub(super) async fn ensure_holder_of_key_required(plan: &Plan) {
        super::holder_of_key_is_required(plan, &FORM).await;
    }
    pub(super) async fn ensure_signed_client_assertion_with_rs256_fails(plan: &Plan) {
        assertion_is_refused(plan, &FORM, Some(by_rs256(plan))).await;
    }
    pub(super) async fn ensure_client_assertion_in_token_endpoint(plan: &Plan) {
        assertion_is_refused(plan, &FORM, None).await;
    }
    pub(super) async fn ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(plan: &Plan) {
        assertion_is_refused(plan, &FORM, Some(plan.one.assertion(&plan.app, five_minutes_ago))).await;
    }
    pub(super) async fn ensure_client_assertion_with_wrong_aud_fails(plan: &Plan) {
        assertion_is_refused(plan, &FORM, Some(plan.one.assertion(&plan.app, for_another_server))).await;
    }
    pub(super) async fn ensure_client_assertion_with_no_sub_fails(plan: &Plan) {
        assertion_is_refused(plan, &FORM, Some(plan.one.assertion(&plan.app, |claims| without(claims, "sub")))).await;
    }
    pub(super) async fn dpop_negative_tests(plan: &Plan) {
        assert!(plan.variant.proof == Proof::PrivateKeyJwt || plan.variant.bound == Bound::Dpop);
        let tokens = plan.own_token(&plan.one).await;
        bad_proofs_are_refused(plan, tokens.access()).await;
    }
}
