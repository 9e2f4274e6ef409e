//! Showing settings.

use super::keep::Draft;
use super::{Area, Shown};
use crate::envelope::One;
use crate::permissions::SETTINGS_READ;
use flow::{Cx, Json, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::marker::PhantomData;

/// Show one section.
pub struct ShowSection<A>(PhantomData<fn() -> A>);

impl<A> Clone for ShowSection<A> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<A: Area> Prepare<ShowSection<A>> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ShowSection<A>, Fault> {
        Ok(ShowSection(PhantomData))
    }
}

impl<A: Area> Operation for ShowSection<A> {
    const ID: &'static str = A::SHOW.0;
    const SUMMARY: &'static str = A::SHOW.1;
    const ROUTE: Route = A::SHOWN_AT;
    const ALSO: &'static [Route] = A::ALSO_SHOWN_AT;
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Json<One<Shown<A>>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let draft = Draft::begin(&mut cx.tx).await?;
        let data = Shown::of(draft.show::<A>(cx.services().is_dev));
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}

/// All sections, by name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AllSettings {
    #[serde(flatten)]
    sections: Map<String, Value>,
}

/// Show all sections.
#[derive(Clone, Copy, Debug)]
pub struct ShowAllSettings;

impl Prepare<ShowAllSettings> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<ShowAllSettings, Fault> {
        Ok(ShowAllSettings)
    }
}

impl Operation for ShowAllSettings {
    const ID: &'static str = "settings.show";
    const SUMMARY: &'static str = "Show the settings of every section.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/settings");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SETTINGS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Json<One<AllSettings>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let sections = Draft::begin(&mut cx.tx).await?.show_all(cx.services().is_dev);
        Ok(Verdict::Done(Json(One { data: AllSettings { sections } }), Silent))
    }
}
