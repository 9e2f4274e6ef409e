//! Guessing at every door, and lockout as a weapon.

use super::{address, said};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::at_once;
use suite_journeys::pages::{at, field, is_signed_in, press, sign_in, try_sign_in};
use suite_journeys::people::change_password;
use testkit::{Browser, TestApp, databases};

/// Every door that takes a password, tried once with a wrong one; the status it answers.
async fn guess(app: &TestApp, browser: &mut Browser<'_>, door: &str, email: &str, password: &str) -> u16 {
    match door {
        "page" => try_sign_in(app, browser, email, password).await.status,
        "json" => {
            let body = json!({ "email": email, "password": password });
            app.post(&app.api("/oauth/login/json")).header("origin", &app.notes.base_url).json(&body).send().await.status
        }
        "submit" => {
            let page = browser.open(&at(app, "signin")).await;
            let fields = [("email", email), ("password", password), ("csrf", &field(&page, "csrf"))]
                .map(|(n, v)| (n.to_owned(), v.to_owned()));
            browser.post(&app.api("/oauth/login/submit"), &fields).await.expect(303);
            if browser.cookie("lumoauth_session").is_some() { 200 } else { 401 }
        }
        other => panic!("no door {other}"),
    }
}

#[tokio::test]
async fn e50_all_doors_share_one_count_of_wrong_guesses() {
    for database in databases() {
        for last_door in ["page", "json", "submit"] {
            let app = TestApp::start_on(database).await;
            let user = app.notes.user.clone();
            for door in ["page", "json", "submit", "page", "json"] {
                assert_eq!(guess(&app, &mut app.browser(), door, &user.email, "wrong").await, 401, "{door}");
            }
            let app = app.restart().await;
            let status = guess(&app, &mut app.browser(), last_door, &user.email, &user.password).await;
            assert!(
                [401, 429].contains(&status),
                "{database:?}: the right password opens {last_door} after five guesses: {status}"
            );
            app.clock.advance(Duration::from_mins(14));
            assert_ne!(guess(&app, &mut app.browser(), last_door, &user.email, &user.password).await, 200);
            app.clock.advance(Duration::from_mins(2));
            assert!(
                [200, 303].contains(&guess(&app, &mut app.browser(), last_door, &user.email, &user.password).await),
                "{last_door} after a quarter of an hour"
            );
        }
    }
}

#[tokio::test]
async fn e50_the_lock_grows_and_guessing_while_locked_tells_nothing() {
    let app = TestApp::start().await;
    let user = app.notes.user.clone();
    let mut waits = Vec::new();
    for _ in 0..3 {
        for _ in 0..5 {
            guess(&app, &mut app.browser(), "page", &user.email, "wrong").await;
        }
        let wrong = try_sign_in(&app, &mut app.browser(), &user.email, "wrong").await.expect(429);
        let right = try_sign_in(&app, &mut app.browser(), &user.email, &user.password).await.expect(429);
        assert_eq!(said(&wrong, &[]).1, said(&right, &[]).1, "right and wrong look the same");
        let wait: u64 = right.header("retry-after").parse().unwrap();
        waits.push(wait);
        app.clock.advance(Duration::from_secs(wait + 1));
    }
    assert!(waits[0] >= 14 * 60 && waits[1] > waits[0] && waits[2] > waits[1], "{waits:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn e50_many_guesses_at_once_are_no_way_around_the_limit() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let user = app.notes.user.clone();
        let tasks = (0..30).map(|n: u8| {
            let (app, email) = (app.clone(), user.email.clone());
            async move {
                let mut browser = app.browser().from(address(n));
                guess(&app, &mut browser, "page", &email, "wrong").await
            }
        });
        let statuses = at_once(tasks).await;
        let judged = statuses.iter().filter(|status| **status == 401).count();
        assert!(judged <= 5, "{database:?}: {judged} guesses were judged: {statuses:?}");
        let after = guess(&app, &mut app.browser().from(address(200)), "page", &user.email, &user.password).await;
        assert_eq!(after, 429, "{database:?}");
    }
}

#[tokio::test]
async fn e50_a_source_that_guesses_at_many_accounts_is_locked_out() {
    let app = TestApp::start().await;
    let mut last = 0;
    for n in 0..21 {
        let mut browser = app.browser().from(address(1));
        last = guess(&app, &mut browser, "page", &format!("person-{n}@people.example"), "Summer2026!").await;
    }
    assert_eq!(last, 429);
    let user = app.notes.user.clone();
    assert_eq!(guess(&app, &mut app.browser().from(address(1)), "page", &user.email, &user.password).await, 429);
    assert_eq!(
        guess(&app, &mut app.browser().from(address(2)), "page", &user.email, &user.password).await,
        303,
        "others come in"
    );
    app.clock.advance(Duration::from_secs(3601));
    assert_eq!(guess(&app, &mut app.browser().from(address(1)), "page", &user.email, &user.password).await, 303);
}

#[tokio::test]
async fn e50_the_password_change_is_a_door_too() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(change_password(&app, &mut browser, "wrong", "something entirely new 1").await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    let right = change_password(&app, &mut browser, &app.notes.user.password, "something entirely new 1").await;
    assert_eq!(right.status, 429);
}

#[tokio::test]
async fn e50_api_keys_and_client_secrets_are_not_guessed_without_end() {
    let app = TestApp::start().await;
    let (prefix, secret) = app.notes.api_key.rsplit_once('.').unwrap();
    for n in 0..40 {
        let guess = format!("{prefix}.{n:0width$}", width = secret.len());
        let answered = app.get(&app.api("/me")).api_key(&guess).from(address(5)).send().await;
        assert!([401, 429].contains(&answered.status), "{}", answered.text());
    }
    let own = app.get(&app.api("/me")).api_key(&app.notes.api_key).from(address(6)).send().await;
    assert_eq!(own.status, 200, "its owner, elsewhere, is not shut out by guesses of others");
}

#[tokio::test]
async fn e51_a_known_device_keeps_access_while_strangers_are_locked_out() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let user = app.notes.user.clone();
        let mut known = app.browser();
        sign_in(&app, &mut known, &user).await;
        let page = known.open(&at(&app, "account")).await;
        let left = press(&mut known, &page, "sign-out-form", &[]).await;
        known.follow(left).await;
        assert!(!is_signed_in(&app, &mut known).await);
        assert!(known.cookie("lumoauth_device").is_some());

        for _ in 0..6 {
            guess(&app, &mut app.browser(), "page", &user.email, "wrong").await;
        }
        assert_eq!(guess(&app, &mut app.browser(), "page", &user.email, &user.password).await, 429, "a stranger's browser");
        let app_after = guess(&app, &mut known, "page", &user.email, &user.password).await;
        assert_eq!(app_after, 303, "{database:?}: the owner's browser");

        // A device is known for its own person only, and its guesses count too.
        let mut thief = app.browser();
        thief.set_cookie("lumoauth_device", known.cookie("lumoauth_device").unwrap());
        let mut statuses = Vec::new();
        for _ in 0..6 {
            statuses.push(guess(&app, &mut thief, "page", &user.email, "wrong").await);
        }
        assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
        let mut other = app.browser();
        other.set_cookie("lumoauth_device", known.cookie("lumoauth_device").unwrap());
        for _ in 0..5 {
            guess(&app, &mut other, "page", &app.notes.admin.email, "wrong").await;
        }
        assert_eq!(guess(&app, &mut app.browser(), "page", &app.notes.admin.email, &app.notes.admin.password).await, 429);
    }
}

#[tokio::test]
async fn e51_a_forged_device_is_a_stranger() {
    let app = TestApp::start().await;
    let user = app.notes.user.clone();
    for n in 0..6 {
        let mut browser = app.browser();
        browser.set_cookie("lumoauth_device", &format!("device-{n}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        guess(&app, &mut browser, "page", &user.email, "wrong").await;
    }
    assert_eq!(guess(&app, &mut app.browser(), "page", &user.email, &user.password).await, 429);
}
