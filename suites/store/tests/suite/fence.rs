//! The second fence: on PostgreSQL, row-level security keeps organizations apart even where a statement forgets to.

use crate::database::{Database, NOW, all, counter, org_sql, organization, over, run, user};
use std::sync::Arc;
use store::{Arg, Decision, OneOrg, Org, Platform, Reads, Store, Tx, Writes};

async fn on_postgres<F: Future<Output = ()> + 'static>(story: impl FnOnce(Arc<Database>) -> F) {
    if let Some(database) = Database::postgres().await {
        database.run(story).await;
    }
}

/// It binds the organization, and then does not use it.
const ALL: &str = "SELECT subject AS a FROM guess_counters WHERE :org <> ''";

/// A statement that binds the organization and then does not use it: what the first fence can't see.
async fn see(store: &Store, org: &Org, text: &'static str) -> Vec<String> {
    let work = move |mut tx: Tx<OneOrg, Reads>| async move {
        let rows = tx.fetch_all::<(String,)>(org_sql(text), &[]).await;
        (tx, rows)
    };
    store.read(over(org), work).await.unwrap().unwrap().into_iter().map(|(name,)| name).collect()
}

async fn change(store: &Store, org: &Org, text: &'static str) -> Result<u64, store::StoreError> {
    let work = move |mut tx: Tx<OneOrg, Writes>| async move {
        let changed = tx.execute(org_sql(text), &[]).await;
        let is_done = changed.is_ok();
        (tx, if is_done { Decision::KeepUnrecorded(changed, "a test's own") } else { Decision::Discard(changed) })
    };
    store.write(over(org), work).await.unwrap()
}

async fn two_organizations(database: &Database) -> (Store, Org, Org) {
    let store = database.open().await;
    let (acme, other) = (organization(&store, "acme").await, organization(&store, "other").await);
    run(&store, vec![counter(&acme, "of acme", 1), counter(&other, "of other", 1)]).await;
    (store, acme, other)
}

#[tokio::test]
async fn every_table_of_organizations_is_fenced() {
    on_postgres(|database| async move {
        let store = database.open().await;
        let unfenced = "SELECT c.relname::text AS a FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' \
             AND (c.relname = 'organizations' OR EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id')) \
             AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))";
        assert_eq!(all::<(String,)>(&store, unfenced, vec![]).await, []);
        let fenced = all::<(i64,)>(&store, "SELECT count(*) AS a FROM pg_policy", vec![]).await;
        assert!(fenced[0].0 > 25, "policies were read");
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_forgets_its_organization_sees_no_other() {
    on_postgres(|database| async move {
        let (store, acme, other) = two_organizations(&database).await;
        assert_eq!(see(&store, &acme, ALL).await, ["of acme"]);
        assert_eq!(see(&store, &other, ALL).await, ["of other"]);
        assert_eq!(see(&store, &acme, "SELECT slug AS a FROM organizations WHERE :org <> ''").await, ["acme"]);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_forgets_its_organization_changes_no_other() {
    on_postgres(|database| async move {
        let (store, acme, other) = two_organizations(&database).await;
        assert_eq!(change(&store, &acme, "UPDATE guess_counters SET failures = 2 WHERE :org <> ''").await.unwrap(), 1);
        assert_eq!(change(&store, &other, "DELETE FROM guess_counters WHERE :org <> ''").await.unwrap(), 1);
        let left = all::<(String, i64)>(&store, "SELECT subject AS a, failures AS b FROM guess_counters", vec![]).await;
        assert_eq!(left, [("of acme".to_owned(), 2)]);
        for text in [
            "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) SELECT 'id-of-other', :org, 1, 0",
            "UPDATE guess_counters SET org_id = 'id-of-other' WHERE org_id = :org",
        ] {
            let refused = change(&store, &acme, text).await.unwrap_err().to_string();
            assert!(refused.contains("row-level security"), "{refused}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_says_nothing_sees_nothing() {
    on_postgres(|database| async move {
        two_organizations(&database).await;
        let raw = database.raw_postgres().await;
        let seen = |setting: &'static str| {
            let raw = &raw;
            async move {
                raw.batch_execute(setting).await.unwrap();
                raw.query("SELECT subject FROM guess_counters", &[]).await.unwrap().len()
            }
        };
        assert_eq!(seen("").await, 0);
        assert_eq!(seen("SET lumoauth.org = ''").await, 0);
        assert_eq!(seen("SET lumoauth.org = 'id-of-acme'").await, 1);
        assert_eq!(seen("SET lumoauth.org = '*'").await, 2);
        assert_eq!(seen("RESET lumoauth.org").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_pass_from_one_organization_to_the_next_never_mix_them_up() {
    on_postgres(|database| async move {
        let (store, acme, other) = two_organizations(&database).await;
        let all_of = |number: usize| {
            let (store, acme, other) = (store.clone(), acme.clone(), other.clone());
            async move {
                match number % 4 {
                    0 => assert_eq!(see(&store, &acme, ALL).await, ["of acme"]),
                    1 => assert_eq!(see(&store, &other, ALL).await, ["of other"]),
                    2 => assert_eq!(
                        change(&store, &other, "UPDATE guess_counters SET failures = 3 WHERE :org <> ''").await.unwrap(),
                        1
                    ),
                    _ => assert_eq!(all::<(String,)>(&store, "SELECT subject AS a FROM guess_counters", vec![]).await.len(), 2),
                }
            }
        };
        // Every third is given up half-way: what was in flight must not decide what the next one sees.
        let running: Vec<_> = (0..600).map(|number| (number, tokio::spawn(all_of(number)))).collect();
        for (number, one) in running {
            if number % 3 == 0 {
                one.abort();
                drop(one.await);
            } else {
                one.await.unwrap();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn keys_that_lead_to_other_tables_are_checked_behind_the_fence() {
    on_postgres(|database| async move {
        let (store, acme, _) = two_organizations(&database).await;
        user(&store, &acme, "ada").await;
        let insert = "INSERT INTO password_history (org_id, user_id, changed_at, password_hash) VALUES (:org, 'ada', 1, '')";
        assert_eq!(change(&store, &acme, insert).await.unwrap(), 1);
        assert_eq!(change(&store, &acme, "DELETE FROM users WHERE org_id = :org AND id = 'ada'").await.unwrap(), 1);
        assert_eq!(all::<(i64,)>(&store, "SELECT count(*) AS a FROM password_history", vec![]).await, [(0,)]);
    })
    .await;
}

#[tokio::test]
async fn work_across_organizations_is_not_fenced_in() {
    on_postgres(|database| async move {
        let (store, ..) = two_organizations(&database).await;
        let work = |mut tx: Tx<Platform, Writes>| async move {
            let sql = crate::database::sql("UPDATE guess_counters SET locked_until = :now");
            let changed = tx.execute(sql, &[(":now", Arg::from(NOW))]).await;
            (tx, Decision::KeepUnrecorded(changed, "a test's own"))
        };
        assert_eq!(store.write(Platform, work).await.unwrap().unwrap(), 2);
    })
    .await;
}
