//! Attacks on the answers of the authorization endpoint: mix-up, confusion about response types and modes, open redirects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use oauth::ResponseType;
use serde_json::json;
use suite_journeys::admin::make_client;
use suite_journeys::code::{Ask, CALLBACK, Returned, VERIFIER, authorize, go_on, silently, visit};
use suite_journeys::flows::{FORM_POST, Flow, HYBRID, IMPLICIT, RETURN, Scene, switch_on_everything};
use suite_journeys::organizations::{another, set_settings};
use suite_journeys::pages::{at, expect_id, field, has_id, press};
use suite_journeys::tokens::{Tokens, expect_error, part, userinfo};
use testkit::{Answered, TestApp, databases};

const CODE: Flow = Flow { response_type: ResponseType::Code, is_posted: false };

fn every_flow() -> impl Iterator<Item = Flow> {
    [CODE].into_iter().chain(IMPLICIT).chain(HYBRID).chain(FORM_POST)
}

async fn start() -> TestApp {
    let app = TestApp::start().await;
    switch_on_everything(&app).await;
    app
}

/// A page for a person that leads nowhere: neither by redirect nor by a form.
fn leads_nowhere(answered: &Answered) -> bool {
    (400..500).contains(&answered.status)
        && has_id(answered, "error")
        && !has_id(answered, "form-post")
        && answered.header("location").is_empty()
        && !answered.text().contains("evil")
}

#[tokio::test]
async fn attack_2_no_flow_and_no_mode_leads_to_an_unregistered_address() {
    let app = start().await;
    for flow in every_flow() {
        let scene = Scene::of(&app, flow).await;
        for evil in ["https://evil.example/callback", "https://shop.example/callback/", "https://shop.example/callback?x=evil"] {
            for (name, value) in [
                ("prompt", "none"),
                ("response_type", "token"),
                ("response_type", "evil"),
                ("response_mode", "evil"),
                ("response_mode", "form_post"),
                ("response_mode", "jwt"),
                ("response_mode", "form_post.jwt"),
                ("request", "evil"),
                ("scope", "evil"),
            ] {
                let ask = scene.ask().with("redirect_uri", evil).with(name, value);
                let answered = visit(&app, &mut app.browser(), &ask).await;
                assert!(leads_nowhere(&answered), "{flow:?} {evil} {name}={value}: {}", answered.text());
            }
        }
    }
}

#[tokio::test]
async fn attack_4_a_response_type_that_is_switched_off_is_unsupported_and_says_so_outside_the_query() {
    let app = TestApp::start().await;
    let (client, _) = make_client(&app, json!({ "name": "Code only", "redirectUris": [CALLBACK], "scopes": ["openid"] })).await;
    for is_switched_on in [false, true] {
        if is_switched_on {
            switch_on_everything(&app).await;
        }
        for asked in ResponseType::ALL.into_iter().filter(|asked| asked.has_tokens()).map(ResponseType::as_str).chain(["token"]) {
            let ask = Ask::of(&client.id, CALLBACK).with("response_type", asked);
            for mode in ["", "query", "fragment"] {
                let ask = if mode.is_empty() { ask.clone() } else { ask.clone().with("response_mode", mode) };
                let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("unsupported_response_type");
                assert!(returned.url.starts_with(&format!("{CALLBACK}#error=")), "{asked} {mode}: {}", returned.url);
            }
        }
        silently(&app, &mut app.browser(), &Ask::of(&client.id, CALLBACK).with("response_type", "none"))
            .await
            .expect_error("unsupported_response_type");
    }
}

#[tokio::test]
async fn attack_4_a_response_type_that_is_switched_off_meanwhile_is_not_answered() {
    let app = start().await;
    for flow in IMPLICIT.into_iter().chain(HYBRID) {
        let scene = Scene::of(&app, flow).await;
        let mut browser = app.browser();
        let page = expect_id(visit(&app, &mut browser, &scene.ask()).await, "sign-in-form");
        set_settings(&app, &json!({})).await;
        let answered = go_on(&mut browser, &app.notes.user, page).await;
        assert!(leads_nowhere(&answered), "{flow:?}: {} {}", answered.status, answered.text());
        switch_on_everything(&app).await;
    }
}

#[tokio::test]
async fn attack_4_tokens_never_go_into_a_query() {
    let app = start().await;
    for flow in IMPLICIT.into_iter().chain(HYBRID) {
        let scene = Scene::of(&app, flow).await;
        for mode in ["query", "query.jwt", "Query", "query ", "QUERY", "web_message"] {
            let mut browser = app.browser();
            let returned = silently(&app, &mut browser, &scene.ask().with("response_mode", mode)).await;
            assert!(returned.url.starts_with(&format!("{RETURN}#")), "{flow:?} {mode}: {}", returned.url);
            assert!(
                !returned.params.keys().any(|name| name.contains("token") || name == "code"),
                "{mode}: {:?}",
                returned.params
            );
        }
        let twice = format!("{}&response_mode=query", scene.ask().with("response_mode", "fragment").path(&app));
        let answered = app.browser().open(&twice).await;
        let returned = Returned::of(&answered).expect_error("invalid_request");
        assert!(returned.url.starts_with(&format!("{RETURN}#")), "{}", returned.url);
    }
}

#[tokio::test]
async fn attack_4_nothing_beside_the_handle_changes_a_request_that_waits() {
    let app = start().await;
    let scene = Scene::of(&app, HYBRID[2]).await;
    let mut browser = app.browser();
    let page = expect_id(visit(&app, &mut browser, &scene.ask()).await, "sign-in-form");
    let handle = field(&page, "transaction");
    let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
    let sent = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    let consent = expect_id(browser.follow(sent).await, "consent-form");
    press(&mut browser, &consent, "consent-form", &[("decision", "deny")]).await;

    let page = expect_id(visit(&app, &mut browser, &scene.ask().with("prompt", "consent")).await, "consent-form");
    let waiting = field(&page, "transaction");
    assert_ne!(waiting, handle);
    let evil = "redirect_uri=https%3A%2F%2Fevil.example&response_mode=query&response_type=code&state=evil&client_id=evil";
    let resumed = browser.open(&format!("{}?transaction={waiting}&{evil}", app.api("/oauth/authorize"))).await;
    let page = expect_id(browser.follow(resumed).await, "consent-form");
    let returned = Returned::of(&go_on(&mut browser, &app.notes.user, page).await);
    scene.receive(returned).await.expect_usual();
    let again = browser.open(&format!("{}?transaction={waiting}", app.api("/oauth/authorize"))).await;
    assert!(leads_nowhere(&again), "a request is answered once");
}

#[tokio::test]
async fn attack_7_answers_of_two_servers_can_be_told_apart_in_every_mode() {
    let app = start().await;
    let other = another(&app, "globex").await;
    for mode in ["query", "fragment", "form_post"] {
        let ours = silently(&app, &mut app.browser(), &Ask::web(&app).with("prompt", "none").with("response_mode", mode)).await;
        let path = Ask::of(&other.web_client.client_id, CALLBACK).with("prompt", "none").with("response_mode", mode).path(&app);
        let theirs = app.browser().open(&path.replace(&format!("/orgs/{}/", app.notes.org), "/orgs/globex/")).await;
        let theirs = Returned::of(&theirs);
        assert_eq!((ours.param("iss"), theirs.param("iss")), (app.notes.issuer.as_str(), other.issuer.as_str()), "{mode}");
        assert_ne!(ours.param("iss"), theirs.param("iss"));
    }
}

#[tokio::test]
async fn attack_7_a_code_of_one_client_or_server_is_nothing_to_another() {
    let app = start().await;
    let other = another(&app, "globex").await;
    for flow in HYBRID {
        let (honest, attacker) = (Scene::of(&app, flow).await, Scene::of(&app, flow).await);
        let returned = authorize(&app, &mut app.browser(), &app.notes.user, &honest.ask()).await;
        let code = returned.param("code");
        expect_error(attacker.redeem(code).await, 400, "invalid_grant");
        let pairs = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", RETURN), ("code_verifier", VERIFIER)];
        let elsewhere = app
            .post("/orgs/globex/api/v1/oauth/token")
            .basic(&other.web_client.client_id, &other.web_client.client_secret)
            .form(&pairs)
            .send()
            .await;
        expect_error(elsewhere, 400, "invalid_grant");
        Tokens::of(honest.redeem(code).await);
    }
}

#[tokio::test]
async fn attack_10_what_a_client_sends_stays_text_in_the_form_that_posts_itself() {
    let app = start().await;
    let state = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>";
    for flow in FORM_POST {
        let scene = Scene::of(&app, flow).await;
        let answered = visit(&app, &mut app.browser(), &scene.ask().with("prompt", "none").with("state", state)).await;
        let text = answered.text();
        assert!(has_id(&answered, "form-post") && !text.contains("<script>") && !text.contains("<img src=x"), "{text}");
        let policy = answered.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answered.header("cache-control"), "no-store");
        assert_eq!(Returned::of(&answered).param("state"), state);
    }
}

#[tokio::test]
async fn an_answer_is_never_posted_to_an_application_that_takes_no_posts() {
    let app = start().await;
    let native = "com.example.shop:/callback";
    let body = json!({
        "name": "Native", "redirectUris": [native], "applicationType": "native", "isPublic": true, "scopes": ["openid"]
    });
    let (client, _) = make_client(&app, body).await;
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &Ask::of(&client.id, native).with("response_mode", "form_post")).await;
    let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
    let sent = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    let consent = expect_id(browser.follow(sent).await, "consent-form");
    let answered = press(&mut browser, &consent, "consent-form", &[("decision", "allow")]).await;
    let text = answered.text();
    assert!(!has_id(&answered, "form-post") && !text.contains("name=\"code\""), "{text}");
}

#[tokio::test]
async fn attack_17_a_replayed_code_ends_the_tokens_that_came_beside_it() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        switch_on_everything(&app).await;
        for flow in HYBRID {
            let scene = Scene::of(&app, flow).await;
            let received = scene.walk(&scene.ask()).await;
            for token in received.access_tokens() {
                assert_eq!(userinfo(&app, token.expose()).await.status, 200);
            }
            expect_error(scene.redeem(received.returned.param("code")).await, 400, "invalid_grant");
            for token in received.access_tokens() {
                assert_eq!(userinfo(&app, token.expose()).await.status, 401, "{flow:?}");
            }
        }
    }
}

#[tokio::test]
async fn what_ends_a_grant_ends_its_code_too() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        switch_on_everything(&app).await;
        for flow in HYBRID {
            let scene = Scene::of(&app, flow).await;
            let mut browser = app.browser();
            let returned = authorize(&app, &mut browser, &app.notes.user, &scene.ask()).await;
            let account = browser.open(&at(&app, "account")).await;
            press(&mut browser, &account, "apps-form", &[("app", &scene.client.id)]).await;
            expect_error(scene.redeem(returned.param("code")).await, 400, "invalid_grant");
            if let Some(token) = returned.params.get("access_token") {
                assert_eq!(userinfo(&app, token).await.status, 401, "{flow:?}");
            }
        }
    }
}

#[tokio::test]
async fn no_refresh_token_comes_from_the_browser_and_offline_access_only_with_a_code() {
    let app = start().await;
    for flow in every_flow() {
        let scene = Scene::of(&app, flow).await;
        let ask = scene.ask().with("scope", "openid offline_access").with("prompt", "consent");
        let mut browser = app.browser();
        let page = visit(&app, &mut browser, &ask).await;
        let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
        let sent = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
        let consent = expect_id(browser.follow(sent).await, "consent-form");
        let has_code = flow.response_type.has_code();
        assert_eq!(consent.text().contains("data-scope=\"offline_access\""), has_code, "{flow:?}");
        let returned = Returned::of(&go_on(&mut browser, &app.notes.user, consent).await);
        assert!(!returned.params.contains_key("refresh_token"));
        let token_scope = returned.params.get("scope").cloned().unwrap_or_default();
        assert!(has_code || !token_scope.contains("offline_access"), "{flow:?}: {token_scope}");
    }
}

#[tokio::test]
async fn tokens_of_the_authorization_endpoint_are_recorded_with_their_ids() {
    let app = start().await;
    for flow in IMPLICIT.into_iter().chain(HYBRID) {
        let scene = Scene::of(&app, flow).await;
        let received = scene.walk(&scene.ask()).await;
        let event = suite_journeys::record::latest(&app, "authorization.consented").await.to_string();
        assert!(event.contains(flow.response_type.as_str()), "{event}");
        match received.returned.params.get("access_token") {
            Some(token) => assert!(event.contains(part(token, 1)["jti"].as_str().unwrap()), "{event}"),
            None => assert!(!flow.response_type.has_token()),
        }
    }
}

#[tokio::test]
async fn a_token_from_the_browser_belongs_to_its_client_and_can_be_revoked() {
    let app = start().await;
    for flow in [IMPLICIT[1], HYBRID[1], HYBRID[2]] {
        let scene = Scene::of(&app, flow).await;
        let returned = authorize(&app, &mut app.browser(), &app.notes.user, &scene.ask()).await;
        let token = returned.param("access_token");
        let own = scene.client.introspect(&app, token).await;
        assert_eq!((own["active"].as_bool(), own["client_id"].as_str()), (Some(true), Some(scene.client.id.as_str())));
        scene.client.revoke(&app, token).await.expect(200);
        assert_eq!(userinfo(&app, token).await.status, 401);
    }
}
