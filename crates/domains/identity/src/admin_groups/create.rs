//! A new group.

use super::GroupChange;
use super::change::give_roles;
use super::view::GroupView;
use crate::change::Change;
use crate::envelope::Changed;
use crate::groups::{NewGroup, insert_group};
use crate::named::{Description, Key};
use crate::permissions::GROUPS_WRITE;
use crate::privilege::Rank;
use crate::slug::{PlainSlug, no_slug};
use crate::users::Name;
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Make a group.
    #[derive(Clone, Debug)]
    pub struct CreateGroup {
        /// Its name for people.
        body "name" => name: Name,
        /// Its name in requests, for good; made from the name where it is left out.
        body "slug" => slug: Option<PlainSlug>,
        /// What it is for.
        body "description" => description: Change<Description>,
        /// Roles it gives its members, by slug or id.
        body "roles" => roles: Option<Vec<Key>>,
    }
}

impl Operation for CreateGroup {
    const ID: &'static str = "groups.create";
    const SUMMARY: &'static str = "Make a group. It gives only what the caller holds.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/groups");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::groups::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<GroupView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let name = self.name.into_string();
        let slug = self.slug.or_else(|| PlainSlug::of_name(&name)).ok_or_else(no_slug)?;
        let new = NewGroup { slug, name, description: self.description.set().map(Text::into_string) };
        let services = cx.services().clone();
        let group = insert_group(&mut cx.tx, new, cx.now, &*services.rng).await?;
        let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
        let roles = give_roles(cx, &rank, &group, &self.roles.unwrap_or_default(), false).await?.added;
        let data = GroupView::load(&mut cx.tx, &group.id).await?;
        let event = GroupChange::Created { group: group.id, slug: group.slug, roles };
        Ok(Verdict::Done(Created(Changed { data, message: "Group created." }), event))
    }
}
