//! Changing a group. PUT and PATCH are the same: what isn't sent stays.

use super::GroupChange;
use super::change::{give_roles, own_group};
use super::view::GroupView;
use crate::change::{Change, Difference};
use crate::envelope::Changed;
use crate::groups::update_group;
use crate::named::{Description, Key};
use crate::permissions::GROUPS_WRITE;
use crate::users::Name;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Change a group.
    #[derive(Clone, Debug)]
    pub struct UpdateGroup {
        /// Id or slug.
        path "groupId" => group: Key,
        /// Its name for people.
        body "name" => name: Option<Name>,
        /// What it is for.
        body "description" => description: Change<Description>,
        /// All roles it gives its members, by slug or id.
        body "roles" => roles: Option<Vec<Key>>,
    }
}

impl Operation for UpdateGroup {
    const ID: &'static str = "groups.update";
    const SUMMARY: &'static str = "Change a group; what isn't sent stays as it is.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/groups/{groupId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/groups/{groupId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM, crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<GroupView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let (mut group, rank) = own_group(cx, &self.group).await?;
        let mut changed = Vec::new();
        if let Some(name) = self.name.map(Text::into_string).filter(|name| *name != group.name) {
            group.name = name;
            changed.push("name");
        }
        if self.description.apply(&mut group.description, Text::into_string) {
            changed.push("description");
        }
        if !changed.is_empty() {
            update_group(&mut cx.tx, &group, cx.now).await?;
        }
        let difference = match &self.roles {
            Some(keys) => give_roles(cx, &rank, &group, keys, true).await?,
            None => Difference::default(),
        };
        if !difference.is_empty() {
            changed.push("roles");
        }
        let data = GroupView::load(&mut cx.tx, &group.id).await?;
        let Difference { added, removed } = difference;
        let event = GroupChange::Updated { group: group.id, slug: group.slug, changed, added, removed };
        Ok(Verdict::Done(Json(Changed { data, message: "Group updated." }), event))
    }
}
