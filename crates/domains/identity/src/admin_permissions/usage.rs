//! Which roles grant a permission.

use crate::envelope::One;
use crate::named::Key;
use crate::permissions::{self, PERMISSIONS_READ};
use crate::roles::NamedRef;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;

flow::input! {
    /// Show who grants a permission.
    #[derive(Clone, Debug)]
    pub struct ShowUsage {
        /// Number or slug.
        path "permissionId" => permission: Key,
    }
}

/// Who grants a permission.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The roles.
    roles: Vec<NamedRef>,
    /// How many they are.
    role_count: usize,
}

impl Operation for ShowUsage {
    const ID: &'static str = "permissions.show_usage";
    const SUMMARY: &'static str = "The roles that grant a permission.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/permissions/{permissionId}/usage");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<Usage>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let known = permissions::load_permission(&mut cx.tx, self.permission.as_str()).await?;
        let roles: Vec<NamedRef> =
            permissions::list_roles_granting(&mut cx.tx, &known.slug).await?.into_iter().map(NamedRef::from).collect();
        let data = Usage { role_count: roles.len(), roles };
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
