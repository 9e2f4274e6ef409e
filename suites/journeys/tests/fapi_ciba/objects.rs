//! Request objects: claims, times, algorithms, one use.

use super::{ONE, POLL, TWO, scene};
use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::Clock;
use serde_json::{Value, json};
use suite_journeys::ciba::{Asker, Plan, VARIANTS};
use suite_journeys::tokens::expect_error;
use testkit::{FakeClock, TestApp, databases};

/// A request object with this claim, or without it, is `invalid_request` in every variant.
async fn refused_object(name: &str, value: Value) {
    for variant in VARIANTS {
        let (app, _, client) = scene(variant).await;
        let change = |claims: &mut Value| match &value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        };
        expect_error(client.ask(&app, change).await, 400, "invalid_request");
    }
}

fn now() -> i64 {
    FakeClock::default().now().as_secs()
}

#[tokio::test]
async fn ensure_request_object_missing_aud_fails() {
    refused_object("aud", Value::Null).await;
}

#[tokio::test]
async fn ensure_request_object_bad_aud_fails() {
    refused_object("aud", json!("https://other.example")).await;
}

#[tokio::test]
async fn ensure_request_object_missing_iss_fails() {
    refused_object("iss", Value::Null).await;
}

#[tokio::test]
async fn ensure_request_object_bad_iss_fails() {
    refused_object("iss", json!(TWO)).await;
}

#[tokio::test]
async fn ensure_request_object_missing_exp_fails() {
    refused_object("exp", Value::Null).await;
}

#[tokio::test]
async fn ensure_request_object_expired_exp_fails() {
    refused_object("exp", json!(now() - 300)).await;
}

#[tokio::test]
async fn ensure_request_object_exp_is_70_minutes_in_future_fails() {
    refused_object("exp", json!(now() + 70 * 60)).await;
}

#[tokio::test]
async fn ensure_request_object_missing_iat_fails() {
    refused_object("iat", Value::Null).await;
}

#[tokio::test]
async fn ensure_request_object_missing_nbf_fails() {
    refused_object("nbf", Value::Null).await;
}

#[tokio::test]
async fn ensure_request_object_nbf_is_10_minutes_in_future_fails() {
    refused_object("nbf", json!(now() + 10 * 60)).await;
}

#[tokio::test]
async fn ensure_request_object_nbf_is_70_minutes_in_past_fails() {
    refused_object("nbf", json!(now() - 70 * 60)).await;
}

#[tokio::test]
async fn ensure_request_object_missing_jti_fails() {
    refused_object("jti", Value::Null).await;
}

/// Objects that `make` signs otherwise than this client should are refused in every variant.
async fn badly_signed(make: impl Fn(&Asker, &Asker, &Value) -> String) {
    for variant in VARIANTS {
        let (app, plan, client) = scene(variant).await;
        let other = plan.client(&app, TWO, variant, |_| ()).await;
        let object = make(&client, &other, &client.claims(&app, |_| ()));
        expect_error(client.send_object(&app, &object).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn ensure_request_object_signature_algorithm_is_none_fails() {
    badly_signed(|_, _, claims| format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()))).await;
}

#[tokio::test]
async fn ensure_request_object_signature_algorithm_is_bad_fails() {
    badly_signed(|client, _, claims| {
        let good = sign(&client.prover.key, "JWT", claims).unwrap();
        format!("{}.{}", good.rsplit_once('.').unwrap().0, base64url([7; 64]))
    })
    .await;
}

#[tokio::test]
async fn ensure_request_object_signature_algorithm_is_rs256_fails() {
    badly_signed(|client, _, claims| {
        let rsa = SigningKey::generate(Algorithm::RS256, client.prover.key.kid()).unwrap();
        sign(&rsa, "JWT", claims).unwrap()
    })
    .await;
}

#[tokio::test]
async fn ensure_request_object_signed_by_other_client_fails() {
    badly_signed(|_, other, claims| sign(&other.prover.key, "JWT", claims).unwrap()).await;
}

#[tokio::test]
async fn a_request_object_is_for_one_use() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = Plan::start(&app).await.client(&app, ONE, POLL, |_| ()).await;
        let object = sign(&client.prover.key, "JWT", &client.claims(&app, |_| ())).unwrap();
        client.send_object(&app, &object).await.expect(200);
        expect_error(client.send_object(&app, &object).await, 400, "invalid_request");
    }
}
