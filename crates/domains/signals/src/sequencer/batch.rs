//! What comes next in the logs, worked out before anything is written.

use kernel::OrgId;
use ledger::merkle::{Frontier, Hash, Node, leaf_hash};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::rows;

rows! {
    /// How far the log has been sequenced. Events are ordered by transaction and number.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(super) struct Cursor { pub(super) tx: i64, pub(super) seq: i64 }

    /// An event without a place.
    #[derive(Debug)]
    pub(super) struct Unsequenced { pub(super) seq: i64, pub(super) tx: i64, pub(super) org_id: OrgId, pub(super) leaf: String }
}

/// An event with its place, as `log_entries` keeps it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) org: OrgId,
    pub(super) idx: i64,
    pub(super) seq: i64,
    pub(super) hash: Hash,
    pub(super) facts: Facts,
}

/// A new head of an organization's log and the subtrees that were completed on the way.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) org: OrgId,
    pub(super) frontier: Frontier,
    pub(super) completed: Vec<Node>,
}

/// How much happened in an organization on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) events: i64,
    pub(super) sign_ins: i64,
    pub(super) failed_sign_ins: i64,
}

/// The next events, every one with its place.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) from: Cursor,
    pub(super) to: Cursor,
    pub(super) entries: Vec<Entry>,
    pub(super) heads: Vec<Head>,
    /// By organization and day.
    pub(super) tallies: BTreeMap<(OrgId, i64), Tally>,
}

impl Batch {
    /// Give each event the next place in its organization's log. `heads` are the logs' edges at `from`.
    pub(super) fn of(from: Cursor, events: Vec<Unsequenced>, mut heads: BTreeMap<OrgId, Frontier>) -> Self {
        let mut to = from;
        let mut entries = Vec::with_capacity(events.len());
        let mut completed: BTreeMap<OrgId, Vec<Node>> = BTreeMap::new();
        for event in events {
            let hash = leaf_hash(event.leaf.as_bytes());
            let facts = Facts::of(&event.leaf);
            let frontier = heads.entry(event.org_id.clone()).or_default();
            let idx = i64::try_from(frontier.size()).unwrap_or(i64::MAX);
            completed.entry(event.org_id.clone()).or_default().extend(frontier.append(hash));
            to = Cursor { seq: event.seq, tx: event.tx };
            entries.push(Entry { org: event.org_id, idx, seq: event.seq, hash, facts });
        }
        let heads = completed
            .into_iter()
            .filter_map(|(org, completed)| heads.remove(&org).map(|frontier| Head { org, frontier, completed }))
            .collect();
        let tallies = tallies(&entries);
        Self { from, to, entries, heads, tallies }
    }
}

fn tallies(entries: &[Entry]) -> BTreeMap<(OrgId, i64), Tally> {
    let mut tallies: BTreeMap<(OrgId, i64), Tally> = BTreeMap::new();
    for entry in entries {
        let tally = tallies.entry((entry.org.clone(), day(entry.facts.at))).or_default();
        tally.events += 1;
        match entry.facts.name.as_str() {
            "users.signed_in" => tally.sign_ins += 1,
            "users.sign_in_failed" => tally.failed_sign_ins += 1,
            _ => {}
        }
    }
    tallies
}

/// The day of a time in microseconds: days since 1970, in UTC.
pub(crate) fn day(at: i64) -> i64 {
    at.div_euclid(86_400_000_000)
}

/// What can be asked for, read from the leaf.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Facts {
    pub(super) at: i64,
    pub(super) name: String,
    pub(super) severity: String,
    pub(super) outcome: String,
    pub(super) actor: Reference,
    pub(super) target: Option<Reference>,
}

/// Somebody or something the leaf speaks of.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Reference {
    pub(super) kind: String,
    pub(super) id: Option<String>,
}

impl Facts {
    /// A leaf that can't be read was damaged before it got its place. It gets one all the same: the log must show it.
    fn of(leaf: &str) -> Self {
        // No column takes the one character that PostgreSQL can't store, and no single event may stop the log.
        let facts = if leaf.contains("\\u0000") {
            serde_json::from_str(&leaf.replace("\\u0000", "\\ufffd"))
        } else {
            serde_json::from_str(leaf)
        };
        facts.unwrap_or_else(|_| Self {
            at: 0,
            name: "audit_logs.unreadable".to_owned(),
            severity: "error".to_owned(),
            outcome: "failed".to_owned(),
            actor: Reference { kind: "unknown".to_owned(), id: None },
            target: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAF: &str = r#"{"actor":{"id":"u-admin","kind":"user"},"at":7,"commitments":{"email":"AAAA"},"event":"e1","fields":{"name":"x"},"name":"users.blocked","org":"acme","outcome":"success","severity":"warning","target":{"id":"u-1","kind":"user"},"v":1}"#;

    fn event(seq: i64, org: &str) -> Unsequenced {
        Unsequenced { seq, tx: 0, org_id: org.into(), leaf: LEAF.to_owned() }
    }

    #[test]
    fn each_organization_counts_for_itself() {
        let from = Cursor { seq: 4, tx: 0 };
        let mut known = Frontier::default();
        known.append([9; 32]);
        let events = vec![event(5, "a"), event(7, "b"), event(8, "a"), event(9, "a")];
        let batch = Batch::of(from, events, BTreeMap::from([("b".into(), known)]));
        let places: Vec<_> = batch.entries.iter().map(|entry| (entry.org.as_str(), entry.idx, entry.seq)).collect();
        assert_eq!(places, [("a", 0, 5), ("b", 1, 7), ("a", 1, 8), ("a", 2, 9)]);
        let sizes: Vec<_> = batch.heads.iter().map(|head| (head.org.as_str(), head.frontier.size())).collect();
        assert_eq!(sizes, [("a", 3), ("b", 2)]);
        assert_eq!(batch.to, Cursor { seq: 9, tx: 0 });
    }

    #[test]
    fn what_can_be_asked_for_comes_from_the_leaf() {
        let facts = Facts::of(LEAF);
        assert_eq!(
            (facts.at, facts.name.as_str(), facts.severity.as_str(), facts.outcome.as_str()),
            (7, "users.blocked", "warning", "success")
        );
        assert_eq!(facts.actor, Reference { kind: "user".into(), id: Some("u-admin".into()) });
        assert_eq!(facts.target, Some(Reference { kind: "user".into(), id: Some("u-1".into()) }));
    }

    #[test]
    fn a_damaged_leaf_still_gets_its_place() {
        assert_eq!(Facts::of("{\"at\":").name, "audit_logs.unreadable");
    }

    #[test]
    fn no_column_holds_what_a_database_refuses() {
        let facts = Facts::of(&LEAF.replace("u-1", "u\\u0000-1"));
        assert_eq!(facts.target.unwrap().id.as_deref(), Some("u\u{fffd}-1"));
    }
}
