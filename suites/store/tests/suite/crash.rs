//! kill -9 under write load: whatever was answered is there after reopening, whole, and nothing is there by half.

use crate::database::{Args, Database, all, count, event, leaves, organization, over};
use kernel::Secret;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{DatabaseUrl, Decision, OneOrg, Store, Tx, Writes, args, org_sql};

/// How the child is told which database to write to.
const TARGET: &str = "LUMOAUTH_STORE_CRASH_TARGET";
const WRITERS: u32 = 32;
/// Answers after which the child is killed, in each round.
const ANSWERS: usize = 400;

/// Two rows and an event in one transaction, again and again; each answer is told on the standard output.
async fn write_on_and_on(store: Store, writer: u32) {
    let org = store.find_org("acme").await.unwrap().unwrap();
    for number in 0.. {
        let name = format!("{}-{writer}-{number}", std::process::id());
        let said = name.clone();
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let name = name.clone();
            async move {
                let one = org_sql!(
                    "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:org, :name, 1, 0)"
                );
                let two = org_sql!("INSERT INTO revoked_tokens (org_id, jti, expires_at) VALUES (:org, :name, 0)");
                let args: Args = args! { name: &name };
                let mut done = tx.execute(one, args).await;
                if done.is_ok() {
                    done = tx.execute(two, args).await;
                }
                let row = event(tx.org().id(), &name);
                (tx, done.map_or(Decision::Discard(false), |_| Decision::Keep(true, row)))
            }
        };
        assert!(store.write(over(&org), work).await.unwrap());
        let mut out = std::io::stdout().lock();
        writeln!(out, "answered {said}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
#[ignore = "the child that the other tests of this file kill"]
#[allow(clippy::disallowed_methods, reason = "the child is told its database this way")]
fn child() {
    let target = std::env::var(TARGET).expect("started by the tests of this file");
    let url = DatabaseUrl::parse(&target).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&url, 8).await.unwrap();
        let writers: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(write_on_and_on(store.clone(), writer))).collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}

/// Start the child, kill it in the middle of its work, and return what it was answered.
fn kill_in_the_middle(url: &DatabaseUrl) -> BTreeSet<String> {
    let target = match url {
        DatabaseUrl::Sqlite(path) => Secret::new(format!("sqlite:{}", path.display())),
        DatabaseUrl::Postgres(url) => url.clone(),
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::child", "--nocapture"])
        .env(TARGET, target.expose())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut answered = BTreeSet::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        // What was said is read to its end, so that every answer that was given is known.
        answered.extend(line.split_once("answered ").map(|(_, name)| name.to_owned()));
        if answered.len() == ANSWERS {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(answered.len() >= ANSWERS, "the child was killed, and did not end by itself");
    answered
}

async fn whatever_was_answered_is_there(database: Arc<Database>) {
    let store = database.open().await;
    organization(&store, "acme").await;
    drop(store);
    let mut answered = BTreeSet::new();
    for round in 1..=3 {
        let url = database.url.clone();
        answered.append(&mut tokio::task::spawn_blocking(move || kill_in_the_middle(&url)).await.unwrap());
        let store = database.open().await;
        // PostgreSQL may still be busy with what it had been told.
        settle(&store, &database).await;
        let log: BTreeSet<String> = leaves(&store).await.into_iter().collect();
        let names = async |text| -> BTreeSet<String> {
            all::<(String,)>(&store, text, vec![]).await.into_iter().map(|(name,)| name).collect()
        };
        let missing: Vec<_> = answered.difference(&log).collect();
        assert!(missing.is_empty(), "round {round}: answered and lost: {missing:?}");
        assert_eq!(names("SELECT subject AS a FROM guess_counters").await, log, "round {round}: the log and the effects agree");
        assert_eq!(names("SELECT jti AS a FROM revoked_tokens").await, log, "round {round}: both rows are there or neither");
        if !database.is_postgres() {
            let check: Vec<String> = database
                .raw_sqlite()
                .prepare("PRAGMA integrity_check")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert_eq!(check, ["ok"]);
        }
    }
}

async fn settle(store: &Store, database: &Database) {
    if database.is_postgres() {
        let others = "SELECT count(*) AS a FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()";
        while count(store, others).await > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn what_sqlite_answered_survives_kill_9() {
    Database::sqlite().run(whatever_was_answered_is_there).await;
}

#[tokio::test]
async fn what_postgresql_answered_survives_kill_9() {
    if let Some(database) = Database::postgres().await {
        database.run(whatever_was_answered_is_there).await;
    }
}
