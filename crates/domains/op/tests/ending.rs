//! When access ends, everything that came of it ends: no grant, and no code on its way to become one, is left over.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use identity::{sessions, users};
use kernel::SessionId;
use store::platform_sql;
use support::{World, text};

const OFFLINE: &str = "openid offline_access";

/// The id of the person's only live session.
async fn only_session(world: &World) -> SessionId {
    let user = world.user.id.clone();
    let listed = world.play(move |cx| {
        let user = user.clone();
        Box::pin(async move { sessions::list_of_user(&mut cx.tx, &user, cx.now).await })
    });
    let mut listed = listed.await;
    assert_eq!(listed.len(), 1);
    listed.remove(0).id
}

async fn refreshes(world: &World, refresh_token: &str) -> bool {
    let reached = world.refresh(refresh_token).await;
    assert!(reached.status == 200 || reached.refusal() == (400, "invalid_grant"), "{reached:?}");
    reached.status == 200
}

#[tokio::test]
async fn attack_27_a_code_granted_while_access_was_being_ended_is_dead() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        // A new password takes a while to hash: the time it counts from lies before what happens meanwhile.
        let (asked_at, user) = (world.now(), world.user.id.clone());
        world.advance(1);
        let code = world.code(&cookie, &[("scope", OFFLINE)]).await;
        let ending = world.play(move |cx| {
            let user = user.clone();
            Box::pin(async move { users::end_access(&mut cx.tx, &user, asked_at, "password reset").await })
        });
        ending.await;
        assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"));
    }
}

#[tokio::test]
async fn a_session_that_is_ended_from_elsewhere_takes_its_grants_and_codes_along() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        let tokens = world.redeem(&world.code(&cookie, &[("scope", "openid")]).await).await.json;
        let offline = world.redeem(&world.code(&cookie, &[("scope", OFFLINE)]).await).await.json;
        let code = world.code(&cookie, &[("scope", "openid")]).await;
        let id = only_session(&world).await;
        let ending = world.play(move |cx| {
            let id = id.clone();
            Box::pin(async move { sessions::end(&mut cx.tx, &id, cx.now).await })
        });
        assert!(ending.await);
        assert_eq!(world.userinfo(&text(&tokens, "access_token")).await.refusal(), (401, "invalid_token"));
        assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"));
        assert!(refreshes(&world, &text(&offline, "refresh_token")).await, "what was granted to outlive the session does");
    }
}

#[tokio::test]
async fn a_code_that_the_end_of_its_session_did_not_meet_is_dead_all_the_same() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        let code = world.code(&cookie, &[("scope", OFFLINE)]).await;
        // Whoever ended the session did not see the code, which was issued in the same moment.
        world.change(platform_sql!("UPDATE sessions SET ended_at = 1 WHERE ended_at IS NULL")).await;
        assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"));
        let again = world.sign_in(&world.user).await;
        assert_eq!(world.redeem(&world.code(&again, &[("scope", OFFLINE)]).await).await.status, 200);
    }
}

#[tokio::test]
async fn all_other_sessions_take_their_grants_along_and_the_present_one_keeps_its_own() {
    for world in World::start_on_each().await {
        let own = world.sign_in(&world.user).await;
        let kept = only_session(&world).await;
        let mine = world.redeem(&world.code(&own, &[("scope", "openid")]).await).await.json;
        let elsewhere = world.tokens("openid").await;
        let user = world.user.id.clone();
        let ending = world.play(move |cx| {
            let (user, kept) = (user.clone(), kept.clone());
            Box::pin(async move { sessions::end_others_of_user(&mut cx.tx, &user, &kept, cx.now).await })
        });
        assert_eq!(ending.await, 1);
        assert_eq!(world.userinfo(&text(&elsewhere, "access_token")).await.refusal(), (401, "invalid_token"));
        assert_eq!(world.userinfo(&text(&mine, "access_token")).await.status, 200);
    }
}

#[tokio::test]
async fn attack_27_a_changed_password_ends_every_grant_of_other_sessions() {
    for world in World::start_on_each().await {
        let own = world.sign_in(&world.user).await;
        let kept = only_session(&world).await;
        let mine = world.redeem(&world.code(&own, &[("scope", OFFLINE)]).await).await.json;
        let thief = world.sign_in(&world.user).await;
        let stolen = world.redeem(&world.code(&thief, &[("scope", OFFLINE)]).await).await.json;
        let code = world.code(&thief, &[("scope", OFFLINE)]).await;
        let user = world.user.id.clone();
        let ending = world.play(move |cx| {
            let (user, kept) = (user.clone(), kept.clone());
            Box::pin(async move { users::end_access_elsewhere(&mut cx.tx, &user, &kept, cx.now, "password changed").await })
        });
        assert_eq!(ending.await, 1);
        assert!(!refreshes(&world, &text(&stolen, "refresh_token")).await);
        assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"));
        assert!(refreshes(&world, &text(&mine, "refresh_token")).await);
    }
}
