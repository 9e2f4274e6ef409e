//! Forms and buttons, from what the operations behind them take.

use crate::action::Act;
use crate::ask::text;
use flow::{Operation, Parameter, Parse, Source};
use pages::{Action, Entry, EntryForm, EntryKind};
use serde_json::Value;
use signin::page::Page;

/// A form that asks for these fields of the operation's: name and label. Its values are those of `known`.
pub(crate) fn form_of<A: Act>(page: &Page, path: &str, known: &Value, fields: &[(&str, &str)]) -> EntryForm {
    let parameters = <A::Operation as Operation>::Input::parameters();
    let entry = |(name, label): &(&str, &str)| {
        let parameter = parameters.iter().find(|parameter| parameter.name == *name && parameter.source == Source::Body)?;
        Some(entry(parameter, label, text(known, name)))
    };
    EntryForm {
        id: short_id::<A>(),
        title: String::new(),
        hint: None,
        form: page.form(path),
        fields: fields.iter().filter_map(entry).collect(),
        button: "Save".to_owned(),
        is_danger: false,
    }
}

fn entry(parameter: &Parameter, label: &str, value: String) -> Entry {
    let schema = plain(&parameter.schema);
    let (kind, value) = kind(schema, parameter.is_required, value);
    Entry {
        name: parameter.name.to_owned(),
        label: label.to_owned(),
        hint: Some(parameter.description.trim().replace('`', "")).filter(|hint| !hint.is_empty()),
        is_required: parameter.is_required,
        kind,
        value,
    }
}

/// What a field of that schema looks like, and its value there.
fn kind(schema: &Value, is_required: bool, value: String) -> (EntryKind, String) {
    let stays = (!is_required).then(|| (String::new(), "as it is".to_owned()));
    if let Some(values) = schema["enum"].as_array() {
        let known = values.iter().filter_map(Value::as_str).map(|value| (value.to_owned(), value.to_owned()));
        return (EntryKind::Choice(stays.into_iter().chain(known).collect()), value);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => {
            let answers = [("true".to_owned(), "yes".to_owned()), ("false".to_owned(), "no".to_owned())];
            let value = match value.as_str() {
                "yes" => "true".to_owned(),
                "no" => "false".to_owned(),
                _ => String::new(),
            };
            (EntryKind::Choice(stays.into_iter().chain(answers).collect()), value)
        }
        (Some("integer"), _) => (EntryKind::Number, value),
        (_, Some("email")) => (EntryKind::Email, value),
        (_, Some("password")) => (EntryKind::Password, String::new()),
        (Some("array" | "object"), _) => (EntryKind::Lines, value.split(' ').collect::<Vec<_>>().join("\n")),
        _ => (EntryKind::Text, value),
    }
}

/// A schema that may be null, without the null.
fn plain(schema: &Value) -> &Value {
    let any_of = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    any_of.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null")).unwrap_or(schema)
}

/// A button that does what the operation does without asking for anything.
pub(crate) fn button<A: Act>(page: &Page, path: &str, label: &str, name: &str) -> Action {
    Action {
        id: short_id::<A>(),
        label: label.to_owned(),
        name: format!("{label}: {name}"),
        form: page.form(path),
        is_danger: false,
    }
}

/// `create-user` of `console.create_user`.
fn short_id<A: Act>() -> String {
    A::ID.rsplit('.').next().unwrap_or_default().replace('_', "-")
}

/// The fields of a sent form as the JSON that the operation takes: lists are written one entry to a line, and an emptied field is
/// emptied where it can be.
pub(crate) fn as_json(sent: &[(String, String)], parameters: &[Parameter]) -> Value {
    let schema_of = |name: &str| {
        parameters.iter().find(|parameter| parameter.source == Source::Body && parameter.name == name).map(|found| &found.schema)
    };
    let member = |(name, value): &(String, String)| {
        let schema = schema_of(name);
        if value.trim().is_empty() {
            return schema.filter(|schema| is_nullable(schema)).map(|_| (name.clone(), Value::Null));
        }
        Some((name.clone(), schema.map_or_else(|| Value::from(value.as_str()), |schema| typed(plain(schema), value))))
    };
    Value::Object(sent.iter().filter_map(member).collect())
}

fn typed(schema: &Value, value: &str) -> Value {
    match schema["type"].as_str() {
        Some("boolean") => value.parse::<bool>().map_or_else(|_| Value::from(value), Value::from),
        Some("integer") => value.trim().parse::<i64>().map_or_else(|_| Value::from(value), Value::from),
        Some("array") => value.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        Some("object") => serde_json::from_str(value).unwrap_or_else(|_| Value::from(value)),
        _ => Value::from(value),
    }
}

fn is_nullable(schema: &Value) -> bool {
    schema["anyOf"].as_array().is_some_and(|choices| choices.iter().any(|choice| choice["type"] == "null"))
}

/// The page that forms belong to.
pub(crate) fn page_of<M: flow::Mode>(cx: &flow::Cx<flow::OneOrg, M>) -> Page {
    Page::of(cx)
}
