//! Authorization details in words, for whoever is to allow them.

use super::{DetailType, Details, Schema, TYPE, type_of};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What an object asks for, for people. Every value of it is there, and nothing is markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its type.
    pub name: String,
    /// What the organization calls the type.
    pub title: String,
    /// What it says besides.
    pub description: Option<String>,
    /// Names and values, in the order of the object.
    pub rows: Vec<(String, String)>,
}

/// Describe them. A type that is no longer registered is called by its identifier.
pub fn describe(details: &Details, types: &[Arc<DetailType>]) -> Vec<Described> {
    details.iter().map(|object| describe_one(object, types.iter().find(|known| known.name == type_of(object)))).collect()
}

fn describe_one(object: &Map<String, Value>, known: Option<&Arc<DetailType>>) -> Described {
    let mut rows = Vec::new();
    let schema = known.map(|known| known.schema.clone()).unwrap_or_default();
    for (name, value) in object.iter().filter(|(name, _)| *name != TYPE) {
        add_rows(name, value, &schema, "", &mut rows);
    }
    Described {
        name: type_of(object).to_owned(),
        title: known.map_or_else(|| type_of(object).to_owned(), |known| known.title.clone()),
        description: known.and_then(|known| known.description.clone()),
        rows,
    }
}

fn add_rows(name: &str, value: &Value, schema: &Schema, above: &str, rows: &mut Vec<(String, String)>) {
    let (title, below) = schema.property(name);
    let label = format!("{above}{}", title.map_or_else(|| spaced(name), str::to_owned));
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                add_rows(name, value, &below, &format!("{label}: "), rows);
            }
        }
        other => rows.push((label, written(other))),
    }
}

/// `instructedAmount` and `instructed_amount` as words.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && words.chars().last().is_some_and(char::is_lowercase) {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(if c == '_' || c == '-' { ' ' } else { c });
        }
    }
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{}: {}", spaced(name), written(value))).collect::<Vec<_>>().join("; ")
        }
        Value::Null => "–".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
