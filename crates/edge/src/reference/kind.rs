//! What a value can be, in words.

use serde_json::Value;

/// `string, 1 to 200 characters`.
pub(super) fn words(document: &Value, schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#')) {
        return document.pointer(target).map_or_else(String::new, |schema| words(document, schema));
    }
    if let Some(choices) = ["anyOf", "oneOf"].into_iter().find_map(|word| schema.get(word)?.as_array()) {
        return choices.iter().map(|choice| words(document, choice)).collect::<Vec<_>>().join("; or ");
    }
    let mut said = vec![match schema.get("enum").and_then(Value::as_array) {
        Some(values) => format!("one of {}", values.iter().map(plain).collect::<Vec<_>>().join(", ")),
        None => named(document, schema),
    }];
    said.extend(bounds(schema));
    said.extend(
        schema.get("default").filter(|default| !default.is_null()).map(|default| format!("{} if left out", plain(default))),
    );
    if schema.get("readOnly") == Some(&Value::Bool(true)) {
        said.push("set by the server".to_owned());
    }
    said.join(", ")
}

fn named(document: &Value, schema: &Value) -> String {
    let name = match schema.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => names.iter().map(plain).collect::<Vec<_>>().join(" or "),
        _ => "any value".to_owned(),
    };
    match (name.as_str(), schema.get("items"), schema.get("format").and_then(Value::as_str)) {
        ("array", Some(items), _) => format!("list of: {}", words(document, items)),
        ("array", None, _) => "list".to_owned(),
        ("object", ..) => members(document, schema),
        ("string", _, Some(format)) => format!("string ({format})"),
        _ => name,
    }
}

/// An object, and what stands in it if that isn't much.
fn members(document: &Value, schema: &Value) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return "object".to_owned() };
    let inner = properties.iter().map(|(name, schema)| format!("{name} ({})", words(document, schema)));
    format!("object of {}", inner.collect::<Vec<_>>().join("; "))
}

fn bounds(schema: &Value) -> Vec<String> {
    let bound = |word: &str| schema.get(word).and_then(Value::as_i64);
    let span = |least: Option<i64>, most: Option<i64>, of: &str| match (least.filter(|least| *least > 0), most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{of}")),
        (Some(least), None) => Some(format!("at least {least}{of}")),
        (None, Some(most)) => Some(format!("at most {most}{of}")),
        (None, None) => None,
    };
    [
        span(bound("minLength"), bound("maxLength"), " characters"),
        span(bound("minimum"), bound("maximum"), ""),
        span(bound("minItems"), bound("maxItems"), " entries"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_are_said_in_words() {
        for (schema, said) in [
            (json!({ "type": "string", "minLength": 1, "maxLength": 200 }), "string, 1 to 200 characters"),
            (json!({ "type": "string", "format": "email" }), "string (email)"),
            (json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 25 }), "integer, 1 to 100, 25 if left out"),
            (json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] }), "boolean; or null"),
            (
                json!({ "type": "array", "items": { "enum": ["a", "b"] }, "maxItems": 5 }),
                "list of: one of a, b, at most 5 entries",
            ),
            (json!({ "type": "object", "properties": { "a": { "type": "null" } } }), "object of a (null)"),
            (json!({}), "any value"),
        ] {
            assert_eq!(words(&Value::Null, &schema), said);
        }
    }
}
