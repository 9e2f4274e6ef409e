//! What was typed, as the JSON that the operation takes.

use super::BEFORE;
use super::fields::{is_list_of_lines, leaf, leaves, plain};
use flow::Parameter;
use serde_json::{Map, Value};

/// The fields of a sent form as JSON: lists are written one entry to a line, an emptied field is emptied where it can be, and what
/// is as it was when the form was shown is left out.
pub(crate) fn as_json(sent: &[(String, String)], parameters: &[Parameter]) -> Value {
    let leaves = leaves(parameters);
    let mut members = Map::new();
    for (name, value) in sent.iter().filter(|(name, value)| !name.starts_with(BEFORE) && !is_as_before(sent, name, value)) {
        let schema = leaf(&leaves, name).map(|leaf| &leaf.schema);
        // Of boxes with one name, those that were ticked are sent one by one.
        let ticked = schema.filter(|schema| is_list_of_lines(plain(schema))).and_then(|_| all_of(sent, name));
        let value = ticked.as_ref().unwrap_or(value);
        let value = match schema {
            _ if value.trim().is_empty() => match schema.and_then(|schema| emptied(schema, before(sent, name))) {
                Some(empty) => empty,
                None => continue,
            },
            Some(schema) => typed(plain(schema), value),
            None => Value::from(value.as_str()),
        };
        let path: Vec<&str> = if schema.is_some() { name.split('.').collect() } else { vec![name] };
        insert(&mut members, &path, value);
    }
    Value::Object(members)
}

/// What was sent under this name, each value in a line.
pub(crate) fn all_of(sent: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<&str> = sent.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
    if values.is_empty() { None } else { Some(values.join("\n")) }
}

fn is_as_before(sent: &[(String, String)], name: &str, value: &str) -> bool {
    // Browsers send line breaks as CR LF.
    let plain = |text: &str| text.replace("\r\n", "\n");
    before(sent, name).is_some_and(|before| plain(before) == plain(value))
}

fn before<'a>(sent: &'a [(String, String)], name: &str) -> Option<&'a str> {
    sent.iter().find(|(known, _)| known.strip_prefix(BEFORE) == Some(name)).map(|(_, before)| before.as_str())
}

fn insert(members: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            members.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = members.entry(*name).or_insert_with(|| Value::Object(Map::new()));
            if let Some(inner) = inner.as_object_mut() {
                insert(inner, rest, value);
            }
        }
    }
}

fn typed(schema: &Value, value: &str) -> Value {
    match schema["type"].as_str() {
        Some("boolean") => value.parse::<bool>().map_or_else(|_| Value::from(value), Value::from),
        Some("integer") => value.trim().parse::<i64>().map_or_else(|_| Value::from(value), Value::from),
        Some("array") if is_list_of_lines(schema) => value.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        Some("array" | "object") => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
        _ if schema["const"] == true => value.parse::<bool>().map_or_else(|_| Value::from(value), Value::from),
        _ => Value::from(value),
    }
}

/// What an emptied field is; `None` where it can't be empty. A list that had entries has none now; one that never had any may mean
/// that nothing was said.
fn emptied(schema: &Value, before: Option<&str>) -> Option<Value> {
    if plain(schema)["type"] == "array" && before.is_some_and(|before| !before.is_empty()) {
        return Some(Value::Array(Vec::new()));
    }
    let is_nullable = schema["anyOf"].as_array().is_some_and(|choices| choices.iter().any(|choice| choice["type"] == "null"));
    is_nullable.then_some(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn boxes_that_were_ticked_are_a_list() {
        let schema = json!({ "type": "array", "items": { "type": "string", "enum": ["a", "b", "c"] } });
        let boxes = Parameter { name: "boxes", source: flow::Source::Body, is_required: true, schema, description: "" };
        let sent = |values: &[&str]| values.iter().map(|value| ("boxes".to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        let parameters = [boxes];
        for values in [["a"].as_slice(), &["c", "a"]] {
            assert_eq!(as_json(&sent(values), &parameters), json!({ "boxes": values }));
        }
        assert_eq!(as_json(&sent(&[]), &parameters), json!({}));
    }
}
