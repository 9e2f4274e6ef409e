//! Authorization requests that wait.

use crate::testing::{World, databases, together};
use crate::transaction::{self, Display, Transaction};
use std::time::Duration;

async fn find(world: &World, handle: &str) -> Option<Transaction> {
    let (services, handle, now) = (world.services.clone(), handle.to_owned(), world.services.clock.now());
    world
        .write(move |mut tx| {
            let (services, handle) = (services.clone(), handle.clone());
            Box::pin(async move {
                let found = transaction::find(&mut tx, &services, &handle, now).await;
                (tx, found.map_err(Into::into))
            })
        })
        .await
}

async fn complete(world: &World, waiting: &Transaction) -> bool {
    let (id, now) = (waiting.id.clone(), world.services.clock.now());
    world
        .write(move |mut tx| {
            let id = id.clone();
            Box::pin(async move {
                let completed = transaction::complete(&mut tx, &id, now).await;
                (tx, completed.map_err(Into::into))
            })
        })
        .await
}

#[tokio::test]
async fn a_request_is_found_by_its_whole_handle_and_no_other() {
    let world = World::start().await;
    world.client("notes", "Notes").await;
    let (handle, other) = (world.waiting_request(Display::default()).await, world.waiting_request(Display::default()).await);
    let found = find(&world, &handle).await.unwrap();
    assert_eq!((found.client_id.as_str(), found.request["scope"].as_str()), ("notes", Some("openid")));
    let (id, secret) = handle.split_once('.').unwrap();
    let (_, other_secret) = other.split_once('.').unwrap();
    for wrong in [id.to_owned(), format!("{id}."), format!("{id}.{other_secret}"), format!("x.{secret}"), String::new()] {
        assert!(find(&world, &wrong).await.is_none(), "{wrong}");
    }
}

#[tokio::test]
async fn a_request_is_answered_once() {
    for database in databases() {
        let world = World::start_on(database).await;
        world.client("notes", "Notes").await;
        let handle = world.waiting_request(Display::default()).await;
        let waiting = find(&world, &handle).await.unwrap();
        let claims = together((0..100).map(|_| complete(&world, &waiting))).await;
        assert_eq!(claims.iter().filter(|has_won| **has_won).count(), 1, "{database:?}");
        assert!(find(&world, &handle).await.is_none());
    }
}

#[tokio::test]
async fn a_request_stops_waiting_after_an_hour() {
    let world = World::start().await;
    world.client("notes", "Notes").await;
    let handle = world.waiting_request(Display::default()).await;
    world.clock.advance(Duration::from_mins(59));
    let waiting = find(&world, &handle).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    assert!(find(&world, &handle).await.is_none());
    assert!(!complete(&world, &waiting).await);
}
