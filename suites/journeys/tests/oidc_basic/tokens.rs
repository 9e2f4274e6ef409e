//! The token endpoint: codes, secrets, PKCE, refresh tokens.

use jose::digest::sha256;
use jose::encoding::base64url;
use serde_json::json;
use std::time::Duration;
use suite_journeys::admin::make_client;
use suite_journeys::code::{Ask, CALLBACK, VERIFIER, authorize, code_for_user};
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims, userinfo};
use testkit::TestApp;

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
