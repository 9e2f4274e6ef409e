//! JSON Schema as far as the OpenAPI document uses it, written apart from what makes the document. A word it doesn't know is a
//! problem, so that nothing goes unchecked.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Words that say something to people and hold nothing back.
const NOTES: [&str; 8] = ["title", "description", "default", "examples", "readOnly", "writeOnly", "deprecated", "format"];
/// Words that are judged.
const WORDS: [&str; 20] = [
    "$ref",
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "maxProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "allOf",
];

/// Show every object of a document, with the place it stands at.
pub fn walk(value: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            visit(place, value);
            for (name, member) in members {
                walk(member, &format!("{place}/{name}"), visit);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{place}/{at}"), visit);
            }
        }
        _ => {}
    }
}

/// Whether a schema consists of words that are known here.
///
/// # Errors
/// The word that isn't.
pub fn check(schema: &Value) -> Result<(), String> {
    let Some(members) = schema.as_object() else {
        return if schema.is_boolean() { Ok(()) } else { Err(format!("{schema} is no schema")) };
    };
    for (word, value) in members {
        if !NOTES.contains(&word.as_str()) && !WORDS.contains(&word.as_str()) {
            return Err(format!("nobody knows the word {word}"));
        }
        match word.as_str() {
            "properties" => value.as_object().into_iter().flatten().try_for_each(|(_, schema)| check(schema))?,
            "items" | "additionalProperties" => check(value)?,
            "anyOf" | "oneOf" | "allOf" => value.as_array().into_iter().flatten().try_for_each(check)?,
            _ => {}
        }
    }
    Ok(())
}

/// The schemas of a document.
pub struct Schemas<'a>(&'a Value);

impl<'a> Schemas<'a> {
    /// Those of this one.
    pub fn of(document: &'a Value) -> Self {
        Self(document)
    }

    /// Whether a value is one of a schema.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn validate(&self, value: &Value, schema: &Value) -> Result<(), String> {
        let Some(schema) = schema.as_object() else {
            return if schema == &Value::Bool(false) { Err(format!("{value} must not be there")) } else { Ok(()) };
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let found = self.0.pointer(target.trim_start_matches('#')).ok_or_else(|| format!("{target} leads nowhere"))?;
            self.validate(value, found)?;
        }
        is_typed(value, schema)?;
        let mut all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        all.try_for_each(|part| self.validate(value, part))?;
        self.is_chosen(value, schema)?;
        match value {
            Value::Object(members) => self.members(members, schema),
            Value::Array(items) => self.items(items, schema),
            Value::String(text) => is_text(text, schema),
            Value::Number(_) => is_number(value, schema),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn is_chosen(&self, value: &Value, schema: &Map<String, Value>) -> Result<(), String> {
        for (word, is_one) in [("anyOf", false), ("oneOf", true)] {
            let Some(choices) = schema.get(word).and_then(Value::as_array) else { continue };
            let fitting = choices.iter().filter(|choice| self.validate(value, choice).is_ok()).count();
            if fitting == 0 || is_one && fitting > 1 {
                return Err(format!("{value} fits {fitting} of {word}"));
            }
        }
        Ok(())
    }

    fn members(&self, members: &Map<String, Value>, schema: &Map<String, Value>) -> Result<(), String> {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !members.contains_key(name.as_str().unwrap()) {
                return Err(format!("{name} is missing"));
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, value) in members {
            match (known.and_then(|known| known.get(name)), schema.get("additionalProperties")) {
                (Some(schema), _) | (None, Some(schema)) => {
                    self.validate(value, schema).map_err(|problem| format!("{name}: {problem}"))?;
                }
                (None, None) => {}
            }
        }
        within(members.len(), schema, "minProperties", "maxProperties")
    }

    fn items(&self, items: &[Value], schema: &Map<String, Value>) -> Result<(), String> {
        if let Some(schema) = schema.get("items") {
            items.iter().try_for_each(|item| self.validate(item, schema))?;
        }
        let different: BTreeSet<String> = items.iter().map(Value::to_string).collect();
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) && different.len() != items.len() {
            return Err("an entry stands twice".to_owned());
        }
        within(items.len(), schema, "minItems", "maxItems")
    }
}

fn is_typed(value: &Value, schema: &Map<String, Value>) -> Result<(), String> {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    };
    let is_type = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name),
        None => true,
    };
    let is_listed = schema.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(value));
    let is_constant = schema.get("const").is_none_or(|constant| constant == value);
    if is_type && is_listed && is_constant { Ok(()) } else { Err(format!("{value} is none of {schema:?}")) }
}

fn is_text(text: &str, schema: &Map<String, Value>) -> Result<(), String> {
    within(text.chars().count(), schema, "minLength", "maxLength").map_err(|problem| format!("{text:?}: {problem}"))?;
    let fits = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => kernel::Timestamp::parse_iso(text).is_some() && text.contains('T'),
        Some("email") => text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')),
        Some("uri") => text.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()),
        Some("ipv4") => text.parse::<std::net::Ipv4Addr>().is_ok(),
        Some("ipv6") => text.parse::<std::net::Ipv6Addr>().is_ok(),
        Some("uri-reference" | "password") | None => true,
        Some(other) => return Err(format!("nobody knows the format {other}")),
    };
    let is_like = match schema.get("pattern").and_then(Value::as_str) {
        None => true,
        // The few patterns there are: what they begin with is judged.
        Some(pattern) => pattern.strip_prefix('^').is_some_and(|rest| {
            let begin: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || ":/#".contains(*c)).collect();
            text.starts_with(&begin)
        }),
    };
    if fits && is_like { Ok(()) } else { Err(format!("{text:?} is not of its format or pattern")) }
}

fn is_number(value: &Value, schema: &Map<String, Value>) -> Result<(), String> {
    let number = value.as_f64().unwrap();
    let bound = |word| schema.get(word).and_then(Value::as_f64);
    if bound("minimum").is_none_or(|least| number >= least) && bound("maximum").is_none_or(|most| number <= most) {
        Ok(())
    } else {
        Err(format!("{value} is out of bounds"))
    }
}

fn within(size: usize, schema: &Map<String, Value>, least: &str, most: &str) -> Result<(), String> {
    let bound = |word| schema.get(word).and_then(Value::as_u64).map(|bound| usize::try_from(bound).unwrap());
    let fits = bound(least).is_none_or(|least| size >= least) && bound(most).is_none_or(|most| size <= most);
    if fits { Ok(()) } else { Err(format!("a size of {size} is out of bounds")) }
}
