//! Types a single field of a request can be parsed into.

use kernel::{Scopes, Secret, Timestamp};
use serde_json::{Value, json};
use std::fmt;

/// A type one field can be parsed into: from text (path, query, form) or from JSON.
pub trait Field: Sized {
    /// Its JSON schema.
    fn schema() -> Value;
    /// Parse text.
    ///
    /// # Errors
    /// What is wrong, for the caller.
    fn from_text(text: &str) -> Result<Self, String>;
    /// Parse JSON.
    ///
    /// # Errors
    /// What is wrong, for the caller.
    fn from_json(value: &Value) -> Result<Self, String> {
        value.as_str().map_or_else(|| Err("must be a string".to_owned()), Self::from_text)
    }
    /// The value when the field is absent, if it may be.
    fn absent() -> Option<Self> {
        None
    }
}

/// Text of `MIN` to `MAX` characters without control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}
impl<const MIN: usize, const MAX: usize> fmt::Debug for Text<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
impl<const MIN: usize, const MAX: usize> Field for Text<MIN, MAX> {
    fn schema() -> Value {
        json!({ "type": "string", "minLength": MIN, "maxLength": MAX })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if length < MIN {
            return Err(if MIN == 1 { "must not be empty".to_owned() } else { format!("must have at least {MIN} characters") });
        }
        if length > MAX {
            return Err(format!("must have at most {MAX} characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl Field for String {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 4096 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Text::<0, 4096>::from_text(text).map(Text::into_string)
    }
}

impl Field for Secret {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": 4096, "format": "password" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if text.len() > 4096 { Err("is too long".to_owned()) } else { Ok(Self::new(text)) }
    }
}

impl Field for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "true" | "1" | "on" | "yes" => Ok(true),
            "false" | "0" | "off" | "no" | "" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }
}

impl Field for i64 {
    fn schema() -> Value {
        json!({ "type": "integer", "format": "int64" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a whole number".to_owned())
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        value.as_i64().ok_or_else(|| "must be a whole number".to_owned())
    }
}

impl Field for u32 {
    fn schema() -> Value {
        json!({ "type": "integer", "format": "int32", "minimum": 0 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a whole number that is not negative".to_owned())
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        value
            .as_u64()
            .and_then(|n| Self::try_from(n).ok())
            .ok_or_else(|| "must be a whole number that is not negative".to_owned())
    }
}

impl Field for Timestamp {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse_iso(text).ok_or_else(|| "must be a time like 2026-11-23T08:30:00Z or a date".to_owned())
    }
}

impl Field for Scopes {
    fn schema() -> Value {
        json!({ "oneOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| "contains a character that is not allowed in a scope".to_owned())
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        let words: Vec<String> = Field::from_json(value).or_else(|_| String::from_json(value).map(|text| vec![text]))?;
        Self::from_text(&words.join(" "))
    }
}

impl Field for Value {
    fn schema() -> Value {
        json!({})
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Ok(Self::String(text.to_owned()))
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

/// At most 1,000 values: a JSON array, or one value of a form.
impl<T: Field> Field for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema(), "maxItems": 1000 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        T::from_text(text).map(|value| vec![value])
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        let items = value.as_array().ok_or_else(|| "must be a list".to_owned())?;
        if items.len() > 1000 {
            return Err("must have at most 1000 entries".to_owned());
        }
        items.iter().map(T::from_json).collect()
    }
}

/// Absent and JSON `null` are both `None`.
impl<T: Field> Field for Option<T> {
    fn schema() -> Value {
        T::schema()
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::from_text(text).map(Some) }
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! id_fields {
    ($($id:ident),*) => {$(
        impl Field for kernel::$id {
            fn schema() -> Value {
                json!({ "type": "string", "minLength": 1, "maxLength": 255 })
            }
            fn from_text(text: &str) -> Result<Self, String> {
                Text::<1, 255>::from_text(text).map(|text| Self::from(text.into_string()))
            }
        }
    )*};
}
id_fields!(AgentId, ApiKeyId, ClientId, CompanyId, GroupId, KeyId, RoleId, SessionId, TransactionId, UserId, UserImportId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_bounded_and_printable() {
        assert!(Text::<1, 3>::from_text("").is_err());
        assert!(Text::<1, 3>::from_text("abcd").is_err());
        assert!(Text::<1, 3>::from_text("a\0").is_err());
        assert!(Text::<1, 3>::from_text("äöü").is_ok());
    }

    #[test]
    fn scopes_come_as_list_or_text() {
        assert_eq!(Scopes::from_json(&json!(["b", "a"])).unwrap().to_string(), "a b");
        assert_eq!(Scopes::from_json(&json!("b a")).unwrap().to_string(), "a b");
        assert!(Scopes::from_json(&json!([1])).is_err());
    }
}
