//! What a client can ask to be asked: prompt and its combinations, the choice of an account, languages, `access_type`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use serde_json::json;
use suite_journeys::admin::{make_client, user_id};
use suite_journeys::code::{Ask, CALLBACK, Returned, authorize, go_on, silently, visit};
use suite_journeys::flows::{FORM_POST, Scene, switch_on_everything};
use suite_journeys::pages::{at, expect_id, field, has_id, press, sign_in};
use suite_journeys::record::latest;
use suite_journeys::tokens::{Client, Tokens, part, userinfo};
use testkit::{Answered, Browser, TestApp};

async fn chooser(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Answered {
    expect_id(visit(app, browser, ask).await, "account-form")
}

async fn choose(app: &TestApp, browser: &mut Browser<'_>, page: &Answered, email: &str) -> Answered {
    let id = user_id(app, email).await;
    let sent = press(browser, page, "account-form", &[("account", &id)]).await.expect(303);
    browser.follow(sent).await
}

#[tokio::test]
async fn the_account_of_the_browser_is_chosen_without_a_password() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let ask = Ask::web(&app).with("prompt", "select_account");
    let page = chooser(&app, &mut browser, &ask).await;
    assert!(page.text().contains(&app.notes.user.email) && page.text().contains("Demo User"), "{}", page.text());
    let chosen = Returned::of(&choose(&app, &mut browser, &page, &app.notes.user.email).await);
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &chosen.code()).await);
    assert_eq!(part(tokens.id(), 1)["sub"], user_id(&app, &app.notes.user.email).await);
    assert!(has_id(&chooser(&app, &mut browser, &ask).await, "accounts"), "a choice counts for the request it was made for");
}

#[tokio::test]
async fn the_chooser_can_not_be_walked_around() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let page = chooser(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await;
    let handle = field(&page, "transaction");
    let resumed = browser.open(&format!("{}?transaction={handle}", app.api("/oauth/authorize"))).await;
    expect_id(browser.follow(resumed).await, "account-form");
    let consent = browser.open(&format!("{}?transaction={handle}", at(&app, "consent"))).await;
    expect_id(browser.follow(consent).await, "account-form");

    let somebody_else = user_id(&app, &app.notes.admin.email).await;
    let sent = press(&mut browser, &page, "account-form", &[("account", &somebody_else)]).await.expect(303);
    expect_id(browser.follow(sent).await, "account-form");
    let both = press(&mut browser, &page, "account-form", &[("account", &somebody_else), ("decision", "cancel")]).await;
    let neither = press(&mut browser, &page, "account-form", &[]).await;
    let forged = press(&mut browser, &page, "account-form", &[("account", &somebody_else), ("csrf", "x")]).await;
    assert_eq!((both.status, neither.status, forged.status), (400, 400, 403));
}

#[tokio::test]
async fn another_account_is_signed_in_to_on_an_empty_page() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let page = chooser(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await;
    let text = page.text();
    let link = text.split("id=\"other-account\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let page = expect_id(browser.open(&link).await, "sign-in-form");
    assert!(field(&page, "identifier").is_empty() && !has_id(&page, "notice"), "{}", page.text());
    let returned = Returned::of(&go_on(&mut browser, &app.notes.admin, page).await);
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &returned.code()).await);
    assert_eq!(part(tokens.id(), 1)["sub"], user_id(&app, &app.notes.admin.email).await);
}

#[tokio::test]
async fn a_choice_that_is_called_off_is_access_denied() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let page = chooser(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await;
    let sent = press(&mut browser, &page, "account-form", &[("decision", "cancel")]).await;
    Returned::of(&sent).expect_error("access_denied");
    assert_eq!(press(&mut browser, &page, "account-form", &[("decision", "cancel")]).await.status, 400, "it was answered");
}

#[tokio::test]
async fn a_choice_is_recorded() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let page = chooser(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await;
    let id = user_id(&app, &app.notes.user.email).await;
    press(&mut browser, &page, "account-form", &[("account", &id)]).await.expect(303);
    let event = latest(&app, "authorization.account_chosen").await.to_string();
    assert!(event.contains(&id) && event.contains("person"), "{event}");
}

/// The forms a request leads through, one after the other.
async fn steps(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Vec<&'static str> {
    let mut page = visit(app, browser, ask).await;
    let mut steps = Vec::new();
    for _ in 0..6 {
        let sent = if has_id(&page, "sign-in-form") {
            steps.push("sign-in");
            let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
            press(browser, &page, "sign-in-form", &filled).await.expect(303)
        } else if has_id(&page, "account-form") {
            steps.push("choose");
            let id = user_id(app, &app.notes.user.email).await;
            press(browser, &page, "account-form", &[("account", &id)]).await.expect(303)
        } else if has_id(&page, "consent-form") {
            steps.push("consent");
            press(browser, &page, "consent-form", &[("decision", "allow")]).await
        } else if has_id(&page, "register-form") {
            steps.push("register");
            return steps;
        } else {
            Returned::of(&page).code();
            return steps;
        };
        page = browser.follow(sent).await;
    }
    panic!("{steps:?} without end");
}

#[tokio::test]
async fn each_prompt_asks_for_its_part_and_together_they_ask_for_all() {
    let app = TestApp::start().await;
    for (prompt, signed_in, expected) in [
        ("login", false, &["sign-in"][..]),
        ("consent", false, &["sign-in", "consent"]),
        ("select_account", false, &["sign-in"]),
        ("create", false, &["register"]),
        ("login", true, &["sign-in"]),
        ("consent", true, &["consent"]),
        ("select_account", true, &["choose"]),
        ("create", true, &["register"]),
        ("login consent", true, &["sign-in", "consent"]),
        ("consent select_account", true, &["choose", "consent"]),
        ("login select_account", true, &["sign-in"]),
        ("select_account login consent", true, &["sign-in", "consent"]),
    ] {
        let mut browser = app.browser();
        authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
        if !signed_in {
            browser = app.browser();
        }
        assert_eq!(steps(&app, &mut browser, &Ask::web(&app).with("prompt", prompt)).await, expected, "{prompt} {signed_in}");
    }
}

#[tokio::test]
async fn none_stands_alone_and_unknown_words_are_refused() {
    let app = TestApp::start().await;
    for prompt in ["none login", "consent none", "none select_account", "none create", "none none", "maybe", "LOGIN"] {
        silently(&app, &mut app.browser(), &Ask::web(&app).with("prompt", prompt)).await.expect_error("invalid_request");
    }
}

#[tokio::test]
async fn a_hint_about_somebody_else_asks_to_sign_in_anew_on_an_empty_page() {
    let app = TestApp::start().await;
    let admin = authorize(&app, &mut app.browser(), &app.notes.admin, &Ask::web(&app)).await.code();
    let hint = Tokens::of(Client::web(&app).redeem(&app, &admin).await);
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let page = expect_id(visit(&app, &mut browser, &Ask::web(&app).with("id_token_hint", hint.id())).await, "sign-in-form");
    assert!(field(&page, "identifier").is_empty(), "{}", page.text());
    let wrong = Returned::of(&go_on(&mut browser, &app.notes.user, page).await);
    wrong.expect_error("login_required");
}

#[tokio::test]
async fn whoever_is_not_the_one_on_the_consent_page_can_sign_in_instead() {
    let app = TestApp::start().await;
    let (client, _) =
        make_client(&app, json!({ "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email"] })).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let page =
        expect_id(visit(&app, &mut browser, &Ask::of(&client.id, CALLBACK).with("scope", "openid email")).await, "consent-form");
    let text = page.text();
    let link = text.split("id=\"not-you\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let page = expect_id(browser.open(&link).await, "sign-in-form");
    assert!(field(&page, "identifier").is_empty() && !has_id(&page, "notice"));
    let returned = Returned::of(&go_on(&mut browser, &app.notes.admin, page).await);
    let tokens = Tokens::of(client.redeem(&app, &returned.code()).await);
    assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["email"], app.notes.admin.email);
}

#[tokio::test]
async fn every_page_on_the_way_speaks_the_language_that_was_asked_for() {
    let app = TestApp::start().await;
    switch_on_everything(&app).await;
    for (asked, tag) in [("de-AT en", "de"), ("fr", "fr"), ("se es", "es"), ("ar", "en")] {
        let scene = Scene::with(&app, FORM_POST[0], json!({ "name": "Shop", "firstParty": false })).await;
        let mut browser = app.browser();
        sign_in(&app, &mut browser, &app.notes.user).await;
        let speaks = |page: &Answered| {
            assert!(page.text().contains(&format!("<html lang=\"{tag}\" dir=\"ltr\">")), "{asked}: {}", page.text());
        };
        let ask = scene.ask().with("ui_locales", asked).with("scope", "openid email");
        speaks(&expect_id(visit(&app, &mut app.browser(), &ask).await, "sign-in-form"));
        let page = expect_id(visit(&app, &mut browser, &ask.with("prompt", "select_account consent")).await, "account-form");
        speaks(&page);
        let page = choose(&app, &mut browser, &page, &app.notes.user.email).await;
        speaks(&expect_id(page, "consent-form"));
        let page = visit(&app, &mut browser, &scene.ask().with("ui_locales", asked).with("prompt", "none")).await;
        speaks(&expect_id(page, "form-post"));
    }
}

#[tokio::test]
async fn people_see_a_client_in_their_language() {
    let app = TestApp::start().await;
    let body = json!({
        "client_name": "Shop", "client_name#de": "Laden", "redirect_uris": [CALLBACK], "scope": "openid",
        "policy_uri": "http://localhost/privacy", "policy_uri#de": "http://localhost/datenschutz"
    });
    let made = app.post(&app.api("/connect/register")).json(&body).send().await.expect(201).json();
    let id = made["client_id"].as_str().unwrap().to_owned();
    let shown = |locales: &'static str| {
        let ask = Ask::of(&id, CALLBACK).with("ui_locales", locales);
        let app = &app;
        async move { visit(app, &mut app.browser(), &ask).await.text() }
    };
    let (german, french) = (shown("de-CH").await, shown("fr").await);
    assert!(german.contains("Laden") && german.contains("http://localhost/datenschutz"), "{german}");
    assert!(french.contains("Shop") && french.contains("http://localhost/privacy"), "{french}");
}

#[tokio::test]
async fn access_type_offline_asks_for_offline_access() {
    let app = TestApp::start().await;
    let ask =
        Ask::web(&app).with("scope", "openid email").with("prompt", "consent").with("access_type", "offline").without_pkce();
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &ask).await;
    let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
    let sent = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    let consent = expect_id(browser.follow(sent).await, "consent-form");
    assert!(consent.text().contains("data-scope=\"offline_access\""), "{}", consent.text());
    let returned = Returned::of(&go_on(&mut browser, &app.notes.user, consent).await);
    let tokens = Tokens::of(Client::web(&app).redeem_with(&app, &returned.code(), &[("redirect_uri", CALLBACK)]).await);
    assert!(tokens.0["scope"].as_str().unwrap().split(' ').any(|scope| scope == "offline_access"));
    Tokens::of(Client::web(&app).refresh(&app, tokens.refresh()).await);
}
