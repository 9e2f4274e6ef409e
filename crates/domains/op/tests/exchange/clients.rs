//! Clients exchange what was meant for them, and what they were granted.

use super::{ACCESS, ID, JWT, NOTES, add_gateway, allow, exchange_as, is_alive, scopes};
use crate::support::{WEB, World, claims, text};
use oauth::ClientMetadata;
use oauth::client::ExchangeMode;
use oauth::token_exchange::GRANT_TYPE;
use serde_json::json;
use std::time::Duration;
use store::platform_sql;

const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";

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
async fn discovery_names_the_grant() {
    let world = World::start().await;
    let discovery = world.get("/orgs/acme/api/v1/.well-known/oauth-authorization-server", &[]).await.json;
    assert!(discovery["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT_TYPE)));
}
