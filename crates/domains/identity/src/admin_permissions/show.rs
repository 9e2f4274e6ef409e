//! One permission.

use super::view::PermissionView;
use crate::envelope::One;
use crate::named::Key;
use crate::permissions::{self, PERMISSIONS_READ};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show a permission.
    #[derive(Clone, Debug)]
    pub struct ShowPermission {
        /// Number or slug.
        path "permissionId" => permission: Key,
    }
}

impl Operation for ShowPermission {
    const ID: &'static str = "permissions.show";
    const SUMMARY: &'static str = "One permission, with how many roles grant it.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/permissions/{permissionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<PermissionView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let known = permissions::load_permission(&mut cx.tx, self.permission.as_str()).await?;
        let roles = permissions::list_roles_granting(&mut cx.tx, &known.slug).await?.len();
        Ok(Verdict::Done(Json(One { data: PermissionView::granted_by(known, roles) }), Silent))
    }
}
