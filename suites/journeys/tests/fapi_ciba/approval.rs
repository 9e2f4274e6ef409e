//! From discovery to tokens, and what else comes of a request.

use super::{ONE, POLL, TWO, is_refused, scene};
use oauth::client::DeliveryMode;
use oauth::grant::{CIBA, REFRESH_TOKEN};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::at_once;
use suite_journeys::ciba::{NOTIFICATION_TOKEN, Plan, VARIANTS, auth_req_id, decide, first_request};
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, part};
use testkit::{TestApp, databases};

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
