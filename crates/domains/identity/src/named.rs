//! Naming roles, groups and permissions in a request.

use flow::{Field, Text};
use kernel::Fault;
use serde_json::{Value, json};

/// The name of a role, group or permission in a request: slug or id.
pub type Key = Text<1, 255>;

/// What a role, group or permission is for, in a request.
pub type Description = Text<1, 1000>;

/// A number, or a [`Key`].
#[derive(Clone, Debug)]
pub struct NumberOrKey(pub Key);

impl Field for NumberOrKey {
    fn schema() -> Value {
        json!({ "type": ["integer", "string"] })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Key::from_text(text).map(Self)
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        value.as_i64().map_or_else(|| Key::from_json(value), |number| Key::from_text(&number.to_string())).map(Self)
    }
}

/// Which names a request holds, under whichever of the accepted fields.
///
/// # Errors
/// `validation_error` on `field` if there are none.
pub fn keys<T>(field: &'static str, many: Option<Vec<T>>, others: impl IntoIterator<Item = Option<T>>) -> Result<Vec<T>, Fault> {
    let all: Vec<T> = many.into_iter().flatten().chain(others.into_iter().flatten()).collect();
    if all.is_empty() { Err(Fault::fields(vec![(field.to_owned(), "is required".to_owned())])) } else { Ok(all) }
}

/// What callers are told about a name in a body that stands for nothing here. (What a path names and isn't here is a 404.)
pub fn unknown(field: &'static str, key: &str) -> Fault {
    Fault::fields(vec![(field.to_owned(), format!("holds something that isn't there: {key}"))])
}
