//! The modules of the plan `fapi-ciba-id1-test-plan` (`plain_fapi`), for poll and ping, with assertions and with certificates.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::Clock;
use oauth::client::DeliveryMode;
use oauth::grant::{CIBA, REFRESH_TOKEN};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::at_once;
use suite_journeys::ciba::{Asker, NOTIFICATION_TOKEN, Plan, VARIANTS, Variant, auth_req_id, decide, first_request};
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, part};
use testkit::{Answered, FakeClock, TestApp, databases};

const ONE: &str = "client_ciba_1";
const TWO: &str = "client_ciba_2";
const POLL: Variant = Variant { mode: DeliveryMode::Poll, has_assertion: true };
const PING: Variant = Variant { mode: DeliveryMode::Ping, has_assertion: true };

async fn scene(variant: Variant) -> (TestApp, Plan, Asker) {
    let app = TestApp::start().await;
    let plan = Plan::start(&app).await;
    let client = plan.client(&app, ONE, variant, |_| ()).await;
    (app, plan, client)
}

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
async fn discovery_end_point_verification() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    let has = |name: &str, value: &str| document[name].as_array().unwrap().contains(&json!(value));
    assert_eq!(document["backchannel_authentication_endpoint"], format!("{}/api/v1/oauth/bc-authorize", app.notes.issuer));
    for mode in ["poll", "ping", "push"] {
        assert!(has("backchannel_token_delivery_modes_supported", mode));
    }
    for algorithm in ["PS256", "ES256"] {
        assert!(has("backchannel_authentication_request_signing_alg_values_supported", algorithm));
    }
    assert_eq!(document["backchannel_user_code_parameter_supported"], true);
    assert!(has("grant_types_supported", CIBA));
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
}

#[tokio::test]
async fn fapi_ciba_id1() {
    for database in databases() {
        for variant in VARIANTS {
            let app = TestApp::start_on(database).await;
            let plan = Plan::start(&app).await;
            let client = plan.client(&app, ONE, variant, |_| ()).await;
            let answered = client.ask(&app, |_| ()).await.expect(200);
            let body = answered.json();
            assert_eq!((&body["expires_in"], &body["interval"]), (&json!(120), &json!(5)));
            let id = auth_req_id(answered);
            assert!(id.len() >= 43, "at least 160 bits");
            expect_error(client.poll(&app, &id).await, 400, "authorization_pending");

            let page = first_request(&app, &mut app.browser(), &app.notes.user).await.text();
            assert!(page.contains("Bank &#38; Partner") || page.contains("Bank &amp; Partner"));
            assert!(page.contains("<bdi>1234</bdi>") && page.contains("data-scope=\"email\""));
            decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
            let told = client.rp.requests();
            if variant.mode == DeliveryMode::Ping {
                let [(head, body)] = &told[..] else { panic!("{told:?}") };
                assert!(head.starts_with("POST /notify HTTP/1.1"), "{head}");
                assert!(head.to_lowercase().contains(&format!("authorization: bearer {NOTIFICATION_TOKEN}")), "{head}");
                assert_eq!(serde_json::from_str::<Value>(body).unwrap(), json!({ "auth_req_id": id }));
            } else {
                assert!(told.is_empty());
            }
            let tokens = Tokens::of(client.poll(&app, &id).await);
            let claims = id_token_claims(&app, tokens.id()).await;
            assert_eq!((&claims["aud"], &claims["iss"]), (&json!(ONE), &json!(app.notes.issuer)));
            for pushed in ["urn:openid:params:jwt:claim:auth_req_id", "urn:openid:params:jwt:claim:rt_hash"] {
                assert!(!claims.contains_key(pushed), "that is for push");
            }
            assert_eq!(part(tokens.access(), 1)["cnf"]["x5t#S256"], client.certificate.thumbprint());
            let other = plan.client(&app, TWO, variant, |_| ()).await;
            for (shown, expected) in [(Some(&client.certificate), 200), (Some(&other.certificate), 401), (None, 401)] {
                let sending = app.get(&app.api("/oauth/userinfo")).bearer(tokens.access());
                let answered = match shown {
                    Some(shown) => sending.certificate(&shown.der, &[]).send().await,
                    None => sending.send().await,
                };
                assert_eq!(answered.status, expected);
            }
            expect_error(client.poll(&app, &id).await, 400, "invalid_grant");
            let long = "t".repeat(1024);
            let second = other.ask(&app, |claims| {
                claims["acr_values"] = json!("urn:lumoauth:acr:1fa");
                claims["requested_expiry"] = json!(300);
                claims["client_notification_token"] = json!(long);
            });
            let second = second.await.expect(200);
            assert_eq!(second.json()["expires_in"], 300);
            decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
            if variant.mode == DeliveryMode::Ping {
                assert!(other.rp.requests()[0].0.contains(&long));
            }
            let tokens = Tokens::of(other.poll(&app, &auth_req_id(second)).await);
            assert_eq!(id_token_claims(&app, tokens.id()).await["acr"], "urn:lumoauth:acr:1fa");
        }
    }
}

#[tokio::test]
async fn user_rejects_authentication() {
    for variant in VARIANTS {
        let (app, _, client) = scene(variant).await;
        let id = client.asked(&app).await;
        decide(&app, &mut app.browser(), &app.notes.user, "deny").await;
        assert_eq!(client.rp.requests().len(), usize::from(variant.mode == DeliveryMode::Ping));
        expect_error(client.poll(&app, &id).await, 400, "access_denied");
    }
}

#[tokio::test]
async fn multiple_call_to_token_endpoint() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let client = Arc::new(Plan::start(&app).await.client(&app, ONE, POLL, |_| ()).await);
        let id = client.asked(&app).await;
        let hammering = at_once((0..30).map(|_| {
            let (app, client, id) = (app.clone(), client.clone(), id.clone());
            async move { client.poll(&app, &id).await }
        }));
        for answered in hammering.await {
            assert_eq!(answered.status, 400, "{}", answered.text());
            let error = answered.json()["error"].as_str().unwrap().to_owned();
            assert!(["authorization_pending", "slow_down"].contains(&&*error), "{error}");
        }
        app.clock.advance(Duration::from_secs(61));
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        Tokens::of(client.poll(&app, &id).await);
    }
}

#[tokio::test]
async fn auth_req_id_expired() {
    for variant in VARIANTS {
        let (app, _, client) = scene(variant).await;
        let answered = client.ask(&app, |claims| claims["requested_expiry"] = json!(10)).await.expect(200);
        assert_eq!(answered.json()["expires_in"], 10);
        app.clock.advance(Duration::from_secs(11));
        expect_error(client.poll(&app, &auth_req_id(answered)).await, 400, "expired_token");
    }
}

#[tokio::test]
async fn ensure_authorization_request_with_binding_message_succeeds() {
    let (app, _, client) = scene(POLL).await;
    client.ask(&app, |claims| claims["binding_message"] = json!("1234")).await.expect(200);
}

#[tokio::test]
async fn a_request_that_says_nothing_of_what_it_is_about_is_refused() {
    let (app, _, client) = scene(POLL).await;
    let silent = client.ask(&app, |claims| drop(claims.as_object_mut().unwrap().remove("binding_message")));
    expect_error(silent.await, 400, "invalid_request");
}

#[tokio::test]
async fn ensure_other_scope_order_succeeds() {
    let (app, _, client) = scene(POLL).await;
    let id = auth_req_id(client.ask(&app, |claims| claims["scope"] = json!("email openid")).await);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    Tokens::of(client.poll(&app, &id).await);
}

#[tokio::test]
async fn ensure_requested_expiry_as_string_succeeds() {
    let (app, _, client) = scene(POLL).await;
    let answered = client.ask(&app, |claims| claims["requested_expiry"] = json!("30")).await.expect(200);
    assert_eq!(answered.json()["expires_in"], 30);
}

#[tokio::test]
async fn ensure_authorization_request_with_potentially_bad_binding_message() {
    let (app, _, client) = scene(POLL).await;
    let good = "1234 \u{1f44d}\u{1f3ff} \u{54c1}\u{5ddd} Lorem ipsum dolor sit amet, consectetur adipiscing elit";
    client.ask(&app, |claims| claims["binding_message"] = json!(good)).await.expect(200);
    let page = first_request(&app, &mut app.browser(), &app.notes.user).await.text();
    assert!(page.contains(&format!("<bdi>{good}</bdi>")), "shown as it came");
    for bad in ["two\nlines", "\u{202e}drawkcab", "", " ", &"x".repeat(300)] {
        let answered = client.ask(&app, |claims| claims["binding_message"] = json!(bad)).await;
        if bad.is_empty() {
            // An empty parameter is none, and this request says nothing else of what it is about.
            expect_error(answered, 400, "invalid_request");
        } else {
            expect_error(answered, 400, "invalid_binding_message");
        }
    }
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

#[tokio::test]
async fn ensure_authorization_request_with_multiple_hints_fails() {
    let (app, _, client) = scene(POLL).await;
    let tokens = client.tokens(&app).await;
    expect_error(client.ask(&app, |claims| claims["id_token_hint"] = json!(tokens.id())).await, 400, "invalid_request");
    let none = client.ask(&app, |claims| drop(claims.as_object_mut().unwrap().remove("login_hint")));
    expect_error(none.await, 400, "invalid_request");
    let alone = client.ask(&app, |claims| {
        claims.as_object_mut().unwrap().remove("login_hint");
        claims["id_token_hint"] = json!(tokens.id());
    });
    alone.await.expect(200);
}

#[tokio::test]
async fn ensure_wrong_auth_req_id_in_token_endpoint_request() {
    for variant in VARIANTS {
        let (app, plan, client) = scene(variant).await;
        let other = plan.client(&app, TWO, variant, |_| ()).await;
        let id = client.asked(&app).await;
        expect_error(other.poll(&app, &id).await, 400, "invalid_grant");
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        expect_error(other.poll(&app, &id).await, 400, "invalid_grant");
        Tokens::of(client.poll(&app, &id).await);
    }
}

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

fn is_refused(answered: &Answered) {
    let error = answered.json()["error"].as_str().unwrap().to_owned();
    assert!(
        [400, 401].contains(&answered.status) && ["invalid_request", "invalid_client"].contains(&&*error),
        "{}",
        answered.text()
    );
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

/// Whatever a client answers but a failure of its own, it is told once, nowhere else, and can fetch its tokens.
async fn answered_with(status: u16) {
    for has_assertion in [true, false] {
        let (app, _, client) = scene(Variant { has_assertion, ..PING }).await;
        client.rp.answer(status);
        let id = client.asked(&app).await;
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        app.clock.advance(Duration::from_mins(1));
        app.work().await;
        let told = client.rp.requests();
        assert_eq!(told.len(), 1, "{status}: {told:?}");
        Tokens::of(client.poll(&app, &id).await);
    }
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_response_has_body() {
    answered_with(200).await;
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_response_401() {
    answered_with(401).await;
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_response_403() {
    answered_with(403).await;
}

#[tokio::test]
async fn ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry() {
    answered_with(401).await;
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_return_redirect_request() {
    answered_with(301).await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_pinged_again_while_the_request_lasts() {
    let (app, _, client) = scene(PING).await;
    client.rp.answer(500);
    let id = client.asked(&app).await;
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    app.clock.advance(Duration::from_secs(30));
    app.work().await;
    assert_eq!(client.rp.requests().len(), 2);
    client.rp.answer(200);
    app.clock.advance(Duration::from_mins(5));
    app.work().await;
    assert!(client.rp.requests().is_empty(), "its time is over");
    expect_error(client.poll(&app, &id).await, 400, "expired_token");
}

#[tokio::test]
async fn ensure_unsigned_backchannel_authorization_request_fails() {
    for variant in VARIANTS {
        let (app, _, client) = scene(variant).await;
        let plain = [
            ("scope", "openid"),
            ("login_hint", app.notes.user.email.as_str()),
            ("client_notification_token", NOTIFICATION_TOKEN),
        ];
        expect_error(client.send(&app, "/oauth/bc-authorize", &plain).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn refresh_token() {
    for variant in VARIANTS {
        let (app, plan, client) = scene(variant).await;
        let other = plan.client(&app, TWO, variant, |_| ()).await;
        let tokens = client.tokens(&app).await;
        let form = [("grant_type", REFRESH_TOKEN), ("refresh_token", tokens.refresh())];
        expect_error(other.send(&app, "/oauth/token", &form).await, 400, "invalid_grant");
        let assertion = variant.has_assertion.then(|| client.prover.assertion(&app, |_| ()));
        is_refused(&client.send_with(&app, "/oauth/token", assertion.as_deref(), None, &form).await);
        let renewed = Tokens::of(client.send(&app, "/oauth/token", &form).await);
        assert_eq!(part(renewed.access(), 1)["cnf"]["x5t#S256"], client.certificate.thumbprint());
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
