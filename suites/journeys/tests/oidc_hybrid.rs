//! The modules of the OpenID Connect hybrid certification plan, each by its name, for its three response types.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use suite_journeys::flows::{HYBRID, Scene, switch_on_everything};
use suite_journeys::modules;
use testkit::TestApp;

/// Each module is walked once for each flow.
macro_rules! modules {
    ($($name:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            let app = TestApp::start().await;
            switch_on_everything(&app).await;
            for flow in HYBRID {
                modules::$name(&Scene::of(&app, flow).await).await;
            }
        })*
    };
}

modules! {
    oidcc_server,
    oidcc_response_type_missing,
    oidcc_idtoken_signature,
    oidcc_ensure_request_without_nonce_fails,
    oidcc_userinfo_get,
    oidcc_userinfo_post_header,
    oidcc_userinfo_post_body,
    oidcc_scope_profile,
    oidcc_scope_email,
    oidcc_scope_address,
    oidcc_scope_phone,
    oidcc_scope_all,
    oidcc_alternate_happy_flow,
    oidcc_display_page,
    oidcc_display_popup,
    oidcc_prompt_login,
    oidcc_prompt_none_not_logged_in,
    oidcc_prompt_none_logged_in,
    oidcc_max_age_1,
    oidcc_max_age_10000,
    oidcc_ensure_request_with_unknown_parameter_succeeds,
    oidcc_id_token_hint,
    oidcc_login_hint,
    oidcc_ui_locales,
    oidcc_claims_locales,
    oidcc_ensure_request_with_acr_values_succeeds,
    oidcc_ensure_registered_redirect_uri,
    oidcc_ensure_post_request_succeeds,
    oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported,
    oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported,
    oidcc_ensure_request_object_with_redirect_uri,
    oidcc_claims_essential,
    oidcc_ensure_request_without_nonce_succeeds_for_code_flow,
    oidcc_codereuse,
    oidcc_codereuse_30seconds,
    oidcc_server_client_secret_post,
    oidcc_refresh_token,
    oidcc_ensure_request_with_valid_pkce_succeeds,
}
