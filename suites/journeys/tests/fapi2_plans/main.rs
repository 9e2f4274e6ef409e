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

mod answers;
mod assertions;
mod client_credentials;
mod objects;
mod proofs;
mod pushing;
mod tokens;

use suite_journeys::fapi_modules;
use suite_journeys::fapi_modules::{ALWAYS, DPOP, OIDC, PKJWT, SIGNED, assert_whole, walk, walk_alone};
use suite_journeys::plan::{Bound, Proof, Variant};

fapi_modules! {
    "discovery-end-point-verification" ALWAYS answers::discovery_end_point_verification cc,
    "happy-flow" ALWAYS answers::happy_flow cc,
    "user-rejects-authentication" ALWAYS answers::user_rejects_authentication,
    "ensure-request-object-with-multiple-aud-succeeds" SIGNED objects::ensure_request_object_with_multiple_aud_succeeds,
    "ensure-authorization-request-without-state-success" ALWAYS answers::ensure_authorization_request_without_state_success,
    "ensure-authorization-request-without-nonce-success" OIDC answers::ensure_authorization_request_without_nonce_success,
    "ensure-authorization-request-with-64-char-nonce-success" OIDC answers::ensure_authorization_request_with_64_char_nonce_success,
    "ensure-other-scope-order-succeeds" OIDC answers::ensure_other_scope_order_succeeds,
    "test-claims-parameter-identity-claims" OIDC answers::test_claims_parameter_identity_claims,
    "access-token-type-header-case-sensitivity" ALWAYS tokens::access_token_type_header_case_sensitivity cc,
    "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted" SIGNED objects::ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted,
    "check-dpop-proof-nbf-exp" DPOP proofs::check_dpop_proof_nbf_exp cc,
    "ensure-dpopproof-with-iat-10seconds-before-succeeds" DPOP proofs::ensure_dpopproof_with_iat_10seconds_before_succeeds cc,
    "ensure-dpopproof-with-iat-10seconds-after-succeeds" DPOP proofs::ensure_dpopproof_with_iat_10seconds_after_succeeds cc,
    "ensure-mismatched-dpop-jkt-fails" DPOP proofs::ensure_mismatched_dpop_jkt_fails,
    "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt" DPOP proofs::ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt,
    "ensure-token-endpoint-fails-with-mismatched-dpop-jkt" DPOP proofs::ensure_token_endpoint_fails_with_mismatched_dpop_jkt,
    "ensure-dpopproof-at-par-endpoint-binding-success" DPOP proofs::ensure_dpopproof_at_par_endpoint_binding_success,
    "ensure-dpop-auth-code-binding-success" DPOP proofs::ensure_dpop_auth_code_binding_success,
    "ensure-different-nonce-inside-and-outside-request-object" OIDC answers::ensure_different_nonce_inside_and_outside_request_object,
    "ensure-different-state-inside-and-outside-request-object" ALWAYS answers::ensure_different_state_inside_and_outside_request_object,
    "ensure-authorization-request-with-long-nonce" OIDC answers::ensure_authorization_request_with_long_nonce,
    "ensure-authorization-request-with-long-state" ALWAYS answers::ensure_authorization_request_with_long_state,
    "ensure-request-object-without-exp-fails" SIGNED objects::ensure_request_object_without_exp_fails,
    "ensure-request-object-without-nbf-fails" SIGNED objects::ensure_request_object_without_nbf_fails,
    "state-only-outside-request-object-not-used" ALWAYS answers::state_only_outside_request_object_not_used,
    "ensure-request-object-without-redirect-uri-fails" ALWAYS answers::ensure_request_object_without_redirect_uri_fails,
    "ensure-expired-request-object-fails" SIGNED objects::ensure_expired_request_object_fails,
    "ensure-request-object-with-bad-aud-fails" SIGNED objects::ensure_request_object_with_bad_aud_fails,
    "ensure-request-object-with-exp-over-60-fails" SIGNED objects::ensure_request_object_with_exp_over_60_fails,
    "ensure-request-object-with-nbf-over-60-fails" SIGNED objects::ensure_request_object_with_nbf_over_60_fails,
    "ensure-signed-request-object-with-RS256-fails" SIGNED objects::ensure_signed_request_object_with_rs256_fails,
    "ensure-request-object-signature-algorithm-is-not-none" SIGNED objects::ensure_request_object_signature_algorithm_is_not_none,
    "ensure-request-object-with-invalid-signature-fails" SIGNED objects::ensure_request_object_with_invalid_signature_fails,
    "ensure-matching-key-in-authorization-request" SIGNED objects::ensure_matching_key_in_authorization_request,
    "ensure-unsigned-request-at-par-endpoint-fails" SIGNED objects::ensure_unsigned_request_at_par_endpoint_fails,
    "plain-fapi-tolerate-unregistered-redirect-uri" ALWAYS answers::plain_fapi_tolerate_unregistered_redirect_uri,
    "ensure-unsigned-authorization-request-without-using-par-fails" ALWAYS pushing::ensure_unsigned_authorization_request_without_using_par_fails,
    "ensure-redirect-uri-in-authorization-request" ALWAYS answers::ensure_redirect_uri_in_authorization_request,
    "ensure-response-type-code-idtoken-fails" ALWAYS answers::ensure_response_type_code_idtoken_fails,
    "ensure-response-type-token-fails" ALWAYS answers::ensure_response_type_token_fails,
    "ensure-client-id-in-token-endpoint" ALWAYS tokens::ensure_client_id_in_token_endpoint cc,
    "ensure-holder-of-key-required" ALWAYS tokens::ensure_holder_of_key_required cc,
    "ensure-authorization-code-is-bound-to-client" ALWAYS tokens::ensure_authorization_code_is_bound_to_client,
    "attempt-reuse-authorization-code-after-one-second" ALWAYS tokens::attempt_reuse_authorization_code_after_one_second,
    "ensure-token-endpoint-fails-with-expired-auth-code" ALWAYS tokens::ensure_token_endpoint_fails_with_expired_auth_code,
    "ensure-signed-client-assertion-with-RS256-fails" PKJWT assertions::ensure_signed_client_assertion_with_rs256_fails cc,
    "ensure-client-assertion-in-token-endpoint" PKJWT assertions::ensure_client_assertion_in_token_endpoint cc,
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails" PKJWT assertions::ensure_client_assertion_with_exp_is_5_minutes_in_past_fails cc,
    "ensure-client-assertion-with-wrong-aud-fails" PKJWT assertions::ensure_client_assertion_with_wrong_aud_fails cc,
    "ensure-client-assertion-with-no-sub-fails" PKJWT assertions::ensure_client_assertion_with_no_sub_fails cc,
    "dpop-negative-tests" DPOP proofs::dpop_negative_tests cc,
    "refresh-token" ALWAYS tokens::refresh_token,
    "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds" ALWAYS pushing::par_ensure_reused_request_uri_prior_to_auth_completion_succeeds,
    "par-attempt-reuse-request_uri" ALWAYS pushing::par_attempt_reuse_request_uri,
    "par-attempt-to-use-expired-request_uri" ALWAYS pushing::par_attempt_to_use_expired_request_uri,
    "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted" PKJWT pushing::par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted,
    "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails" PKJWT pushing::par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails,
    "par-attempt-to-use-request_uri-for-different-client" ALWAYS pushing::par_attempt_to_use_request_uri_for_different_client,
    "par-authorization-request-containing-request_uri-form-param" ALWAYS pushing::par_authorization_request_containing_request_uri_form_param,
    "par-attempt-invalid-http-method" ALWAYS pushing::par_attempt_invalid_http_method,
    "par-ensure-pkce-required" ALWAYS pushing::par_ensure_pkce_required,
    "ensure-pkce-code-verifier-required" ALWAYS tokens::ensure_pkce_code_verifier_required,
    "incorrect-pkce-code-verifier-rejected" ALWAYS tokens::incorrect_pkce_code_verifier_rejected,
    "par-plain-pkce-rejected" ALWAYS pushing::par_plain_pkce_rejected,
    "par-authorization-request-containing-request_uri" SIGNED objects::par_authorization_request_containing_request_uri,
    "par-without-duplicate-parameters" ALWAYS pushing::par_without_duplicate_parameters,
    "par-test-array-as-audience-fails" PKJWT pushing::par_test_array_as_audience_fails,
    "par-test-par-endpoint-url-as-audience-fails" PKJWT pushing::par_test_par_endpoint_url_as_audience_fails,
    "par-test-token-endpoint-url-as-audience-fails" PKJWT pushing::par_test_token_endpoint_url_as_audience_fails,
}

/// Plain and OpenID Connect, each way of proving and binding: four tests for each way to sign.
macro_rules! variants {
    ($($test:ident: $proof:ident $bound:ident $is_signed:literal $is_jarm:literal),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            for is_openid in [false, true] {
                let profile = if $is_signed && $is_jarm { "fapi2_message_signing" } else { "fapi2_security" };
                let (proof, bound) = (Proof::$proof, Bound::$bound);
                walk(MODULES, Variant { profile, proof, bound, is_openid, is_signed: $is_signed, is_pushed: true, is_jarm: $is_jarm }).await;
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
            walk_alone(MODULES, variant).await;
        }
    }
}

#[test]
fn each_module_of_the_plans_is_here_once() {
    assert_whole(MODULES, 70);
}
