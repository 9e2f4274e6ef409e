use super::*;
use crate::testing::{World, play};
use std::time::Duration;

async fn make(world: &World, scopes: &str, expires_at: Option<Timestamp>) -> Result<(ApiKey, Secret), Fault> {
    let user = world.user("ada@example.com").await.id;
    let new = NewApiKey { user, name: "sync".to_owned(), scopes: Scopes::parse(scopes).unwrap(), expires_at, made_with: None };
    play!(world, |cx, new| {
        let services = cx.services().clone();
        create(&mut cx.tx, &services, new, cx.now).await
    })
}

async fn found(world: &World, sent: &Secret) -> Option<ApiKey> {
    let (services, now) = (world.services.clone(), world.now());
    play!(world, |cx, services, sent| find_by_secret(&mut cx.tx, &services, &sent, now).await).unwrap()
}

#[tokio::test]
async fn a_key_is_found_by_its_secret_until_it_is_revoked_or_expires() {
    let world = World::start().await;
    let (key, secret) = make(&world, "admin:users", Some(world.now().plus(Duration::from_mins(1)))).await.unwrap();
    assert!(secret.expose().starts_with(PREFIX));
    assert_eq!(found(&world, &secret).await.unwrap().scopes.to_string(), "admin:users");
    let damaged = Secret::new(secret.expose().replace(PREFIX, ""));
    let swapped = Secret::new(format!("{PREFIX}{}.{}", key.id, "A".repeat(43)));
    for wrong in [&damaged, &swapped, &Secret::new("lmk_")] {
        assert!(found(&world, wrong).await.is_none());
    }
    world.clock.advance(Duration::from_mins(1));
    assert!(found(&world, &secret).await.is_none(), "expired");
}

#[tokio::test]
async fn a_key_ends_with_its_revocation_and_with_its_user() {
    let world = World::start().await;
    let (key, secret) = make(&world, "admin", None).await.unwrap();
    let (id, user) = (key.id.clone(), key.user.clone());
    play!(world, |cx, user| crate::users::block(&mut cx.tx, &user, cx.now).await).unwrap();
    assert!(found(&world, &secret).await.is_none());
    play!(world, |cx, user| crate::users::unblock(&mut cx.tx, &user, cx.now).await).unwrap();
    assert!(found(&world, &secret).await.is_some());
    assert_eq!(play!(world, |cx, id| revoke(&mut cx.tx, &id, cx.now).await).unwrap(), std::slice::from_ref(&key.id));
    assert!(play!(world, |cx, id| revoke(&mut cx.tx, &id, cx.now).await).unwrap().is_empty(), "only once");
    assert!(found(&world, &secret).await.is_none());
}

#[tokio::test]
async fn a_key_never_holds_the_scope_that_speaks_for_oneself() {
    let world = World::start().await;
    assert_eq!(make(&world, "authz:check authz:read", None).await.unwrap_err().code, "validation_error");
}
