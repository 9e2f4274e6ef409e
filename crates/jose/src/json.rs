//! JSON in which every member has one meaning.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Parse JSON and refuse an object that names a member twice, at any depth.
///
/// Parsers disagree about which of two equal members counts; RFC 7515 §4 and RFC 7519 §4 allow to refuse. The error never quotes
/// the input.
pub fn parse_strict(json: &[u8]) -> Result<Value, NotStrictJson> {
    serde_json::from_slice::<Strict>(json).map(|strict| strict.0).map_err(|_| NotStrictJson)
}

/// [`parse_strict`] for what must be an object.
pub fn parse_strict_object(json: &[u8]) -> Result<Map<String, Value>, NotStrictJson> {
    match parse_strict(json)? {
        Value::Object(members) => Ok(members),
        _ => Err(NotStrictJson),
    }
}

/// A member that is text if it is there.
pub(crate) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, NotStrictJson> {
    members.get(name).map(|value| value.as_str().ok_or(NotStrictJson)).transpose()
}

/// Not JSON, not the kind wanted, or a member appears twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON, or a member appears twice")]
pub struct NotStrictJson;

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated members")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("a member appears twice"));
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_json_is_what_it_always_was() {
        let json = br#"{"a":[1,-2,3.5,"x\u0041",null,true],"b":{"a":{}}}"#;
        assert_eq!(parse_strict(json).unwrap(), serde_json::from_slice::<Value>(json).unwrap());
    }

    #[test]
    fn a_repeated_member_is_refused_at_any_depth() {
        for json in [r#"{"a":1,"a":1}"#, r#"{"b":[{"a":1,"c":2,"a":3}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(parse_strict(json.as_bytes()), Err(NotStrictJson), "{json}");
        }
    }

    #[test]
    fn malformed_deep_or_trailing_json_is_refused() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for json in ["", "{", "{}x", "{'a':1}", "{\"a\":\"\u{1}\"}", deep.as_str()] {
            assert_eq!(parse_strict(json.as_bytes()), Err(NotStrictJson), "{json}");
        }
        assert!(parse_strict(b"\"\xFF\"").is_err());
        assert!(parse_strict_object(b"[]").is_err());
    }
}
