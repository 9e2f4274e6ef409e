//! A group of settings: each with its name, its type and its default, in one place.

use super::setting::{Setting, Taking};
use serde_json::{Map, Value, json};

/// A group of settings.
pub trait Section: Setting + Default {
    /// Its members.
    fn members() -> Vec<Member>;
    /// The group with what was sent; members that weren't sent stay as they are.
    fn take_members(sent: &Map<String, Value>, before: &Self, taking: &mut Taking<'_>) -> Self;
    /// Members that differ from their default, as they are kept.
    fn store_members(&self) -> Map<String, Value>;
    /// From what is kept; whatever is missing has its default.
    fn load_members(stored: &Map<String, Value>) -> Self;
    /// Every member, as it is shown.
    fn show_members(&self) -> Map<String, Value>;
}

/// A setting, as documentation and tests see it.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What may be sent for it.
    pub schema: Value,
    /// How it is shown.
    pub shown: Value,
    /// What it is, for people.
    pub description: &'static str,
}

/// Take one member, if it was sent. `null` brings the default back unless it is a value of its own.
pub(super) fn take_member<T: Setting>(
    sent: &Map<String, Value>,
    name: &str,
    before: &T,
    default: impl FnOnce() -> T,
    taking: &mut Taking<'_>,
) -> T {
    let Some(value) = sent.get(name) else {
        if T::IS_FIXED || !taking.replaces_here() {
            return before.clone();
        }
        let default = default();
        if default != *before {
            taking.within(name, Taking::note_change);
        }
        return default;
    };
    taking.within(name, |taking| {
        let taken = if value.is_null() && !T::TAKES_NULL { Some(default()) } else { T::take(value, Some(before), taking) };
        let taken = taken.unwrap_or_else(|| before.clone());
        if taken != *before && (!T::HAS_PARTS || value.is_null()) {
            taking.note_change();
        }
        taken
    })
}

/// Refuse members nobody knows, by name.
pub(super) fn refuse_unknown(sent: &Map<String, Value>, known: &[&'static str], taking: &mut Taking<'_>) {
    for name in sent.keys().filter(|name| !known.contains(&name.as_str())) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        taking.refuse_member(&shown, flow::unknown_field(name, known));
    }
}

/// The schema of an object with these members, as it may be sent.
pub(super) fn object_schema(members: &[Member]) -> Value {
    object_of(members, |member| &member.schema)
}

/// The schema of an object with these members, as it is shown.
pub(super) fn shown_object_schema(members: &[Member]) -> Value {
    object_of(members, |member| &member.shown)
}

fn object_of(members: &[Member], of: fn(&Member) -> &Value) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|member| {
            let mut schema = of(member).clone();
            if let Some(object) = schema.as_object_mut() {
                object.insert("description".to_owned(), member.description.trim().into());
            }
            (member.name.to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Declare a section: `name: type = default`, each with its documentation; `name as "wire": type` where it is spelt otherwise on the
/// wire. `settled by f` names what compares and completes members once all were taken:
/// `fn(&mut Self, &Map<String, Value>, &Self, &mut Taking<'_>)`.
macro_rules! section {
    (
        $(#[$attribute:meta])* pub struct $name:ident {
            $($(#[doc = $doc:literal])* $member:ident $(as $wire:literal)? : $type:ty = $default:expr),* $(,)?
        }
        $(settled by $settle:path)?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[doc = $doc])* pub $member: $type),* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($member: $default),* }
            }
        }

        impl $crate::settings::section::Section for $name {
            fn members() -> Vec<$crate::settings::section::Member> {
                vec![$($crate::settings::section::Member {
                    name: $crate::settings::section::wire_name!($member $($wire)?),
                    schema: <$type as $crate::settings::setting::Setting>::schema(),
                    shown: <$type as $crate::settings::setting::Setting>::shown_schema(),
                    description: concat!($($doc, "\n"),*),
                }),*]
            }
            #[allow(clippy::redundant_closure_call, reason = "a default is any expression")]
            fn take_members(
                sent: &serde_json::Map<String, serde_json::Value>,
                before: &Self,
                taking: &mut $crate::settings::setting::Taking<'_>,
            ) -> Self {
                $crate::settings::section::refuse_unknown(sent, &[$($crate::settings::section::wire_name!($member $($wire)?)),*], taking);
                #[allow(unused_mut, reason = "not every section compares its members")]
                let mut taken = Self {
                    $($member: $crate::settings::section::take_member(
                        sent, $crate::settings::section::wire_name!($member $($wire)?), &before.$member, || $default, taking,
                    )),*
                };
                $(if taking.may_settle() { $settle(&mut taken, sent, before, taking); })?
                taken
            }
            fn store_members(&self) -> serde_json::Map<String, serde_json::Value> {
                use $crate::settings::setting::Setting;
                let (mut kept, default) = (serde_json::Map::new(), Self::default());
                $(if self.$member != default.$member {
                    kept.insert($crate::settings::section::wire_name!($member $($wire)?).to_owned(), self.$member.store());
                })*
                kept
            }
            fn load_members(stored: &serde_json::Map<String, serde_json::Value>) -> Self {
                Self {
                    $($member: stored.get($crate::settings::section::wire_name!($member $($wire)?))
                        .and_then(<$type as $crate::settings::setting::Setting>::load).unwrap_or_else(|| $default)),*
                }
            }
            fn show_members(&self) -> serde_json::Map<String, serde_json::Value> {
                use $crate::settings::setting::Setting;
                let mut shown = serde_json::Map::new();
                $(shown.insert($crate::settings::section::wire_name!($member $($wire)?).to_owned(), self.$member.show());)*
                shown
            }
        }

        impl $crate::settings::setting::Setting for $name {
            const HAS_PARTS: bool = true;

            fn schema() -> serde_json::Value {
                $crate::settings::section::object_schema(&<Self as $crate::settings::section::Section>::members())
            }
            fn shown_schema() -> serde_json::Value {
                $crate::settings::section::shown_object_schema(&<Self as $crate::settings::section::Section>::members())
            }
            fn take(
                sent: &serde_json::Value,
                before: Option<&Self>,
                taking: &mut $crate::settings::setting::Taking<'_>,
            ) -> Option<Self> {
                let Some(members) = sent.as_object() else { return taking.refuse("must be an object") };
                let before = before.cloned().unwrap_or_default();
                Some(<Self as $crate::settings::section::Section>::take_members(members, &before, taking))
            }
            fn store(&self) -> serde_json::Value {
                $crate::settings::section::Section::store_members(self).into()
            }
            fn load(stored: &serde_json::Value) -> Option<Self> {
                stored.as_object().map(<Self as $crate::settings::section::Section>::load_members)
            }
            fn show(&self) -> serde_json::Value {
                $crate::settings::section::Section::show_members(self).into()
            }
        }
    };
}
pub(crate) use section;

macro_rules! wire_name {
    ($member:ident) => {
        stringify!($member)
    };
    ($member:ident $wire:literal) => {
        $wire
    };
}
pub(crate) use wire_name;
