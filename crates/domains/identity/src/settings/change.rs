//! Changing one section.

use super::keep::Draft;
use super::{Area, Patch, Shown};
use crate::envelope::Changed;
use flow::{Cx, Json, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault};

kernel::events! {
    /// What changing settings records: which ones, never their values.
    pub enum SettingsChange {
        /// Settings of the organization were changed.
        Changed = "settings.changed", Warning { public changed: Vec<String> };
    }
}

/// Change settings of one section.
#[derive(Clone)]
pub struct ChangeSection<A>(Patch<A>);

impl<A: Area> Prepare<ChangeSection<A>> for Patch<A> {
    async fn prepare(self, _: &Prep) -> Result<ChangeSection<A>, Fault> {
        Ok(ChangeSection(self))
    }
}

impl<A: Area> Operation for ChangeSection<A> {
    const ID: &'static str = A::CHANGE.0;
    const SUMMARY: &'static str = A::CHANGE.1;
    const ROUTE: Route = A::CHANGED_AT;
    const ALSO: &'static [Route] = A::ALSO_CHANGED_AT;
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(A::PERMISSION);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Patch<A>;
    type Output = Json<Changed<Shown<A>>>;
    type Event = SettingsChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, SettingsChange>, Fault> {
        let mut draft = Draft::begin(&mut cx.tx).await?;
        draft.apply(cx, &self.0)?;
        draft.keep(cx).await?;
        let data = Shown::of(draft.show::<A>(cx.services().is_dev));
        let message = if draft.changed.is_empty() { "Nothing was changed." } else { "Settings updated." };
        Ok(Verdict::Done(Json(Changed { data, message }), SettingsChange::Changed { changed: draft.changed }))
    }
}
