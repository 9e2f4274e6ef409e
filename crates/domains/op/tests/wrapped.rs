//! Claims that reach a client signed, encrypted, or signed and then encrypted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use jose::alg::Algorithm;
use jose::jwe::{ContentEncryption, DecryptionKey, KeyManagement, decrypt};
use jose::jwks::Jwks;
use jose::jws::{Policy, Verified, verify_with_set};
use oauth::client::{Encryption, SubjectType};
use op::keys::RESPONSE_ALGORITHMS;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{ISSUER, Reached, SECRET, SERVICE, WEB, World, basic, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const INTROSPECT: &str = "/orgs/acme/api/v1/oauth/introspect";
const SOME: Encryption = Encryption { alg: KeyManagement::EcdhEsA256Kw, enc: ContentEncryption::A256Gcm };

fn set(keys: &[&DecryptionKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public().unwrap()).collect::<Vec<_>>() })
}

/// The web client publishes these keys.
async fn with_keys(world: &World, keys: Value) {
    world.change_client(WEB, move |client| client.jwks = Some(keys.clone())).await;
}

async fn verified(world: &World, token: &str, algorithm: Algorithm, typ: &str) -> Verified {
    let keys = Jwks::from_value(&world.get("/orgs/acme/api/v1/.well-known/jwks.json", &[]).await.json).unwrap();
    verify_with_set(token, &keys, &[algorithm], &Policy::typ(&[typ])).unwrap()
}

/// What is inside a token that was encrypted to this key.
fn opened(token: &str, key: &DecryptionKey, enc: ContentEncryption) -> (String, Option<String>) {
    let inside = decrypt(token, key, &[enc]).unwrap();
    assert_eq!(inside.header.kid.as_deref(), key.kid());
    (String::from_utf8(inside.plaintext.to_vec()).unwrap(), inside.header.cty)
}

#[tokio::test]
async fn an_id_token_is_signed_and_then_encrypted_with_every_pair_of_algorithms() {
    let world = World::start().await;
    for alg in KeyManagement::ASYMMETRIC {
        let key = DecryptionKey::generate(alg, "enc-1").unwrap();
        with_keys(&world, set(&[&key])).await;
        for enc in ContentEncryption::ALL {
            world.change_client(WEB, move |client| client.id_token_encryption = Some(Encryption { alg, enc })).await;
            let tokens = world.tokens("openid").await;
            let (inside, cty) = opened(&text(&tokens, "id_token"), &key, enc);
            assert_eq!(cty.as_deref(), Some("JWT"), "a nested token says so");
            let claims = verified(&world, &inside, Algorithm::RS256, "JWT").await.claims;
            assert_eq!(claims["sub"], world.user.id.as_str());
            assert_eq!(claims["at_hash"], Algorithm::RS256.half_hash(&text(&tokens, "access_token")));
        }
    }
}

#[tokio::test]
async fn a_refreshed_id_token_is_encrypted_too() {
    let world = World::start().await;
    let key = DecryptionKey::generate(SOME.alg, "enc-1").unwrap();
    with_keys(&world, set(&[&key])).await;
    world.change_client(WEB, |client| client.id_token_encryption = Some(SOME)).await;
    let refresh = text(&world.tokens("openid offline_access").await, "refresh_token");
    let (inside, _) = opened(&text(&world.refresh(&refresh).await.json, "id_token"), &key, SOME.enc);
    verified(&world, &inside, Algorithm::RS256, "JWT").await;
}

#[tokio::test]
async fn the_key_is_one_that_is_meant_for_it() {
    let world = World::start().await;
    world.change_client(WEB, |client| client.id_token_encryption = Some(SOME)).await;
    let generate = |alg, kid| DecryptionKey::generate(alg, kid).unwrap();
    let signing = jose::key::SigningKey::generate(Algorithm::ES256, "sig").unwrap();
    let (other, silent, meant) =
        (generate(KeyManagement::EcdhEs, "other-alg"), generate(SOME.alg, "silent"), generate(SOME.alg, "meant"));
    let mut bare = serde_json::to_value(silent.public().unwrap()).unwrap();
    bare.as_object_mut().unwrap().remove("use");
    bare.as_object_mut().unwrap().remove("alg");
    let keys = json!({ "keys": [signing.public(), other.public(), bare, meant.public()] });
    with_keys(&world, keys).await;
    opened(&text(&world.tokens("openid").await, "id_token"), &meant, SOME.enc);
    with_keys(&world, json!({ "keys": [signing.public(), other.public(), bare] })).await;
    opened(&text(&world.tokens("openid").await, "id_token"), &silent, SOME.enc);
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_in_the_clear_and_the_code_is_not_used_up() {
    let world = World::start().await;
    let refresh = text(&world.tokens("openid offline_access").await, "refresh_token");
    world.change_client(WEB, |client| client.id_token_encryption = Some(SOME)).await;
    let signing = jose::key::SigningKey::generate(Algorithm::ES256, "sig").unwrap();
    with_keys(&world, json!({ "keys": [signing.public()] })).await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid")]).await;
    assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_client_metadata"));
    assert_eq!(world.refresh(&refresh).await.refusal(), (400, "invalid_client_metadata"));
    let plain = world.code(&cookie, &[("scope", "email")]).await;
    assert_eq!(world.redeem(&plain).await.status, 200, "without an ID token nothing has to be encrypted");
    let key = DecryptionKey::generate(SOME.alg, "enc-1").unwrap();
    with_keys(&world, set(&[&key])).await;
    assert_eq!(world.redeem(&code).await.status, 200);
    assert_eq!(world.refresh(&refresh).await.status, 200);
}

/// Serves what is in the box; its address, and how often it was asked.
async fn publish(document: Arc<std::sync::Mutex<String>>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/keys", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let keys = document.lock().unwrap().clone();
            let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{keys}", keys.len());
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (uri, asked)
}

#[tokio::test]
async fn a_published_set_is_fetched_once_and_again_where_it_holds_no_fitting_key() {
    let world = World::start().await;
    let (first, second) =
        (DecryptionKey::generate(SOME.alg, "enc-1").unwrap(), DecryptionKey::generate(KeyManagement::EcdhEs, "enc-2").unwrap());
    let document = Arc::new(std::sync::Mutex::new(set(&[&first]).to_string()));
    let (uri, asked) = publish(document.clone()).await;
    world
        .change_client(WEB, move |client| {
            client.jwks_uri = Some(uri.clone());
            client.id_token_encryption = Some(SOME);
        })
        .await;
    for _ in 0..3 {
        opened(&text(&world.tokens("openid").await, "id_token"), &first, SOME.enc);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // The client goes over to another algorithm and publishes a key for it.
    *document.lock().unwrap() = set(&[&second]).to_string();
    let next = Encryption { alg: KeyManagement::EcdhEs, enc: SOME.enc };
    world.change_client(WEB, move |client| client.id_token_encryption = Some(next)).await;
    world.advance(61);
    opened(&text(&world.tokens("openid").await, "id_token"), &second, SOME.enc);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

fn is_jwt(reached: &Reached) -> bool {
    reached.status == 200 && reached.header("content-type") == Some("application/jwt")
}

#[tokio::test]
async fn userinfo_is_signed_as_the_client_asks() {
    let world = World::start().await;
    let access = text(&world.tokens("openid email").await, "access_token");
    let plain = world.userinfo(&access).await.json;
    for algorithm in RESPONSE_ALGORITHMS {
        world.change_client(WEB, move |client| client.userinfo_signed_response_alg = Some(algorithm)).await;
        let reached = world.userinfo(&access).await;
        assert!(is_jwt(&reached) && reached.header("cache-control") == Some("no-store"), "{reached:?}");
        let claims = verified(&world, &reached.html, algorithm, "JWT").await.claims;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &json!(WEB)));
        assert!(!claims.contains_key("nonce"));
        let mut expected = plain.clone();
        expected["iss"] = json!(ISSUER);
        expected["aud"] = json!(WEB);
        assert_eq!(Value::Object(claims), expected);
    }
}

#[tokio::test]
async fn userinfo_is_encrypted_alone_or_after_it_was_signed() {
    let world = World::start().await;
    let key = DecryptionKey::generate(SOME.alg, "enc-1").unwrap();
    with_keys(&world, set(&[&key])).await;
    let access = text(&world.tokens("openid email").await, "access_token");
    world.change_client(WEB, |client| client.userinfo_encryption = Some(SOME)).await;
    let alone = world.userinfo(&access).await;
    assert!(is_jwt(&alone), "{alone:?}");
    let (inside, cty) = opened(&alone.html, &key, SOME.enc);
    let claims: Value = serde_json::from_str(&inside).unwrap();
    assert_eq!((cty, &claims["iss"], &claims["aud"]), (None, &json!(ISSUER), &json!(WEB)));
    world.change_client(WEB, |client| client.userinfo_signed_response_alg = Some(Algorithm::PS256)).await;
    let nested = world.userinfo(&access).await;
    let (inside, cty) = opened(&nested.html, &key, SOME.enc);
    assert_eq!(cty.as_deref(), Some("JWT"));
    assert_eq!(Value::Object(verified(&world, &inside, Algorithm::PS256, "JWT").await.claims), claims);
    with_keys(&world, json!({ "keys": [] })).await;
    assert_eq!(world.userinfo(&access).await.refusal(), (400, "invalid_client_metadata"));
}

#[tokio::test]
async fn a_signed_userinfo_answer_is_no_id_token_hint() {
    let world = World::start().await;
    world.change_client(WEB, |client| client.userinfo_signed_response_alg = Some(Algorithm::RS256)).await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid")]).await;
    let access = text(&world.redeem(&code).await.json, "access_token");
    let answer = world.userinfo(&access).await.html;
    let reached = world.authorize(&cookie, &[("prompt", "none"), ("scope", "openid"), ("id_token_hint", &answer)]).await;
    assert_eq!(support::param(&reached.location(), "error").as_deref(), Some("invalid_request"));
}

async fn introspected(world: &World, token: &str, accept: &str) -> Reached {
    let headers = [("authorization", &*basic(SERVICE, SECRET)), ("accept", accept)];
    world.post(INTROSPECT, &headers, &[("token", token)]).await
}

#[tokio::test]
async fn introspection_answers_with_a_jwt_for_its_caller_where_that_is_accepted() {
    let world = World::start().await;
    let access = text(&world.tokens("openid email").await, "access_token");
    let plain = introspected(&world, &access, "application/json").await;
    assert_eq!(plain.json["active"], true);
    for (token, expected) in [(access.as_str(), plain.json.clone()), ("nonsense", json!({ "active": false }))] {
        let reached = introspected(&world, token, "application/token-introspection+jwt").await;
        assert_eq!(reached.header("content-type"), Some("application/token-introspection+jwt"));
        assert_eq!(reached.header("cache-control"), Some("no-store"));
        let claims = verified(&world, &reached.html, Algorithm::RS256, "token-introspection+jwt").await.claims;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &json!(SERVICE)));
        assert_eq!(claims["iat"], world.now().as_secs());
        assert_eq!(claims["token_introspection"], expected);
    }
}

#[tokio::test]
async fn introspection_answers_with_the_jwt_its_caller_is_registered_for() {
    let world = World::start().await;
    let access = text(&world.tokens("openid").await, "access_token");
    let key = DecryptionKey::generate(SOME.alg, "enc-1").unwrap();
    let keys = set(&[&key]);
    world
        .change_client(SERVICE, move |client| {
            client.jwks = Some(keys.clone());
            client.introspection_signed_response_alg = Some(Algorithm::ES384);
            client.introspection_encryption = Some(SOME);
            client.subject_type = SubjectType::Public;
        })
        .await;
    let reached = introspected(&world, &access, "*/*").await;
    let (inside, cty) = opened(&reached.html, &key, SOME.enc);
    assert_eq!(cty.as_deref(), Some("JWT"));
    let claims = verified(&world, &inside, Algorithm::ES384, "token-introspection+jwt").await.claims;
    assert_eq!(claims["token_introspection"]["sub"], world.user.id.as_str());
    let refused = world.post(INTROSPECT, &[("authorization", &basic(SERVICE, "wrong"))], &[("token", "x")]).await;
    assert_eq!(refused.refusal(), (401, "invalid_client"), "errors stay JSON");
}

#[tokio::test]
async fn discovery_lists_what_claims_can_be_wrapped_in() {
    let world = World::start().await;
    let document = world.get("/orgs/acme/.well-known/openid-configuration", &[]).await.json;
    let names = |list: &str| document[list].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>();
    for what in ["id_token", "userinfo", "introspection"] {
        let mut signing = names(&format!("{what}_signing_alg_values_supported"));
        assert_eq!(signing[0], "RS256");
        signing.sort_unstable();
        let mut all = RESPONSE_ALGORITHMS.map(Algorithm::name);
        all.sort_unstable();
        assert_eq!(signing, all, "{what}");
        let (alg, enc) =
            (KeyManagement::ASYMMETRIC.map(KeyManagement::name), ContentEncryption::ALL.map(ContentEncryption::name));
        assert_eq!(names(&format!("{what}_encryption_alg_values_supported")), alg);
        assert_eq!(names(&format!("{what}_encryption_enc_values_supported")), enc);
    }
}
