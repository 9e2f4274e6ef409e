//! Request objects by reference: clients say where an object lies instead of sending it. Modules of the OpenID Connect plans by their
//! names, and what goes wrong on the way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::digest::sha256;
use jose::encoding::base64url;
use jose::jws::sign;
use jose::key::SigningKey;
use oauth::client::AssertionAudience;
use oauth::{ClientMetadata, ResponseType};
use serde_json::json;
use std::time::Duration;
use suite_journeys::code::{Ask, CALLBACK, NONCE, Returned, STATE, authorize, silently, visit};
use suite_journeys::dynamic::Newcomer;
use suite_journeys::fapi::{ONE, register};
use suite_journeys::keys::Prover;
use suite_journeys::objects::Shelf;
use suite_journeys::pages::has_id;
use suite_journeys::tokens::{Tokens, expect_error, id_token_claims};
use testkit::{Answered, TestApp, databases};

/// For so long nobody asks again at a place that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// A client that keeps its objects there and is under no stricter rule, but for `change`.
async fn keeper_but(app: &TestApp, id: &str, uri: &str, change: impl FnOnce(&mut ClientMetadata)) -> Prover {
    register(app, id, |metadata| {
        metadata.assertion_audience = AssertionAudience::default();
        metadata.require_pushed_authorization_requests = false;
        metadata.requires_pkce = false;
        metadata.request_uris = vec![uri.to_owned()];
        change(metadata);
    })
    .await
}

async fn keeper(app: &TestApp, uri: &str) -> Prover {
    keeper_but(app, "client_keeper", uri, |_| ()).await
}

fn waits_for_sign_in(answered: &Answered) -> bool {
    answered.status == 200 && has_id(answered, "sign-in-form")
}

#[tokio::test]
async fn oidcc_request_uri_signed_rs256() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
        assert_eq!(
            (&document["request_uri_parameter_supported"], &document["require_request_uri_registration"]),
            (&json!(true), &json!(true))
        );
        assert!(document["request_object_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256")));

        let shelf = Shelf::empty().await;
        let key = SigningKey::generate(Algorithm::RS256, "rp-rsa").unwrap();
        let more = json!({ "request_uris": [shelf.uri], "request_object_signing_alg": "RS256" });
        let newcomer = Newcomer::with_key(&app, ResponseType::Code, key, more).await;
        // As the suite sends it: what OpenID Connect wants beside the object, and everything within.
        shelf.put(&sign(&newcomer.prover.key, "JWT", &newcomer.prover.claims_of(&app, &newcomer.ask(), |_| ())).unwrap());
        let ask = newcomer.ask().with("request_uri", &shelf.uri).without("state").without("nonce");
        let (returned, tokens) = newcomer.walk(&app, &mut app.browser(), &ask).await;
        assert_eq!(returned.param("state"), STATE);
        assert_eq!(id_token_claims(&app, tokens.unwrap().id()).await["nonce"], NONCE);
        assert_eq!(shelf.asked(), 1);
    }
}

#[tokio::test]
async fn oidcc_request_uri_unsigned() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client = keeper(&app, &shelf.uri).await;
    let claims = client.claims_of(&app, &client.ask(), |_| ());
    shelf.put(&format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(claims.to_string())));
    let ask = client.referring(&shelf.uri).with("redirect_uri", CALLBACK);
    silently(&app, &mut app.browser(), &ask).await.expect_error("request_uri_not_supported");
}

#[tokio::test]
async fn oidcc_ensure_request_object_with_redirect_uri() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let inner = "https://rp.example/inner";
    let client = keeper_but(&app, "client_keeper", &shelf.uri, |metadata| metadata.redirect_uris.push(inner.to_owned())).await;
    shelf.put(&client.object(&app, &client.ask().with("redirect_uri", inner), |_| ()));
    let ask = client.ask().with("request_uri", &shelf.uri);
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await;
    assert_eq!(returned.to, inner, "what was signed counts");
    shelf.put(&client.object(&app, &client.ask().with("redirect_uri", "https://attacker.example/cb"), |_| ()));
    let page = visit(&app, &mut app.browser(), &ask).await;
    assert!(page.status == 400 && page.header("location").is_empty() && has_id(&page, "error"), "{}", page.text());
}

#[tokio::test]
async fn client_and_address_alone_are_a_whole_request() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client = keeper_but(&app, "client_keeper", &shelf.uri, |metadata| metadata.require_signed_request_object = true).await;
    shelf.put(&format!("\n{}\r\n", client.object(&app, &client.ask(), |_| ())));
    let mut browser = app.browser();
    let returned = authorize(&app, &mut browser, &app.notes.user, &client.referring(&shelf.uri)).await;
    let tokens = Tokens::of(client.redeem(&app, &returned.code()).await);
    assert_eq!(id_token_claims(&app, tokens.id()).await["nonce"], NONCE);
    let posted = browser.post(&app.api("/oauth/authorize"), client.referring(&shelf.uri).pairs()).await.expect(303);
    assert!(!Returned::of(&browser.follow(posted).await).code().is_empty());
}

#[tokio::test]
async fn only_what_this_very_client_registered_is_asked_for() {
    let app = TestApp::start().await;
    let (shelf, other) = (Shelf::empty().await, Shelf::empty().await);
    let client = keeper(&app, &shelf.uri).await;
    let stranger = keeper_but(&app, "client_stranger", &other.uri, |_| ()).await;
    shelf.put(&client.object(&app, &client.ask(), |_| ()));
    other.put(&client.object(&app, &client.ask(), |_| ()));
    let mut browser = app.browser();
    for uri in [other.uri.clone(), format!("{}?x", shelf.uri), format!("{}/", shelf.uri), "urn:a:b".to_owned()] {
        let ask = client.referring(&uri).with("redirect_uri", CALLBACK).with("state", "s");
        let returned = silently(&app, &mut browser, &ask).await.expect_error("invalid_request_uri");
        assert_eq!(returned.param("state"), "s");
        let page = visit(&app, &mut browser, &client.referring(&uri)).await;
        assert!(page.status == 400 && page.header("location").is_empty(), "without an address the error is a page");
    }
    silently(&app, &mut browser, &stranger.referring(&shelf.uri).with("redirect_uri", CALLBACK))
        .await
        .expect_error("invalid_request_uri");
    assert_eq!((shelf.asked(), other.asked()), (0, 0));
    silently(&app, &mut browser, &stranger.referring(&other.uri)).await.expect_error("invalid_request_object");
    assert!(waits_for_sign_in(&visit(&app, &mut browser, &client.referring(&format!("{}#any", shelf.uri))).await));
}

#[tokio::test]
async fn an_object_of_another_client_or_organization_counts_for_nothing() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client = keeper(&app, &shelf.uri).await;
    let other = register(&app, ONE, |_| ()).await;
    let mut browser = app.browser();
    let ask = client.referring(&shelf.uri).with("redirect_uri", CALLBACK);
    let elsewhere = format!("{}/orgs/other-corp", app.notes.base_url);
    for object in [
        sign(&other.key, "JWT", &client.claims_of(&app, &client.ask(), |_| ())).unwrap(),
        other.object(&app, &other.ask(), |_| ()),
        client.object(&app, &client.ask(), |claims| claims["aud"] = json!(elsewhere)),
        client.object(&app, &client.ask(), |claims| claims["exp"] = json!(1)),
        client.object(&app, &client.ask().with("request_uri", &shelf.uri), |_| ()),
        "x.y.z".to_owned(),
        "<html></html>".to_owned(),
    ] {
        shelf.put(&object);
        silently(&app, &mut browser, &ask).await.expect_error("invalid_request_object");
    }
}

#[tokio::test]
async fn what_is_no_object_is_no_request() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client = keeper(&app, &shelf.uri).await;
    let ask = client.referring(&shelf.uri).with("redirect_uri", CALLBACK);
    let object = client.object(&app, &client.ask(), |_| ());
    let mut browser = app.browser();
    for (status, headers, body) in [
        ("404 Not Found", "", ""),
        ("500 Oh No", "", object.as_str()),
        ("201 Created", "", object.as_str()),
        ("200 OK", "", ""),
        ("200 OK", "", " \n"),
        ("200 OK", "", &"x".repeat(70_000)),
    ] {
        app.clock.advance(AFTER_FAILURE);
        shelf.answer(status, headers, body);
        let returned = silently(&app, &mut browser, &ask).await.expect_error("invalid_request_uri");
        assert!(!returned.param("error_description").contains(&shelf.uri), "{}", returned.url);
    }
    app.clock.advance(AFTER_FAILURE);
    for media in ["application/oauth-authz-req+jwt", "application/jwt", "text/plain", "application/octet-stream"] {
        shelf.answer("200 OK", &format!("content-type: {media}\r\n"), &object);
        assert!(waits_for_sign_in(&visit(&app, &mut browser, &ask).await), "{media}");
    }
    shelf.answer("200 OK", "", &object);
    assert!(waits_for_sign_in(&visit(&app, &mut browser, &ask).await), "without a type");
}

#[tokio::test]
async fn a_place_that_failed_is_left_alone_for_a_while_however_many_ask() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client = keeper(&app, &shelf.uri).await;
    let ask = client.referring(&shelf.uri).with("redirect_uri", CALLBACK);
    shelf.answer("503 Busy", "", "");
    for _ in 0..5 {
        silently(&app, &mut app.browser(), &ask).await.expect_error("invalid_request_uri");
    }
    assert_eq!(shelf.asked(), 1);
    app.clock.advance(AFTER_FAILURE);
    shelf.put(&client.object(&app, &client.ask(), |_| ()));
    assert!(waits_for_sign_in(&visit(&app, &mut app.browser(), &ask).await));
    assert_eq!(shelf.asked(), 2);
}

#[tokio::test]
async fn an_address_that_names_its_content_is_asked_once() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client = keeper(&app, &shelf.uri).await;
    let (first, second) =
        (client.object(&app, &client.ask(), |_| ()), client.object(&app, &client.ask().with("state", "second"), |_| ()));
    let named = |object: &str| format!("{}#{}", shelf.uri, base64url(sha256(object.as_bytes())));
    let mut browser = app.browser();
    shelf.put(&first);
    authorize(&app, &mut browser, &app.notes.user, &client.referring(&named(&first))).await.code();
    silently(&app, &mut browser, &client.referring(&named(&first))).await.code();
    assert_eq!(shelf.asked(), 1);

    shelf.put(&second);
    assert_eq!(silently(&app, &mut browser, &client.referring(&named(&second))).await.param("state"), "second");
    assert_eq!(
        silently(&app, &mut browser, &client.referring(&named(&first))).await.param("state"),
        STATE,
        "the old name, the old content"
    );
    assert_eq!(shelf.asked(), 2);
    for uri in [shelf.uri.clone(), format!("{}#not-its-hash", shelf.uri)] {
        let before = shelf.asked();
        for _ in 0..2 {
            assert_eq!(silently(&app, &mut browser, &client.referring(&uri)).await.param("state"), "second");
        }
        assert_eq!(shelf.asked(), before + 2, "{uri}");
    }
}

#[tokio::test]
async fn nobody_gets_around_pushing_or_around_the_rule_of_one_shape() {
    let app = TestApp::start().await;
    let shelf = Shelf::empty().await;
    let client =
        keeper_but(&app, "client_pusher", &shelf.uri, |metadata| metadata.require_pushed_authorization_requests = true).await;
    let object = client.object(&app, &client.ask(), |_| ());
    shelf.put(&object);
    let ask = client.referring(&shelf.uri).with("redirect_uri", CALLBACK);
    silently(&app, &mut app.browser(), &ask).await.expect_error("invalid_request");
    expect_error(client.push(&app, &Ask::default().with("request_uri", &shelf.uri)).await, 400, "invalid_request");
    let free = keeper_but(&app, "client_keeper", &shelf.uri, |_| ()).await;
    let both = free.referring(&shelf.uri).with("request", &object).with("redirect_uri", CALLBACK);
    silently(&app, &mut app.browser(), &both).await.expect_error("invalid_request");
    assert_eq!(shelf.asked(), 0);
}

#[tokio::test]
async fn attack_20_an_object_with_a_jti_is_used_once_wherever_it_lies() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let shelf = Shelf::empty().await;
        let client = keeper(&app, &shelf.uri).await;
        let object = client.object(&app, &client.ask(), |claims| claims["jti"] = json!("only-once"));
        shelf.put(&object);
        let mut browser = app.browser();
        assert!(waits_for_sign_in(&visit(&app, &mut browser, &client.referring(&shelf.uri)).await));
        silently(&app, &mut browser, &client.referring(&shelf.uri)).await.expect_error("invalid_request_object");
        silently(&app, &mut browser, &client.carrying(&object)).await.expect_error("invalid_request_object");
    }
}

#[tokio::test]
async fn attack_31_objects_are_not_fetched_from_inner_addresses() {
    let app = TestApp::start().await;
    let inner = [
        "https://10.0.0.1/r",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/r",
        "https://[::ffff:10.0.0.1]/r",
        "https://[fe80::1]/r",
        "https://[fd00::1]/r",
        "https://192.168.0.1:8443/r",
        "http://169.254.169.254/r",
    ];
    let keeps = |metadata: &mut ClientMetadata| metadata.request_uris = inner.map(str::to_owned).to_vec();
    let client = keeper_but(&app, "client_keeper", "", keeps).await;
    for uri in inner {
        let ask = client.referring(uri).with("redirect_uri", CALLBACK);
        let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("invalid_request_uri");
        assert_eq!(returned.param("error_description"), "No request object could be fetched from the request_uri.", "{uri}");
    }
}

#[tokio::test]
async fn attack_32_a_place_that_redirects_leads_nowhere() {
    let app = TestApp::start().await;
    let (shelf, inner) = (Shelf::empty().await, Shelf::empty().await);
    let client = keeper(&app, &shelf.uri).await;
    inner.put(&client.object(&app, &client.ask(), |_| ()));
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        app.clock.advance(AFTER_FAILURE);
        shelf.answer(status, &format!("location: {}\r\n", inner.uri), "");
        let ask = client.referring(&shelf.uri).with("redirect_uri", CALLBACK);
        silently(&app, &mut app.browser(), &ask).await.expect_error("invalid_request_uri");
    }
    assert_eq!((shelf.asked(), inner.asked()), (5, 0));
}
