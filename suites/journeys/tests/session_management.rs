//! Applications find out by themselves that the person they know has left (OpenID Connect Session Management 1.0).
//! What the framed page answers in a real browser, `suites/interop/browser.test.mjs` shows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::digest::sha256;
use jose::encoding::{base64, base64url};
use std::time::Duration;
use suite_journeys::code::{Ask, CALLBACK, Returned, authorize, silently};
use suite_journeys::pages::{at, press, sign_in};
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims, part};
use testkit::{Browser, TestApp, databases};

const STATE: &str = "lumoauth_session_state";

/// What a `session_state` must be for this browser, computed as the framed page does it.
fn expected(browser: &Browser<'_>, client: &str, origin: &str, session_state: &str) -> String {
    let (_, salt) = session_state.split_once('.').unwrap_or_else(|| panic!("{session_state:?} has no salt"));
    let state = browser.cookie(STATE).unwrap_or_default();
    format!("{}.{salt}", base64url(sha256(format!("{client} {origin} {state} {salt}").as_bytes())))
}

#[tokio::test]
async fn oidcc_session_management_discovery_endpoint_verification() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    let address = document["check_session_iframe"].as_str().unwrap().to_owned();
    assert_eq!(address, format!("{}/api/v1/oauth/check_session", app.notes.issuer));
    let page = app.get(&app.api("/oauth/check_session")).header("accept", "text/html").send().await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn oidcc_session_management_rp_initiated_logout() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (web, mut browser) = (Client::web(&app), app.browser());
        let returned = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await;
        let session_state = returned.param("session_state").to_owned();
        assert_eq!(session_state, expected(&browser, &web.id, "http://localhost", &session_state), "unchanged");
        assert!(!session_state.contains(' '));

        let tokens = Tokens::of(web.redeem(&app, &returned.code()).await);
        browser.open(&format!("{}?id_token_hint={}", app.api("/oauth/logout"), tokens.id())).await.expect(200);
        assert_eq!(browser.cookie(STATE), None);
        assert_ne!(session_state, expected(&browser, &web.id, "http://localhost", &session_state), "changed");
        let refused = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none")).await.expect_error("login_required");
        assert!(!refused.params.contains_key("session_state"), "{}", refused.url);
    }
}

#[tokio::test]
async fn the_page_may_be_framed_and_runs_its_own_script_and_no_other() {
    let app = TestApp::start().await;
    let page = app.get(&app.api("/oauth/check_session")).header("accept", "text/html").send().await.expect(200);
    let (text, policy) = (page.text(), page.header("content-security-policy"));
    let script = text.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    let hash = base64(sha256(script.as_bytes()));
    assert_eq!(
        policy,
        format!("default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors *")
    );
    assert!(page.header("x-frame-options").is_empty() && page.headers.get("set-cookie").is_none());
    assert!(script.contains(&format!("'{STATE}='")), "it reads the cookie that is set");
    assert_eq!(text.matches("<script").count(), 1);
}

#[tokio::test]
async fn the_state_is_for_scripts_and_gives_nothing_away() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let page = browser.open(&at(&app, "signin")).await.expect(200);
    let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
    let entered = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    let lines: Vec<&str> = entered.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let line = lines.iter().find(|line| line.starts_with(&format!("{STATE}="))).unwrap();
    assert!(line.ends_with(&format!("; Path=/orgs/{}; SameSite=Lax", app.notes.org)), "{line}");
    let own = browser.cookie("lumoauth_session").unwrap().to_owned();
    let state = browser.cookie(STATE).unwrap().to_owned();
    assert!(own.split('.').all(|part| !state.contains(part)), "{state}");

    let returned = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await;
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &returned.code()).await);
    let sid = id_token_claims(&app, tokens.id()).await["sid"].as_str().unwrap().to_owned();
    assert!(!state.contains(&sid) && !returned.param("session_state").contains(&sid));
    assert_ne!(state, base64url(sha256(sid.as_bytes())), "nobody who knows the sid knows the state");
    let mut thief = app.browser();
    thief.set_cookie(STATE, &state);
    silently(&app, &mut thief, &Ask::web(&app).with("prompt", "none")).await.expect_error("login_required");
}

#[tokio::test]
async fn another_person_in_the_same_browser_is_a_change_and_the_same_one_again_is_none() {
    let app = TestApp::start().await;
    let (web, mut browser) = (Client::web(&app), app.browser());
    let returned = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await;
    let session_state = returned.param("session_state").to_owned();
    let again = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).with("prompt", "login")).await;
    assert!(!again.code().is_empty());
    assert_eq!(session_state, expected(&browser, &web.id, "http://localhost", &session_state), "unchanged");
    assert_ne!(again.param("session_state"), session_state, "each has a salt of its own");
    authorize(&app, &mut browser, &app.notes.admin, &Ask::web(&app).with("prompt", "login")).await.code();
    assert_ne!(session_state, expected(&browser, &web.id, "http://localhost", &session_state), "changed");
}

#[tokio::test]
async fn a_browser_that_lost_the_state_gets_it_back_with_the_next_answer() {
    let app = TestApp::start().await;
    let (web, mut browser) = (Client::web(&app), app.browser());
    sign_in(&app, &mut browser, &app.notes.user).await;
    browser.set_cookie(STATE, "something else");
    let returned = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await;
    let session_state = returned.param("session_state");
    assert_eq!(session_state, expected(&browser, &web.id, "http://localhost", session_state));
}

#[tokio::test]
async fn a_state_does_not_outlive_its_session_by_more_than_a_question() {
    let app = TestApp::start().await;
    for ask in [Ask::web(&app).with("prompt", "none"), Ask::web(&app)] {
        let mut browser = app.browser();
        authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
        browser.open(&ask.path(&app)).await.expect(303);
        assert!(browser.cookie(STATE).is_some(), "the session lives");
        app.clock.advance(Duration::from_hours(25));
        let answered = browser.open(&ask.path(&app)).await.expect(303);
        assert!(!answered.location().contains("code="), "{}", answered.location());
        assert_eq!(browser.cookie(STATE), None);
    }
}

#[tokio::test]
async fn every_kind_of_answer_carries_it_and_a_signed_one_within() {
    let app = TestApp::start().await;
    let (web, mut browser) = (Client::web(&app), app.browser());
    let ask = Ask::web(&app);
    for mode in ["query", "fragment", "form_post"] {
        let returned = authorize(&app, &mut browser, &app.notes.user, &ask.clone().with("response_mode", mode)).await;
        let session_state = returned.param("session_state");
        assert_eq!(session_state, expected(&browser, &web.id, "http://localhost", session_state), "{mode}");
    }
    let returned = authorize(&app, &mut browser, &app.notes.user, &ask.with("response_mode", "jwt")).await;
    assert!(!returned.params.contains_key("session_state"), "{}", returned.url);
    let claims = part(returned.param("response"), 1);
    let session_state = claims["session_state"].as_str().unwrap();
    assert_eq!(session_state, expected(&browser, &web.id, "http://localhost", session_state));
}

#[tokio::test]
async fn whoever_does_not_ask_about_a_person_gets_none() {
    let app = TestApp::start().await;
    let ask = Ask::of(&app.notes.web_client.client_id, CALLBACK).with("scope", "email").without("nonce");
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await;
    assert!(!returned.code().is_empty() && !returned.params.contains_key("session_state"), "{}", returned.url);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_granted_while_its_session_ends_is_dead() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let web = Client::web(&app);
        for _ in 0..10 {
            let mut browser = app.browser();
            let first = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await;
            let tokens = Tokens::of(web.redeem(&app, &first.code()).await);
            let cookies = format!("lumoauth_session={}", browser.cookie("lumoauth_session").unwrap());
            let (silent, logout) = (Ask::web(&app).with("prompt", "none").path(&app), app.api("/oauth/logout"));
            let logout = format!("{logout}?id_token_hint={}", tokens.id());
            let open = |path: &str| app.get(path).header("accept", "text/html").header("cookie", &cookies).send();
            let (answer, _) = tokio::join!(open(&silent), open(&logout));
            let returned = Returned::of(&answer);
            if let Some(code) = returned.params.get("code") {
                expect_error(web.redeem(&app, code).await, 400, "invalid_grant");
            } else {
                returned.expect_error("login_required");
            }
        }
    }
}
