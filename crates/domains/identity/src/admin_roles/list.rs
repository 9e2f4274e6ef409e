//! A page of the organization's roles.

use super::view::RoleView;
use crate::envelope::Listed;
use crate::paging::{self, Direction, Listing, NamedSort, PageNumber, PageSize, contains_pattern};
use crate::permissions::ROLES_READ;
use crate::roles::ListedRole;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};
use store::{args, org_sql};

flow::input! {
    /// List roles.
    #[derive(Clone, Debug)]
    pub struct ListRoles {
        /// Which page.
        query "page" => page: PageNumber,
        /// Roles per page.
        query "limit" => limit: PageSize,
        /// Text in name or slug.
        query "search" => search: Option<Text<1, 200>>,
        /// What to sort by; creation where it is left out.
        query "sortBy" => sort_by: Option<NamedSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
        /// Only the server's own roles, or only the organization's.
        query "isSystem" => is_system: Option<bool>,
    }
}

impl Operation for ListRoles {
    const ID: &'static str = "roles.list";
    const SUMMARY: &'static str = "A page of the organization's roles.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/roles");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(ROLES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<RoleView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM roles WHERE org_id = :org"),
            org_sql!(
                "SELECT r.id, r.slug, r.name, r.description, r.is_system, r.created_at, r.updated_at,
                     (SELECT CAST(COALESCE(SUM(t.users), 0) AS BIGINT) FROM user_tallies t
                 WHERE t.org_id = r.org_id AND t.kind = 'role' AND t.key = r.id) AS user_count
                 FROM roles r WHERE r.org_id = :org"
            ),
        );
        if let Some(pattern) = &pattern {
            listing.and("(LOWER(name) LIKE :pattern ESCAPE '!' OR slug LIKE :pattern ESCAPE '!')", args! { pattern: pattern });
        }
        if let Some(is_system) = self.is_system {
            listing.and("is_system = :is_system", args! { is_system: is_system });
        }
        let (order, request) = (NamedSort::order(self.sort_by, self.sort_dir), paging::page(self.page, self.limit));
        let page = listing.page::<ListedRole, _>(&mut cx.tx, order, request).await?;
        Ok(Verdict::Done(Json(Listed::new("roles", page.map(RoleView::from))), Silent))
    }
}
