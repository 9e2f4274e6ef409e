//! Attacks by repetition that must fail: codes, refresh tokens and assertions, one after the other and all at once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use oauth::grant::CLIENT_CREDENTIALS;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::admin::make_client;
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, code_for_user};
use suite_journeys::holder::{Holder, confidential, send};
use suite_journeys::keys::Prover;
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, part, tokens_of, userinfo, web_tokens};
use testkit::{TestApp, databases};

#[tokio::test]
async fn b17_a_replayed_code_fails_and_revokes_what_it_gave() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let web = Client::web(&app);
        let code = code_for_user(&app, &Ask::web(&app).with("scope", "openid offline_access")).await;
        let tokens = Tokens::of(web.redeem(&app, &code).await);
        let renewed = Tokens::of(web.refresh(&app, tokens.refresh()).await);
        assert!(is_alive(&app, tokens.access()).await);
        expect_error(web.redeem(&app, &code).await, 400, "invalid_grant");
        for token in [tokens.access(), renewed.access()] {
            assert!(!is_alive(&app, token).await, "{database:?}");
        }
        for token in [tokens.refresh(), renewed.refresh()] {
            expect_error(web.refresh(&app, token).await, 400, "invalid_grant");
        }
    }
}

#[tokio::test]
async fn b17_a_code_stays_used_across_restart_and_a_clock_that_steps_back() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let used = code_for_user(&app, &Ask::web(&app)).await;
        let expired = code_for_user(&app, &Ask::web(&app)).await;
        Tokens::of(Client::web(&app).redeem(&app, &used).await);
        let app = app.restart().await;
        app.clock.step_back(Duration::from_mins(5));
        expect_error(Client::web(&app).redeem(&app, &used).await, 400, "invalid_grant");
        let app = app.restart().await;
        app.clock.advance(Duration::from_mins(20));
        expect_error(Client::web(&app).redeem(&app, &expired).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn b17_another_client_cannot_burn_or_use_a_code() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let code = code_for_user(&app, &Ask::web(&app)).await;
        expect_error(Client::spa(&app).redeem(&app, &code).await, 400, "invalid_grant");
        let service = Client::service(&app).redeem(&app, &code).await;
        assert_eq!(service.status, 400, "{}", service.text());
        Tokens::of(Client::web(&app).redeem(&app, &code).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b18_of_a_hundred_redemptions_of_one_code_one_wins() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let code = code_for_user(&app, &Ask::web(&app).with("scope", "openid offline_access")).await;
        let answers = at_once((0..100).map(|_| {
            let (app, code) = (app.clone(), code.clone());
            async move { Client::web(&app).redeem(&app, &code).await }
        }));
        let answers = answers.await;
        let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(winners.len(), 1, "{database:?}: {:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        for loser in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!((loser.status, &loser.json()["error"]), (400, &json!("invalid_grant")), "{database:?} {}", loser.text());
        }
        let winner = Tokens(winners[0].json());
        assert!(!is_alive(&app, winner.access()).await, "{database:?}: a code that was used twice revokes what it gave");
        expect_error(Client::web(&app).refresh(&app, winner.refresh()).await, 400, "invalid_grant");
    }
}

/// A client whose rotated refresh tokens are answered again for so many seconds.
async fn client_with_grace(app: &TestApp, seconds: u32) -> Client {
    let body = json!({
        "name": "Rotating", "redirectUris": [CALLBACK], "scopes": ["openid", "email", "offline_access"],
        "grantTypes": ["authorization_code", "refresh_token"], "refreshTokenGrace": seconds
    });
    make_client(app, body).await.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b19_of_a_hundred_refreshes_without_grace_one_wins_and_the_family_dies() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let client = client_with_grace(&app, 0).await;
        let tokens = tokens_of(&app, &client).await;
        let answers = a_hundred_refreshes(&app, &client, &tokens).await;
        let winners: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
        assert_eq!(winners.len(), 1, "{database:?}: {answers:?}");
        assert!(answers.iter().all(|(status, _)| [200, 400, 503].contains(status)), "{database:?}: {answers:?}");
        expect_error(client.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        let winner = Tokens(winners[0].1.clone());
        expect_error(client.refresh(&app, winner.refresh()).await, 400, "invalid_grant");
        assert_eq!(userinfo(&app, winner.access()).await.status, 401, "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b19_within_the_grace_a_hundred_refreshes_get_the_same_answer() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let web = client_with_grace(&app, 30).await;
        let tokens = tokens_of(&app, &web).await;
        let answers = a_hundred_refreshes(&app, &web, &tokens).await;
        assert!(answers.iter().all(|(status, _)| [200, 503].contains(status)), "{database:?}: {answers:?}");
        let good: Vec<&Value> = answers.iter().filter(|(status, _)| *status == 200).map(|(_, body)| body).collect();
        let same: Vec<_> = good
            .iter()
            .map(|body| (body["refresh_token"].clone(), part(body["access_token"].as_str().unwrap(), 1)["jti"].clone()))
            .collect();
        assert!(!same.is_empty() && same.iter().all(|answer| *answer == same[0]), "{database:?}: {same:?}");
        Tokens::of(web.refresh(&app, good[0]["refresh_token"].as_str().unwrap()).await);
    }
}

async fn a_hundred_refreshes(app: &Arc<TestApp>, client: &Client, tokens: &Tokens) -> Vec<(u16, Value)> {
    let tasks = (0..100).map(|_| {
        let (app, client, token) = (app.clone(), client.clone(), tokens.refresh().to_owned());
        async move {
            let answered = client.refresh(&app, &token).await;
            (answered.status, answered.json())
        }
    });
    at_once(tasks).await
}

#[tokio::test]
async fn b19_a_rotated_token_that_comes_back_revokes_its_family() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = client_with_grace(&app, 30).await;

        let first = tokens_of(&app, &client).await;
        let second = Tokens::of(client.refresh(&app, first.refresh()).await);
        app.clock.advance(Duration::from_secs(31));
        let app = app.restart().await;
        expect_error(client.refresh(&app, first.refresh()).await, 400, "invalid_grant");
        expect_error(client.refresh(&app, second.refresh()).await, 400, "invalid_grant");
        assert!(!is_alive(&app, second.access()).await, "after the grace: {database:?}");

        let first = tokens_of(&app, &client).await;
        let second = Tokens::of(client.refresh(&app, first.refresh()).await);
        let third = Tokens::of(client.refresh(&app, second.refresh()).await);
        expect_error(client.refresh(&app, first.refresh()).await, 400, "invalid_grant");
        expect_error(client.refresh(&app, third.refresh()).await, 400, "invalid_grant");
        assert!(!is_alive(&app, third.access()).await, "once the successor was used: {database:?}");

        let first = tokens_of(&app, &client).await;
        let second = Tokens::of(client.refresh(&app, first.refresh()).await);
        app.clock.step_back(Duration::from_mins(10));
        expect_error(client.refresh(&app, first.refresh()).await, 400, "invalid_grant");
        expect_error(client.refresh(&app, second.refresh()).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn b19_the_grace_repeats_an_answer_and_gives_nothing_new() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = client_with_grace(&app, 30).await;
        let first = tokens_of(&app, &client).await;
        let second = Tokens::of(client.refresh(&app, first.refresh()).await);
        app.clock.advance(Duration::from_secs(10));
        let app = app.restart().await;
        let again = Tokens::of(client.refresh(&app, first.refresh()).await);
        assert_eq!(again.refresh(), second.refresh());
        assert_eq!(part(again.access(), 1), part(second.access(), 1), "{database:?}");
        let narrower = [("grant_type", "refresh_token"), ("refresh_token", first.refresh()), ("scope", "openid")];
        expect_error(client.post(&app, "/oauth/token", &narrower).await, 400, "invalid_grant");
        Tokens::of(client.refresh(&app, second.refresh()).await);
    }
}

#[tokio::test]
async fn b19_a_refresh_token_cannot_be_widened_or_lent() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    let tokens = web_tokens(&app, "openid offline_access").await;
    let wider = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh()), ("scope", "openid email admin")];
    expect_error(web.post(&app, "/oauth/token", &wider).await, 400, "invalid_scope");
    expect_error(Client::spa(&app).refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
    let alone = Client { secret: None, ..web.clone() };
    expect_error(alone.refresh(&app, tokens.refresh()).await, 401, "invalid_client");
    let guessed = Client { secret: Some("guess".to_owned()), ..web.clone() };
    expect_error(guessed.refresh(&app, tokens.refresh()).await, 401, "invalid_client");
    Tokens::of(web.refresh(&app, tokens.refresh()).await);
}

#[tokio::test]
async fn b20_a_client_assertion_is_good_once() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let prover = Prover::register(&app, json!({})).await;
        let assertion = prover.assertion(&app, |_| {});
        prover.present(&app, &assertion).await.expect(200);
        expect_error(prover.present(&app, &assertion).await, 401, "invalid_client");
        let app = app.restart().await;
        expect_error(prover.present(&app, &assertion).await, 401, "invalid_client");
        app.clock.step_back(Duration::from_secs(5));
        expect_error(prover.present(&app, &assertion).await, 401, "invalid_client");
        let at_introspection = prover.send(&app, "/oauth/introspect", &assertion, &[("token", "x")]).await;
        expect_error(at_introspection, 401, "invalid_client");
        prover.present(&app, &prover.assertion(&app, |claims| claims["jti"] = json!("another"))).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b20_of_a_hundred_uses_of_one_assertion_one_wins() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let prover = Arc::new(Prover::register(&app, json!({})).await);
        let assertion = prover.assertion(&app, |_| {});
        let tasks = (0..100).map(|_| {
            let (app, prover, assertion) = (app.clone(), prover.clone(), assertion.clone());
            async move { prover.present(&app, &assertion).await.status }
        });
        let mut statuses = at_once(tasks).await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[99]), (200, 401, 401), "{database:?}: {statuses:?}");
    }
}

#[tokio::test]
async fn b20_a_proof_of_possession_is_good_once() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (holder, other) = (Holder::default(), Holder::default());
        let client = confidential(&app, "client_a", |_| ()).await;
        let ask = [("grant_type", CLIENT_CREDENTIALS)];
        let proof = holder.for_tokens(&app);
        let tokens = Tokens::of(send(&app, &client, Some(&proof), &ask).await);
        expect_error(send(&app, &client, Some(&proof), &ask).await, 400, "invalid_dpop_proof");
        let app = app.restart().await;
        expect_error(send(&app, &client, Some(&proof), &ask).await, 400, "invalid_dpop_proof");
        app.clock.step_back(Duration::from_secs(5));
        expect_error(send(&app, &client, Some(&proof), &ask).await, 400, "invalid_dpop_proof");
        let another_client = confidential(&app, "client_b", |_| ()).await;
        expect_error(send(&app, &another_client, Some(&proof), &ask).await, 400, "invalid_dpop_proof");

        let path = app.api("/oauth/userinfo");
        let proof = holder.proof(&app, "GET", &path, Some(tokens.access()));
        let get = || app.get(&path).header("authorization", &format!("DPoP {}", tokens.access())).header("dpop", &proof).send();
        get().await.expect(200);
        expect_error(get().await, 401, "invalid_dpop_proof");

        let mut claims = other.claims(&app, "POST", &app.api("/oauth/token"), None);
        claims["jti"] = json!("the same for two keys");
        Tokens::of(send(&app, &client, Some(&other.sign(&other.header(), &claims)), &ask).await);
        Tokens::of(send(&app, &client, Some(&holder.sign(&holder.header(), &claims)), &ask).await);
    }
}

#[tokio::test]
async fn b20_a_proof_seen_in_a_request_that_failed_is_used_up() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let holder = Holder::default();
        let client = confidential(&app, "client_a", |_| ()).await;
        let proof = holder.for_tokens(&app);
        let refused = send(&app, &client, Some(&proof), &[("grant_type", "refresh_token"), ("refresh_token", "x")]).await;
        expect_error(refused, 400, "invalid_grant");
        let again = send(&app, &client, Some(&proof), &[("grant_type", CLIENT_CREDENTIALS)]).await;
        expect_error(again, 400, "invalid_dpop_proof");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b20_of_a_hundred_uses_of_one_proof_one_wins() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let holder = Arc::new(Holder::default());
        let client = confidential(&app, "client_a", |_| ()).await;
        let proof = holder.for_tokens(&app);
        let tasks = (0..100).map(|_| {
            let (app, client, proof) = (app.clone(), client.clone(), proof.clone());
            async move { send(&app, &client, Some(&proof), &[("grant_type", CLIENT_CREDENTIALS)]).await.status }
        });
        let mut statuses = at_once(tasks).await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[99]), (200, 400, 400), "{database:?}: {statuses:?}");

        let tokens = Tokens::of(holder.machine_token(&app, &client).await);
        let path = app.api("/oauth/userinfo");
        let proof = holder.proof(&app, "GET", &path, Some(tokens.access()));
        let tasks = (0..100).map(|_| {
            let (app, path, proof, token) = (app.clone(), path.clone(), proof.clone(), tokens.access().to_owned());
            async move {
                let sent = app.get(&path).header("authorization", &format!("DPoP {token}")).header("dpop", &proof);
                sent.send().await.status
            }
        });
        let mut statuses = at_once(tasks).await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[99]), (200, 401, 401), "{database:?}: {statuses:?}");
    }
}
