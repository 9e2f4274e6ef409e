//! Entries of the log: how they are read, and how the published API shows them.

use crate::summaries::Summaries;
use kernel::Timestamp;
use ledger::leaf::{Leaf, Reference};
use ledger::merkle::{Hash, leaf_hash};
use ledger::personal::{Personal, PersonalFields};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{OrgSql, org_sql, rows};

rows! {
    /// An entry and the event it stands for. The event is missing only if somebody removed it.
    pub(crate) struct EntryRow {
        idx: i64,
        at: Timestamp,
        name: String,
        leaf_hash: Vec<u8>,
        leaf: Option<String>,
        personal: Option<String>,
        actor_name: Option<String>,
        target_name: Option<String>,
    }
}

/// Entries with the names their actors and targets have today.
pub(crate) const WITH_NAMES: OrgSql = org_sql!(
    "SELECT e.idx AS idx, e.at AS at, e.name AS name, e.leaf_hash AS leaf_hash, v.leaf AS leaf, v.personal AS personal,
         CASE e.actor_kind
             WHEN 'user' THEN (SELECT COALESCE(n.name, n.email) FROM users n WHERE n.org_id = e.org_id AND n.id = e.actor_id)
             WHEN 'client' THEN (SELECT n.name FROM clients n WHERE n.org_id = e.org_id AND n.id = e.actor_id)
             WHEN 'agent' THEN (SELECT n.name FROM agents n WHERE n.org_id = e.org_id AND n.id = e.actor_id)
             WHEN 'api_key' THEN (SELECT n.name FROM api_keys n WHERE n.org_id = e.org_id AND n.id = e.actor_id)
         END AS actor_name,
         CASE e.target_kind
             WHEN 'user' THEN (SELECT COALESCE(n.name, n.email) FROM users n WHERE n.org_id = e.org_id AND n.id = e.target_id)
             WHEN 'client' THEN (SELECT n.name FROM clients n WHERE n.org_id = e.org_id AND n.id = e.target_id)
             WHEN 'agent' THEN (SELECT n.name FROM agents n WHERE n.org_id = e.org_id AND n.id = e.target_id)
             WHEN 'api_key' THEN (SELECT n.name FROM api_keys n WHERE n.org_id = e.org_id AND n.id = e.target_id)
             WHEN 'role' THEN (SELECT n.name FROM roles n WHERE n.org_id = e.org_id AND n.id = e.target_id)
             WHEN 'group' THEN (SELECT n.name FROM groups n WHERE n.org_id = e.org_id AND n.id = e.target_id)
         END AS target_name
     FROM log_entries e LEFT JOIN events v ON v.seq = e.seq AND v.org_id = e.org_id WHERE e.org_id = :org"
);

/// Entries as they are proven.
pub(crate) const BARE: OrgSql = org_sql!(
    "SELECT e.idx AS idx, e.at AS at, e.name AS name, e.leaf_hash AS leaf_hash, v.leaf AS leaf, v.personal AS personal,
         NULL AS actor_name, NULL AS target_name
     FROM log_entries e LEFT JOIN events v ON v.seq = e.seq AND v.org_id = e.org_id WHERE e.org_id = :org"
);

impl EntryRow {
    /// Its place in the log.
    pub(crate) fn index(&self) -> u64 {
        u64::try_from(self.idx).unwrap_or_default()
    }
    /// The exact bytes of the leaf; nothing if the event is missing.
    pub(crate) fn leaf(&self) -> &str {
        self.leaf.as_deref().unwrap_or_default()
    }
    /// The hash the log recorded; zeros if what is stored is no hash.
    pub(crate) fn hash(&self) -> Hash {
        Hash::try_from(self.leaf_hash.as_slice()).unwrap_or_default()
    }
    /// Whether leaf and hash belong together.
    pub(crate) fn is_intact(&self) -> bool {
        leaf_hash(self.leaf().as_bytes()) == self.hash()
    }
    /// The personal values that still exist. What can't be read becomes a value that no leaf confirms, so that every verifier
    /// names the entry.
    pub(crate) fn personal(&self) -> PersonalFields {
        let stored = self.personal.as_deref().unwrap_or("{}");
        parse_personal(stored)
            .unwrap_or_else(|| PersonalFields::from([("(damaged)".to_owned(), Personal { salt: [0; 32], value: stored.into() })]))
    }
    /// The same as JSON: each value with its salt.
    pub(crate) fn personal_json(&self) -> Map<String, Value> {
        self.personal().into_iter().map(|(name, personal)| (name, personal.to_json())).collect()
    }
    /// As the API shows it: in a list, or with every detail.
    pub(crate) fn view(&self, depth: Depth, summaries: Option<&Summaries>) -> AuditLogEntry {
        let Ok(leaf) = Leaf::parse(self.leaf()) else { return self.damaged() };
        let mut fields = Details { public: leaf.fields.clone(), personal: self.personal() };
        AuditLogEntry {
            id: self.idx.saturating_add(1),
            created_at: leaf.at.to_iso(),
            event_type: leaf.name.clone(),
            action: leaf.name.clone(),
            severity: Some(leaf.severity.as_str().to_owned()),
            message: summaries.map_or_else(|| Summaries::words(&leaf.name), |known| known.message(&leaf.name)),
            actor_id: leaf.actor.id.clone(),
            actor_name: self.actor_name.clone(),
            actor_type: Some(leaf.actor.kind.clone()),
            auth_method: fields.text("auth_method").or_else(|| fields.text("method")),
            target_type: leaf.target.as_ref().map(|target| target.kind.clone()),
            target_id: leaf.target.as_ref().and_then(|target| target.id.clone()),
            target_name: self.target_name.clone(),
            ip_address: fields.text("ip_address"),
            detail: (depth == Depth::Detail).then(|| Detail::of(leaf, fields)),
        }
    }
    fn damaged(&self) -> AuditLogEntry {
        AuditLogEntry {
            id: self.idx.saturating_add(1),
            created_at: self.at.to_iso(),
            event_type: self.name.clone(),
            action: self.name.clone(),
            message: "This entry was damaged in the database and can't be read.".to_owned(),
            ..AuditLogEntry::default()
        }
    }
}

fn parse_personal(stored: &str) -> Option<PersonalFields> {
    let members: Map<String, Value> = serde_json::from_str(stored).ok()?;
    members.into_iter().map(|(name, json)| Some((name, Personal::from_json(json).ok()?))).collect()
}

/// How much of an entry is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// In a list.
    List,
    /// On its own.
    Detail,
}

/// An entry of the audit log.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogEntry {
    /// Its index in the log plus one.
    id: i64,
    /// When it happened.
    created_at: String,
    /// `users.blocked`.
    event_type: String,
    /// The same as `eventType`.
    action: String,
    /// `info`, `warning` or `error`.
    severity: Option<String>,
    /// One sentence for people.
    message: String,
    /// Who did it.
    actor_id: Option<String>,
    /// What that one is called today.
    actor_name: Option<String>,
    /// `user`, `client`, `agent`, `api_key`, `system`, `operator` or `anonymous`.
    actor_type: Option<String>,
    /// How they proved who they are.
    auth_method: Option<String>,
    /// What it is about: `user`, `client`, …
    target_type: Option<String>,
    /// Its id.
    target_id: Option<String>,
    /// What it is called today.
    target_name: Option<String>,
    /// Where the request came from, unless erased.
    ip_address: Option<String>,
    #[serde(flatten)]
    detail: Option<Detail>,
}

/// The rest of an entry.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Detail {
    /// The same as `createdAt`.
    event_time: String,
    /// How long it took; not measured.
    duration_ms: Option<i64>,
    /// What kind of actor began it.
    initiated_by: Option<String>,
    /// The OAuth client that carried the call.
    client_id: Option<String>,
    /// The caller's software, unless erased.
    user_agent: Option<String>,
    /// Where in the world; not looked up.
    geo_location: Option<Map<String, Value>>,
    /// Names the browser session; not its id.
    session_id: Option<String>,
    /// The request it happened in.
    request_id: Option<String>,
    /// `success`, `refused` or `failed`.
    status: Option<String>,
    /// Why.
    status_reason: Option<String>,
    /// What was before.
    old_value: Option<Map<String, Value>>,
    /// What is now.
    new_value: Option<Map<String, Value>>,
    /// What changed.
    changes: Option<Map<String, Value>>,
    /// Everything else that was recorded and not erased.
    context: Option<Map<String, Value>>,
}

impl Detail {
    fn of(leaf: Leaf, mut fields: Details) -> Self {
        let Reference { kind, .. } = leaf.actor;
        Self {
            event_time: leaf.at.to_iso(),
            duration_ms: None,
            initiated_by: Some(kind),
            client_id: leaf.client,
            user_agent: fields.text("user_agent"),
            geo_location: None,
            session_id: leaf.session,
            request_id: leaf.request_id,
            status: Some(leaf.outcome.as_str().to_owned()),
            status_reason: fields.text("reason").or_else(|| fields.text("code")),
            old_value: fields.object("old"),
            new_value: fields.object("new"),
            changes: fields.object("changes"),
            context: fields.rest(),
        }
    }
}

/// What an event says besides who and when, while it is handed out.
struct Details {
    public: Map<String, Value>,
    personal: PersonalFields,
}

impl Details {
    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name, Value::is_string)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
    fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name, Value::is_object)? {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
    fn take(&mut self, name: &str, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        if self.public.get(name).is_some_and(&fits) {
            return self.public.remove(name);
        }
        if self.personal.get(name).is_some_and(|personal| fits(&personal.value)) {
            return self.personal.remove(name).map(|personal| personal.value);
        }
        None
    }
    fn rest(self) -> Option<Map<String, Value>> {
        let mut rest = self.public;
        rest.extend(self.personal.into_iter().map(|(name, personal)| (name, personal.value)));
        (!rest.is_empty()).then_some(rest)
    }
}
