//! The sections that have an address of their own.

use super::section::{Section, shown_object_schema};
use super::setting::{Manner, Taking};
use super::{Authentication, Branding, General, Line, Mail, OAuth, Scim, Security};
use crate::permissions::{MAIL_WRITE, SETTINGS_WRITE};
use flow::{BodyFields, Incoming, Parameter, Parse, Route, Source};
use kernel::{Fault, Permission};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A section with an address of its own.
pub trait Area: Section {
    /// The member of the organization's settings that holds it, and what events call it.
    const KEPT_AS: &'static str;
    /// Ids and summaries of the operations that show and change it.
    const SHOW: (&'static str, &'static str);
    /// See [`Area::SHOW`].
    const CHANGE: (&'static str, &'static str);
    /// Where it is.
    const SHOWN_AT: Route;
    /// Where else.
    const ALSO_SHOWN_AT: &'static [Route] = &[];
    /// Where it is changed.
    const CHANGED_AT: Route;
    /// Where else.
    const ALSO_CHANGED_AT: &'static [Route];
    /// What it takes to change it.
    const PERMISSION: Permission = SETTINGS_WRITE;

    /// Learn the organization's name, which is kept apart from the settings.
    fn know_name(&mut self, _: &str) {}
    /// Hand the name over to be kept.
    fn give_name(&mut self) -> Option<String> {
        None
    }
    /// As it is shown on a server of this kind.
    fn show_on(&self, _is_dev: bool) -> Map<String, Value> {
        self.show_members()
    }
}

macro_rules! areas {
    ($($name:ident $kept:literal at $at:literal $(and $also:literal)* $(by $permission:expr)? $(, $hook:item)*;)*) => {$(
        impl Area for $name {
            const KEPT_AS: &'static str = $kept;
            const SHOW: (&'static str, &'static str) =
                (concat!("settings.show_", $kept), concat!("Show the settings of the section ", $kept, "."));
            const CHANGE: (&'static str, &'static str) = (
                concat!("settings.change_", $kept),
                concat!("Change settings of the section ", $kept, ". What isn't sent stays; in a member that is an object, PATCH merges and PUT replaces."),
            );
            const SHOWN_AT: Route = Route::get(concat!("/orgs/{org}/api/v1/admin/settings/", $at));
            const ALSO_SHOWN_AT: &'static [Route] = &[$(Route::get(concat!("/orgs/{org}/api/v1/admin/settings/", $also))),*];
            const CHANGED_AT: Route = Route::patch(concat!("/orgs/{org}/api/v1/admin/settings/", $at));
            const ALSO_CHANGED_AT: &'static [Route] = &[
                Route::put(concat!("/orgs/{org}/api/v1/admin/settings/", $at)),
                $(
                    Route::patch(concat!("/orgs/{org}/api/v1/admin/settings/", $also)),
                    Route::put(concat!("/orgs/{org}/api/v1/admin/settings/", $also)),
                )*
            ];
            $(const PERMISSION: Permission = $permission;)?
            $($hook)*
        }
    )*};
}

areas! {
    General "general" at "general",
        fn know_name(&mut self, name: &str) {
            self.name = Line::parse(name).ok();
        },
        fn give_name(&mut self) -> Option<String> {
            self.name.take().map(|name| name.as_str().to_owned())
        };
    Authentication "authentication" at "authentication" and "auth",
        fn show_on(&self, is_dev: bool) -> Map<String, Value> {
            let mut shown = self.show_members();
            let is_on = self.dynamic_client_registration_enabled.unwrap_or(is_dev);
            shown.insert("dynamic_client_registration_enabled".to_owned(), is_on.into());
            shown
        };
    Branding "branding" at "branding",
        fn show_on(&self, is_dev: bool) -> Map<String, Value> {
            let mut shown = self.show_members();
            shown.insert("self_registration_enabled".to_owned(), self.self_registration_enabled.unwrap_or(is_dev).into());
            shown
        };
    Security "security" at "security";
    Mail "email" at "email" by MAIL_WRITE;
    Scim "scim" at "scim";
    OAuth "oauth" at "oauth";
}

/// What was sent to change a section: every member known, and each value one it can take.
#[derive(Clone)]
pub struct Patch<A> {
    pub(super) sent: Map<String, Value>,
    pub(super) manner: Manner,
    section: PhantomData<fn() -> A>,
}

impl<A: Area> Patch<A> {
    /// Look over what was sent.
    ///
    /// # Errors
    /// 400 `validation_error` with messages by field.
    pub(super) fn of(sent: Map<String, Value>, manner: Manner) -> Result<Self, Fault> {
        let mut taking = Taking::rehearsal(manner);
        A::take_members(&sent, &A::default(), &mut taking);
        taking.finish()?;
        Ok(Self { sent, manner, section: PhantomData })
    }
}

impl<A> Patch<A> {
    /// Nothing was sent.
    pub(super) fn nothing(manner: Manner) -> Self {
        Self { sent: Map::new(), manner, section: PhantomData }
    }
}

/// PUT replaces, whatever else merges.
pub(super) fn manner_of(incoming: &Incoming) -> Manner {
    if incoming.method == "PUT" { Manner::Replace } else { Manner::Merge }
}

/// The members of a body. A form's values are text.
pub(super) fn members_of(incoming: &Incoming) -> Result<Map<String, Value>, Fault> {
    Ok(match incoming.body_fields()? {
        BodyFields::Empty => Map::new(),
        BodyFields::Json(members) => members,
        BodyFields::Form(pairs) => pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect(),
    })
}

impl<A: Area> Parse for Patch<A> {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Self::of(members_of(incoming)?, manner_of(incoming))
    }
    fn parameters() -> Vec<Parameter> {
        let parameter = |member: super::Member| Parameter {
            name: member.name,
            source: Source::Body,
            is_required: false,
            schema: member.schema,
            description: member.description,
        };
        A::members().into_iter().map(parameter).collect()
    }
}

/// A section as it is shown: every member, secrets as set or not set.
#[derive(Clone, Debug)]
pub struct Shown<A> {
    members: Map<String, Value>,
    section: PhantomData<fn() -> A>,
}

impl<A: Area> Shown<A> {
    /// Show it.
    pub fn of(members: Map<String, Value>) -> Self {
        Self { members, section: PhantomData }
    }
}

impl<A> Serialize for Shown<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

impl<A: Area> JsonSchema for Shown<A> {
    fn schema_name() -> Cow<'static, str> {
        let (first, rest) = A::KEPT_AS.split_at_checked(1).unwrap_or_default();
        format!("{}{rest}Settings", first.to_ascii_uppercase()).into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        shown_object_schema(&A::members()).try_into().unwrap_or_default()
    }
}
