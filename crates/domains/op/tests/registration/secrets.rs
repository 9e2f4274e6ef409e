//! Secrets of clients: given, replaced, and how long the old one is good.

use super::{TOKEN, manage, open_world, program, register, set_policy, with};
use crate::support::{SECRET, SERVICE, World, basic, text};
use serde_json::{Value, json};

#[tokio::test]
async fn a_secret_comes_and_goes_with_the_method_that_uses_it() {
    let world = open_world().await;
    let public = with(json!({ "token_endpoint_auth_method": "none" }));
    let made = register(&world, None, &public).await;
    assert!(made.json.get("client_secret").is_none() && made.json.get("client_secret_expires_at").is_none());
    let (id, line) = (text(&made.json, "client_id"), format!("Bearer {}", text(&made.json, "registration_access_token")));
    let update = with(json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_post" }));
    let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
    let secret = text(&changed.json, "client_secret");
    let probe = async |secret: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "none"), ("client_id", &*id), ("client_secret", secret)];
        world.post(TOKEN, &[], &form).await.code
    };
    assert_ne!(probe(&secret).await, "invalid_client");
    let line = format!("Bearer {}", text(&changed.json, "registration_access_token"));
    let back = with(json!({ "client_id": id, "token_endpoint_auth_method": "none" }));
    assert!(manage(&world, "PUT", &id, &line, Some(&back)).await.json.get("client_secret").is_none());
    assert_eq!(probe(&secret).await, "invalid_client");
}

#[tokio::test]
async fn a_secret_ends_when_it_was_said_to_and_an_update_brings_a_new_one() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(
        &world,
        &admin,
        json!({ "mode": "open", "secret_lifetime": 3600, "grant_types": ["client_credentials"], "scopes": "notes:read" }),
    )
    .await;
    let document = json!({ "grant_types": ["client_credentials"] });
    let made = register(&world, None, &document).await;
    let (id, secret) = (text(&made.json, "client_id"), text(&made.json, "client_secret"));
    assert_eq!(made.json["client_secret_expires_at"], world.now().as_secs() + 3600);
    let line = format!("Bearer {}", text(&made.json, "registration_access_token"));
    let form = [("grant_type", "client_credentials")];
    let try_it =
        async |secret: &str| world.post(TOKEN, &[("authorization", &basic(&id, secret))], &form).await.refusal().1.to_owned();
    assert_eq!(try_it(&secret).await, "");
    world.advance(3600);
    assert_eq!(try_it(&secret).await, "invalid_client");
    let update = json!({ "client_id": id, "grant_types": ["client_credentials"] });
    let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!(try_it(&text(&changed.json, "client_secret")).await, "");
    assert_eq!(changed.json["client_secret_expires_at"], world.now().as_secs() + 3600);
}

#[tokio::test]
async fn a_rotated_secret_overlaps_as_long_as_was_said_and_no_longer_than_it_would_have_lived() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    let path = format!("/orgs/acme/api/v1/admin/clients/{SERVICE}/rotate-secret");
    let rotate = async |bearer: &str, body: Value| world.send_json("POST", &path, &[("authorization", bearer)], &body).await;
    let form = [("grant_type", "client_credentials")];
    let is_good =
        async |secret: &str| world.post(TOKEN, &[("authorization", &basic(SERVICE, secret))], &form).await.status == 200;
    let first = rotate(&admin, json!({ "overlapSeconds": 600, "expiresIn": 3600 })).await.json["data"].clone();
    let one = text(&first, "secret");
    assert!(first["previousValidUntil"].is_string() && first["expiresAt"].is_string());
    assert!(is_good(SECRET).await && is_good(&one).await);
    world.advance(600);
    assert!(!is_good(SECRET).await && is_good(&one).await);
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    let two = text(&rotate(&admin, json!({ "overlapSeconds": 604_800 })).await.json["data"], "secret");
    assert!(is_good(&one).await && is_good(&two).await);
    world.advance(3000);
    assert!(!is_good(&one).await && is_good(&two).await, "its own end came first");
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    for bad in [json!({ "overlapSeconds": 604_801 }), json!({ "expiresIn": 1 }), json!({ "overlapSeconds": -1 })] {
        assert_eq!(rotate(&admin, bad.clone()).await.refusal(), (400, "validation_error"), "{bad}");
    }
}
