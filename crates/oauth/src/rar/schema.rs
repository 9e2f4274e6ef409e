//! JSON Schema, as far as the forms of authorization details need it.
//!
//! JSON Schema 2020-12, these keywords: `type` (one name or several), `enum`, `const`; `properties`, `required`,
//! `additionalProperties` (`true`, `false` or a schema); `items`, `minItems`, `maxItems`, `uniqueItems`; `minLength`, `maxLength`;
//! `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`; and without effect `title`, `description`, `default`, `examples`,
//! `$schema`, `$id`, `$comment`. A schema that uses anything else is refused when it is registered, for a rule that is overlooked is
//! none. There is no `$ref` and no `pattern`, so checking takes a time that grows with the text and nothing else.

use serde_json::{Map, Value};

const KEYWORDS: [&str; 23] = [
    "$comment",
    "$id",
    "$schema",
    "additionalProperties",
    "const",
    "default",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "properties",
    "required",
    "title",
    "type",
    "uniqueItems",
];
const TYPES: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];
const MAX_BYTES: usize = 16 * 1024;
const MAX_DEPTH: usize = 8;

/// A schema that uses known keywords alone, each as it should be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema(Map<String, Value>);

impl Schema {
    /// Read it.
    ///
    /// # Errors
    /// Where and what is wrong, as `.properties.amount must be an object`.
    pub fn parse(value: &Value) -> Result<Self, String> {
        if value.to_string().len() > MAX_BYTES {
            return Err(format!(" must not be longer than {MAX_BYTES} bytes"));
        }
        let members = value.as_object().ok_or(" must be an object")?;
        examine(members, "", MAX_DEPTH)?;
        Ok(Self(members.clone()))
    }
    /// As it was registered.
    pub fn as_json(&self) -> Value {
        Value::Object(self.0.clone())
    }
    /// Whether it says something of this property.
    pub(super) fn names(&self, property: &str) -> bool {
        self.0.get("properties").and_then(|properties| properties.get(property)).is_some()
    }
    /// Whether a value fits.
    ///
    /// # Errors
    /// Where it doesn't and what is wanted; nothing of the value itself.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        fits(&self.0, value, "")
    }
    /// The title of a property and the schema below it.
    pub(super) fn property(&self, name: &str) -> (Option<&str>, Self) {
        let below = self.0.get("properties").and_then(|properties| properties.get(name)).and_then(Value::as_object);
        (below.and_then(|below| below.get("title")).and_then(Value::as_str), Self(below.cloned().unwrap_or_default()))
    }
}

/// What each keyword must look like.
fn examine(schema: &Map<String, Value>, at: &str, depth: usize) -> Result<(), String> {
    if depth == 0 {
        return Err(format!("{at} is nested too deeply"));
    }
    for (keyword, value) in schema {
        let wrong = |wanted: &str| Err(format!("{at}.{keyword} {wanted}"));
        match keyword.as_str() {
            "properties" => {
                let Some(properties) = value.as_object() else { return wrong("must be an object") };
                for (name, below) in properties {
                    let at = format!("{at}.properties.{}", shown(name));
                    examine(below.as_object().ok_or_else(|| format!("{at} must be an object"))?, &at, depth - 1)?;
                }
            }
            "items" | "additionalProperties" => match value {
                Value::Object(below) => examine(below, &format!("{at}.{keyword}"), depth - 1)?,
                Value::Bool(_) if keyword == "additionalProperties" => {}
                _ => return wrong("must be a schema"),
            },
            "type" => {
                let names = one_or_more(value);
                if names.is_empty() || !names.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name))) {
                    return wrong(&format!("must be among {}", TYPES.join(", ")));
                }
            }
            "required" if !value.as_array().is_some_and(|names| names.iter().all(Value::is_string)) => {
                return wrong("must be a list of names");
            }
            "enum" if value.as_array().is_none_or(Vec::is_empty) => return wrong("must be a list of values"),
            "minItems" | "maxItems" | "minLength" | "maxLength" if !value.is_u64() => return wrong("must be a whole number"),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" if !value.is_number() => {
                return wrong("must be a number");
            }
            "uniqueItems" if !value.is_boolean() => return wrong("must be true or false"),
            "title" | "description" if !value.as_str().is_some_and(super::is_printable) => return wrong("must be a text"),
            known if KEYWORDS.contains(&known) => {}
            other => return Err(format!("{at}.{} is not a keyword that is supported", shown(other))),
        }
    }
    Ok(())
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn one_or_more(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn fits(schema: &Map<String, Value>, value: &Value, at: &str) -> Result<(), String> {
    let place = if at.is_empty() { "the object" } else { at };
    if let Some(types) = schema.get("type") {
        let names: Vec<&str> = one_or_more(types).iter().filter_map(Value::as_str).collect();
        if !names.iter().any(|name| is_type(value, name)) {
            return Err(format!("{place} must be of type {}", names.join(" or ")));
        }
    }
    if schema.get("const").is_some_and(|only| !is_same(only, value)) {
        return Err(format!("{place} must have the one value it may have"));
    }
    if schema.get("enum").and_then(Value::as_array).is_some_and(|listed| !listed.iter().any(|known| is_same(known, value))) {
        return Err(format!("{place} must be one of the values it may have"));
    }
    match value {
        Value::Object(members) => object_fits(schema, members, at),
        Value::Array(items) => array_fits(schema, items, at),
        Value::String(text) => within(schema, "minLength", "maxLength", text.chars().count())
            .map_err(|bound| format!("{place} is shorter or longer than {bound} characters")),
        Value::Number(number) => number_fits(schema, number.as_f64().unwrap_or(f64::NAN), place),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn is_type(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
        Value::Number(number) => {
            name == "number" || name == "integer" && number.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
    }
}

/// Numbers are the same if they are worth the same (JSON Schema Core §4.2.2).
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

fn object_fits(schema: &Map<String, Value>, members: &Map<String, Value>, at: &str) -> Result<(), String> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = required.into_iter().find(|name| !members.contains_key(*name)) {
        return Err(format!("{} is missing", below(at, missing)));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in members {
        let known = properties.and_then(|properties| properties.get(name)).and_then(Value::as_object);
        match (known, schema.get("additionalProperties")) {
            (Some(known), _) => fits(known, value, &below(at, name))?,
            (None, Some(Value::Bool(false))) => return Err("a member is not known".to_owned()),
            (None, Some(Value::Object(others))) => fits(others, value, &below(at, "another member"))?,
            (None, _) => {}
        }
    }
    Ok(())
}

fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn array_fits(schema: &Map<String, Value>, items: &[Value], at: &str) -> Result<(), String> {
    within(schema, "minItems", "maxItems", items.len())
        .map_err(|bound| format!("{at} has fewer or more than {bound} entries"))?;
    let is_repeated =
        || items.iter().enumerate().any(|(index, item)| items.iter().take(index).any(|earlier| is_same(earlier, item)));
    if schema.get("uniqueItems") == Some(&Value::Bool(true)) && is_repeated() {
        return Err(format!("{at} holds something twice"));
    }
    let Some(each) = schema.get("items").and_then(Value::as_object) else { return Ok(()) };
    items.iter().try_for_each(|item| fits(each, item, &below(at, "entries")))
}

/// The bound that is crossed, if one is.
fn within(schema: &Map<String, Value>, least: &str, most: &str, count: usize) -> Result<(), u64> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_u64);
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    match (bound(least).filter(|least| count < *least), bound(most).filter(|most| count > *most)) {
        (Some(bound), _) | (None, Some(bound)) => Err(bound),
        (None, None) => Ok(()),
    }
}

fn number_fits(schema: &Map<String, Value>, number: f64, place: &str) -> Result<(), String> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let is_within = bound("minimum").is_none_or(|least| number >= least)
        && bound("maximum").is_none_or(|most| number <= most)
        && bound("exclusiveMinimum").is_none_or(|least| number > least)
        && bound("exclusiveMaximum").is_none_or(|most| number < most);
    if is_within { Ok(()) } else { Err(format!("{place} lies outside its bounds")) }
}
