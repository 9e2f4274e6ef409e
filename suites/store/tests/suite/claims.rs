//! What counts once counts once, however many come at the same time.

use crate::database::{Database, NOW, all, count, event, leaves, on_both, organization, over, run};
use kernel::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Arg, Decision, OneOrg, Org, Store, Tx, Writes, args, org_sql};
use tokio::sync::Barrier;

const RACERS: usize = 100;

/// The forms in which the product claims something.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// `UPDATE … WHERE … IS NULL RETURNING`: a code, a refresh token.
    Update,
    /// `DELETE … RETURNING`.
    Delete,
    /// `INSERT … ON CONFLICT DO NOTHING`: an assertion id, a proof.
    Insert,
}

/// One attempt; whether it won. A winner leaves an event.
async fn claim(store: Store, org: Org, form: Form, id: &'static str) -> bool {
    let work = move |mut tx: Tx<OneOrg, Writes>| async move {
        let won = match form {
            Form::Update => {
                let sql = org_sql!(
                    "UPDATE authorization_codes SET redeemed_at = :now WHERE org_id = :org AND id = :id AND redeemed_at IS NULL RETURNING id AS a"
                );
                tx.fetch_optional::<(String,)>(sql, args! { id: id, now: NOW }).await.map(|row| row.is_some())
            }
            Form::Delete => {
                let sql = org_sql!("DELETE FROM authorization_codes WHERE org_id = :org AND id = :id RETURNING id AS a");
                tx.fetch_optional::<(String,)>(sql, args! { id: id }).await.map(|row| row.is_some())
            }
            Form::Insert => {
                let org = tx.org().id().clone();
                tx.claim_single_use(&org, "jti", id, Timestamp::from_secs(0)).await
            }
        };
        match won {
            Ok(true) => {
                let won = event(tx.org().id(), id);
                (tx, Decision::Keep(Ok(true), won))
            }
            other => (tx, Decision::Discard(other)),
        }
    };
    store.write(over(&org), work).await.unwrap().unwrap()
}

async fn code(store: &Store, org: &Org, id: &'static str) {
    const INSERT: &str = "INSERT INTO authorization_codes (org_id, id, secret_hash, client_id, user_id, family_id, facts, created_at, expires_at) \
                          VALUES (:owner, :id, :hash, 'c', 'u', 'f', '{}', 0, 0)";
    let args = vec![(":owner", Arg::from(org.id().to_string())), (":id", id.into()), (":hash", Arg::Bytes(b"hash"))];
    run(store, vec![(INSERT, args)]).await;
}

/// Two handles, as two nodes would have; on SQLite there is only one writer.
async fn nodes(database: &Database) -> [Store; 2] {
    let one = database.open().await;
    let other = if database.is_postgres() { database.open().await } else { one.clone() };
    [one, other]
}

on_both! {
    async fn of_a_hundred_claims_exactly_one_wins(database) {
        let nodes = nodes(&database).await;
        let org = organization(&nodes[0], "acme").await;
        for (form, id) in [(Form::Update, "updated"), (Form::Delete, "deleted"), (Form::Insert, "inserted")] {
            code(&nodes[0], &org, id).await;
            let racers: Vec<_> = (0..RACERS).map(|racer| tokio::spawn(claim(nodes[racer % 2].clone(), org.clone(), form, id))).collect();
            let mut won = 0;
            for racer in racers {
                won += usize::from(racer.await.unwrap());
            }
            assert_eq!(won, 1, "{form:?}");
        }
        assert_eq!(leaves(&nodes[0]).await, ["updated", "deleted", "inserted"], "each winner left one event, and no loser did");
        drop(nodes);
        let reopened = database.open().await;
        for (form, id) in [(Form::Update, "updated"), (Form::Delete, "deleted"), (Form::Insert, "inserted")] {
            assert!(!claim(reopened.clone(), org.clone(), form, id).await, "{form:?} is still claimed after reopening");
        }
    }

    async fn what_is_claimed_in_one_organization_is_free_in_another(database) {
        let store = database.open().await;
        let (acme, other) = (organization(&store, "acme").await, organization(&store, "other").await);
        assert!(claim(store.clone(), acme.clone(), Form::Insert, "same").await);
        assert!(claim(store.clone(), other, Form::Insert, "same").await);
        assert!(!claim(store, acme, Form::Insert, "same").await);
    }

    async fn a_claim_that_is_discarded_can_be_claimed_again(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let work = |mut tx: Tx<OneOrg, Writes>| async move {
            let org = tx.org().id().clone();
            let won = tx.claim_single_use(&org, "jti", "x", NOW).await;
            (tx, Decision::Discard(won))
        };
        assert!(store.write(over(&org), work).await.unwrap().unwrap());
        assert!(claim(store, org, Form::Insert, "x").await);
    }

    async fn a_lost_race_is_run_again(database) {
        let nodes = nodes(&database).await;
        let org = organization(&nodes[0], "acme").await;
        run(&nodes[0], vec![crate::database::counter(&org, "s", 0)]).await;
        // Each reads the number and writes the next: whoever read an outdated one must not be kept.
        let add = |store: Store, org: Org| async move {
            let work = |mut tx: Tx<OneOrg, Writes>| async move {
                let read = org_sql!("SELECT failures AS a FROM guess_counters WHERE org_id = :org AND subject = 's'");
                let write = org_sql!("UPDATE guess_counters SET failures = :next WHERE org_id = :org AND subject = 's'");
                let next = match tx.fetch_one::<(i64,)>(read, &[]).await {
                    Ok((failures,)) => failures + 1,
                    Err(error) => return (tx, Decision::Discard(Err(error))),
                };
                let written = tx.execute(write, args! { next: next }).await.map(|_| next);
                match written {
                    Ok(next) => {
                        let row = event(tx.org().id(), &next.to_string());
                        (tx, Decision::Keep(Ok(next), row))
                    }
                    Err(error) => (tx, Decision::Discard(Err(error))),
                }
            };
            store.write(over(&org), work).await.unwrap().unwrap()
        };
        let adding: Vec<_> = (0..RACERS).map(|racer| tokio::spawn(add(nodes[racer % 2].clone(), org.clone()))).collect();
        let mut numbers = BTreeSet::new();
        for one in adding {
            numbers.insert(one.await.unwrap());
        }
        assert_eq!(numbers, (1..=i64::try_from(RACERS).unwrap()).collect(), "everyone was answered a number of their own");
        let log: Vec<String> = leaves(&nodes[0]).await;
        assert_eq!(log, (1..=RACERS).map(|n| n.to_string()).collect::<Vec<_>>(), "and the log says so in that order");
    }

    async fn two_that_want_each_others_rows_both_get_them(database) {
        let nodes = nodes(&database).await;
        let org = organization(&nodes[0], "acme").await;
        run(&nodes[0], vec![crate::database::counter(&org, "a", 0), crate::database::counter(&org, "b", 0)]).await;
        let both = |store: Store, org: Org, order: [&'static str; 2]| async move {
            let work = move |mut tx: Tx<OneOrg, Writes>| async move {
                for subject in order {
                    let sql = org_sql!("UPDATE guess_counters SET failures = failures + 1 WHERE org_id = :org AND subject = :subject");
                    if let Err(error) = tx.execute(sql, args! { subject: subject }).await {
                        return (tx, Decision::Discard(Err(error)));
                    }
                }
                (tx, Decision::KeepUnrecorded(Ok(()), "a test's own"))
            };
            store.write(over(&org), work).await.unwrap().unwrap();
        };
        let mut running = Vec::new();
        for round in 0..3 {
            running.push(tokio::spawn(both(nodes[round % 2].clone(), org.clone(), ["a", "b"])));
            running.push(tokio::spawn(both(nodes[(round + 1) % 2].clone(), org.clone(), ["b", "a"])));
        }
        for one in running {
            one.await.unwrap();
        }
        let failures = all::<(i64,)>(&nodes[0], "SELECT failures AS a FROM guess_counters", Vec::new()).await;
        assert_eq!(failures, [(6,), (6,)]);
    }

    async fn of_two_who_remove_each_other_one_is_left(database) {
        let nodes = nodes(&database).await;
        let org = organization(&nodes[0], "acme").await;
        run(&nodes[0], vec![crate::database::counter(&org, "a", 0), crate::database::counter(&org, "b", 0)]).await;
        // Where both can look at the same time they wait for each other to have looked, for a while.
        let both_looked = database.is_postgres().then(|| Arc::new(Barrier::new(2)));
        let remove = |store: Store, subject: &'static str| {
            let (org, both_looked) = (org.clone(), both_looked.clone());
            let work = move |mut tx: Tx<OneOrg, Writes>| {
                let both_looked = both_looked.clone();
                async move {
                    let others = org_sql!("SELECT count(*) AS a FROM guess_counters WHERE org_id = :org AND subject <> :subject");
                    let delete = org_sql!("DELETE FROM guess_counters WHERE org_id = :org AND subject = :subject");
                    let removed = async {
                        tx.take_turns().await?;
                        let (left,) = tx.fetch_one::<(i64,)>(others, args! { subject: subject }).await?;
                        if let Some(both_looked) = both_looked {
                            drop(tokio::time::timeout(Duration::from_millis(200), both_looked.wait()).await);
                        }
                        if left == 0 { Ok(0) } else { tx.execute(delete, args! { subject: subject }).await }
                    };
                    match removed.await {
                        Ok(count) => (tx, Decision::KeepUnrecorded(Ok(count), "a test's own")),
                        Err(error) => (tx, Decision::Discard(Err(error))),
                    }
                }
            };
            tokio::spawn(async move { store.write(over(&org), work).await.unwrap().unwrap() })
        };
        let (one, other) = (remove(nodes[0].clone(), "a"), remove(nodes[1].clone(), "b"));
        assert_eq!(one.await.unwrap() + other.await.unwrap(), 1);
        assert_eq!(count(&nodes[0], "SELECT count(*) AS a FROM guess_counters").await, 1);
    }

    async fn keeping_what_was_kept_already_is_no_error(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        assert!(claim(store.clone(), org.clone(), Form::Insert, "x").await);
        let work = |mut tx: Tx<OneOrg, Writes>| async move {
            let org = tx.org().id().clone();
            let won = tx.claim_single_use(&org, "jti", "x", NOW).await;
            (tx, Decision::KeepUnrecorded(won, "a test's own"))
        };
        assert!(!store.write(over(&org), work).await.unwrap().unwrap());
        assert_eq!(count(&store, "SELECT count(*) AS a FROM single_use").await, 1);
    }
}
