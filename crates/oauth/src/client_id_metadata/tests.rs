use super::*;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const ID: &str = "https://app.example/client.json";

fn document(more: Value) -> Map<String, Value> {
    let mut document = json!({ "client_id": ID, "client_name": "App", "redirect_uris": ["https://app.example/cb"] });
    match (document.as_object_mut(), more) {
        (Some(members), Value::Object(more)) => members.extend(more),
        other => panic!("{other:?} is no object"),
    }
    document.as_object().unwrap().clone()
}
fn judged(more: Value, rules: &Rules) -> Result<Described, Unfit> {
    judge(&client_id(ID).unwrap(), &document(more), rules)
}

#[test]
fn a_client_id_is_a_plain_https_address_with_a_path() {
    for good in [ID, "https://app.example:8443/a/b", "https://app.example/c?v=1"] {
        assert!(client_id(good).is_ok(), "{good}");
    }
    for bad in [
        "http://app.example/c",
        "https://app.example",
        "https://app.example/",
        "https://app.example/?v=1",
        "https://app.example/c#f",
        "https://u:p@app.example/c",
        "https://app.example/a/../c",
        "https://app.example/a/%2e%2e/c",
        "https://App.example/c",
        "http://localhost/c",
        "client_abc",
        "",
    ] {
        assert!(client_id(bad).is_err(), "{bad}");
    }
    assert!(client_id(&format!("https://app.example/{}", "x".repeat(1024))).is_err());
}

#[test]
fn a_document_becomes_a_public_client_unless_it_names_keys() {
    let described = judged(json!({}), &Rules::default()).unwrap();
    assert!(described.metadata.is_public() && described.metadata.must_use_pkce());
    assert_eq!((described.warnings.len(), described.has_loopback_redirect), (0, false));
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/keys" });
    assert!(!judged(keys, &Rules::default()).unwrap().metadata.is_public());
}

#[test]
fn what_will_not_do_is_named() {
    let blocks = Rules { blocks_loopback: true, ..Rules::default() };
    for (more, rules, reason) in [
        (json!({ "client_id": "https://app.example/other.json" }), &Rules::default(), "client_id_mismatch"),
        (json!({ "client_id": null }), &Rules::default(), "client_id_mismatch"),
        (json!({ "client_secret": "x" }), &Rules::default(), "client_secret_not_allowed"),
        (json!({ "client_secret_expires_at": 0 }), &Rules::default(), "client_secret_not_allowed"),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), &Rules::default(), "auth_method_not_allowed"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), &Rules::default(), "invalid_client_metadata"),
        (json!({ "logo_uri": "javascript:alert(1)" }), &Rules::default(), "invalid_client_metadata"),
        (json!({ "redirect_uris": [] }), &Rules::default(), "invalid_redirect_uri"),
        (json!({ "redirect_uris": "https://app.example/cb" }), &Rules::default(), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://app.example/cb", 1] }), &Rules::default(), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://localhost/cb"] }), &blocks, "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://evil.example/cb"] }), &Rules::default(), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["https://app.example:8443/cb"] }), &Rules::default(), "invalid_redirect_uri"),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), &Rules::default(), "auth_method_not_allowed"),
        (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), &Rules::default(), "invalid_client_metadata"),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://app.example/keys" }),
            &Rules::default(),
            "auth_method_not_allowed",
        ),
        (json!({ "grant_types": ["client_credentials"] }), &Rules::default(), "invalid_client_metadata"),
        (json!({ "grant_types": ["implicit"], "response_types": ["id_token"] }), &Rules::default(), "invalid_client_metadata"),
        (
            json!({ "subject_type": "pairwise", "sector_identifier_uri": "https://bank.example/sector" }),
            &Rules::default(),
            "invalid_client_metadata",
        ),
        (json!({}), &Rules { profile: FapiProfile::Fapi2Security, ..Rules::default() }, "invalid_client_metadata"),
    ] {
        assert_eq!(judged(more.clone(), rules).map_err(|unfit| unfit.reason), Err(reason), "{more}");
    }
}

#[test]
fn what_is_left_out_is_said() {
    let rules = Rules { allowed_scopes: Scopes::parse("notes:read").unwrap(), ..Rules::default() };
    let more = json!({
        "redirect_uris": ["https://app.example/cb", "http://localhost:3000/cb", "http://evil.example/cb"],
        "scope": "openid notes:read notes:write admin"
    });
    let described = judged(more, &rules).unwrap();
    assert_eq!(described.metadata.redirect_uris, ["https://app.example/cb", "http://localhost:3000/cb"]);
    assert_eq!(described.dropped_redirect_uris, ["http://evil.example/cb"]);
    assert_eq!(described.metadata.scopes, Scopes::parse("openid notes:read").unwrap());
    assert_eq!(described.dropped_scopes, Scopes::parse("admin notes:write").unwrap());
    assert!(described.has_loopback_redirect);
    assert_eq!(described.warnings.len(), 3, "{:?}", described.warnings);
}

#[test]
fn a_stranger_gets_no_more_than_a_stranger_needs() {
    let more = json!({
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"],
        "response_types": ["code"],
        "request_uris": ["https://elsewhere.example/object"],
        "request_object_encryption_alg": "RSA-OAEP-256",
        "logo_uri": "https://elsewhere.example/logo.png",
        "logo_uri#de": "https://app.example/logo-de.png",
    });
    let described = judged(more, &Rules::default()).unwrap();
    let metadata = described.metadata;
    assert_eq!(metadata.grant_types, ["authorization_code", "refresh_token"]);
    assert!(metadata.request_uris.is_empty() && metadata.request_object_encryption.is_none() && metadata.logo_uri.is_none());
    assert_eq!(metadata.localized.len(), 1);
    assert!(metadata.always_ask_consent && !metadata.first_party);
    assert_eq!(described.warnings.len(), 2, "{:?}", described.warnings);
    let beside = judged(json!({ "logo_uri": "https://app.example/logo.png", "client_name": null }), &Rules::default()).unwrap();
    assert_eq!(
        (beside.metadata.logo_uri.as_deref(), &*beside.metadata.client_name),
        (Some("https://app.example/logo.png"), "app.example")
    );
}

#[test]
fn a_stranger_gives_itself_neither_kinds_of_details_nor_resource_servers() {
    let more = json!({
        "authorization_details_types": ["payment_initiation", "account_information"],
        "audience_uris": ["https://api.bank.example"],
    });
    let described = judged(more.clone(), &Rules::default()).unwrap();
    assert!(described.metadata.authorization_details_types.is_empty() && described.metadata.audience_uris.is_empty());
    assert_eq!(described.warnings.len(), 1, "{:?}", described.warnings);
    let rules = Rules { allowed_details: vec!["account_information".into()], ..Rules::default() };
    let described = judged(more, &rules).unwrap();
    assert_eq!(described.metadata.authorization_details_types, ["account_information"]);
}

#[test]
fn what_a_document_names_elsewhere_is_left_out() {
    let rules = Rules { allowed_domains: vec!["app.example".into(), "other.example".into()], ..Rules::default() };
    let more = json!({
        "post_logout_redirect_uris": ["https://app.example/out", "https://other.example/out", "https://evil.example/out"],
        "backchannel_logout_uri": "https://evil.example/logout",
        "frontchannel_logout_uri": "https://app.example/logout",
        "initiate_login_uri": "https://evil.example/begin",
        "jwks_uri": "https://evil.example/keys",
    });
    let described = judged(more.clone(), &rules).unwrap();
    let metadata = &described.metadata;
    assert_eq!(metadata.post_logout_redirect_uris, ["https://app.example/out", "https://other.example/out"]);
    assert_eq!(metadata.frontchannel_logout_uri.as_deref(), Some("https://app.example/logout"));
    for gone in [&metadata.backchannel_logout_uri, &metadata.initiate_login_uri, &metadata.jwks_uri] {
        assert_eq!(*gone, None);
    }
    assert_eq!(described.warnings.len(), 1, "{:?}", described.warnings);
    assert_eq!(judged(more, &Rules::default()).unwrap().metadata.post_logout_redirect_uris, ["https://app.example/out"]);
    let keys_elsewhere = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://evil.example/keys" });
    assert_eq!(judged(keys_elsewhere, &rules).unwrap_err().reason, "invalid_client_metadata");
}

#[test]
fn answers_stay_with_the_document_or_where_the_organization_says() {
    let rules = Rules { allowed_domains: vec!["app.example".into(), "other.example".into()], ..Rules::default() };
    let more = json!({ "redirect_uris": ["https://app.example/cb", "https://other.example/cb", "https://evil.example/cb"] });
    let described = judged(more.clone(), &rules).unwrap();
    assert_eq!(described.metadata.redirect_uris, ["https://app.example/cb", "https://other.example/cb"]);
    assert_eq!(described.dropped_redirect_uris, ["https://evil.example/cb"]);
    assert_eq!(judged(more, &Rules::default()).unwrap().metadata.redirect_uris, ["https://app.example/cb"]);
}

#[test]
fn a_document_is_kept_for_as_long_as_it_says_within_bounds() {
    for (said, seconds) in [
        (None, 600),
        (Some("public"), 600),
        (Some("max-age=300"), 300),
        (Some("public, Max-Age=7200"), 7200),
        (Some("max-age=0"), 60),
        (Some("max-age=31536000, immutable"), 86_400),
        (Some("max-age=99999999999999999999"), 60),
        (Some("max-age=-1"), 60),
        (Some("no-store"), 60),
        (Some("max-age=300, no-cache"), 60),
        (Some(""), 600),
    ] {
        assert_eq!(lifetime(said), Duration::from_secs(seconds), "{said:?}");
    }
}

#[test]
fn documents_come_from_where_they_may() {
    let rules = Rules { allowed_domains: vec!["app.example".into(), "*.partner.example".into()], ..Rules::default() };
    for (id, expected) in [
        (ID, true),
        ("https://a.partner.example/c", true),
        ("https://partner.example/c", false),
        ("https://app.example.evil.example/c", false),
        ("https://evilpartner.example/c", false),
    ] {
        assert_eq!(rules.allow(&client_id(id).unwrap()), expected, "{id}");
    }
    assert!(Rules::default().allow(&client_id(ID).unwrap()));
}

proptest! {
    #![proptest_config(crate::fixed_seed())]

    #[test]
    fn any_text_is_a_client_id_or_none(text in ".{0,60}") {
        let _ = client_id(&text);
        let _ = judged(json!({ "redirect_uris": [text.clone()], "client_name": text }), &Rules::default());
    }
}
