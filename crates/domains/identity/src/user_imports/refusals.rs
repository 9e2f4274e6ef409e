//! The rows an import could not take, and why.

use super::progress::load;
use crate::envelope::Listed;
use crate::paging::{self, PageNumber, PageSize};
use crate::permissions::USERS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, Page, Silent, Timestamp, UserImportId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Tx, args, org_sql, rows};

rows! {
    /// A row that was refused. It names no values: those stay with whoever sent them.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
    pub struct Refusal {
        /// Its number in the import; the first is 1.
        pub line: i64,
        /// Why.
        pub problem: String,
    }
}

flow::input! {
    /// List refused rows.
    #[derive(Clone, Debug)]
    pub struct ListRefusals {
        /// Of which import.
        path "importId" => import: UserImportId,
        /// Which page.
        query "page" => page: PageNumber,
        /// Rows per page.
        query "limit" => limit: PageSize,
    }
}

impl Operation for ListRefusals {
    const ID: &'static str = "user_imports.refusals";
    const SUMMARY: &'static str = "The rows an import of users could not take, and why.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/user-imports/{importId}/refusals");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<Refusal>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let total = load(&mut cx.tx, &self.import).await?.refused;
        let request = paging::page(self.page, self.limit);
        let sql = org_sql!(
            "SELECT line, problem FROM user_import_refusals WHERE org_id = :org AND import_id = :import
             ORDER BY line LIMIT :limit OFFSET :offset"
        );
        let values = args! { import: &self.import, limit: request.limit, offset: request.offset() };
        let items = cx.tx.fetch_all::<Refusal>(sql, values).await?;
        Ok(Verdict::Done(Json(Listed::new("user_import_refusals", Page { items, total, request })), Silent))
    }
}

/// Keep a refusal.
pub(super) async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    import: &UserImportId,
    refusal: &Refusal,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO user_import_refusals (org_id, import_id, line, problem, created_at)
         VALUES (:org, :import, :line, :problem, :now)"
    );
    tx.execute(sql, args! { import: import, line: refusal.line, problem: &refusal.problem, now: now }).await?;
    Ok(())
}
