//! Fields of a form, as the schemas of the operation describe them.

use crate::ask::text;
use flow::{Parameter, Source};
use pages::{ConsoleWords, EntryKind};
use serde_json::Value;

/// Characters that fit in one line with some patience. What may be longer is written in several.
const MOST_IN_A_LINE: u64 = 4096;

/// Something that is typed in one field.
pub(super) struct Leaf {
    /// Its name; `policy.min_length` is a member of a member.
    pub name: String,
    pub schema: Value,
    pub description: String,
    pub is_required: bool,
}

/// What an operation takes from the body, member by member.
pub(super) fn leaves(parameters: &[Parameter]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for parameter in parameters.iter().filter(|parameter| parameter.source == Source::Body) {
        collect(
            &mut leaves,
            Leaf {
                name: parameter.name.to_owned(),
                schema: parameter.schema.clone(),
                description: parameter.description.to_owned(),
                is_required: parameter.is_required,
            },
        );
    }
    leaves
}

fn collect(leaves: &mut Vec<Leaf>, leaf: Leaf) {
    let Some(members) = plain(&leaf.schema)["properties"].as_object().cloned() else {
        leaves.push(leaf);
        return;
    };
    for (name, schema) in members {
        let description = text(&schema, "description");
        collect(leaves, Leaf { name: format!("{}.{name}", leaf.name), schema, description, is_required: false });
    }
}

/// The one of this name.
pub(super) fn leaf<'a>(leaves: &'a [Leaf], name: &str) -> Option<&'a Leaf> {
    leaves.iter().find(|leaf| leaf.name == name)
}

/// The member of a value that a name leads to.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    name.split('.').try_fold(value, |value, part| value.get(part)).unwrap_or(&Value::Null)
}

/// The first of the choices that a schema leaves, other than null.
pub(super) fn plain(schema: &Value) -> &Value {
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")).map_or(schema, plain)
}

/// The values that a field is one of, if it is that kind of field.
pub(crate) fn choices(schema: &Value) -> Vec<&str> {
    plain(schema)["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether a field is a list that is written one entry to a line. Whatever else isn't a single value is written as JSON.
pub(super) fn is_list_of_lines(schema: &Value) -> bool {
    schema["type"] == "array" && !matches!(plain(&schema["items"])["type"].as_str(), Some("object" | "array"))
}

/// A value as it is shown in its field.
pub(super) fn shown(schema: &Value, value: &Value) -> String {
    let line = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Null => String::new(),
        Value::Array(items) if is_list_of_lines(plain(schema)) => items.iter().map(line).collect::<Vec<_>>().join("\n"),
        // The published API has some lists as one text.
        Value::String(text) if is_list_of_lines(plain(schema)) => text.split(' ').collect::<Vec<_>>().join("\n"),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        single => line(single),
    }
}

/// What a field of that schema looks like, and its value there.
pub(super) fn kind(words: &ConsoleWords, schema: &Value, is_required: bool, value: &str) -> (EntryKind, String) {
    let (schema, w) = (plain(schema), &words.frame);
    let stays = (!is_required && value.is_empty()).then(|| (String::new(), w.stays.to_owned()));
    let value = value.to_owned();
    let choices = choices(schema);
    if !choices.is_empty() {
        let known = choices.into_iter().map(|value| (value.to_owned(), value.to_owned()));
        return (EntryKind::Choice(stays.into_iter().chain(known).collect()), value);
    }
    if schema["const"] == true {
        let answers = [(String::new(), w.no.to_owned()), ("true".to_owned(), w.yes.to_owned())];
        return (EntryKind::Choice(answers.to_vec()), value);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => {
            let answers = [("true".to_owned(), w.yes.to_owned()), ("false".to_owned(), w.no.to_owned())];
            (EntryKind::Choice(stays.into_iter().chain(answers).collect()), value)
        }
        (Some("integer"), _) => (EntryKind::Number, value),
        (_, Some("email")) => (EntryKind::Email, value),
        (_, Some("password")) => (EntryKind::Password, String::new()),
        (Some("array" | "object"), _) => (EntryKind::Lines, value),
        _ if schema["maxLength"].as_u64().is_some_and(|most| most > MOST_IN_A_LINE) => (EntryKind::Lines, value),
        _ => (EntryKind::Text, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pages::Words;
    use serde_json::json;

    #[test]
    fn a_long_text_is_written_in_several_lines() {
        let kind = |schema: Value| super::kind(&Words::choose(None, None).console, &schema, true, "").0;
        assert_eq!(kind(json!({ "type": "string", "maxLength": 100_000 })), EntryKind::Lines);
        assert_eq!(kind(json!({ "type": "string", "maxLength": 2048 })), EntryKind::Text);
    }

    #[test]
    fn a_value_is_shown_so_that_sending_it_back_changes_nothing() {
        let lines = json!({ "type": "array", "items": { "type": "string" } });
        let records = json!({ "type": "array", "items": { "type": "object" } });
        let records_shown = json!([{ "field": "name" }]);
        let scopes = json!({ "anyOf": [{ "oneOf": [lines, { "type": "string" }] }, { "type": "null" }] });
        assert_eq!(shown(&scopes, &json!(["openid", "email"])), "openid\nemail");
        for (schema, value) in [
            (&lines, json!(["a b", "c"])),
            (&scopes, json!(["openid", "email"])),
            (&records, records_shown),
            (&json!({ "type": "integer" }), json!(7)),
        ] {
            let typed = shown(schema, &value);
            let sent = [("member".to_owned(), typed)];
            let parameter =
                Parameter { name: "member", source: Source::Body, is_required: false, schema: schema.clone(), description: "" };
            assert_eq!(super::super::as_json(&sent, &[parameter]), json!({ "member": value }));
        }
    }
}
