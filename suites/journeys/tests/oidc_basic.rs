//! The modules of the OpenID Connect basic and config certification plans, each by its name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::digest::sha256;
use jose::encoding::base64url;
use serde_json::{Map, Value, json};
use std::time::Duration;
use suite_journeys::admin::{call, make_client};
use suite_journeys::code::{Ask, CALLBACK, NONCE, Returned, STATE, VERIFIER, authorize, code_for_user, go_on, silently, visit};
use suite_journeys::modules::PROFILE;
use suite_journeys::pages::{expect_id, field, has_id, press};
use suite_journeys::people::complete_profile;
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims, part, published_keys, userinfo, web_tokens};
use testkit::{Answered, Browser, TestApp};

/// The claims of the verified ID token that a whole flow of this browser leads to.
async fn sign_in_for_claims(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Map<String, Value> {
    let code = authorize(app, browser, &app.notes.user, ask).await.code();
    let tokens = Tokens::of(Client::web(app).redeem(app, &code).await);
    id_token_claims(app, tokens.id()).await
}

/// A request with this parameter must work as if it were not there.
async fn does_no_harm(name: &str, value: &str) {
    let app = TestApp::start().await;
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &Ask::web(&app).with(name, value)).await;
    assert_eq!(returned.param("state"), STATE);
    Tokens::of(Client::web(&app).redeem(&app, &returned.code()).await);
}

fn is_error_page(answered: &Answered) -> bool {
    (400..500).contains(&answered.status) && has_id(answered, "error") && answered.header("location").is_empty()
}

#[tokio::test]
async fn oidcc_server() {
    let app = TestApp::start().await;
    let returned =
        authorize(&app, &mut app.browser(), &app.notes.user, &Ask::web(&app).with("scope", "openid profile email")).await;
    assert_eq!(
        (returned.to.as_str(), returned.param("state"), returned.param("iss")),
        (CALLBACK, STATE, app.notes.issuer.as_str())
    );
    assert!(returned.code().len() >= 22 && !returned.url.contains('#'), "{}", returned.url);

    let answered = Client::web(&app).redeem(&app, &returned.code()).await.expect(200);
    assert_eq!((answered.header("cache-control"), answered.header("content-type")), ("no-store", "application/json"));
    let tokens = Tokens::of(answered);
    assert_eq!((&tokens.0["token_type"], &tokens.0["expires_in"]), (&json!("Bearer"), &json!(3600)));

    let claims = id_token_claims(&app, tokens.id()).await;
    let now = app.services.clock.now().as_secs();
    assert_eq!(claims["iss"], app.notes.issuer);
    assert_eq!(claims["aud"], app.notes.web_client.client_id);
    assert_eq!((claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap()), (now, now + 3600));
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(claims["at_hash"], Algorithm::RS256.half_hash(tokens.access()));
    for unasked in ["email", "name", "given_name", "roles"] {
        assert!(!claims.contains_key(unasked), "{unasked} belongs to UserInfo");
    }
}

#[tokio::test]
async fn oidcc_response_type_missing() {
    let app = TestApp::start().await;
    let returned =
        silently(&app, &mut app.browser(), &Ask::web(&app).without("response_type")).await.expect_error("invalid_request");
    assert_eq!((returned.to.as_str(), returned.param("state")), (CALLBACK, STATE));
}

#[tokio::test]
async fn oidcc_idtoken_signature() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    let header = part(tokens.id(), 0);
    assert_eq!(header["alg"], "RS256");
    let kid = header["kid"].as_str().unwrap();
    assert!(published_keys(&app).await.find(Some(kid), Algorithm::RS256).next().is_some(), "the key {kid} is not published");
}

#[tokio::test]
async fn oidcc_idtoken_unsigned() {
    let app = TestApp::start().await;
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.json();
    assert!(!discovery["id_token_signing_alg_values_supported"].as_array().unwrap().contains(&json!("none")));
    let body = json!({ "name": "Unsigned", "idTokenSignedResponseAlg": "none", "redirectUris": [CALLBACK] });
    call(&app, "POST", "/admin/clients", Some(&body)).await.expect(400);
}

#[tokio::test]
async fn oidcc_userinfo_get() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    let answered = userinfo(&app, tokens.access()).await.expect(200);
    assert_eq!(answered.header("content-type"), "application/json");
    assert_eq!(answered.json()["sub"], part(tokens.id(), 1)["sub"]);
}

#[tokio::test]
async fn oidcc_userinfo_post_header() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    let answered = app.post(&app.api("/oauth/userinfo")).bearer(tokens.access()).send().await.expect(200);
    assert_eq!(answered.json()["sub"], part(tokens.id(), 1)["sub"]);
}

#[tokio::test]
async fn oidcc_userinfo_post_body() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    let endpoint = app.api("/oauth/userinfo");
    let answered = app.post(&endpoint).form(&[("access_token", tokens.access())]).send().await.expect(200);
    assert_eq!(answered.json()["sub"], part(tokens.id(), 1)["sub"]);
    let twice = app.post(&endpoint).bearer(tokens.access()).form(&[("access_token", tokens.access())]).send().await;
    expect_error(twice, 400, "invalid_request");
    let in_query = app.get(&format!("{endpoint}?access_token={}", tokens.access())).send().await;
    assert_eq!(in_query.status, 401, "a token in the query opens nothing");
}

#[tokio::test]
async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow() {
    let app = TestApp::start().await;
    let claims = sign_in_for_claims(&app, &mut app.browser(), &Ask::web(&app).without("nonce")).await;
    assert!(!claims.contains_key("nonce"));
}

#[tokio::test]
async fn oidcc_scope_profile() {
    let app = TestApp::start().await;
    complete_profile(&app).await;
    let claims = userinfo(&app, web_tokens(&app, "openid profile").await.access()).await.expect(200).json();
    for name in PROFILE {
        assert!(claims[name].is_string(), "{name} in {claims}");
    }
    assert!(claims["updated_at"].is_i64(), "{claims}");
    assert!(claims["email"].is_null() && claims["phone_number"].is_null(), "{claims}");
}

#[tokio::test]
async fn oidcc_scope_email() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid email").await;
    let claims = userinfo(&app, tokens.access()).await.expect(200).json();
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(app.notes.user.email), &json!(true)));
    assert!(claims["name"].is_null(), "{claims}");
    assert!(id_token_claims(&app, tokens.id()).await.get("email").is_none());
}

#[tokio::test]
async fn oidcc_scope_address() {
    let app = TestApp::start().await;
    complete_profile(&app).await;
    let claims = userinfo(&app, web_tokens(&app, "openid address").await.access()).await.expect(200).json();
    assert_eq!(claims["address"]["locality"], "Zürich");
}

#[tokio::test]
async fn oidcc_scope_phone() {
    let app = TestApp::start().await;
    complete_profile(&app).await;
    let claims = userinfo(&app, web_tokens(&app, "openid phone").await.access()).await.expect(200).json();
    assert_eq!((&claims["phone_number"], &claims["phone_number_verified"]), (&json!("+41445551234"), &json!(true)));
}

#[tokio::test]
async fn oidcc_scope_all() {
    let app = TestApp::start().await;
    complete_profile(&app).await;
    let tokens = web_tokens(&app, "openid profile email address phone").await;
    let claims = userinfo(&app, tokens.access()).await.expect(200).json();
    assert!(
        claims["name"].is_string()
            && claims["email"].is_string()
            && claims["phone_number"].is_string()
            && claims["address"].is_object()
    );
    assert!(
        claims["updated_at"].is_i64() && claims["email_verified"].is_boolean() && claims["phone_number_verified"].is_boolean()
    );
    assert_eq!(claims["tenant"], app.notes.org);
}

#[tokio::test]
async fn oidcc_alternate_happy_flow() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("scope", "email profile openid").reversed();
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await.code();
    Tokens::of(Client::web(&app).redeem(&app, &code).await);
}

#[tokio::test]
async fn oidcc_display_page() {
    does_no_harm("display", "page").await;
}

#[tokio::test]
async fn oidcc_display_popup() {
    does_no_harm("display", "popup").await;
}

#[tokio::test]
async fn oidcc_prompt_login() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let before = sign_in_for_claims(&app, &mut browser, &Ask::web(&app).with("max_age", "15000")).await;
    app.clock.advance(Duration::from_secs(3));
    let again = Ask::web(&app).with("prompt", "login");
    let page = visit(&app, &mut browser, &again).await;
    assert!(has_id(&page, "sign-in-form"), "prompt=login asks though somebody is signed in");
    let code = Returned::of(&go_on(&mut browser, &app.notes.user, page).await).code();
    let after = id_token_claims(&app, Tokens::of(Client::web(&app).redeem(&app, &code).await).id()).await;
    assert!(after["auth_time"].as_i64().unwrap() > before["auth_time"].as_i64().unwrap());
    assert_eq!(after["sub"], before["sub"]);
}

#[tokio::test]
async fn oidcc_prompt_none_not_logged_in() {
    let app = TestApp::start().await;
    let state = "s".repeat(128);
    let ask = Ask::web(&app).with("prompt", "none").with("state", &state);
    let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("login_required");
    assert_eq!(
        (returned.to.as_str(), returned.param("state"), returned.param("iss")),
        (CALLBACK, state.as_str(), app.notes.issuer.as_str())
    );
}

#[tokio::test]
async fn oidcc_prompt_none_logged_in() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let first = sign_in_for_claims(&app, &mut browser, &Ask::web(&app).with("max_age", "15000")).await;
    app.clock.advance(Duration::from_secs(5));
    let code = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none").with("max_age", "15000")).await.code();
    let second = id_token_claims(&app, Tokens::of(Client::web(&app).redeem(&app, &code).await).id()).await;
    assert_eq!((&second["sub"], &second["auth_time"]), (&first["sub"], &first["auth_time"]));
}

#[tokio::test]
async fn oidcc_max_age_1() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let first = sign_in_for_claims(&app, &mut browser, &Ask::web(&app).with("max_age", "1")).await;
    app.clock.advance(Duration::from_secs(2));
    let page = visit(&app, &mut browser, &Ask::web(&app).with("max_age", "1")).await;
    assert!(has_id(&page, "sign-in-form"), "the last sign-in is too long ago");
    let code = Returned::of(&go_on(&mut browser, &app.notes.user, page).await).code();
    let second = id_token_claims(&app, Tokens::of(Client::web(&app).redeem(&app, &code).await).id()).await;
    assert!(second["auth_time"].as_i64().unwrap() > first["auth_time"].as_i64().unwrap());
    assert_eq!(second["auth_time"].as_i64().unwrap(), app.services.clock.now().as_secs());
}

#[tokio::test]
async fn oidcc_max_age_10000() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let ask = Ask::web(&app).with("max_age", "10000");
    let first = sign_in_for_claims(&app, &mut browser, &ask).await;
    app.clock.advance(Duration::from_mins(1));
    let code = silently(&app, &mut browser, &ask).await.code();
    let second = id_token_claims(&app, Tokens::of(Client::web(&app).redeem(&app, &code).await).id()).await;
    assert!(first["auth_time"].is_i64());
    assert_eq!((&second["sub"], &second["auth_time"]), (&first["sub"], &first["auth_time"]));
}

#[tokio::test]
async fn oidcc_ensure_request_with_unknown_parameter_succeeds() {
    does_no_harm("extra", "foobar").await;
}

#[tokio::test]
async fn oidcc_id_token_hint() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let hint = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let ask = Ask::web(&app).with("prompt", "none").with("id_token_hint", hint.id());
    let code = silently(&app, &mut browser, &ask).await.code();
    let claims = id_token_claims(&app, Tokens::of(Client::web(&app).redeem(&app, &code).await).id()).await;
    assert_eq!(claims["sub"], part(hint.id(), 1)["sub"]);

    let mut other = app.browser();
    authorize(&app, &mut other, &app.notes.admin, &Ask::web(&app)).await.code();
    silently(&app, &mut other, &ask).await.expect_error("login_required");
}

#[tokio::test]
async fn oidcc_login_hint() {
    let app = TestApp::start().await;
    let page = visit(&app, &mut app.browser(), &Ask::web(&app).with("login_hint", "somebody@example.com")).await;
    assert_eq!(field(&page, "identifier"), "somebody@example.com");
    does_no_harm("login_hint", "somebody@example.com").await;
}

#[tokio::test]
async fn oidcc_ui_locales() {
    let app = TestApp::start().await;
    let page = visit(&app, &mut app.browser(), &Ask::web(&app).with("ui_locales", "de-CH de en")).await;
    assert!(page.text().contains("<html lang=\"de\""), "{}", page.text());
    does_no_harm("ui_locales", "se").await;
}

#[tokio::test]
async fn oidcc_claims_locales() {
    does_no_harm("claims_locales", "se").await;
}

#[tokio::test]
async fn oidcc_ensure_request_with_acr_values_succeeds() {
    let app = TestApp::start().await;
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.json();
    let offered: Vec<&str> =
        discovery["acr_values_supported"].as_array().unwrap().iter().map(|acr| acr.as_str().unwrap()).collect();
    assert_eq!(offered, ["urn:lumoauth:acr:1fa"], "only what people can reach");
    let claims = sign_in_for_claims(&app, &mut app.browser(), &Ask::web(&app).with("acr_values", &offered.join(" "))).await;
    assert!(offered.contains(&claims["acr"].as_str().unwrap()), "{claims:?}");
}

#[tokio::test]
async fn oidcc_codereuse() {
    let app = TestApp::start().await;
    let code = code_for_user(&app, &Ask::web(&app)).await;
    Tokens::of(Client::web(&app).redeem(&app, &code).await);
    expect_error(Client::web(&app).redeem(&app, &code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn oidcc_codereuse_30seconds() {
    let app = TestApp::start().await;
    let code = code_for_user(&app, &Ask::web(&app)).await;
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    app.clock.advance(Duration::from_secs(30));
    expect_error(Client::web(&app).redeem(&app, &code).await, 400, "invalid_grant");
    assert_eq!(userinfo(&app, tokens.access()).await.status, 401, "its tokens are dead");
}

#[tokio::test]
async fn oidcc_ensure_registered_redirect_uri() {
    let app = TestApp::start().await;
    let answered =
        visit(&app, &mut app.browser(), &Ask::web(&app).with("redirect_uri", "https://elsewhere.example/callback")).await;
    assert!(is_error_page(&answered), "{} {}", answered.status, answered.text());
}

#[tokio::test]
async fn oidcc_ensure_post_request_succeeds() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let answered = browser.post(&app.api("/oauth/authorize"), Ask::web(&app).pairs()).await.expect(303);
    let page = browser.follow(answered).await;
    let code = Returned::of(&go_on(&mut browser, &app.notes.user, page).await).code();
    Tokens::of(Client::web(&app).redeem(&app, &code).await);
}

#[tokio::test]
async fn oidcc_server_client_secret_post() {
    let app = TestApp::start().await;
    let body = json!({ "name": "By post", "redirectUris": [CALLBACK], "scopes": ["openid"], "tokenEndpointAuthMethod": "client_secret_post" });
    let (client, _) = make_client(&app, body).await;
    let code = code_for_user(&app, &Ask::of(&client.id, CALLBACK)).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", client.id.as_str()),
        ("client_secret", client.secret.as_deref().unwrap()),
    ];
    let tokens = Tokens::of(app.post(&app.api("/oauth/token")).form(&form).send().await);
    id_token_claims(&app, tokens.id()).await;
}

#[tokio::test]
async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("request_uri", "https://client.example/request.jwt");
    silently(&app, &mut app.browser(), &ask).await.expect_error("request_uri_not_supported");
}

#[tokio::test]
async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("request", "eyJhbGciOiJub25lIn0.eyJub25jZSI6IngifQ.");
    silently(&app, &mut app.browser(), &ask).await.expect_error("request_not_supported");
}

#[tokio::test]
async fn oidcc_claims_essential() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);
    let code = code_for_user(&app, &ask).await;
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["name"], "Demo User");
    assert!(!id_token_claims(&app, tokens.id()).await.contains_key("name"));
}

#[tokio::test]
async fn oidcc_ensure_request_object_with_redirect_uri() {
    let app = TestApp::start().await;
    let inside = json!({ "redirect_uri": "https://elsewhere.example/callback" }).to_string();
    let ask = Ask::web(&app).with("request", &format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(inside)));
    let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("request_not_supported");
    assert_eq!(returned.to, CALLBACK, "what stands in an object nobody read leads nowhere");
}

#[tokio::test]
async fn oidcc_refresh_token() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let ask = Ask::web(&app).with("scope", "openid offline_access").with("prompt", "consent").with("max_age", "10000");
    let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
    let first = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    app.clock.advance(Duration::from_secs(90));
    expect_error(Client::spa(&app).refresh(&app, first.refresh()).await, 400, "invalid_grant");
    let second = Tokens::of(Client::web(&app).refresh(&app, first.refresh()).await);
    let (before, after) = (id_token_claims(&app, first.id()).await, id_token_claims(&app, second.id()).await);
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert!(after["iat"].as_i64().unwrap() > before["iat"].as_i64().unwrap());
    assert_ne!(second.access(), first.access());
    assert_eq!(userinfo(&app, second.access()).await.status, 200);
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.json();
    assert!(discovery["grant_types_supported"].as_array().unwrap().contains(&json!("refresh_token")));
}

#[tokio::test]
async fn oidcc_ensure_request_with_valid_pkce_succeeds() {
    let app = TestApp::start().await;
    let pairs = Ask::web(&app);
    let challenge = pairs.pairs().iter().find(|(name, _)| name == "code_challenge").unwrap();
    assert_eq!(challenge.1, base64url(sha256(VERIFIER.as_bytes())));
    let code = code_for_user(&app, &pairs).await;
    Tokens::of(Client::web(&app).redeem(&app, &code).await);
}

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

#[tokio::test]
async fn oidcc_pages_show_what_the_client_registered() {
    let app = TestApp::start().await;
    let body = json!({
        "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email"], "logoUri": "https://shop.example/logo.png",
        "policyUri": "https://shop.example/privacy", "tosUri": "https://shop.example/terms"
    });
    let (client, _) = make_client(&app, body).await;
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &Ask::of(&client.id, CALLBACK).with("scope", "openid email")).await;
    let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
    let shows = |page: &Answered| {
        for address in ["https://shop.example/logo.png", "https://shop.example/privacy", "https://shop.example/terms"] {
            assert!(page.text().contains(address), "{address} is not on the page");
        }
        assert!(page.text().contains("Shop"));
    };
    shows(&page);
    let sent = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    let consent = expect_id(browser.follow(sent).await, "consent-form");
    shows(&consent);
    assert!(consent.text().contains("data-scope=\"email\""));
    let denied = press(&mut browser, &consent, "consent-form", &[("decision", "deny")]).await.expect(303);
    let returned = Returned::of(&browser.follow(denied).await).expect_error("access_denied");
    assert_eq!((returned.param("state"), returned.param("iss")), (STATE, app.notes.issuer.as_str()));
}
