//! How clients prove who they are, and that they hold their key.

use super::{PING, POLL, TWO, is_refused, scene};
use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use oauth::client::DeliveryMode;
use oauth::grant::CIBA;
use serde_json::json;
use suite_journeys::ciba::{Asker, VARIANTS, Variant, auth_req_id, decide};
use suite_journeys::tokens::{Tokens, expect_error};
use testkit::TestApp;

const CERTIFIED: [Variant; 2] =
    [Variant { mode: DeliveryMode::Poll, has_assertion: false }, Variant { mode: DeliveryMode::Ping, has_assertion: false }];

#[tokio::test]
async fn ensure_different_client_id_and_issuer_in_backchannel_authorization_request() {
    for variant in CERTIFIED {
        let (app, plan, client) = scene(variant).await;
        plan.client(&app, TWO, variant, |_| ()).await;
        let object = sign(&client.prover.key, "JWT", &client.claims(&app, |_| ())).unwrap();
        let wrong = [("request", object.as_str()), ("client_id", TWO)];
        let answered = client.send_with(&app, "/oauth/bc-authorize", None, Some(&client.certificate), &wrong).await;
        expect_error(answered, 401, "invalid_client");
    }
}

#[tokio::test]
async fn ensure_wrong_client_id_in_backchannel_authorization_request() {
    for variant in CERTIFIED {
        let (app, plan, client) = scene(variant).await;
        plan.client(&app, TWO, variant, |_| ()).await;
        let object = sign(&client.prover.key, "JWT", &client.claims(&app, |claims| claims["client_id"] = json!(TWO))).unwrap();
        is_refused(&client.send_object(&app, &object).await);
        let wrong = [("request", object.as_str()), ("client_id", TWO)];
        is_refused(&client.send_with(&app, "/oauth/bc-authorize", None, Some(&client.certificate), &wrong).await);
    }
}

#[tokio::test]
async fn ensure_wrong_client_id_in_token_endpoint_request() {
    for variant in CERTIFIED {
        let (app, plan, client) = scene(variant).await;
        plan.client(&app, TWO, variant, |_| ()).await;
        let id = client.asked(&app).await;
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let wrong = [("grant_type", CIBA), ("auth_req_id", id.as_str()), ("client_id", TWO)];
        let answered = client.send_with(&app, "/oauth/token", None, Some(&client.certificate), &wrong).await;
        expect_error(answered, 401, "invalid_client");
    }
}

#[tokio::test]
async fn ensure_without_client_assertion_in_backchannel_authorization_request() {
    for variant in [POLL, PING] {
        let (app, _, client) = scene(variant).await;
        let object = sign(&client.prover.key, "JWT", &client.claims(&app, |_| ())).unwrap();
        let form = [("request", object.as_str())];
        is_refused(&client.send_with(&app, "/oauth/bc-authorize", None, Some(&client.certificate), &form).await);
    }
}

#[tokio::test]
async fn ensure_without_client_assertion_in_token_endpoint_request() {
    for variant in [POLL, PING] {
        let (app, _, client) = scene(variant).await;
        let id = client.asked(&app).await;
        let form = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
        is_refused(&client.send_with(&app, "/oauth/token", None, Some(&client.certificate), &form).await);
    }
}

/// An assertion by a key of the wrong kind.
fn by_rsa(app: &TestApp, client: &Asker) -> String {
    let rsa = SigningKey::generate(Algorithm::RS256, client.prover.key.kid()).unwrap();
    sign(&rsa, "JWT", &client.prover.claims(app)).unwrap()
}

#[tokio::test]
async fn ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_rs256_fails() {
    let (app, _, client) = scene(POLL).await;
    let object = sign(&client.prover.key, "JWT", &client.claims(&app, |_| ())).unwrap();
    let (form, assertion) = ([("request", object.as_str())], by_rsa(&app, &client));
    let answered = client.send_with(&app, "/oauth/bc-authorize", Some(&assertion), Some(&client.certificate), &form).await;
    expect_error(answered, 401, "invalid_client");
}

#[tokio::test]
async fn ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_rs256_fails() {
    let (app, _, client) = scene(POLL).await;
    let id = client.asked(&app).await;
    let (form, assertion) = ([("grant_type", CIBA), ("auth_req_id", id.as_str())], by_rsa(&app, &client));
    let answered = client.send_with(&app, "/oauth/token", Some(&assertion), Some(&client.certificate), &form).await;
    expect_error(answered, 401, "invalid_client");
}

#[tokio::test]
async fn ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds() {
    let (app, _, client) = scene(POLL).await;
    for audience in ["", "/api/v1/oauth/token", "/api/v1/oauth/bc-authorize"] {
        let audience = format!("{}{audience}", app.notes.issuer);
        let assertion = client.prover.assertion(&app, |claims| claims["aud"] = json!(audience));
        let object = sign(&client.prover.key, "JWT", &client.claims(&app, |_| ())).unwrap();
        let form = [("request", object.as_str())];
        let answered = client.send_with(&app, "/oauth/bc-authorize", Some(&assertion), Some(&client.certificate), &form).await;
        let id = auth_req_id(answered);
        let assertion = client.prover.assertion(&app, |claims| claims["aud"] = json!(audience));
        let form = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
        let answered = client.send_with(&app, "/oauth/token", Some(&assertion), Some(&client.certificate), &form).await;
        expect_error(answered, 400, "authorization_pending");
    }
}

#[tokio::test]
async fn ensure_mtls_holder_of_key_required() {
    for variant in VARIANTS {
        let (app, _, client) = scene(variant).await;
        let id = client.asked(&app).await;
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        let assertion = client.prover.assertion(&app, |_| ());
        let form = [("grant_type", CIBA), ("auth_req_id", id.as_str())];
        let shown = variant.has_assertion.then_some(&*assertion);
        let answered = client.send_with(&app, "/oauth/token", shown, None, &form).await;
        assert!((400..500).contains(&answered.status), "{}", answered.text());
        Tokens::of(client.poll(&app, &id).await);
    }
}
