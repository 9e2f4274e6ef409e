//! The modules of the conformance plan about request objects, by their names.

use super::without;
use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jwks::Jwks;
use jose::jws::sign;
use jose::key::SigningKey;
use serde_json::{Value, json};
use suite_journeys::admin::call;
use suite_journeys::code::{Ask, CALLBACK, NONCE, STATE, authorize};
use suite_journeys::fapi::{ONE, TWO, reference, register, signer};
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims};
use testkit::{TestApp, databases};

/// Push an object whose claims were changed, and insist on its refusal.
async fn must_not_pass(change: impl Fn(&mut Value, i64)) {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let now = app.services.clock.now().as_secs();
    let object = one.object(&app, &one.ask(), |claims| change(claims, now));
    expect_error(one.push_object(&app, &object).await, 400, "invalid_request_object");
}

async fn must_pass(change: impl Fn(&mut Value, i64)) {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let now = app.services.clock.now().as_secs();
    let object = one.object(&app, &one.ask(), |claims| change(claims, now));
    one.push_object(&app, &object).await.expect(201);
}

#[tokio::test]
async fn happy_flow() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let one = signer(&app, ONE).await;
        let request_uri = reference(one.push_object(&app, &one.object(&app, &one.ask(), |_| ())).await);
        let returned = authorize(&app, &mut app.browser(), &app.notes.user, &one.referring(&request_uri)).await;
        assert_eq!((returned.to.as_str(), returned.param("state")), (CALLBACK, STATE));
        let tokens = Tokens::of(one.redeem(&app, &returned.code()).await);
        assert_eq!(id_token_claims(&app, tokens.id()).await["nonce"], NONCE);
    }
}

#[tokio::test]
async fn ensure_request_object_with_multiple_aud_succeeds() {
    must_pass(|claims, _| claims["aud"] = json!([claims["aud"], "https://other1.example.com", "invalid"])).await;
}

#[tokio::test]
async fn ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted() {
    must_pass(|claims, now| claims["nbf"] = json!(now + 8)).await;
}

#[tokio::test]
async fn ensure_authorization_request_without_state_success() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let object = one.object(&app, &one.ask().without("state"), |_| ());
    let request_uri = reference(one.push_object(&app, &object).await);
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &one.referring(&request_uri)).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
}

#[tokio::test]
async fn ensure_authorization_request_without_nonce_success() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let object = one.object(&app, &one.ask().without("nonce"), |_| ());
    let request_uri = reference(one.push_object(&app, &object).await);
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &one.referring(&request_uri)).await;
    let tokens = Tokens::of(one.redeem(&app, &returned.code()).await);
    assert!(!id_token_claims(&app, tokens.id()).await.contains_key("nonce"));
}

#[tokio::test]
async fn state_only_outside_request_object_not_used() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let object = one.object(&app, &one.ask().without("state"), |_| ());
    let beside = Ask::default().with("request", &object).with("state", "outside").with("nonce", "outside");
    let request_uri = reference(one.push(&app, &beside).await);
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &one.referring(&request_uri)).await;
    assert!(!returned.params.contains_key("state"), "{}", returned.url);
    let tokens = Tokens::of(one.redeem(&app, &returned.code()).await);
    assert_eq!(id_token_claims(&app, tokens.id()).await["nonce"], NONCE);
}

#[tokio::test]
async fn ensure_request_object_without_exp_fails() {
    must_not_pass(|claims, _| without(claims, "exp")).await;
}

#[tokio::test]
async fn ensure_request_object_without_nbf_fails() {
    must_not_pass(|claims, _| without(claims, "nbf")).await;
}

#[tokio::test]
async fn ensure_request_object_without_redirect_uri_fails() {
    let app = TestApp::start().await;
    let two_places = |metadata: &mut oauth::ClientMetadata| {
        metadata.require_signed_request_object = true;
        metadata.redirect_uris.push("https://bank.example/cb".to_owned());
    };
    let one = register(&app, ONE, two_places).await;
    let object = one.object(&app, &one.ask().without("redirect_uri"), |_| ());
    let beside = Ask::default().with("request", &object).with("redirect_uri", CALLBACK);
    expect_error(one.push(&app, &beside).await, 400, "invalid_request");
}

#[tokio::test]
async fn ensure_expired_request_object_fails() {
    must_not_pass(|claims, now| claims["exp"] = json!(now - 300)).await;
}

#[tokio::test]
async fn ensure_request_object_with_bad_aud_fails() {
    must_not_pass(|claims, _| claims["aud"] = json!("https://www.other1.example.com/")).await;
}

#[tokio::test]
async fn ensure_request_object_with_exp_over_60_fails() {
    must_not_pass(|claims, now| claims["exp"] = json!(now + 70 * 60)).await;
}

#[tokio::test]
async fn ensure_request_object_with_nbf_over_60_fails() {
    must_not_pass(|claims, now| claims["nbf"] = json!(now - 70 * 60)).await;
}

#[tokio::test]
async fn ensure_signed_request_object_with_rs256_fails() {
    let app = TestApp::start().await;
    // One RSA key that could sign either way.
    let rs256 = SigningKey::generate(Algorithm::RS256, "rsa").unwrap();
    let ps256 = SigningKey::from_pkcs8(Algorithm::PS256, "rsa", &rs256.to_pkcs8().unwrap()).unwrap();
    let mut public = ps256.public().clone();
    public.alg = None;
    let one = signer(&app, ONE).await;
    let keys = Jwks::new(vec![one.key.public().clone(), public]).unwrap().to_json();
    call(&app, "PATCH", &format!("/admin/clients/{ONE}"), Some(&json!({ "jwks": keys }))).await.expect(200);
    let claims = one.claims_of(&app, &one.ask(), |_| ());
    one.push_object(&app, &sign(&ps256, "JWT", &claims).unwrap()).await.expect(201);
    expect_error(one.push_object(&app, &sign(&rs256, "JWT", &claims).unwrap()).await, 400, "invalid_request_object");
}

#[tokio::test]
async fn ensure_request_object_signature_algorithm_is_not_none() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let claims = one.claims_of(&app, &one.ask(), |_| ());
    let object = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()));
    expect_error(one.push_object(&app, &object).await, 400, "invalid_request_object");
}

#[tokio::test]
async fn ensure_request_object_with_invalid_signature_fails() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let object = one.object(&app, &one.ask(), |_| ());
    let (signed, _) = object.rsplit_once('.').unwrap();
    let broken = format!("{signed}.{}", base64url([0x5a; 64]));
    expect_error(one.push_object(&app, &broken).await, 400, "invalid_request_object");
}

#[tokio::test]
async fn ensure_matching_key_in_authorization_request() {
    let app = TestApp::start().await;
    let (one, two) = (signer(&app, ONE).await, signer(&app, TWO).await);
    let by_two = sign(&two.key, "JWT", &one.claims_of(&app, &one.ask(), |_| ())).unwrap();
    expect_error(one.push_object(&app, &by_two).await, 400, "invalid_request_object");
    let of_two = two.object(&app, &two.ask(), |_| ());
    expect_error(one.push_object(&app, &of_two).await, 400, "invalid_request_object");
}

#[tokio::test]
async fn ensure_unsigned_request_at_par_endpoint_fails() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    expect_error(one.push(&app, &one.ask()).await, 400, "invalid_request");
}

#[tokio::test]
async fn par_authorization_request_containing_request_uri() {
    let app = TestApp::start().await;
    let one = signer(&app, ONE).await;
    let earlier = reference(one.push_object(&app, &one.object(&app, &one.ask(), |_| ())).await);
    for (name, value) in [("request_uri", earlier.as_str()), ("request", "x.y.z")] {
        let object = one.object(&app, &one.ask().with(name, value), |_| ());
        expect_error(one.push_object(&app, &object).await, 400, "invalid_request_object");
    }
}
