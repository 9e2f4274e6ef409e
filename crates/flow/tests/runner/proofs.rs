//! What counts once counts once, whatever becomes of the request.

use crate::operations::{ReadClosely, ReadMark, WriteMark, how, only};
use crate::world::{World, request};
use flow::{Catalogue, Operation};
use std::sync::Arc;

fn with_proof(body: &str, proof: &str) -> flow::Incoming {
    request("acme", body, &[("x-client", "c1"), ("x-proof", proof)])
}

async fn codes(world: &World, catalogue: fn() -> Catalogue, proof: &str, bodies: &[String]) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for body in bodies {
        codes.push(world.serve(catalogue(), with_proof(body, proof)).await.map_or_else(|fault| fault.code, |_| "ok"));
    }
    codes
}

/// Proofs of both kinds: such as are kept by their text, and such as are kept by the moment signed into them.
const PROOFS: [(&str, &str); 2] =
    [("plain", "SELECT count(*) AS a FROM single_use"), ("signed", "SELECT count(*) AS a FROM used_proofs")];

async fn a_second_use_is_refused<O: Operation>() {
    for (proof, stored) in PROOFS {
        let world = World::new().await;
        let bodies = [how("m", "done"), how("n", "done")];
        assert_eq!(codes(&world, only::<O>, proof, &bodies).await, ["ok", "replayed"], "{proof}");
        assert_eq!(world.story().await.last().map(String::as_str), Some("id-of-acme requests.refused refused"));
        assert_eq!(world.all::<(i64,)>(stored).await, [(1,)]);
    }
}

#[tokio::test]
async fn a_proof_opens_one_write() {
    a_second_use_is_refused::<WriteMark>().await;
}

#[tokio::test]
async fn a_proof_opens_one_read() {
    a_second_use_is_refused::<ReadMark>().await;
}

#[tokio::test]
async fn a_proof_opens_one_sensitive_read() {
    a_second_use_is_refused::<ReadClosely>().await;
}

#[tokio::test]
async fn a_proof_is_used_up_by_a_request_that_fails() {
    for (proof, _) in PROOFS {
        for first in [how("m", "refused"), how("m", "fault"), how("m", "broken"), how("m", "panic"), "not JSON".to_owned()] {
            let world = World::new().await;
            let second = codes(&world, only::<WriteMark>, proof, &[first.clone(), how("n", "done")]).await[1];
            assert_eq!(second, "replayed", "{proof} after {first}");
            assert!(!world.marks().await.contains(&"n".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_proof_is_stored_as_a_hash() {
    let world = World::new().await;
    let long = "secret".repeat(1000);
    world.serve(only::<WriteMark>(), with_proof(&how("m", "done"), &long)).await.unwrap();
    let stored = world.all::<(String, String)>("SELECT kind AS a, value AS b FROM single_use").await;
    assert_eq!((stored[0].0.as_str(), stored[0].1.len()), ("proof", 43));
    world.serve(only::<WriteMark>(), with_proof(&how("n", "done"), &format!("signed {long}"))).await.unwrap();
    assert_eq!(world.all::<(i64,)>("SELECT length(value) AS a FROM used_proofs").await, [(16,)]);
}

#[tokio::test]
async fn of_many_requests_with_one_proof_exactly_one_is_served() {
    for (proof, _) in PROOFS {
        let world = Arc::new(World::new().await);
        let running: Vec<_> = (0..50)
            .map(|number| {
                let world = world.clone();
                tokio::spawn(async move {
                    world.serve(only::<WriteMark>(), with_proof(&how(&number.to_string(), "done"), proof)).await.is_ok()
                })
            })
            .collect();
        let mut served = 0;
        for one in running {
            served += usize::from(one.await.unwrap());
        }
        assert_eq!(served, 1);
        assert_eq!(world.marks().await.len(), 1);
    }
}
