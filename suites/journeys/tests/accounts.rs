//! Several accounts in one browser: which one an application gets is the one that was chosen, or the one it named.
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
use suite_journeys::pages::{at, expect_id, field, has_id, press};
use suite_journeys::record::latest;
use suite_journeys::tokens::{Client, Tokens, part};
use testkit::{Answered, Browser, TestApp, databases};

/// The page that a link leads to.
async fn press_link(browser: &mut Browser<'_>, page: &Answered, id: &str) -> Answered {
    let text = page.text();
    let link = text.split(&format!("id=\"{id}\" href=\"")).nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let opened = browser.open(&link).await;
    browser.follow(opened).await
}

/// A browser in which the demo user and then the administrator, who is current, signed in and allowed the demo application.
async fn both(app: &TestApp) -> Browser<'_> {
    let mut browser = app.browser();
    authorize(app, &mut browser, &app.notes.user, &Ask::web(app)).await.code();
    let page = expect_id(browser.open(&at(app, "signin?account=other")).await, "sign-in-form");
    let filled = [("identifier", app.notes.admin.email.as_str()), ("password", app.notes.admin.password.as_str())];
    press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    authorize(app, &mut browser, &app.notes.admin, &Ask::web(app)).await.code();
    browser
}

async fn choose(app: &TestApp, browser: &mut Browser<'_>, page: &Answered, email: &str) -> Answered {
    let id = user_id(app, email).await;
    let sent = press(browser, page, "account-form", &[("account", &id)]).await.expect(303);
    browser.follow(sent).await
}

/// Whom the tokens of an answer are about.
async fn subject(app: &TestApp, returned: &Returned) -> String {
    let tokens = Tokens::of(Client::web(app).redeem(app, &returned.code()).await);
    part(tokens.id(), 1)["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_account_is_offered_and_the_code_is_for_the_one_that_was_chosen() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let mut browser = both(&app).await;
        let (user, admin) = (app.notes.user.email.as_str(), app.notes.admin.email.as_str());
        let ask = Ask::web(&app).with("prompt", "select_account");
        for email in [user, admin, user, user] {
            let page = expect_id(visit(&app, &mut browser, &ask).await, "account-form");
            assert!(page.text().contains(user) && page.text().contains(admin), "{}", page.text());
            let returned = Returned::of(&choose(&app, &mut browser, &page, email).await);
            assert_eq!(subject(&app, &returned).await, user_id(&app, email).await);
        }
        let event = latest(&app, "authorization.account_chosen").await.to_string();
        assert!(event.contains(&user_id(&app, user).await), "{event}");
    }
}

#[tokio::test]
async fn an_answer_follows_the_choice_though_another_window_changes_the_account() {
    let app = TestApp::start().await;
    let mut browser = both(&app).await;
    let (user, admin) = (app.notes.user.email.as_str(), app.notes.admin.email.as_str());
    let page = expect_id(visit(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await, "account-form");
    let id = user_id(&app, user).await;
    let chosen = press(&mut browser, &page, "account-form", &[("account", &id)]).await.expect(303);
    let window = browser.open(&at(&app, "accounts")).await;
    choose(&app, &mut browser, &window, admin).await;
    let again = expect_id(browser.follow(chosen).await, "account-form");
    let returned = Returned::of(&choose(&app, &mut browser, &again, user).await);
    assert_eq!(subject(&app, &returned).await, id);
}

#[tokio::test]
async fn a_hint_chooses_the_account_that_is_meant_and_says_so_in_the_log() {
    let app = TestApp::start().await;
    let mut browser = both(&app).await;
    let user = user_id(&app, &app.notes.user.email).await;
    let admin = user_id(&app, &app.notes.admin.email).await;
    for silent in [false, true] {
        for email in [&app.notes.user.email, &app.notes.admin.email] {
            let ask = Ask::web(&app).with("login_hint", email);
            let ask = if silent { ask.with("prompt", "none") } else { ask };
            let returned = silently(&app, &mut browser, &ask).await;
            assert_eq!(subject(&app, &returned).await, user_id(&app, email).await, "{email} {silent}");
        }
    }
    let event = latest(&app, "authorization.account_chosen").await.to_string();
    assert!(event.contains(&admin) && event.contains("client"), "{event}");
    let code = silently(&app, &mut browser, &Ask::web(&app).with("login_hint", &app.notes.user.email)).await.code();
    let hint = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    silently(&app, &mut browser, &Ask::web(&app).with("login_hint", &app.notes.admin.email)).await.code();
    let ask = Ask::web(&app).with("prompt", "none").with("id_token_hint", hint.id());
    assert_eq!(subject(&app, &silently(&app, &mut browser, &ask).await).await, user);
    silently(&app, &mut browser, &Ask::web(&app).with("login_hint", &app.notes.admin.email)).await.code();
    let contradiction = ask.with("login_hint", &app.notes.admin.email);
    assert_eq!(subject(&app, &silently(&app, &mut browser, &contradiction).await).await, user, "a token says more than a name");
    let unknown = Ask::web(&app).with("login_hint", "nobody@example.com");
    assert_eq!(subject(&app, &silently(&app, &mut browser, &unknown).await).await, user, "who is current stays");
    let page =
        visit(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account").with("login_hint", "x@example.com")).await;
    expect_id(page, "account-form");
}

#[tokio::test]
async fn a_hint_does_not_overrule_what_the_person_chose() {
    let app = TestApp::start().await;
    let mut browser = both(&app).await;
    let admin = user_id(&app, &app.notes.admin.email).await;
    let ask = Ask::web(&app).with("prompt", "select_account").with("login_hint", &app.notes.user.email);
    let page = expect_id(visit(&app, &mut browser, &ask).await, "account-form");
    let returned = Returned::of(&choose(&app, &mut browser, &page, &app.notes.admin.email).await);
    assert_eq!(subject(&app, &returned).await, admin);

    let ask = Ask::web(&app).with("prompt", "consent").with("login_hint", &app.notes.user.email);
    let page = expect_id(visit(&app, &mut browser, &ask).await, "consent-form");
    assert!(page.text().contains(&app.notes.user.email), "{}", page.text());
    let page = expect_id(press_link(&mut browser, &page, "not-you").await, "account-form");
    let page = expect_id(choose(&app, &mut browser, &page, &app.notes.admin.email).await, "consent-form");
    assert!(page.text().contains(&app.notes.admin.email), "{}", page.text());
    let returned = Returned::of(&press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await);
    assert_eq!(subject(&app, &returned).await, admin);
}

#[tokio::test]
async fn whoever_signed_in_for_a_request_gets_its_answer_though_another_window_changes_the_account() {
    let app = TestApp::start().await;
    let mut browser = both(&app).await;
    let ask = Ask::web(&app).with("prompt", "consent");
    let page = expect_id(visit(&app, &mut browser, &ask).await, "consent-form");
    let page = expect_id(press_link(&mut browser, &page, "not-you").await, "account-form");
    let page = expect_id(press_link(&mut browser, &page, "other-account").await, "sign-in-form");
    let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
    let signed_in = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    let window = browser.open(&at(&app, "accounts")).await;
    choose(&app, &mut browser, &window, &app.notes.admin.email).await;
    let page = expect_id(browser.follow(signed_in).await, "account-form");
    let page = expect_id(choose(&app, &mut browser, &page, &app.notes.admin.email).await, "consent-form");
    let window = browser.open(&at(&app, "accounts")).await;
    choose(&app, &mut browser, &window, &app.notes.user.email).await;
    let stale = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
    assert_eq!(stale.status, 403, "what one account was shown, another one doesn't allow");
}

#[tokio::test]
async fn a_name_tells_an_application_that_nobody_allowed_nothing_and_changes_nothing() {
    let app = TestApp::start().await;
    let shop = json!({ "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email"] });
    let (client, _) = make_client(&app, shop).await;
    let mut browser = both(&app).await;
    for name in [app.notes.user.email.as_str(), "nobody@example.com"] {
        let ask = Ask::of(&client.id, CALLBACK).with("scope", "openid email").with("prompt", "none").with("login_hint", name);
        let returned = Returned::of(&visit(&app, &mut browser, &ask).await);
        returned.expect_error("consent_required");
    }
    let current = silently(&app, &mut browser, &Ask::web(&app)).await;
    assert_eq!(subject(&app, &current).await, user_id(&app, &app.notes.admin.email).await);
}

#[tokio::test]
async fn on_the_consent_page_another_account_is_chosen_and_gets_asked_itself() {
    let app = TestApp::start().await;
    let shop = json!({ "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email"] });
    let (client, _) = make_client(&app, shop).await;
    let mut browser = both(&app).await;
    let page = visit(&app, &mut browser, &Ask::of(&client.id, CALLBACK).with("scope", "openid email")).await;
    let before = expect_id(page, "consent-form");
    assert!(before.text().contains(&app.notes.admin.email), "{}", before.text());
    let page = expect_id(press_link(&mut browser, &before, "not-you").await, "account-form");
    let user = user_id(&app, &app.notes.user.email).await;
    let chosen = press(&mut browser, &page, "account-form", &[("account", &user)]).await.expect(303);
    let window = browser.open(&at(&app, "accounts")).await;
    choose(&app, &mut browser, &window, &app.notes.admin.email).await;
    let page = expect_id(browser.follow(chosen).await, "account-form");
    let consent = expect_id(choose(&app, &mut browser, &page, &app.notes.user.email).await, "consent-form");
    assert!(consent.text().contains(&app.notes.user.email), "{}", consent.text());
    let stale = press(&mut browser, &before, "consent-form", &[("decision", "allow")]).await;
    assert_eq!(stale.status, 403, "what one account was shown, another one doesn't allow");
    let returned = Returned::of(&press(&mut browser, &consent, "consent-form", &[("decision", "allow")]).await);
    let tokens = Tokens::of(client.redeem(&app, &returned.code()).await);
    assert_eq!(part(tokens.id(), 1)["sub"], user_id(&app, &app.notes.user.email).await);
}

#[tokio::test]
async fn whoever_signed_out_of_the_current_account_is_asked_for_another_one() {
    let app = TestApp::start().await;
    let mut browser = both(&app).await;
    let page = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await;
    let (csrf, handle) = (field(&page, "csrf"), field(&page, "transaction"));
    let admin = user_id(&app, &app.notes.admin.email).await;
    let fields = [("csrf", &csrf), ("transaction", &handle), ("account", &admin)];
    let fields: Vec<(String, String)> = fields.map(|(name, value)| (name.to_owned(), value.clone())).into();
    let sent = browser.post(&at(&app, "accounts/signout"), &fields).await.expect(303);
    let page = expect_id(browser.follow(sent).await, "account-form");
    assert!(!page.text().contains(&app.notes.admin.email), "{}", page.text());
    let nobody = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none")).await;
    nobody.expect_error("login_required");
    let returned = Returned::of(&choose(&app, &mut browser, &page, &app.notes.user.email).await);
    assert_eq!(subject(&app, &returned).await, user_id(&app, &app.notes.user.email).await);
    let fresh = Returned::of(&visit(&app, &mut browser, &Ask::web(&app)).await);
    assert_eq!(subject(&app, &fresh).await, user_id(&app, &app.notes.user.email).await);
}

#[tokio::test]
async fn an_application_signs_out_the_account_it_knows_and_no_other() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let hint = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let page = expect_id(browser.open(&at(&app, "signin?account=other")).await, "sign-in-form");
    go_on(&mut browser, &app.notes.admin, page).await;
    let answered = browser.open(&format!("{}?id_token_hint={}", app.api("/oauth/logout"), hint.id())).await;
    assert!(has_id(&answered, "signed-out"), "{}", answered.text());
    let page = browser.open(&at(&app, "accounts")).await;
    assert!(page.text().contains(&app.notes.admin.email) && !page.text().contains(&app.notes.user.email), "{}", page.text());
}

#[tokio::test]
async fn a_confirmed_sign_out_ends_the_account_that_the_page_named_or_none() {
    let app = TestApp::start().await;
    let mut browser = both(&app).await;
    let (user, admin) = (app.notes.user.email.as_str(), app.notes.admin.email.as_str());
    // A hint about another session of the person: it doesn't sign out by itself.
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &Ask::web(&app)).await.code();
    let hint = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let logout = format!("{}?id_token_hint={}", app.api("/oauth/logout"), hint.id());
    let windows = [browser.open(&logout).await, browser.open(&logout).await];
    // The first window signs the account out; by the time of the second it has ended.
    for page in windows {
        let page = expect_id(page, "sign-out-form");
        assert!(page.text().contains(user) && !page.text().contains(admin), "{}", page.text());
        let left = press(&mut browser, &page, "sign-out-form", &[("decision", "sign_out")]).await;
        expect_id(left, "signed-out");
        let known = browser.open(&at(&app, "accounts")).await.text();
        assert!(known.contains(admin) && !known.contains(user), "{known}");
        let fresh = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none")).await;
        assert_eq!(subject(&app, &fresh).await, user_id(&app, admin).await, "the other account stays signed in");
    }
    assert!(latest(&app, "users.signed_out").await.to_string().contains(&user_id(&app, user).await));
}
