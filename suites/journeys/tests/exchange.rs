//! Tokens exchanged for others (RFC 8693), as the published clients do it: by form alone, without client authentication.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use flow::act;
use kernel::{Actor, Scopes, Secret};
use lumoauth::operator::MakeClient;
use oauth::token_exchange::GRANT_TYPE;
use op::clients::Agent;
use op::provision::NewClient;
use serde_json::json;
use std::time::Duration;
use suite_journeys::admin::call;
use suite_journeys::code::{Ask, CALLBACK, code_for_user};
use suite_journeys::holder::{Holder, confidential, send};
use suite_journeys::organizations::own;
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, part, userinfo, web_tokens};
use testkit::{Answered, TestApp, databases};

const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";

fn agent(app: &TestApp) -> Client {
    let agent = &app.notes.agent;
    Client { id: agent.agent_id.clone(), secret: Some(agent.client_secret.clone()) }
}

async fn agent_token(app: &TestApp) -> Tokens {
    Tokens::of(agent(app).post(app, "/oauth/token", &[("grant_type", "client_credentials")]).await)
}

async fn exchange(app: &TestApp, subject: &str, more: &[(&str, &str)]) -> Answered {
    let usual = [("grant_type", GRANT_TYPE), ("subject_token", subject), ("subject_token_type", ACCESS)];
    app.post(&app.api("/oauth/token")).form(&[&usual, more].concat()).send().await
}

async fn delegated(app: &TestApp, subject: &str) -> Tokens {
    let agent = agent_token(app).await;
    Tokens::of(exchange(app, subject, &[("actor_token", agent.access()), ("actor_token_type", ACCESS)]).await)
}

#[tokio::test]
async fn a_person_lets_an_agent_act_and_takes_it_back() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let person = web_tokens(&app, "openid email offline_access").await;
        let token = delegated(&app, person.access()).await;
        assert_eq!((&token.0["token_type"], &token.0["issued_token_type"]), (&json!("Bearer"), &json!(ACCESS)));
        let said = part(token.access(), 1);
        assert_eq!(said["act"], json!({ "sub": format!("agent_{}", app.notes.agent.agent_id) }));
        assert_eq!((&said["sub"], &said["aud"]), (&part(person.access(), 1)["sub"], &json!(app.notes.agent.agent_id)));
        assert!(token.0["expires_in"].as_u64() <= person.0["expires_in"].as_u64());
        let shown = Client::service(&app).introspect(&app, token.access()).await;
        assert_eq!((&shown["active"], &shown["sub"], &shown["act"]), (&json!(true), &said["sub"], &said["act"]));
        // The agent was made for documents, so the token opens nothing else of the person's.
        assert_eq!(userinfo(&app, token.access()).await.status, 403);
        let me = app.get(&app.api("/me")).bearer(token.access()).send().await.expect(200).json();
        assert_eq!(me["id"], said["sub"]);

        Client::web(&app).revoke(&app, person.refresh()).await.expect(200);
        assert_eq!(Client::service(&app).introspect(&app, token.access()).await, json!({ "active": false }));
        assert_eq!(app.get(&app.api("/me")).bearer(token.access()).send().await.status, 401);
        let again = agent_token(&app).await;
        let again = exchange(&app, person.access(), &[("actor_token", again.access()), ("actor_token_type", ACCESS)]).await;
        expect_error(again, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn the_list_of_tokens_shows_one_whose_origin_was_revoked_as_revoked() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let person = web_tokens(&app, "openid email offline_access").await;
        let delegated = delegated(&app, person.access()).await;
        let own = agent_token(&app).await;
        let narrower = Tokens::of(exchange(&app, own.access(), &[("scope", "documents:read")]).await);
        let revoked = async || {
            let listed = call(&app, "GET", "/admin/tokens?limit=100", None).await.expect(200).json();
            let rows = listed["data"].as_array().unwrap().clone();
            rows.iter().filter(|row| row["revoked"] == true).count()
        };
        assert_eq!(revoked().await, 0);
        agent(&app).revoke(&app, own.access()).await.expect(200);
        assert_eq!(Client::service(&app).introspect(&app, narrower.access()).await["active"], false);
        assert_eq!(revoked().await, 2, "an agent's token, and what it was exchanged for");
        Client::web(&app).revoke(&app, person.refresh()).await.expect(200);
        assert_eq!(Client::service(&app).introspect(&app, delegated.access()).await["active"], false);
        assert_eq!(revoked().await, 4, "a person's grant, and what an agent made of it");
    }
}

#[tokio::test]
async fn what_exactly_was_allowed_goes_on_with_an_exchange_and_never_grows() {
    let app = TestApp::start().await;
    let types = json!([{ "type": "payment", "title": "Pay" }, { "type": "account", "title": "See accounts" }]);
    let settings = json!({ "authorization_details_types": types, "token_exchange": "delegation" });
    call(&app, "PATCH", "/admin/settings/oauth", Some(&settings)).await.expect(200);
    let payer = confidential(&app, "client_payer", |client| {
        client.grant_types.push(GRANT_TYPE.to_owned());
        client.authorization_details_types = vec!["payment".to_owned(), "account".to_owned()];
    })
    .await;
    let whole = json!([{ "type": "payment", "actions": ["pay", "look"] }, { "type": "account" }]);
    let less = json!([{ "type": "payment", "actions": ["look"] }]);
    let ask = Ask::of(&payer.id, CALLBACK).with("scope", "openid email").with("authorization_details", &whole.to_string());
    let code = code_for_user(&app, &ask).await;
    let subject = Tokens::of(payer.redeem(&app, &code).await);
    let exchanged = async |subject: &str, details: Option<&str>| {
        let usual = [("grant_type", GRANT_TYPE), ("subject_token", subject), ("subject_token_type", ACCESS)];
        let more = details.map(|details| ("authorization_details", details));
        payer.post(&app, "/oauth/token", &usual.into_iter().chain(more).collect::<Vec<_>>()).await
    };
    let same = Tokens::of(exchanged(subject.access(), None).await);
    assert_eq!(same.0["authorization_details"], whole);
    let narrow = Tokens::of(exchanged(same.access(), Some(&less.to_string())).await);
    assert_eq!(part(narrow.access(), 1)["authorization_details"], less);
    assert_eq!(payer.introspect(&app, narrow.access()).await["authorization_details"], less);
    for bad in [
        r#"[{"type":"payment","actions":["pay"]}]"#,
        r#"[{"type":"payment","actions":["pay","look"]}]"#,
        r#"[{"type":"account"}]"#,
        r#"[{"type":"unknown"}]"#,
        "nonsense",
    ] {
        expect_error(exchanged(narrow.access(), Some(bad)).await, 400, "invalid_authorization_details");
    }
    // An agent is not registered for payments, so it acts without them.
    let agent = agent_token(&app).await;
    let acting = exchange(&app, subject.access(), &[("actor_token", agent.access()), ("actor_token_type", ACCESS)]).await;
    assert!(Tokens::of(acting).0.get("authorization_details").is_none());

    let left = json!({ "authorization_details_types": [{ "type": "account", "title": "See accounts" }] });
    call(&app, "PATCH", "/admin/settings/oauth", Some(&left)).await.expect(200);
    let rest = Tokens::of(exchanged(subject.access(), None).await);
    assert_eq!(rest.0["authorization_details"], json!([{ "type": "account" }]), "the organization has given up the other type");
    expect_error(exchanged(subject.access(), Some(&less.to_string())).await, 400, "invalid_authorization_details");
}

/// One more agent that may act for people.
async fn another_agent(app: &TestApp, name: &str) -> Client {
    let secret = "the secret of one agent of several";
    let capabilities = Scopes::from("delegate:on_behalf documents:read".to_owned());
    let agent = Agent {
        id: format!("agt_{name}").into(),
        name: name.to_owned(),
        capabilities: capabilities.clone(),
        budget_policy: None,
    };
    let client = NewClient::service(format!("client_{name}"), name, Secret::new(secret), capabilities);
    let make = MakeClient { client, agent: Some(agent) };
    act(&app.services, Some(own(app).await), Actor::Operator, make).await.unwrap();
    Client { id: format!("client_{name}"), secret: Some(secret.to_owned()) }
}

#[tokio::test]
async fn a_chain_that_grows_too_long_is_told_how_long_it_may_be() {
    let app = TestApp::start().await;
    let person = web_tokens(&app, "openid").await;
    let mut token = delegated(&app, person.access()).await.access().to_owned();
    for name in ["second", "third", "fourth"] {
        let agent = another_agent(&app, name).await;
        let own = Tokens::of(agent.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await);
        let answered = exchange(&app, &token, &[("actor_token", own.access()), ("actor_token_type", ACCESS)]).await;
        if name == "fourth" {
            let told = expect_error(answered, 403, "delegation_depth_exceeded").json();
            assert_eq!(told["max_depth"], 3);
            assert!(told["error_description"].is_string());
        } else {
            token = Tokens::of(answered).access().to_owned();
        }
    }
    assert_eq!(part(&token, 1)["act"]["act"]["act"]["sub"], format!("agent_{}", app.notes.agent.agent_id));
}

#[tokio::test]
async fn a_bound_token_is_exchanged_by_the_holder_of_its_key_alone() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (holder, thief) = (Holder::default(), Holder::default());
        call(&app, "PATCH", "/admin/settings/oauth", Some(&json!({ "token_exchange": "delegation" }))).await.expect(200);
        let client = confidential(&app, "client_bound", |client| client.grant_types.push(GRANT_TYPE.to_owned())).await;
        let bound = holder.tokens(&app, &client).await;
        let form = [("grant_type", GRANT_TYPE), ("subject_token", bound.access()), ("subject_token_type", ACCESS)];
        expect_error(send(&app, &client, None, &form).await, 400, "invalid_grant");
        expect_error(thief.ask(&app, &client, &form).await, 400, "invalid_grant");
        let exchanged = Tokens::of(holder.ask(&app, &client, &form).await);
        assert_eq!(exchanged.0["token_type"], "DPoP");
        assert_eq!(part(exchanged.access(), 1)["cnf"], json!({ "jkt": holder.jkt() }));
        holder.call(&app, "GET", &app.api("/oauth/userinfo"), exchanged.access()).await.expect(200);
        let proof = holder.for_tokens(&app);
        Tokens::of(send(&app, &client, Some(&proof), &form).await);
        expect_error(send(&app, &client, Some(&proof), &form).await, 400, "invalid_dpop_proof");
        let by_refresh = [("grant_type", GRANT_TYPE), ("subject_token", bound.refresh()), ("subject_token_type", REFRESH)];
        expect_error(send(&app, &client, None, &by_refresh).await, 400, "invalid_grant");
        assert_eq!(Tokens::of(holder.ask(&app, &client, &by_refresh).await).0["token_type"], "DPoP");
    }
}

#[tokio::test]
async fn no_exchange_prolongs_anything() {
    let app = TestApp::start().await;
    let person = web_tokens(&app, "openid email").await;
    app.clock.advance(Duration::from_secs(3500));
    let token = delegated(&app, person.access()).await;
    assert_eq!(token.0["expires_in"], 100);
    app.clock.advance(Duration::from_secs(99));
    assert!(is_alive(&app, person.access()).await);
    assert_eq!(app.get(&app.api("/me")).bearer(token.access()).send().await.status, 200);
    app.clock.advance(Duration::from_secs(1));
    assert!(!is_alive(&app, person.access()).await && !is_alive(&app, token.access()).await);
}
