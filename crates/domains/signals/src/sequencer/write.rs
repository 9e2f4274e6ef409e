//! Writing a batch: one transaction, or nothing.

use super::batch::{Batch, Entry, Facts, Head, Tally};
use kernel::{OrgId, Timestamp};
use ledger::merkle::Node;
use store::{Arg, Platform, StoreError, Tx, Writes, args, platform_sql};

/// Write the batch, unless somebody else has sequenced its events meanwhile; `false` then.
pub(super) async fn write(tx: &mut Tx<Platform, Writes>, batch: &Batch, now: Timestamp) -> Result<bool, StoreError> {
    if !move_cursor(tx, batch).await? {
        return Ok(false);
    }
    insert_entries(tx, &batch.entries).await?;
    for head in &batch.heads {
        for node in &head.completed {
            insert_node(tx, head, node).await?;
        }
        update_head(tx, head, now).await?;
    }
    for ((org, day), tally) in &batch.tallies {
        add_tally(tx, org, *day, tally).await?;
    }
    Ok(true)
}

async fn add_tally(tx: &mut Tx<Platform, Writes>, org: &OrgId, day: i64, tally: &Tally) -> Result<(), StoreError> {
    let sql = platform_sql!(
        "INSERT INTO log_days (org_id, day, events, sign_ins, failed_sign_ins) VALUES (:log, :day, :events, :sign_ins, :failed) \
         ON CONFLICT (org_id, day) DO UPDATE SET events = log_days.events + excluded.events, \
             sign_ins = log_days.sign_ins + excluded.sign_ins, \
             failed_sign_ins = log_days.failed_sign_ins + excluded.failed_sign_ins"
    );
    let Tally { events, sign_ins, failed_sign_ins } = *tally;
    let args = args! { log: org, day: day, events: events, sign_ins: sign_ins, failed: failed_sign_ins };
    tx.execute(sql, args).await.map(drop)
}

/// One conditional statement decides who sequences these events.
async fn move_cursor(tx: &mut Tx<Platform, Writes>, batch: &Batch) -> Result<bool, StoreError> {
    let sql = platform_sql!("UPDATE log_cursor SET seq = :next_seq, tx = :next_tx WHERE id = 1 AND seq = :seq AND tx = :tx");
    let args = args! { next_seq: batch.to.seq, next_tx: batch.to.tx, seq: batch.from.seq, tx: batch.from.tx };
    Ok(tx.execute(sql, args).await? == 1)
}

async fn insert_entries(tx: &mut Tx<Platform, Writes>, entries: &[Entry]) -> Result<(), StoreError> {
    let sql = platform_sql!(
        "INSERT INTO log_entries (org_id, idx, seq, leaf_hash, at, name, severity, outcome, actor_kind, actor_id, target_kind, target_id) \
         VALUES (:log, :idx, :seq, :hash, :at, :name, :severity, :outcome, :actor_kind, :actor_id, :target_kind, :target_id)"
    );
    let names = [
        ":log",
        ":idx",
        ":seq",
        ":hash",
        ":at",
        ":name",
        ":severity",
        ":outcome",
        ":actor_kind",
        ":actor_id",
        ":target_kind",
        ":target_id",
    ];
    let rows: Vec<_> = entries.iter().map(values).collect();
    tx.execute_each(sql, names, &rows).await.map(drop)
}

fn values(entry: &Entry) -> [Arg<'_>; 12] {
    let Facts { at, name, severity, outcome, actor, target } = &entry.facts;
    [
        Arg::from(&entry.org),
        Arg::Int(entry.idx),
        Arg::Int(entry.seq),
        Arg::from(&entry.hash),
        Arg::Int(*at),
        Arg::from(name),
        Arg::from(severity),
        Arg::from(outcome),
        Arg::from(&actor.kind),
        Arg::from(actor.id.as_deref()),
        Arg::from(target.as_ref().map(|target| target.kind.as_str())),
        Arg::from(target.as_ref().and_then(|target| target.id.as_deref())),
    ]
}

async fn insert_node(tx: &mut Tx<Platform, Writes>, head: &Head, node: &Node) -> Result<(), StoreError> {
    let sql = platform_sql!("INSERT INTO log_nodes (org_id, level, idx, hash) VALUES (:log, :level, :idx, :hash)");
    let index = i64::try_from(node.index).unwrap_or(i64::MAX);
    let args = args! { log: &head.org, level: u32::from(node.level), idx: index, hash: &node.hash };
    tx.execute(sql, args).await.map(drop)
}

async fn update_head(tx: &mut Tx<Platform, Writes>, head: &Head, now: Timestamp) -> Result<(), StoreError> {
    let sql = platform_sql!(
        "INSERT INTO log_heads (org_id, size, frontier, updated_at) VALUES (:log, :size, :frontier, :now) \
         ON CONFLICT (org_id) DO UPDATE SET size = excluded.size, frontier = excluded.frontier, updated_at = excluded.updated_at"
    );
    let size = i64::try_from(head.frontier.size()).unwrap_or(i64::MAX);
    let frontier = head.frontier.to_bytes();
    tx.execute(sql, args! { log: &head.org, size: size, frontier: &frontier, now: now }).await.map(drop)
}
