//! A code is redeemed once, by whom it was issued for.

use super::race;
use crate::support::{CALLBACK, SPA, SPA_CALLBACK, VERIFIER, WEB, World, param, text};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn a_code_is_worth_nothing_with_anything_else_than_it_was_issued_for() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[]).await;
    let other = VERIFIER.replace('d', "e");
    let grant = ("grant_type", "authorization_code");
    let (uri, verifier) = (("redirect_uri", CALLBACK), ("code_verifier", VERIFIER));
    let (id, secret) = code.split_once('.').unwrap();
    let flipped = format!("{id}.{}{}", if secret.starts_with('A') { "B" } else { "A" }, &secret[1..]);
    for form in [
        &[grant, ("code", &*code), verifier][..],
        &[grant, ("code", &code), ("redirect_uri", "https://app.example/other"), verifier],
        &[grant, ("code", &code), uri],
        &[grant, ("code", &code), uri, ("code_verifier", &other)],
        &[grant, ("code", "unknown"), uri, verifier],
        &[grant, ("code", &flipped), uri, verifier],
    ] {
        let reached = world.token(WEB, form).await;
        assert_eq!(reached.refusal(), (400, "invalid_grant"), "{form:?}");
    }
    let form = [grant, ("code", &*code), uri, verifier, ("client_id", SPA)];
    let thief = world.post("/orgs/acme/api/v1/oauth/token", &[], &form).await;
    assert_eq!(thief.refusal(), (400, "invalid_grant"));
    assert_eq!(world.redeem(&code).await.status, 200, "none of that used it up");
}

#[tokio::test]
async fn a_code_ends_after_a_minute_and_with_its_person() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let (first, second) = (world.code(&cookie, &[]).await, world.code(&cookie, &[]).await);
    world.advance(60);
    assert_eq!(world.redeem(&first).await.refusal(), (400, "invalid_grant"));
    assert_eq!(world.redeem(&second).await.refusal(), (400, "invalid_grant"));
    let third = world.code(&cookie, &[]).await;
    world.change(store::platform_sql!("UPDATE users SET is_blocked = 1")).await;
    assert_eq!(world.redeem(&third).await.refusal(), (400, "invalid_grant"));
}

#[tokio::test]
async fn attack_5_pkce_cannot_be_left_out_weakened_or_added_later() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let public = [("client_id", SPA), ("redirect_uri", SPA_CALLBACK)];
    for more in [("code_challenge", ""), ("code_challenge_method", "plain")] {
        let location = world.authorize(&cookie, &[public[0], public[1], more]).await.location();
        assert_eq!(param(&location, "error").as_deref(), Some("invalid_request"), "{more:?}");
    }
    let unchallenged = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = world.code(&cookie, &unchallenged).await;
    assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"), "a verifier without a challenge is a downgrade");
}

#[tokio::test]
async fn attack_17_a_replayed_code_revokes_its_family() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        let code = world.code(&cookie, &[("scope", "openid offline_access")]).await;
        let tokens = world.redeem(&code).await.json;
        let access = text(&tokens, "access_token");
        assert_eq!(world.userinfo(&access).await.status, 200);
        world.advance(30);
        assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"));
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"));
        assert_eq!(world.introspect(&access).await, json!({ "active": false }));
        assert_eq!(world.refresh(&text(&tokens, "refresh_token")).await.refusal(), (400, "invalid_grant"));
        let events = world.events().await;
        let (_, reuse) = events.iter().find(|(name, _)| name == "oauth.security.code_reuse_detected").unwrap();
        assert_eq!((&reuse["severity"], &reuse["outcome"]), (&json!("error"), &json!("refused")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attack_18_of_100_redemptions_of_a_code_exactly_one_wins() {
    for world in World::start_on_each().await {
        let world = Arc::new(world);
        let cookie = world.sign_in(&world.user).await;
        let code = world.code(&cookie, &[]).await;
        let (won, lost) = race(&world, move |world| {
            let code = code.clone();
            async move { world.redeem(&code).await }
        })
        .await;
        assert_eq!((won.len(), lost), (1, 99));
        let access = text(&won[0], "access_token");
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"), "the other 99 were replays");
        assert_eq!(world.count_events("tokens.issued").await, 1);
    }
}
