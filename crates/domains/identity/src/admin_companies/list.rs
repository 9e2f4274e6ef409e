//! A page of companies.

use super::view::CompanyView;
use crate::companies::Company;
use crate::envelope::Listed;
use crate::paging::{self, Direction, Listing, NamedSort, PageNumber, PageSize, contains_pattern};
use crate::permissions::COMPANIES_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};
use store::{args, org_sql};

flow::input! {
    /// List companies.
    #[derive(Clone, Debug)]
    pub struct ListCompanies {
        /// Which page.
        query "page" => page: PageNumber,
        /// Companies per page.
        query "limit" => limit: PageSize,
        /// Text in one of the names or the slug.
        query "search" => search: Option<Text<1, 200>>,
        /// Only those that are, or aren't, active.
        query "isActive" => is_active: Option<bool>,
        /// What to sort by; creation where it is left out.
        query "sortBy" => sort_by: Option<NamedSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
    }
}

impl Operation for ListCompanies {
    const ID: &'static str = "companies.list";
    const SUMMARY: &'static str = "A page of the organizations one does business with.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/organizations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<CompanyView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM companies c WHERE c.org_id = :org"),
            org_sql!(
                "SELECT c.id, c.slug, c.name, c.display_name, c.description, c.logo_url, c.is_active, c.metadata, c.created_at,
                     c.updated_at,
                     (SELECT count(*) FROM company_members m WHERE m.org_id = c.org_id AND m.company_id = c.id) AS member_count
                 FROM companies c WHERE c.org_id = :org"
            ),
        );
        if let Some(pattern) = &pattern {
            listing.and(
                "(LOWER(c.name) LIKE :pattern ESCAPE '!' OR LOWER(COALESCE(c.display_name, '')) LIKE :pattern ESCAPE '!'
                  OR c.slug LIKE :pattern ESCAPE '!')",
                args! { pattern: pattern },
            );
        }
        if let Some(is_active) = self.is_active {
            listing.and("c.is_active = :is_active", args! { is_active: is_active });
        }
        let (order, request) = (NamedSort::order(self.sort_by, self.sort_dir), paging::page(self.page, self.limit));
        let page = listing.page::<Company, _>(&mut cx.tx, order, request).await?;
        Ok(Verdict::Done(Json(Listed::new("organizations", page.map(CompanyView::from))), Silent))
    }
}
