//! One role.

use super::view::RoleView;
use crate::envelope::One;
use crate::named::Key;
use crate::permissions::ROLES_READ;
use crate::roles;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show a role.
    #[derive(Clone, Debug)]
    pub struct ShowRole {
        /// Id or slug.
        path "roleId" => role: Key,
    }
}

impl Operation for ShowRole {
    const ID: &'static str = "roles.show";
    const SUMMARY: &'static str = "One role, with what it grants.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/roles/{roleId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<RoleView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let role = roles::load_role(&mut cx.tx, self.role.as_str()).await?;
        let data = RoleView::load(&mut cx.tx, &role.id).await?;
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
