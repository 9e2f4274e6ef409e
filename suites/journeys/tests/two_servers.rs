//! What counts once counts once for all servers on one database: a hundred uses at the same time, half of them on each of two servers, and
//! one more on the other server afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use oauth::grant::{CLIENT_CREDENTIALS, REFRESH_TOKEN};
use std::sync::Arc;
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, Returned, code_for_user, visit};
use suite_journeys::fapi::{ONE, reference, register, signer};
use suite_journeys::holder::{Holder, confidential, send};
use suite_journeys::keys::Prover;
use suite_journeys::pages::{press, sign_in};
use suite_journeys::tokens::{Client, Tokens, expect_error};
use testkit::{Answered, Database, TestApp, databases};

const USES: usize = 100;

/// Two servers on one database, where there is one that two can use.
async fn servers() -> Option<[Arc<TestApp>; 2]> {
    if !databases().contains(&Database::Postgres) {
        return None;
    }
    let first = TestApp::start_on(Database::Postgres).await;
    let second = first.beside().await;
    Some([Arc::new(first), Arc::new(second)])
}

/// Use something on both servers at the same time; the statuses of the answers.
async fn use_on_both<F>(servers: &[Arc<TestApp>; 2], using: impl Fn(Arc<TestApp>) -> F) -> Vec<u16>
where
    F: Future<Output = Answered> + Send + 'static,
{
    let answers = at_once((0..USES).map(|number| using(servers[number % 2].clone()))).await;
    answers.iter().map(|answer| answer.status).collect()
}

fn one_wins(statuses: &[u16], won: u16, lost: &[u16]) {
    assert_eq!(statuses.iter().filter(|status| **status == won).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| *status == won || lost.contains(status)), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_code_counts_once() {
    let Some(servers) = servers().await else { return };
    let code = code_for_user(&servers[0], &Ask::web(&servers[0])).await;
    let redeemed = use_on_both(&servers, |app| {
        let code = code.clone();
        async move { Client::web(&app).redeem(&app, &code).await }
    });
    one_wins(&redeemed.await, 200, &[400]);
    expect_error(Client::web(&servers[1]).redeem(&servers[1], &code).await, 400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_token_counts_once() {
    let Some(servers) = servers().await else { return };
    let client = confidential(&servers[0], "client_rotating", |client| client.refresh_token_grace = 0).await;
    let code = code_for_user(&servers[0], &Ask::of(&client.id, CALLBACK).with("scope", "openid offline_access")).await;
    let token = Tokens::of(client.redeem(&servers[0], &code).await).refresh().to_owned();
    let refreshed = use_on_both(&servers, |app| {
        let (client, token) = (client.clone(), token.clone());
        async move { client.refresh(&app, &token).await }
    });
    one_wins(&refreshed.await, 200, &[400, 503]);
    let form = [("grant_type", REFRESH_TOKEN), ("refresh_token", token.as_str())];
    expect_error(client.post(&servers[1], "/oauth/token", &form).await, 400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_proof_of_possession_counts_once() {
    let Some(servers) = servers().await else { return };
    let client = confidential(&servers[0], "client_bound", |client| client.dpop_bound_access_tokens = true).await;
    let proof = Holder::default().for_tokens(&servers[0]);
    let shown = use_on_both(&servers, |app| {
        let (client, proof) = (client.clone(), proof.clone());
        async move { send(&app, &client, Some(&proof), &[("grant_type", CLIENT_CREDENTIALS)]).await }
    });
    one_wins(&shown.await, 200, &[400]);
    let again = send(&servers[1], &client, Some(&proof), &[("grant_type", CLIENT_CREDENTIALS)]).await;
    expect_error(again, 400, "invalid_dpop_proof");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_assertion_counts_once() {
    let Some(servers) = servers().await else { return };
    let prover = Arc::new(Prover::strict(&servers[0]).await);
    let assertion = prover.assertion(&servers[0], |_| ());
    let presented = use_on_both(&servers, |app| {
        let (prover, assertion) = (prover.clone(), assertion.clone());
        async move { prover.present(&app, &assertion).await }
    });
    one_wins(&presented.await, 200, &[401]);
    expect_error(prover.present(&servers[1], &assertion).await, 401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_object_with_a_jti_counts_once() {
    let Some(servers) = servers().await else { return };
    let one = Arc::new(signer(&servers[0], ONE).await);
    let object = one.object(&servers[0], &one.ask(), |claims| claims["jti"] = "once".into());
    let pushed = use_on_both(&servers, |app| {
        let (one, object) = (one.clone(), object.clone());
        async move { one.push_object(&app, &object).await }
    });
    one_wins(&pushed.await, 201, &[400]);
    expect_error(one.push_object(&servers[1], &object).await, 400, "invalid_request_object");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reference_to_a_pushed_request_is_answered_once() {
    let Some(servers) = servers().await else { return };
    let one = register(&servers[0], ONE, |_| ()).await;
    let request_uri = reference(one.push(&servers[0], &one.ask()).await);
    let mut browser = servers[0].browser();
    sign_in(&servers[0], &mut browser, &servers[0].notes.user).await;
    let cookies: Vec<(&str, String)> = ["lumoauth_session", "lumoauth_browser"]
        .into_iter()
        .filter_map(|name| browser.cookie(name).map(|value| (name, value.to_owned())))
        .collect();
    // The same person in the same browser, at both servers at once.
    let answered = at_once((0..USES).map(|number| {
        let (app, cookies, ask) = (servers[number % 2].clone(), cookies.clone(), one.referring(&request_uri));
        async move {
            let mut browser = app.browser();
            for (name, value) in &cookies {
                browser.set_cookie(name, value);
            }
            let page = visit(&app, &mut browser, &ask).await;
            if page.status != 200 {
                return 0;
            }
            let sent = press(&mut browser, &page, "consent-form", &[("decision", "allow")]).await;
            let end = browser.follow(sent).await;
            usize::from(end.status == 303 && Returned::of(&end).params.contains_key("code"))
        }
    }));
    assert_eq!(answered.await.into_iter().sum::<usize>(), 1);
    let mut browser = servers[1].browser();
    for (name, value) in &cookies {
        browser.set_cookie(name, value);
    }
    assert_eq!(visit(&servers[1], &mut browser, &one.referring(&request_uri)).await.status, 400);
}
