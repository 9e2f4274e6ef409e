//! The records of an export and their one spelling.

use crate::canonical;
use crate::checkpoint::{Checkpoint, CheckpointFault};
use crate::hash::from_base64;
use crate::merkle::Hash;
use crate::note::{NoteFault, VerifierKey};
use crate::object::{Misshapen, Object};
use crate::personal::{Personal, PersonalFields};
use jose::encoding::base64;
use kernel::{OrgId, Timestamp};
use serde_json::{Map, Value};

/// Which part of the log an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of it, up to the checkpoint. Nothing can be missing.
    Whole,
    /// Every entry with `from <= index < to`. Nothing within can be missing.
    Range {
        /// The first index.
        from: u64,
        /// The index after the last.
        to: u64,
    },
    /// Some entries with `from <= index < to`, as the header's note says. Each is proven to be in the log; that none was left
    /// out rests on the exporter's word.
    Filtered {
        /// The first index looked at.
        from: u64,
        /// The index after the last one looked at.
        to: u64,
    },
}

/// The first record: what the export is and what it is proven against.
#[derive(Clone, Debug)]
pub struct Header {
    pub(crate) at: Timestamp,
    pub(crate) org: OrgId,
    pub(crate) selection: Selection,
    pub(crate) note: String,
    pub(crate) key: String,
    pub(crate) checkpoint_note: String,
    pub(crate) checkpoint: Checkpoint,
}

/// Why a header is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// The checkpoint is not signed by the key.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointFault),
    /// The key is no verifier key.
    #[error("the key: {0}")]
    Key(#[from] NoteFault),
    /// The checkpoint or its key belongs to another log.
    #[error("the checkpoint belongs to another log")]
    Origin,
    /// The selection reaches beyond the checkpoint.
    #[error("the selection lies outside the log")]
    Selection,
}

/// Why a line is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordFault {
    /// It has other fields than a record.
    #[error(transparent)]
    Misshapen(#[from] Misshapen),
    /// It says the right thing in another spelling.
    #[error("not in canonical form")]
    NotCanonical,
    /// It is the header of something else, or of a later version.
    #[error("not an audit export of version 1")]
    Format,
    /// It is a header that contradicts itself.
    #[error(transparent)]
    Header(#[from] HeaderFault),
}

impl Header {
    /// A header. `checkpoint` is the note the proofs lead to, `key` the key that signed it and will sign the seal, `note` says in
    /// words what was selected, `at` when.
    pub fn new(
        org: OrgId,
        key: &VerifierKey,
        checkpoint: &str,
        selection: Selection,
        note: impl Into<String>,
        at: Timestamp,
    ) -> Result<Self, HeaderFault> {
        let header = Self {
            at,
            org,
            selection,
            note: note.into(),
            key: key.to_string(),
            checkpoint_note: checkpoint.to_owned(),
            checkpoint: Checkpoint::open(checkpoint, key)?,
        };
        if header.checkpoint.origin != key.name() {
            return Err(HeaderFault::Origin);
        }
        let (from, to) = header.bounds();
        if from > to || to > header.checkpoint.size { Err(HeaderFault::Selection) } else { Ok(header) }
    }
    /// The checkpoint everything is proven against.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    /// The first index, and the one after the last.
    pub(crate) fn bounds(&self) -> (u64, u64) {
        match self.selection {
            Selection::Whole => (0, self.checkpoint.size),
            Selection::Range { from, to } | Selection::Filtered { from, to } => (from, to),
        }
    }

    fn to_members(&self) -> Map<String, Value> {
        let (from, to) = self.bounds();
        members([
            ("at", Value::from(self.at.as_micros())),
            ("checkpoint", Value::from(self.checkpoint_note.as_str())),
            ("format", Value::from(FORMAT)),
            ("from", Value::from(from)),
            ("key", Value::from(self.key.as_str())),
            ("note", Value::from(self.note.as_str())),
            ("org", Value::from(self.org.as_str())),
            ("origin", Value::from(self.checkpoint.origin.as_str())),
            ("selection", Value::from(self.selection.name())),
            ("to", Value::from(to)),
            ("version", Value::from(VERSION)),
        ])
    }
    fn of(mut object: Object) -> Result<Self, RecordFault> {
        if object.text("format").as_deref() != Ok(FORMAT) || object.count("version") != Ok(VERSION) {
            return Err(RecordFault::Format);
        }
        let (from, to) = (object.count("from")?, object.count("to")?);
        let selection = match object.text("selection")?.as_str() {
            "whole" => Selection::Whole,
            "range" => Selection::Range { from, to },
            "filtered" => Selection::Filtered { from, to },
            _ => return Err(Misshapen("selection".to_owned()).into()),
        };
        let key = VerifierKey::parse(&object.text("key")?).map_err(HeaderFault::Key)?;
        let (org, checkpoint) = (OrgId::from(object.text("org")?), object.text("checkpoint")?);
        let at = Timestamp::from_micros(object.integer("at")?);
        let header = Self::new(org, &key, &checkpoint, selection, object.text("note")?, at)?;
        // The spelling is compared as a whole, which covers origin and bounds.
        object.text("origin")?;
        object.finish()?;
        Ok(header)
    }
}

impl Selection {
    /// As the header spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Range { .. } => "range",
            Self::Filtered { .. } => "filtered",
        }
    }
}

/// The stored hashes of up to 256 entries that follow, and the proof that they are in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    pub(crate) number: u64,
    pub(crate) hashes: Vec<Hash>,
    pub(crate) proof: Vec<Hash>,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the log.
    pub index: u64,
    /// The exact bytes of the leaf ([`crate::leaf::Leaf::encode`]).
    pub leaf: String,
    /// The personal values that still exist.
    pub personal: PersonalFields,
    /// The inclusion proof to the header's checkpoint. `None` exactly when the export is [`Selection::Whole`].
    pub proof: Option<Vec<Hash>>,
}

/// One line of an export.
pub(crate) enum Record {
    Header(Box<Header>),
    Tile(Tile),
    Entry(Entry),
    /// The signed note over everything before.
    Seal(String),
}

impl Record {
    /// The record's one spelling, without a line end.
    pub(crate) fn to_line(&self) -> String {
        canonical::object_to_string(&match self {
            Self::Header(header) => header.to_members(),
            Self::Tile(tile) => members([
                ("hashes", hashes_to_json(&tile.hashes)),
                ("proof", hashes_to_json(&tile.proof)),
                ("tile", Value::from(tile.number)),
            ]),
            Self::Entry(entry) => {
                let personal = entry.personal.iter().map(|(field, value)| (field.clone(), value.to_json())).collect();
                let mut members = members([
                    ("index", Value::from(entry.index)),
                    ("leaf", Value::from(entry.leaf.as_str())),
                    ("personal", Value::Object(personal)),
                ]);
                if let Some(proof) = &entry.proof {
                    members.insert("proof".to_owned(), hashes_to_json(proof));
                }
                members
            }
            Self::Seal(note) => members([("seal", Value::from(note.as_str()))]),
        })
    }
    /// Read [`Record::to_line`] back. Anything it would write differently is refused.
    pub(crate) fn parse(line: &str) -> Result<Self, RecordFault> {
        let mut object = Object::parse(line)?;
        let record = if object.has("index") {
            Self::Entry(entry(object)?)
        } else if object.has("tile") {
            Self::Tile(tile(object)?)
        } else if object.has("seal") {
            let note = object.text("seal")?;
            object.finish()?;
            Self::Seal(note)
        } else {
            Self::Header(Box::new(Header::of(object)?))
        };
        if record.to_line() == line { Ok(record) } else { Err(RecordFault::NotCanonical) }
    }
}

/// What the seal signs. Its third line is no root hash, so that no seal can pass for a checkpoint.
pub(crate) fn seal_text(origin: &str, digest: &Hash, entries: u64) -> String {
    format!("{FORMAT} {VERSION}\n{origin}\nsha256 {}\nentries {entries}\n", base64(digest))
}

const FORMAT: &str = "lumoauth-audit-export";
const VERSION: u64 = 1;

fn entry(mut object: Object) -> Result<Entry, Misshapen> {
    let personal = object.object("personal")?.into_iter();
    let entry = Entry {
        index: object.count("index")?,
        leaf: object.text("leaf")?,
        personal: personal.map(|(field, value)| Ok((field, Personal::from_json(value)?))).collect::<Result<_, Misshapen>>()?,
        proof: object.take("proof").map(|proof| hashes("proof", proof)).transpose()?,
    };
    object.finish()?;
    Ok(entry)
}

fn tile(mut object: Object) -> Result<Tile, Misshapen> {
    let mut list = |name| hashes(name, object.take(name).unwrap_or_default());
    let (hashes, proof) = (list("hashes")?, list("proof")?);
    let tile = Tile { number: object.count("tile")?, hashes, proof };
    object.finish()?;
    Ok(tile)
}

fn hashes_to_json(hashes: &[Hash]) -> Value {
    hashes.iter().map(base64).collect()
}

fn hashes(name: &str, value: Value) -> Result<Vec<Hash>, Misshapen> {
    let misshapen = || Misshapen(name.to_owned());
    let Value::Array(items) = value else { return Err(misshapen()) };
    items.iter().map(|item| item.as_str().and_then(from_base64).ok_or_else(misshapen)).collect()
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
