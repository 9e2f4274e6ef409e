//! Accounts from their beginning to their end: registration, passwords, sessions, connected applications.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use serde_json::json;
use std::time::Duration;
use suite_journeys::admin::{get, login, make_user, user_id};
use suite_journeys::code::{Ask, authorize, silently, visit};
use suite_journeys::pages::{at, expect_id, field, has_id, is_signed_in, press, sign_in, try_sign_in};
use suite_journeys::people::{change_password, choose_password, complete_profile, confirm, forget, latest_link, register};
use suite_journeys::tokens::{Client, Tokens, expect_error, userinfo};
use suite_journeys::{mail, record};
use testkit::{Answered, Browser, TestApp, databases};

/// The numbers of the sessions that can be ended on an account page.
fn other_sessions(page: &Answered) -> Vec<String> {
    let text = page.text();
    let ids = text.split(" id=\"revoke-").skip(1).filter_map(|rest| rest.split('"').next());
    ids.filter(|id| *id != "others").map(str::to_owned).collect()
}

async fn account(app: &TestApp, browser: &mut Browser<'_>) -> Answered {
    expect_id(browser.open(&at(app, "account")).await.expect(200), "account")
}

#[tokio::test]
async fn somebody_registers_confirms_and_signs_in() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rosa = login("rosa");
        let mut browser = app.browser();
        register(&app, &mut browser, &rosa).await;
        try_sign_in(&app, &mut browser, &rosa.email, &rosa.password).await.expect(401);
        let mails = mail::to(&app, &rosa.email).await;
        assert_eq!(mails.len(), 1);
        let link = mails[0].link();
        let opened = browser.open(&link).await.expect(200);
        try_sign_in(&app, &mut browser, &rosa.email, &rosa.password).await.expect(401);
        let done = press(&mut browser, &opened, "confirm-form", &[]).await.expect(200);
        assert!(has_id(&done, "email-verified"), "{}", done.text());
        sign_in(&app, &mut browser, &rosa).await;
        let shown = get(&app, "/admin/users/rosa%40people.example").await.expect(200).json();
        assert_eq!((&shown["data"]["emailVerified"], &shown["data"]["name"]), (&json!(true), &json!("Rosa Registered")));
        assert_eq!(shown["data"]["roles"][0]["slug"], "user");
        assert_eq!(browser.open(&link).await.status, 410, "the link is used up");
    }
}

#[tokio::test]
async fn registering_on_the_way_to_an_application_ends_there() {
    let app = TestApp::start().await;
    let rosa = login("rosa");
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &Ask::web(&app)).await;
    let text = page.text();
    let link = text.split(" id=\"register-link\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let page = browser.open(&link).await.expect(200);
    let filled = [("email", rosa.email.as_str()), ("password", rosa.password.as_str())];
    let sent = press(&mut browser, &page, "register-form", &filled).await;
    expect_id(browser.follow(sent).await, "check-mail");
    let done = confirm(&mut browser, &latest_link(&app, &rosa.email).await).await;
    let text = done.text();
    let onward = text.split(" id=\"continue\"").nth(1).unwrap().split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let page = browser.open(&onward.replace("&#38;", "&")).await.expect(200);
    let sent = press(&mut browser, &page, "sign-in-form", &[("identifier", &rosa.email), ("password", &rosa.password)]).await;
    let consent = expect_id(browser.follow(sent).await, "consent-form");
    let sent = press(&mut browser, &consent, "consent-form", &[("decision", "allow")]).await;
    assert!(browser.follow(sent).await.location().starts_with("http://localhost/callback?code="));
}

#[tokio::test]
async fn a_confirmation_from_another_site_or_another_time_confirms_nothing() {
    let app = TestApp::start().await;
    let rosa = login("rosa");
    let mut browser = app.browser();
    register(&app, &mut browser, &rosa).await;
    let link = latest_link(&app, &rosa.email).await;
    let token = link.split_once("token=").unwrap().1.to_owned();
    for csrf in ["", "x"] {
        let fields = [("token".to_owned(), token.clone()), ("csrf".to_owned(), csrf.to_owned())];
        assert_eq!(browser.post(&at(&app, "verify-email"), &fields).await.status, 403);
    }
    try_sign_in(&app, &mut browser, &rosa.email, &rosa.password).await.expect(401);
    app.clock.advance(Duration::from_secs(86_401));
    assert_eq!(browser.open(&link).await.status, 410);
}

#[tokio::test]
async fn bad_registrations_are_sent_back_with_what_was_typed() {
    let app = TestApp::start().await;
    for (email, password) in [
        ("not an address", "a good long password 1"),
        ("", "a good long password 1"),
        ("rosa@people.example", "short"),
        ("rosa@people.example", ""),
        ("rosa@people.example", "password"),
        ("rosa@people.example", "rosa@people.example"),
        ("rosa@people.example", "aaaaaaaaaaaa"),
    ] {
        let mut browser = app.browser();
        let page = browser.open(&at(&app, "register")).await.expect(200);
        let filled = [("email", email), ("password", password), ("given_name", "Rosa")];
        let again = press(&mut browser, &page, "register-form", &filled).await.expect(400);
        assert!(has_id(&again, "problem"), "{email} {password}");
        assert_eq!(
            (field(&again, "email").replace("&#64;", "@"), field(&again, "given_name")),
            (email.to_owned(), "Rosa".to_owned())
        );
        assert!(password.is_empty() || !again.text().contains(&format!("value=\"{password}\"")) || password.contains('@'));
    }
    assert_eq!(get(&app, "/admin/users/rosa%40people.example").await.status, 404);
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail_and_everything_else_ends() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = app.notes.user.clone();
        let mut elsewhere = app.browser();
        let code = authorize(&app, &mut elsewhere, &user, &Ask::web(&app).with("scope", "openid offline_access")).await.code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);

        let mut browser = app.browser();
        forget(&app, &mut browser, &user.email).await;
        let link = latest_link(&app, &user.email).await;
        assert!(is_signed_in(&app, &mut elsewhere).await, "asking alone changes nothing");
        for bad in ["short", &user.password, "password"] {
            assert_eq!(choose_password(&mut browser, &link, bad).await.status, 400, "{bad}");
        }
        app.clock.advance(Duration::from_secs(1));
        let done = choose_password(&mut browser, &link, "brand new secret 77").await.expect(303);
        let page = browser.follow(done).await.expect(200);
        assert!(has_id(&page, "sign-in-form") && has_id(&page, "notice"), "{}", page.text());
        assert!(!is_signed_in(&app, &mut elsewhere).await);
        assert_eq!(userinfo(&app, tokens.access()).await.status, 401, "{database:?}");
        expect_error(Client::web(&app).refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        try_sign_in(&app, &mut app.browser(), &user.email, &user.password).await.expect(401);
        try_sign_in(&app, &mut app.browser(), &user.email, "brand new secret 77").await.expect(303);
        let told = mail::to(&app, &user.email).await;
        assert_eq!(told.len(), 2, "a link, and word that it was used: {told:#?}");
    }
}

#[tokio::test]
async fn a_locked_account_is_opened_again_by_its_owner_through_mail() {
    let app = TestApp::start().await;
    let user = app.notes.user.clone();
    for _ in 0..5 {
        try_sign_in(&app, &mut app.browser(), &user.email, "wrong").await.expect(401);
    }
    try_sign_in(&app, &mut app.browser(), &user.email, &user.password).await.expect(429);
    let mut browser = app.browser();
    forget(&app, &mut browser, &user.email).await;
    choose_password(&mut browser, &latest_link(&app, &user.email).await, "brand new secret 77").await.expect(303);
    try_sign_in(&app, &mut browser, &user.email, "brand new secret 77").await.expect(303);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_other_sessions_end() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = app.notes.user.clone();
        let (mut own, mut other) = (app.browser(), app.browser());
        sign_in(&app, &mut own, &user).await;
        sign_in(&app, &mut other, &user).await;
        let old_id = own.cookie("lumoauth_session").unwrap().to_owned();
        assert_eq!(change_password(&app, &mut own, "wrong", "brand new secret 77").await.status, 401);
        for bad in ["", "short", "password", &user.password] {
            assert_eq!(change_password(&app, &mut own, &user.password, bad).await.status, 400, "{bad}");
        }
        assert!(is_signed_in(&app, &mut other).await);
        app.clock.advance(Duration::from_secs(1));
        let done = change_password(&app, &mut own, &user.password, "brand new secret 77").await.expect(303);
        let page = own.follow(done).await.expect(200);
        assert!(has_id(&page, "notice"), "{}", page.text());
        assert_ne!(own.cookie("lumoauth_session").unwrap(), old_id);
        assert!(is_signed_in(&app, &mut own).await && !is_signed_in(&app, &mut other).await, "{database:?}");
        try_sign_in(&app, &mut app.browser(), &user.email, &user.password).await.expect(401);
        try_sign_in(&app, &mut app.browser(), &user.email, "brand new secret 77").await.expect(303);
        let event = record::latest(&app, "users.password_changed").await;
        assert_eq!(event["targetId"], user_id(&app, &user.email).await);
        assert_eq!(mail::to(&app, &user.email).await.len(), 1);
        // None of the last passwords comes back.
        let mut own = app.browser();
        try_sign_in(&app, &mut own, &user.email, "brand new secret 77").await.expect(303);
        assert_eq!(change_password(&app, &mut own, "brand new secret 77", &user.password).await.status, 400);
    }
}

#[tokio::test]
async fn people_see_their_sessions_and_end_them() {
    let app = TestApp::start().await;
    let user = app.notes.user.clone();
    let (mut own, mut second, mut third) = (app.browser(), app.browser(), app.browser());
    for browser in [&mut own, &mut second, &mut third] {
        sign_in(&app, browser, &user).await;
    }
    sign_in(&app, &mut app.browser(), &app.notes.admin).await;
    let page = account(&app, &mut own).await;
    let others = other_sessions(&page);
    assert_eq!(others.len(), 2, "one's own is not among them, nor anybody else's");
    let sent = press(&mut own, &page, "sessions-form", &[("session", &others[0])]).await.expect(303);
    own.follow(sent).await.expect(200);
    let alive = [is_signed_in(&app, &mut second).await, is_signed_in(&app, &mut third).await];
    assert_eq!(alive.iter().filter(|alive| **alive).count(), 1);
    let page = account(&app, &mut own).await;
    assert_eq!(other_sessions(&page).len(), 1);
    sign_in(&app, &mut app.browser(), &user).await;
    let page = account(&app, &mut own).await;
    press(&mut own, &page, "sessions-form", &[("session", "others")]).await.expect(303);
    assert!(!is_signed_in(&app, &mut second).await && !is_signed_in(&app, &mut third).await);
    assert!(is_signed_in(&app, &mut own).await);
    assert!(other_sessions(&account(&app, &mut own).await).is_empty());
}

#[tokio::test]
async fn signing_out_ends_the_session_and_what_was_granted_in_it() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let short = Ask::web(&app).with("scope", "openid email");
    let code = authorize(&app, &mut browser, &app.notes.user, &short).await.code();
    let in_session = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let lasting = Ask::web(&app).with("scope", "openid offline_access");
    let code = authorize(&app, &mut browser, &app.notes.user, &lasting).await.code();
    let offline = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let session = browser.cookie("lumoauth_session").unwrap().to_owned();
    let page = account(&app, &mut browser).await;
    let left = press(&mut browser, &page, "sign-out-form", &[]).await;
    browser.follow(left).await;
    assert!(browser.cookie("lumoauth_session").is_none());
    let mut thief = app.browser();
    thief.set_cookie("lumoauth_session", &session);
    assert!(!is_signed_in(&app, &mut thief).await, "the session is over, whoever has its cookie");
    assert_eq!(userinfo(&app, in_session.access()).await.status, 401, "granted while signed in");
    assert_eq!(userinfo(&app, offline.access()).await.status, 200, "granted to outlive it");
    Tokens::of(Client::web(&app).refresh(&app, offline.refresh()).await);
}

#[tokio::test]
async fn ending_a_session_from_afar_ends_what_was_granted_in_it() {
    let app = TestApp::start().await;
    let (mut lost, mut own) = (app.browser(), app.browser());
    let code = authorize(&app, &mut lost, &app.notes.user, &Ask::web(&app).with("scope", "openid email")).await.code();
    let on_lost_device = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    sign_in(&app, &mut own, &app.notes.user).await;
    let page = account(&app, &mut own).await;
    press(&mut own, &page, "sessions-form", &[("session", "others")]).await.expect(303);
    assert!(!is_signed_in(&app, &mut lost).await);
    assert_eq!(userinfo(&app, on_lost_device.access()).await.status, 401);
}

#[tokio::test]
async fn a_disconnected_application_loses_its_tokens_and_asks_again() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let mut browser = app.browser();
        let ask = Ask::web(&app).with("scope", "openid email offline_access");
        let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
        let again = silently(&app, &mut browser, &ask.clone().with("prompt", "none")).await.code();
        let page = account(&app, &mut browser).await;
        let client = app.notes.web_client.client_id.as_str();
        assert!(has_id(&page, &format!("disconnect-{client}")), "{}", page.text());
        press(&mut browser, &page, "apps-form", &[("app", client)]).await.expect(303);
        assert_eq!(userinfo(&app, tokens.access()).await.status, 401, "{database:?}");
        expect_error(Client::web(&app).refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        expect_error(Client::web(&app).redeem(&app, &again).await, 400, "invalid_grant");
        silently(&app, &mut browser, &ask.with("prompt", "none")).await.expect_error("consent_required");
        assert!(!has_id(&account(&app, &mut browser).await, &format!("disconnect-{client}")));
    }
}

#[tokio::test]
async fn people_change_their_names_and_applications_see_it() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).with("scope", "openid profile")).await.code();
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let page = account(&app, &mut browser).await;
    let sent =
        press(&mut browser, &page, "profile-form", &[("given_name", "Grace"), ("family_name", "Hopper")]).await.expect(303);
    let page = browser.follow(sent).await.expect(200);
    assert!(page.text().contains("Grace"), "{}", page.text());
    let claims = userinfo(&app, tokens.access()).await.expect(200).json();
    assert_eq!((&claims["given_name"], &claims["family_name"]), (&json!("Grace"), &json!("Hopper")));
}

/// The form about oneself, open in a browser.
async fn details(app: &TestApp, browser: &mut Browser<'_>) -> Answered {
    let page = account(app, browser).await;
    assert!(page.text().contains(&at(app, "account/details")), "no link to it");
    expect_id(browser.open(&at(app, "account/details")).await.expect(200), "details-form")
}

#[tokio::test]
async fn people_say_more_about_themselves_and_applications_see_what_they_were_allowed() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        complete_profile(&app).await;
        let mut browser = app.browser();
        let ask = Ask::web(&app).with("scope", "openid profile phone address");
        let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
        let page = details(&app, &mut browser).await;
        for (name, value) in
            [("nickname", "Demi"), ("birthdate", "0000-12-10"), ("locality", "Zürich"), ("phone_number", "+41445551234")]
        {
            assert_eq!(field(&page, name), value, "{name}");
        }
        // What a browser shows it sends back; nothing is lost by that.
        let same = press(&mut browser, &page, "details-form", &[]).await.expect(303);
        browser.follow(same).await.expect(200);
        let before = userinfo(&app, tokens.access()).await.expect(200).json();
        assert_eq!(
            (&before["phone_number_verified"], &before["address"]["street_address"]),
            (&json!(true), &json!("Bahnhofstrasse 1"))
        );

        let typed = [
            ("nickname", " Ace "),
            ("birthdate", "1906-12-09"),
            ("gender", ""),
            ("phone_number", "+41 44 555 00 00"),
            ("locality", "Bern"),
            ("street_address", "   "),
        ];
        let sent = press(&mut browser, &page, "details-form", &typed).await.expect(303);
        assert!(has_id(&browser.follow(sent).await.expect(200), "notice"));
        let after = userinfo(&app, tokens.access()).await.expect(200).json();
        assert_eq!((&after["nickname"], &after["birthdate"]), (&json!("Ace"), &json!("1906-12-09")));
        assert_eq!((after.get("gender"), &after["middle_name"]), (None, &json!("Middle")));
        assert_eq!((&after["phone_number"], &after["phone_number_verified"]), (&json!("+41 44 555 00 00"), &json!(false)));
        assert_eq!(after["address"], json!({"locality": "Bern", "country": "CH"}));
    }
}

#[tokio::test]
async fn what_can_not_be_comes_back_with_everything_that_was_typed_and_changes_nothing() {
    let app = TestApp::start().await;
    let user = complete_profile(&app).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let long = "x".repeat(501);
    for (name, typed) in [
        ("birthdate", "1906-02-30"),
        ("phone_number", "call me"),
        ("picture", "javascript:alert(1)"),
        ("website", "example"),
        ("locale", "Swiss German!"),
        ("zoneinfo", "Central European"),
        ("country", long.as_str()),
        ("nickname", long.as_str()),
    ] {
        let page = details(&app, &mut browser).await;
        let refused = press(&mut browser, &page, "details-form", &[("middle_name", "Ada"), (name, typed)]).await;
        let refused = expect_id(refused.expect(400), "problem");
        assert_eq!((field(&refused, name), field(&refused, "middle_name")), (typed.to_owned(), "Ada".to_owned()), "{name}");
        let marked = format!("name=\"{name}\"");
        let tag = refused.text().split("<input").find(|tag| tag.contains(&marked)).unwrap().to_owned();
        assert!(tag.contains("aria-invalid=\"true\""), "{tag}");
        let shown = get(&app, &format!("/admin/users/{user}")).await.expect(200).json();
        assert_eq!(shown["data"]["middleName"], "Middle", "{name}");
    }
    assert_eq!(record::latest(&app, "users.profile_change_refused").await["context"]["field"], "nickname");
}

#[tokio::test]
async fn an_address_is_confirmed_later_from_the_account_page() {
    let app = TestApp::start().await;
    let person = login("unconfirmed");
    make_user(&app, &person, json!({ "emailVerified": false })).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &person).await;
    let page = account(&app, &mut browser).await;
    let sent = press(&mut browser, &page, "confirm-form", &[]).await.expect(303);
    browser.follow(sent).await.expect(200);
    let done = confirm(&mut browser, &latest_link(&app, &person.email).await).await;
    assert!(has_id(&done, "email-verified"), "{}", done.text());
    let shown = get(&app, "/admin/users/unconfirmed%40people.example").await.expect(200).json();
    assert_eq!(shown["data"]["emailVerified"], true);
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_sign_in_and_back() {
    let app = TestApp::start().await;
    for page in ["account", "account/details", "account/password"] {
        let mut browser = app.browser();
        let sent = browser.open(&at(&app, page)).await.expect(303);
        let sign_in_page = browser.follow(sent).await.expect(200);
        let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
        let signed_in = press(&mut browser, &sign_in_page, "sign-in-form", &filled).await.expect(303);
        assert_eq!(signed_in.location(), at(&app, page));
        browser.follow(signed_in).await.expect(200);
    }
    for off_site in ["https://evil.example/", "//evil.example", "/orgs/globex/account", "/\\evil.example"] {
        let mut browser = app.browser();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("continue", off_site).finish();
        let page = browser.open(&format!("{}?{query}", at(&app, "signin"))).await.expect(200);
        let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
        let signed_in = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
        assert_eq!(signed_in.location(), at(&app, "account"), "{off_site}");
    }
}

#[tokio::test]
async fn nothing_of_the_pages_is_kept_by_caches() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    for page in ["account", "account/details", "account/password", "signout"] {
        let answered = browser.open(&at(&app, page)).await.expect(200);
        assert!(answered.header("cache-control").contains("no-store"), "{page}: {}", answered.header("cache-control"));
        assert_eq!(answered.header("x-content-type-options"), "nosniff");
    }
}
