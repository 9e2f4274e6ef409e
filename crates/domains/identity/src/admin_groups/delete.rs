//! Removing a group.

use super::GroupChange;
use super::change::own_group;
use crate::administrators;
use crate::envelope::Message;
use crate::groups;
use crate::named::Key;
use crate::permissions::GROUPS_WRITE;
use crate::roles::Role;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Delete a group.
    #[derive(Clone, Debug)]
    pub struct DeleteGroup {
        /// Id or slug.
        path "groupId" => group: Key,
    }
}

impl Operation for DeleteGroup {
    const ID: &'static str = "groups.delete";
    const SUMMARY: &'static str = "Delete a group; its members stay, without what it gave them.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/groups/{groupId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM, crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let (group, _) = own_group(cx, &self.group).await?;
        let roles = groups::list_roles(&mut cx.tx, &group.id).await?;
        groups::delete_group(&mut cx.tx, &group.id).await?;
        if roles.iter().any(Role::is_admin) {
            administrators::must_remain(&mut cx.tx).await?;
        }
        let roles = roles.into_iter().map(|role| role.slug).collect();
        let event = GroupChange::Deleted { group: group.id, slug: group.slug, roles };
        Ok(Verdict::Done(Json(Message { message: "Group deleted." }), event))
    }
}
