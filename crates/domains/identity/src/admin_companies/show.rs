//! One company.

use super::view::CompanyView;
use crate::companies::load_company;
use crate::envelope::One;
use crate::named::Key;
use crate::permissions::COMPANIES_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show a company.
    #[derive(Clone, Debug)]
    pub struct ShowCompany {
        /// Id or slug.
        path "organizationId" => company: Key,
    }
}

impl Operation for ShowCompany {
    const ID: &'static str = "companies.show";
    const SUMMARY: &'static str = "One of the organizations one does business with.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/organizations/{organizationId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<CompanyView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let data = CompanyView::from(load_company(&mut cx.tx, self.company.as_str()).await?);
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
