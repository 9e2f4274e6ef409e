//! Clients are told, from server to server, that a session ended.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::jws::{Policy, verify_with_set};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::admin::{call, login, make_user, post, user_id};
use suite_journeys::code::{Ask, silently, visit};
use suite_journeys::pages::{at, press, sign_in};
use suite_journeys::record::{entries, latest};
use suite_journeys::rp::Rp;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, is_alive, published_keys};
use testkit::{Browser, TestApp, databases};

/// The verified claims of the one logout token that came.
async fn told(app: &TestApp, rp: &Rp) -> Map<String, Value> {
    app.work().await;
    let heard = rp.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let token = heard[0].strip_prefix("logout_token=").unwrap_or_else(|| panic!("{heard:?}"));
    let keys = published_keys(app).await;
    verify_with_set(token, &keys, &Algorithm::ASYMMETRIC, &Policy::typ(&["logout+jwt"])).unwrap().claims
}

async fn nothing_is_told(app: &TestApp, rp: &Rp) {
    app.work().await;
    assert_eq!(rp.heard(), Vec::<String>::new());
}

async fn logout(app: &TestApp, browser: &mut Browser<'_>, tokens: &Tokens) {
    let answered = browser.open(&format!("{}?id_token_hint={}", app.api("/oauth/logout"), tokens.id())).await;
    answered.expect(200);
}

#[tokio::test]
async fn oidcc_backchannel_logout_discovery_endpoint_verification() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(document["backchannel_logout_supported"], true);
    assert_eq!(document["backchannel_logout_session_supported"], true);
}

#[tokio::test]
async fn oidcc_backchannel_rp_initiated_logout() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = Rp::with_backchannel(&app, "client_rp").await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&app, &mut browser).await;
        let id_token = id_token_claims(&app, tokens.id()).await;
        app.clock.advance(Duration::from_secs(30));
        logout(&app, &mut browser, &tokens).await;

        let token = told(&app, &rp).await;
        let now = app.services.clock.now().as_secs();
        assert_eq!((&token["iss"], &token["aud"]), (&json!(app.notes.issuer), &json!("client_rp")));
        assert_eq!((&token["sub"], &token["sid"]), (&id_token["sub"], &id_token["sid"]));
        assert_eq!((&token["iat"], &token["exp"]), (&json!(now), &json!(now + 120)));
        assert_eq!(token["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
        assert!(token["jti"].as_str().unwrap().len() >= 22 && !token.contains_key("nonce"), "{token:?}");
        silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none")).await.expect_error("login_required");
        nothing_is_told(&app, &rp).await;
        let entry = latest(&app, "logout_tokens.delivered").await;
        assert_eq!((&entry["targetId"], &entry["context"]["attempts"]), (&json!("client_rp"), &json!(1)));
    }
}

#[tokio::test]
async fn every_client_of_the_session_is_told_and_no_other() {
    let app = TestApp::start().await;
    let (first, second) = (Rp::with_backchannel(&app, "client_first").await, Rp::with_backchannel(&app, "client_second").await);
    let silent = Rp::start(&app, "client_silent", |_, _| {}).await;
    let (mut browser, mut elsewhere) = (app.browser(), app.browser());
    let tokens = first.sign_in(&app, &mut browser).await;
    second.sign_in(&app, &mut browser).await;
    first.sign_in(&app, &mut browser).await;
    silent.sign_in(&app, &mut browser).await;
    let other = second.sign_in(&app, &mut elsewhere).await;
    logout(&app, &mut browser, &tokens).await;
    let sid = id_token_claims(&app, tokens.id()).await["sid"].clone();
    assert_eq!(told(&app, &first).await["sid"], sid);
    assert_eq!(second.heard().len(), 1, "of this session, not of the one elsewhere");
    assert_eq!(silent.heard(), Vec::<String>::new());
    logout(&app, &mut elsewhere, &other).await;
    assert_ne!(told(&app, &second).await["sid"], sid);
    nothing_is_told(&app, &first).await;
}

/// Whatever ends a session, those who took part are told.
#[tokio::test]
async fn every_way_a_session_can_end_is_told() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = Rp::with_backchannel(&app, "client_rp").await;
        let user = user_id(&app, &app.notes.user.email).await;

        let mut browser = app.browser();
        rp.sign_in(&app, &mut browser).await;
        let page = browser.open(&at(&app, "signout")).await.expect(200);
        press(&mut browser, &page, "sign-out-form", &[("decision", "sign_out")]).await;
        told(&app, &rp).await;

        let (mut browser, mut own) = (app.browser(), app.browser());
        rp.sign_in(&app, &mut browser).await;
        let account = sign_in(&app, &mut own, &app.notes.user).await;
        let others = press(&mut own, &account, "sessions-form", &[("session", "others")]).await;
        own.follow(others).await.expect(200);
        told(&app, &rp).await;

        let mut browser = app.browser();
        rp.sign_in(&app, &mut browser).await;
        let admin = &app.notes.admin;
        let page = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "login")).await;
        press(&mut browser, &page, "sign-in-form", &[("identifier", &admin.email), ("password", &admin.password)])
            .await
            .expect(303);
        told(&app, &rp).await;

        for (method, path, body) in [
            ("POST", "/block", json!({ "reason": "a test" })),
            ("PUT", "", json!({ "isActive": false })),
            ("PUT", "/password", json!({ "password": "another long password 77" })),
        ] {
            rp.sign_in(&app, &mut app.browser()).await;
            call(&app, method, &format!("/admin/users/{user}{path}"), Some(&body)).await.expect(200);
            told(&app, &rp).await;
            post(&app, &format!("/admin/users/{user}/unblock")).await.expect(200);
            call(&app, "PUT", &format!("/admin/users/{user}"), Some(&json!({ "isActive": true }))).await.expect(200);
        }

        let other = login("leaver");
        let leaver = make_user(&app, &other, json!({})).await;
        rp.sign_in_as(&app, &mut app.browser(), &other, "openid").await;
        call(&app, "DELETE", &format!("/admin/users/{leaver}"), None).await.expect(200);
        assert_eq!(told(&app, &rp).await["sub"], leaver.as_str());
    }
}

#[tokio::test]
async fn whoever_was_blocked_after_their_session_timed_out_is_told_too() {
    let app = TestApp::start().await;
    let rp = Rp::with_backchannel(&app, "client_rp").await;
    rp.sign_in(&app, &mut app.browser()).await;
    app.clock.advance(Duration::from_hours(1));
    nothing_is_told(&app, &rp).await;
    post(&app, &format!("/admin/users/{}/block", app.notes.user.email.replace('@', "%40"))).await.expect(200);
    told(&app, &rp).await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_with_success_is_asked_again_with_growing_pauses_and_given_up() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = Rp::with_backchannel(&app, "client_rp").await;
        let mut browser = app.browser();
        let tokens = rp.sign_in(&app, &mut browser).await;
        rp.answer(503);
        logout(&app, &mut browser, &tokens).await;
        let mut pauses = Vec::new();
        while entries(&app, "logout_tokens.given_up").await.is_empty() {
            app.work().await;
            assert_eq!(rp.heard().len(), 1, "after {pauses:?}");
            let pause = 10 * 2_u64.pow(u32::try_from(pauses.len()).unwrap().min(11));
            app.clock.advance(Duration::from_secs(pause - 1));
            nothing_is_told(&app, &rp).await;
            app.clock.advance(Duration::from_secs(1));
            pauses.push(pause);
            assert!(pauses.len() <= 14, "it is given up some time");
        }
        assert_eq!(pauses.len(), 14);
        app.clock.advance(Duration::from_hours(240));
        nothing_is_told(&app, &rp).await;
        assert!(entries(&app, "logout_tokens.delivered").await.is_empty());
    }
}

#[tokio::test]
async fn a_token_is_made_anew_for_each_try() {
    let app = TestApp::start().await;
    let rp = Rp::with_backchannel(&app, "client_rp").await;
    let mut browser = app.browser();
    let tokens = rp.sign_in(&app, &mut browser).await;
    rp.answer(400);
    logout(&app, &mut browser, &tokens).await;
    let first = told(&app, &rp).await;
    rp.answer(204);
    app.clock.advance(Duration::from_hours(1));
    let second = told(&app, &rp).await;
    assert_eq!(second["sid"], first["sid"]);
    assert!(second["exp"].as_i64() > first["exp"].as_i64() && second["jti"] != first["jti"]);
    assert_eq!(latest(&app, "logout_tokens.delivered").await["context"]["attempts"], 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_that_never_answers_delays_nobody() {
    let app = Arc::new(TestApp::start().await);
    let (dead, alive) = (Rp::with_backchannel(&app, "client_dead").await, Rp::with_backchannel(&app, "client_alive").await);
    dead.answer(0);
    for _ in 0..6 {
        let mut browser = app.browser();
        let tokens = dead.sign_in(&app, &mut browser).await;
        logout(&app, &mut browser, &tokens).await;
    }
    let mut browser = app.browser();
    let tokens = alive.sign_in(&app, &mut browser).await;
    logout(&app, &mut browser, &tokens).await;
    let working = tokio::spawn(lumoauth::assemble::jobs().work(app.services.clone()));
    let heard = async {
        while alive.heard().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    // Shorter than the dead one is waited for even once.
    tokio::time::timeout(Duration::from_secs(4), heard).await.expect("the other one is told at once");
    working.abort();
}

#[tokio::test]
async fn a_client_that_takes_no_tokens_any_more_is_left_alone() {
    let app = TestApp::start().await;
    let rp = Rp::with_backchannel(&app, "client_rp").await;
    let mut browser = app.browser();
    let tokens = rp.sign_in(&app, &mut browser).await;
    rp.answer(503);
    logout(&app, &mut browser, &tokens).await;
    told(&app, &rp).await;
    post(&app, "/admin/clients/client_rp/disable").await.expect(200);
    app.clock.advance(Duration::from_mins(1));
    nothing_is_told(&app, &rp).await;
    assert_eq!(entries(&app, "logout_tokens.skipped").await.len(), 1);
}

#[tokio::test]
async fn refresh_tokens_end_with_the_session_unless_they_were_to_outlive_it() {
    let app = TestApp::start().await;
    let rp = Rp::with_backchannel(&app, "client_rp").await;
    let mut browser = app.browser();
    let bound = rp.sign_in_as(&app, &mut browser, &app.notes.user, "openid email").await;
    let offline = rp.sign_in_as(&app, &mut browser, &app.notes.user, "openid offline_access").await;
    logout(&app, &mut browser, &bound).await;
    assert!(!is_alive(&app, bound.access()).await);
    if let Some(refresh) = bound.0["refresh_token"].as_str() {
        expect_error(rp.client.refresh(&app, refresh).await, 400, "invalid_grant");
    }
    Tokens::of(rp.client.refresh(&app, offline.refresh()).await);
}
