//! The moment before which everything issued is void: of an organization, a client, a person.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use serde_json::{Value, json};
use store::platform_sql;
use support::{World, text};

/// Every door, and whether it opens for what was issued: a code, an access token, a refresh token.
async fn doors(world: &World, issued: &Issued) -> Vec<(&'static str, bool)> {
    let inactive = json!({ "active": false });
    let bearer = format!("Bearer {}", issued.access);
    let userinfo = world.get("/orgs/acme/api/v1/oauth/userinfo", &[("authorization", &bearer)]).await;
    let redeemed = world.redeem(&issued.code).await;
    let mut doors = vec![
        ("userinfo", userinfo.status == 200),
        ("introspection of the access token", world.introspect(&issued.access).await != inactive),
        ("introspection of the refresh token", world.introspect(&issued.refresh).await != inactive),
        ("the code", redeemed.status == 200),
        ("refresh", world.refresh(&issued.refresh).await.status == 200),
    ];
    if !issued.own.is_empty() {
        doors.push(("introspection of the client's own token", world.introspect(&issued.own).await != inactive));
    }
    doors
}

struct Issued {
    code: String,
    access: String,
    refresh: String,
    /// The client's own token; empty where the level says nothing about it.
    own: String,
}

async fn issue(world: &World, covers_programs: bool) -> Issued {
    let tokens: Value = world.tokens("openid offline_access").await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid")]).await;
    let own = if covers_programs { world.client_token(support::SERVICE).await } else { String::new() };
    Issued { code, access: text(&tokens, "access_token"), refresh: text(&tokens, "refresh_token"), own }
}

#[tokio::test]
async fn not_before_at_every_level_is_honoured_at_every_door() {
    // The clock of the tests begins at 1795420800.123456.
    for (level, covers_programs, void) in [
        ("user", false, platform_sql!("UPDATE users SET tokens_not_before = 1795420802000000")),
        ("client", false, platform_sql!("UPDATE clients SET tokens_not_before = 1795420802000000 WHERE id = 'client_web'")),
        (
            "organization",
            true,
            platform_sql!("UPDATE organizations SET tokens_not_before = 1795420802000000 WHERE slug = 'acme'"),
        ),
    ] {
        for world in World::start_on_each().await {
            let open = issue(&world, covers_programs).await;
            for (door, is_open) in doors(&world, &open).await {
                assert!(is_open, "{door} is shut before anything was voided ({level})");
            }
            let issued = issue(&world, covers_programs).await;
            world.advance(2);
            world.change(void).await;
            for (door, is_open) in doors(&world, &issued).await {
                assert!(!is_open, "{door} opens for what the {level} voided");
            }
            let later = issue(&world, covers_programs).await;
            for (door, is_open) in doors(&world, &later).await {
                assert!(is_open, "{door} is shut for what was issued after the {level}'s moment");
            }
        }
    }
}
