//! How far an import has come.

use super::progress::{ImportView, load};
use crate::envelope::One;
use crate::permissions::USERS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent, UserImportId};

flow::input! {
    /// Show an import.
    #[derive(Clone, Debug)]
    pub struct ShowImport {
        /// Which.
        path "importId" => import: UserImportId,
    }
}

impl Operation for ShowImport {
    const ID: &'static str = "user_imports.show";
    const SUMMARY: &'static str = "How far an import of users has come.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/user-imports/{importId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<ImportView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let data = load(&mut cx.tx, &self.import).await?.view();
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
