//! Refresh tokens rotate, and a used one ends its family.

use super::race;
use crate::support::{SPA, WEB, World, authorize_path, claims, param, text};
use serde_json::Value;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attack_19_of_100_refreshes_of_a_token_exactly_one_wins() {
    for world in World::start_on_each().await {
        let world = Arc::new(world);
        let token = text(&world.tokens("openid offline_access").await, "refresh_token");
        let (won, lost) = race(&world, move |world| {
            let token = token.clone();
            async move { world.refresh(&token).await }
        })
        .await;
        assert_eq!((won.len(), lost), (1, 99));
        assert_eq!(
            world.refresh(&text(&won[0], "refresh_token")).await.refusal(),
            (400, "invalid_grant"),
            "its family is revoked"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn within_the_grace_period_parallel_refreshes_get_the_same_tokens() {
    for world in World::start_on_each().await {
        let world = Arc::new(world);
        set_grace(&world).await;
        let token = text(&world.tokens("openid offline_access").await, "refresh_token");
        let (won, lost) = race(&world, move |world| {
            let token = token.clone();
            async move { world.refresh(&token).await }
        })
        .await;
        assert_eq!((won.len(), lost), (100, 0));
        let (refresh, access) = (text(&won[0], "refresh_token"), claims(&text(&won[0], "access_token")));
        for answer in &won {
            assert_eq!(text(answer, "refresh_token"), refresh);
            assert_eq!(claims(&text(answer, "access_token")), access);
        }
        assert_eq!(world.count_events("tokens.repeated").await, 99);
        assert_eq!(world.refresh(&refresh).await.status, 200);
    }
}

#[tokio::test]
async fn grace_ends_with_its_time_with_the_use_of_the_successor_and_with_another_request() {
    let world = World::start().await;
    set_grace(&world).await;
    let refresh = |tokens: &Value| text(tokens, "refresh_token");

    let first = refresh(&world.tokens("openid email offline_access").await);
    let second = world.refresh(&first).await.json;
    let narrower = [("grant_type", "refresh_token"), ("refresh_token", &*first), ("scope", "openid")];
    assert_eq!(world.token(WEB, &narrower).await.refusal(), (400, "invalid_grant"), "not what was asked for then");
    world.advance(30);
    assert_eq!(world.refresh(&first).await.refusal(), (400, "invalid_grant"), "too late");
    assert_eq!(world.refresh(&refresh(&second)).await.refusal(), (400, "invalid_grant"), "so it was a reuse");

    let first = refresh(&world.tokens("openid offline_access").await);
    let second = refresh(&world.refresh(&first).await.json);
    let third = refresh(&world.refresh(&second).await.json);
    assert_eq!(world.refresh(&first).await.refusal(), (400, "invalid_grant"), "the successor was used");
    assert_eq!(world.refresh(&third).await.refusal(), (400, "invalid_grant"));
}

async fn set_grace(world: &World) {
    let sql = store::platform_sql!(
        "UPDATE clients SET metadata = replace(metadata, '\"refresh_token_grace\":0', '\"refresh_token_grace\":30') WHERE id = 'client_web'"
    );
    world.change(sql).await;
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_used_one_ends_its_family() {
    for world in World::start_on_each().await {
        let first = world.tokens("openid email offline_access").await;
        let second = world.refresh(&text(&first, "refresh_token")).await.json;
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        let (before, after) = (claims(&text(&first, "id_token")), claims(&text(&second, "id_token")));
        for claim in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(after[claim], before[claim], "{claim}");
        }
        assert!(after.get("nonce").is_none());
        let access = text(&second, "access_token");
        assert_eq!(world.userinfo(&access).await.status, 200);
        assert_eq!(world.refresh(&text(&first, "refresh_token")).await.refusal(), (400, "invalid_grant"));
        assert_eq!(world.refresh(&text(&second, "refresh_token")).await.refusal(), (400, "invalid_grant"));
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"));
        assert_eq!(world.count_events("oauth.security.refresh_token_reuse_detected").await, 1);
    }
}

#[tokio::test]
async fn a_refresh_may_narrow_and_never_widen() {
    let world = World::start().await;
    let token = text(&world.tokens("openid email offline_access").await, "refresh_token");
    let narrow = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", "openid")];
    let narrow = world.token(WEB, &narrow).await.json;
    assert_eq!(narrow["scope"], "openid");
    let next = text(&narrow, "refresh_token");
    let wide = [("grant_type", "refresh_token"), ("refresh_token", &*next), ("scope", "openid profile")];
    assert_eq!(world.token(WEB, &wide).await.refusal(), (400, "invalid_scope"));
    assert_eq!(world.refresh(&next).await.json["scope"], "email offline_access openid");
}

#[tokio::test]
async fn a_scope_the_client_was_deprived_of_is_gone_at_the_next_refresh() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid notes:write")]).await;
    let waiting = param(&world.get(&authorize_path(&[("scope", "notes:write")]), &[]).await.location(), "transaction").unwrap();
    let tokens = world.tokens("openid email notes:write").await;
    world
        .change(store::platform_sql!(
            "UPDATE clients SET metadata = replace(metadata, 'notes:write', '') WHERE id = 'client_web'"
        ))
        .await;
    let refreshed = world.refresh(&text(&tokens, "refresh_token")).await.json;
    assert_eq!(refreshed["scope"], "email openid");
    assert_eq!(world.redeem(&code).await.json["scope"], "openid");
    let resume = format!("/orgs/acme/api/v1/oauth/authorize?transaction={waiting}");
    assert_eq!(world.get(&resume, &[("cookie", &cookie)]).await.refusal(), (400, "expired"));
}

#[tokio::test]
async fn rotation_prolongs_nothing() {
    let world = World::start().await;
    let mut token = text(&world.tokens("openid offline_access").await, "refresh_token");
    for _ in 0..2 {
        world.advance(1_200_000);
        token = text(&world.refresh(&token).await.json, "refresh_token");
    }
    world.advance(192_000);
    assert_eq!(world.refresh(&token).await.refusal(), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client() {
    let world = World::start().await;
    let token = text(&world.tokens("openid offline_access").await, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("client_id", SPA)];
    let thief = world.post("/orgs/acme/api/v1/oauth/token", &[], &form).await;
    assert_eq!(thief.refusal(), (400, "invalid_grant"));
    assert_eq!(world.refresh(&token).await.status, 200, "and the theft did no harm to its owner");
}
