//! Writing an export piece by piece, so that it can be streamed while the log is read.

use super::csv::{TITLES, row};
use super::record::{Entry, Header, Record, Selection, Tile, seal_text};
use super::{Form, RECORD_LIMIT};
use crate::merkle::{Hash, TILE_WIDTH};
use crate::note::{NoteFault, Signer};
use jose::digest::Sha256;

/// Why a piece can't be written. All but `TooLong` and `Signing` mean that the caller broke the order of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportFault {
    /// The entry is not the next one.
    #[error("entry {0} is out of order")]
    Order(u64),
    /// In a whole log a tile's hashes come before its entries, and entries have no proofs; elsewhere it is the other way round.
    #[error("tiles belong to whole logs, proofs to selections")]
    Proof,
    /// Entries that the header promised are missing.
    #[error("the export ends before entry {0}")]
    Incomplete(u64),
    /// A record longer than [`RECORD_LIMIT`].
    #[error("entry {0} is too long to export")]
    TooLong(u64),
    /// The seal's key is not the header's.
    #[error("the seal needs the key that signed the checkpoint")]
    Key,
    /// The key could not sign.
    #[error(transparent)]
    Signing(#[from] NoteFault),
}

/// An export being written. Every method answers the text to send.
///
/// The order of calls for a whole log is: [`Export::begin`]; for every 256 entries [`Export::tile`], then each of them with
/// [`Export::entry`]; [`Export::finish`]. For a selection there are no tiles, and every entry has its proof.
///
/// The writer does not check leaves, values or proofs: a damaged log is exported as it is, and the verifier names the damage.
pub struct Export {
    form: Form,
    selection: Selection,
    origin: String,
    key: String,
    /// The least index that may come next.
    next: u64,
    /// The index after the last.
    end: u64,
    entries: u64,
    /// The index after the last that a tile covers.
    covered: u64,
    digest: Sha256,
}

impl Export {
    /// Begin with the header.
    pub fn begin(header: &Header, form: Form) -> Result<(Self, String), ExportFault> {
        let (next, end) = header.bounds();
        let mut export = Self {
            form,
            selection: header.selection,
            origin: header.checkpoint.origin.clone(),
            key: header.key.clone(),
            next,
            end,
            entries: 0,
            covered: 0,
            digest: Sha256::new(),
        };
        let mut text = match form {
            Form::JsonLines => String::new(),
            Form::Csv => format!("{TITLES}\r\n"),
        };
        text.push_str(&export.write(&Record::Header(Box::new(header.clone())))?);
        Ok((export, text))
    }

    /// Announce the next entries of a whole log, 256 or as many as are left: their leaf hashes as stored, and the proof of
    /// [`Plan::tile_inclusion`](crate::merkle::Plan::tile_inclusion) for tile number `index / 256`.
    pub fn tile(&mut self, hashes: Vec<Hash>, proof: Vec<Hash>) -> Result<String, ExportFault> {
        if self.selection != Selection::Whole {
            return Err(ExportFault::Proof);
        }
        let wanted = self.end.saturating_sub(self.covered).min(TILE_WIDTH);
        if self.next != self.covered || wanted == 0 || u64::try_from(hashes.len()) != Ok(wanted) {
            return Err(ExportFault::Order(self.next));
        }
        let text = self.write(&Record::Tile(Tile { number: self.covered / TILE_WIDTH, hashes, proof }))?;
        self.covered += wanted;
        Ok(text)
    }

    /// Write an entry.
    pub fn entry(&mut self, entry: Entry) -> Result<String, ExportFault> {
        let index = entry.index;
        let is_whole = self.selection == Selection::Whole;
        if entry.proof.is_none() != is_whole || (is_whole && self.next >= self.covered) {
            return Err(ExportFault::Proof);
        }
        let may_skip = matches!(self.selection, Selection::Filtered { .. });
        if index >= self.end || index < self.next || (index > self.next && !may_skip) {
            return Err(ExportFault::Order(index));
        }
        let text = self.write(&Record::Entry(entry))?;
        self.next = index + 1;
        self.entries += 1;
        Ok(text)
    }

    /// End with the seal. `signer` must be the key of the header.
    pub fn finish(mut self, signer: &Signer<'_>) -> Result<String, ExportFault> {
        if signer.verifier().to_string() != self.key {
            return Err(ExportFault::Key);
        }
        if self.next < self.end && !matches!(self.selection, Selection::Filtered { .. }) {
            return Err(ExportFault::Incomplete(self.next));
        }
        let text = seal_text(&self.origin, &self.digest.clone().finish(), self.entries);
        self.write(&Record::Seal(signer.sign(&text)?))
    }

    fn write(&mut self, record: &Record) -> Result<String, ExportFault> {
        let mut line = record.to_line();
        if line.len() >= RECORD_LIMIT {
            return Err(ExportFault::TooLong(self.next));
        }
        self.digest.update(line.as_bytes());
        self.digest.update(b"\n");
        match self.form {
            Form::JsonLines => {
                line.push('\n');
                Ok(line)
            }
            Form::Csv => Ok(format!("{}\r\n", row(record, &line))),
        }
    }
}
