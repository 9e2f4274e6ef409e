//! Claims of people: by scope, by name, at `UserInfo`.

use serde_json::json;
use suite_journeys::code::{Ask, code_for_user};
use suite_journeys::modules::PROFILE;
use suite_journeys::people::complete_profile;
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims, part, userinfo, web_tokens};
use testkit::TestApp;

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
async fn oidcc_claims_essential() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);
    let code = code_for_user(&app, &ask).await;
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["name"], "Demo User");
    assert!(!id_token_claims(&app, tokens.id()).await.contains_key("name"));
}
