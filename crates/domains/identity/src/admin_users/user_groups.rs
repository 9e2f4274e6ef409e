//! The groups of a user.

use super::access::{Difference, Key, join_groups, keys, subordinate};
use super::view::{NamedRow, UserView};
use crate::envelope::{Changed, Whole};
use crate::groups;
use crate::permissions::{USERS_READ, USERS_WRITE};
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, Silent, UserId};

flow::input! {
    /// List a user's groups.
    #[derive(Clone, Debug)]
    pub struct ListUserGroups {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
    /// Add a user to groups.
    #[derive(Clone, Debug)]
    pub struct AddUserGroups {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// Groups, by slug or id.
        body "groups" => groups: Option<Vec<Key>>,
        /// A single group.
        body "group" => group: Option<Key>,
        /// The same as `group`.
        body "groupId" => group_id: Option<Key>,
    }
    /// Replace all groups of a user.
    #[derive(Clone, Debug)]
    pub struct ReplaceUserGroups {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// Groups, by slug or id.
        body "groups" => groups: Vec<Key>,
    }
    /// Remove a user from a group.
    #[derive(Clone, Debug)]
    pub struct RemoveUserGroup {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// The group's id or slug.
        path "groupId" => group: Key,
    }
}

kernel::events! {
    /// What changing a user's groups records.
    pub enum GroupChange {
        /// The groups of a user changed.
        Changed = "users.groups_changed", Warning { about user: UserId, public added: Vec<String>, public removed: Vec<String>, personal email: String };
    }
}

impl Operation for ListUserGroups {
    const ID: &'static str = "users.list_groups";
    const SUMMARY: &'static str = "The groups of a user.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}/groups");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<NamedRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        let groups = groups::list_of_user(&mut cx.tx, &user.id).await?;
        Ok(Verdict::Done(Json(Whole::new(groups.into_iter().map(NamedRow::from).collect())), Silent))
    }
}

impl Operation for AddUserGroups {
    const ID: &'static str = "users.add_groups";
    const SUMMARY: &'static str = "Add a user to groups.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/groups");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let keys = keys("groups", self.groups, [self.group, self.group_id])?;
        let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let difference = join_groups(cx, &rank, &user.id, &keys, false).await?;
        answer(cx, &user.id, difference).await
    }
}

impl Operation for ReplaceUserGroups {
    const ID: &'static str = "users.replace_groups";
    const SUMMARY: &'static str = "Replace all groups of a user.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/users/{userId}/groups");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let difference = join_groups(cx, &rank, &user.id, &self.groups, true).await?;
        answer(cx, &user.id, difference).await
    }
}

impl Operation for RemoveUserGroup {
    const ID: &'static str = "users.remove_group";
    const SUMMARY: &'static str = "Remove a user from a group.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/groups/{groupId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = GroupChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, GroupChange>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let group = groups::find_group(&mut cx.tx, self.group.as_str()).await?.ok_or_else(groups::not_found)?;
        if !groups::remove_member(&mut cx.tx, &group.id, &user.id).await? {
            return Err(groups::not_found());
        }
        answer(cx, &user.id, Difference { added: Vec::new(), removed: vec![group.slug] }).await
    }
}

async fn answer(
    cx: &mut Cx<OneOrg, Writes>,
    user: &UserId,
    difference: Difference,
) -> Result<Verdict<Json<Changed<UserView>>, GroupChange>, Fault> {
    let data = UserView::reload(&mut cx.tx, user).await?;
    let Difference { added, removed } = difference;
    let event = GroupChange::Changed { user: user.clone(), added, removed, email: data.email.clone() };
    Ok(Verdict::Done(Json(Changed { data, message: "Groups of the user changed." }), event))
}
