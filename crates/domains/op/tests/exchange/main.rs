//! Token exchange (RFC 8693): who may act for whom, and what ends with what.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod agents;
mod clients;
mod ending;
mod refusals;
#[path = "../support/mod.rs"]
mod support;

use kernel::{AgentId, Scopes, Secret};
use oauth::client::ExchangeMode;
use oauth::token_exchange::GRANT_TYPE;
use op::clients::Agent;
use op::provision::{NewClient, create_agent};
use store::platform_sql;
use support::{Reached, SECRET, WEB, World, basic, text};

const TOKEN: &str = "/orgs/acme/api/v1/oauth/token";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID: &str = "urn:ietf:params:oauth:token-type:id_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const NOTES: &str = "https://notes.example/api";

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

/// An agent `agt_{name}` of client `client_{name}`.
async fn add_agent(world: &World, name: &'static str, capabilities: &'static str) {
    world
        .play(move |cx| {
            Box::pin(async move {
                let agent = Agent {
                    id: AgentId::from(format!("agt_{name}")),
                    name: name.to_owned(),
                    capabilities: scopes(capabilities),
                    budget_policy: None,
                };
                let secret = Secret::new(SECRET);
                let mut new = NewClient::service(format!("client_{name}"), name, secret, scopes(capabilities));
                new.metadata.audience_uris = vec![NOTES.to_owned()];
                let services = cx.services().clone();
                create_agent(&mut cx.tx, &services, &new, &agent, cx.now).await.map(drop)
            })
        })
        .await;
}

/// A confidential client that exchanges tokens for the resource server it is.
async fn add_gateway(world: &World, mode: ExchangeMode) {
    let mut gateway = NewClient::service("client_gateway", "Gateway", Secret::new(SECRET), scopes("openid email notes:write"));
    gateway.metadata.grant_types = vec![GRANT_TYPE.to_owned()];
    gateway.metadata.resource_uris = vec!["https://gateway.example".to_owned()];
    gateway.metadata.audience_uris = vec![NOTES.to_owned()];
    gateway.metadata.token_exchange = mode;
    world.add_client(gateway).await;
    world.change_client(WEB, |web| web.audience_uris = vec!["https://gateway.example".to_owned()]).await;
}

async fn allow(world: &World) {
    let sql = platform_sql!(
        "UPDATE organizations SET settings = '{\"oauth\":{\"token_exchange\":\"impersonation\"}}' WHERE slug = 'acme'"
    );
    world.change(sql).await;
}

/// The published clients' form: nobody authenticates.
async fn exchange(world: &World, subject: &str, more: &[(&str, &str)]) -> Reached {
    world.post(TOKEN, &[], &form(subject, ACCESS, more)).await
}

async fn exchange_as(world: &World, client: &str, subject: &str, kind: &str, more: &[(&str, &str)]) -> Reached {
    world.post(TOKEN, &[("authorization", &basic(client, SECRET))], &form(subject, kind, more)).await
}

fn form<'a>(subject: &'a str, kind: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [("grant_type", GRANT_TYPE), ("subject_token", subject), ("subject_token_type", kind)];
    usual.into_iter().chain(more.iter().copied()).collect()
}

/// A token for an agent that acts for whoever `subject` is about.
async fn delegated(world: &World, subject: &str, agent: &str) -> String {
    let reached = exchange(world, subject, &[("actor_token", agent), ("actor_token_type", ACCESS)]).await;
    assert_eq!(reached.status, 200, "{reached:?}");
    text(&reached.json, "access_token")
}

/// Whether a token opens anything: `UserInfo` and introspection must agree.
async fn is_alive(world: &World, token: &str) -> bool {
    let (opened, active) = (world.userinfo(token).await.status == 200, world.introspect(token).await["active"] == true);
    assert_eq!(opened, active, "two doors disagree about one token");
    opened
}
