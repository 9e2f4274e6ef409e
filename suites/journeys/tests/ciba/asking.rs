//! Who may ask, whom they may name and how, and what errors are called.

use super::{CODE, ask, changed, coded, plain, poll, set_code};
use flow::act;
use jose::jws::sign;
use kernel::{Actor, Scopes, Secret};
use lumoauth::operator::MakeClient;
use oauth::ClientMetadata;
use oauth::client::{DeliveryMode, SubjectType};
use oauth::grant::CIBA;
use op::clients::Agent;
use op::provision::NewClient;
use serde_json::{Value, json};
use suite_journeys::admin::{call, make_client};
use suite_journeys::ciba::{auth_req_id, decide};
use suite_journeys::keys::Prover;
use suite_journeys::organizations::{own, set_settings};
use suite_journeys::pages::{at, has_id, press};
use suite_journeys::record::{entries, latest};
use suite_journeys::tokens::{Client, Tokens, expect_error, part, web_tokens};
use testkit::{TestApp, databases};

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
async fn an_agent_asks_for_no_more_than_the_token_it_shows_allows() {
    let app = TestApp::start().await;
    let types = json!({ "authorization_details_types": [{ "type": "payment", "title": "Pay" }] });
    call(&app, "PATCH", "/admin/settings/oauth", Some(&types)).await.expect(200);
    let capabilities = Scopes::from("openid offline_access notes:read notes:write".to_owned());
    let secret = "the secret of an agent that asks people";
    let mut client = NewClient::service("client_asker", "Asker", Secret::new(secret), capabilities.clone());
    client.metadata.grant_types.extend([CIBA.to_owned(), "refresh_token".to_owned()]);
    client.metadata.backchannel_token_delivery_mode = Some(DeliveryMode::Poll);
    client.metadata.authorization_details_types = vec!["payment".to_owned()];
    let agent = Agent { id: "agt_asker".into(), name: "Asker".to_owned(), capabilities, budget_policy: None };
    act(&app.services, Some(own(&app).await), Actor::Operator, MakeClient { client, agent: Some(agent) }).await.unwrap();
    let agent = Client { id: "agt_asker".to_owned(), secret: Some(secret.to_owned()) };
    let wanted = r#"[{"type":"payment","amount":"12 EUR"}]"#;
    let token = async |more: &[(&str, &str)]| {
        let form = [&[("grant_type", "client_credentials")], more].concat();
        Tokens::of(agent.post(&app, "/oauth/token", &form).await)
    };
    let send = async |token: &Tokens, scope: &str, details: &str| {
        let form = [("login_hint", app.notes.user.email.as_str()), ("scope", scope), ("authorization_details", details)];
        let form: Vec<(&str, &str)> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        app.post(&app.api("/oauth/bc-authorize")).bearer(token.access()).form(&form).send().await
    };
    let all = "openid offline_access notes:read notes:write";
    let (wide, narrow) = (token(&[]).await, token(&[("scope", "notes:read")]).await);
    let exact = token(&[("authorization_details", wanted)]).await;
    for (shown, expected) in [(&wide, all), (&narrow, "openid notes:read")] {
        let id = auth_req_id(send(shown, all, "").await);
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let granted = Tokens::of(poll(&app, &agent, &id).await);
        assert_eq!(Scopes::parse(granted.0["scope"].as_str().unwrap()), Scopes::parse(expected));
    }
    send(&wide, all, wanted).await.expect(200);
    send(&exact, all, wanted).await.expect(200);
    let more = wanted.replace("12", "13");
    expect_error(send(&exact, all, &more).await, 400, "invalid_authorization_details");
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
        client.metadata.audience_uris = vec!["https://notes.example".to_owned()];
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
        let elsewhere = [("grant_type", "client_credentials"), ("resource", "https://notes.example")];
        let elsewhere = Tokens::of(agent.post(&app, "/oauth/token", &elsewhere).await);
        expect_error(send(elsewhere.access(), &exactly).await, 401, "invalid_token");
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
