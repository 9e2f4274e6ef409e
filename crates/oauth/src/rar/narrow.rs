//! Asking for less than was granted.

use super::{Details, refused};
use crate::ProtocolError;
use serde_json::{Map, Value};

/// What is left when `asked` is asked for of what was `granted`; `None` if that goes beyond it.
///
/// An object is within a granted one if it has the same members, and each of them is the same or less: of a list some of its entries,
/// of an object one that is within it, and of anything else the very same. A member that is missing or new might mean anything, so it
/// is neither less nor more but refused.
pub fn narrow(granted: &Details, asked: &Details) -> Option<Details> {
    let is_within = |asked: &Map<String, Value>| granted.iter().any(|granted| is_object_within(asked, granted));
    (!asked.is_empty() && asked.iter().all(is_within)).then(|| asked.clone())
}

/// What a token request gets of a grant: what it asks for, or all of it.
///
/// # Errors
/// `invalid_authorization_details` if it asks for more (RFC 9396 §6).
pub fn narrowed(asked: Option<&Details>, granted: &Details) -> Result<Details, ProtocolError> {
    let Some(asked) = asked else { return Ok(granted.clone()) };
    narrow(granted, asked).ok_or_else(|| refused("The authorization_details must not go beyond what was granted."))
}

fn is_object_within(asked: &Map<String, Value>, granted: &Map<String, Value>) -> bool {
    asked.len() == granted.len()
        && asked.iter().all(|(name, value)| granted.get(name).is_some_and(|granted| is_value_within(value, granted)))
}

fn is_value_within(asked: &Value, granted: &Value) -> bool {
    match (asked, granted) {
        (Value::Object(asked), Value::Object(granted)) => is_object_within(asked, granted),
        // An empty list often stands for everything.
        (Value::Array(asked), Value::Array(granted)) => {
            asked.is_empty() == granted.is_empty() && asked.iter().all(|entry| granted.contains(entry))
        }
        _ => asked == granted,
    }
}
