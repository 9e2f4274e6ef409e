//! The sequencer: it gives every event its place in its organization's log.
//!
//! Operations append events in any order and pay for nothing else. The sequencer takes them up in the order of their commits,
//! a batch at a time: it reads and hashes outside of any writing transaction, then writes places, hashes and heads in one. A
//! conditional update of the cursor makes sure that of several nodes one wins; the others try the next batch. What a crash
//! interrupts was not written, so places have no gaps.

mod batch;
mod write;

use crate::keeper::Keeper;
pub(crate) use batch::day;
use batch::{Batch, Cursor, Unsequenced};
use flow::Services;
use kernel::{Fault, OrgId, Timestamp};
use ledger::merkle::Frontier;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Decision, Platform, Reads, Store, StoreError, Tx, Writes, args, platform_sql};

/// Events that get their place in one transaction: few enough that nobody waits long for the writer.
const BATCH: u32 = 1000;
/// The pause after there was something to do, and after there was nothing.
const BUSY: Duration = Duration::from_millis(250);
const IDLE: Duration = Duration::from_secs(1);

/// What a round of sequencing did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events that got their place.
    pub events: u64,
    /// Organizations whose logs grew.
    pub organizations: BTreeSet<OrgId>,
}

/// Sequence for as long as the process lives; publish checkpoints of the logs that grew, and keep old ones few.
pub async fn run(services: Arc<Services>) {
    let mut keeper = Keeper::default();
    loop {
        let progress = sequence(&services.store, services.clock.now()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the log could not be sequenced");
            Progress::default()
        });
        let pause = if progress.events > 0 { BUSY } else { IDLE };
        keeper.look_after(&services, progress.organizations).await;
        tokio::time::sleep(pause).await;
    }
}

/// Make everything that was committed before visible in the log. (With several writers an event waits for transactions that
/// began before it; one that takes longer than about a second is not waited for.)
///
/// # Errors
/// Whatever the database says.
pub async fn flush(services: &Services) -> Result<(), Fault> {
    settle(&services.store, services.clock.now()).await?;
    Ok(())
}

/// Sequence until the event that is the last one now has its place.
pub(crate) async fn settle(store: &Store, now: Timestamp) -> Result<Progress, StoreError> {
    let last = read_last(store).await?;
    let mut progress = sequence(store, now).await?;
    let mut pause = Duration::from_millis(1);
    while pause < Duration::from_secs(1) && read_cursor(store).await? < last {
        tokio::time::sleep(pause).await;
        pause *= 2;
        let more = sequence(store, now).await?;
        progress.events += more.events;
        progress.organizations.extend(more.organizations);
    }
    Ok(progress)
}

/// Sequence until no event is left that could get its place.
///
/// # Errors
/// Whatever the database says. What was sequenced before stays.
pub async fn sequence(store: &Store, now: Timestamp) -> Result<Progress, StoreError> {
    let mut progress = Progress::default();
    loop {
        let batch = read(store).await?;
        let count = batch.entries.len();
        if count == 0 {
            return Ok(progress);
        }
        let organizations: Vec<OrgId> = batch.heads.iter().map(|head| head.org.clone()).collect();
        if !write_batch(store, batch, now).await? {
            continue;
        }
        progress.events += u64::try_from(count).unwrap_or(u64::MAX);
        progress.organizations.extend(organizations);
        // A batch that was not full was all there was.
        if u32::try_from(count).is_ok_and(|count| count < BATCH) {
            return Ok(progress);
        }
    }
}

async fn write_batch(store: &Store, batch: Batch, now: Timestamp) -> Result<bool, StoreError> {
    let batch = Arc::new(batch);
    let work = move |mut tx: Tx<Platform, Writes>| {
        let batch = batch.clone();
        async move {
            match write::write(&mut tx, &batch, now).await {
                Ok(true) => (tx, Decision::KeepUnrecorded(Ok(true), "an event that gets its place is no new event")),
                outcome => (tx, Decision::Discard(outcome)),
            }
        }
    };
    store.write(Platform, work).await?
}

/// Read the next events and work out their places. The cursor is read first: should anything move meanwhile, writing will notice.
async fn read(store: &Store) -> Result<Batch, StoreError> {
    let work = |mut tx: Tx<Platform, Reads>| async move {
        let batch = read_batch(&mut tx).await;
        (tx, batch)
    };
    store.read(Platform, work).await?
}

async fn read_batch(tx: &mut Tx<Platform, Reads>) -> Result<Batch, StoreError> {
    let cursor = load_cursor(tx).await?;
    let events: Vec<Unsequenced> = tx.fetch_unsequenced(cursor.seq, cursor.tx, BATCH).await?;
    let mut heads = BTreeMap::new();
    for event in &events {
        if !heads.contains_key(&event.org_id) {
            heads.insert(event.org_id.clone(), load_frontier(tx, &event.org_id).await?);
        }
    }
    Ok(Batch::of(cursor, events, heads))
}

/// Where the last committed event stands.
async fn read_last(store: &Store) -> Result<Cursor, StoreError> {
    let work = |mut tx: Tx<Platform, Reads>| async move {
        let last = tx.find_last_event().await;
        (tx, last)
    };
    let (seq, tx) = store.read(Platform, work).await??.unwrap_or_default();
    Ok(Cursor { tx, seq })
}

async fn read_cursor(store: &Store) -> Result<Cursor, StoreError> {
    let work = |mut tx: Tx<Platform, Reads>| async move {
        let cursor = load_cursor(&mut tx).await;
        (tx, cursor)
    };
    store.read(Platform, work).await?
}

async fn load_cursor(tx: &mut Tx<Platform, Reads>) -> Result<Cursor, StoreError> {
    tx.fetch_one(platform_sql!("SELECT seq, tx FROM log_cursor WHERE id = 1"), &[]).await
}

async fn load_frontier(tx: &mut Tx<Platform, Reads>, org: &OrgId) -> Result<Frontier, StoreError> {
    let sql = platform_sql!("SELECT frontier AS a FROM log_heads WHERE org_id = :log");
    let Some((bytes,)) = tx.fetch_optional::<(Vec<u8>,)>(sql, args! { log: org }).await? else { return Ok(Frontier::default()) };
    Frontier::from_bytes(&bytes)
        .map_err(|fault| StoreError::Column { column: format!("log_heads.frontier of {org}"), problem: fault.to_string() })
}

#[cfg(test)]
mod tests;
