//! Attacks on accounts that must fail: stolen or guessed sessions, enumeration, brute force, lockout as a weapon.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use serde_json::json;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{Platform, platform_sql};
use suite_journeys::admin::{login, make_user, post, user_id};
use suite_journeys::pages::{at, field, has_id, is_signed_in, press, sign_in, try_sign_in};
use suite_journeys::people::{change_password, choose_password, confirm, forget, latest_link, register};
use suite_journeys::record::entries;
use suite_journeys::{at_once, mail};
use testkit::{Answered, Browser, TestApp, databases};

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

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

/// What a page says, without what differs from one showing to the next.
fn said(answered: &Answered, secrets: &[&str]) -> (u16, String) {
    let mut text = answered.text();
    for name in ["csrf", "transaction"] {
        if text.contains(&format!(" name=\"{name}\"")) {
            text = text.replace(&field(answered, name), "");
        }
    }
    for secret in secrets {
        text = text.replace(secret, "").replace(&secret.replace('@', "&#64;"), "");
    }
    (answered.status, text)
}

#[tokio::test]
async fn e49_signing_in_does_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    let (blocked, inactive) = (login("blocked"), login("inactive"));
    let id = make_user(&app, &blocked, json!({})).await;
    post(&app, &format!("/admin/users/{id}/block")).await.expect(200);
    make_user(&app, &inactive, json!({ "isActive": false })).await;
    let known = app.notes.user.email.clone();
    let tries = [
        ("nobody@people.example", "wrong"),
        (known.as_str(), "wrong"),
        (blocked.email.as_str(), blocked.password.as_str()),
        (inactive.email.as_str(), inactive.password.as_str()),
        ("not-even-an-address", "wrong"),
    ];
    let mut pages = BTreeSet::new();
    for (email, password) in tries {
        let mut browser = app.browser();
        let answered = try_sign_in(&app, &mut browser, email, password).await;
        assert!(browser.cookie("lumoauth_session").is_none() && browser.cookie("lumoauth_device").is_none());
        pages.insert(said(&answered, &[email]));
    }
    assert_eq!(pages.len(), 1, "{pages:#?}");
    assert_eq!(pages.first().unwrap().0, 401);

    let mut locks = BTreeSet::new();
    for email in ["somebody-else@people.example", known.as_str()] {
        let mut browser = app.browser().from(address(9));
        let mut statuses = Vec::new();
        for _ in 0..6 {
            let answered = try_sign_in(&app, &mut browser, email, "wrong").await;
            statuses.push(said(&answered, &[email]));
        }
        locks.insert(statuses);
        app.clock.advance(Duration::from_hours(2));
    }
    let statuses: Vec<u16> = locks.first().unwrap().iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(
        locks.into_iter().map(|tries| tries.last().unwrap().clone()).collect::<BTreeSet<_>>().len(),
        1,
        "locks tell who exists"
    );
}

#[tokio::test]
async fn e49_registering_and_forgetting_do_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    let (known, unknown) = (app.notes.user.email.clone(), "unknown@people.example".to_owned());
    let mut pages = BTreeSet::new();
    for email in [&known, &unknown] {
        pages.insert(said(&forget(&app, &mut app.browser(), email).await, &[email]));
    }
    assert_eq!(pages.len(), 1, "{pages:#?}");
    let link = latest_link(&app, &known).await;
    assert!(link.contains("/reset-password?"), "{link}");
    assert!(mail::to(&app, &unknown).await.is_empty());

    let mut pages = BTreeSet::new();
    for email in [&known, &unknown] {
        let answered = register(
            &app,
            &mut app.browser(),
            &lumoauth::notes::Login { email: email.clone(), password: "a long enough one 31".to_owned() },
        )
        .await;
        pages.insert(said(&answered, &[email]));
    }
    assert_eq!(pages.len(), 1, "{pages:#?}");
    assert_eq!(mail::to(&app, &known).await.len(), 2, "the owner is told that somebody tried");
    try_sign_in(&app, &mut app.browser(), &known, "a long enough one 31").await.expect(401);
    try_sign_in(&app, &mut app.browser(), &known, &app.notes.user.password).await.expect(303);
}

#[tokio::test]
async fn e49_a_hash_is_computed_whether_or_not_there_is_an_account() {
    let app = TestApp::start().await;
    for email in [app.notes.user.email.as_str(), "nobody@people.example"] {
        let mut browser = app.browser().from(address(77));
        let page = browser.open(&at(&app, "signin")).await;
        let before = app.services.hashing.computed();
        press(&mut browser, &page, "sign-in-form", &[("identifier", email), ("password", "wrong password")]).await;
        assert_eq!(app.services.hashing.computed(), before + 1, "{email}");
    }
}

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
