//! Group commit on SQLite: operations share a transaction and nothing else.

use crate::database::{Database, event, leaves, organization, over};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use store::{Decision, OneOrg, Org, Store, StoreError, Tx, Writes, args, org_sql};
use tokio::task::JoinHandle;

/// How a member of a group behaves, after it has inserted its row.
#[derive(Clone)]
enum Member {
    Good,
    Discards,
    /// A statement fails, and it keeps all the same.
    FailsAndKeeps,
    Panics,
    /// It waits for something that is not the database.
    Waits,
    /// It takes its transaction away with it, to where it is never given back.
    Steals(Arc<Mutex<Vec<Tx<OneOrg, Writes>>>>),
    /// It panics before it has done anything.
    PanicsAtOnce,
    /// It holds up the writer until it is told to go on, so that all others meet in its group.
    Holds(Arc<Mutex<Receiver<()>>>),
}

fn join(store: &Store, org: &Org, name: &'static str, member: Member) -> JoinHandle<Result<Result<(), StoreError>, StoreError>> {
    let (store, org) = (store.clone(), org.clone());
    tokio::spawn(async move {
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let member = member.clone();
            assert!(!matches!(member, Member::PanicsAtOnce), "a panic that belongs to the test");
            async move {
                let insert = org_sql!(
                    "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, :subject, 1, 0)"
                );
                let inserted = tx.execute(insert, args! { subject: name }).await;
                if let Err(error) = inserted {
                    return (tx, Decision::Discard(Err(error)));
                }
                match member {
                    Member::Good | Member::PanicsAtOnce => {}
                    Member::Discards => return (tx, Decision::Discard(Ok(()))),
                    Member::FailsAndKeeps => drop(tx.execute(insert, args! { subject: name }).await),
                    Member::Panics => panic!("a panic that belongs to the test"),
                    Member::Waits => tokio::task::yield_now().await,
                    Member::Steals(loot) => {
                        loot.lock().unwrap().push(tx);
                        std::future::pending::<()>().await;
                        unreachable!("nothing wakes it");
                    }
                    Member::Holds(until) => until.lock().unwrap().recv().unwrap(),
                }
                let row = event(tx.org().id(), name);
                (tx, Decision::Keep(Ok(()), row))
            }
        };
        store.write(over(&org), work).await
    })
}

async fn subjects(store: &Store) -> Vec<String> {
    let rows = crate::database::all::<(String,)>(store, "SELECT subject AS a FROM guess_counters ORDER BY subject", vec![]).await;
    rows.into_iter().map(|(subject,)| subject).collect()
}

/// Let the members meet in one group, and return how each was answered.
async fn meet(
    store: &Store,
    org: &Org,
    members: Vec<(&'static str, Member)>,
) -> Vec<(&'static str, Result<Result<(), StoreError>, StoreError>)> {
    let (go, until) = channel();
    let holder = join(store, org, "0 holder", Member::Holds(Arc::new(Mutex::new(until))));
    let mut waiting = Vec::new();
    for (name, member) in members {
        waiting.push((name, join(store, org, name, member)));
        // In the queue before the next one.
        tokio::task::yield_now().await;
    }
    // Every member is in the queue once its task has run; on this runtime of one thread that is now.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    go.send(()).unwrap();
    holder.await.unwrap().unwrap().unwrap();
    let mut answers = Vec::new();
    for (name, one) in waiting {
        answers.push((name, one.await.unwrap()));
    }
    answers
}

#[tokio::test]
async fn one_that_goes_wrong_hurts_none_of_its_neighbours() {
    let story = |database: Arc<Database>| async move {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let answers = meet(
            &store,
            &org,
            vec![
                ("1 good", Member::Good),
                ("2 panics", Member::Panics),
                ("3 good", Member::Good),
                ("4 waits", Member::Waits),
                ("5 fails", Member::FailsAndKeeps),
                ("6 discards", Member::Discards),
                ("7 panics at once", Member::PanicsAtOnce),
                ("8 good", Member::Good),
            ],
        )
        .await;
        for (name, answer) in answers {
            let is_ok = name.ends_with("good") || name.ends_with("discards");
            assert_eq!(answer.is_ok(), is_ok, "{name}: {answer:?}");
        }
        assert_eq!(subjects(&store).await, ["0 holder", "1 good", "3 good", "8 good"]);
        assert_eq!(leaves(&store).await, ["0 holder", "1 good", "3 good", "8 good"]);
    };
    Database::sqlite().run(story).await;
}

#[tokio::test]
async fn the_writer_survives_an_operation_that_keeps_the_connection_for_itself() {
    let story = |database: Arc<Database>| async move {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let loot = Arc::default();
        assert!(join(&store, &org, "1 steals", Member::Steals(Arc::clone(&loot))).await.unwrap().is_err());
        // What was taken away is closed when it is let go, and never comes back into use.
        drop(std::mem::take(&mut *loot.lock().unwrap()));
        assert!(join(&store, &org, "2 good", Member::Good).await.unwrap().is_ok());
        assert_eq!(leaves(&store).await, ["2 good"]);
    };
    Database::sqlite().run(story).await;
}

#[tokio::test]
async fn more_than_one_group_of_operations_is_answered_in_order() {
    let story = |database: Arc<Database>| async move {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let (go, until) = channel();
        let holder = join(&store, &org, "holder", Member::Holds(Arc::new(Mutex::new(until))));
        let names: Vec<&'static str> = (0..1200).map(|number| &*Box::leak(format!("{number:04}").into_boxed_str())).collect();
        let waiting: Vec<_> = names.iter().map(|name| join(&store, &org, name, Member::Good)).collect();
        tokio::task::yield_now().await;
        go.send(()).unwrap();
        holder.await.unwrap().unwrap().unwrap();
        for one in waiting {
            one.await.unwrap().unwrap().unwrap();
        }
        let expected: Vec<&str> = std::iter::once("holder").chain(names).collect();
        assert_eq!(leaves(&store).await, expected);
    };
    Database::sqlite().run(story).await;
}

#[tokio::test]
async fn an_operation_nobody_waits_for_any_more_is_still_done_whole() {
    let story = |database: Arc<Database>| async move {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let (go, until) = channel();
        let holder = join(&store, &org, "1 holder", Member::Holds(Arc::new(Mutex::new(until))));
        let forsaken = join(&store, &org, "2 forsaken", Member::Good);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        forsaken.abort();
        assert!(forsaken.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        holder.await.unwrap().unwrap().unwrap();
        join(&store, &org, "3 last", Member::Good).await.unwrap().unwrap().unwrap();
        assert_eq!(leaves(&store).await, ["1 holder", "2 forsaken", "3 last"]);
        assert_eq!(subjects(&store).await, ["1 holder", "2 forsaken", "3 last"]);
    };
    Database::sqlite().run(story).await;
}
