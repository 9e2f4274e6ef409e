//! Accounts prepared by strangers, mailed links, and what the log is told of both.

use std::time::Duration;
use suite_journeys::admin::{login, user_id};
use suite_journeys::mail;
use suite_journeys::pages::{at, has_id, press, sign_in, try_sign_in};
use suite_journeys::people::{choose_password, confirm, forget, latest_link, register};
use suite_journeys::record::entries;
use testkit::{TestApp, databases};

#[tokio::test]
async fn e45_an_account_prepared_by_a_stranger_is_not_taken_over_with_its_password() {
    let app = TestApp::start().await;
    let victim = login("victim");
    let mut attacker = app.browser();
    register(&app, &mut attacker, &victim).await;
    assert_eq!(try_sign_in(&app, &mut attacker, &victim.email, &victim.password).await.status, 401, "nobody confirmed it");

    // The owner of the address opens the link, in a browser of their own.
    let mut owner = app.browser();
    let page = confirm(&mut owner, &latest_link(&app, &victim.email).await).await;
    assert!(has_id(&page, "reset-form"), "the owner chooses a password: {}", page.text());
    assert_eq!(
        try_sign_in(&app, &mut attacker, &victim.email, &victim.password).await.status,
        401,
        "what the stranger typed counts for nothing"
    );
    press(&mut owner, &page, "reset-form", &[("password", "chosen by the owner 42")]).await.expect(303);
    assert_eq!(try_sign_in(&app, &mut attacker, &victim.email, &victim.password).await.status, 401);
    try_sign_in(&app, &mut owner, &victim.email, "chosen by the owner 42").await.expect(303);
}

#[tokio::test]
async fn a_mailed_link_is_good_once_for_a_while_and_for_its_purpose() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = app.notes.user.clone();
        forget(&app, &mut app.browser(), &user.email).await;
        let link = latest_link(&app, &user.email).await;
        let token = link.split_once("token=").unwrap().1;
        let as_verification = app.browser().open(&format!("{}?token={token}", at(&app, "verify-email"))).await;
        assert_eq!(as_verification.status, 410, "a reset link confirms no address");
        let mut browser = app.browser();
        choose_password(&mut browser, &link, "entirely new password 8").await.expect(303);
        assert_eq!(app.browser().open(&link).await.status, 410, "used up");
        try_sign_in(&app, &mut app.browser(), &user.email, &user.password).await.expect(401);
        try_sign_in(&app, &mut app.browser(), &user.email, "entirely new password 8").await.expect(303);

        forget(&app, &mut app.browser(), &user.email).await;
        let link = latest_link(&app, &user.email).await;
        app.clock.advance(Duration::from_secs(3601));
        assert_eq!(app.browser().open(&link).await.status, 410, "too old");
    }
}

#[tokio::test]
async fn two_browsers_racing_with_one_link_leave_one_winner() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = app.notes.user.clone();
        forget(&app, &mut app.browser(), &user.email).await;
        let link = latest_link(&app, &user.email).await;
        let (mut one, mut two) = (app.browser(), app.browser());
        let (first, second) = (one.open(&link).await.expect(200), two.open(&link).await.expect(200));
        press(&mut one, &first, "reset-form", &[("password", "the first new password 1")]).await.expect(303);
        assert_eq!(press(&mut two, &second, "reset-form", &[("password", "the second new password 2")]).await.status, 410);
        try_sign_in(&app, &mut app.browser(), &user.email, "the first new password 1").await.expect(303);
    }
}

#[tokio::test]
async fn nobody_fills_an_inbox_with_links() {
    let app = TestApp::start().await;
    for _ in 0..10 {
        forget(&app, &mut app.browser(), &app.notes.user.email).await;
    }
    assert!(mail::to(&app, &app.notes.user.email).await.len() <= 3);
}

#[tokio::test]
async fn no_secret_reaches_the_log() {
    let app = TestApp::start().await;
    let user = app.notes.user.clone();
    try_sign_in(&app, &mut app.browser(), &user.email, "a mistyped secret").await.expect(401);
    try_sign_in(&app, &mut app.browser(), "typed-into-the-wrong-field", "x").await.expect(401);
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &user).await;
    let session = browser.cookie("lumoauth_session").unwrap().split_once('.').unwrap().1.to_owned();
    let token = suite_journeys::tokens::web_tokens(&app, "openid offline_access").await;
    user_id(&app, &user.email).await;
    let export = suite_journeys::admin::get(&app, "/admin/audit-logs/export?format=json").await.expect(200).text();
    assert!(!entries(&app, "users.sign_in_failed").await.is_empty());
    let secrets = [
        user.password.as_str(),
        "a mistyped secret",
        "typed-into-the-wrong-field",
        &session,
        token.access(),
        token.refresh(),
        app.notes.api_key.rsplit_once('.').unwrap().1,
        app.notes.web_client.client_secret.as_str(),
    ];
    for secret in secrets {
        assert!(!export.contains(secret), "{secret} is in the log");
    }
}
