//! Beginning an import.

use super::progress::{ImportView, OnExisting, load};
use crate::envelope::Changed;
use crate::permissions::USERS_WRITE;
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, UserImportId};
use store::{args, org_sql};

flow::input! {
    /// Begin an import.
    #[derive(Clone, Debug)]
    pub struct BeginImport {
        /// What happens to a row whose address belongs to somebody already: `skip`, `update` or `refuse`.
        body "onExisting" => on_existing: Option<OnExisting>,
    }
}

kernel::events! {
    /// What beginning an import records.
    pub enum Begun {
        /// An import of users was begun.
        Begun = "user_imports.begun", Info { about import: UserImportId, public on_existing: &'static str };
    }
}

impl Operation for BeginImport {
    const ID: &'static str = "user_imports.begin";
    const SUMMARY: &'static str = "Begin an import of users.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/user-imports");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<ImportView>>;
    type Event = Begun;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Begun>, Fault> {
        let id = UserImportId::new(cx.now, cx.rng());
        let on_existing = self.on_existing.unwrap_or_default().as_str();
        let sql = org_sql!(
            "INSERT INTO user_imports (org_id, id, on_existing, created_at, updated_at) VALUES (:org, :id, :on_existing, :now, :now)"
        );
        cx.tx.execute(sql, args! { id: &id, on_existing: on_existing, now: cx.now }).await?;
        let data = load(&mut cx.tx, &id).await?.view();
        let message = "Import begun. Send its rows.";
        Ok(Verdict::Done(Created(Changed { data, message }), Begun::Begun { import: id, on_existing }))
    }
}
