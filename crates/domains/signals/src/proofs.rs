//! Proofs: the signed head, that an entry is in the log, that the log only grew, and the key that all of it rests on.

use crate::checkpoints;
use crate::entries::{BARE, EntryRow};
use crate::fresh::Proven;
use crate::key;
use crate::list::not_found;
use crate::text::PlainText;
use crate::tree::Tree;
use flow::{Cx, Json, Operation, Route, Surface, Verdict};
use identity::envelope::One;
use identity::permissions::AUDIT_READ;
use jose::encoding::base64;
use kernel::{Access, Fault, Limit, Silent};
use ledger::merkle::{Hash, verify_consistency, verify_inclusion};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Filter, OneOrg, Reads, args};

flow::input! {
    /// Show the signed head of the log.
    #[derive(Clone, Copy, Debug)]
    pub struct ShowCheckpoint {}

    /// Show the key that signs.
    #[derive(Clone, Copy, Debug)]
    pub struct ShowLogKey {}

    /// Prove that an entry is in the log.
    #[derive(Clone, Copy, Debug)]
    pub struct ProveInclusion {
        /// The entry's `id`.
        path "logId" => id: i64,
        /// The length of the log to prove it for: the head's where it is left out.
        query "size" => size: Option<i64>,
    }

    /// Prove that the log only grew.
    #[derive(Clone, Copy, Debug)]
    pub struct ProveConsistency {
        /// The earlier length.
        query "from" => from: i64,
        /// The later length: the head's where it is left out.
        query "to" => to: Option<i64>,
    }
}

/// That an entry is in the log (RFC 6962 §2.1.1). Hashes are base64.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InclusionProof {
    /// The entry's `id`.
    log_id: i64,
    /// Its index in the log.
    leaf_index: u64,
    /// The exact bytes that were hashed.
    leaf: String,
    /// SHA-256 of a zero byte and the leaf.
    leaf_hash: String,
    /// The personal values that still exist, with the salts of their commitments.
    personal: Map<String, Value>,
    /// The length of the log it is proven for.
    tree_size: u64,
    /// The root at that length.
    root_hash: String,
    /// The way from leaf to root.
    proof: Vec<String>,
    /// The signed checkpoint at that length, if one was kept.
    checkpoint: Option<String>,
}

/// That the log only grew (RFC 6962 §2.1.2). Hashes are base64.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsistencyProof {
    /// The earlier length.
    from: u64,
    /// The later length.
    to: u64,
    /// The root at the earlier length.
    from_root_hash: String,
    /// The root at the later length.
    to_root_hash: String,
    /// The way from one to the other.
    proof: Vec<String>,
    /// The signed checkpoint at the later length, if one was kept.
    checkpoint: Option<String>,
}

impl Operation for ShowCheckpoint {
    const ID: &'static str = "audit_logs.checkpoint";
    const SUMMARY: &'static str = "Show the signed checkpoint of the audit log (C2SP tlog-checkpoint).";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/checkpoint");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Proven<Self>;
    type Output = PlainText;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<PlainText, Silent>, Fault> {
        let key = key::load(&mut cx.tx).await?.verifier()?;
        let published = checkpoints::load_latest(&mut cx.tx, &key).await?;
        Ok(Verdict::Done(PlainText(published.note), Silent))
    }
}

impl Operation for ShowLogKey {
    const ID: &'static str = "audit_logs.key";
    const SUMMARY: &'static str = "Show the public key of the audit log, as the verifier takes it.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/.well-known/audit-log-key");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Public("a public key, so that anyone can verify an export");
    const LIMIT: Limit = Limit::Cheap;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = PlainText;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<PlainText, Silent>, Fault> {
        let key = key::load(&mut cx.tx).await?.verifier()?;
        Ok(Verdict::Done(PlainText(format!("{key}\n")), Silent))
    }
}

impl Operation for ProveInclusion {
    const ID: &'static str = "audit_logs.prove";
    const SUMMARY: &'static str = "Prove that an entry is in the audit log, at its head or at an earlier length.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/{logId}/proof");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Proven<Self>;
    type Output = Json<One<InclusionProof>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let mut filter = Filter::from(BARE);
        filter.and("e.idx = :idx");
        let row: Option<EntryRow> = cx.tx.fetch_optional(filter.finish(), args! { idx: self.id.saturating_sub(1) }).await?;
        let row = row.ok_or_else(not_found)?;
        let size = length(cx, "size", self.size, row.index() + 1).await?;
        let mut tree = Tree::new(size);
        let (root, proof) = (tree.root(&mut cx.tx).await?, tree.inclusion(&mut cx.tx, row.index()).await?);
        let sound = row.is_intact() && verify_inclusion(&row.hash(), row.index(), size, &proof, &root).is_ok();
        if !sound {
            return Err(Fault::internal(format!("entry {} of the log is damaged", row.index())));
        }
        let data = InclusionProof {
            log_id: self.id,
            leaf_index: row.index(),
            leaf: row.leaf().to_owned(),
            leaf_hash: base64(row.hash()),
            personal: row.personal_json(),
            tree_size: size,
            root_hash: base64(root),
            proof: encode(&proof),
            checkpoint: checkpoints::find_at(&mut cx.tx, size).await?,
        };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

impl Operation for ProveConsistency {
    const ID: &'static str = "audit_logs.consistency";
    const SUMMARY: &'static str = "Prove that the audit log only grew between two lengths.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/audit-logs/consistency");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(AUDIT_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Proven<Self>;
    type Output = Json<One<ConsistencyProof>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let from = length(cx, "from", Some(self.from), 0).await?;
        let to = length(cx, "to", self.to, from).await?;
        let mut tree = Tree::new(to);
        let old_root = Tree::new(from).root(&mut cx.tx).await?;
        let (root, proof) = (tree.root(&mut cx.tx).await?, tree.consistency(&mut cx.tx, from).await?);
        if verify_consistency(from, &old_root, to, &root, &proof).is_err() {
            return Err(Fault::internal("stored hashes of the log are damaged"));
        }
        let checkpoint = checkpoints::find_at(&mut cx.tx, to).await?;
        let (from_root_hash, to_root_hash) = (base64(old_root), base64(root));
        let data = ConsistencyProof { from, to, from_root_hash, to_root_hash, proof: encode(&proof), checkpoint };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

fn encode(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(base64).collect()
}

/// The length that is asked for, between `least` and the head.
async fn length(cx: &mut Cx<OneOrg, Reads>, field: &str, wanted: Option<i64>, least: u64) -> Result<u64, Fault> {
    let head = checkpoints::load_head(&mut cx.tx).await?.size();
    let Some(wanted) = wanted else { return Ok(head) };
    let fitting = u64::try_from(wanted).ok().filter(|wanted| (least..=head).contains(wanted));
    fitting.ok_or_else(|| Fault::fields(vec![(field.to_owned(), format!("must be between {least} and {head}"))]))
}
