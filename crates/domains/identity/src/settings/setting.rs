//! One setting: what may be sent for it, how it is kept, how it is shown.

use super::sealed::Sealing;
use kernel::{Fault, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A value that can be set.
pub trait Setting: Clone + PartialEq + Send + Sync + 'static {
    /// Whether it notes by itself which of its parts were changed.
    const HAS_PARTS: bool = false;
    /// Whether `null` is one of its values; otherwise `null` stands for the default.
    const TAKES_NULL: bool = false;
    /// Whether only the server sets it.
    const IS_FIXED: bool = false;

    /// What may be sent, as JSON schema.
    fn schema() -> Value;
    /// How it is shown, as JSON schema.
    fn shown_schema() -> Value {
        Self::schema()
    }
    /// The value somebody sent; `before` is what is set now. `None` if it can't be taken: what is wrong has been noted.
    fn take(sent: &Value, before: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self>;
    /// As it is kept.
    fn store(&self) -> Value;
    /// From what is kept; `None` for what this version doesn't understand.
    fn load(stored: &Value) -> Option<Self>;
    /// As it is shown: like it is kept, but for secrets.
    fn show(&self) -> Value {
        self.store()
    }
}

/// Whether parts of a value that aren't sent stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// PATCH: they stay as they are.
    Merge,
    /// PUT: they get their default.
    Replace,
}

/// Settings while they are being taken from a request.
pub struct Taking<'a> {
    manner: Manner,
    /// Seals secrets; without it the request is only looked over, and what is set now isn't known yet.
    sealing: Option<Sealing<'a>>,
    now: Timestamp,
    path: Vec<String>,
    problems: Vec<(String, String)>,
    changed: Vec<String>,
}

impl<'a> Taking<'a> {
    /// To see whether values can be taken at all.
    pub fn rehearsal(manner: Manner) -> Self {
        Self { manner, sealing: None, now: Timestamp::default(), path: Vec::new(), problems: Vec::new(), changed: Vec::new() }
    }
    /// For good.
    pub fn for_good(manner: Manner, sealing: Sealing<'a>, now: Timestamp) -> Self {
        Self { sealing: Some(sealing), now, ..Self::rehearsal(manner) }
    }
    /// The time of the request.
    pub fn now(&self) -> Timestamp {
        self.now
    }
    /// How parts that aren't sent are dealt with.
    pub fn manner(&self) -> Manner {
        self.manner
    }
    /// Whether members that aren't sent get their default: those of a part that is replaced.
    pub(super) fn replaces_here(&self) -> bool {
        self.manner == Manner::Replace && !self.path.is_empty()
    }
    /// Whether this is for good: what is set now is known, and values can be compared with each other.
    pub fn is_for_good(&self) -> bool {
        self.sealing.is_some()
    }
    /// Whether members may be compared with each other: each by itself was good.
    pub(super) fn may_settle(&self) -> bool {
        self.is_for_good() && self.problems.is_empty()
    }
    /// Seal a secret that belongs here. A rehearsal seals nothing.
    pub(super) fn seal(&self, plain: &str) -> String {
        self.sealing.as_ref().map(|sealing| sealing.seal(&self.path.join("."), plain)).unwrap_or_default()
    }
    /// Do something with a member of the value at hand.
    pub fn within<T>(&mut self, member: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(member.to_owned());
        let done = work(self);
        self.path.pop();
        done
    }
    /// Note what is wrong here.
    pub fn refuse<T>(&mut self, problem: impl Into<String>) -> Option<T> {
        self.problems.push((self.path.join("."), problem.into()));
        None
    }
    /// Note what is wrong with a member of the value at hand.
    pub fn refuse_member(&mut self, member: &str, problem: impl Into<String>) {
        self.within(member, |taking| taking.refuse::<()>(problem));
    }
    /// Note that this was changed.
    pub fn note_change(&mut self) {
        self.changed.push(self.path.join("."));
    }
    /// What was wrong, or else what was changed.
    ///
    /// # Errors
    /// 400 `validation_error` with messages by field.
    pub fn finish(self) -> Result<Vec<String>, Fault> {
        if self.problems.is_empty() { Ok(self.changed) } else { Err(Fault::fields(self.problems)) }
    }
}

impl Setting for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        sent.as_bool().or_else(|| taking.refuse("must be true or false"))
    }
    fn store(&self) -> Value {
        json!(self)
    }
    fn load(stored: &Value) -> Option<Self> {
        stored.as_bool()
    }
}

/// `null` and empty text clear it.
impl<T: Setting> Setting for Option<T> {
    const HAS_PARTS: bool = T::HAS_PARTS;
    const TAKES_NULL: bool = true;

    fn schema() -> Value {
        json!({ "anyOf": [T::schema(), { "type": "null" }] })
    }
    fn shown_schema() -> Value {
        json!({ "anyOf": [T::shown_schema(), { "type": "null" }] })
    }
    fn take(sent: &Value, before: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        if sent.is_null() || sent == "" {
            return Some(None);
        }
        T::take(sent, before.and_then(Option::as_ref), taking).map(Some)
    }
    fn store(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::store)
    }
    fn load(stored: &Value) -> Option<Self> {
        if stored.is_null() { Some(None) } else { T::load(stored).map(Some) }
    }
    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::show)
    }
}

/// Most entries of a list or a map.
const MOST: usize = 100;

/// A list of different values; it is replaced as a whole.
impl<T: Setting> Setting for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema(), "maxItems": MOST, "uniqueItems": true })
    }
    fn shown_schema() -> Value {
        json!({ "type": "array", "items": T::shown_schema() })
    }
    fn take(sent: &Value, _: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        let Some(items) = sent.as_array() else { return taking.refuse("must be a list") };
        if items.len() > MOST {
            return taking.refuse(format!("must have at most {MOST} entries"));
        }
        let taken: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(at, item)| taking.within(&at.to_string(), |taking| T::take(item, None, taking)))
            .collect();
        let taken: Self = taken.into_iter().collect::<Option<_>>()?;
        let is_repeated = taken.iter().enumerate().any(|(at, item)| taken.iter().take(at).any(|earlier| earlier == item));
        if is_repeated { taking.refuse("must not name anything twice") } else { Some(taken) }
    }
    fn store(&self) -> Value {
        self.iter().map(T::store).collect()
    }
    fn load(stored: &Value) -> Option<Self> {
        Some(stored.as_array()?.iter().filter_map(T::load).collect())
    }
    fn show(&self) -> Value {
        self.iter().map(T::show).collect()
    }
}

/// Values by name. An entry set to `null` is removed.
impl<T: Setting> Setting for BTreeMap<String, T> {
    const HAS_PARTS: bool = true;

    fn schema() -> Value {
        json!({ "type": "object", "additionalProperties": T::schema(), "maxProperties": MOST })
    }
    fn shown_schema() -> Value {
        json!({ "type": "object", "additionalProperties": T::shown_schema() })
    }
    fn take(sent: &Value, before: Option<&Self>, taking: &mut Taking<'_>) -> Option<Self> {
        let Some(members) = sent.as_object() else { return taking.refuse("must be an object") };
        let before = before.cloned().unwrap_or_default();
        let mut taken = if taking.manner() == Manner::Merge { before.clone() } else { Self::new() };
        for (name, value) in members {
            let is_name = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
            let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
            taking.within(&shown, |taking| {
                if !is_name {
                    taking.refuse::<()>("is not a name of 1 to 100 characters");
                } else if value.is_null() {
                    taken.remove(name);
                } else if let Some(value) = T::take(value, before.get(name), taking) {
                    taken.insert(name.clone(), value);
                }
            });
        }
        if taken.len() > MOST {
            return taking.refuse(format!("must have at most {MOST} entries"));
        }
        let names: BTreeSet<&String> = before.keys().chain(taken.keys()).collect();
        for name in names {
            let (was, is) = (before.get(name), taken.get(name));
            if was.is_some() != is.is_some() || !T::HAS_PARTS && was != is {
                taking.within(name, Taking::note_change);
            }
        }
        Some(taken)
    }
    fn store(&self) -> Value {
        self.iter().map(|(name, value)| (name.clone(), value.store())).collect::<Map<_, _>>().into()
    }
    fn load(stored: &Value) -> Option<Self> {
        Some(stored.as_object()?.iter().filter_map(|(name, value)| Some((name.clone(), T::load(value)?))).collect())
    }
    fn show(&self) -> Value {
        self.iter().map(|(name, value)| (name.clone(), value.show())).collect::<Map<_, _>>().into()
    }
}
