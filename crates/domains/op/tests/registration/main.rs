//! Clients that register themselves, and who lets them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod documents;
mod management;
mod registrars;
mod secrets;
#[path = "../support/mod.rs"]
mod support;

use kernel::{Scopes, Secret};
use op::provision::NewClient;
use serde_json::{Value, json};
use std::task::Poll;
use support::{Reached, SECRET, World, text};

const REGISTER: &str = "/orgs/acme/api/v1/connect/register";
const TOKENS: &str = "/orgs/acme/api/v1/admin/initial-access-tokens";
const POLICY: &str = "/orgs/acme/api/v1/admin/settings/client-registration";
const TOKEN: &str = "/orgs/acme/api/v1/oauth/token";

/// The bearer line of a program that may administer what its scopes say.
async fn program(world: &World, scopes: &str) -> String {
    let id = format!("client_{}", scopes.replace([' ', ':'], "_"));
    let scopes = Scopes::parse(scopes).unwrap();
    world.add_client(NewClient::service(id.as_str(), "Program", Secret::new(SECRET), scopes)).await;
    format!("Bearer {}", world.client_token(&id).await)
}

async fn set_policy(world: &World, bearer: &str, policy: Value) {
    let reached = world.send_json("PUT", POLICY, &[("authorization", bearer)], &policy).await;
    assert_eq!(reached.status, 200, "{reached:?}");
}

/// A world in which anyone may register.
async fn open_world() -> World {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(&world, &admin, json!({ "mode": "open" })).await;
    world
}

fn plain() -> Value {
    json!({ "redirect_uris": ["https://client.example.org/callback"], "client_name": "My Example Client" })
}

#[allow(clippy::needless_pass_by_value, reason = "literals read better where they are used")]
fn with(more: Value) -> Value {
    let mut document = plain();
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

async fn register(world: &World, bearer: Option<&str>, document: &Value) -> Reached {
    let headers: Vec<(&str, &str)> = bearer.into_iter().map(|bearer| ("authorization", bearer)).collect();
    world.send_json("POST", REGISTER, &headers, document).await
}

/// A registered client: its id, its secret and the line that manages it.
async fn registered(world: &World, document: &Value) -> (String, String, String) {
    let reached = register(world, None, document).await;
    assert_eq!(reached.status, 201, "{reached:?}");
    let secret = reached.json["client_secret"].as_str().unwrap_or_default().to_owned();
    let manage = format!("Bearer {}", text(&reached.json, "registration_access_token"));
    (text(&reached.json, "client_id"), secret, manage)
}

async fn manage(world: &World, method: &str, id: &str, bearer: &str, document: Option<&Value>) -> Reached {
    let (path, headers) = (format!("{REGISTER}/{id}"), [("authorization", bearer)]);
    match document {
        Some(document) => world.send_json(method, &path, &headers, document).await,
        None => world.request(method, &path, &headers, Vec::new()).await,
    }
}

/// Run these a step at a time, so that they meet in the middle.
async fn together<F: Future>(asks: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = asks.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        running.retain_mut(|one| match one.as_mut().poll(cx) {
            Poll::Ready(outcome) => {
                done.push(outcome);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}
