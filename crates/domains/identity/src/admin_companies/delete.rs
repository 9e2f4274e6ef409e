//! Removing a company.

use super::CompanyChange;
use crate::companies::{delete_company, load_company};
use crate::envelope::Message;
use crate::named::Key;
use crate::permissions::COMPANIES_WRITE;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault};

flow::input! {
    /// Delete a company.
    #[derive(Clone, Debug)]
    pub struct DeleteCompany {
        /// Id or slug.
        path "organizationId" => company: Key,
    }
}

impl Operation for DeleteCompany {
    const ID: &'static str = "companies.delete";
    const SUMMARY: &'static str = "Delete an organization; its people keep their accounts.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/organizations/{organizationId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = CompanyChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, CompanyChange>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?;
        delete_company(&mut cx.tx, &company.id).await?;
        let event = CompanyChange::Deleted { company: company.id, slug: company.slug, members: company.member_count };
        Ok(Verdict::Done(Json(Message { message: "Organization deleted." }), event))
    }
}
