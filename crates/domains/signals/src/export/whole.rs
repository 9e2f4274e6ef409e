//! The export of a whole log, tile by tile.

use super::Log;
use crate::entries::{BARE, EntryRow};
use crate::tree::{Tree, read_hashes};
use crate::{checkpoints, key, sequencer};
use flow::Services;
use kernel::{Fault, FaultKind};
use ledger::export::{Entry, Export, Form, Selection};
use ledger::merkle::TILE_WIDTH;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use store::{Arg, Filter, Mode, OneOrg, Org, Reads, StoreError, Tx};
use tokio::sync::Mutex;

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Entries.
    pub entries: u64,
    /// The indexes of entries that are missing, unreadable or not what the log recorded. The export shows them as they are,
    /// and does not verify.
    pub damaged: Vec<u64>,
}

/// Shows the number of entries.
impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.fmt(f)
    }
}

/// Export an organization's whole log as JSON Lines, proven against a checkpoint of this moment. It needs memory for one tile,
/// however long the log is. For the command line: writing to `out` blocks.
///
/// # Errors
/// Whatever the database or `out` says, or if the log's key can't be used.
pub async fn export_log(services: &Services, org: &Org, out: &mut (impl Write + Send)) -> Result<Exported, Fault> {
    sequencer::flush(services).await?;
    let head = checkpoints::publish(services, org).await?;
    let work = |mut tx: Tx<OneOrg, Reads>| async move {
        let row = key::load(&mut tx).await;
        (tx, row)
    };
    let row = services.store.read(OneOrg::new(org.clone()), work).await??;
    let log = Log { org: org.clone(), key: row.open(&services.master_keys, org.id())?, head, now: services.clock.now() };

    let size = log.head.checkpoint.size;
    let (export, text) =
        Export::begin(&log.header(Selection::Whole, "all entries".to_owned())?, Form::JsonLines).map_err(Fault::internal)?;
    out.write_all(text.as_bytes()).map_err(unwritable)?;
    let writing = Mutex::new(Writing { tree: Tree::new(size), export, damaged: Vec::new() });
    for tile in tiles(size) {
        let text = services.store.read(OneOrg::new(org.clone()), |tx| next_tile(tx, &writing, tile.clone())).await??;
        out.write_all(text.as_bytes()).map_err(unwritable)?;
    }
    let Writing { export, damaged, .. } = writing.into_inner();
    out.write_all(export.finish(&log.key.signer()?).map_err(Fault::internal)?.as_bytes()).map_err(unwritable)?;
    Ok(Exported { entries: size, damaged })
}

/// An export between two tiles.
struct Writing {
    tree: Tree,
    export: Export,
    damaged: Vec<u64>,
}

async fn next_tile(
    mut tx: Tx<OneOrg, Reads>,
    writing: &Mutex<Writing>,
    tile: Range<u64>,
) -> (Tx<OneOrg, Reads>, Result<String, Fault>) {
    let mut writing = writing.lock().await;
    let Writing { tree, export, damaged } = &mut *writing;
    let text = write_tile(&mut tx, tree, export, tile, damaged).await;
    (tx, text)
}

/// The tiles of a log, each as the indexes of its entries.
pub(super) fn tiles(size: u64) -> impl Iterator<Item = Range<u64>> {
    (0..size.div_ceil(TILE_WIDTH)).map(move |tile| tile * TILE_WIDTH..size.min((tile + 1) * TILE_WIDTH))
}

/// Write a tile and its entries. An entry that is missing or can't be read is written as an empty leaf: whoever verifies the
/// export is told its index.
pub(super) async fn write_tile<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    tree: &mut Tree,
    export: &mut Export,
    tile: Range<u64>,
    damaged: &mut Vec<u64>,
) -> Result<String, Fault> {
    let rows = readable(tx, tile.clone()).await?;
    let is_whole = tile.clone().all(|index| rows.contains_key(&index));
    let hashes =
        if is_whole { rows.values().map(EntryRow::hash).collect() } else { read_hashes(tx, 0, tile.start, tile.end).await? };
    let proof = tree.tile_inclusion(tx, tile.start / TILE_WIDTH).await?;
    let mut text = export.tile(hashes, proof).map_err(Fault::internal)?;
    for index in tile {
        let row = rows.get(&index);
        if !row.is_some_and(EntryRow::is_intact) {
            damaged.push(index);
        }
        let leaf = row.map_or_else(String::new, |row| row.leaf().to_owned());
        let personal = row.map(EntryRow::personal).unwrap_or_default();
        text.push_str(&export.entry(Entry { index, leaf, personal, proof: None }).map_err(Fault::internal)?);
    }
    Ok(text)
}

/// The entries that can be read. Should one be unreadable, it is left out, and no other with it.
async fn readable<M: Mode>(tx: &mut Tx<OneOrg, M>, range: Range<u64>) -> Result<BTreeMap<u64, EntryRow>, StoreError> {
    let rows = match fetch(tx, range.clone()).await {
        Ok(rows) => rows,
        Err(StoreError::Column { .. }) => {
            let mut rows = Vec::new();
            for index in range {
                match fetch(tx, index..index + 1).await {
                    Ok(row) => rows.extend(row),
                    Err(error @ StoreError::Column { .. }) => tracing::error!(index, %error, "an entry can't be read"),
                    Err(error) => return Err(error),
                }
            }
            rows
        }
        Err(error) => return Err(error),
    };
    Ok(rows.into_iter().map(|row| (row.index(), row)).collect())
}

async fn fetch<M: Mode>(tx: &mut Tx<OneOrg, M>, range: Range<u64>) -> Result<Vec<EntryRow>, StoreError> {
    let mut filter = Filter::from(BARE);
    filter.and("e.idx >= :start AND e.idx < :end");
    let number = |index: u64| Arg::Int(i64::try_from(index).unwrap_or(i64::MAX));
    tx.fetch_all(filter.finish(), &[(":start", number(range.start)), (":end", number(range.end))]).await
}

#[allow(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
fn unwritable(error: io::Error) -> Fault {
    Fault::new(FaultKind::Internal, "audit_logs.unwritable", format!("The export can't be written: {error}."))
}
