//! What a role grants.

use super::RoleChange;
use super::change::{grant, own_role};
use super::view::RoleView;
use crate::change::Difference;
use crate::envelope::{Changed, Message, Whole};
use crate::named::{Key, NumberOrKey, keys};
use crate::permissions::{self, PermissionRow, ROLES_READ, ROLES_WRITE};
use crate::roles;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent};

flow::input! {
    /// List a role's permissions.
    #[derive(Clone, Debug)]
    pub struct ListRolePermissions {
        /// Id or slug.
        path "roleId" => role: Key,
    }
    /// Let a role grant permissions.
    #[derive(Clone, Debug)]
    pub struct AddRolePermissions {
        /// Id or slug.
        path "roleId" => role: Key,
        /// Permissions, by slug or number.
        body "permissions" => permissions: Option<Vec<Key>>,
        /// A single permission.
        body "permission" => permission: Option<Key>,
        /// Its number.
        body "permissionId" => permission_id: Option<NumberOrKey>,
    }
    /// Replace what a role grants.
    #[derive(Clone, Debug)]
    pub struct ReplaceRolePermissions {
        /// Id or slug.
        path "roleId" => role: Key,
        /// All its permissions, by slug or number.
        body "permissions" => permissions: Vec<Key>,
    }
    /// Let a role grant a permission no more.
    #[derive(Clone, Debug)]
    pub struct RemoveRolePermission {
        /// Id or slug.
        path "roleId" => role: Key,
        /// The permission's number or slug.
        path "permissionId" => permission: Key,
    }
}

impl Operation for ListRolePermissions {
    const ID: &'static str = "roles.list_permissions";
    const SUMMARY: &'static str = "What a role grants.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/roles/{roleId}/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<PermissionRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let role = roles::load_role(&mut cx.tx, self.role.as_str()).await?;
        let granted = permissions::list_of_role(&mut cx.tx, &role.id).await?.into_iter().map(PermissionRow::from).collect();
        Ok(Verdict::Done(Json(Whole::new(granted)), Silent))
    }
}

impl Operation for AddRolePermissions {
    const ID: &'static str = "roles.add_permissions";
    const SUMMARY: &'static str = "Let a role grant permissions that the caller holds.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/roles/{roleId}/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let number = self.permission_id.map(|NumberOrKey(key)| key);
        let keys = keys("permissions", self.permissions, [self.permission, number])?;
        let (role, rank) = own_role(cx, &self.role).await?;
        let Difference { added, removed } = grant(cx, &rank, &role, &keys, false).await?;
        let event = RoleChange::PermissionsChanged { role: role.id, slug: role.slug, added, removed };
        Ok(Verdict::Done(Json(Message { message: "Permissions added." }), event))
    }
}

impl Operation for ReplaceRolePermissions {
    const ID: &'static str = "roles.replace_permissions";
    const SUMMARY: &'static str = "Replace what a role grants.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/roles/{roleId}/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<RoleView>>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let (role, rank) = own_role(cx, &self.role).await?;
        let Difference { added, removed } = grant(cx, &rank, &role, &self.permissions, true).await?;
        let data = RoleView::load(&mut cx.tx, &role.id).await?;
        let event = RoleChange::PermissionsChanged { role: role.id, slug: role.slug, added, removed };
        Ok(Verdict::Done(Json(Changed { data, message: "Permissions of the role changed." }), event))
    }
}

impl Operation for RemoveRolePermission {
    const ID: &'static str = "roles.remove_permission";
    const SUMMARY: &'static str = "Let a role grant a permission no more.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/roles/{roleId}/permissions/{permissionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = RoleChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, RoleChange>, Fault> {
        let (role, _) = own_role(cx, &self.role).await?;
        let permission = permissions::load_permission(&mut cx.tx, self.permission.as_str()).await?;
        if !roles::remove_permission(&mut cx.tx, &role.id, &permission.slug).await? {
            return Err(permissions::not_found());
        }
        roles::update_role(&mut cx.tx, &role, cx.now).await?;
        let Difference { added, removed } = Difference::without(permission.slug);
        let event = RoleChange::PermissionsChanged { role: role.id, slug: role.slug, added, removed };
        Ok(Verdict::Done(Json(Message { message: "Permission removed." }), event))
    }
}
