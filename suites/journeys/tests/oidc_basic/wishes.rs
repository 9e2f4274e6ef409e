//! What a request wishes of the page and of the sign-in.

use super::sign_in_for_claims;
use serde_json::json;
use std::time::Duration;
use suite_journeys::admin::make_client;
use suite_journeys::code::{Ask, CALLBACK, Returned, STATE, authorize, go_on, silently, visit};
use suite_journeys::pages::{expect_id, field, has_id, press};
use suite_journeys::tokens::{Client, Tokens, id_token_claims, part};
use testkit::{Answered, TestApp};

/// A request with this parameter must work as if it were not there.
async fn does_no_harm(name: &str, value: &str) {
    let app = TestApp::start().await;
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &Ask::web(&app).with(name, value)).await;
    assert_eq!(returned.param("state"), STATE);
    Tokens::of(Client::web(&app).redeem(&app, &returned.code()).await);
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
