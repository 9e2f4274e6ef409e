//! Requests and codes: no downgrade, no code without its verifier, every answer with its issuer.

use serde_json::json;
use suite_journeys::admin::call;
use suite_journeys::code::{Ask, CALLBACK, Returned, authorize, code_for_user, silently, visit};
use suite_journeys::organizations;
use suite_journeys::pages::{expect_id, field, press};
use suite_journeys::tokens::{Client, Tokens, expect_error, published_keys};
use testkit::TestApp;

#[tokio::test]
async fn a04_response_types_and_modes_cannot_be_downgraded() {
    let app = TestApp::start().await;
    let types = [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "code id_token token",
        "none",
        "CODE",
        "code code",
    ];
    for response_type in types {
        let ask = Ask::web(&app).with("response_type", response_type);
        let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("unsupported_response_type");
        assert!(!returned.params.contains_key("access_token") && !returned.params.contains_key("id_token"), "{}", returned.url);
    }
    for mode in ["web_message", "jwt.query", "cookie"] {
        let answered = visit(&app, &mut app.browser(), &Ask::web(&app).with("response_mode", mode)).await;
        Returned::of(&answered).expect_error("invalid_request");
    }
    let body = json!({ "name": "Machine", "grantTypes": ["client_credentials"], "redirectUris": [CALLBACK], "scopes": ["reports:read"] });
    let made = call(&app, "POST", "/admin/clients", Some(&body)).await;
    if made.status == 201 {
        let id = made.json()["data"]["clientId"].as_str().unwrap().to_owned();
        let ask = Ask::of(&id, CALLBACK).with("scope", "reports:read");
        silently(&app, &mut app.browser(), &ask).await.expect_error("unauthorized_client");
    }
}

#[tokio::test]
async fn a04_the_answer_comes_in_the_mode_that_was_asked_for() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let by_fragment = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).with("response_mode", "fragment")).await;
    assert!(by_fragment.url.starts_with("http://localhost/callback#") && !by_fragment.url.contains('?'), "{}", by_fragment.url);
    let page = visit(&app, &mut browser, &Ask::web(&app).with("response_mode", "form_post")).await;
    let page = expect_id(page.expect(200), "form-post");
    assert!(page.text().contains(&format!("action=\"{CALLBACK}\"")), "{}", page.text());
    Tokens::of(Client::web(&app).redeem(&app, &field(&page, "code")).await);
    assert_eq!(field(&page, "iss"), app.notes.issuer);
}

#[tokio::test]
async fn a05_pkce_cannot_be_left_out_weakened_or_added_later() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    for ask in [
        Ask::spa(&app).without_pkce(),
        Ask::spa(&app).with("code_challenge_method", "plain"),
        Ask::spa(&app).without("code_challenge_method"),
        Ask::spa(&app).with("code_challenge_method", "s256"),
        Ask::spa(&app).with("code_challenge_method", "S512"),
        Ask::spa(&app).with("code_challenge", ""),
        Ask::spa(&app).with("code_challenge", "short"),
        Ask::spa(&app).with("code_challenge", &"x".repeat(129)),
        Ask::spa(&app).with("code_challenge", &"+".repeat(43)),
        Ask::spa(&app).without("code_challenge"),
        Ask::web(&app).with("code_challenge_method", "plain"),
    ] {
        silently(&app, &mut browser, &ask).await.expect_error("invalid_request");
    }
    let (spa, web) = (Client::spa(&app), Client::web(&app));
    let long = "w".repeat(43);
    for verifier in [None, Some(""), Some("short"), Some(long.as_str()), Some(suite_journeys::code::challenge().as_str())] {
        let code = authorize(&app, &mut browser, &app.notes.user, &Ask::spa(&app)).await.code();
        let mut more = vec![("redirect_uri", CALLBACK)];
        more.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        expect_error(spa.redeem_with(&app, &code, &more).await, 400, "invalid_grant");
    }
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).without_pkce()).await.code();
    expect_error(web.redeem(&app, &code).await, 400, "invalid_grant");
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).without_pkce()).await.code();
    Tokens::of(web.redeem_with(&app, &code, &[("redirect_uri", CALLBACK)]).await);
}

#[tokio::test]
async fn a05_who_lacks_the_verifier_gets_nothing_and_takes_nothing_from_its_owner() {
    let app = TestApp::start().await;
    let code = code_for_user(&app, &Ask::spa(&app)).await;
    let spa = Client::spa(&app);
    for _ in 0..3 {
        let wrong = [("redirect_uri", CALLBACK), ("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")];
        expect_error(spa.redeem_with(&app, &code, &wrong).await, 400, "invalid_grant");
    }
    Tokens::of(spa.redeem(&app, &code).await);
}

#[tokio::test]
async fn a07_every_answer_names_its_issuer() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let issuer = app.notes.issuer.clone();
    let ask = Ask::web(&app).with("scope", "openid email");
    for error in [
        silently(&app, &mut browser, &ask.clone().with("prompt", "none")).await,
        silently(&app, &mut browser, &ask.clone().with("response_type", "token")).await,
        silently(&app, &mut browser, &ask.clone().with("scope", "nothing-anybody-may")).await,
        silently(&app, &mut browser, &ask.clone().with("max_age", "soon")).await,
    ] {
        assert!(!error.param("error").is_empty() && error.param("iss") == issuer, "{}", error.url);
    }
    let page = visit(&app, &mut browser, &ask).await;
    let cancelled = press(&mut browser, &page, "cancel-form", &[("decision", "cancel")]).await;
    let cancelled = Returned::of(&browser.follow(cancelled).await).expect_error("access_denied");
    assert_eq!(cancelled.param("iss"), issuer);
    let granted = authorize(&app, &mut browser, &app.notes.user, &ask).await;
    assert_eq!((granted.param("iss"), granted.code().is_empty()), (issuer.as_str(), false));

    let other = organizations::another(&app, "globex").await;
    assert_ne!(other.issuer, issuer, "two organizations are two issuers");
}

#[tokio::test]
async fn a_code_that_was_never_sent_for_is_refused_like_any_other() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    let real = code_for_user(&app, &Ask::web(&app)).await;
    let (id, secret) = real.split_once('.').unwrap();
    let other = "A".repeat(secret.len());
    for code in
        ["", "x", ".", "a.b", id, secret, &format!("{id}."), &format!("{id}.{other}"), &format!("{real}x"), &format!(" {real}")]
    {
        let answered = web.redeem(&app, code).await;
        assert_eq!(answered.status, 400, "{code}: {}", answered.text());
        let error = answered.json()["error"].as_str().unwrap().to_owned();
        assert!(["invalid_grant", "invalid_request"].contains(&error.as_str()), "{code}: {error}");
    }
    assert!(!published_keys(&app).await.keys().is_empty());
    Tokens::of(web.redeem(&app, &real).await);
}
