//! The roles a group gives its members.

use super::GroupChange;
use super::change::{give_roles, own_group, take_role};
use super::view::GroupView;
use crate::admin_users::NamedRow;
use crate::change::Difference;
use crate::envelope::{Changed, Message, Whole};
use crate::groups;
use crate::named::{Key, keys};
use crate::permissions::{GROUPS_READ, GROUPS_WRITE};
use crate::roles;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent};

flow::input! {
    /// List a group's roles.
    #[derive(Clone, Debug)]
    pub struct ListGroupRoles {
        /// Id or slug.
        path "groupId" => group: Key,
    }
    /// Let a group give roles.
    #[derive(Clone, Debug)]
    pub struct AddGroupRole {
        /// Id or slug.
        path "groupId" => group: Key,
        /// The role's id or slug.
        body "roleId" => role_id: Option<Key>,
        /// The same.
        body "role" => role: Option<Key>,
        /// Several roles.
        body "roles" => roles: Option<Vec<Key>>,
    }
    /// Replace the roles a group gives.
    #[derive(Clone, Debug)]
    pub struct ReplaceGroupRoles {
        /// Id or slug.
        path "groupId" => group: Key,
        /// All its roles, by slug or id.
        body "roles" => roles: Vec<Key>,
    }
    /// Let a group give a role no more.
    #[derive(Clone, Debug)]
    pub struct RemoveGroupRole {
        /// Id or slug.
        path "groupId" => group: Key,
        /// The role's id or slug.
        path "roleId" => role: Key,
    }
}

impl Operation for ListGroupRoles {
    const ID: &'static str = "groups.list_roles";
    const SUMMARY: &'static str = "The roles a group gives its members.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/groups/{groupId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<NamedRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let group = groups::load_group(&mut cx.tx, self.group.as_str()).await?;
        let given = groups::list_roles(&mut cx.tx, &group.id).await?;
        Ok(Verdict::Done(Json(Whole::new(given.into_iter().map(NamedRow::from).collect())), Silent))
    }
}

impl Operation for AddGroupRole {
    const ID: &'static str = "groups.add_role";
    const SUMMARY: &'static str = "Let a group give its members a role; the caller must hold what it grants.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/groups/{groupId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let keys = keys("roleId", self.roles, [self.role_id, self.role])?;
        let (group, rank) = own_group(cx, &self.group).await?;
        let Difference { added, removed } = give_roles(cx, &rank, &group, &keys, false).await?;
        let event = GroupChange::RolesChanged { group: group.id, slug: group.slug, added, removed };
        Ok(Verdict::Done(Json(Message { message: "The group gives the role." }), event))
    }
}

impl Operation for ReplaceGroupRoles {
    const ID: &'static str = "groups.replace_roles";
    const SUMMARY: &'static str = "Replace the roles a group gives its members.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/groups/{groupId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM, crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<GroupView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let (group, rank) = own_group(cx, &self.group).await?;
        let Difference { added, removed } = give_roles(cx, &rank, &group, &self.roles, true).await?;
        let data = GroupView::load(&mut cx.tx, &group.id).await?;
        let event = GroupChange::RolesChanged { group: group.id, slug: group.slug, added, removed };
        Ok(Verdict::Done(Json(Changed { data, message: "Roles of the group changed." }), event))
    }
}

impl Operation for RemoveGroupRole {
    const ID: &'static str = "groups.remove_role";
    const SUMMARY: &'static str = "Let a group give its members a role no more.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/groups/{groupId}/roles/{roleId}");
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
        let role = roles::load_role(&mut cx.tx, self.role.as_str()).await?;
        if !take_role(cx, &group, &role).await? {
            return Err(roles::not_found());
        }
        groups::update_group(&mut cx.tx, &group, cx.now).await?;
        let Difference { added, removed } = Difference::without(role.slug);
        let event = GroupChange::RolesChanged { group: group.id, slug: group.slug, added, removed };
        Ok(Verdict::Done(Json(Message { message: "The group gives the role no more." }), event))
    }
}
