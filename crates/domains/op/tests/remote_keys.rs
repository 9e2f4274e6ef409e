//! Keys that clients publish themselves.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::{Scopes, Secret};
use oauth::client::AuthMethod;
use op::provision::NewClient;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use support::{ISSUER, Reached, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ROBOT: &str = "client_robot";

/// Serves a key set; its address, and how often it was asked.
async fn publish(keys: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/keys", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{keys}", keys.len());
            tokio::spawn(async move {
                let mut request = [0; 2048];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (uri, asked)
}

async fn ask(world: &World, key: &SigningKey, jti: usize) -> Reached {
    let now = world.now().as_secs();
    let claims = json!({ "iss": ROBOT, "sub": ROBOT, "aud": ISSUER, "jti": format!("j{jti}"), "iat": now, "exp": now + 60 });
    let assertion = sign(key, "JWT", &claims).unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    world.post("/orgs/acme/api/v1/oauth/token", &[], &form).await
}

/// Twenty requests, each a step at a time, so that they meet in the middle.
async fn ask_together(world: &World, key: &SigningKey) -> Vec<Reached> {
    let mut running: Vec<_> = (0..20).map(|jti| Box::pin(ask(world, key, jti))).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        running.retain_mut(|one| match one.as_mut().poll(cx) {
            Poll::Ready(reached) => {
                done.push(reached);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}

#[tokio::test]
async fn however_many_ask_at_once_a_key_set_is_fetched_once() {
    let world = World::start().await;
    let key = SigningKey::generate(Algorithm::ES256, "robot").unwrap();
    let (uri, asked) = publish(json!({ "keys": [key.public()] }).to_string()).await;
    let mut robot = NewClient::service(ROBOT, "Robot", Secret::new(support::SECRET), Scopes::parse("reports:read").unwrap());
    robot.metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    robot.metadata.jwks_uri = Some(uri);
    robot.secret = None;
    world.add_client(robot).await;
    let answers = ask_together(&world, &key).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // Strangers who make up names of keys cause one more look in a minute, not one each.
    world.advance(61);
    let forged = SigningKey::generate(Algorithm::ES256, "forged").unwrap();
    let answers = ask_together(&world, &forged).await;
    assert!(answers.iter().all(|answer| answer.refusal() == (401, "invalid_client")), "{answers:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}
