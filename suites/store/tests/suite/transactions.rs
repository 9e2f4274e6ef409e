//! What a transaction keeps, and what it doesn't.

use crate::database::{
    NOW, all, count, counter, event, leaves, on_both, org_sql as org_text, organization, over, run, sql, try_run,
};
use kernel::{JobId, Rng, Timestamp};
use std::time::Duration;
use store::{Arg, Decision, OneOrg, Org, Platform, Reads, Store, StoreError, Tx, Writes, org_sql, rows};

/// What the work of [`attempt`] does after its first statement.
#[derive(Clone, Copy, Debug)]
enum End {
    Keep,
    KeepUnrecorded,
    Discard,
    /// Something fails, and the operation keeps all the same.
    FailAndKeep,
    FailAndKeepUnrecorded,
    /// Effects are fine, the event can't be stored.
    KeepAnImpossibleEvent,
    /// The work reports its failure, as it should.
    FailAndDiscard,
}

struct Zeros;
impl Rng for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Insert a row, queue a job, and end in the given way.
async fn attempt(store: &Store, org: &Org, end: End) -> Result<Result<(), StoreError>, StoreError> {
    let work = move |mut tx: Tx<OneOrg, Writes>| async move {
        let insert =
            org_sql!("INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, 's', 1, 0)");
        let org = tx.org().id().clone();
        let done = async {
            tx.execute(insert, &[]).await?;
            tx.enqueue(&org, &JobId::new(NOW, &Zeros), "test", "{}", NOW).await
        };
        if let Err(error) = done.await {
            return (tx, Decision::Discard(Err(error)));
        }
        let failed = match end {
            End::FailAndKeep | End::FailAndKeepUnrecorded | End::FailAndDiscard => tx.execute(insert, &[]).await.map(drop),
            _ => Ok(()),
        };
        let decision = match end {
            End::Keep | End::FailAndKeep => Decision::Keep(Ok(()), event(&org, "kept")),
            End::KeepUnrecorded | End::FailAndKeepUnrecorded => Decision::KeepUnrecorded(Ok(()), "a test's own"),
            End::KeepAnImpossibleEvent => Decision::Keep(Ok(()), event(&org, "\0")),
            End::Discard | End::FailAndDiscard => Decision::Discard(failed),
        };
        (tx, decision)
    };
    store.write(over(org), work).await
}

/// Effects, jobs and events that are there.
async fn kept(store: &Store) -> (i64, i64, usize) {
    let effects = count(store, "SELECT count(*) AS a FROM guess_counters").await;
    (effects, count(store, "SELECT count(*) AS a FROM jobs").await, leaves(store).await.len())
}

const SELECT: &str = "SELECT count(*) AS a FROM guess_counters WHERE org_id = :org AND subject = :subject";
const INSERT: &str = "INSERT INTO authorization_codes (org_id, id, secret_hash, client_id, user_id, session_id, family_id, facts, created_at, expires_at, redeemed_at) \
                          VALUES (:owner, :text, :bytes, 'c', 'u', :nothing, 'f', ':org', :number, :at, :yes)";

on_both! {
    async fn effects_and_event_are_kept_together_or_not_at_all(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        for (end, is_ok) in [
            (End::Discard, true),
            (End::FailAndDiscard, true),
            (End::FailAndKeep, false),
            (End::FailAndKeepUnrecorded, false),
            (End::KeepAnImpossibleEvent, false),
        ] {
            let outcome = attempt(&store, &org, end).await;
            assert_eq!(outcome.is_ok(), is_ok, "{end:?}: {outcome:?}");
            assert_eq!(kept(&store).await, (0, 0, 0), "{end:?} keeps nothing");
        }
        attempt(&store, &org, End::Keep).await.unwrap().unwrap();
        assert_eq!(kept(&store).await, (1, 1, 1));
        run(&store, vec![("DELETE FROM guess_counters", vec![]), ("DELETE FROM jobs", vec![])]).await;
        attempt(&store, &org, End::KeepUnrecorded).await.unwrap().unwrap();
        assert_eq!(kept(&store).await, (1, 1, 1), "effects without an event");
    }

    async fn a_failure_says_what_it_was(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        attempt(&store, &org, End::Keep).await.unwrap().unwrap();
        let taken = attempt(&store, &org, End::Keep).await.unwrap().unwrap_err();
        assert!(matches!(taken, StoreError::Taken(_)), "{taken:?}");
        let dangling = try_run(&store, vec![(
            "INSERT INTO password_history (org_id, user_id, changed_at, password_hash) VALUES (:owner, 'nobody', 0, '')",
            vec![(":owner", Arg::from(org.id().to_string()))],
        )]);
        let dangling = dangling.await.unwrap_err();
        assert!(matches!(dangling, StoreError::Dangling(_)), "{dangling:?}");
        let missing = store
            .read(over(&org), |mut tx: Tx<OneOrg, Reads>| async move {
                let row = tx.fetch_one::<(i64,)>(org_sql!("SELECT failures AS a FROM guess_counters WHERE org_id = :org AND subject = 'none'"), &[]).await;
                (tx, row)
            })
            .await
            .unwrap();
        assert!(matches!(missing, Err(StoreError::Missing)));
    }

    async fn after_a_failure_the_next_transaction_is_as_good_as_new(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        for _ in 0..20 {
            assert!(attempt(&store, &org, End::FailAndKeep).await.is_err());
            let broken = try_run(&store, vec![("UPDATE no_such_table SET x = 1", vec![])]).await;
            assert!(matches!(broken, Err(StoreError::Driver(_))), "{broken:?}");
        }
        attempt(&store, &org, End::Keep).await.unwrap().unwrap();
        assert_eq!(kept(&store).await, (1, 1, 1));
    }

    async fn a_reading_transaction_can_not_write(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let work = |mut tx: Tx<OneOrg, Reads>| async move {
            const INSERT: &str = "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, 's', 1, 0) RETURNING failures AS a";
            let row = tx.fetch_one::<(i64,)>(org_text(INSERT), &[]).await;
            (tx, row)
        };
        assert!(store.read(over(&org), work).await.unwrap().is_err());
        assert_eq!(kept(&store).await, (0, 0, 0));
    }

    async fn every_name_is_bound_once_and_only_known_ones(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        for args in [
            vec![],
            vec![(":other", Arg::from(1_i64))],
            vec![(":subject", Arg::from("s")), (":other", Arg::from(1_i64))],
            vec![(":subject", Arg::from("s")), (":org", Arg::from("another"))],
        ] {
            let given = format!("{args:?}");
            let work = move |mut tx: Tx<OneOrg, Reads>| {
                let args = args.clone();
                async move {
                    let row = tx.fetch_one::<(i64,)>(org_text(SELECT), &args).await;
                    (tx, row)
                }
            };
            // Not even the organization can be passed by hand: it is always the transaction's own.
            let outcome = store.read(over(&org), work).await.unwrap();
            assert!(matches!(outcome, Err(StoreError::Driver(_))), "{given}: {outcome:?}");
        }
    }

    async fn values_come_back_as_they_went_in(database) {
        rows! {
            #[derive(Debug, PartialEq)]
            struct Everything { text: String, absent: Option<String>, number: i64, yes: bool, at: Timestamp, bytes: Vec<u8>, one: i64, is_many: bool }
        }
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let text = "ünï\u{1F600} 'quoted' :org $1 ?1 \\ %_\n";
        let args = vec![
            (":owner", Arg::from(org.id().to_string())), (":text", text.into()), (":nothing", Arg::Null),
            (":number", Arg::from(i64::MIN)), (":yes", true.into()), (":at", Timestamp::from_micros(i64::MAX).into()), (":bytes", Arg::Bytes(&[0, 255, 1])),
        ];
        run(&store, vec![(INSERT, args)]).await;
        let found = all::<Everything>(&store, "SELECT id AS text, session_id AS absent, created_at AS number, redeemed_at AS yes, expires_at AS at, \
                                               secret_hash AS bytes, 1 AS one, count(*) OVER () > 1 AS is_many FROM authorization_codes", vec![]).await;
        let expected = Everything { text: text.to_owned(), absent: None, number: i64::MIN, yes: true, at: Timestamp::from_micros(i64::MAX), bytes: vec![0, 255, 1], one: 1, is_many: false };
        assert_eq!(found, [expected]);
    }

    async fn a_text_with_a_nul_is_refused_alike(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        for text in ["\0", "a\0b"] {
            let insert = vec![("INSERT INTO installation (name, value) VALUES ('n', :value)", vec![(":value", Arg::from(text))])];
            assert!(matches!(try_run(&store, insert).await, Err(StoreError::Unstorable(":value"))));
            let claim = move |mut tx: Tx<OneOrg, Writes>| async move {
                let org = tx.org().id().clone();
                let claimed = tx.claim_single_use(&org, "jti", text, NOW).await;
                (tx, Decision::Discard(claimed))
            };
            let refused = store.write(over(&org), claim).await.unwrap().unwrap_err();
            assert_eq!(kernel::Fault::from(refused).kind, kernel::FaultKind::Invalid);
        }
    }

    async fn a_transaction_sees_what_it_wrote_and_no_other_does_before_it_is_kept(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let work = |mut tx: Tx<OneOrg, Writes>| async move {
            let (insert, _) = counter(tx.org(), "s", 1);
            let owner = tx.org().id().to_string();
            let inserted = tx.execute(org_text("INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, 's', 1, 0)"), &[]).await;
            drop((insert, owner));
            let seen = tx.fetch_one::<(i64,)>(org_text("SELECT count(*) AS a FROM guess_counters WHERE org_id = :org"), &[]).await;
            (tx, Decision::Discard(inserted.and(seen)))
        };
        assert_eq!(store.write(over(&org), work).await.unwrap().unwrap(), (1,));
        assert_eq!(kept(&store).await, (0, 0, 0));
    }

    async fn the_log_is_handed_out_in_the_order_of_commits(database) {
        rows! { struct Unsequenced { seq: i64, tx: i64, leaf: String } }
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        let appending: Vec<_> = (0..50)
            .map(|number| {
                let (store, org) = (store.clone(), org.clone());
                tokio::spawn(async move {
                    let row = event(org.id(), &number.to_string());
                    let work = move |tx: Tx<OneOrg, Writes>| { let row = row.clone(); async move { (tx, Decision::Keep((), row)) } };
                    store.write(over(&org), work).await.unwrap();
                })
            })
            .collect();
        for one in appending {
            one.await.unwrap();
        }
        // What other tests of the same server have open may hold the last ones back for a while.
        let (mut seen, mut seq, mut in_tx) = (Vec::new(), 0, 0);
        let reading = async {
            while seen.len() < 50 {
                let work = move |mut tx: Tx<Platform, Reads>| async move {
                    let rows = tx.fetch_unsequenced::<Unsequenced>(seq, in_tx, 7).await;
                    (tx, rows)
                };
                let page = store.read(Platform, work).await.unwrap().unwrap();
                if let Some(last) = page.last() {
                    (seq, in_tx) = (last.seq, last.tx);
                }
                seen.extend(page.into_iter().map(|row| row.leaf));
            }
        };
        tokio::time::timeout(Duration::from_mins(1), reading).await.expect("every event is handed out");
        let mut sorted = seen.clone();
        sorted.sort_by_key(|leaf| leaf.parse::<i32>().unwrap());
        assert_eq!(sorted, (0..50).map(|number| number.to_string()).collect::<Vec<_>>(), "every event once");
        assert_eq!(seen, leaves_by_commit(&store, database.is_postgres()).await);
    }

    async fn a_job_that_was_kept_wakes_the_worker(database) {
        let store = database.open().await;
        let org = organization(&store, "acme").await;
        attempt(&store, &org, End::Discard).await.unwrap().unwrap();
        attempt(&store, &org, End::Keep).await.unwrap().unwrap();
        tokio::time::timeout(Duration::from_secs(5), store.job_added()).await.expect("the worker is woken");
        assert_eq!(all::<(String,)>(&store, "SELECT kind AS a FROM jobs", vec![]).await, [("test".to_owned(),)]);
    }
}

async fn leaves_by_commit(store: &Store, is_postgres: bool) -> Vec<String> {
    let text =
        if is_postgres { "SELECT leaf AS a FROM events ORDER BY tx, seq" } else { "SELECT leaf AS a FROM events ORDER BY seq" };
    all::<(String,)>(store, sql(text).text(), vec![]).await.into_iter().map(|(leaf,)| leaf).collect()
}
