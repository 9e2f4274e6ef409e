//! The audit trail: sequencing, checkpoints, queries, proofs, exports.
#![deny(missing_docs)]

pub mod checkpoints;
pub mod sequencer;

mod analytics;
mod criteria;
mod entries;
mod erasure;
mod export;
mod fresh;
mod keeper;
mod key;
mod list;
mod proofs;
mod retention;
mod stats;
mod summaries;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tree;

pub use analytics::{CountLogins, CountUsers};
pub use erasure::erase_personal;
pub use export::{Exported, export_log};
pub use key::generate_log_key;
pub use list::{ListAuditLogs, ShowAuditLog};
pub use proofs::ProveInclusion;
pub use summaries::Summaries;

use flow::Catalogue;

/// Every operation of this domain.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with(analytics::mount)
        .mount::<list::ListAuditLogs>()
        .mount::<list::ListAuditLogActions>()
        .mount::<stats::CountAuditLogs>()
        .mount::<export::ExportAuditLogs>()
        .mount::<retention::ShowRetention>()
        .mount::<retention::UpdateRetention>()
        .mount::<proofs::ShowCheckpoint>()
        .mount::<proofs::ProveConsistency>()
        .mount::<list::ShowAuditLog>()
        .mount::<proofs::ProveInclusion>()
        .mount::<proofs::ShowLogKey>()
}
