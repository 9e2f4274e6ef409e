//! What was typed into a form that comes back, without its secrets.

use super::fields::{is_list_of_lines, plain};
use serde_json::Value;

/// What names of secrets have in them.
const SECRET: [&str; 6] = ["secret", "password", "token", "private", "credential", "apikey"];

/// A value as it was typed; where it is JSON, with nothing in the place of secrets. JSON that can't be read isn't shown again if it
/// may hold one.
pub(super) fn without_secrets(schema: &Value, typed: &str) -> String {
    let schema = plain(schema);
    let is_json = matches!(schema["type"].as_str(), Some("object" | "array")) && !is_list_of_lines(schema);
    if !is_json {
        return typed.to_owned();
    }
    let Ok(mut value) = serde_json::from_str::<Value>(typed) else {
        return if is_secret(typed) { String::new() } else { typed.to_owned() };
    };
    if empty_secrets(&mut value) { serde_json::to_string_pretty(&value).unwrap_or_default() } else { typed.to_owned() }
}

/// Whether something was taken out.
fn empty_secrets(value: &mut Value) -> bool {
    match value {
        Value::Object(members) => {
            let mut is_changed = false;
            for (name, member) in members.iter_mut() {
                if is_secret(name) && (member.is_string() || member.is_number()) {
                    *member = Value::from("");
                    is_changed = true;
                } else {
                    is_changed |= empty_secrets(member);
                }
            }
            is_changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |is_changed, item| empty_secrets(item) | is_changed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    SECRET.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_that_was_typed_does_not_come_back() {
        let records = json!({ "type": "array", "items": { "type": "object" } });
        let object = json!({ "anyOf": [{ "type": "object" }, { "type": "null" }] });
        for (schema, typed) in [
            (&records, r#"[{"url":"https://d.example","bearer_token":"hunter2"}]"#),
            (&object, r#"{"inner":{"clientSecret":"hunter2"},"name":"kept"}"#),
            (&object, r#"{"api-key":"hunter2"}"#),
            (&object, r#"{"password":"hunter2""#),
            (&records, r#"[{"pass_word": "hunter2", "private_key": 5"#),
        ] {
            assert!(!without_secrets(schema, typed).contains("hunter2"), "{typed}");
        }
        assert!(without_secrets(&object, r#"{"inner":{"secret":"x"},"name":"kept"}"#).contains("kept"));
    }

    #[test]
    fn what_holds_no_secret_comes_back_as_it_was() {
        let (object, lines) = (json!({ "type": "object" }), json!({ "type": "array", "items": { "type": "string" } }));
        for (schema, typed) in [
            (&object, "{ \"a\":  1 }"),
            (&object, "{ \"a\": "),
            (&lines, "token\nsecret"),
            (&json!({ "type": "string" }), "password"),
        ] {
            assert_eq!(without_secrets(schema, typed), typed);
        }
    }
}
