//! The roles of a user.

use super::access::{Difference, Key, give_roles, keys, subordinate};
use super::view::{NamedRow, UserView};
use crate::envelope::{Changed, Whole};
use crate::permissions::{USERS_READ, USERS_WRITE};
use crate::roles;
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, Silent, UserId};

flow::input! {
    /// List a user's roles.
    #[derive(Clone, Debug)]
    pub struct ListUserRoles {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
    /// Give a user roles.
    #[derive(Clone, Debug)]
    pub struct AddUserRoles {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// Roles, by slug or id.
        body "roles" => roles: Option<Vec<Key>>,
        /// A single role.
        body "role" => role: Option<Key>,
        /// The same as `role`.
        body "roleId" => role_id: Option<Key>,
    }
    /// Replace all roles of a user.
    #[derive(Clone, Debug)]
    pub struct ReplaceUserRoles {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// Roles, by slug or id.
        body "roles" => roles: Vec<Key>,
    }
    /// Take a role from a user.
    #[derive(Clone, Debug)]
    pub struct RemoveUserRole {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// The role's id or slug.
        path "roleId" => role: Key,
    }
}

kernel::events! {
    /// What changing a user's roles records.
    pub enum RoleChange {
        /// The roles of a user changed.
        Changed = "users.roles_changed", Warning { about user: UserId, public added: Vec<String>, public removed: Vec<String>, personal email: String };
    }
}

impl Operation for ListUserRoles {
    const ID: &'static str = "users.list_roles";
    const SUMMARY: &'static str = "The roles of a user.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<NamedRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        let roles = roles::list_of_user(&mut cx.tx, &user.id).await?;
        Ok(Verdict::Done(Json(Whole::new(roles.into_iter().map(NamedRow::from).collect())), Silent))
    }
}

impl Operation for AddUserRoles {
    const ID: &'static str = "users.add_roles";
    const SUMMARY: &'static str = "Give a user roles.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let keys = keys("roles", self.roles, [self.role, self.role_id])?;
        let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let difference = give_roles(cx, &rank, &user.id, &keys, false).await?;
        answer(cx, &user.id, difference).await
    }
}

impl Operation for ReplaceUserRoles {
    const ID: &'static str = "users.replace_roles";
    const SUMMARY: &'static str = "Replace all roles of a user.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/users/{userId}/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let difference = give_roles(cx, &rank, &user.id, &self.roles, true).await?;
        answer(cx, &user.id, difference).await
    }
}

impl Operation for RemoveUserRole {
    const ID: &'static str = "users.remove_role";
    const SUMMARY: &'static str = "Take a role from a user.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/roles/{roleId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let role = roles::find_role(&mut cx.tx, self.role.as_str()).await?.ok_or_else(roles::not_found)?;
        if !roles::unassign(&mut cx.tx, &user.id, &role.id).await? {
            return Err(roles::not_found());
        }
        answer(cx, &user.id, Difference { added: Vec::new(), removed: vec![role.slug] }).await
    }
}

async fn answer(
    cx: &mut Cx<OneOrg, Writes>,
    user: &UserId,
    difference: Difference,
) -> Result<Verdict<Json<Changed<UserView>>, RoleChange>, Fault> {
    let data = UserView::reload(&mut cx.tx, user).await?;
    let Difference { added, removed } = difference;
    let event = RoleChange::Changed { user: user.clone(), added, removed, email: data.email.clone() };
    Ok(Verdict::Done(Json(Changed { data, message: "Roles of the user changed." }), event))
}
