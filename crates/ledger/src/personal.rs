//! Personal values: kept beside the log, committed to by it, erasable without breaking it.
//!
//! The leaf holds `HMAC-SHA-256(salt, ["field",value])` with a fresh 32-byte salt per value. While salt and value exist,
//! anyone who has them can check that the value is the one recorded. Once both are erased the commitment is a random
//! number: without the salt, guessing the value proves nothing, and the leaf's hash never changed.

use crate::canonical;
use crate::hash::{Hash, from_base64};
use crate::object::{Misshapen, Object};
use jose::digest::{constant_time_eq, hmac_sha256};
use jose::encoding::base64;
use kernel::{Field, Privacy, Rng};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The commitment to one personal value.
pub fn commit(salt: &[u8; 32], field: &str, value: &Value) -> Hash {
    let message = canonical::to_string(&Value::Array(vec![Value::from(field), value.clone()]));
    hmac_sha256(salt, message.as_bytes())
}

/// A personal value and the salt of its commitment. `Debug` shows neither.
#[derive(Clone, PartialEq)]
pub struct Personal {
    /// 32 random bytes, used for this value alone.
    pub salt: [u8; 32],
    /// The value: an address, a name, a user agent.
    pub value: Value,
}

impl Personal {
    /// A value with a fresh salt.
    pub fn new(value: Value, rng: &dyn Rng) -> Self {
        let mut salt = [0; 32];
        rng.fill(&mut salt);
        Self { salt, value }
    }
    /// What the leaf says of it.
    pub fn commitment(&self, field: &str) -> Hash {
        commit(&self.salt, field, &self.value)
    }
    /// Whether this is the value that was committed to.
    pub fn fits(&self, field: &str, commitment: &Hash) -> bool {
        constant_time_eq(&self.commitment(field), commitment)
    }
    /// `{"salt":"<base64>","value":…}`, as the store and exports keep it.
    pub fn to_json(&self) -> Value {
        let salt = Value::from(base64(self.salt));
        Value::Object(Map::from_iter([("salt".to_owned(), salt), ("value".to_owned(), self.value.clone())]))
    }
    /// Read [`Personal::to_json`] back.
    pub fn from_json(json: Value) -> Result<Self, Misshapen> {
        let mut object = Object::of(json, "personal")?;
        let salt = from_base64(&object.text("salt")?).ok_or_else(|| Misshapen("salt".to_owned()))?;
        let value = object.take("value").ok_or_else(|| Misshapen("value".to_owned()))?;
        object.finish()?;
        Ok(Self { salt, value })
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// The personal values of one event that still exist, by field name.
pub type PersonalFields = BTreeMap<String, Personal>;

/// The fields of an event, sorted by who may still read them after an erasure.
#[derive(Clone, Debug, Default)]
pub struct SplitFields {
    /// For the leaf: fields that stay for ever.
    pub public: Map<String, Value>,
    /// For the leaf: what it says of each personal field.
    pub commitments: BTreeMap<String, Hash>,
    /// To be kept beside the log.
    pub personal: PersonalFields,
}

/// Sort an event's fields, salting and committing to every personal one. Of fields with the same name the last counts.
pub fn split(fields: Vec<Field>, rng: &dyn Rng) -> SplitFields {
    let mut split = SplitFields::default();
    for field in fields {
        match field.privacy {
            Privacy::Public => {
                split.public.insert(field.name.to_owned(), field.value);
            }
            Privacy::Personal => {
                let personal = Personal::new(field.value, rng);
                split.commitments.insert(field.name.to_owned(), personal.commitment(field.name));
                split.personal.insert(field.name.to_owned(), personal);
            }
        }
    }
    split
}

/// A personal value beside the log that the log does not confirm. It names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonalMismatch {
    /// The value or its salt is not the one committed to.
    #[error("the personal field {0:?} does not match its commitment")]
    Altered(String),
    /// The leaf says nothing of such a field.
    #[error("the personal field {0:?} was never recorded")]
    Unrecorded(String),
}

/// Check the values that still exist against what the leaf says of them; answer how many were erased.
pub fn check(commitments: &BTreeMap<String, Hash>, personal: &PersonalFields) -> Result<usize, PersonalMismatch> {
    for (field, value) in personal {
        let commitment = commitments.get(field).ok_or_else(|| PersonalMismatch::Unrecorded(field.clone()))?;
        if !value.fits(field, commitment) {
            return Err(PersonalMismatch::Altered(field.clone()));
        }
    }
    Ok(commitments.len() - personal.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counting;
    use jose::encoding::hex;
    use serde_json::json;

    #[test]
    fn a_commitment_is_an_hmac_over_field_and_value() {
        let expected = hmac_sha256(&[7; 32], br#"["email","ada@example.com"]"#);
        assert_eq!(commit(&[7; 32], "email", &json!("ada@example.com")), expected);
        assert_eq!(hex(expected), "ccc618b6c675a4ec290897af352f2868ed71725e7a487fdb4b68c790909bf17b");
    }

    #[test]
    fn fields_part_by_privacy_and_every_value_has_its_own_salt() {
        let rng = Counting::default();
        let field = |name, privacy, value: &str| Field { name, privacy, value: value.into() };
        let split = split(
            vec![
                field("reason", Privacy::Public, "abuse"),
                field("email", Privacy::Personal, "ada@example.com"),
                field("ip_address", Privacy::Personal, "192.0.2.1"),
            ],
            &rng,
        );
        assert_eq!(split.public, *json!({"reason": "abuse"}).as_object().unwrap());
        assert_eq!(split.commitments.keys().collect::<Vec<_>>(), ["email", "ip_address"]);
        assert_ne!(split.personal["email"].salt, split.personal["ip_address"].salt);
        assert_eq!(check(&split.commitments, &split.personal), Ok(0));
    }

    #[test]
    fn a_present_value_must_fit_and_an_erased_one_is_counted() {
        let original = Personal::new(json!("ada@example.com"), &Counting::default());
        let commitments = BTreeMap::from([("email".to_owned(), original.commitment("email"))]);
        let only = |name: &str, personal: Personal| PersonalFields::from([(name.to_owned(), personal)]);
        assert_eq!(check(&commitments, &PersonalFields::new()), Ok(1));
        assert_eq!(check(&commitments, &only("email", original.clone())), Ok(0));
        let altered = Personal { value: json!("eve@example.com"), ..original.clone() };
        assert_eq!(check(&commitments, &only("email", altered)), Err(PersonalMismatch::Altered("email".into())));
        let resalted = Personal { salt: [0; 32], ..original.clone() };
        assert_eq!(check(&commitments, &only("email", resalted)), Err(PersonalMismatch::Altered("email".into())));
        assert_eq!(check(&commitments, &only("name", original)), Err(PersonalMismatch::Unrecorded("name".into())));
    }

    #[test]
    fn debug_shows_neither_value_nor_salt() {
        let personal = Personal { salt: [1; 32], value: json!("ada@example.com") };
        assert_eq!(format!("{personal:?}"), "[personal]");
        assert_eq!(Personal::from_json(personal.to_json()), Ok(personal));
    }
}
