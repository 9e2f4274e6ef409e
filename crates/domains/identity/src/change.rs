//! What requests change: a field of a partial update (left out, emptied, or set), and what belongs to something.

use flow::Field;
use serde_json::Value;

/// What a partial update says about one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// `null` or empty text: it is emptied.
    Clear,
    /// A new value.
    Set(T),
}

impl<T> Change<T> {
    /// Apply it to a stored value; `true` if that changed it.
    pub fn apply<S: PartialEq>(self, stored: &mut Option<S>, convert: impl FnOnce(T) -> S) -> bool {
        let new = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(value) => Some(convert(value)),
        };
        let differs = *stored != new;
        *stored = new;
        differs
    }
    /// The new value, where emptying makes no sense.
    pub fn set(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

/// What came to something and what went, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What came.
    pub added: Vec<String>,
    /// What went.
    pub removed: Vec<String>,
}

impl Difference {
    /// Nothing came, this went.
    pub fn without(name: impl Into<String>) -> Self {
        Self { added: Vec::new(), removed: vec![name.into()] }
    }
    /// Whether all stayed as it was.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl<T: Field> Field for Change<T> {
    fn schema() -> Value {
        serde_json::json!({ "anyOf": [T::schema(), { "type": "null" }] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(Self::Clear) } else { T::from_text(text).map(Self::Set) }
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        if value.is_null() || value == "" { Ok(Self::Clear) } else { T::from_json(value).map(Self::Set) }
    }
    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn absent_null_and_a_value_are_three_things() {
        let apply = |change: Change<String>| {
            let mut stored = Some("old".to_owned());
            let changed = change.apply(&mut stored, |value| value);
            (stored, changed)
        };
        assert_eq!(apply(Change::absent().unwrap()), (Some("old".to_owned()), false));
        assert_eq!(apply(Change::from_json(&json!(null)).unwrap()), (None, true));
        assert_eq!(apply(Change::from_json(&json!("")).unwrap()), (None, true));
        assert_eq!(apply(Change::from_json(&json!("new")).unwrap()), (Some("new".to_owned()), true));
        assert_eq!(apply(Change::from_json(&json!("old")).unwrap()), (Some("old".to_owned()), false));
    }
}
