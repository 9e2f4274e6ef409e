//! The users who were given a role.

use super::view::UserRow;
use crate::admin_users::RolesOfUser;
use crate::envelope::{Listed, Message};
use crate::holding;
use crate::named::{Key, unknown};
use crate::paging::{self, PageNumber, PageSize};
use crate::permissions::{ROLES_READ, ROLES_WRITE};
use crate::privilege::{must_outrank, subordinate};
use crate::roles;
use crate::users::{self, UserRef, find_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent};

flow::input! {
    /// List a role's users.
    #[derive(Clone, Debug)]
    pub struct ListRoleUsers {
        /// Id or slug.
        path "roleId" => role: Key,
        /// Which page.
        query "page" => page: PageNumber,
        /// Users per page.
        query "limit" => limit: PageSize,
    }
    /// Give a role to a user.
    #[derive(Clone, Debug)]
    pub struct AddRoleUser {
        /// Id or slug.
        path "roleId" => role: Key,
        /// The user's id or e-mail address.
        body "userId" => user: UserRef,
    }
    /// Take a role from a user.
    #[derive(Clone, Debug)]
    pub struct RemoveRoleUser {
        /// Id or slug.
        path "roleId" => role: Key,
        /// The user's id or e-mail address.
        path "userId" => user: UserRef,
    }
}

impl Operation for ListRoleUsers {
    const ID: &'static str = "roles.list_users";
    const SUMMARY: &'static str = "A page of the users who were given a role directly.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/roles/{roleId}/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<UserRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let role = roles::load_role(&mut cx.tx, self.role.as_str()).await?;
        let page = roles::list_users(&mut cx.tx, &role.id, paging::page(self.page, self.limit)).await?;
        Ok(Verdict::Done(Json(Listed::new("users", page.map(UserRow::from))), Silent))
    }
}

impl Operation for AddRoleUser {
    const ID: &'static str = "roles.add_user";
    const SUMMARY: &'static str = "Give a role to a user; the caller must hold what it grants.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/roles/{roleId}/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = RolesOfUser;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RolesOfUser>, Fault> {
        let role = roles::load_role(&mut cx.tx, self.role.as_str()).await?;
        let user = find_user_by(&mut cx.tx, &self.user).await?.ok_or_else(|| unknown("userId", self.user.as_str()))?;
        let rank = must_outrank(&mut cx.tx, &cx.actor, &user.id).await?;
        let is_added = holding::give(cx, &rank, &user.id, &role).await?;
        let added = if is_added { vec![role.slug] } else { Vec::new() };
        let event = RolesOfUser::Changed { user: user.id, added, removed: Vec::new(), email: user.email };
        Ok(Verdict::Done(Json(Message { message: "The user has the role." }), event))
    }
}

impl Operation for RemoveRoleUser {
    const ID: &'static str = "roles.remove_user";
    const SUMMARY: &'static str = "Take a role from a user.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/roles/{roleId}/users/{userId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    const DENIALS: &'static [Denial] = &[crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = RolesOfUser;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RolesOfUser>, Fault> {
        let role = roles::load_role(&mut cx.tx, self.role.as_str()).await?;
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        if !holding::take(cx, &user.id, &role).await? {
            return Err(users::not_found());
        }
        let event = RolesOfUser::Changed { user: user.id, added: Vec::new(), removed: vec![role.slug], email: user.email };
        Ok(Verdict::Done(Json(Message { message: "The role was taken from the user." }), event))
    }
}
