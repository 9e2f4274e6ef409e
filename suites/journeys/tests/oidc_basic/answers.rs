//! What comes back: the response, the ID token, the errors.

use super::sign_in_for_claims;
use jose::alg::Algorithm;
use serde_json::json;
use suite_journeys::admin::call;
use suite_journeys::code::{Ask, CALLBACK, NONCE, Returned, STATE, authorize, go_on, silently, visit};
use suite_journeys::pages::has_id;
use suite_journeys::tokens::{Client, Tokens, id_token_claims, part, published_keys, web_tokens};
use testkit::{Answered, TestApp};

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
async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow() {
    let app = TestApp::start().await;
    let claims = sign_in_for_claims(&app, &mut app.browser(), &Ask::web(&app).without("nonce")).await;
    assert!(!claims.contains_key("nonce"));
}

#[tokio::test]
async fn oidcc_alternate_happy_flow() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("scope", "email profile openid").reversed();
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await.code();
    Tokens::of(Client::web(&app).redeem(&app, &code).await);
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
