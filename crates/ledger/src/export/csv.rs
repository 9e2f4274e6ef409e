//! The form for spreadsheets: RFC 4180 rows whose last cell is the record.

use super::record::{Entry, Record};
use crate::canonical;
use crate::leaf::Leaf;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The first row, without its line end. Columns are named like the fields of the audit API.
pub(crate) const TITLES: &str = concat!(
    "index,createdAt,eventType,severity,status,actorType,actorId,clientId,sessionId,requestId,targetType,targetId,",
    "ipAddress,userAgent,details,personal,erased,proof"
);
const COLUMNS: usize = 18;

/// The row of a record, without its line end. `line` is the record's spelling.
pub(crate) fn row(record: &Record, line: &str) -> String {
    let mut cells: Vec<Cow<'_, str>> = match record {
        Record::Header(header) => remark(format!("(export of {}: {})", header.checkpoint.origin, header.note)),
        Record::Tile(tile) => remark(format!("(proof of {} entries)", tile.hashes.len())),
        Record::Seal(_) => remark("(seal)".to_owned()),
        Record::Entry(entry) => entry_cells(entry),
    };
    // The record ends the row, whatever the rest says.
    cells.push(Cow::Borrowed(line));
    cells.iter().map(|cell| quoted(&harmless(cell)).into_owned()).collect::<Vec<_>>().join(",")
}

/// The record's spelling from its row; `None` if the row is not made like [`row`] makes them.
pub(crate) fn record_of_row(row: &str) -> Option<String> {
    let (_, record) = row.rsplit_once(",\"{\"\"")?;
    let record = record.strip_suffix('"')?;
    Some(format!("{{\"{}", record.replace("\"\"", "\"")))
}

fn remark(text: String) -> Vec<Cow<'static, str>> {
    let mut cells = vec![Cow::Borrowed(""); COLUMNS - 1];
    if let Some(event_type) = cells.get_mut(2) {
        *event_type = Cow::Owned(text);
    }
    cells
}

fn entry_cells(entry: &Entry) -> Vec<Cow<'static, str>> {
    // An entry whose leaf can't be read is refused elsewhere.
    let Ok(leaf) = Leaf::parse(&entry.leaf) else { return remark("(unreadable)".to_owned()) };
    let mut personal: Map<String, Value> =
        entry.personal.iter().map(|(field, personal)| (field.clone(), personal.value.clone())).collect();
    let ip_address = text(personal.remove("ip_address"));
    let user_agent = text(personal.remove("user_agent"));
    let erased: Vec<&str> =
        leaf.commitments.keys().filter(|field| !entry.personal.contains_key(*field)).map(String::as_str).collect();
    let target = leaf.target.unwrap_or_else(|| crate::leaf::Reference { kind: String::new(), id: None });
    [
        entry.index.to_string(),
        leaf.at.to_iso(),
        leaf.name,
        leaf.severity.as_str().to_owned(),
        leaf.outcome.as_str().to_owned(),
        leaf.actor.kind,
        leaf.actor.id.unwrap_or_default(),
        leaf.client.unwrap_or_default(),
        leaf.session.unwrap_or_default(),
        leaf.request_id.unwrap_or_default(),
        target.kind,
        target.id.unwrap_or_default(),
        ip_address,
        user_agent,
        object_or_nothing(&leaf.fields),
        object_or_nothing(&personal),
        erased.join(" "),
    ]
    .into_iter()
    .map(Cow::Owned)
    .collect()
}

fn text(value: Option<Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => canonical::to_string(&other),
    }
}

fn object_or_nothing(object: &Map<String, Value>) -> String {
    if object.is_empty() { String::new() } else { canonical::object_to_string(object) }
}

/// A cell that no spreadsheet takes for a formula, and that stays on its line. The record itself holds the exact value.
fn harmless(cell: &str) -> Cow<'_, str> {
    let one_line =
        if cell.contains(char::is_control) { Cow::Owned(cell.replace(char::is_control, " ")) } else { Cow::Borrowed(cell) };
    if one_line.trim_start().starts_with(['=', '+', '-', '@']) { Cow::Owned(format!("'{one_line}")) } else { one_line }
}

/// RFC 4180 §2: cells with commas or quotes are quoted, quotes inside doubled.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"']) { Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\""))) } else { Cow::Borrowed(cell) }
}
