//! What the server says about itself.

use serde_json::{Value, json};
use testkit::TestApp;

#[tokio::test]
async fn oidcc_discovery_endpoint_verification() {
    let app = TestApp::start().await;
    let issuer = app.notes.issuer.as_str();
    let below = format!("/orgs/{}/.well-known/openid-configuration", app.notes.org);
    let inserted = format!("/.well-known/oauth-authorization-server/orgs/{}", app.notes.org);
    let answered = app.get(&below).send().await.expect(200);
    assert_eq!((answered.header("content-type"), answered.header("access-control-allow-origin")), ("application/json", "*"));
    assert_eq!(answered.header("cache-control"), "public, max-age=3600");
    let document = answered.json();
    assert_eq!(app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json(), document);
    assert_eq!(app.get(&inserted).send().await.expect(200).json()["issuer"], issuer);
    assert_eq!(document["issuer"], issuer);
    assert!(document.as_object().unwrap().values().all(|member| !member.is_null()), "{document:#}");

    let holds =
        |name: &str, value: &str| document[name].as_array().unwrap_or_else(|| panic!("no {name}")).contains(&json!(value));
    assert!(holds("response_types_supported", "code") && holds("subject_types_supported", "public"));
    assert!(holds("id_token_signing_alg_values_supported", "RS256") && !holds("id_token_signing_alg_values_supported", "none"));
    assert!(holds("scopes_supported", "openid") && holds("claims_supported", "sub"));
    assert!(holds("request_object_signing_alg_values_supported", "RS256"));
    for tag in document["ui_locales_supported"].as_array().unwrap() {
        let tag = tag.as_str().unwrap();
        assert!((2..=8).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{tag}");
    }
    assert_eq!(unregistered(&document), ["resource_indicators_supported"], "members that clients of others don't know");
    assert!(holds("grant_types_supported", "authorization_code") && holds("grant_types_supported", "refresh_token"));
    assert!(holds("code_challenge_methods_supported", "S256") && holds("response_modes_supported", "form_post"));
    for method in ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"] {
        assert!(holds("token_endpoint_auth_methods_supported", method), "{method}");
    }
    assert_eq!(
        (&document["request_parameter_supported"], &document["request_uri_parameter_supported"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    for name in ["authorization", "token", "userinfo", "introspection", "revocation", "end_session"] {
        let endpoint = document[format!("{name}_endpoint")].as_str().unwrap_or_else(|| panic!("no {name}_endpoint"));
        assert!(endpoint.starts_with(&format!("{issuer}/api/v1/")), "{endpoint}");
        let path = endpoint.strip_prefix(&app.notes.base_url).unwrap();
        assert_ne!(app.get(path).send().await.status, 404, "{endpoint} leads nowhere");
    }
    no_secret_in_the_key_set(&app).await;
}

/// Members that stand in no registry: IANA's for authorization servers, of which those of OpenID Connect Discovery are a part.
fn unregistered(document: &Value) -> Vec<&str> {
    const FAMILIES: [&str; 5] = [
        "_signing_alg_values_supported",
        "_encryption_alg_values_supported",
        "_encryption_enc_values_supported",
        "_endpoint",
        "_auth_methods_supported",
    ];
    const OTHERS: [&str; 40] = [
        "acr_values_supported",
        "authorization_details_types_supported",
        "authorization_grant_profiles_supported",
        "authorization_response_iss_parameter_supported",
        "backchannel_logout_session_supported",
        "backchannel_logout_supported",
        "backchannel_token_delivery_modes_supported",
        "backchannel_user_code_parameter_supported",
        "check_session_iframe",
        "claim_types_supported",
        "claims_locales_supported",
        "claims_parameter_supported",
        "claims_supported",
        "client_id_metadata_document_supported",
        "client_registration_types_supported",
        "code_challenge_methods_supported",
        "display_values_supported",
        "frontchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "grant_types_supported",
        "issuer",
        "jwks_uri",
        "mtls_endpoint_aliases",
        "op_policy_uri",
        "op_tos_uri",
        "prompt_values_supported",
        "protected_resources",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_pushed_authorization_requests",
        "require_request_uri_registration",
        "require_signed_request_object",
        "response_modes_supported",
        "response_types_supported",
        "scopes_supported",
        "service_documentation",
        "signed_metadata",
        "subject_types_supported",
        "tls_client_certificate_bound_access_tokens",
        "ui_locales_supported",
    ];
    let is_known = |name: &str| OTHERS.contains(&name) || FAMILIES.iter().any(|family| name.ends_with(family));
    document.as_object().unwrap().keys().map(String::as_str).filter(|name| !is_known(name)).collect()
}

async fn no_secret_in_the_key_set(app: &TestApp) {
    let document = app.get(&app.api("/.well-known/jwks.json")).send().await.expect(200).json();
    let keys = document["keys"].as_array().unwrap();
    let mut kids: Vec<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    kids.sort_unstable();
    kids.dedup();
    assert_eq!(kids.len(), keys.len(), "every kid once");
    for key in keys {
        assert!(["RSA", "EC"].contains(&key["kty"].as_str().unwrap()), "{key}");
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "a private member in {key}");
        }
    }
    assert!(keys.iter().any(|key| key["kty"] == "RSA"));
}
