//! Exports that prove themselves: a file of log entries that anyone can verify offline.
//!
//! An export is a sequence of records, each one line of canonical JSON (JSON Lines):
//!
//! | record | when | says |
//! |---|---|---|
//! | header | first | whose log, which part of it, the key, and the signed checkpoint everything else is proven against |
//! | tile | whole logs: before every 256 entries | the stored hashes of those entries, and the proof that they are in the log |
//! | entry | | index, the exact bytes of the leaf, the personal values that still exist, and unless a tile covers it the inclusion proof |
//! | seal | last | a note, signed by the log's key, over the SHA-256 of all lines before it |
//!
//! Because the checkpoint comes first, the verifier can name the first entry that does not fit. Because every record has one
//! spelling and the seal covers all of them, no byte can change unnoticed, not even in a value that was erased or a note.
//!
//! The CSV form is a rendering of the same records: columns for people, and in the last column the record itself. Reading
//! that column back gives the JSON form, and every row must be what the record would be rendered to.

mod csv;
mod record;
mod writer;

pub use record::{Entry, Header, HeaderFault, RecordFault, Selection};
pub use writer::{Export, ExportFault};

pub(crate) use csv::{TITLES, record_of_row, row};
pub(crate) use record::{Record, Tile, seal_text};

/// The two forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One record per line.
    JsonLines,
    /// For spreadsheets. It carries the same records and verifies the same way, as long as no program has rewritten it.
    Csv,
}

/// The longest record, in bytes.
pub const RECORD_LIMIT: usize = 4 << 20;
