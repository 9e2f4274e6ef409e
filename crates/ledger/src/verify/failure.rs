//! Why an export is not what it claims to be, and where that shows first.

use crate::checkpoint::CheckpointFault;
use crate::export::RecordFault;
use crate::leaf::LeafFault;
use crate::merkle::ProofFault;
use crate::note::NoteFault;
use crate::personal::PersonalMismatch;
use std::fmt;
use std::io;

/// The first thing in an export that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line, counted from 1.
    pub line: u64,
    /// The index of the entry, where one entry is to blame or is known to be missing.
    pub index: Option<u64>,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    Unreadable(io::ErrorKind),
    /// A line longer than any record.
    #[error("the line is too long")]
    TooLong,
    /// Bytes that are no UTF-8.
    #[error("the line is not text")]
    NotText,
    /// A line that is no record, or a record in another spelling.
    #[error("the line was altered: {0}")]
    Record(#[from] RecordFault),
    /// A CSV row that is not what its record is rendered to.
    #[error("the row was altered: it does not say what its proof column says")]
    Row,
    /// A record where another kind is due.
    #[error("expected {0} here")]
    Expected(&'static str),
    /// The trusted key is no verifier key.
    #[error("the trusted key: {0}")]
    TrustedKey(NoteFault),
    /// The export names another key than the trusted one.
    #[error("the export is signed by another key than the trusted one")]
    OtherKey,
    /// The earlier checkpoint is not one of this log.
    #[error("the earlier checkpoint: {0}")]
    Earlier(CheckpointFault),
    /// The earlier checkpoint is of another log.
    #[error("the earlier checkpoint belongs to another log")]
    EarlierOrigin,
    /// The log has fewer entries than the earlier checkpoint says.
    #[error("the log had {earlier} entries at the earlier checkpoint and has {now} now: entries were removed")]
    Shrunk {
        /// The size at the earlier checkpoint.
        earlier: u64,
        /// The size now.
        now: u64,
    },
    /// The log's beginning is not what it was at the earlier checkpoint.
    #[error("the log was rewritten: its first {0} entries are not those of the earlier checkpoint")]
    Rewritten(u64),
    /// A selection can't show that the log still begins as it did.
    #[error("only the export of a whole log can be compared with an earlier checkpoint")]
    NotComparable,
    /// A tile whose hashes are not in the log.
    #[error("the hashes of entries {from} to {to} are not those of the log: {fault}")]
    Tile {
        /// The first entry it covers.
        from: u64,
        /// The last entry it covers.
        to: u64,
        /// What its proof says.
        fault: ProofFault,
    },
    /// An entry whose leaf is not the one in the log.
    #[error("the entry was altered: its leaf does not have the hash the log recorded")]
    Leaf,
    /// An entry whose inclusion proof fails.
    #[error("the entry is not in the log: leaf, index or proof was altered ({0})")]
    Inclusion(ProofFault),
    /// A leaf in the log that this program can't read.
    #[error("the entry can't be read: {0}")]
    LeafFormat(LeafFault),
    /// An entry of another organization.
    #[error("the entry belongs to another organization")]
    Organization,
    /// A personal value that the leaf does not confirm.
    #[error("{0}")]
    Personal(#[from] PersonalMismatch),
    /// Entries are missing, repeated or out of order.
    #[error("expected entry {expected}, found {found}")]
    Gap {
        /// The index that was due.
        expected: u64,
        /// The index that came.
        found: u64,
    },
    /// Entries are missing at the end.
    #[error("the entries from here on are missing")]
    Missing,
    /// An entry outside the header's bounds.
    #[error("the entry lies outside the selection")]
    Outside,
    /// The file stops before the seal.
    #[error("the file is truncated")]
    Truncated,
    /// The seal is not signed by the log's key.
    #[error("the seal: {0}")]
    Seal(NoteFault),
    /// The seal is genuine and belongs to other content.
    #[error("something above was altered, added or removed: the content is not what was sealed")]
    Content,
    /// Something follows the seal.
    #[error("something follows the end")]
    Trailing,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(index) = self.index {
            write!(f, ", entry {index}")?;
        }
        write!(f, ": {}", self.reason)
    }
}
impl std::error::Error for Failure {}
