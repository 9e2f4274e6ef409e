//! What strangers learn about who has an account: nothing.

use super::{address, said};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use suite_journeys::admin::{login, make_user, post};
use suite_journeys::mail;
use suite_journeys::pages::{at, press, try_sign_in};
use suite_journeys::people::{forget, latest_link, register};
use testkit::TestApp;

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
