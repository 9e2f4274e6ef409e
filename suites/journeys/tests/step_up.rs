//! Step-up challenges (RFC 9470): what an organization wants a recent or strong sign-in for, and how clients get one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::admin::{call, get, make_client};
use suite_journeys::code::{Ask, CALLBACK, authorize, silently};
use suite_journeys::organizations::set_settings;
use suite_journeys::pages::{at, expect_id, press, sign_in};
use suite_journeys::tokens::{Client, Tokens, part, userinfo, web_tokens};
use testkit::{Answered, Browser, TestApp, databases};

const FIVE_MINUTES: Duration = Duration::from_mins(5);
const SECOND: Duration = Duration::from_secs(1);

/// From now on these rules hold.
async fn demand(app: &TestApp, rules: Value) {
    set_settings(app, &json!({ "security": { "step_up": rules } })).await;
}

/// An application of administrators.
async fn office(app: &TestApp) -> Client {
    let body = json!({
        "name": "Office", "scopes": ["openid", "admin:users"], "redirectUris": [CALLBACK], "grantTypes": ["authorization_code"],
        "audienceUris": ["https://api.example"]
    });
    make_client(app, body).await.0
}

fn ask(client: &Client) -> Ask {
    Ask::of(&client.id, CALLBACK).with("scope", "openid admin:users")
}

async fn token(app: &TestApp, browser: &mut Browser<'_>, client: &Client, ask: &Ask) -> Tokens {
    let code = authorize(app, browser, &app.notes.admin, ask).await.code();
    Tokens::of(client.redeem(app, &code).await)
}

async fn list_users(app: &TestApp, token: &str) -> Answered {
    app.get(&app.api("/admin/users")).bearer(token).send().await
}

fn is_challenged(answered: &Answered, parameter: &str) {
    assert_eq!((answered.status, answered.json()["error"].as_str()), (401, Some("insufficient_user_authentication")));
    let told = answered.header("www-authenticate");
    assert!(told.starts_with("Bearer ") && told.contains("error=\"insufficient_user_authentication\""), "{told}");
    assert!(told.contains(parameter), "{told}");
}

#[tokio::test]
async fn attack_53_an_old_or_weak_sign_in_is_not_enough_where_more_is_asked_for() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = office(&app).await;
        demand(&app, json!([{ "scope": "users.read", "max_age": 300 }])).await;
        let mut browser = app.browser();
        let first = token(&app, &mut browser, &client, &ask(&client)).await;
        app.clock.advance(FIVE_MINUTES);
        list_users(&app, first.access()).await.expect(200);
        app.clock.advance(SECOND);
        let refused = list_users(&app, first.access()).await;
        is_challenged(&refused, ", max_age=\"300\"");
        assert!(refused.header("www-authenticate").contains("resource_metadata="));
        // A token of the same sign-in is no better, however new it is.
        let code = silently(&app, &mut browser, &ask(&client).with("prompt", "none")).await.code();
        let second = Tokens::of(client.redeem(&app, &code).await);
        is_challenged(&list_users(&app, second.access()).await, "max_age=\"300\"");
        // What the challenge says leads to one that is.
        let third = token(&app, &mut browser, &client, &ask(&client).with("max_age", "300")).await;
        list_users(&app, third.access()).await.expect(200);
        let now = app.services.clock.now().as_secs();
        let (said, told) = (part(third.access(), 1), client.introspect(&app, third.access()).await);
        assert_eq!((&said["auth_time"], &told["auth_time"]), (&json!(now), &json!(now)));
        assert!(told["acr"].is_string() && told["acr"] == said["acr"]);
        get(&app, "/admin/users").await.expect(200);
    }
}

#[tokio::test]
async fn a_stronger_sign_in_is_asked_for_by_its_name() {
    let app = TestApp::start().await;
    let client = office(&app).await;
    let fresh = token(&app, &mut app.browser(), &client, &ask(&client)).await;
    for scope in ["users.read", "admin:users", "admin"] {
        demand(&app, json!([{ "scope": scope, "acr": "phr" }, { "scope": "roles.read", "max_age": 60 }])).await;
        let refused = list_users(&app, fresh.access()).await;
        is_challenged(&refused, ", acr_values=\"phr\"");
        assert!(!refused.header("www-authenticate").contains("max_age"), "another permission's rule");
    }
    demand(&app, json!([{ "scope": "admin:users", "acr": "urn:lumoauth:acr:1fa" }])).await;
    list_users(&app, fresh.access()).await.expect(200);
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert!(document["acr_values_supported"].as_array().unwrap().contains(&part(fresh.access(), 1)["acr"]));
}

#[tokio::test]
async fn userinfo_asks_for_what_the_rules_of_its_scopes_say() {
    let app = TestApp::start().await;
    demand(&app, json!([{ "scope": "email", "max_age": 300 }])).await;
    let (all, little) = (web_tokens(&app, "openid email").await, web_tokens(&app, "openid").await);
    userinfo(&app, all.access()).await.expect(200);
    app.clock.advance(FIVE_MINUTES + SECOND);
    is_challenged(&userinfo(&app, all.access()).await, ", max_age=\"300\"");
    userinfo(&app, little.access()).await.expect(200);
}

#[tokio::test]
async fn a_claim_that_is_asked_for_by_name_is_guarded_like_its_scope() {
    let app = TestApp::start().await;
    demand(&app, json!([{ "scope": "email", "max_age": 300 }])).await;
    let ask = Ask::web(&app).with("scope", "openid").with("claims", r#"{"userinfo":{"email":null}}"#);
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await.code();
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["email"], app.notes.user.email.as_str());
    app.clock.advance(FIVE_MINUTES + SECOND);
    is_challenged(&userinfo(&app, tokens.access()).await, ", max_age=\"300\"");
}

/// What a client that names the address, and how its person has to sign in, hears at both places.
const BY_NAME: [&str; 3] = [
    r#"{"userinfo":{"email":null},"id_token":{"email":null,"acr":{"value":"urn:lumoauth:acr:1fa"}}}"#,
    r#"{"userinfo":{"email":{"essential":true}},"id_token":{"email":null,"acr":{"essential":true,"value":"urn:lumoauth:acr:1fa"}}}"#,
    r#"{"userinfo":{"email":null},"id_token":{"email":null,"acr":{"values":["phr","urn:lumoauth:acr:1fa"]}}}"#,
];

#[tokio::test]
async fn what_userinfo_tells_by_name_goes_by_the_sign_in_the_id_token_speaks_of() {
    let app = TestApp::start().await;
    let reached = json!("urn:lumoauth:acr:1fa");
    for claims in BY_NAME {
        let ask = Ask::web(&app).with("scope", "openid").with("claims", claims);
        let code = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await.code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
        let said = part(tokens.id(), 1);
        assert_eq!((&said["acr"], &part(tokens.access(), 1)["acr"]), (&reached, &reached), "{claims}");
        demand(&app, json!([{ "scope": "email", "acr": reached }])).await;
        assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["email"], said["email"], "{claims}");
        demand(&app, json!([{ "scope": "email", "acr": "phr" }])).await;
        is_challenged(&userinfo(&app, tokens.access()).await, ", acr_values=\"phr\"");
        demand(&app, json!([{ "scope": "phone", "acr": "phr" }])).await;
        userinfo(&app, tokens.access()).await.expect(200);
    }
    // A sign-in that nobody here is capable of, and that must be: then there is neither.
    let must = r#"{"userinfo":{"email":null},"id_token":{"acr":{"essential":true,"value":"phr"}}}"#;
    let ask = Ask::web(&app).with("scope", "openid").with("claims", must);
    authorize(&app, &mut app.browser(), &app.notes.user, &ask).await.expect_error("unmet_authentication_requirements");
}

#[tokio::test]
async fn the_console_changes_nothing_for_an_old_sign_in_and_leads_to_a_new_one() {
    let app = TestApp::start().await;
    demand(&app, json!([{ "scope": "users.write", "max_age": 300 }])).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.admin).await;
    let form = browser.open(&at(&app, "portal/users/new")).await.expect(200);
    app.clock.advance(FIVE_MINUTES + SECOND);
    let fields = [("email", "late@people.example")];
    let sent_away = press(&mut browser, &form, "create-user-form", &fields).await.expect(303);
    assert!(sent_away.header("location").contains("/signin?"), "{}", sent_away.header("location"));
    get(&app, "/admin/users/late%40people.example").await.expect(404);
    browser.open(&at(&app, "portal/users")).await.expect(200);
    let sent_away = browser.open(&at(&app, "portal/users/new")).await.expect(303);
    let page = expect_id(browser.follow(sent_away).await, "sign-in-form");
    let filled = [("identifier", app.notes.admin.email.as_str()), ("password", app.notes.admin.password.as_str())];
    let back = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
    assert!(back.header("location").ends_with("/portal/users/new"), "{}", back.header("location"));
    let form = browser.follow(back).await.expect(200);
    press(&mut browser, &form, "create-user-form", &fields).await.expect(303);
    get(&app, "/admin/users/late%40people.example").await.expect(200);
    // Signing in again wouldn't help.
    demand(&app, json!([{ "scope": "users.write", "acr": "phr" }])).await;
    browser.open(&at(&app, "portal/users/new")).await.expect(401);
    press(&mut browser, &form, "create-user-form", &[("email", "weak@people.example")]).await.expect(401);
    get(&app, "/admin/users/weak%40people.example").await.expect(404);
}

#[tokio::test]
async fn whoever_signs_in_again_comes_back_to_the_page_their_form_stands_on() {
    let app = TestApp::start().await;
    demand(&app, json!([{ "scope": "admin:api_keys", "max_age": 300 }])).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.admin).await;
    app.clock.advance(FIVE_MINUTES + SECOND);
    let revocation = at(&app, "portal/api-keys/none/revoke");
    let cookie = format!("{}={}", identity::sessions::COOKIE, browser.cookie(identity::sessions::COOKIE).unwrap());
    for (referer, back) in [
        (at(&app, "portal/api-keys/new"), "portal%2Fapi-keys%2Fnew"),
        (revocation.clone(), "portal%2Fapi-keys%2Fnone%2Frevoke"),
        // A form that came back with what was wrong, at an address that takes only forms.
        (at(&app, "portal/users/u1/password-reset"), "portal%2Fusers%2Fu1"),
    ] {
        let referer = format!("{}{referer}", app.notes.base_url);
        let sent = app.request("POST", &revocation).header("cookie", &cookie).header("referer", &referer);
        let sent_away = sent.form(&[("csrf", "x")]).send().await.expect(303);
        let location = sent_away.header("location").to_owned();
        assert!(location.contains(&format!("{back}&account=again")), "{referer}: {location}");
    }
}

#[tokio::test]
async fn the_resource_of_development_servers_asks_for_what_it_is_told_to() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid").await;
    let visit = async |query: &str| app.get(&format!("/dev/resource?{query}")).bearer(tokens.access()).send().await;
    visit("max_age=300").await.expect(200);
    visit("acr_values=urn:lumoauth:acr:1fa").await.expect(200);
    is_challenged(&visit("acr_values=phr").await, ", acr_values=\"phr\"");
    for bad in ["max_age=soon", "max_age=-1", "acr_values=strong"] {
        visit(bad).await.expect(400);
    }
    app.clock.advance(FIVE_MINUTES + SECOND);
    is_challenged(&visit("max_age=300&acr_values=phr").await, ", acr_values=\"phr\", max_age=\"300\"");
    let machine = app.service_token("").await;
    let alone = app.get("/dev/resource?max_age=300").bearer(&machine).send().await;
    assert_eq!(alone.status, 401, "nobody signed in at all");
}

#[tokio::test]
async fn a_rule_says_something_or_is_none() {
    let app = TestApp::start().await;
    for (rule, status) in [
        (json!({ "scope": "users.read", "max_age": 300 }), 200),
        (json!({ "scope": "users.read", "acr": "urn:lumoauth:acr:mfa" }), 200),
        (json!({ "scope": "users.read" }), 400),
        (json!({ "scope": "users.read", "acr": "strong" }), 400),
        (json!({ "scope": "users.read", "max_age": 5 }), 400),
        (json!({ "scope": "users.read", "max_age": 300, "amr": "pwd" }), 400),
    ] {
        let answered = call(&app, "PATCH", "/admin/settings/security", Some(&json!({ "step_up": [rule] }))).await;
        assert_eq!(answered.status, status, "{rule} {}", answered.text());
    }
}

#[tokio::test]
async fn a_token_for_another_resource_server_opens_nothing_here() {
    let app = TestApp::start().await;
    let client = office(&app).await;
    let mut browser = app.browser();
    let elsewhere = token(&app, &mut browser, &client, &ask(&client).with("resource", "https://api.example")).await;
    assert_eq!(part(elsewhere.access(), 1)["aud"], "https://api.example");
    for path in ["/admin/users", "/me"] {
        let refused = app.get(&app.api(path)).bearer(elsewhere.access()).send().await.expect(401);
        assert_eq!(refused.json()["error"], "invalid_token", "{path}");
    }
    assert_eq!(client.introspect(&app, elsewhere.access()).await["active"], true);
    let here = token(&app, &mut browser, &client, &ask(&client)).await;
    list_users(&app, here.access()).await.expect(200);
}
