//! Token exchange (RFC 8693): who may act for whom, and what ends with what.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use kernel::{AgentId, Scopes, Secret};
use oauth::ClientMetadata;
use oauth::client::{AccessTokenFormat, ExchangeMode};
use oauth::token_exchange::GRANT_TYPE;
use op::clients::Agent;
use op::provision::{NewClient, create_agent};
use serde_json::{Value, json};
use std::time::Duration;
use store::platform_sql;
use support::{Reached, SECRET, SERVICE, SPA, WEB, World, basic, claims, text};

const TOKEN: &str = "/orgs/acme/api/v1/oauth/token";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";
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

#[tokio::test]
async fn an_agent_acts_for_a_person_with_two_tokens_and_no_secret() {
    for world in World::start_on_each().await {
        add_agent(&world, "scout", "openid email notes:write delegate:on_behalf").await;
        let person = world.tokens("openid email profile offline_access").await;
        let agent = world.client_token("agt_scout").await;
        let actor = [("actor_token", &*agent), ("actor_token_type", ACCESS)];
        let reached = exchange(&world, &text(&person, "access_token"), &actor).await;
        assert_eq!(reached.status, 200, "{reached:?}");
        assert_eq!(reached.header("cache-control"), Some("no-store"));
        assert_eq!((&reached.json["issued_token_type"], &reached.json["token_type"]), (&json!(ACCESS), &json!("Bearer")));
        assert_eq!(reached.json["scope"], "email openid", "what both have");
        assert!(reached.json.get("refresh_token").is_none() && reached.json.get("id_token").is_none());
        let token = text(&reached.json, "access_token");
        let said = claims(&token);
        assert_eq!(said["sub"], world.user.id.as_str());
        assert_eq!((&said["act"], &said["aud"]), (&json!({ "sub": "agent_agt_scout" }), &json!("agt_scout")));
        assert_eq!(said["client_id"], "client_scout");
        assert_eq!(said["auth_time"], claims(&text(&person, "access_token"))["auth_time"]);

        let info = world.userinfo(&token).await;
        assert_eq!((info.status, &info.json["email"]), (200, &json!("mia@example.com")));
        assert_eq!(info.json["act"]["sub"], "agent_agt_scout");
        let shown = world.introspect(&token).await;
        assert_eq!((&shown["sub"], &shown["act"]["sub"]), (&json!(world.user.id.as_str()), &json!("agent_agt_scout")));

        let events = world.events().await;
        let (name, leaf) = events.last().unwrap();
        assert_eq!(name, "tokens.exchanged");
        let leaf = leaf.to_string();
        for part in ["delegation", "agent_agt_scout", "client_scout", WEB, said["jti"].as_str().unwrap(), world.user.id.as_str()]
        {
            assert!(leaf.contains(part), "{part} in {leaf}");
        }
        assert!(!leaf.contains(&token) && !leaf.contains(&agent));
    }
}

#[tokio::test]
async fn agents_pass_on_what_they_were_given_three_deep_and_no_further() {
    for world in World::start_on_each().await {
        for name in ["a", "b", "c", "d"] {
            add_agent(&world, name, "openid email notes:write delegate:on_behalf").await;
        }
        let person = world.tokens("openid email notes:write").await;
        let mut token = text(&person, "access_token");
        let mut expected = Vec::new();
        for name in ["agt_a", "agt_b", "agt_c"] {
            token = delegated(&world, &token, &world.client_token(name).await).await;
            expected.insert(0, format!("agent_{name}"));
            let mut chain = Vec::new();
            let said = claims(&token);
            let mut act = &said["act"];
            while let Some(sub) = act["sub"].as_str() {
                chain.push(sub.to_owned());
                act = &act["act"];
            }
            assert_eq!(chain, expected, "outermost first");
            assert!(said["exp"].as_i64() <= claims(&text(&person, "access_token"))["exp"].as_i64());
        }
        let last = world.client_token("agt_d").await;
        let before = world.events().await.len();
        let reached = exchange(&world, &token, &[("actor_token", &last), ("actor_token_type", ACCESS)]).await;
        assert_eq!(reached.refusal(), (403, "delegation_depth_exceeded"), "{reached:?}");
        let events = world.events().await;
        assert_eq!(events.len(), before + 1);
        assert_eq!(events[before].0, "tokens.exchange_refused");
        assert!(events[before].1.to_string().contains("delegation_depth_exceeded"));
    }
}

#[tokio::test]
async fn a_gateway_exchanges_what_was_meant_for_it() {
    for world in World::start_on_each().await {
        add_gateway(&world, ExchangeMode::Delegation).await;
        let cookie = world.sign_in(&world.user).await;
        let ask = [("scope", "openid email notes:write"), ("resource", "https://gateway.example")];
        let code = world.code(&cookie, &ask).await;
        let subject = text(&world.redeem(&code).await.json, "access_token");
        let go = [("resource", NOTES), ("scope", "notes:write"), ("audience", "ignored")];
        let off = exchange_as(&world, "client_gateway", &subject, ACCESS, &go).await;
        assert_eq!(off.refusal(), (400, "unauthorized_client"), "nothing is exchanged unless the organization has it so");
        allow(&world).await;
        let reached = exchange_as(&world, "client_gateway", &subject, JWT, &go).await;
        assert_eq!(reached.status, 200, "{reached:?}");
        let said = claims(&text(&reached.json, "access_token"));
        assert_eq!((&said["aud"], &said["scope"]), (&json!(NOTES), &json!("notes:write")));
        assert_eq!(said["act"], json!({ "sub": "client_client_gateway" }));
        world.change_client("client_gateway", |client| client.token_exchange = ExchangeMode::Impersonation).await;
        let reached = exchange_as(&world, "client_gateway", &subject, ACCESS, &go).await;
        assert!(claims(&text(&reached.json, "access_token")).get("act").is_none());
        assert_eq!(world.events().await.last().unwrap().1.to_string().matches("impersonation").count(), 1);
        let own = exchange_as(&world, WEB, &subject, ACCESS, &[]).await;
        assert_eq!(own.refusal(), (400, "unauthorized_client"), "the holder isn't registered for it");
    }
}

#[tokio::test]
async fn a_scope_that_a_client_was_deprived_of_is_not_passed_on() {
    let world = World::start().await;
    add_gateway(&world, ExchangeMode::Delegation).await;
    allow(&world).await;
    let cookie = world.sign_in(&world.user).await;
    let ask = [("scope", "openid email notes:write"), ("resource", "https://gateway.example")];
    let subject = text(&world.redeem(&world.code(&cookie, &ask).await).await.json, "access_token");
    world.change_client(WEB, |web| web.scopes = scopes("openid email")).await;
    let gone = exchange_as(&world, "client_gateway", &subject, ACCESS, &[("resource", NOTES), ("scope", "notes:write")]).await;
    assert_eq!(gone.refusal(), (400, "invalid_scope"));
    let kept = exchange_as(&world, "client_gateway", &subject, ACCESS, &[("resource", NOTES), ("scope", "email")]).await;
    assert_eq!((kept.status, &kept.json["scope"]), (200, &json!("email")), "{kept:?}");
}

#[tokio::test]
async fn an_agent_gets_a_token_for_one_server_with_nothing_but_its_own() {
    let world = World::start().await;
    add_agent(&world, "scout", "notes:write").await;
    let own = world.client_token("agt_scout").await;
    let reached = exchange(&world, &own, &[("audience", NOTES), ("resource", NOTES)]).await;
    assert_eq!(reached.status, 200, "{reached:?}");
    let token = text(&reached.json, "access_token");
    assert_eq!((&claims(&token)["aud"], &claims(&token)["sub"]), (&json!(NOTES), &json!("client_scout")));
    assert_eq!(world.introspect(&token).await["active"], true);
    assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"), "it is for that server, and not for this one");
    assert_eq!(world.revoke("client_scout", &own).await.status, 200);
    assert_eq!(world.introspect(&token).await["active"], false, "it ends with the token it was made from");
    let elsewhere = exchange(&world, &world.client_token("agt_scout").await, &[("resource", "https://evil.example")]).await;
    assert_eq!(elsewhere.refusal(), (400, "invalid_target"));
}

#[tokio::test]
async fn refresh_and_id_tokens_are_exchanged_by_the_client_they_were_made_for() {
    for world in World::start_on_each().await {
        allow(&world).await;
        world.change_client(WEB, |web| web.grant_types.push(GRANT_TYPE.to_owned())).await;
        add_gateway(&world, ExchangeMode::Impersonation).await;
        let person = world.tokens("openid email offline_access").await;
        let (refresh, id) = (text(&person, "refresh_token"), text(&person, "id_token"));
        for (token, kind) in [(&refresh, REFRESH), (&id, ID)] {
            let reached = exchange_as(&world, WEB, token, kind, &[("scope", "openid")]).await;
            assert_eq!(reached.status, 200, "{kind} {reached:?}");
            let said = claims(&text(&reached.json, "access_token"));
            assert_eq!((&said["sub"], &said["scope"]), (&json!(world.user.id.as_str()), &json!("openid")), "{kind}");
            assert!(said.get("act").is_none(), "the holder acts for itself");
            let beyond = exchange_as(&world, WEB, token, kind, &[("scope", "openid profile")]).await;
            assert_eq!(beyond.refusal(), (400, "invalid_scope"), "{kind}");
            let stranger = exchange_as(&world, "client_gateway", token, kind, &[]).await;
            assert_eq!(stranger.refusal(), (400, "invalid_grant"), "{kind}");
            let mistaken = exchange_as(&world, WEB, token, ACCESS, &[]).await;
            assert_eq!(mistaken.refusal(), (400, "invalid_grant"), "{kind} as an access token");
        }
        let access = text(&person, "access_token");
        for kind in [ID, REFRESH] {
            assert_eq!(exchange_as(&world, WEB, &access, kind, &[]).await.refusal(), (400, "invalid_grant"), "{kind}");
        }
        let from_id = text(&exchange_as(&world, WEB, &id, ID, &[]).await.json, "access_token");
        assert_eq!(world.refresh(&refresh).await.status, 200);
        let rotated = exchange_as(&world, WEB, &refresh, REFRESH, &[]).await;
        assert_eq!(rotated.refusal(), (400, "invalid_grant"), "a replaced refresh token");
        assert!(is_alive(&world, &from_id).await);
        world
            .change(platform_sql!(
                "UPDATE grant_families SET revoked_at = 1 WHERE client_id = 'client_web' AND scopes LIKE '%offline%'"
            ))
            .await;
        assert!(!is_alive(&world, &from_id).await, "an ID token stands for the grant it came with");
        assert_eq!(exchange_as(&world, WEB, &id, ID, &[]).await.refusal(), (400, "invalid_grant"));
    }
}

#[tokio::test]
async fn an_id_token_stands_for_no_exchanged_token() {
    for world in World::start_on_each().await {
        allow(&world).await;
        world.change_client(WEB, |web| web.grant_types.push(GRANT_TYPE.to_owned())).await;
        let person = world.tokens("openid email").await;
        let (access, id) = (text(&person, "access_token"), text(&person, "id_token"));
        world.clock.advance(Duration::from_millis(100));
        let narrow = exchange_as(&world, WEB, &access, ACCESS, &[("scope", "openid")]).await;
        let of_id = exchange_as(&world, WEB, &id, ID, &[]).await;
        assert_eq!(of_id.json["scope"], "email openid", "the grant's, and not those of what was made from it");
        let of_id = text(&of_id.json, "access_token");
        assert_eq!(world.revoke(WEB, &text(&narrow.json, "access_token")).await.status, 200);
        assert!(is_alive(&world, &of_id).await);
        let grant = platform_sql!("UPDATE grant_families SET revoked_at = 1 WHERE id NOT IN (SELECT token FROM token_origins)");
        world.change(grant).await;
        assert!(!is_alive(&world, &of_id).await, "it ends with its grant");
    }
}

#[tokio::test]
async fn an_id_token_of_a_grant_for_certain_servers_leads_to_no_others() {
    const OTHER: &str = "https://other.example";
    for world in World::start_on_each().await {
        allow(&world).await;
        let set_up = |web: &mut ClientMetadata| {
            web.grant_types.push(GRANT_TYPE.to_owned());
            web.audience_uris = vec![NOTES.to_owned(), OTHER.to_owned()];
        };
        world.change_client(WEB, set_up).await;
        let cookie = world.sign_in(&world.user).await;
        let code = world.code(&cookie, &[("scope", "openid email offline_access"), ("resource", NOTES)]).await;
        let person = world.redeem(&code).await.json;
        let renewed = world.refresh(&text(&person, "refresh_token")).await.json;
        for id in [text(&person, "id_token"), text(&renewed, "id_token")] {
            let elsewhere = exchange_as(&world, WEB, &id, ID, &[("resource", OTHER)]).await;
            assert_eq!(elsewhere.refusal(), (400, "invalid_target"));
            for more in [&[][..], &[("resource", NOTES)]] {
                let reached = exchange_as(&world, WEB, &id, ID, more).await;
                assert_eq!(claims(&text(&reached.json, "access_token"))["aud"], NOTES, "{reached:?}");
            }
        }
        let free = text(&world.tokens("openid").await, "id_token");
        assert_eq!(
            exchange_as(&world, WEB, &free, ID, &[("resource", OTHER)]).await.status,
            200,
            "a grant for none in particular"
        );
        world.change(platform_sql!("UPDATE grant_families SET resources = NULL")).await;
        let unknown = exchange_as(&world, WEB, &free, ID, &[]).await;
        assert_eq!(unknown.refusal(), (400, "invalid_grant"), "a grant of before that was written down");
    }
}

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
async fn what_was_made_in_a_session_ends_with_it() {
    for world in World::start_on_each().await {
        allow(&world).await;
        world.change_client(WEB, |web| web.grant_types.push(GRANT_TYPE.to_owned())).await;
        add_agent(&world, "scout", "openid email delegate:on_behalf").await;
        let person = world.tokens("openid email").await;
        let (access, id) = (text(&person, "access_token"), text(&person, "id_token"));
        let of_agent = delegated(&world, &access, &world.client_token("agt_scout").await).await;
        let of_id = text(&exchange_as(&world, WEB, &id, ID, &[]).await.json, "access_token");
        assert_eq!(claims(&of_agent)["sid"], claims(&access)["sid"]);
        let user = world.user.id.clone();
        world
            .play(move |cx| {
                let user = user.clone();
                Box::pin(async move { identity::sessions::end_all_of_user(&mut cx.tx, &user, cx.now).await.map(drop) })
            })
            .await;
        assert!(!is_alive(&world, &of_agent).await && !is_alive(&world, &of_id).await);
        assert_eq!(exchange_as(&world, WEB, &id, ID, &[]).await.refusal(), (400, "invalid_grant"));
    }
}

#[tokio::test]
async fn an_exchanged_token_ends_with_every_token_it_descends_from() {
    const WAYS: &[(&str, store::PlatformSql)] = &[
        ("the person is blocked", platform_sql!("UPDATE users SET is_blocked = 1")),
        ("what was issued to the person is void", platform_sql!("UPDATE users SET tokens_not_before = 1795420999000000")),
        (
            "what the organization issued is void",
            platform_sql!("UPDATE organizations SET tokens_not_before = 1795420999000000 WHERE slug = 'acme'"),
        ),
        ("the first grant is revoked", platform_sql!("UPDATE grant_families SET revoked_at = 1 WHERE client_id = 'client_web'")),
        (
            "the token in between is revoked",
            platform_sql!("UPDATE grant_families SET revoked_at = 1 WHERE client_id = 'client_a'"),
        ),
        ("the first client is switched off", platform_sql!("UPDATE clients SET is_active = 0 WHERE id = 'client_web'")),
        ("the agent in between is suspended", platform_sql!("UPDATE agents SET status = 'suspended' WHERE id = 'agt_a'")),
        ("the last agent is suspended", platform_sql!("UPDATE agents SET status = 'suspended' WHERE id = 'agt_b'")),
    ];
    for (what, sql) in WAYS {
        for world in World::start_on_each().await {
            // Introspection is asked as the web client, which one of the ways switches off.
            let (_, last) = passed_on(&world).await;
            assert_eq!(world.userinfo(&last).await.status, 200);
            world.change(*sql).await;
            assert_eq!(world.userinfo(&last).await.status, 401, "{what}");
        }
    }
}

/// A person's token, and what became of it in the hands of two agents.
async fn passed_on(world: &World) -> (Value, String) {
    for name in ["a", "b"] {
        add_agent(world, name, "openid email delegate:on_behalf").await;
    }
    let person = world.tokens("openid email offline_access").await;
    let first = delegated(world, &text(&person, "access_token"), &world.client_token("agt_a").await).await;
    let last = delegated(world, &first, &world.client_token("agt_b").await).await;
    (person, last)
}

#[tokio::test]
async fn revoking_by_protocol_reaches_what_was_made_from_a_token() {
    for world in World::start_on_each().await {
        for name in ["a", "b"] {
            add_agent(&world, name, "openid email delegate:on_behalf").await;
        }
        // (who gives back, which of: the person's access token, their refresh token, the actor's token, the first exchanged one)
        for (client, which) in [(WEB, 0), (WEB, 1), ("client_a", 2), ("client_a", 3)] {
            let person = world.tokens("openid email offline_access").await;
            let actor = world.client_token("agt_a").await;
            let first = delegated(&world, &text(&person, "access_token"), &actor).await;
            let last = delegated(&world, &first, &world.client_token("agt_b").await).await;
            assert!(is_alive(&world, &first).await && is_alive(&world, &last).await);
            let given_back = [text(&person, "access_token"), text(&person, "refresh_token"), actor, first.clone()];
            assert_eq!(world.revoke(client, &given_back[which]).await.status, 200);
            assert!(!is_alive(&world, &first).await && !is_alive(&world, &last).await, "{which}");
            let again =
                exchange(&world, &last, &[("actor_token", &world.client_token("agt_b").await), ("actor_token_type", ACCESS)])
                    .await;
            assert_eq!(again.refusal(), (400, "invalid_grant"), "{which}");
        }
    }
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

#[tokio::test]
async fn exchanges_beside_a_revocation_leave_nothing_alive() {
    for world in World::start_on_each().await {
        add_agent(&world, "scout", "openid email delegate:on_behalf").await;
        let person = world.tokens("openid email offline_access").await;
        let (access, refresh) = (text(&person, "access_token"), text(&person, "refresh_token"));
        let agent = world.client_token("agt_scout").await;
        let actor = [("actor_token", &*agent), ("actor_token_type", ACCESS)];
        let exchanges: Vec<_> = (0..20).map(|_| exchange(&world, &access, &actor)).collect();
        let mut gained = Vec::new();
        let (reached, revoked) = tokio::join!(join(exchanges), world.revoke(WEB, &refresh));
        assert_eq!(revoked.status, 200);
        for reached in reached {
            match reached.status {
                200 => gained.push(text(&reached.json, "access_token")),
                _ => assert_eq!(reached.refusal(), (400, "invalid_grant"), "{reached:?}"),
            }
        }
        for token in gained {
            assert!(!is_alive(&world, &token).await);
        }
    }
}

/// All of them at once.
async fn join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for (future, output) in &mut pinned {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    pinned.into_iter().map(|(_, output)| output.unwrap()).collect()
}

#[tokio::test]
async fn discovery_names_the_grant() {
    let world = World::start().await;
    let discovery = world.get("/orgs/acme/api/v1/.well-known/oauth-authorization-server", &[]).await.json;
    assert!(discovery["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT_TYPE)));
}
