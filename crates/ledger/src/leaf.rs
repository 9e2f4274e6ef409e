//! The canonical bytes of one event: what the log keeps for ever and what its hash covers.

use crate::canonical;
use crate::hash::{Hash, from_base64};
use crate::object::{Misshapen, Object};
use jose::encoding::base64;
use kernel::{Actor, OrgId, Severity, Target, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Success,
    /// It said no.
    Refused,
    /// Something broke.
    Failed,
}

impl Outcome {
    /// As the leaf spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
    /// Read [`Outcome::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Success, Self::Refused, Self::Failed].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// Somebody or something an event speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `user`, `client`, `system`, …
    pub kind: String,
    /// Its id, where it has one.
    pub id: Option<String>,
}

impl From<&Actor> for Reference {
    fn from(actor: &Actor) -> Self {
        Self { kind: actor.kind().to_owned(), id: actor.id().map(str::to_owned) }
    }
}
impl From<Target> for Reference {
    fn from(target: Target) -> Self {
        Self { kind: target.kind.to_owned(), id: Some(target.id) }
    }
}

/// An event as the log keeps it. It holds no personal value, only commitments ([`crate::personal`]), and not its own index,
/// so that it can be written before the log gives it a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The organization whose log this is.
    pub org: OrgId,
    /// The event's id.
    pub event: String,
    /// When it happened.
    pub at: Timestamp,
    /// `users.blocked`.
    pub name: String,
    /// How much attention it deserves.
    pub severity: Severity,
    /// How it ended.
    pub outcome: Outcome,
    /// Who did it.
    pub actor: Reference,
    /// The OAuth client that carried the call.
    pub client: Option<String>,
    /// The browser session behind the call.
    pub session: Option<String>,
    /// The request it happened in.
    pub request_id: Option<String>,
    /// What it is about.
    pub target: Option<Reference>,
    /// Fields that stay for ever.
    pub fields: Map<String, Value>,
    /// Commitments to personal fields, by field name.
    pub commitments: BTreeMap<String, Hash>,
}

/// Why bytes are not a leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// It has other fields than a leaf.
    #[error("not a leaf: {0}")]
    Misshapen(#[from] Misshapen),
    /// It was written by a later version of the format.
    #[error("a leaf of unknown version {0}")]
    Version(u64),
    /// It says the right thing in another spelling.
    #[error("a leaf that is not canonical JSON")]
    NotCanonical,
}

/// The version of the leaf format, the member `v`.
const VERSION: u64 = 1;

impl Leaf {
    /// The leaf as canonical JSON. Its bytes are what [`crate::merkle::leaf_hash`] hashes.
    pub fn encode(&self) -> String {
        let mut members = Map::from_iter([
            ("v".to_owned(), Value::from(VERSION)),
            ("org".to_owned(), Value::from(self.org.as_str())),
            ("event".to_owned(), Value::from(self.event.as_str())),
            ("at".to_owned(), Value::from(self.at.as_micros())),
            ("name".to_owned(), Value::from(self.name.as_str())),
            ("severity".to_owned(), Value::from(self.severity.as_str())),
            ("outcome".to_owned(), Value::from(self.outcome.as_str())),
            ("actor".to_owned(), reference_to_json(&self.actor)),
            ("fields".to_owned(), Value::Object(self.fields.clone())),
            ("commitments".to_owned(), commitments_to_json(&self.commitments)),
        ]);
        let optional = [("client", &self.client), ("session", &self.session), ("request_id", &self.request_id)];
        for (name, value) in optional {
            if let Some(value) = value {
                members.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        if let Some(target) = &self.target {
            members.insert("target".to_owned(), reference_to_json(target));
        }
        canonical::object_to_string(&members)
    }

    /// Read [`Leaf::encode`] back. Anything that `encode` would write differently is refused.
    pub fn parse(text: &str) -> Result<Self, LeafFault> {
        let mut object = Object::parse(text)?;
        let version = object.count("v")?;
        if version != VERSION {
            return Err(LeafFault::Version(version));
        }
        let leaf = Self {
            org: OrgId::from(object.text("org")?),
            event: object.text("event")?,
            at: Timestamp::from_micros(object.integer("at")?),
            name: object.text("name")?,
            severity: severity(&object.text("severity")?)?,
            outcome: Outcome::parse(&object.text("outcome")?).ok_or_else(|| Misshapen("outcome".to_owned()))?,
            actor: reference("actor", Value::Object(object.object("actor")?))?,
            client: object.optional_text("client")?,
            session: object.optional_text("session")?,
            request_id: object.optional_text("request_id")?,
            target: object.take("target").map(|target| reference("target", target)).transpose()?,
            fields: object.object("fields")?,
            commitments: commitments(object.object("commitments")?)?,
        };
        object.finish()?;
        if leaf.encode() == text { Ok(leaf) } else { Err(LeafFault::NotCanonical) }
    }
}

fn severity(text: &str) -> Result<Severity, Misshapen> {
    [Severity::Info, Severity::Warning, Severity::Error]
        .into_iter()
        .find(|severity| severity.as_str() == text)
        .ok_or_else(|| Misshapen("severity".to_owned()))
}

fn reference_to_json(reference: &Reference) -> Value {
    let mut members = Map::from_iter([("kind".to_owned(), Value::from(reference.kind.as_str()))]);
    if let Some(id) = &reference.id {
        members.insert("id".to_owned(), Value::from(id.as_str()));
    }
    Value::Object(members)
}

fn reference(name: &str, value: Value) -> Result<Reference, Misshapen> {
    let mut object = Object::of(value, name)?;
    let reference = Reference { kind: object.text("kind")?, id: object.optional_text("id")? };
    object.finish()?;
    Ok(reference)
}

fn commitments_to_json(commitments: &BTreeMap<String, Hash>) -> Value {
    commitments.iter().map(|(field, hash)| (field.clone(), Value::from(base64(hash)))).collect::<Map<_, _>>().into()
}

fn commitments(members: Map<String, Value>) -> Result<BTreeMap<String, Hash>, Misshapen> {
    members
        .into_iter()
        .map(|(field, value)| match value.as_str().and_then(from_base64) {
            Some(hash) => Ok((field, hash)),
            None => Err(Misshapen(field)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn blocked() -> Leaf {
        Leaf {
            org: "acme".into(),
            event: "0199-e1".into(),
            at: Timestamp::from_micros(1_763_864_000_000_001),
            name: "users.blocked".into(),
            severity: Severity::Warning,
            outcome: Outcome::Success,
            actor: Reference { kind: "user".into(), id: Some("u-admin".into()) },
            client: None,
            session: Some("s-1".into()),
            request_id: Some("r-1".into()),
            target: Some(Reference { kind: "user".into(), id: Some("u-1".into()) }),
            fields: json!({"reason": "abuse", "score": 0.5}).as_object().unwrap().clone(),
            commitments: BTreeMap::from([("email".into(), [0; 32])]),
        }
    }

    const BLOCKED: &str = concat!(
        r#"{"actor":{"id":"u-admin","kind":"user"},"at":1763864000000001,"#,
        r#""commitments":{"email":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"event":"0199-e1","#,
        r#""fields":{"reason":"abuse","score":"0.5"},"name":"users.blocked","org":"acme","outcome":"success","#,
        r#""request_id":"r-1","session":"s-1","severity":"warning","target":{"id":"u-1","kind":"user"},"v":1}"#
    );

    #[test]
    fn a_leaf_has_one_spelling() {
        assert_eq!(blocked().encode(), BLOCKED);
        let read = Leaf::parse(BLOCKED).unwrap();
        assert_eq!(read.encode(), BLOCKED);
        assert_eq!(read.target, blocked().target);
        assert_eq!(read.commitments, blocked().commitments);
    }

    #[test]
    fn absent_parts_are_left_out() {
        let bare = Leaf {
            session: None,
            request_id: None,
            target: None,
            actor: Reference { kind: "anonymous".into(), id: None },
            fields: Map::new(),
            commitments: BTreeMap::new(),
            ..blocked()
        };
        assert_eq!(
            bare.encode(),
            r#"{"actor":{"kind":"anonymous"},"at":1763864000000001,"commitments":{},"event":"0199-e1","fields":{},"name":"users.blocked","org":"acme","outcome":"success","severity":"warning","v":1}"#
        );
        assert_eq!(Leaf::parse(&bare.encode()), Ok(bare));
    }

    #[test]
    fn actors_and_targets_become_references() {
        assert_eq!(
            Reference::from(&Actor::System("retention")),
            Reference { kind: "system".into(), id: Some("retention".into()) }
        );
        assert_eq!(Reference::from(&Actor::Operator), Reference { kind: "operator".into(), id: None });
        let target = Target { kind: "user", id: "u-1".into() };
        assert_eq!(Some(Reference::from(target)), blocked().target);
    }

    #[test]
    fn anything_else_is_refused() {
        let changes = [
            ("\"v\":1", "\"v\":2"),
            ("\"v\":1", "\"v\":1 "),
            ("\"v\":1", "\"v\":1,\"x\":1"),
            ("\"v\":1", "\"v\":1,\"v\":1"),
            ("\"success\"", "\"succeeded\""),
            ("\"warning\"", "\"fatal\""),
            ("AAA=", "AAB="),
            ("AAA=", "AA=="),
            ("\"kind\":\"user\"}", "\"kind\":\"user\",\"name\":\"Ada\"}"),
            ("\"0.5\"", "0.5"),
            ("\"acme\"", "null"),
            ("\"session\":\"s-1\"", "\"session\":null"),
            ("1763864000000001", "1763864000000001.0"),
        ];
        for (from, to) in changes {
            let other = BLOCKED.replacen(from, to, 1);
            assert_ne!(other, BLOCKED);
            assert!(Leaf::parse(&other).is_err(), "{other}");
        }
        assert_eq!(Leaf::parse(&BLOCKED.replace("\"v\":1", "\"v\":9")), Err(LeafFault::Version(9)));
    }
}
