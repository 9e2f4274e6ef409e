//! Sessions that are guessed, changed, stolen from the database or kept too long.

use std::collections::BTreeSet;
use std::time::Duration;
use store::{Platform, platform_sql};
use suite_journeys::pages::{at, is_signed_in, press, sign_in, try_sign_in};
use testkit::{TestApp, databases};

async fn stored_sessions(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let read = app.services.store.read(Platform, |mut tx| async move {
        let rows = tx.fetch_all::<(String, Vec<u8>)>(platform_sql!("SELECT id AS a, secret_hash AS b FROM sessions"), &[]).await;
        (tx, rows)
    });
    read.await.unwrap().unwrap()
}

#[tokio::test]
async fn e48_sessions_are_random_secret_and_stored_as_hashes() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let mut secrets = BTreeSet::new();
        for _ in 0..5 {
            let mut browser = app.browser();
            let answered = try_sign_in(&app, &mut browser, &app.notes.user.email, &app.notes.user.password).await.expect(303);
            let lines: Vec<&str> = answered.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
            let line = lines.iter().find(|line| line.starts_with("lumoauth_session=")).unwrap();
            assert!(
                line.contains("; HttpOnly")
                    && line.contains("; SameSite=Lax")
                    && line.contains(&format!("; Path=/orgs/{}", app.notes.org)),
                "{line}"
            );
            let (_, secret) = browser.cookie("lumoauth_session").unwrap().split_once('.').unwrap();
            assert!(secret.len() >= 22, "at least 128 bits: {secret}");
            assert!(secrets.insert(secret.to_owned()));
        }
        for (id, hash) in stored_sessions(&app).await {
            assert_eq!(hash.len(), 32);
            let as_text = String::from_utf8_lossy(&hash).into_owned();
            assert!(!secrets.iter().any(|secret| as_text.contains(secret) || id.contains(secret)), "a secret in the clear");
        }
    }
}

#[tokio::test]
async fn e48_a_changed_or_made_up_session_opens_nothing() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let mut browser = app.browser();
        sign_in(&app, &mut browser, &app.notes.user).await;
        let mut other = app.browser();
        sign_in(&app, &mut other, &app.notes.admin).await;
        let good = browser.cookie("lumoauth_session").unwrap().to_owned();
        let (id, secret) = good.split_once('.').unwrap();
        let (other_id, other_secret) = other.cookie("lumoauth_session").unwrap().split_once('.').unwrap();
        let flipped = format!("{}{}", if secret.starts_with('A') { "B" } else { "A" }, &secret[1..]);
        let forged = [
            format!("{other_id}.{secret}"),
            format!("{id}.{other_secret}"),
            format!("{id}.{flipped}"),
            format!("{id}.{}", &secret[..secret.len() - 1]),
            format!("{id}.{secret}A"),
            format!("{id}."),
            format!("{id}."),
            id.to_owned(),
            secret.to_owned(),
            format!(".{secret}"),
            format!("{good}.{secret}"),
            format!("{}.{secret}", id.to_uppercase()),
            "' OR '1'='1".to_owned(),
            "A".repeat(10_000),
        ];
        for cookie in forged {
            let mut thief = app.browser();
            thief.set_cookie("lumoauth_session", &cookie);
            assert!(!is_signed_in(&app, &mut thief).await, "{database:?}: {cookie}");
        }
        assert!(is_signed_in(&app, &mut browser).await);
    }
}

#[tokio::test]
async fn e48_sessions_end_by_themselves() {
    let app = TestApp::start().await;
    let mut idle = app.browser();
    sign_in(&app, &mut idle, &app.notes.user).await;
    app.clock.advance(Duration::from_mins(29));
    assert!(is_signed_in(&app, &mut idle).await);
    app.clock.advance(Duration::from_mins(29));
    assert!(is_signed_in(&app, &mut idle).await, "using it keeps it alive");
    app.clock.advance(Duration::from_mins(31));
    assert!(!is_signed_in(&app, &mut idle).await, "half an hour without use");

    let mut busy = app.browser();
    sign_in(&app, &mut busy, &app.notes.user).await;
    for _ in 0..59 {
        app.clock.advance(Duration::from_mins(24));
        assert!(is_signed_in(&app, &mut busy).await);
    }
    app.clock.advance(Duration::from_mins(25));
    assert!(!is_signed_in(&app, &mut busy).await, "a day at the most");

    let mut remembered = app.browser();
    let page = remembered.open(&at(&app, "signin")).await;
    let filled =
        [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str()), ("remember", "1")];
    press(&mut remembered, &page, "sign-in-form", &filled).await.expect(303);
    app.clock.advance(Duration::from_hours(696));
    assert!(is_signed_in(&app, &mut remembered).await);
    app.clock.advance(Duration::from_hours(24));
    assert!(!is_signed_in(&app, &mut remembered).await, "thirty days at the most");
}
