//! The offline verifier: from a file and a key to a report or the first thing that does not fit. It needs no server, and
//! memory for one record and one tile, however long the file is.

mod failure;
mod lines;

pub use failure::{Failure, Reason};

use crate::checkpoint::Checkpoint;
use crate::export::{Entry, Form, Header, Record, Selection, Tile, seal_text};
use crate::leaf::Leaf;
use crate::merkle::{Frontier, Hash, TILE_WIDTH, leaf_hash, root_of, verify_inclusion};
use crate::note::{Note, VerifierKey};
use crate::personal;
use jose::digest::Sha256;
use kernel::{OrgId, Timestamp};
use lines::Lines;
use std::io::BufRead;

/// What a verified export is.
#[derive(Clone, Debug)]
pub struct Report {
    /// JSON Lines or CSV.
    pub form: Form,
    /// Whose log.
    pub org: OrgId,
    /// The head of the log that everything was proven against: its origin, size, root and time.
    pub checkpoint: Checkpoint,
    /// Which part of the log it is.
    pub selection: Selection,
    /// What was selected, in the exporter's words.
    pub note: String,
    /// When it was exported, by the exporter's clock.
    pub exported_at: Timestamp,
    /// The key that signed, as vkey.
    pub key: String,
    /// Whether that is the key the caller trusts. If not, the file is consistent with itself and proves no more than that.
    pub key_is_trusted: bool,
    /// How many entries it holds.
    pub entries: u64,
    /// How many personal values were erased.
    pub erased_fields: u64,
    /// How many personal values are present and match what was recorded.
    pub personal_fields: u64,
}

/// What the caller knows independently of the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// The vkey of the log. Without it a forger could have signed everything with a key of their own.
    pub key: Option<&'a str>,
    /// A signed checkpoint noted earlier. It shows whether the log was rewritten since; for that the export must be whole.
    pub earlier: Option<&'a str>,
}

/// Verify an export in either form, against a vkey if there is one.
pub fn verify(reader: impl BufRead, trusted_key: Option<&str>) -> Result<Report, Failure> {
    verify_with(reader, Trust { key: trusted_key, earlier: None })
}

/// Verify an export in either form, against everything the caller knows.
pub fn verify_with(reader: impl BufRead, trust: Trust<'_>) -> Result<Report, Failure> {
    let mut lines = Lines::new(reader).map_err(|reason| Failure { line: 1, index: None, reason })?;
    let mut index = None;
    read(&mut lines, trust, &mut index).map_err(|reason| Failure { line: lines.number, index, reason })
}

fn read<R: BufRead>(lines: &mut Lines<R>, trust: Trust<'_>, index: &mut Option<u64>) -> Result<Report, Reason> {
    lines.titles()?;
    let Some((Record::Header(header), spelling)) = lines.next()? else {
        return Err(Reason::Expected("the header of an audit export"));
    };
    let mut verifier = Verifier::new(*header, trust)?;
    verifier.hash(&spelling);
    loop {
        // Whatever is wrong with the next line, this is the entry it should have been.
        *index = verifier.due();
        match lines.next()?.ok_or(Reason::Truncated)? {
            (Record::Header(_), _) => return Err(Reason::Expected("an entry")),
            (Record::Tile(tile), spelling) => {
                verifier.tile(tile)?;
                verifier.hash(&spelling);
            }
            (Record::Entry(entry), spelling) => {
                *index = Some(entry.index);
                verifier.entry(&entry)?;
                verifier.hash(&spelling);
            }
            (Record::Seal(note), _) => {
                verifier.seal(&note)?;
                *index = None;
                return if lines.is_at_end()? {
                    Ok(verifier.report(lines.form()))
                } else {
                    lines.number += 1;
                    Err(Reason::Trailing)
                };
            }
        }
    }
}

struct Verifier {
    header: Header,
    key: VerifierKey,
    key_is_trusted: bool,
    earlier: Option<Checkpoint>,
    /// The least index that may come next.
    next: u64,
    /// The index after the last.
    end: u64,
    /// Of a whole log: the hashes of the tile the next entry lies in, and all entries so far.
    tile: Vec<Hash>,
    frontier: Frontier,
    entries: u64,
    erased: u64,
    personal: u64,
    digest: Sha256,
}

impl Verifier {
    fn new(header: Header, trust: Trust<'_>) -> Result<Self, Reason> {
        let trusted = trust.key.map(VerifierKey::parse).transpose().map_err(Reason::TrustedKey)?;
        let key_is_trusted = trusted.is_some();
        let key = match trusted {
            Some(key) if key.to_string() != header.key => return Err(Reason::OtherKey),
            Some(key) => key,
            None => VerifierKey::parse(&header.key).map_err(Reason::TrustedKey)?,
        };
        let earlier = trust.earlier.map(|note| Checkpoint::open(note, &key)).transpose().map_err(Reason::Earlier)?;
        if let Some(earlier) = &earlier {
            comparable(earlier, &header)?;
        }
        let (next, end) = header.bounds();
        let verifier = Self {
            header,
            key,
            key_is_trusted,
            earlier,
            next,
            end,
            tile: Vec::new(),
            frontier: Frontier::default(),
            entries: 0,
            erased: 0,
            personal: 0,
            digest: Sha256::new(),
        };
        Ok(verifier)
    }

    fn is_whole(&self) -> bool {
        self.header.selection == Selection::Whole
    }
    fn is_filtered(&self) -> bool {
        matches!(self.header.selection, Selection::Filtered { .. })
    }
    /// The index of the entry that must come next, if that is certain.
    fn due(&self) -> Option<u64> {
        (!self.is_filtered() && self.next < self.end).then_some(self.next)
    }
    fn hash(&mut self, spelling: &str) {
        self.digest.update(spelling.as_bytes());
        self.digest.update(b"\n");
    }

    fn tile(&mut self, tile: Tile) -> Result<(), Reason> {
        let count = u64::try_from(tile.hashes.len()).unwrap_or(u64::MAX);
        let wanted = (self.end - self.next).min(TILE_WIDTH);
        let is_due = self.is_whole() && self.next.is_multiple_of(TILE_WIDTH) && self.tile.is_empty();
        if !is_due || tile.number != self.next / TILE_WIDTH || count != wanted || wanted == 0 {
            return Err(Reason::Expected("an entry"));
        }
        let (tiles, root) = (self.end.div_ceil(TILE_WIDTH), &self.header.checkpoint.root);
        verify_inclusion(&root_of(&tile.hashes), tile.number, tiles, &tile.proof, root).map_err(|fault| Reason::Tile {
            from: self.next,
            to: self.next + wanted - 1,
            fault,
        })?;
        self.tile = tile.hashes;
        // Taken from the end, one for each entry.
        self.tile.reverse();
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), Reason> {
        if self.is_filtered() && entry.index >= self.end {
            return Err(Reason::Outside);
        }
        let is_next =
            if self.is_filtered() { entry.index >= self.next } else { entry.index == self.next && self.next < self.end };
        if !is_next {
            return Err(Reason::Gap { expected: self.next, found: entry.index });
        }
        self.prove(entry)?;
        let leaf = Leaf::parse(&entry.leaf).map_err(Reason::LeafFormat)?;
        if leaf.org != self.header.org {
            return Err(Reason::Organization);
        }
        let erased = personal::check(&leaf.commitments, &entry.personal)?;
        self.erased += u64::try_from(erased).unwrap_or(u64::MAX);
        self.personal += u64::try_from(entry.personal.len()).unwrap_or(u64::MAX);
        self.next = entry.index + 1;
        self.entries += 1;
        Ok(())
    }

    /// Check that the entry is in the log.
    fn prove(&mut self, entry: &Entry) -> Result<(), Reason> {
        let hash = leaf_hash(entry.leaf.as_bytes());
        let checkpoint = &self.header.checkpoint;
        match &entry.proof {
            Some(proof) if !self.is_whole() => {
                verify_inclusion(&hash, entry.index, checkpoint.size, proof, &checkpoint.root).map_err(Reason::Inclusion)
            }
            None if self.is_whole() => {
                let recorded = self.tile.pop().ok_or(Reason::Expected("the hashes of the next entries"))?;
                if hash != recorded {
                    return Err(Reason::Leaf);
                }
                self.frontier.append(hash);
                self.compare()
            }
            _ => Err(Reason::Expected("an entry with the other kind of proof")),
        }
    }

    /// Check that the log begins as it did at the earlier checkpoint.
    fn compare(&self) -> Result<(), Reason> {
        match &self.earlier {
            Some(earlier) if earlier.size == self.frontier.size() && earlier.root != self.frontier.root() => {
                Err(Reason::Rewritten(earlier.size))
            }
            _ => Ok(()),
        }
    }

    fn seal(&self, note: &str) -> Result<(), Reason> {
        if self.next < self.end && !self.is_filtered() {
            return Err(Reason::Missing);
        }
        let note = Note::parse(note).map_err(Reason::Seal)?;
        let text = note.open(&self.key).map_err(Reason::Seal)?;
        let expected = seal_text(&self.header.checkpoint.origin, &self.digest.clone().finish(), self.entries);
        // A second signature would be bytes that nothing vouches for.
        if text == expected && note.signature_count() == 1 { Ok(()) } else { Err(Reason::Content) }
    }

    fn report(self, form: Form) -> Report {
        Report {
            form,
            org: self.header.org,
            checkpoint: self.header.checkpoint,
            selection: self.header.selection,
            note: self.header.note,
            exported_at: self.header.at,
            key: self.header.key,
            key_is_trusted: self.key_is_trusted,
            entries: self.entries,
            erased_fields: self.erased,
            personal_fields: self.personal,
        }
    }
}

/// Check what an earlier checkpoint says before any entry is read.
fn comparable(earlier: &Checkpoint, header: &Header) -> Result<(), Reason> {
    let now = &header.checkpoint;
    if earlier.origin != now.origin {
        return Err(Reason::EarlierOrigin);
    }
    if earlier.size > now.size {
        return Err(Reason::Shrunk { earlier: earlier.size, now: now.size });
    }
    if earlier.size == now.size {
        return if earlier.root == now.root { Ok(()) } else { Err(Reason::Rewritten(now.size)) };
    }
    if earlier.size > 0 && header.selection != Selection::Whole { Err(Reason::NotComparable) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
