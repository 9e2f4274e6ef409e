//! Clients that nobody registered: known by the address of a document about them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::jwks::Jwks;
use jose::key::SigningKey;
use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::admin::{call, get};
use suite_journeys::at_once;
use suite_journeys::code::{Returned, VERIFIER, authorize, go_on, silently, visit};
use suite_journeys::documents::{NOTES, Site, allow};
use suite_journeys::keys::Prover;
use suite_journeys::organizations::set_settings;
use suite_journeys::pages::{expect_id, has_id, press, sign_in};
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, userinfo};
use testkit::{Answered, TestApp, databases};
use tokio::net::TcpListener;

const MINUTE: Duration = Duration::from_mins(1);

/// A server that takes documents, and a site with one.
async fn scene() -> (TestApp, Site) {
    let (app, site) = (TestApp::start().await, Site::start().await);
    allow(&app, json!({})).await;
    site.put(NOTES, &site.notes(&json!({})));
    (app, site)
}

async fn redeem(app: &TestApp, site: &Site, code: &str) -> Answered {
    let redirect_uri = site.at("/cb");
    site.client().redeem_with(app, code, &[("redirect_uri", &redirect_uri), ("code_verifier", VERIFIER)]).await
}

async fn tokens(app: &TestApp, site: &Site) -> Tokens {
    let code = authorize(app, &mut app.browser(), &app.notes.user, &site.ask()).await.code();
    Tokens::of(redeem(app, site, &code).await)
}

/// The clients of the organization that describe themselves.
async fn described(app: &TestApp) -> Vec<Value> {
    let clients = get(app, "/admin/clients?limit=100").await.expect(200).json()["data"].as_array().unwrap().clone();
    clients.into_iter().filter(|client| client["clientId"].as_str().unwrap().starts_with("https://")).collect()
}

fn is_refused(answered: &Answered, code: &str) {
    assert_eq!((answered.status, answered.header("location")), (400, ""), "{}", answered.text());
    assert!(has_id(answered, "error") && answered.text().contains(code), "{}", answered.text());
}

#[tokio::test]
async fn a_client_nobody_registered_signs_people_in_by_its_document() {
    for database in databases() {
        let (app, site) = (TestApp::start_on(database).await, Site::start().await);
        allow(&app, json!({})).await;
        site.put(NOTES, &site.notes(&json!({})));
        let document = app.get(&app.api("/.well-known/oauth-authorization-server")).send().await.expect(200).json();
        assert_eq!(document["client_id_metadata_document_supported"], true);
        let mut browser = app.browser();
        let page = expect_id(visit(&app, &mut browser, &site.ask()).await, "sign-in-form");
        assert!(has_id(&page, "stranger-host") && page.text().contains("localhost"));
        let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
        let signed_in = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
        let consent = expect_id(browser.follow(signed_in).await, "consent-form");
        assert!(has_id(&consent, "stranger-host"));
        let code = Returned::of(&go_on(&mut browser, &app.notes.user, consent).await).code();
        let tokens = Tokens::of(redeem(&app, &site, &code).await);
        assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["email"], app.notes.user.email.as_str());
        assert_eq!(Client::web(&app).introspect(&app, tokens.access()).await["client_id"], site.at(NOTES));
        let next = Tokens::of(site.client().refresh(&app, tokens.refresh()).await);
        assert_ne!(next.refresh(), tokens.refresh(), "a public client's change with each use");
        assert_eq!(described(&app).await.len(), 1);
        assert_eq!(site.asked(NOTES), 1, "all of it with one look");
    }
}

#[tokio::test]
async fn nothing_is_looked_up_where_the_organization_takes_no_documents() {
    let (app, site) = (TestApp::start().await, Site::start().await);
    site.put(NOTES, &site.notes(&json!({})));
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert!(document.get("client_id_metadata_document_supported").is_none());
    is_refused(&visit(&app, &mut app.browser(), &site.ask()).await, "unknown_client");
    let pairs = site.ask();
    let pairs: Vec<(&str, &str)> = pairs.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    expect_error(app.post(&app.api("/oauth/par")).form(&pairs).send().await, 401, "invalid_client");
    allow(&app, json!({ "cimd_allowed_domains": ["app.example", "*.partner.example"] })).await;
    is_refused(&visit(&app, &mut app.browser(), &site.ask()).await, "client_document");
    assert_eq!(site.asked(NOTES), 0);
}

#[tokio::test]
async fn attack_33_a_document_that_will_not_do_is_refused_and_nothing_is_kept() {
    let (app, site) = scene().await;
    let id = site.at(NOTES);
    let bad = [
        json!({ "client_id": site.at("/other.json") }),
        json!({ "client_id": id.to_uppercase() }),
        json!({ "client_secret": "shared" }),
        json!({ "token_endpoint_auth_method": "client_secret_basic" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "redirect_uris": ["https://evil.example/cb"] }),
        json!({ "redirect_uris": [] }),
        json!({ "grant_types": ["client_credentials"] }),
        json!({ "filler": "x".repeat(6000) }),
    ];
    for more in bad {
        site.put(NOTES, &site.notes(&more));
        is_refused(&visit(&app, &mut app.browser(), &site.ask()).await, "client_document");
        app.clock.advance(Duration::from_secs(11));
    }
    let good = site.notes(&json!({})).to_string();
    for (status, headers, body) in [
        ("404 Not Found", "content-type: application/json\r\n", good.as_str()),
        ("302 Found", "location: /elsewhere.json\r\n", ""),
        ("203 Non-Authoritative Information", "content-type: application/json\r\n", &good),
        ("200 OK", "content-type: text/html\r\n", &good),
        ("200 OK", "content-type: application/json\r\n", "[]"),
        ("200 OK", "content-type: application/json\r\n", "{\"client_id\":\"a\",\"client_id\":\"b\"}"),
    ] {
        site.answer(NOTES, status, headers, body);
        is_refused(&visit(&app, &mut app.browser(), &site.ask()).await, "client_document");
        app.clock.advance(Duration::from_secs(11));
    }
    assert_eq!(site.asked("/elsewhere.json"), 0, "redirects are not followed");
    let asked = site.asked(NOTES);
    for other in [
        format!("{}/", site.origin),
        format!("{id}#f"),
        format!("{}/a/../notes.json", site.origin),
        id.replace("https://", "https://u@"),
    ] {
        is_refused(&visit(&app, &mut app.browser(), &site.ask().with("client_id", &other)).await, "client_document");
    }
    assert_eq!(site.asked(NOTES), asked, "what can't be a client id isn't looked up");
    assert!(described(&app).await.is_empty());
    site.put(NOTES, &site.notes(&json!({})));
    is_refused(
        &visit(&app, &mut app.browser(), &site.ask().with("redirect_uri", &site.at("/other"))).await,
        "unregistered_redirect_uri",
    );
    assert!(described(&app).await.is_empty(), "a request that is refused leaves nothing");
    expect_id(visit(&app, &mut app.browser(), &site.ask()).await, "sign-in-form");
}

#[tokio::test]
async fn a_document_is_fetched_once_however_many_ask_and_left_alone_after_a_failure() {
    let (app, site) = (std::sync::Arc::new(TestApp::start().await), std::sync::Arc::new(Site::start().await));
    allow(&app, json!({})).await;
    let visits = |count: usize| {
        let (app, site) = (app.clone(), site.clone());
        at_once((0..count).map(move |_| {
            let (app, site) = (app.clone(), site.clone());
            async move { visit(&app, &mut app.browser(), &site.ask()).await.status }
        }))
    };
    assert_eq!(visits(8).await, [400; 8]);
    assert_eq!(site.asked(NOTES), 1);
    site.put(NOTES, &site.notes(&json!({})));
    assert_eq!(visits(1).await, [400], "ten seconds are not over");
    app.clock.advance(Duration::from_secs(10));
    assert_eq!(visits(8).await, [200; 8]);
    assert_eq!(site.asked(NOTES), 2);
}

#[tokio::test]
async fn a_document_is_asked_for_again_when_its_time_is_over() {
    let (app, site) = scene().await;
    let name = async |app: &TestApp, site: &Site| {
        let mut browser = app.browser();
        sign_in(app, &mut browser, &app.notes.user).await;
        expect_id(visit(app, &mut browser, &site.ask()).await, "consent-form").text()
    };
    let publish = |name: &str, cache: &str| {
        let headers = format!("content-type: application/json\r\n{cache}");
        site.answer(NOTES, "200 OK", &headers, &site.notes(&json!({ "client_name": name })).to_string());
    };
    publish("First", "cache-control: max-age=300\r\n");
    assert!(name(&app, &site).await.contains("First"));
    publish("Second", "cache-control: no-store\r\n");
    app.clock.advance(Duration::from_secs(299));
    assert!(name(&app, &site).await.contains("First"));
    app.clock.advance(Duration::from_secs(1));
    assert!(name(&app, &site).await.contains("Second"));
    publish("Third", "");
    assert!(name(&app, &site).await.contains("Second"), "a minute at least");
    app.clock.advance(MINUTE);
    assert!(name(&app, &site).await.contains("Third"));
    assert_eq!((site.asked(NOTES), described(&app).await[0]["name"].as_str()), (3, Some("Third")));
}

#[tokio::test]
async fn people_are_asked_each_time_and_never_passed_over() {
    let (app, site) = scene().await;
    let mut browser = app.browser();
    authorize(&app, &mut browser, &app.notes.user, &site.ask()).await.code();
    expect_id(visit(&app, &mut browser, &site.ask()).await, "consent-form");
    silently(&app, &mut browser, &site.ask().with("prompt", "none")).await.expect_error("consent_required");
}

#[tokio::test]
async fn attack_34_whoever_waits_on_the_persons_own_machine_is_pointed_out_or_kept_out() {
    let (app, site) = scene().await;
    site.put(NOTES, &site.notes(&json!({ "redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native" })));
    let ask = site.ask().with("redirect_uri", "http://127.0.0.1:43210/cb");
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let page = expect_id(visit(&app, &mut browser, &ask).await, "consent-form");
    assert!(has_id(&page, "stranger-local") && has_id(&page, "stranger-host"));
    assert!(page.text().contains("127.0.0.1"), "where the answer goes");
    allow(&app, json!({ "cimd_localhost_redirect_policy": "block" })).await;
    is_refused(&visit(&app, &mut browser, &ask).await, "client_document");
}

#[tokio::test]
async fn a_client_with_a_published_key_proves_itself_and_may_push() {
    let (app, site) = scene().await;
    let key = SigningKey::generate(Algorithm::ES256, "notes-1").unwrap();
    let more = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": site.at("/keys") });
    site.put(NOTES, &site.notes(&more));
    site.put("/keys", &Jwks::new(vec![key.public().clone()]).unwrap().to_json());
    let notes = Prover::known(&site.at(NOTES), key);
    let ask = site.ask();
    let pushed = notes.push(&app, &ask).await.expect(201).json()["request_uri"].as_str().unwrap().to_owned();
    let mut browser = app.browser();
    let code = authorize(&app, &mut browser, &app.notes.user, &notes.referring(&pushed)).await.code();
    let redirect_uri = site.at("/cb");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", VERIFIER),
    ];
    let unproven = [&form[..], &[("client_id", notes.id.as_str())]].concat();
    expect_error(app.post(&app.api("/oauth/token")).form(&unproven).send().await, 401, "invalid_client");
    let thief = Prover::known(&notes.id, SigningKey::generate(Algorithm::ES256, "notes-1").unwrap());
    expect_error(thief.send(&app, "/oauth/token", &thief.assertion(&app, |_| ()), &form).await, 401, "invalid_client");
    let tokens = Tokens::of(notes.send(&app, "/oauth/token", &notes.assertion(&app, |_| ()), &form).await);
    let own = notes.send(&app, "/oauth/introspect", &notes.assertion(&app, |_| ()), &[("token", tokens.access())]).await;
    assert_eq!(own.expect(200).json()["active"], true);
    let foreign = suite_journeys::tokens::web_tokens(&app, "openid").await;
    let asked = notes.send(&app, "/oauth/introspect", &notes.assertion(&app, |_| ()), &[("token", foreign.access())]).await;
    assert_eq!(asked.expect(200).json(), json!({ "active": false }), "a stranger learns nothing of others' tokens");
    let form = [("grant_type", "client_credentials")];
    let answered = notes.send(&app, "/oauth/token", &notes.assertion(&app, |_| ()), &form).await;
    expect_error(answered, 400, "unauthorized_client");
}

#[tokio::test]
async fn only_authorization_and_pushing_look_up_whom_nobody_has_heard_of() {
    let (app, site) = scene().await;
    for endpoint in ["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/device_authorization", "/oauth/bc-authorize"] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "a.b"), ("token", "t"), ("scope", "openid")];
        expect_error(site.client().post(&app, endpoint, &form).await, 401, "invalid_client");
    }
    assert_eq!(site.asked(NOTES), 0);
}

#[tokio::test]
async fn a_host_that_is_down_ends_nobodys_work_for_a_day_and_one_that_says_no_does() {
    let (app, site) = scene().await;
    let first = tokens(&app, &site).await;
    app.clock.advance(Duration::from_hours(23));
    site.answer(NOTES, "503 Service Unavailable", "", "");
    let second = Tokens::of(site.client().refresh(&app, first.refresh()).await);
    app.clock.advance(Duration::from_secs(10));
    site.answer(NOTES, "410 Gone", "", "");
    expect_error(site.client().refresh(&app, second.refresh()).await, 401, "invalid_client");
    app.clock.advance(Duration::from_hours(1));
    site.answer(NOTES, "503 Service Unavailable", "", "");
    expect_error(site.client().refresh(&app, second.refresh()).await, 401, "invalid_client");
    site.put(NOTES, &site.notes(&json!({})));
    app.clock.advance(Duration::from_secs(10));
    Tokens::of(site.client().refresh(&app, second.refresh()).await);
}

#[tokio::test]
async fn administrators_switch_such_a_client_off_and_leave_its_description_alone() {
    let (app, site) = scene().await;
    let tokens = tokens(&app, &site).await;
    let number = described(&app).await[0]["id"].to_string();
    let path = format!("/admin/clients/{number}");
    for (method, path, body) in [
        ("PATCH", path.clone(), json!({ "name": "Renamed" })),
        ("PUT", format!("{path}/scopes"), json!({ "scopes": ["openid", "admin"] })),
    ] {
        let answered = call(&app, method, &path, Some(&body)).await.expect(409);
        assert_eq!(answered.json()["error"], "clients.described_elsewhere");
    }
    call(&app, "POST", &format!("{path}/rotate-secret"), Some(&json!({}))).await.expect(422);
    call(&app, "POST", &format!("{path}/disable"), None).await.expect(200);
    assert!(!is_alive(&app, tokens.access()).await);
    app.clock.advance(Duration::from_hours(72));
    app.services.store.delete_expired(app.services.clock.now(), 1000).await.unwrap();
    is_refused(&visit(&app, &mut app.browser(), &site.ask()).await, "unauthorized_client");
    expect_error(site.client().refresh(&app, tokens.refresh()).await, 401, "invalid_client");
    let check = json!({ "client_id": site.at(NOTES) });
    let checked = call(&app, "POST", "/admin/clients/cimd/check", Some(&check)).await.expect(200).json()["data"].clone();
    assert_eq!((&checked["enabled"], checked["shadow_client"]["id"].to_string()), (&json!(true), number));
}

#[tokio::test]
async fn tokens_end_when_the_organization_takes_no_documents_any_more() {
    let (app, site) = scene().await;
    let tokens = tokens(&app, &site).await;
    assert!(is_alive(&app, tokens.access()).await);
    set_settings(&app, &json!({})).await;
    assert!(!is_alive(&app, tokens.access()).await);
    expect_error(site.client().refresh(&app, tokens.refresh()).await, 401, "invalid_client");
    allow(&app, json!({ "cimd_allowed_domains": ["app.example"] })).await;
    assert!(!is_alive(&app, tokens.access()).await);
    allow(&app, json!({})).await;
    assert!(is_alive(&app, tokens.access()).await);
}

#[tokio::test]
async fn no_setting_opens_administration_to_whoever_describes_itself() {
    let (app, site) = scene().await;
    allow(&app, json!({ "cimd_allowed_scopes": ["notes:read", "admin", "admin:users"] })).await;
    site.put(NOTES, &site.notes(&json!({ "scope": "openid notes:read admin admin:users" })));
    let check = json!({ "client_id": site.at(NOTES) });
    let checked = call(&app, "POST", "/admin/clients/cimd/check", Some(&check)).await.expect(200).json()["data"].clone();
    assert_eq!(checked["effective"]["scopes"], json!(["notes:read", "openid"]));
    assert_eq!(checked["effective"]["dropped_scopes"], json!(["admin", "admin:users"]));
}

#[tokio::test]
async fn hosts_that_never_answer_end_nobodys_work() {
    let (app, site) = scene().await;
    let first = tokens(&app, &site).await;
    app.clock.advance(Duration::from_hours(1));
    let (app, silent) = (std::sync::Arc::new(app), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let origin = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let mut visits = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (app, ask) = (app.clone(), site.ask().with("client_id", &format!("{origin}/{n}")));
        visits.spawn(async move { visit(&app, &mut app.browser(), &ask).await.status });
    }
    // All of them are under way, or were sent away.
    let mut held = Vec::new();
    for _ in 0..16 {
        tokio::select! {
            accepted = silent.accept() => held.push(accepted.unwrap()),
            turned_away = visits.join_next() => assert_eq!(turned_away.unwrap().unwrap(), 503),
        }
    }
    Tokens::of(site.client().refresh(&app, first.refresh()).await);
    visits.abort_all();
}

#[tokio::test]
async fn one_visitor_does_not_use_up_the_first_looks_of_all() {
    let (app, site) = scene().await;
    let status = async |name: &str, from: [u8; 4]| {
        let id = site.at(&format!("/{name}.json"));
        let pairs = site.ask().with("client_id", &id);
        let query: Vec<(&str, &str)> = pairs.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        app.post(&app.api("/oauth/par")).form(&query).from(from.into()).send().await;
        site.asked(&format!("/{name}.json"))
    };
    for n in 0..20 {
        assert_eq!(status(&format!("a{n}"), [192, 0, 2, 1]).await, 1, "{n}");
    }
    assert_eq!(status("b", [192, 0, 2, 1]).await, 0);
    assert_eq!(status("c", [192, 0, 2, 2]).await, 1, "another visitor");
    app.clock.advance(Duration::from_hours(1));
    assert_eq!(status("d", [192, 0, 2, 1]).await, 1);
}

#[tokio::test]
async fn what_nobody_allowed_anything_is_forgotten_after_two_days() {
    for database in databases() {
        let (app, site) = (TestApp::start_on(database).await, Site::start().await);
        allow(&app, json!({})).await;
        let (seen, used) = (site.at("/seen.json"), site.at(NOTES));
        site.put(NOTES, &site.notes(&json!({})));
        site.put("/seen.json", &site.notes(&json!({ "client_id": seen })));
        expect_id(visit(&app, &mut app.browser(), &site.ask().with("client_id", &seen)).await, "sign-in-form");
        tokens(&app, &site).await;
        let forget = async |app: &TestApp| app.services.store.delete_expired(app.services.clock.now(), 1000).await.unwrap();
        app.clock.advance(Duration::from_hours(47));
        forget(&app).await;
        assert_eq!(described(&app).await.len(), 2);
        app.clock.advance(Duration::from_hours(2));
        forget(&app).await;
        let left: Vec<Value> = described(&app).await;
        assert_eq!(left.iter().map(|client| client["clientId"].as_str().unwrap()).collect::<Vec<_>>(), [used.as_str()]);
        expect_id(visit(&app, &mut app.browser(), &site.ask().with("client_id", &seen)).await, "sign-in-form");
        assert_eq!(described(&app).await.len(), 2, "and heard of again");
    }
}
