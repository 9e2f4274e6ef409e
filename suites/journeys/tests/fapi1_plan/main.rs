//! The plan of FAPI 1.0 Advanced, module by module, in every variant of `plain_fapi`: each module a function by the name it has in the suite
//! (less `fapi1-advanced-final-`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod modules;

use suite_journeys::fapi_modules;
use suite_journeys::fapi_modules::{ALWAYS, BY_VALUE, MTLS, PKJWT, PLAIN, PUSHED, PUSHED_PKJWT, assert_whole, pushing, walk};
use suite_journeys::plan::{Bound, Proof, Variant};

fapi_modules! {
    "discovery-end-point-verification" ALWAYS modules::discovery_end_point_verification,
    "fapi1-advanced-final" ALWAYS modules::happy_flow,
    "user-rejects-authentication" ALWAYS modules::user_rejects_authentication,
    "ensure-valid-pkce-succeeds" BY_VALUE modules::ensure_valid_pkce_succeeds,
    "ensure-request-object-with-multiple-aud-succeeds" ALWAYS modules::ensure_request_object_with_multiple_aud_succeeds,
    "ensure-authorization-request-without-state-success" ALWAYS modules::ensure_authorization_request_without_state_success,
    "ensure-other-scope-order-succeeds" ALWAYS modules::ensure_other_scope_order_succeeds,
    "access-token-type-header-case-sensitivity" ALWAYS modules::access_token_type_header_case_sensitivity,
    "ensure-response-mode-query" PLAIN modules::ensure_response_mode_query,
    "ensure-different-nonce-inside-and-outside-request-object" ALWAYS modules::ensure_different_nonce_inside_and_outside_request_object,
    "ensure-registered-redirect-uri" ALWAYS modules::ensure_registered_redirect_uri,
    "ensure-request-object-with-long-nonce" ALWAYS modules::ensure_request_object_with_long_nonce,
    "ensure-request-object-with-64-char-nonce-success" ALWAYS modules::ensure_request_object_with_64_char_nonce_success,
    "ensure-request-object-with-long-state" ALWAYS modules::ensure_request_object_with_long_state,
    "ensure-matching-key-in-authorization-request" ALWAYS modules::ensure_matching_key_in_authorization_request,
    "ensure-authorization-request-without-request-object-fails" ALWAYS modules::ensure_authorization_request_without_request_object_fails,
    "ensure-redirect-uri-in-authorization-request" ALWAYS modules::ensure_redirect_uri_in_authorization_request,
    "attempt-reuse-authorisation-code-after-one-second" ALWAYS modules::attempt_reuse_authorisation_code_after_one_second,
    "ensure-client-assertion-with-iss-aud-succeeds" PKJWT modules::ensure_client_assertion_with_iss_aud_succeeds,
    "refresh-token" ALWAYS modules::refresh_token,
    "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds" PUSHED pushing::par_ensure_reused_request_uri_prior_to_auth_completion_succeeds,
    "par-test-pushed-authorization-url-as-audience-for-client-JWT-assertion" PUSHED_PKJWT modules::par_url_as_audience_of_the_assertion,
    "par-token-endpoint-url-as-audience-for-client-JWT-assertion" PUSHED_PKJWT modules::token_endpoint_url_as_audience_of_the_assertion,
    "test-array-as-audience-for-client-JWT-assertion" PKJWT modules::array_as_audience_of_the_assertion,
    "par-without-duplicate-parameters" PUSHED pushing::par_without_duplicate_parameters,
    "par-ensure-client-assertion-with-wrong-aud-fails" PUSHED_PKJWT modules::par_ensure_client_assertion_with_wrong_aud_fails,
    "par-ensure-client-assertion-with-wrong-iss-fails" PUSHED_PKJWT modules::par_ensure_client_assertion_with_wrong_iss_fails,
    "par-ensure-client-assertion-with-wrong-sub-fails" PUSHED_PKJWT modules::par_ensure_client_assertion_with_wrong_sub_fails,
    "par-ensure-pkce-required" PUSHED modules::par_ensure_pkce_required,
    "par-plain-pkce-rejected" PUSHED modules::par_plain_pkce_rejected,
    "par-attempt-invalid-redirect_uri" PUSHED modules::par_attempt_invalid_redirect_uri,
    "par-pushed-authorization-url-as-audience-in-request-object" PUSHED modules::par_pushed_authorization_url_as_audience_in_request_object,
    "par-attempt-invalid-http-method" PUSHED modules::par_attempt_invalid_http_method,
    "incorrect-pkce-code-verifier-rejected" PUSHED modules::incorrect_pkce_code_verifier_rejected,
    "ensure-pkce-code-verifier-required" PUSHED modules::ensure_pkce_code_verifier_required,
    "par-authorization-request-containing-request_uri-form-param" PUSHED modules::par_authorization_request_containing_request_uri_form_param,
    "par-authorization-request-containing-request_uri" PUSHED modules::par_authorization_request_containing_request_uri,
    "par-attempt-to-use-expired-request_uri" PUSHED pushing::par_attempt_to_use_expired_request_uri,
    "par-attempt-reuse-request_uri" PUSHED pushing::par_attempt_reuse_request_uri,
    "par-attempt-to-use-request_uri-for-different-client" PUSHED pushing::par_attempt_to_use_request_uri_for_different_client,
    "ensure-client-assertion-with-wrong-iss-fails" PKJWT modules::ensure_client_assertion_with_wrong_iss_fails,
    "ensure-client-assertion-with-wrong-sub-fails" PKJWT modules::ensure_client_assertion_with_wrong_sub_fails,
    "ensure-client-assertion-with-wrong-aud-fails" PKJWT modules::ensure_client_assertion_with_wrong_aud_fails,
    "ensure-client-assertion-with-no-sub-fails" PKJWT modules::ensure_client_assertion_with_no_sub_fails,
    "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails" PKJWT modules::ensure_client_assertion_with_exp_is_5_minutes_in_past_fails,
    "ensure-response-type-code-fails" PLAIN modules::ensure_response_type_code_fails,
    "ensure-request-object-without-exp-fails" ALWAYS modules::ensure_request_object_without_exp_fails,
    "ensure-request-object-without-nbf-fails" ALWAYS modules::ensure_request_object_without_nbf_fails,
    "ensure-request-object-without-scope-fails" ALWAYS modules::ensure_request_object_without_scope_fails,
    "ensure-request-object-without-nonce-fails" ALWAYS modules::ensure_request_object_without_nonce_fails,
    "ensure-request-object-without-redirect-uri-fails" ALWAYS modules::ensure_request_object_without_redirect_uri_fails,
    "state-only-outside-request-object-not-used" ALWAYS modules::state_only_outside_request_object_not_used,
    "ensure-expired-request-object-fails" ALWAYS modules::ensure_expired_request_object_fails,
    "ensure-request-object-with-bad-aud-fails" ALWAYS modules::ensure_request_object_with_bad_aud_fails,
    "ensure-request-object-with-exp-over-60-fails" ALWAYS modules::ensure_request_object_with_exp_over_60_fails,
    "ensure-request-object-with-nbf-over-60-fails" ALWAYS modules::ensure_request_object_with_nbf_over_60_fails,
    "ensure-request-object-signature-algorithm-is-not-none" ALWAYS modules::ensure_request_object_signature_algorithm_is_not_none,
    "ensure-signed-request-object-with-RS256-fails" ALWAYS modules::ensure_signed_request_object_with_rs256_fails,
    "ensure-request-object-with-invalid-signature-fails" ALWAYS modules::ensure_request_object_with_invalid_signature_fails,
    "ensure-client-id-in-token-endpoint" ALWAYS modules::ensure_client_id_in_token_endpoint,
    "ensure-mtls-holder-of-key-required" MTLS modules::ensure_mtls_holder_of_key_required,
    "ensure-authorization-code-is-bound-to-client" ALWAYS modules::ensure_authorization_code_is_bound_to_client,
    "ensure-client-assertion-in-token-endpoint" PKJWT modules::ensure_client_assertion_in_token_endpoint,
    "ensure-signed-client-assertion-with-RS256-fails" PKJWT modules::ensure_signed_client_assertion_with_rs256_fails,
}

macro_rules! variants {
    ($($test:ident: $proof:ident $is_pushed:literal),* $(,)?) => {$(
        #[tokio::test]
        async fn $test() {
            for is_jarm in [false, true] {
                let (profile, proof, bound) = ("fapi1_advanced", Proof::$proof, Bound::Mtls);
                walk(MODULES, Variant { profile, proof, bound, is_openid: true, is_signed: true, is_pushed: $is_pushed, is_jarm }).await;
            }
        }
    )*};
}

variants! {
    requests_by_value_of_clients_with_assertions: PrivateKeyJwt false,
    pushed_requests_of_clients_with_assertions: PrivateKeyJwt true,
    requests_by_value_of_clients_with_certificates: Mtls false,
    pushed_requests_of_clients_with_certificates: Mtls true,
}

#[test]
fn each_module_of_the_plan_is_here_once() {
    assert_whole(MODULES, 64);
}
