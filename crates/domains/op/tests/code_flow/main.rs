//! The authorization code flow: requests, sign-in, consent, codes, refresh tokens.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod asking;
mod codes;
mod leaving;
mod refreshing;
#[path = "../support/mod.rs"]
mod support;
mod userinfo;

use serde_json::Value;
use std::sync::Arc;
use support::World;

/// The same call a hundred times at once: the answers that are good, and how many were `invalid_grant`.
async fn race<F>(world: &Arc<World>, call: impl Fn(Arc<World>) -> F) -> (Vec<Value>, usize)
where
    F: Future<Output = support::Reached> + Send + 'static,
{
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(call(world.clone()))).collect();
    let (mut won, mut lost) = (Vec::new(), 0);
    for call in calls {
        let reached = call.await.unwrap();
        match reached.refusal() {
            (200, _) => won.push(reached.json),
            (400, "invalid_grant") => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    (won, lost)
}
