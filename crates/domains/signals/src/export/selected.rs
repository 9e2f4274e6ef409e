//! Exports of some entries.

use super::{Log, whole};
use crate::criteria::Criteria;
use crate::entries::{BARE, EntryRow, WITH_NAMES};
use crate::tree::Tree;
use kernel::Fault;
use ledger::export::{Entry, Export, Form, Selection};
use store::{Arg, Filter, OneOrg, Reads, StoreError, Tx};

/// The most entries in one export.
pub(super) const CAP: u32 = 10_000;
/// Entries between two moments in which others may go on.
const BREATH: usize = 128;

/// The entries of an export, in the order of the log.
pub(super) struct Selected {
    pub(super) selection: Selection,
    pub(super) rows: Vec<EntryRow>,
}

impl Selected {
    /// The latest matching entries among the first `size`. What the selection claims holds for what was left out, too: where
    /// there are more than fit, it begins where the first that fits lies.
    pub(super) async fn find(
        tx: &mut Tx<OneOrg, Reads>,
        criteria: &Criteria,
        size: u64,
        with_names: bool,
    ) -> Result<Self, StoreError> {
        let mut filter = Filter::from(if with_names { WITH_NAMES } else { BARE });
        filter.and("e.idx < :size");
        criteria.narrow(&mut filter);
        filter.then("ORDER BY e.idx DESC LIMIT :limit");
        let mut args = criteria.args();
        args.extend([(":size", Arg::Int(i64::try_from(size).unwrap_or(i64::MAX))), (":limit", Arg::from(CAP))]);
        let mut rows: Vec<EntryRow> = tx.fetch_all(filter.finish(), &args).await?;
        rows.reverse();
        let is_cut = u32::try_from(rows.len()).is_ok_and(|count| count == CAP);
        let from = rows.first().filter(|_| is_cut).map_or(0, EntryRow::index);
        let selection = match (criteria.is_empty(), from) {
            (true, 0) => Selection::Whole,
            (true, from) => Selection::Range { from, to: size },
            (false, from) => Selection::Filtered { from, to: size },
        };
        Ok(Self { selection, rows })
    }

    /// What is selected, in words.
    pub(super) fn note(&self, criteria: &Criteria) -> String {
        match self.selection {
            Selection::Whole | Selection::Filtered { from: 0, .. } => criteria.describe(),
            Selection::Range { .. } | Selection::Filtered { .. } => format!("the latest {CAP} of {}", criteria.describe()),
        }
    }

    /// Write them in a form that proves itself.
    pub(super) async fn write(
        &self,
        tx: &mut Tx<OneOrg, Reads>,
        log: &Log,
        form: Form,
        criteria: &Criteria,
    ) -> Result<String, Fault> {
        let header = log.header(self.selection, self.note(criteria))?;
        let (mut export, mut text) = Export::begin(&header, form).map_err(Fault::internal)?;
        let mut tree = Tree::new(log.head.checkpoint.size);
        if self.selection == Selection::Whole {
            for tile in whole::tiles(log.head.checkpoint.size) {
                text.push_str(&whole::write_tile(tx, &mut tree, &mut export, tile, &mut Vec::new()).await?);
                tokio::task::yield_now().await;
            }
        } else {
            for (number, row) in self.rows.iter().enumerate() {
                let proof = tree.inclusion(tx, row.index()).await?;
                let entry =
                    Entry { index: row.index(), leaf: row.leaf().to_owned(), personal: row.personal(), proof: Some(proof) };
                text.push_str(&export.entry(entry).map_err(Fault::internal)?);
                breathe(number).await;
            }
        }
        text.push_str(&export.finish(&log.key.signer()?).map_err(Fault::internal)?);
        Ok(text)
    }
}

/// Let others go on now and then: an export is long.
pub(super) async fn breathe(number: usize) {
    if number % BREATH == BREATH - 1 {
        tokio::task::yield_now().await;
    }
}
