//! Removing a permission.

use super::PermissionsChange;
use super::change::own_permission;
use crate::envelope::Message;
use crate::named::Key;
use crate::permissions::{PERMISSIONS_WRITE, delete_permission, list_roles_granting};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Delete a permission.
    #[derive(Clone, Debug)]
    pub struct DeletePermission {
        /// Number or slug.
        path "permissionId" => permission: Key,
    }
}

impl Operation for DeletePermission {
    const ID: &'static str = "permissions.delete";
    const SUMMARY: &'static str = "Delete a permission; whoever held it holds it no more.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/permissions/{permissionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_WRITE);
    const DENIALS: &'static [Denial] = &[super::change::SYSTEM];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = PermissionsChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PermissionsChange>, Fault> {
        let known = own_permission(cx, &self.permission).await?;
        let roles = list_roles_granting(&mut cx.tx, &known.slug).await?.into_iter().map(|role| role.slug).collect();
        delete_permission(&mut cx.tx, &known.slug).await?;
        let event = PermissionsChange::Deleted { permission: known.slug, roles };
        Ok(Verdict::Done(Json(Message { message: "Permission deleted." }), event))
    }
}
