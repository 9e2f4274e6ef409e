//! Removing a role.

use super::RoleChange;
use super::change::own_role;
use crate::envelope::Message;
use crate::named::Key;
use crate::permissions::ROLES_WRITE;
use crate::roles;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Delete a role.
    #[derive(Clone, Debug)]
    pub struct DeleteRole {
        /// Id or slug.
        path "roleId" => role: Key,
    }
}

impl Operation for DeleteRole {
    const ID: &'static str = "roles.delete";
    const SUMMARY: &'static str = "Delete a role; whoever had it has it no more.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/roles/{roleId}");
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
        let permissions = roles::list_permissions(&mut cx.tx, &role.id).await?;
        roles::delete_role(&mut cx.tx, &role.id).await?;
        let event = RoleChange::Deleted { role: role.id, slug: role.slug, permissions };
        Ok(Verdict::Done(Json(Message { message: "Role deleted." }), event))
    }
}
