//! From an event to a row of the log.

use crate::{Incoming, Services};
use jose::digest::sha256;
use jose::encoding::base64url;
use kernel::{Actor, EventKind, Fault, FaultKind, Field, OrgId, Privacy, Record, Severity, Timestamp};
use ledger::leaf::{Leaf, Outcome, Reference};
use store::EventRow;

/// A request that was refused before or without an operation of its own event.
pub const REFUSED: EventKind =
    EventKind { name: "requests.refused", severity: Severity::Warning, summary: "A request was refused." };
/// A request that failed by our own fault.
pub const FAILED: EventKind = EventKind { name: "requests.failed", severity: Severity::Error, summary: "A request failed." };

/// Who and when, for every event of one request.
pub(crate) struct Circumstances<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) actor: &'a Actor,
    pub(crate) now: Timestamp,
    pub(crate) request: &'a Incoming,
}

/// The row for `record`.
pub(crate) fn event_row(services: &Services, of: &Circumstances<'_>, record: Record, outcome: Outcome) -> EventRow {
    let mut fields = record.fields;
    let from_the_request = [("ip_address", ip(of.request)), ("user_agent", of.request.user_agent())];
    fields.extend(
        from_the_request
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| Field { name, privacy: Privacy::Personal, value: value.into() })),
    );
    let split = ledger::personal::split(fields, &*services.rng);
    let leaf = Leaf {
        org: of.org.clone(),
        event: event_id(services, of.now),
        at: of.now,
        name: record.kind.name.to_owned(),
        severity: record.kind.severity,
        outcome,
        actor: Reference::from(of.actor),
        client: of.actor.client().map(ToString::to_string),
        session: of.actor.session().map(|session| base64url(sha256(session.as_str().as_bytes()))),
        request_id: Some(of.request.request_id.clone()).filter(|id| !id.is_empty()),
        target: record.target.map(Reference::from),
        fields: split.public,
        commitments: split.commitments,
    };
    let personal: serde_json::Map<String, serde_json::Value> =
        split.personal.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    EventRow { org: of.org.clone(), leaf: leaf.encode(), personal: serde_json::Value::Object(personal).to_string() }
}

fn ip(request: &Incoming) -> Option<String> {
    Some(request.peer.ip).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string())
}

fn event_id(services: &Services, now: Timestamp) -> String {
    kernel::JobId::new(now, &*services.rng).to_string()
}

/// The record of a fault that no operation recorded itself.
pub(crate) fn refusal(operation: &'static str, fault: &Fault) -> (Record, Outcome) {
    let failed = matches!(fault.kind, FaultKind::Internal | FaultKind::Unavailable);
    let (kind, outcome) = if failed { (&FAILED, Outcome::Failed) } else { (&REFUSED, Outcome::Refused) };
    (Record::new(kind).about("operation", operation).public("code", fault.code), outcome)
}
