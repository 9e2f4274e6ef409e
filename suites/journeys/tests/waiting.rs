//! Requests that wait for their person, and what changes meanwhile.

use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::admin::{call, make_client, post, user_id};
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, Returned, VERIFIER, authorize, code_for_user, go_on, silently, visit};
use suite_journeys::pages::{at, expect_id, field, has_id, press, sign_in};
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, part, published_keys, web_tokens};
use testkit::{Answered, Browser, TestApp, databases};

/// Signed in and asked for consent, for the demo web application.
async fn at_consent(app: &TestApp, browser: &mut Browser<'_>) -> Answered {
    let page = visit(app, browser, &Ask::web(app).with("scope", "openid email")).await;
    let user = &app.notes.user;
    let sent = press(browser, &page, "sign-in-form", &[("identifier", &user.email), ("password", &user.password)]).await;
    expect_id(browser.follow(sent).await, "consent-form")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_waiting_request_is_answered_with_one_code_however_often_the_button_is_pressed() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let mut browser = app.browser();
        let page = at_consent(&app, &mut browser).await;
        let cookies =
            ["lumoauth_browser", "lumoauth_session"].map(|name| format!("{name}={}", browser.cookie(name).unwrap())).join("; ");
        let (csrf, transaction) = (field(&page, "csrf"), field(&page, "transaction"));
        let tasks = (0..20).map(|_| {
            let (app, cookies, csrf, transaction) = (app.clone(), cookies.clone(), csrf.clone(), transaction.clone());
            async move {
                let form = [("csrf", csrf.as_str()), ("transaction", &transaction), ("decision", "allow")];
                let answered = app.post(&at(&app, "consent")).header("cookie", &cookies).form(&form).send().await;
                (answered.status, answered.header("location").to_owned())
            }
        });
        let answers = at_once(tasks).await;
        let codes = answers.iter().filter(|(_, location)| location.contains("code=")).count();
        assert_eq!(codes, 1, "{database:?}: {answers:?}");
        assert!(answers.iter().all(|(status, _)| [303, 400, 503].contains(status)), "{database:?}: {answers:?}");
        let resumed = app.get(&format!("{}?transaction={transaction}", app.api("/oauth/authorize"))).header("cookie", &cookies);
        assert_eq!(resumed.send().await.status, 400, "it was answered");
    }
}

#[tokio::test]
async fn a_waiting_request_waits_an_hour_and_in_its_own_organization() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &Ask::web(&app)).await;
    let transaction = field(&page, "transaction");
    let elsewhere =
        app.get(&format!("/orgs/platform/signin?transaction={transaction}")).header("accept", "text/html").send().await;
    assert_eq!(elsewhere.status, 410, "{}", elsewhere.text());
    let (id, secret) = transaction.split_once('.').unwrap();
    let guessed = format!("{id}.{}", "A".repeat(secret.len()));
    assert_eq!(browser.open(&format!("{}?transaction={guessed}", at(&app, "signin"))).await.status, 410);
    app.clock.advance(Duration::from_secs(3601));
    assert_eq!(browser.open(&format!("{}?transaction={transaction}", at(&app, "signin"))).await.status, 410);
    let user = &app.notes.user;
    let late = press(&mut browser, &page, "sign-in-form", &[("identifier", &user.email), ("password", &user.password)]).await;
    assert_eq!(late.status, 410);
}

#[tokio::test]
async fn what_changes_while_somebody_decides_counts() {
    for (what, path) in [
        ("the person is blocked", "/admin/users/{user}/block"),
        ("the client is switched off", "/admin/clients/{client}/disable"),
    ] {
        let app = TestApp::start().await;
        let mut browser = app.browser();
        let page = at_consent(&app, &mut browser).await;
        let user = user_id(&app, &app.notes.user.email).await;
        let path = path.replace("{user}", &user).replace("{client}", &app.notes.web_client.client_id);
        post(&app, &path).await.expect(200);
        let answered = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
        assert!(!answered.header("location").contains("code="), "{what}: {}", answered.header("location"));
    }
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let page = at_consent(&app, &mut browser).await;
    let gone = json!({ "redirectUris": ["https://new.example/cb"] });
    call(&app, "PATCH", &format!("/admin/clients/{}", app.notes.web_client.client_id), Some(&gone)).await.expect(200);
    let answered = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
    assert_eq!((answered.status, answered.header("location")), (400, ""), "the address is no longer registered");
}

#[tokio::test]
async fn who_changes_the_account_on_the_way_consents_for_the_new_one() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let page = at_consent(&app, &mut browser).await;
    // In another tab somebody else signs in.
    let other_tab = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "login")).await;
    let admin = &app.notes.admin;
    press(&mut browser, &other_tab, "sign-in-form", &[("identifier", &admin.email), ("password", &admin.password)])
        .await
        .expect(303);
    let answered = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
    assert_eq!(answered.status, 403, "a form made for one session is worth nothing in another: {}", answered.text());
}

#[tokio::test]
async fn consent_is_remembered_for_what_was_allowed_and_asked_for_what_is_new() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).with("scope", "openid email")).await.code();
    for again in ["openid", "openid email"] {
        silently(&app, &mut browser, &Ask::web(&app).with("scope", again).with("prompt", "none")).await.code();
    }
    silently(&app, &mut browser, &Ask::web(&app).with("scope", "openid phone").with("prompt", "none"))
        .await
        .expect_error("consent_required");
    let page = visit(&app, &mut browser, &Ask::web(&app).with("scope", "openid email phone")).await;
    assert!(page.text().contains("data-scope=\"phone\""));
    let page = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "consent")).await;
    assert!(has_id(&page, "consent-form"), "prompt=consent asks though it is remembered");
    let mut other = app.browser();
    let page = visit(&app, &mut other, &Ask::web(&app)).await;
    let admin = &app.notes.admin;
    let sent = press(&mut other, &page, "sign-in-form", &[("identifier", &admin.email), ("password", &admin.password)]).await;
    expect_id(other.follow(sent).await, "consent-form");
}

#[tokio::test]
async fn a_first_party_client_asks_for_consent_only_if_told_to() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Own", "firstParty": true, "redirectUris": [CALLBACK], "scopes": ["openid", "email"] });
    let (client, _) = make_client(&app, body).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let ask = Ask::of(&client.id, CALLBACK).with("scope", "openid email");
    silently(&app, &mut browser, &ask).await.code();
    assert!(has_id(&visit(&app, &mut browser, &ask.with("prompt", "consent")).await, "consent-form"));
}

#[tokio::test]
async fn prompts_lead_to_the_page_they_ask_for() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    assert!(has_id(&visit(&app, &mut browser, &Ask::web(&app).with("prompt", "create")).await, "register-form"));
    authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let page = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "select_account")).await;
    let other =
        page.text().split("id=\"other-account\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let page = browser.open(&other).await;
    assert!(has_id(&page, "sign-in-form"), "another account can be chosen");
    Returned::of(&go_on(&mut browser, &app.notes.admin, page).await).code();
    silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none login")).await.expect_error("invalid_request");
}

#[tokio::test]
async fn a_code_of_a_new_client_lives_a_minute() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (client, _) = make_client(&app, json!({ "name": "New", "redirectUris": [CALLBACK], "scopes": ["openid"] })).await;
        let ask = Ask::of(&client.id, CALLBACK);
        let (early, late) = (code_for_user(&app, &ask).await, code_for_user(&app, &ask).await);
        app.clock.advance(Duration::from_secs(59));
        Tokens::of(client.redeem(&app, &early).await);
        app.clock.advance(Duration::from_secs(3));
        expect_error(client.redeem(&app, &late).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_is_redeemed_only_where_it_was_sent() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    for more in [
        vec![("code_verifier", VERIFIER)],
        vec![("code_verifier", VERIFIER), ("redirect_uri", "")],
        vec![("code_verifier", VERIFIER), ("redirect_uri", "http://127.0.0.1/callback")],
        vec![("code_verifier", VERIFIER), ("redirect_uri", "http://localhost/callback/")],
        vec![
            ("code_verifier", VERIFIER),
            ("redirect_uri", "http://localhost/callback"),
            ("redirect_uri", "http://localhost/callback"),
        ],
    ] {
        let code = code_for_user(&app, &Ask::web(&app)).await;
        let answered = web.redeem_with(&app, &code, &more).await;
        assert_eq!(answered.status, 400, "{more:?}: {}", answered.text());
    }
}

#[tokio::test]
async fn tokens_are_for_the_resources_that_were_asked_for() {
    let app = TestApp::start().await;
    let body = json!({
        "name": "Api user", "redirectUris": [CALLBACK], "scopes": ["openid", "offline_access"],
        "grantTypes": ["authorization_code", "refresh_token"], "audienceUris": ["https://api.example/v1", "https://files.example/"]
    });
    let (client, _) = make_client(&app, body).await;
    let ask = Ask::of(&client.id, CALLBACK).with("scope", "openid offline_access");
    for wrong in ["https://other.example/", "https://api.example/v1/deeper", "https://api.example/v1#x", "not a uri"] {
        silently(&app, &mut app.browser(), &ask.clone().with("resource", wrong)).await.expect_error("invalid_target");
    }
    let code = code_for_user(&app, &ask.clone().with("resource", "https://api.example/v1")).await;
    let tokens = Tokens::of(client.redeem(&app, &code).await);
    assert_eq!(part(tokens.access(), 1)["aud"], "https://api.example/v1");
    let wider = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("resource", "https://files.example/")];
    expect_error(client.post(&app, "/oauth/token", &wider).await, 400, "invalid_target");
    let plain = Tokens::of(client.redeem(&app, &code_for_user(&app, &ask).await).await);
    assert_eq!(part(plain.access(), 1)["aud"], client.id, "without a resource it is for the client");
}

#[tokio::test]
async fn keys_are_rotated_without_anybody_noticing() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let before = web_tokens(&app, "openid").await;
        let old = part(before.id(), 0)["kid"].as_str().unwrap().to_owned();
        post(&app, "/admin/signing-keys/rotate").await.expect(200);
        let published = published_keys(&app).await.keys().len();
        assert_eq!(
            part(web_tokens(&app, "openid").await.id(), 0)["kid"],
            old,
            "the next keys are published before they are used"
        );
        app.clock.advance(Duration::from_hours(1));
        post(&app, "/admin/signing-keys/rotate").await.expect(200);
        assert_eq!(published_keys(&app).await.keys().len(), published, "{database:?}: the old keys are still there");
        let after = web_tokens(&app, "openid").await;
        let new = part(after.id(), 0)["kid"].as_str().unwrap().to_owned();
        assert_ne!(new, old, "{database:?}");
        suite_journeys::tokens::id_token_claims(&app, before.id()).await;
        suite_journeys::tokens::id_token_claims(&app, after.id()).await;
        let app = app.restart().await;
        assert_eq!(part(web_tokens(&app, "openid").await.id(), 0)["kid"], new);
    }
}

#[tokio::test]
async fn what_stolen_keys_signed_is_void_at_once() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let before = web_tokens(&app, "openid offline_access").await;
        assert!(is_alive(&app, before.access()).await);
        call(&app, "POST", "/admin/signing-keys/rotate", Some(&json!({ "compromised": true }))).await.expect(200);
        assert!(!is_alive(&app, before.access()).await, "{database:?}");
        let kid = part(before.access(), 0)["kid"].as_str().unwrap().to_owned();
        let keys = published_keys(&app).await;
        assert!(keys.keys().iter().all(|key| key.kid.as_deref() != Some(&kid)), "the stolen key is no longer published");
        let renewed = Tokens::of(Client::web(&app).refresh(&app, before.refresh()).await);
        assert!(is_alive(&app, renewed.access()).await);
    }
}

#[tokio::test]
async fn scripts_of_other_origins_reach_what_is_meant_for_them_and_never_with_cookies() {
    let app = TestApp::start().await;
    let origin = "https://spa.example";
    for (method, path) in [
        ("GET", app.api("/.well-known/openid-configuration")),
        ("GET", app.api("/.well-known/jwks.json")),
        ("POST", app.api("/oauth/token")),
        ("POST", app.api("/oauth/revoke")),
        ("GET", app.api("/oauth/userinfo")),
        ("GET", app.api("/me")),
    ] {
        let preflight =
            app.request("OPTIONS", &path).header("origin", origin).header("access-control-request-method", method).send().await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, "*"), "{path}");
        assert!(preflight.header("access-control-allow-headers").contains("authorization"));
        let answered = app.request(method, &path).header("origin", origin).send().await;
        assert_eq!(answered.header("access-control-allow-origin"), "*", "{path}");
        for shared in [preflight, answered] {
            assert_eq!(shared.header("access-control-allow-credentials"), "", "{path}");
        }
    }
    for path in [at(&app, "signin"), at(&app, "account"), at(&app, "register"), Ask::web(&app).path(&app)] {
        let answered = app.get(&path).header("origin", origin).header("accept", "text/html").send().await;
        assert_eq!(answered.header("access-control-allow-origin"), "", "{path}");
    }
}
