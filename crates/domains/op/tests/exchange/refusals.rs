//! Who may not, and what is no token to exchange.

use super::{ACCESS, ID, JWT, TOKEN, add_agent, add_gateway, allow, delegated, exchange, exchange_as, form};
use crate::support::{SERVICE, SPA, WEB, World, claims, text};
use oauth::client::{AccessTokenFormat, ExchangeMode};
use serde_json::json;

#[tokio::test]
async fn attack_26_a_clients_own_token_is_no_authentication_of_it() {
    let world = World::start().await;
    add_gateway(&world, ExchangeMode::Impersonation).await;
    allow(&world).await;
    world.change_client("client_gateway", |gateway| gateway.grant_types.push("client_credentials".to_owned())).await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid email"), ("resource", "https://gateway.example")]).await;
    let meant = text(&world.redeem(&code).await.json, "access_token");
    let overheard = world.client_token("client_gateway").await;
    let actor = [("actor_token", &*overheard), ("actor_token_type", ACCESS)];
    assert_eq!(exchange(&world, &meant, &actor).await.refusal(), (401, "invalid_client"));
    assert_eq!(exchange_as(&world, "client_gateway", &meant, ACCESS, &actor).await.status, 200, "the client itself may");
}

#[tokio::test]
async fn attack_26_what_is_not_ours_not_alive_or_not_meant_for_the_caller_is_refused() {
    let world = World::start().await;
    add_agent(&world, "able", "openid email delegate:on_behalf").await;
    add_agent(&world, "unable", "openid email").await;
    add_gateway(&world, ExchangeMode::Impersonation).await;
    allow(&world).await;
    world.another_org("globex").await;
    world.change_client(WEB, |web| web.access_token_format = AccessTokenFormat::Opaque).await;
    let opaque = text(&world.tokens("openid").await, "access_token");
    world.change_client(WEB, |web| web.access_token_format = AccessTokenFormat::Jwt).await;
    let person = text(&world.tokens("openid email").await, "access_token");
    let (able, unable) = (world.client_token("agt_able").await, world.client_token("agt_unable").await);
    let service = world.client_token(SERVICE).await;
    let by = |actor: &str| vec![("actor_token".to_owned(), actor.to_owned()), ("actor_token_type".to_owned(), ACCESS.to_owned())];
    let forged = format!("{}x", &person[..person.len() - 1]);
    for (who, subject, kind, more, refusal) in [
        (None, &*person, ACCESS, vec![], (401, "invalid_client")),
        (None, &person, ACCESS, by("x"), (400, "invalid_grant")),
        (None, &person, ACCESS, by(&person), (401, "invalid_client")),
        (None, &person, ACCESS, by(&unable), (403, "delegation_not_allowed")),
        (None, &person, ACCESS, by(&service), (401, "invalid_client")),
        (None, "garbage", ACCESS, by(&able), (400, "invalid_grant")),
        (None, &forged, ACCESS, by(&able), (400, "invalid_grant")),
        (None, &opaque, JWT, by(&able), (400, "invalid_grant")),
        (None, &service, ACCESS, by(&able), (400, "invalid_request")),
        (None, &service, ACCESS, vec![], (401, "invalid_client")),
        (None, &able, "urn:x", vec![], (400, "invalid_request")),
        (None, &able, ID, vec![], (401, "invalid_client")),
        (Some("client_able"), &person, ACCESS, vec![], (400, "invalid_grant")),
        (Some("client_unable"), &person, ACCESS, vec![], (403, "delegation_not_allowed")),
        (Some("client_able"), &person, ACCESS, by(&unable), (400, "invalid_grant")),
        (Some("client_gateway"), &person, ACCESS, vec![], (400, "invalid_grant")),
        (Some("client_gateway"), &able, ACCESS, vec![], (400, "invalid_grant")),
        (Some("client_gateway"), &person, ACCESS, by(&able), (400, "invalid_grant")),
        (Some(SERVICE), &person, ACCESS, vec![], (400, "unauthorized_client")),
    ] {
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (&**name, &**value)).collect();
        let before = world.events().await.len();
        let reached = match who {
            Some(client) => exchange_as(&world, client, subject, kind, &more).await,
            None => world.post(TOKEN, &[], &form(subject, kind, &more)).await,
        };
        assert_eq!(reached.refusal(), refusal, "{who:?} {kind} {reached:?}");
        let events = world.events().await;
        assert_eq!(events.len(), before + 1, "every refusal is in the log, and nothing else");
        assert!(["tokens.exchange_refused", "requests.refused"].contains(&&*events[before].0), "{}", events[before].0);
    }
    let public = form(&person, ACCESS, &[("client_id", SPA)]);
    assert_eq!(world.post(TOKEN, &[], &public).await.refusal(), (400, "unauthorized_client"));
    let foreign = form(&person, ACCESS, &[("actor_token", &able), ("actor_token_type", ACCESS)]);
    let elsewhere = world.post("/orgs/globex/api/v1/oauth/token", &[], &foreign).await;
    assert_eq!(elsewhere.refusal(), (400, "invalid_grant"), "attack 25: at another organization");
}

#[tokio::test]
async fn whom_a_client_lets_act_is_said_in_its_tokens_and_kept_to() {
    let world = World::start().await;
    for name in ["friend", "other"] {
        add_agent(&world, name, "openid delegate:on_behalf").await;
    }
    world.change_client(WEB, |web| web.may_act = Some("agt_friend".to_owned())).await;
    let person = text(&world.tokens("openid").await, "access_token");
    assert_eq!(claims(&person)["may_act"], json!({ "sub": "agt_friend" }));
    assert_eq!(world.introspect(&person).await["may_act"], json!({ "sub": "agt_friend" }));
    let other = world.client_token("agt_other").await;
    let refused = exchange(&world, &person, &[("actor_token", &other), ("actor_token_type", ACCESS)]).await;
    assert_eq!(refused.refusal(), (403, "delegation_not_allowed"));
    let token = delegated(&world, &person, &world.client_token("agt_friend").await).await;
    assert_eq!(claims(&token)["act"]["sub"], "agent_agt_friend");
    let onward = exchange(&world, &token, &[("actor_token", &other), ("actor_token_type", ACCESS)]).await;
    assert_eq!(onward.refusal(), (403, "delegation_not_allowed"), "and the friend can't pass it on");
}
