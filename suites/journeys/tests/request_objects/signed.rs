//! Signed objects beyond the plan: in the address, as JSON, once, and whose they are.

use super::{free, is_page};
use jose::jws::sign;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, NONCE, Returned, STATE, authorize, silently, visit};
use suite_journeys::fapi::{ONE, register, signer};
use suite_journeys::pages::has_id;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, userinfo};
use testkit::{TestApp, databases};

#[tokio::test]
async fn an_object_in_the_address_works_where_it_need_not_be_pushed() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    let object = client.object(&app, &client.ask(), |_| ());
    let mut browser = app.browser();
    let returned = authorize(&app, &mut browser, &app.notes.user, &client.carrying(&object)).await;
    assert_eq!((returned.to.as_str(), returned.param("state")), (CALLBACK, STATE));
    let tokens = Tokens::of(client.redeem(&app, &returned.code()).await);
    assert_eq!(id_token_claims(&app, tokens.id()).await["nonce"], NONCE);
    let by_post = browser.post(&app.api("/oauth/authorize"), client.carrying(&object).pairs()).await.expect(303);
    Returned::of(&browser.follow(by_post).await).code();
}

#[tokio::test]
async fn every_parameter_can_stand_in_an_object_as_json() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    let object = client.object(&app, &client.ask(), |claims| {
        claims["max_age"] = json!(10_000);
        claims["claims"] = json!({ "userinfo": { "name": { "essential": true } } });
        claims["display"] = Value::Null;
    });
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &client.carrying(&object)).await;
    let tokens = Tokens::of(client.redeem(&app, &returned.code()).await);
    assert!(id_token_claims(&app, tokens.id()).await.contains_key("auth_time"));
    assert_eq!(userinfo(&app, tokens.access()).await.expect(200).json()["name"], "Demo User");
}

#[tokio::test]
async fn openid_connect_adds_a_fresh_state_to_an_object_that_says_none_and_nobody_else_does() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    let mut browser = app.browser();
    let claims = client.claims_of(&app, &client.ask().without("state"), |_| ());
    let (untyped, typed) =
        (sign(&client.key, "JWT", &claims).unwrap(), sign(&client.key, "oauth-authz-req+jwt", &claims).unwrap());
    let openid = |object: &str| {
        client
            .carrying(object)
            .with("response_type", "code")
            .with("scope", "openid")
            .with("state", "fresh")
            .with("nonce", "outer")
    };
    let returned = authorize(&app, &mut browser, &app.notes.user, &openid(&untyped)).await;
    assert_eq!(returned.param("state"), "fresh");
    let tokens = Tokens::of(client.redeem(&app, &returned.code()).await);
    assert_eq!(id_token_claims(&app, tokens.id()).await["nonce"], NONCE, "what the object says counts");
    for ask in [openid(&typed), openid(&untyped).without("scope"), openid(&untyped).without("response_type")] {
        let returned = authorize(&app, &mut browser, &app.notes.user, &ask).await;
        assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
    }
    let other = openid(&untyped).with("response_type", "id_token").with("redirect_uri", CALLBACK);
    silently(&app, &mut browser, &other).await.expect_error("invalid_request_object");
}

#[tokio::test]
async fn what_is_wrong_with_an_object_is_told_where_the_request_says_and_nowhere_else() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    let mut browser = app.browser();
    let expired = client.object(&app, &client.ask(), |claims| claims["exp"] = json!(1));
    let returned = silently(&app, &mut browser, &client.carrying(&expired)).await.expect_error("invalid_request_object");
    assert_eq!((returned.to.as_str(), returned.param("state")), (CALLBACK, STATE));
    for inner in ["https://attacker.example/cb", "javascript:alert(1)", ""] {
        let hostile = client.object(&app, &client.ask().with("redirect_uri", inner), |claims| claims["exp"] = json!(1));
        let page = visit(&app, &mut browser, &client.carrying(&hostile)).await;
        assert!(is_page(&page, "unregistered_redirect_uri") || is_page(&page, "invalid_request_object"), "{}", page.text());
        let signed = client.object(&app, &client.ask().with("redirect_uri", inner), |_| ());
        let page = visit(&app, &mut browser, &client.carrying(&signed)).await;
        assert!(inner.is_empty() || is_page(&page, "unregistered_redirect_uri"), "{}", page.text());
    }
    for broken in ["x", "x.y.z", "a.b.c.d.e", "....", "e30.e30.", &"x".repeat(10_000)] {
        let page = visit(&app, &mut browser, &client.carrying(broken)).await;
        assert!(is_page(&page, "invalid_request_object"), "{broken}: {}", page.text());
        let addressed = client.carrying(broken).with("redirect_uri", CALLBACK).with("state", "s");
        let returned = silently(&app, &mut browser, &addressed).await.expect_error("invalid_request_object");
        assert_eq!(returned.param("state"), "s");
    }
    let both = client.carrying(&client.object(&app, &client.ask(), |_| ())).with("request_uri", "https://client.example/r");
    let page = visit(&app, &mut browser, &both).await;
    assert!(is_page(&page, "invalid_request"), "{}", page.text());
}

#[tokio::test]
async fn a_client_that_must_sign_is_not_heard_without() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |metadata| {
        metadata.require_signed_request_object = true;
        metadata.require_pushed_authorization_requests = false;
    })
    .await;
    let mut browser = app.browser();
    silently(&app, &mut browser, &one.ask()).await.expect_error("invalid_request");
    let object = one.object(&app, &one.ask(), |_| ());
    let beside = one.ask().with("request", &object).with("state", "outside").with("scope", "openid email");
    let returned = authorize(&app, &mut browser, &app.notes.user, &beside).await;
    assert_eq!(returned.param("state"), STATE);
    assert!(!returned.code().is_empty());
}

#[tokio::test]
async fn attack_20_an_object_with_a_jti_is_used_once() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (one, client) = (signer(&app, ONE).await, free(&app).await);
        let object = one.object(&app, &one.ask(), |claims| claims["jti"] = json!("only-once"));
        one.push_object(&app, &object).await.expect(201);
        expect_error(one.push_object(&app, &object).await, 400, "invalid_request_object");
        // Another client's jti is another one.
        let object = client.object(&app, &client.ask(), |claims| claims["jti"] = json!("only-once"));
        assert!(has_id(&visit(&app, &mut app.browser(), &client.carrying(&object)).await, "sign-in-form"));
        silently(&app, &mut app.browser(), &client.carrying(&object)).await.expect_error("invalid_request_object");
        app.clock.advance(Duration::from_secs(400));
        silently(&app, &mut app.browser(), &client.carrying(&object)).await.expect_error("invalid_request_object");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attack_20_of_a_hundred_uses_of_one_object_one_wins() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let client = free(&app).await;
        let object = client.object(&app, &client.ask(), |claims| claims["jti"] = json!("only-once"));
        let path = client.carrying(&object).path(&app);
        let answers = at_once((0..100).map(|_| {
            let (app, path) = (app.clone(), path.clone());
            async move { app.get(&path).send().await.header("location").to_owned() }
        }))
        .await;
        let winners = answers.iter().filter(|location| location.contains("/signin?transaction=")).count();
        assert_eq!(winners, 1, "{database:?}: {answers:?}");
    }
}

#[tokio::test]
async fn an_object_of_another_organization_or_for_another_server_opens_nothing() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    let mut browser = app.browser();
    let elsewhere = format!("{}/orgs/other-corp", app.notes.base_url);
    for aud in [json!(elsewhere), json!([elsewhere]), json!("")] {
        let object = client.object(&app, &client.ask(), |claims| claims["aud"] = aud);
        silently(&app, &mut browser, &client.carrying(&object)).await.expect_error("invalid_request_object");
    }
}

#[tokio::test]
async fn a_client_without_keys_can_send_no_object() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    let object = client.object(&app, &client.ask(), |claims| {
        claims["iss"] = json!(app.notes.web_client.client_id);
        claims["client_id"] = json!(app.notes.web_client.client_id);
    });
    silently(&app, &mut app.browser(), &Ask::web(&app).with("request", &object)).await.expect_error("invalid_request_object");
}

#[tokio::test]
async fn discovery_says_how_objects_are_signed() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(
        (&document["request_parameter_supported"], &document["require_signed_request_object"]),
        (&json!(true), &json!(false))
    );
    let algorithms = document["request_object_signing_alg_values_supported"].as_array().unwrap();
    for name in ["RS256", "PS256", "ES256", "EdDSA"] {
        assert!(algorithms.contains(&json!(name)), "{name}");
    }
    assert!(!algorithms.contains(&json!("none")));
    let management = json!(["RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]);
    assert_eq!(document["request_object_encryption_alg_values_supported"], management);
    let content = json!(["A256GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512"]);
    assert_eq!(document["request_object_encryption_enc_values_supported"], content);
}
