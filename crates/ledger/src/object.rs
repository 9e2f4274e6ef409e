//! Reading a JSON object field by field, until nothing is left over.

use serde_json::{Map, Value};

/// An object that lacks a field, has one too many, or has one of the wrong kind. It names the field it stumbled over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is missing, unknown or of the wrong kind")]
pub struct Misshapen(pub String);

/// The fields of an object that have not been read yet.
pub(crate) struct Object(Map<String, Value>);

impl Object {
    pub(crate) fn parse(text: &str) -> Result<Self, Misshapen> {
        serde_json::from_str(text).map(Self).map_err(|_| Misshapen("a JSON object".to_owned()))
    }
    pub(crate) fn of(value: Value, name: &str) -> Result<Self, Misshapen> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(Misshapen(name.to_owned())),
        }
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }
    pub(crate) fn object(&mut self, name: &str) -> Result<Map<String, Value>, Misshapen> {
        match self.take(name) {
            Some(Value::Object(map)) => Ok(map),
            _ => Err(Misshapen(name.to_owned())),
        }
    }
    pub(crate) fn text(&mut self, name: &str) -> Result<String, Misshapen> {
        self.optional_text(name)?.ok_or_else(|| Misshapen(name.to_owned()))
    }
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, Misshapen> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Misshapen(name.to_owned())),
        }
    }
    pub(crate) fn count(&mut self, name: &str) -> Result<u64, Misshapen> {
        self.take(name).and_then(|value| value.as_u64()).ok_or_else(|| Misshapen(name.to_owned()))
    }
    pub(crate) fn integer(&mut self, name: &str) -> Result<i64, Misshapen> {
        self.take(name).and_then(|value| value.as_i64()).ok_or_else(|| Misshapen(name.to_owned()))
    }
    /// Done: a field nobody read is a field nobody understands.
    pub(crate) fn finish(self) -> Result<(), Misshapen> {
        self.0.into_iter().next().map_or(Ok(()), |(name, _)| Err(Misshapen(name)))
    }
}
