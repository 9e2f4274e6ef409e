//! The memory of used proofs: how fast it takes new ones, and how large it gets.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use kernel::{OrgId, Timestamp};
use store::{DatabaseUrl, Decision, Platform, Store, Tx, Writes, args, platform_sql};

use crate::report::table::grouped;
use crate::scenario::crowd::Database;

/// Where, how many, and how fast they come in the time of the proofs.
#[derive(Args)]
pub struct ProofsArguments {
    /// An empty database: a `PostgreSQL` URL or `sqlite:` and a path
    #[arg(long)]
    pub database: String,
    /// Proofs in all
    #[arg(long, default_value_t = 10_000_000)]
    pub count: u64,
    /// Proofs per second by their own clock, which is what bounds the table
    #[arg(long, default_value_t = 5000)]
    pub rate: u64,
}

/// How many claims a second a table takes that holds `held` proofs already, written there some hundred thousand at a time.
pub async fn claims_beside(database: &Database, held: u64, seconds: u64) -> Result<f64> {
    let store = database.open().await?;
    let begin = Timestamp::from_secs(1_900_000_000);
    let fill = match database {
        Database::Sqlite(_) => platform_sql!(
            "INSERT INTO used_proofs (minute, org_id, value)
             WITH RECURSIVE n (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end)
             SELECT :begin - (i / 300000) * 60000000, 'bench', randomblob(32) FROM n"
        ),
        Database::Postgres(_) => platform_sql!(
            "INSERT INTO used_proofs (minute, org_id, value)
             SELECT CAST(:begin AS BIGINT) - (i / 300000) * 60000000, 'bench', sha256(CAST(CAST(i AS TEXT) AS BYTEA))
             FROM generate_series(CAST(:first AS BIGINT), CAST(:end AS BIGINT) - 1) i"
        ),
    };
    let mut first = 0;
    while first < held {
        let end = held.min(first + FILLED);
        let (from, until) = (i64::try_from(first)?, i64::try_from(end)?);
        let filled = store.write(Platform, move |mut tx: Tx<Platform, Writes>| async move {
            let filled = tx.execute(fill, args! { begin: begin, first: from, end: until }).await;
            (tx, Decision::KeepUnrecorded(filled, "a benchmark is no event"))
        });
        filled.await??;
        first = end;
    }
    let (started, mut batches) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs(seconds) {
        claim(&store, batches, begin).await?;
        batches += 1;
    }
    Ok((batches * BATCH) as f64 / started.elapsed().as_secs_f64())
}

/// Proofs of one statement that fills the table.
const FILLED: u64 = 200_000;
/// Proofs of one transaction.
const BATCH: u64 = 500;
/// Rows deleted at a time, as the server does it.
const DELETED: u32 = 1000;

/// Uses up proof after proof while their clock runs, deleting what has ended each minute of it.
pub async fn proofs(arguments: ProofsArguments) -> Result<()> {
    let url = DatabaseUrl::parse(&arguments.database).context("--database is neither postgres:// nor sqlite:")?;
    let store = Store::open(&url, 4).await?;
    let begin = Timestamp::from_secs(1_800_000_000);
    store.migrate(begin).await?;
    let (mut part, mut minute, mut most) = (Instant::now(), 0, 0);
    for batch in 0..arguments.count / BATCH {
        let now = begin.plus(Duration::from_secs(batch * BATCH / arguments.rate.max(1)));
        claim(&store, batch, now).await?;
        if now.since(begin).as_secs() / 60 > minute {
            minute = now.since(begin).as_secs() / 60;
            most = most.max(rows(&store).await?);
            while store.delete_expired(now, DELETED).await? >= u64::from(DELETED) {}
        }
        let done = (batch + 1) * BATCH;
        if done.is_multiple_of(1_000_000) {
            let rate = 1_000_000.0 / part.elapsed().as_secs_f64();
            println!("{done}: {}/s, deleting included; {} rows", grouped(rate), rows(&store).await?);
            part = Instant::now();
        }
    }
    println!("at most {most} rows, of {} proofs", arguments.count);
    Ok(())
}

async fn claim(store: &Store, batch: u64, now: Timestamp) -> Result<()> {
    let claimed = store.write(Platform, move |mut tx: Tx<Platform, Writes>| async move {
        let mut all_new = Ok(true);
        for number in batch * BATCH..(batch + 1) * BATCH {
            let value = [scattered(number).to_le_bytes(), scattered(!number).to_le_bytes()].concat();
            match tx.claim_proof(&OrgId::from("bench"), now, &value).await {
                Ok(is_new) => all_new = all_new.map(|all| all && is_new),
                Err(error) => {
                    all_new = Err(error);
                    break;
                }
            }
        }
        (tx, Decision::KeepUnrecorded(all_new, "a benchmark is no event"))
    });
    ensure!(claimed.await??, "a new proof was taken for a used one");
    Ok(())
}

async fn rows(store: &Store) -> Result<i64> {
    let counted = store.read(Platform, |mut tx| async move {
        let rows = tx.fetch_all::<(i64,)>(platform_sql!("SELECT count(*) AS a FROM used_proofs"), &[]).await;
        (tx, rows)
    });
    Ok(counted.await??.first().map_or(0, |(count,)| *count))
}

/// As random as a hash, to the index of the table.
fn scattered(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
