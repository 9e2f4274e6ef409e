//! Canonical JSON: every value has exactly one spelling, so that hashes over it mean something.
//!
//! The form is RFC 8785 (JSON Canonicalization Scheme) with one restriction: the only numbers are integers that every
//! JSON reader holds exactly, within ±(2^53 − 1). Any other number is written as a string of its decimal form, because
//! two readers may round the same fraction differently (RFC 8785 §6 gives the same advice).

use serde_json::{Map, Number, Value};
use std::fmt::Write;

/// Text that is not JSON in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical JSON")]
pub struct NotCanonical;

/// The one spelling of `value`.
pub fn to_string(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// The one spelling of an object.
pub fn object_to_string(object: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_object(&mut text, object);
    text
}

/// The value behind `text`, if `text` is its one spelling. Whitespace, other key orders, repeated keys, other escapes and
/// fractions are refused.
pub fn parse(text: &str) -> Result<Value, NotCanonical> {
    let value = serde_json::from_str(text).map_err(|_| NotCanonical)?;
    if to_string(&value) == text { Ok(value) } else { Err(NotCanonical) }
}

/// The largest integer that an IEEE 754 double, and so every JSON reader, holds exactly (RFC 7493 §2.2).
const LARGEST_EXACT: u64 = (1 << 53) - 1;

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(object) => write_object(text, object),
    }
}

fn write_object(text: &mut String, object: &Map<String, Value>) {
    let mut members: Vec<(&String, &Value)> = object.iter().collect();
    // RFC 8785 §3.2.3: by UTF-16 code units, which is not the order of UTF-8 bytes.
    members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    text.push('{');
    for (position, (name, value)) in members.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_string(text, name);
        text.push(':');
        write_value(text, value);
    }
    text.push('}');
}

fn write_number(text: &mut String, number: &Number) {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    if magnitude.is_some_and(|magnitude| magnitude <= LARGEST_EXACT) {
        text.push_str(&number.to_string());
    } else {
        write_string(text, &number.to_string());
    }
}

/// RFC 8785 §3.2.2.2: the short escapes, `\u00xx` for other control characters, everything else as it is.
fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control @ '\0'..='\u{1f}' => {
                // Writing to a String can't fail.
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn keys_sort_as_in_rfc_8785_section_3_2_3() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        let order: Vec<String> = ["\\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"]
            .iter()
            .map(|key| format!("\"{key}\":"))
            .collect();
        let text = to_string(&value);
        let places: Vec<usize> = order.iter().map(|key| text.find(key.as_str()).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn strings_escape_as_in_rfc_8785_section_3_2_2() {
        let string = "\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{8}\u{c}\t\r";
        assert_eq!(to_string(&json!(string)), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\\b\\f\\t\\r\"");
    }

    #[test]
    fn numbers_that_readers_may_round_become_strings() {
        let numbers =
            json!([0, -7, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64, 9_007_199_254_740_992_i64, u64::MAX, 0.5]);
        assert_eq!(
            to_string(&numbers),
            r#"[0,-7,9007199254740991,-9007199254740991,"9007199254740992","18446744073709551615","0.5"]"#
        );
    }

    #[test]
    fn a_second_spelling_of_the_same_value_is_refused() {
        assert_eq!(parse(r#"{"a":1,"b":[null,true]}"#), Ok(json!({"a": 1, "b": [null, true]})));
        for text in [
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a": 1}"#,
            r#" {"a":1}"#,
            "{\"a\":1}\n",
            r#"{"a":1.0}"#,
            r#"{"a":1e0}"#,
            r#"{"a":-0}"#,
            r#"{"a":0.5}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"\u0061":1}"#,
            r#"{"a":"\/"}"#,
            r#"{"a":"\u000A"}"#,
            "{\"a\":1}{}",
            "",
        ] {
            assert_eq!(parse(text), Err(NotCanonical), "{text}");
        }
    }

    fn json_values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_as_canonical(value in json_values()) {
            let text = to_string(&value);
            prop_assert_eq!(to_string(&parse(&text).unwrap()), text);
        }
    }
}
