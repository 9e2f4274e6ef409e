//! Which keys sign for which client.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use jose::alg::Algorithm;
use jose::jwks::Jwks;
use jose::jws::{Policy, verify_with_set};
use op::keys::RESPONSE_ALGORITHMS;
use serde_json::Value;
use std::collections::BTreeSet;
use std::task::Poll;
use store::platform_sql;
use support::{WEB, World, text};

const KEYS: &str = "/orgs/acme/api/v1/.well-known/jwks.json";

async fn published(world: &World) -> Value {
    world.get(KEYS, &[]).await.json
}

/// The web client's ID tokens are signed with this from now on.
async fn sign_with(world: &World, algorithm: Algorithm) {
    world.change_client(WEB, move |client| client.id_token_signed_response_alg = algorithm).await;
}

#[tokio::test]
async fn id_tokens_are_signed_as_the_client_asks_and_verify_with_the_published_keys() {
    for world in World::start_on_each().await {
        for algorithm in RESPONSE_ALGORITHMS {
            sign_with(&world, algorithm).await;
            let tokens = world.tokens("openid").await;
            let keys = Jwks::from_value(&published(&world).await).unwrap();
            // Only this algorithm: whatever else the key could do, its name stands for one.
            let id_token = verify_with_set(&text(&tokens, "id_token"), &keys, &[algorithm], &Policy::typ(&["JWT"])).unwrap();
            assert_eq!(id_token.claims["at_hash"], algorithm.half_hash(&text(&tokens, "access_token")), "{algorithm}");
            let kid = id_token.header.kid.unwrap();
            let named: Vec<_> = keys.keys().iter().filter(|key| key.kid.as_deref() == Some(&*kid)).collect();
            assert_eq!((named.len(), named[0].alg.as_deref()), (1, Some(algorithm.name())));
        }
    }
}

#[tokio::test]
async fn a_published_kid_stands_for_one_key_and_one_algorithm() {
    let world = World::start().await;
    let set = published(&world).await;
    let keys = set["keys"].as_array().unwrap();
    let names: BTreeSet<String> = keys.iter().map(|key| text(key, "kid")).collect();
    assert_eq!(names.len(), keys.len());
    let algorithms: BTreeSet<String> = keys.iter().map(|key| text(key, "alg")).collect();
    let expected = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"];
    assert_eq!(algorithms, expected.map(str::to_owned).into());
    assert!(keys.iter().all(|key| key["use"] == "sig"));
}

#[tokio::test]
async fn an_ed25519_key_is_made_once_and_only_when_a_client_asks_for_it() {
    for world in World::start_on_each().await {
        world.tokens("openid").await;
        assert!(!published(&world).await.to_string().contains("OKP"), "clients in use refuse a set with such a key");
        assert_eq!(world.count_events("keys.made").await, 0);
        sign_with(&world, Algorithm::EdDSA).await;
        let mut running: Vec<_> = (0..4).map(|_| Box::pin(world.tokens("openid"))).collect();
        std::future::poll_fn(|cx| {
            running.retain_mut(|one| one.as_mut().poll(cx).is_pending());
            if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let set = published(&world).await;
        assert_eq!(set["keys"].as_array().unwrap().iter().filter(|key| key["kty"] == "OKP").count(), 1);
        assert_eq!(world.count_events("keys.made").await, 1);
    }
}

#[tokio::test]
async fn a_key_made_for_one_rsa_algorithm_serves_all_of_them() {
    let world = World::start().await;
    world.change(platform_sql!("UPDATE signing_keys SET algorithm = 'PS256' WHERE algorithm = 'RS256'")).await;
    let set = published(&world).await;
    let bare = |alg: &str| {
        let key = set["keys"].as_array().unwrap().iter().find(|key| key["alg"] == alg).unwrap();
        !text(key, "kid").contains('.')
    };
    assert!(bare("PS256") && !bare("RS256"), "what it signed under its own name still verifies");
    for algorithm in [Algorithm::PS256, Algorithm::RS256] {
        sign_with(&world, algorithm).await;
        let keys = Jwks::from_value(&set).unwrap();
        let tokens = world.tokens("openid").await;
        assert!(verify_with_set(&text(&tokens, "id_token"), &keys, &[algorithm], &Policy::typ(&["JWT"])).is_ok());
    }
    assert_eq!(world.count_events("keys.made").await, 0);
}
