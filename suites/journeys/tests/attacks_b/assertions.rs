//! Assertions of clients: whose key, and for whom.

use jose::alg::Algorithm;
use jose::digest::hmac_sha256;
use jose::encoding::{base64url, decode_base64url};
use jose::jws::{sign, sign_with_header};
use jose::key::SigningKey;
use serde_json::{Value, json};
use suite_journeys::keys::Prover;
use suite_journeys::tokens::expect_error;
use testkit::TestApp;

#[tokio::test]
async fn b14_client_assertions_are_judged_by_the_registered_key() {
    let app = TestApp::start().await;
    let prover = Prover::register(&app, json!({})).await;
    let good = prover.assertion(&app, |_| {});
    prover.present(&app, &good).await.expect(200);
    let jwk = serde_json::to_value(prover.key.public()).unwrap();
    let claims = base64url(prover.claims(&app).to_string());
    let hs256 = |secret: &[u8]| {
        let signed =
            format!("{}.{claims}", base64url(json!({ "alg": "HS256", "typ": "JWT", "kid": prover.key.kid() }).to_string()));
        format!("{signed}.{}", base64url(hmac_sha256(secret, signed.as_bytes())))
    };
    let none = format!("{}.{claims}.", base64url(br#"{"alg":"none"}"#));
    let other = SigningKey::generate(Algorithm::ES256, prover.key.kid()).unwrap();
    let crit = sign_with_header(
        &prover.key,
        json!({ "crit": ["x"], "x": 1 }).as_object().unwrap(),
        prover.claims(&app).to_string().as_bytes(),
    );
    let access_like = sign(&prover.key, "at+jwt", &prover.claims(&app)).unwrap();
    for forged in [
        none,
        hs256(jwk.to_string().as_bytes()),
        hs256(&decode_base64url(jwk["x"].as_str().unwrap()).unwrap()),
        sign(&other, "JWT", &prover.claims(&app)).unwrap(),
        crit.unwrap(),
        access_like,
        "x.y.z".to_owned(),
    ] {
        expect_error(prover.present(&app, &forged).await, 401, "invalid_client");
    }
}

#[tokio::test]
async fn b24_an_assertion_for_somebody_else_is_refused() {
    let app = TestApp::start().await;
    let prover = Prover::register(&app, json!({})).await;
    let issuer = app.notes.issuer.clone();
    let now = app.services.clock.now().as_secs();
    let changes: [(&str, Value); 14] = [
        ("aud", json!("https://other.example")),
        ("aud", json!(["https://other.example"])),
        ("aud", json!([])),
        ("aud", json!(null)),
        ("aud", json!(format!("{issuer}/"))),
        ("aud", json!("http://localhost:8080")),
        ("aud", json!("http://localhost:8080/orgs/globex")),
        ("iss", json!("somebody-else")),
        ("sub", json!(app.notes.web_client.client_id)),
        ("sub", json!(null)),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 86_400)),
        ("nbf", json!(now + 61)),
        ("jti", json!(null)),
    ];
    for (name, value) in changes {
        let assertion = prover.assertion(&app, |claims| {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        });
        let answered = prover.present(&app, &assertion).await;
        assert_eq!(
            (answered.status, &answered.json()["error"]),
            (401, &json!("invalid_client")),
            "{name}={value}: {}",
            answered.text()
        );
    }
    let as_another = [("grant_type", "client_credentials"), ("client_id", app.notes.service_client.client_id.as_str())];
    let answered = prover.send(&app, "/oauth/token", &prover.assertion(&app, |_| {}), &as_another).await;
    assert!([400, 401].contains(&answered.status), "{}", answered.text());
}

#[tokio::test]
async fn b24_under_the_strict_rules_only_the_issuer_alone_is_the_audience() {
    let app = TestApp::start().await;
    let prover = Prover::strict(&app).await;
    let issuer = app.notes.issuer.clone();
    for aud in [
        json!([issuer]),
        json!([issuer, "https://evil.example"]),
        json!(format!("{issuer}/api/v1/oauth/token")),
        json!(format!("{issuer}/api/v1/oauth/par")),
    ] {
        let assertion = prover.assertion(&app, |claims| claims["aud"] = aud.clone());
        expect_error(prover.present(&app, &assertion).await, 401, "invalid_client");
    }
    prover.present(&app, &prover.assertion(&app, |_| {})).await.expect(200);
}
