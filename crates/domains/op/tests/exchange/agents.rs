//! Agents act for people and for themselves, with nothing but tokens.

use super::{ACCESS, NOTES, add_agent, delegated, exchange};
use crate::support::{WEB, World, claims, text};
use serde_json::json;

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
