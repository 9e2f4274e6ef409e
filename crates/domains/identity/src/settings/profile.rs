//! The organization itself: its name, and all of its settings at once.

use super::area::{manner_of, members_of};
use super::keep::{Draft, KeptRow};
use super::{Area, Authentication, Branding, General, Mail, Manner, OAuth, Patch, Scim, Security, SettingsChange};
use crate::envelope::{Changed, One};
use crate::permissions::{SETTINGS_READ, SETTINGS_WRITE};
use crate::privilege::{Rank, must_cover};
use flow::{
    Cx, Incoming, Json, NoInput, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reads, Route, Source, Surface, Verdict,
    Writes, unknown_field,
};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The organization.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationProfile {
    /// Its number.
    id: i64,
    /// Its name in URLs.
    slug: String,
    /// Its name.
    name: String,
    /// `active` or `inactive`.
    status: &'static str,
    /// Its settings, by section.
    settings: Map<String, Value>,
    /// When it was made.
    created_at: String,
    /// When it last changed.
    updated_at: String,
}

impl OrganizationProfile {
    fn of(draft: Draft, is_dev: bool) -> Self {
        let settings = draft.show_all(is_dev);
        let KeptRow { number, slug, name, is_active, created_at, updated_at, .. } = draft.kept;
        let status = if is_active { "active" } else { "inactive" };
        let (created_at, updated_at) = (created_at.to_iso(), updated_at.to_iso());
        Self { id: number, slug, name, status, settings, created_at, updated_at }
    }
}

/// Show the organization.
#[derive(Clone, Copy, Debug)]
pub struct ShowOrganization;

impl Prepare<ShowOrganization> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ShowOrganization, Fault> {
        Ok(ShowOrganization)
    }
}

impl Operation for ShowOrganization {
    const ID: &'static str = "organization.show";
    const SUMMARY: &'static str = "Show the organization: its name and all of its settings.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/organization");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/api/v1/admin/tenant")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Json<One<OrganizationProfile>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let draft = Draft::begin(&mut cx.tx).await?;
        let data = OrganizationProfile::of(draft, cx.services().is_dev);
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

/// Change the organization's name and settings of any section.
#[derive(Clone)]
pub struct ChangeOrganization {
    general: Patch<General>,
    authentication: Patch<Authentication>,
    branding: Patch<Branding>,
    security: Patch<Security>,
    email: Patch<Mail>,
    scim: Patch<Scim>,
    oauth: Patch<OAuth>,
}

const SECTIONS: [&str; 7] = [
    General::KEPT_AS,
    Authentication::KEPT_AS,
    Branding::KEPT_AS,
    Security::KEPT_AS,
    Mail::KEPT_AS,
    Scim::KEPT_AS,
    OAuth::KEPT_AS,
];

/// The sections somebody sent, taken one by one; what is wrong with any of them is told at once.
struct Sections {
    sent: Map<String, Value>,
    manner: Manner,
    problems: Vec<(String, String)>,
}

impl Sections {
    fn take<A: Area>(&mut self) -> Patch<A> {
        let members = match self.sent.remove(A::KEPT_AS) {
            Some(Value::Object(members)) => members,
            Some(_) => {
                self.problems.push((format!("settings.{}", A::KEPT_AS), "must be an object".to_owned()));
                Map::new()
            }
            None => Map::new(),
        };
        Patch::of(members, self.manner).unwrap_or_else(|fault| {
            self.problems.extend(within::<A>(fault).fields);
            Patch::nothing(self.manner)
        })
    }
}

/// The fault of a section, with the fields as the whole request calls them.
fn within<A: Area>(mut fault: Fault) -> Fault {
    for (field, _) in &mut fault.fields {
        *field = format!("settings.{}.{field}", A::KEPT_AS);
    }
    fault
}

impl Parse for ChangeOrganization {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let mut members = members_of(incoming)?;
        let (name, settings) = (members.remove("name"), members.remove("settings"));
        let unknown = members.keys().map(|name| {
            let shown = name.chars().filter(|c| !c.is_control()).take(64).collect();
            (shown, unknown_field(name, &["name", "settings"]))
        });
        let mut problems: Vec<(String, String)> = unknown.collect();
        let sent = match settings {
            Some(Value::Object(sections)) => sections,
            None | Some(Value::Null) => Map::new(),
            Some(_) => {
                problems.push(("settings".to_owned(), "must be an object".to_owned()));
                Map::new()
            }
        };
        let mut sections = Sections { sent, manner: manner_of(incoming), problems };
        let mut operation = Self {
            general: sections.take(),
            authentication: sections.take(),
            branding: sections.take(),
            security: sections.take(),
            email: sections.take(),
            scim: sections.take(),
            oauth: sections.take(),
        };
        for unknown in sections.sent.keys() {
            let shown: String = unknown.chars().filter(|c| !c.is_control()).take(64).collect();
            sections.problems.push((format!("settings.{shown}"), unknown_field(unknown, &SECTIONS)));
        }
        if let Some(name) = name {
            let alone: Map<String, Value> = [("name".to_owned(), name.clone())].into_iter().collect();
            match Patch::<General>::of(alone, sections.manner) {
                Ok(_) => drop(operation.general.sent.insert("name".to_owned(), name)),
                Err(fault) => sections.problems.extend(fault.fields),
            }
        }
        if sections.problems.is_empty() { Ok(operation) } else { Err(Fault::fields(sections.problems)) }
    }
    fn parameters() -> Vec<Parameter> {
        let of = |name, schema, description| Parameter { name, source: Source::Body, is_required: false, schema, description };
        vec![
            of("name", json!({ "type": "string", "minLength": 1, "maxLength": 200 }), "The organization's name."),
            of("settings", json!({ "type": "object" }), "Settings by section; what isn't sent stays."),
        ]
    }
}

impl Operation for ChangeOrganization {
    const ID: &'static str = "organization.change";
    const SUMMARY: &'static str = "Change the organization's name and settings of any section; what isn't sent stays.";
    const ROUTE: Route = Route::patch("/orgs/{org}/api/v1/admin/organization");
    const ALSO: &'static [Route] = &[
        Route::put("/orgs/{org}/api/v1/admin/organization"),
        Route::patch("/orgs/{org}/api/v1/admin/tenant"),
        Route::put("/orgs/{org}/api/v1/admin/tenant"),
    ];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<OrganizationProfile>>;
    type Event = SettingsChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, SettingsChange>, Fault> {
        let mut draft = Draft::begin(&mut cx.tx).await?;
        draft.apply(cx, &self.general).map_err(within::<General>)?;
        draft.apply(cx, &self.authentication).map_err(within::<Authentication>)?;
        draft.apply(cx, &self.branding).map_err(within::<Branding>)?;
        draft.apply(cx, &self.security).map_err(within::<Security>)?;
        draft.apply(cx, &self.scim).map_err(within::<Scim>)?;
        draft.apply(cx, &self.oauth).map_err(within::<OAuth>)?;
        let others = draft.changed.len();
        draft.apply(cx, &self.email).map_err(within::<Mail>)?;
        if draft.changed.len() > others {
            let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
            must_cover(&rank, &Rank::of_permission(Mail::PERMISSION.slug))?;
        }
        draft.keep(cx).await?;
        let (changed, is_dev) = (draft.changed.clone(), cx.services().is_dev);
        let data = OrganizationProfile::of(draft, is_dev);
        Ok(Verdict::Done(Json(Changed { data, message: "Organization updated." }), SettingsChange::Changed { changed }))
    }
}
