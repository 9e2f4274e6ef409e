//! Asking for less than was granted.

use super::{Details, refused};
use crate::ProtocolError;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is left when `asked` is asked for of what was `granted`; `None` if that goes beyond it.
///
/// An object is within a granted one if it has the same members, and each of them is the same or less: of a list some of its entries,
/// of an object one that is within it, and of anything else the very same. A member that is missing or new might mean anything, so it
/// is neither less nor more but refused. What was granted once is had once: each asked object is within a granted one of its own, and
/// so is each entry of a list.
pub fn narrow(granted: &Details, asked: &Details) -> Option<Details> {
    (!asked.is_empty() && has_own_each(granted, asked)).then(|| asked.clone())
}

/// Whether every asked object can have a granted one to itself: a matching in a graph of two sides, each of which is small.
fn has_own_each(granted: &Details, asked: &Details) -> bool {
    let within = |asked: &Map<String, Value>| {
        let wide = granted.iter().enumerate().filter(|(_, granted)| is_object_within(asked, granted));
        wide.map(|(place, _)| place).collect()
    };
    let wide: Vec<Vec<usize>> = asked.iter().map(within).collect();
    let mut holders = BTreeMap::new();
    (0..wide.len()).all(|one| take_place(one, &wide, &mut holders, &mut BTreeSet::new()))
}

/// Give one of them a place, a free one or that of a holder who can do with another (Kuhn's algorithm).
fn take_place(one: usize, wide: &[Vec<usize>], holders: &mut BTreeMap<usize, usize>, tried: &mut BTreeSet<usize>) -> bool {
    for &place in wide.get(one).into_iter().flatten() {
        let is_new = tried.insert(place);
        let holder = holders.get(&place).copied();
        if is_new && holder.is_none_or(|holder| take_place(holder, wide, holders, tried)) {
            holders.insert(place, one);
            return true;
        }
    }
    false
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
            let mut left: Vec<&Value> = granted.iter().collect();
            let take = |entry: &Value| {
                let place = left.iter().position(|one| *one == entry);
                place.map(|place| left.swap_remove(place)).is_some()
            };
            asked.is_empty() == granted.is_empty() && asked.len() <= granted.len() && asked.iter().all(take)
        }
        _ => asked == granted,
    }
}
