//! Objects that are encrypted to a key of the organization.

use super::{free, is_page};
use jose::alg::Algorithm;
use jose::encoding::base64url;
use jose::jwe;
use jose::jwe::{ContentEncryption, EncryptionKey, KeyManagement};
use jose::jws::sign;
use jose::key::SigningKey;
use jose::random::SystemRng;
use oauth::ResponseType;
use serde_json::{Map, Value, json};
use std::time::Duration;
use suite_journeys::admin::call;
use suite_journeys::code::{authorize, silently, visit};
use suite_journeys::dynamic::{Newcomer, RETURN};
use suite_journeys::fapi::reference;
use suite_journeys::objects::Shelf;
use suite_journeys::tokens::published_keys;
use testkit::{TestApp, databases};

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
