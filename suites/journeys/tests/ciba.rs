//! Backchannel authentication beyond the conformance plan: plain clients, push, hints, mails, and whose requests are whose.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use flow::act;
use jose::alg::Algorithm;
use jose::jws::sign;
use kernel::{Actor, Scopes, Secret, Timestamp};
use lumoauth::notes::Login;
use lumoauth::operator::MakeClient;
use oauth::ClientMetadata;
use oauth::client::{DeliveryMode, SubjectType};
use oauth::grant::CIBA;
use op::clients::Agent;
use op::provision::NewClient;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::{OneOrg, args, org_sql};
use suite_journeys::admin::{call, make_client};
use suite_journeys::at_once;
use suite_journeys::ciba::{NOTIFICATION_TOKEN, auth_req_id, decide, first_request, open_as};
use suite_journeys::device::{Device, question, television};
use suite_journeys::holder::Holder;
use suite_journeys::keys::Prover;
use suite_journeys::mail;
use suite_journeys::organizations::{own, set_settings};
use suite_journeys::pages::{at, expect_id, has_id, press, try_sign_in};
use suite_journeys::record::{entries, latest};
use suite_journeys::rp::Rp;
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims, is_alive, part, userinfo, web_tokens};
use testkit::{Answered, Browser, TestApp, databases};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A client with a secret that sends plain requests.
async fn plain(app: &TestApp, id: &str, mode: DeliveryMode) -> Rp {
    changed(app, id, mode, |_| ()).await
}

/// The same after `change`.
async fn changed(app: &TestApp, id: &str, mode: DeliveryMode, change: impl FnOnce(&mut ClientMetadata)) -> Rp {
    Rp::start(app, id, |metadata, address| {
        metadata.grant_types.push(CIBA.to_owned());
        metadata.backchannel_token_delivery_mode = Some(mode);
        metadata.backchannel_client_notification_endpoint = Some(format!("{address}/notify"));
        change(metadata);
    })
    .await
}

const CODE: &str = "47 rote Äpfel";

/// A client that must send the person's code.
async fn coded(app: &TestApp) -> Client {
    changed(app, "client_coded", DeliveryMode::Poll, |metadata| metadata.backchannel_user_code_parameter = true).await.client
}

/// Set a code on the page for it.
async fn set_code(app: &TestApp, browser: &mut Browser<'_>, login: &Login, current: &str, code: &str) -> Answered {
    let page = expect_id(open_as(app, browser, login, &at(app, "account/approval-code")).await.expect(200), "code-form");
    press(browser, &page, "code-form", &[("current_password", current), ("approval_code", code)]).await
}

#[tokio::test]
async fn who_needs_the_persons_code_learns_nothing_about_who_is_known() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = coded(&app).await;
        let known = app.notes.user.email.as_str();
        let send = async |login: &str, code: &str| ask(&app, &client, &[("login_hint", login), ("user_code", code)]).await;
        for login in [known, "nobody@acme.example"] {
            expect_error(send(login, "").await, 400, "missing_user_code");
        }
        let mut answers = Vec::new();
        for (login, code) in [(known, CODE), ("nobody@acme.example", CODE), (known, "\u{7}")] {
            answers.push(expect_error(send(login, code).await, 400, "invalid_user_code").text());
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");

        let login = &app.notes.user;
        let mut browser = app.browser();
        let saved = set_code(&app, &mut browser, login, &login.password, CODE).await.expect(303);
        assert!(has_id(&browser.follow(saved).await, "notice"));
        answers.push(expect_error(send(known, "47 grüne Äpfel").await, 400, "invalid_user_code").text());
        assert_eq!(answers.first(), answers.last());
        let id = auth_req_id(send(known, CODE).await);
        decide(&app, &mut browser, login, "allow").await;
        let tokens = Tokens::of(poll(&app, &client, &id).await);
        // However the person is named, the code is needed.
        let by_token = [("login_hint", ""), ("id_token_hint", tokens.id())];
        expect_error(ask(&app, &client, &by_token).await, 400, "missing_user_code");
        ask(&app, &client, &[&by_token[..], &[("user_code", CODE)]].concat()).await.expect(200);
        let logged = format!("{:?}", entries(&app, "backchannel_requests.code_refused").await);
        assert!(!logged.contains("pfel"), "codes stay out of the log: {logged}");

        let page = browser.open(&at(&app, "account/approval-code")).await.expect(200);
        press(&mut browser, &page, "remove-form", &[]).await.expect(303);
        expect_error(send(known, CODE).await, 400, "invalid_user_code");
        latest(&app, "users.approval_code_removed").await;
    }
}

#[tokio::test]
async fn attack_50_guesses_at_user_codes_count_with_all_others_and_a_right_one_forgives_none() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = coded(&app).await;
        let login = &app.notes.user;
        set_code(&app, &mut app.browser(), login, &login.password, CODE).await.expect(303);
        let send = async |login: &str, code: &str| ask(&app, &client, &[("login_hint", login), ("user_code", code)]).await;
        for _ in 0..4 {
            expect_error(send(&login.email, "123456").await, 400, "invalid_user_code");
        }
        send(&login.email, CODE).await.expect(200);
        expect_error(send(&login.email, "123456").await, 400, "invalid_user_code");
        let locked = send(&login.email, CODE).await.expect(429);
        assert!(!locked.header("retry-after").is_empty());
        assert_eq!(
            try_sign_in(&app, &mut app.browser(), &login.email, &login.password).await.status,
            429,
            "one limit for every door"
        );
        for _ in 0..5 {
            expect_error(send("nobody@acme.example", CODE).await, 400, "invalid_user_code");
        }
        assert_eq!(send("nobody@acme.example", CODE).await.expect(429).json()["error"], locked.json()["error"]);
        let refusals = entries(&app, "backchannel_requests.code_refused").await;
        assert!(refusals.iter().any(|entry| entry.to_string().contains("locked")));
    }
}

#[tokio::test]
async fn a_code_is_set_with_the_password_and_is_not_the_password() {
    let app = TestApp::start().await;
    let login = &app.notes.user;
    let mut browser = app.browser();
    for (current, code, status) in [
        ("wrong", CODE, 401),
        ("", CODE, 400),
        (login.password.as_str(), "", 400),
        (&login.password, "12345", 400),
        (&login.password, &login.password, 400),
        (&login.password, "seven\u{7}bells", 400),
        (&login.password, &"x".repeat(65), 400),
    ] {
        let page = set_code(&app, &mut browser, login, current, code).await.expect(status);
        assert!(has_id(&page, "problem") && !has_id(&page, "remove-form"), "{code}");
        latest(&app, "users.approval_code_refused").await;
    }
    let client = coded(&app).await;
    expect_error(ask(&app, &client, &[("user_code", &login.password)]).await, 400, "invalid_user_code");
    set_code(&app, &mut browser, login, &login.password, "123456").await.expect(303);
    set_code(&app, &mut browser, login, &login.password, "654321").await.expect(303);
    expect_error(ask(&app, &client, &[("user_code", "123456")]).await, 400, "invalid_user_code");
    ask(&app, &client, &[("user_code", "654321")]).await.expect(200);
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(document["backchannel_user_code_parameter_supported"], true);
}

#[tokio::test]
async fn an_agent_asks_by_its_own_token_for_what_exactly_it_wants_to_do() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let types = json!({ "authorization_details_types": [{ "type": "payment", "title": "Pay" }] });
        call(&app, "PATCH", "/admin/settings/oauth", Some(&types)).await.expect(200);
        let capabilities = Scopes::from("openid notes:read".to_owned());
        let secret = "the secret of an agent that asks people";
        let mut client = NewClient::service("client_asker", "Asker", Secret::new(secret), capabilities.clone());
        client.metadata.grant_types.push(CIBA.to_owned());
        client.metadata.backchannel_token_delivery_mode = Some(DeliveryMode::Poll);
        client.metadata.authorization_details_types = vec!["payment".to_owned()];
        let agent = Agent { id: "agt_asker".into(), name: "Asker".to_owned(), capabilities, budget_policy: None };
        act(&app.services, Some(own(&app).await), Actor::Operator, MakeClient { client, agent: Some(agent) }).await.unwrap();
        let agent = Client { id: "agt_asker".to_owned(), secret: Some(secret.to_owned()) };
        let token = Tokens::of(agent.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await);
        let send = async |token: &str, more: &[(&str, &str)]| {
            let form = [&[("login_hint", app.notes.user.email.as_str())], more].concat();
            app.post(&app.api("/oauth/bc-authorize")).bearer(token).form(&form).send().await
        };
        let wanted = r#"[{"type":"payment","amount":"12 EUR"}]"#;
        let exactly = [("authorization_details", wanted), ("agent_id", "agt_asker")];
        expect_error(send("x", &exactly).await, 401, "invalid_token");
        expect_error(send(web_tokens(&app, "openid").await.access(), &exactly).await, 401, "invalid_client");
        expect_error(send(token.access(), &[("agent_id", "agt_other")]).await, 400, "unauthorized_client");
        let demo = Client { id: app.notes.agent.agent_id.clone(), secret: Some(app.notes.agent.client_secret.clone()) };
        let demo = Tokens::of(demo.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await);
        expect_error(send(demo.access(), &[]).await, 400, "unauthorized_client");
        let id = auth_req_id(send(token.access(), &exactly).await);
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let tokens = Tokens::of(poll(&app, &agent, &id).await);
        assert_eq!(tokens.0["authorization_details"], json!([{ "type": "payment", "amount": "12 EUR" }]));
        assert_eq!(part(tokens.id(), 1)["aud"], "client_asker");
    }
}

#[tokio::test]
async fn whoever_approves_has_signed_in_as_strongly_as_the_client_wants() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[("acr_values", "phrh phr")]).await);
    let mut browser = app.browser();
    let page = first_request(&app, &mut browser, &app.notes.user).await;
    assert!(has_id(&page, "problem") && !has_id(&page, "allow") && has_id(&page, "deny"));
    let forged = press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await.expect(403);
    assert!(has_id(&forged, "problem"));
    latest(&app, "backchannel_requests.sign_in_too_weak").await;
    expect_error(poll(&app, &client, &id).await, 400, "authorization_pending");
    press(&mut browser, &page, "approval-form", &[("decision", "deny")]).await.expect(303);
    expect_error(poll(&app, &client, &id).await, 400, "access_denied");
    let id = auth_req_id(ask(&app, &client, &[("acr_values", "phr urn:lumoauth:acr:1fa")]).await);
    decide(&app, &mut browser, &app.notes.user, "allow").await;
    let tokens = Tokens::of(poll(&app, &client, &id).await);
    assert_eq!(id_token_claims(&app, tokens.id()).await["acr"], "urn:lumoauth:acr:1fa");
}

#[tokio::test]
async fn a_pairwise_client_names_a_person_by_what_it_knows_them_as_and_no_other_client_can() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let pairwise = |metadata: &mut ClientMetadata| metadata.subject_type = SubjectType::Pairwise;
        let one = changed(&app, "client_one", DeliveryMode::Poll, pairwise).await.client;
        let elsewhere = |metadata: &mut ClientMetadata| {
            metadata.subject_type = SubjectType::Pairwise;
            metadata.redirect_uris = vec!["https://elsewhere.example/cb".to_owned()];
        };
        let other = changed(&app, "client_other", DeliveryMode::Poll, elsewhere).await.client;
        let tokens = async |client: &Client| {
            let id = auth_req_id(ask(&app, client, &[]).await);
            decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
            Tokens::of(poll(&app, client, &id).await)
        };
        let (own, foreign) = (tokens(&one).await, tokens(&other).await);
        let (sub, other_sub) = (part(own.id(), 1)["sub"].clone(), part(foreign.id(), 1)["sub"].clone());
        assert_ne!(sub, other_sub);
        let by = |hint: &str| vec![("login_hint", String::new()), ("id_token_hint", hint.to_owned())];
        let send = async |client: &Client, hint: &str| {
            let form = by(hint);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            ask(&app, client, &form).await
        };
        let id = auth_req_id(send(&one, own.id()).await);
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        assert_eq!(part(Tokens::of(poll(&app, &one, &id).await).id(), 1)["sub"], sub);
        expect_error(send(&one, foreign.id()).await, 400, "invalid_request");
        expect_error(send(&other, own.id()).await, 400, "invalid_request");
        call(&app, "DELETE", &format!("/admin/users/{}", app.notes.user.email), None).await;
        expect_error(send(&one, own.id()).await, 400, "unknown_user_id");
    }
}

async fn ask(app: &TestApp, client: &Client, more: &[(&str, &str)]) -> Answered {
    let usual = [
        ("scope", "openid email"),
        ("login_hint", app.notes.user.email.as_str()),
        ("client_notification_token", NOTIFICATION_TOKEN),
    ];
    let kept: Vec<(&str, &str)> = usual.into_iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).collect();
    let form = [&kept[..], more].concat();
    let form: Vec<(&str, &str)> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    client.post(app, "/oauth/bc-authorize", &form).await
}

async fn poll(app: &TestApp, client: &Client, id: &str) -> Answered {
    client.post(app, "/oauth/token", &[("grant_type", CIBA), ("auth_req_id", id)]).await
}

#[tokio::test]
async fn pushed_tokens_are_tied_to_each_other_and_to_the_request() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        let answered = ask(&app, &rp.client, &[("scope", "openid email offline_access")]).await.expect(200);
        assert!(answered.json().get("interval").is_none());
        let id = auth_req_id(answered);
        expect_error(poll(&app, &rp.client, &id).await, 400, "unauthorized_client");
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let told = rp.requests();
        let [(head, body)] = &told[..] else { panic!("{told:?}") };
        assert!(head.to_lowercase().contains(&format!("authorization: bearer {NOTIFICATION_TOKEN}")));
        assert!(head.to_lowercase().contains("content-type: application/json"));
        let tokens = Tokens(serde_json::from_str(body).unwrap());
        assert_eq!((&tokens.0["auth_req_id"], &tokens.0["token_type"]), (&json!(id), &json!("Bearer")));
        let claims = id_token_claims(&app, tokens.id()).await;
        assert_eq!(claims["urn:openid:params:jwt:claim:auth_req_id"], json!(id));
        assert_eq!(claims["at_hash"], Algorithm::RS256.half_hash(tokens.access()));
        assert_eq!(claims["urn:openid:params:jwt:claim:rt_hash"], Algorithm::RS256.half_hash(tokens.refresh()));
        assert!(is_alive(&app, tokens.access()).await);
        Tokens::of(rp.client.refresh(&app, tokens.refresh()).await);
        assert_eq!(entries(&app, "backchannel_tokens.made").await.len(), 1);
    }
}

#[tokio::test]
async fn a_push_that_does_not_arrive_is_made_anew_and_what_was_lost_is_worthless() {
    let app = TestApp::start().await;
    let rp = plain(&app, "client_push", DeliveryMode::Push).await;
    rp.answer(503);
    ask(&app, &rp.client, &[]).await.expect(200);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    let lost = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert_eq!(userinfo(&app, lost.access()).await.status, 401);
    expect_error(rp.client.refresh(&app, lost.refresh()).await, 400, "invalid_grant");
    rp.answer(204);
    app.clock.advance(Duration::from_secs(30));
    app.work().await;
    let arrived = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert!(is_alive(&app, arrived.access()).await);
    // Whoever refuses is not asked again, and has no tokens either.
    rp.answer(403);
    ask(&app, &rp.client, &[]).await.expect(200);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    let refused = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert_eq!(userinfo(&app, refused.access()).await.status, 401);
    app.clock.advance(Duration::from_mins(1));
    app.work().await;
    assert!(rp.requests().is_empty());
}

#[tokio::test]
async fn a_client_that_never_asks_is_told_that_nobody_decided_in_time() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = plain(&app, "client_push", DeliveryMode::Push).await;
        let decided = auth_req_id(ask(&app, &rp.client, &[]).await);
        decide(&app, &mut app.browser(), &app.notes.user, "deny").await;
        assert!(rp.heard()[0].contains(&decided));
        let late = auth_req_id(ask(&app, &rp.client, &[("requested_expiry", "200")]).await);
        app.clock.advance(Duration::from_secs(199));
        app.work().await;
        assert!(rp.heard().is_empty(), "{database:?}: what was decided is told once, and the other still waits");
        app.clock.advance(Duration::from_secs(1));
        app.work().await;
        let heard = rp.heard();
        let [body] = &heard[..] else { panic!("{heard:?}") };
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["error"], &body["auth_req_id"]), (&json!("expired_token"), &json!(late)), "CIBA Core §12");
    }
}

/// Approve the first request that waits, and leave undone what follows.
async fn approve(app: &TestApp) {
    let mut browser = app.browser();
    let page = first_request(app, &mut browser, &app.notes.user).await;
    press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await.expect(303);
}

#[tokio::test]
async fn attack_27_nothing_is_pushed_of_what_was_ended_after_it_was_approved() {
    for database in databases() {
        for what in ["blocked", "void", "disabled", "unregistered", "off"] {
            let app = TestApp::start_on(database).await;
            let rp = plain(&app, "client_push", DeliveryMode::Push).await;
            ask(&app, &rp.client, &[]).await.expect(200);
            approve(&app).await;
            app.clock.advance(Duration::from_secs(1));
            let user = format!("/admin/users/{}", app.notes.user.email);
            match what {
                "blocked" => drop(call(&app, "POST", &format!("{user}/block"), None).await.expect(200)),
                "void" => {
                    let body = json!({ "password": "a whole new password 9" });
                    call(&app, "PUT", &format!("{user}/password"), Some(&body)).await.expect(200);
                }
                "disabled" => drop(call(&app, "POST", "/admin/clients/client_push/disable", None).await.expect(200)),
                "unregistered" => {
                    let body = json!({ "grantTypes": ["authorization_code"] });
                    call(&app, "PATCH", "/admin/clients/client_push", Some(&body)).await.expect(200);
                }
                _ => set_settings(&app, &json!({ "oauth": { "backchannel_authentication_enabled": false } })).await,
            }
            app.work().await;
            assert!(rp.requests().is_empty(), "{database:?} {what}");
            assert!(entries(&app, "backchannel_tokens.made").await.is_empty(), "{database:?} {what}");
        }
    }
}

#[tokio::test]
async fn tokens_that_were_revoked_on_their_way_are_not_made_anew() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/notify", listener.local_addr().unwrap());
        let rp = Rp::start(&app, "client_push", |metadata, _| {
            metadata.grant_types.push(CIBA.to_owned());
            metadata.backchannel_token_delivery_mode = Some(DeliveryMode::Push);
            metadata.backchannel_client_notification_endpoint = Some(address);
        })
        .await;
        ask(&app, &rp.client, &[("scope", "openid offline_access")]).await.expect(200);
        approve(&app).await;
        let meanwhile = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let body = body_of(&mut stream).await;
            rp.client.revoke(&app, body["refresh_token"].as_str().unwrap()).await.expect(200);
            stream.write_all(b"HTTP/1.1 503 Said\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        };
        tokio::join!(meanwhile, app.work());
        drop(listener);
        app.clock.advance(Duration::from_secs(30));
        app.work().await;
        assert_eq!(entries(&app, "backchannel_tokens.made").await.len(), 1, "{database:?}");
    }
}

async fn body_of(stream: &mut TcpStream) -> Value {
    let mut request = Vec::new();
    loop {
        stream.read_buf(&mut request).await.unwrap();
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some(read) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()) {
            return read;
        }
    }
}

#[tokio::test]
async fn an_approval_and_the_end_of_its_session_never_miss_each_other() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
        ask(&app, &client, &[]).await.expect(200);
        let mut browser = app.browser();
        let page = first_request(&app, &mut browser, &app.notes.user).await;
        app.clock.advance(Duration::from_secs(10));
        press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await.expect(303);
        assert_eq!(seen_at(&app).await, app.services.clock.now(), "whoever ends the session writes the row that this wrote");
        let tv = television(&app, "client_tv", |_| ()).await;
        let device = Device::asking(&app, &tv, &[("scope", "openid")]).await;
        let page = question(&app, &mut browser, &app.notes.user, device.user_code()).await;
        app.clock.advance(Duration::from_secs(10));
        press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await.expect(303);
        assert_eq!(seen_at(&app).await, app.services.clock.now());
    }
}

/// When the latest session was used.
async fn seen_at(app: &TestApp) -> Timestamp {
    let read = app.services.store.read(OneOrg::new(own(app).await), |mut tx| async move {
        let sql = org_sql!("SELECT MAX(seen_at) AS a FROM sessions WHERE org_id = :org");
        let found = tx.fetch_one::<(Timestamp,)>(sql, args! {}).await;
        (tx, found)
    });
    read.await.unwrap().unwrap().0
}

#[tokio::test]
async fn a_refusal_is_pushed_by_its_name() {
    let app = TestApp::start().await;
    let rp = plain(&app, "client_push", DeliveryMode::Push).await;
    let id = auth_req_id(ask(&app, &rp.client, &[]).await);
    decide(&app, &mut app.browser(), &app.notes.user, "deny").await;
    let body: Value = serde_json::from_str(&rp.requests()[0].1).unwrap();
    assert_eq!((&body["error"], &body["auth_req_id"]), (&json!("access_denied"), &json!(id)));
}

#[tokio::test]
async fn pushed_tokens_are_bound_to_the_key_shown_with_the_request() {
    let app = TestApp::start().await;
    let rp = plain(&app, "client_push", DeliveryMode::Push).await;
    let holder = Holder::default();
    let proof = holder.proof(&app, "POST", &app.api("/oauth/bc-authorize"), None);
    let form =
        [("scope", "openid"), ("login_hint", app.notes.user.email.as_str()), ("client_notification_token", NOTIFICATION_TOKEN)];
    let secret = rp.client.secret.clone().unwrap();
    let sending = app.post(&app.api("/oauth/bc-authorize")).basic(&rp.client.id, &secret).header("dpop", &proof).form(&form);
    sending.send().await.expect(200);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    let tokens = Tokens(serde_json::from_str(&rp.requests()[0].1).unwrap());
    assert_eq!((&tokens.0["token_type"], &part(tokens.access(), 1)["cnf"]["jkt"]), (&json!("DPoP"), &json!(holder.jkt())));
}

#[tokio::test]
async fn attack_18_a_hundred_polls_at_once_get_exactly_one_set_of_tokens() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
        let id = auth_req_id(ask(&app, &client, &[]).await);
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let polls = at_once((0..100).map(|_| {
            let (app, client, id) = (app.clone(), client.clone(), id.clone());
            async move { poll(&app, &client, &id).await }
        }));
        let good = polls.await.into_iter().filter(|answered| answered.status == 200).count();
        assert_eq!(good, 1, "{database:?}");
    }
}

#[tokio::test]
async fn errors_have_the_names_of_the_specification() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    for (pairs, error) in [
        (&[("login_hint", "nobody@acme.example")][..], "unknown_user_id"),
        (&[("scope", "email")], "invalid_scope"),
        (&[("login_hint", "")], "invalid_request"),
        (&[("id_token_hint", "x.y.z"), ("login_hint", "")], "invalid_request"),
        (&[("login_hint_token", "x.y.z"), ("login_hint", "")], "invalid_request"),
        (&[("binding_message", "a\tb")], "invalid_binding_message"),
        (&[("requested_expiry", "0")], "invalid_request"),
        (&[("user_code", "471147")], "invalid_request"),
        (&[("request_uri", "https://c.example/r")], "invalid_request"),
        (&[("request_uri", "urn:ietf:params:oauth:request_uri:i.s")], "invalid_request"),
        (&[("request", "x.y.z")], "invalid_request"),
        (&[("resource", "https://api.example")], "invalid_target"),
    ] {
        expect_error(ask(&app, &client, pairs).await, 400, error);
    }
    expect_error(ask(&app, &Client::web(&app), &[]).await, 400, "unauthorized_client");
    let anonymous = Client { secret: None, ..client.clone() };
    expect_error(ask(&app, &anonymous, &[]).await, 401, "invalid_client");
    let ping = plain(&app, "client_ping", DeliveryMode::Ping).await.client;
    expect_error(ask(&app, &ping, &[("client_notification_token", "")]).await, 400, "invalid_request");
}

#[tokio::test]
async fn nobody_sees_or_decides_what_waits_for_somebody_else() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[]).await);
    let path = at(&app, &format!("account/requests/{}", id.split('.').next().unwrap()));
    let mut stranger = app.browser();
    let list = open_as(&app, &mut stranger, &app.notes.admin, &at(&app, "account/requests")).await.expect(200);
    assert!(!has_id(&list, "look-1"));
    let shown = open_as(&app, &mut stranger, &app.notes.admin, &path).await.expect(200);
    assert!(!has_id(&shown, "approval-form") && has_id(&shown, "outcome"));
    let account = stranger.open(&at(&app, "account")).await.expect(200);
    let csrf = suite_journeys::pages::field(&account, "csrf");
    let forged = [("csrf".to_owned(), csrf), ("decision".to_owned(), "allow".to_owned())];
    stranger.post(&path, &forged).await.expect(404);
    let own = first_request(&app, &mut app.browser(), &app.notes.user).await;
    let mut other_browser = app.browser();
    open_as(&app, &mut other_browser, &app.notes.user, &at(&app, "account")).await;
    press(&mut other_browser, &own, "approval-form", &[("decision", "allow")]).await.expect(403);
    expect_error(poll(&app, &client, &id).await, 400, "authorization_pending");
}

#[tokio::test]
async fn a_mail_tells_who_asks_and_its_link_opens_nothing_without_signing_in() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[("binding_message", "W4SCT-47")]).await);
    let mails = mail::to(&app, &app.notes.user.email).await;
    let letter = mails.last().unwrap();
    assert!(letter.text_body.contains("The client_poll application") && letter.text_body.contains("W4SCT-47"));
    assert!(!letter.text_body.contains(&id), "the handle is the client's");
    let link = letter.links().into_iter().find(|link| link.contains("/account/requests/")).unwrap();
    let mut browser = app.browser();
    let opened = browser.open(&link).await;
    assert!(opened.location().contains("/signin?continue="));
    let page = open_as(&app, &mut browser, &app.notes.user, &link).await;
    assert!(has_id(&page, "approval-form") && page.text().contains("W4SCT-47"));
    let sent = press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await;
    assert!(has_id(&browser.follow(sent).await, "outcome"));
    let again = press(&mut browser, &page, "approval-form", &[("decision", "deny")]).await;
    assert_eq!(again.status, 404, "a decision stands");
    Tokens::of(poll(&app, &client, &id).await);
    latest(&app, "backchannel_requests.approved").await;
}

#[tokio::test]
async fn nobody_is_worn_down_by_requests() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    for _ in 0..10 {
        ask(&app, &client, &[]).await.expect(200);
    }
    expect_error(ask(&app, &client, &[]).await, 403, "access_denied");
    assert_eq!(mail::to(&app, &app.notes.user.email).await.len(), 5);
    app.clock.advance(Duration::from_secs(121));
    ask(&app, &client, &[]).await.expect(200);
}

#[tokio::test]
async fn no_client_takes_up_all_the_room_a_person_has_for_requests() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let greedy = plain(&app, "client_greedy", DeliveryMode::Poll).await.client;
        let asked = at_once((0..25).map(|_| {
            let (app, greedy) = (app.clone(), greedy.clone());
            async move { ask(&app, &greedy, &[]).await.status }
        }));
        let asked = asked.await;
        assert_eq!(asked.iter().filter(|status| **status == 200).count(), 10, "{database:?}");
        assert!(asked.iter().all(|status| [200, 403].contains(status)));
        for name in ["client_b", "client_c"] {
            let client = plain(&app, name, DeliveryMode::Poll).await.client;
            for _ in 0..10 {
                ask(&app, &client, &[]).await.expect(200);
            }
        }
        let late = plain(&app, "client_d", DeliveryMode::Poll).await.client;
        expect_error(ask(&app, &late, &[]).await, 403, "access_denied");
    }
}

#[tokio::test]
async fn attack_49_naming_people_is_no_way_to_find_out_who_has_an_account() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
        for guess in 0..20 {
            let login = format!("guess-{guess}@acme.example");
            expect_error(ask(&app, &client, &[("login_hint", &login)]).await, 400, "unknown_user_id");
        }
        for login in ["guess-20@acme.example", &app.notes.user.email] {
            ask(&app, &client, &[("login_hint", login)]).await.expect(429);
        }
        app.clock.advance(Duration::from_hours(1));
        let misnamed = entries(&app, "backchannel_requests.misnamed").await;
        assert_eq!(misnamed.len(), 20, "{database:?}");
        assert!(!misnamed[0].to_string().contains("guess-19"), "what was guessed may be somebody's");
        ask(&app, &client, &[]).await.expect(200);
    }
}

#[tokio::test]
async fn whom_a_client_means_it_can_say_in_three_ways() {
    let app = TestApp::start().await;
    let signer = Prover::register(
        &app,
        json!({ "grantTypes": [CIBA], "scopes": ["openid"], "responseTypes": [], "backchannelTokenDeliveryMode": "poll" }),
    )
    .await;
    let now = app.services.clock.now().as_secs();
    let hint = |exp: i64, subject: Value| {
        let claims = json!({ "iss": signer.id, "aud": app.notes.issuer, "exp": exp, "sub_id": subject });
        sign(&signer.key, "JWT", &claims).unwrap()
    };
    let mail = json!({ "format": "email", "email": app.notes.user.email });
    let send = async |hint: &str| {
        let form = [("scope", "openid"), ("login_hint_token", hint)];
        signer.send(&app, "/oauth/bc-authorize", &signer.assertion(&app, |_| ()), &form).await
    };
    send(&hint(now + 60, mail.clone())).await.expect(200);
    expect_error(send(&hint(now - 60, mail)).await, 400, "expired_login_hint_token");
    let nobody = json!({ "format": "opaque", "id": "nobody" });
    expect_error(send(&hint(now + 60, nobody)).await, 400, "unknown_user_id");
}

#[tokio::test]
async fn who_may_not_sign_in_is_not_asked_and_what_they_approved_is_void() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[]).await);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    call(&app, "POST", &format!("/admin/users/{}/block", app.notes.user.email), None).await.expect(200);
    expect_error(poll(&app, &client, &id).await, 400, "invalid_grant");
    expect_error(ask(&app, &client, &[]).await, 400, "unknown_user_id");
}

#[tokio::test]
async fn an_organization_can_do_without_backchannel_requests() {
    let app = TestApp::start().await;
    let client = plain(&app, "client_poll", DeliveryMode::Poll).await.client;
    let id = auth_req_id(ask(&app, &client, &[]).await);
    set_settings(&app, &json!({ "oauth": { "backchannel_authentication_enabled": false } })).await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert!(document.get("backchannel_authentication_endpoint").is_none());
    assert!(document.get("backchannel_token_delivery_modes_supported").is_none());
    expect_error(ask(&app, &client, &[]).await, 400, "unauthorized_client");
    expect_error(poll(&app, &client, &id).await, 400, "unsupported_grant_type");
}

#[tokio::test]
async fn registration_knows_what_such_a_client_needs() {
    let app = TestApp::start().await;
    let good = json!({
        "name": "Caller", "scopes": ["openid"], "grantTypes": [CIBA], "responseTypes": [],
        "backchannelTokenDeliveryMode": "ping", "backchannelClientNotificationEndpoint": "https://caller.example/notify"
    });
    let (_, data) = make_client(&app, good.clone()).await;
    assert_eq!(data["backchannelTokenDeliveryMode"], "ping");
    for (member, value) in [
        ("backchannelTokenDeliveryMode", Value::Null),
        ("backchannelTokenDeliveryMode", json!("carrier_pigeon")),
        ("backchannelClientNotificationEndpoint", Value::Null),
        ("backchannelClientNotificationEndpoint", json!("http://caller.example/notify")),
        ("backchannelAuthenticationRequestSigningAlg", json!("ES256")),
        ("backchannelAuthenticationRequestSigningAlg", json!("HS256")),
        ("isPublic", json!(true)),
    ] {
        let mut body = good.clone();
        body[member] = value.clone();
        let answered = call(&app, "POST", "/admin/clients", Some(&body)).await;
        assert!([400, 422].contains(&answered.status), "{member} {value}: {}", answered.text());
    }
}
