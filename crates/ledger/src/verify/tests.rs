mod altered;
mod forms;
mod trust;

use super::*;
use crate::export::{Export, RECORD_LIMIT, RecordFault};
use crate::leaf::{Outcome, Reference};
use crate::merkle::{Node, Plan, ProofFault, Range};
use crate::note::{NoteFault, Signer};
use crate::personal::{PersonalFields, PersonalMismatch, SplitFields};
use crate::testing::Counting;
use jose::alg::Algorithm;
use jose::key::SigningKey;
use kernel::{Field, Privacy, Severity};
use proptest::prelude::*;
use serde_json::Value;

const ORIGIN: &str = "lumoauth/id.example.com/acme";

/// A log with its store, small enough to look at.
struct Log {
    key: SigningKey,
    leaves: Vec<String>,
    personal: Vec<PersonalFields>,
    hashes: Vec<Hash>,
    nodes: Vec<Node>,
    frontier: Frontier,
}

impl Log {
    fn with(size: u64) -> Self {
        let mut log = Self {
            key: SigningKey::generate(Algorithm::EdDSA, "log").unwrap(),
            leaves: vec![],
            personal: vec![],
            hashes: vec![],
            nodes: vec![],
            frontier: Frontier::default(),
        };
        let rng = Counting::default();
        for number in 0..size {
            let mut fields = vec![Field { name: "n", privacy: Privacy::Public, value: number.into() }];
            if number % 2 == 0 {
                fields.push(Field { name: "email", privacy: Privacy::Personal, value: "=ada@é.example, \"x\"".into() });
            }
            let SplitFields { public, commitments, personal } = personal::split(fields, &rng);
            let leaf = Leaf {
                org: "acme".into(),
                event: format!("e{number}"),
                at: Timestamp::from_secs(1_763_864_000),
                name: "users.blocked".into(),
                severity: Severity::Info,
                outcome: Outcome::Success,
                actor: Reference { kind: "user".into(), id: Some("-u1".into()) },
                client: None,
                session: None,
                request_id: None,
                target: None,
                fields: public,
                commitments,
            };
            log.append(leaf.encode(), personal);
        }
        log
    }
    fn append(&mut self, leaf: String, personal: PersonalFields) {
        let hash = leaf_hash(leaf.as_bytes());
        self.nodes.extend(self.frontier.append(hash));
        self.hashes.push(hash);
        self.leaves.push(leaf);
        self.personal.push(personal);
    }
    fn signer(&self) -> Signer<'_> {
        Signer::new(ORIGIN, &self.key).unwrap()
    }
    fn vkey(&self) -> String {
        self.signer().verifier().to_string()
    }
    fn checkpoint(&self) -> String {
        let at = Timestamp::from_secs(1_763_864_100);
        Checkpoint::new(ORIGIN, self.frontier.size(), self.frontier.root(), at).sign(&self.signer()).unwrap()
    }
    fn build(&self, plan: &Plan) -> Vec<Hash> {
        let read = |range: &Range| -> Vec<Hash> {
            let stored = |index| match range.level {
                0 => self.hashes[usize::try_from(index).unwrap()],
                level => self.nodes.iter().find(|node| (node.level, node.index) == (level, index)).unwrap().hash,
            };
            (range.start..range.start + range.count).map(stored).collect()
        };
        plan.build(&plan.ranges().iter().map(read).collect::<Vec<_>>()).unwrap()
    }
    fn entry(&self, index: u64, selection: Selection) -> Entry {
        let place = usize::try_from(index).unwrap();
        let size = self.frontier.size();
        Entry {
            index,
            leaf: self.leaves[place].clone(),
            personal: self.personal[place].clone(),
            proof: (selection != Selection::Whole).then(|| self.build(&Plan::inclusion(index, size).unwrap())),
        }
    }
    fn header(&self, selection: Selection) -> Header {
        let at = Timestamp::from_secs(1_763_864_200);
        Header::new("acme".into(), self.signer().verifier(), &self.checkpoint(), selection, "all, of it", at).unwrap()
    }
    fn export(&self, selection: Selection, form: Form) -> Vec<u8> {
        let header = self.header(selection);
        let (mut export, mut text) = Export::begin(&header, form).unwrap();
        let (from, to) = header.bounds();
        let size = self.frontier.size();
        for index in from..to {
            if selection == Selection::Whole && index % 256 == 0 {
                let proof = self.build(&Plan::tile_inclusion(index / 256, size).unwrap());
                let place = usize::try_from(index).unwrap();
                let hashes = self.hashes[place..self.hashes.len().min(place + 256)].to_vec();
                text += &export.tile(hashes, proof).unwrap();
            }
            // A filter that drops every third entry.
            if matches!(selection, Selection::Filtered { .. }) && index % 3 == 0 {
                continue;
            }
            text += &export.entry(self.entry(index, selection)).unwrap();
        }
        text += &export.finish(&self.signer()).unwrap();
        text.into_bytes()
    }
    fn verify(&self, file: &[u8]) -> Result<Report, Failure> {
        verify(file, Some(&self.vkey()))
    }
    fn failure(&self, file: impl AsRef<[u8]>) -> (u64, Option<u64>, Reason) {
        let failure = self.verify(file.as_ref()).unwrap_err();
        (failure.line, failure.index, failure.reason)
    }
}

const FORMS: [Form; 2] = [Form::JsonLines, Form::Csv];
const RANGE: Selection = Selection::Range { from: 1, to: 3 };
const FILTERED: Selection = Selection::Filtered { from: 1, to: 4 };

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
