//! Request objects: the signed variants of the FAPI 2.0 plans and the modules of the OpenID Connect plans, by their names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jwe::{self, ContentEncryption, EncryptionKey, KeyManagement};
use jose::jwks::Jwks;
use jose::jws::sign;
use jose::key::SigningKey;
use jose::random::SystemRng;
use oauth::ResponseType;
use oauth::client::AssertionAudience;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::admin::call;
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, NONCE, Returned, STATE, authorize, silently, visit};
use suite_journeys::dynamic::{Newcomer, RETURN};
use suite_journeys::fapi::{ONE, TWO, reference, register, signer};
use suite_journeys::keys::Prover;
use suite_journeys::objects::Shelf;
use suite_journeys::pages::has_id;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims, published_keys, userinfo};
use testkit::{Answered, TestApp, databases};

fn is_page(answered: &Answered, code: &str) -> bool {
    answered.status == 400
        && answered.header("location").is_empty()
        && has_id(answered, "error")
        && answered.text().contains(code)
}

/// A client that may send objects but need not, and is under no stricter rule.
async fn free(app: &TestApp) -> Prover {
    register(app, "client_free", |metadata| {
        metadata.assertion_audience = AssertionAudience::default();
        metadata.require_pushed_authorization_requests = false;
        metadata.requires_pkce = false;
    })
    .await
}

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

fn without(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name).unwrap();
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

/// A client that says it encrypts its objects like this, and may keep one of them there.
async fn encrypting(app: &TestApp, alg: KeyManagement, uri: &str) -> Newcomer {
    let more = json!({ "request_object_encryption_alg": alg.name(), "request_uris": [uri] });
    Newcomer::register(app, ResponseType::Code, more).await
}

/// The published keys to encrypt to with an algorithm, as `EncryptionKey`s.
async fn recipients(app: &TestApp, alg: KeyManagement) -> Vec<EncryptionKey> {
    let keys = published_keys(app).await;
    keys.keys().iter().filter(|key| !key.may_verify()).filter_map(|key| EncryptionKey::new(key, alg).ok()).collect()
}

fn sealed_to(key: &EncryptionKey, enc: ContentEncryption, content: &str) -> String {
    let members = Map::from_iter([("cty".to_owned(), json!("JWT"))]);
    jwe::encrypt(key, enc, &members, content.as_bytes(), &SystemRng).unwrap()
}

#[tokio::test]
async fn an_object_can_be_encrypted_in_every_way_that_discovery_lists() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let shelf = Shelf::empty().await;
        for alg in KeyManagement::ASYMMETRIC {
            assert!(recipients(&app, alg).await.is_empty(), "nobody needed one yet");
        }
        encrypting(&app, KeyManagement::RsaOaep, &shelf.uri).await;
        let client = encrypting(&app, KeyManagement::EcdhEs, &shelf.uri).await;
        let mut browser = app.browser();
        for alg in KeyManagement::ASYMMETRIC {
            let keys = recipients(&app, alg).await;
            assert_eq!(keys.len(), 1, "{alg:?}");
            for enc in ContentEncryption::ALL {
                let state = format!("{} {}", alg.name(), enc.name());
                let signed = client.prover.object(&app, &client.ask().with("state", &state), |_| ());
                let object = sealed_to(&keys[0], enc, &signed);
                let returned = authorize(&app, &mut browser, &app.notes.user, &client.prover.carrying(&object)).await;
                assert_eq!(returned.param("state"), state);
                assert!(!returned.code().is_empty());
            }
        }
        let signed = client.prover.object(&app, &client.ask(), |_| ());
        let object = sealed_to(&recipients(&app, KeyManagement::RsaOaep256).await[0], ContentEncryption::A256Gcm, &signed);
        shelf.put(&object);
        silently(&app, &mut browser, &client.prover.referring(&shelf.uri)).await.code();
        let request_uri = reference(client.prover.push_object(&app, &object).await);
        silently(&app, &mut browser, &client.prover.referring(&request_uri)).await.code();
        silently(&app, &mut browser, &client.prover.carrying(&signed)).await.code();
    }
}

#[tokio::test]
async fn attack_another_clients_encrypted_object_is_not_read_to_whoever_found_it() {
    let app = TestApp::start().await;
    let uri = "https://rp.example/r";
    let (owner, finder) =
        (encrypting(&app, KeyManagement::EcdhEs, uri).await, encrypting(&app, KeyManagement::EcdhEs, uri).await);
    let key = &recipients(&app, KeyManagement::EcdhEs).await[0];
    let signed = owner.prover.object(&app, &owner.ask().with("state", "between-us"), |_| ());
    let found = sealed_to(key, ContentEncryption::A256Gcm, &signed);
    let mut browser = app.browser();
    let asked = finder.prover.carrying(&found).with("redirect_uri", RETURN);
    let returned = silently(&app, &mut browser, &asked).await.expect_error("invalid_request_object");
    assert!(!returned.url.contains("between-us"), "{}", returned.url);
    let page = visit(&app, &mut browser, &finder.prover.carrying(&found)).await;
    assert!(is_page(&page, "invalid_request_object"), "nor where it would have led: {}", page.text());
}

#[tokio::test]
async fn attack_16_what_is_encrypted_is_not_signed_for_that() {
    let app = TestApp::start().await;
    let client = encrypting(&app, KeyManagement::EcdhEs, "https://rp.example/r").await;
    let key = &recipients(&app, KeyManagement::EcdhEs).await[0];
    let claims = client.prover.claims_of(&app, &client.ask(), |_| ());
    let unsigned = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string()));
    let signed = client.prover.object(&app, &client.ask(), |_| ());
    let other = sign(&SigningKey::generate(Algorithm::ES256, "other").unwrap(), "JWT", &claims).unwrap();
    let twice = sealed_to(key, ContentEncryption::A128Gcm, &signed);
    let outer = |object: &str| client.prover.carrying(object).with("redirect_uri", suite_journeys::dynamic::RETURN);
    for (content, error) in [
        (unsigned.as_str(), "request_not_supported"),
        (&claims.to_string(), "invalid_request_object"),
        (&other, "invalid_request_object"),
        (&twice, "invalid_request_object"),
        ("", "invalid_request_object"),
    ] {
        let object = sealed_to(key, ContentEncryption::A128Gcm, content);
        silently(&app, &mut app.browser(), &outer(&object)).await.expect_error(error);
    }
    let good = sealed_to(key, ContentEncryption::A128Gcm, &signed);
    let (rest, _) = good.rsplit_once('.').unwrap();
    let mut told = Vec::new();
    for broken in [format!("{rest}.{}", base64url([7; 16])), good.replacen('.', ".AAAA", 1), "e30....".to_owned()] {
        let returned = silently(&app, &mut app.browser(), &outer(&broken)).await.expect_error("invalid_request_object");
        told.push(returned.param("error_description").to_owned());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn keys_to_encrypt_to_are_rotated_like_all_others_and_decrypt_until_nobody_can_know_them() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let client = encrypting(&app, KeyManagement::EcdhEs, "https://rp.example/r").await;
        let rotate = |body: Value| {
            let app = &app;
            async move { call(app, "POST", "/admin/signing-keys/rotate", Some(&body)).await.expect(200).json() }
        };
        let mut browser = app.browser();
        let ask = |key: &EncryptionKey| {
            let signed = client.prover.object(&app, &client.ask(), |_| ());
            let outer = client.prover.carrying(&sealed_to(key, ContentEncryption::A256Gcm, &signed));
            outer.with("redirect_uri", suite_journeys::dynamic::RETURN)
        };
        let old = recipients(&app, KeyManagement::EcdhEs).await.remove(0);
        authorize(&app, &mut browser, &app.notes.user, &ask(&old)).await.code();

        let listed = rotate(json!({})).await;
        let kinds = |listed: &Value, state: &str| {
            let keys = listed["data"].as_array().unwrap().iter();
            keys.filter(|key| key["state"] == state && key["kind"] == "P-256 (encryption)").count()
        };
        assert_eq!((kinds(&listed, "active"), kinds(&listed, "next")), (1, 1));
        for key in &recipients(&app, KeyManagement::EcdhEs).await {
            silently(&app, &mut browser, &ask(key)).await.code();
        }
        app.clock.advance(Duration::from_hours(1));
        assert_eq!(kinds(&rotate(json!({})).await, "retired"), 1);
        let new = recipients(&app, KeyManagement::EcdhEs).await;
        assert!(new.len() == 1 && new[0].kid() != old.kid(), "what retired is not published");
        authorize(&app, &mut browser, &app.notes.user, &ask(&old)).await.code();
        authorize(&app, &mut browser, &app.notes.user, &ask(&new[0])).await.code();

        rotate(json!({ "compromised": true })).await;
        for key in [&old, &new[0]] {
            silently(&app, &mut browser, &ask(key)).await.expect_error("invalid_request_object");
        }
        let newest = recipients(&app, KeyManagement::EcdhEs).await;
        authorize(&app, &mut browser, &app.notes.user, &ask(&newest[0])).await.code();
    }
}

#[tokio::test]
async fn an_administrator_who_changes_a_client_makes_the_key_it_needs() {
    let app = TestApp::start().await;
    let client = free(&app).await;
    assert!(recipients(&app, KeyManagement::EcdhEs).await.is_empty());
    let change = json!({ "requestObjectEncryptionAlg": "ECDH-ES", "requestObjectEncryptionEnc": "A256GCM" });
    call(&app, "PATCH", &format!("/admin/clients/{}", client.id), Some(&change)).await.expect(200);
    let key = recipients(&app, KeyManagement::EcdhEs).await.remove(0);
    let object = sealed_to(&key, ContentEncryption::A256Gcm, &client.object(&app, &client.ask(), |_| ()));
    authorize(&app, &mut app.browser(), &app.notes.user, &client.carrying(&object)).await.code();
}
