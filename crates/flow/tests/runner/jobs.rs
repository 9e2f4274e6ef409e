//! Work that follows a commit: done if and only if that was kept, tried again with growing pauses, given up in the end.

use crate::world::World;
use flow::{Job, Jobs, Services};
use kernel::{EventKind, Fault, JobId, Record, Severity};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use store::{Decision, Org, Platform, Tx, Writes};

const SENT: EventKind = EventKind { name: "letters.sent", severity: Severity::Info, summary: "A letter was sent." };
const LOST: EventKind = EventKind { name: "letters.lost", severity: Severity::Error, summary: "A letter was lost." };

/// What becomes of a letter is written on it.
#[derive(Debug, Deserialize, Serialize)]
struct Letter(String);

impl Job for Letter {
    const KIND: &'static str = "letters.send";
    async fn perform(self, _: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        match self.0.as_str() {
            "arrives" => Ok(Record::new(&SENT).about("org", org.slug())),
            "panics" => panic!("a panic that belongs to the test"),
            "never ends" => std::future::pending().await,
            _ => Err(Fault::unavailable("the post is on strike")),
        }
    }
    fn given_up(&self) -> Record {
        Record::new(&LOST)
    }
}

fn jobs() -> Jobs {
    Jobs::default().with::<Letter>()
}

/// Queue a letter, and keep that or not.
async fn post(world: &World, letter: &str, is_kept: bool) {
    post_in("", world, letter, is_kept).await;
}

async fn post_in(lane: &'static str, world: &World, letter: &str, is_kept: bool) {
    let org = world.org("acme").await;
    let payload = serde_json::to_string(&Letter(letter.to_owned())).unwrap();
    let (services, now) = (world.services.clone(), world.services.clock.now());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (services, org, payload) = (services.clone(), org.clone(), payload.clone());
        async move {
            let id = JobId::new(now, &*services.rng);
            let queued = tx.enqueue_in_lane(lane, org.id(), &id, Letter::KIND, &payload, now).await;
            (tx, if is_kept { Decision::KeepUnrecorded(queued, "a test's own") } else { Decision::Discard(queued) })
        }
    };
    world.services.store.write(Platform, work).await.unwrap().unwrap();
}

async fn waiting(world: &World) -> i64 {
    world.all::<(i64,)>("SELECT count(*) AS a FROM jobs WHERE failed_at IS NULL").await[0].0
}

#[tokio::test]
async fn a_job_is_done_once_and_recorded() {
    let world = World::new().await;
    post(&world, "arrives", true).await;
    post(&world, "arrives", false).await;
    assert!(jobs().work_once(&world.services).await.unwrap());
    assert!(!jobs().work_once(&world.services).await.unwrap(), "what was discarded was never queued");
    let event = world.log().await.remove(0);
    assert_eq!((event.org.as_str(), event.name.as_str(), event.actor.kind.as_str()), ("id-of-acme", "letters.sent", "system"));
    assert_eq!(waiting(&world).await, 0);
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_with_growing_pauses_and_given_up_in_the_end() {
    let world = World::new().await;
    post(&world, "is held back", true).await;
    let mut pauses = Vec::new();
    while waiting(&world).await == 1 {
        let begun = world.services.clock.now();
        assert!(jobs().work_once(&world.services).await.unwrap());
        if waiting(&world).await == 0 {
            break;
        }
        assert!(!jobs().work_once(&world.services).await.unwrap(), "not before its time");
        let due = world.all::<(i64,)>("SELECT run_at AS a FROM jobs").await[0].0;
        let pause = Duration::from_micros(u64::try_from(due - begun.as_micros()).unwrap());
        world.clock.advance(pause.saturating_sub(Duration::from_micros(1)));
        assert!(!jobs().work_once(&world.services).await.unwrap(), "a moment too early");
        world.clock.advance(Duration::from_micros(1));
        pauses.push(pause.as_secs());
    }
    assert_eq!(pauses.first(), Some(&10));
    assert!(pauses.windows(2).all(|pair| pair[1] == pair[0] * 2 || pair[1] == pair[0]), "{pauses:?}");
    assert_eq!(pauses.len(), 13);
    let total: u64 = pauses.iter().sum();
    assert!((12 * 3600..48 * 3600).contains(&total), "about a day in all: {total} s");
    assert_eq!(world.story().await, ["id-of-acme letters.lost failed"], "only the end is recorded");
    let left = world.all::<(i64, String)>("SELECT attempts AS a, last_error AS b FROM jobs").await;
    assert_eq!(left[0].0, 14);
    assert!(left[0].1.contains("the post is on strike"), "the operator can see why");
    world.clock.advance(Duration::from_hours(24 * 40));
    assert!(!jobs().work_once(&world.services).await.unwrap(), "given up is given up");
}

#[tokio::test]
async fn a_worker_that_dies_leaves_its_job_to_another_after_a_while() {
    let world = World::new().await;
    post(&world, "arrives", true).await;
    // Taken up, and then the power went.
    world.run("UPDATE jobs SET run_at = run_at + 120000000, attempts = attempts + 1", Vec::new()).await;
    assert!(!jobs().work_once(&world.services).await.unwrap(), "whoever has it may still be at it");
    world.clock.advance(Duration::from_mins(2));
    assert!(jobs().work_once(&world.services).await.unwrap());
    assert_eq!(world.story().await, ["id-of-acme letters.sent success"]);
}

#[tokio::test]
async fn a_job_that_panics_is_tried_again_and_does_not_take_the_worker_with_it() {
    let world = World::new().await;
    post(&world, "panics", true).await;
    post(&world, "arrives", true).await;
    assert!(jobs().work_once(&world.services).await.unwrap());
    assert!(jobs().work_once(&world.services).await.unwrap());
    assert_eq!(world.story().await, ["id-of-acme letters.sent success"]);
    assert_eq!(waiting(&world).await, 1);
}

#[tokio::test]
async fn jobs_nobody_knows_are_kept_for_a_version_that_does() {
    let world = World::new().await;
    post(&world, "arrives", true).await;
    assert!(Jobs::default().work_once(&world.services).await.unwrap());
    assert_eq!(waiting(&world).await, 1);
    world.clock.advance(Duration::from_mins(1));
    assert!(jobs().work_once(&world.services).await.unwrap());
    assert_eq!(world.story().await, ["id-of-acme letters.sent success"]);
}

#[tokio::test]
async fn many_workers_do_each_job_once() {
    let world = Arc::new(World::new().await);
    for _ in 0..20 {
        post(&world, "arrives", true).await;
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { while jobs().work_once(&world.services).await.unwrap() {} })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(world.story().await, vec!["id-of-acme letters.sent success"; 20]);
}

#[tokio::test]
async fn a_queued_job_wakes_the_worker() {
    let world = World::new().await;
    let working = tokio::spawn(jobs().work(world.services.clone()));
    post(&world, "arrives", true).await;
    let done = async {
        while world.log().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("the job is done");
    working.abort();
}

#[tokio::test]
async fn a_place_that_never_answers_holds_up_only_what_goes_there() {
    let world = World::new().await;
    for _ in 0..40 {
        post_in("dead.example", &world, "never ends", true).await;
    }
    post_in("alive.example", &world, "arrives", true).await;
    post(&world, "arrives", true).await;
    let working = tokio::spawn(jobs().work(world.services.clone()));
    let done = async {
        while world.log().await.len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("what goes elsewhere is done");
    assert_eq!(world.all::<(i64,)>("SELECT count(*) AS a FROM jobs WHERE attempts = 1").await[0].0, 2, "two wait for an answer");
    working.abort();
}
