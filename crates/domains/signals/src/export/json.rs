//! The JSON form of an export: the published shape, and beside every entry its proof.

use super::Log;
use super::selected::{Selected, breathe};
use crate::criteria::Criteria;
use crate::entries::{AuditLogEntry, Depth};
use crate::summaries::Summaries;
use crate::tree::Tree;
use jose::encoding::base64;
use kernel::Fault;
use ledger::export::Selection;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{OneOrg, Reads, Tx};

#[derive(Serialize)]
struct Document {
    data: Vec<ProvenEntry>,
    meta: Meta,
}

#[derive(Serialize)]
struct ProvenEntry {
    #[serde(flatten)]
    entry: AuditLogEntry,
    proof: EntryProof,
}

/// What proves an entry: its place, the exact bytes that were hashed, the personal values with their salts, and the way to the
/// root of the checkpoint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryProof {
    leaf_index: u64,
    leaf: String,
    personal: Map<String, Value>,
    inclusion: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    total: usize,
    exported_at: String,
    selection: &'static str,
    from_index: u64,
    to_index: u64,
    note: String,
    checkpoint: String,
    log_key: String,
}

/// Write the selected entries.
pub(super) async fn write(
    tx: &mut Tx<OneOrg, Reads>,
    log: &Log,
    selected: &Selected,
    criteria: &Criteria,
    summaries: Option<&Summaries>,
) -> Result<String, Fault> {
    let mut tree = Tree::new(log.head.checkpoint.size);
    let mut data = Vec::with_capacity(selected.rows.len());
    for (number, row) in selected.rows.iter().enumerate() {
        let inclusion = tree.inclusion(tx, row.index()).await?;
        let inclusion = inclusion.iter().map(base64).collect();
        let proof = EntryProof { leaf_index: row.index(), leaf: row.leaf().to_owned(), personal: row.personal_json(), inclusion };
        data.push(ProvenEntry { entry: row.view(Depth::List, summaries), proof });
        breathe(number).await;
    }
    let (from_index, to_index) = match selected.selection {
        Selection::Whole => (0, log.head.checkpoint.size),
        Selection::Range { from, to } | Selection::Filtered { from, to } => (from, to),
    };
    let meta = Meta {
        total: data.len(),
        exported_at: log.now.to_iso(),
        selection: selected.selection.name(),
        from_index,
        to_index,
        note: selected.note(criteria),
        checkpoint: log.head.note.clone(),
        log_key: log.key.signer()?.verifier().to_string(),
    };
    serde_json::to_string(&Document { data, meta }).map_err(Fault::internal)
}
