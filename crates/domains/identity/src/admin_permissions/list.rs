//! A page of the permissions an organization knows.

use super::view::PermissionView;
use crate::envelope::Listed;
use crate::paging::{self, Direction, Listing, NamedSort, PageNumber, PageSize, contains_pattern};
use crate::permissions::{KnownPermission, PERMISSIONS_READ};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};
use store::{args, org_sql};

flow::input! {
    /// List permissions.
    #[derive(Clone, Debug)]
    pub struct ListPermissions {
        /// Which page.
        query "page" => page: PageNumber,
        /// Permissions per page.
        query "limit" => limit: PageSize,
        /// Text in name or slug.
        query "search" => search: Option<Text<1, 200>>,
        /// What to sort by; creation where it is left out.
        query "sortBy" => sort_by: Option<NamedSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
        /// Only the server's own permissions, or only the organization's.
        query "isSystem" => is_system: Option<bool>,
        /// Only what is about this.
        query "resource" => resource: Option<Text<1, 100>>,
        /// The same by its older name.
        query "category" => category: Option<Text<1, 100>>,
    }
}

impl Operation for ListPermissions {
    const ID: &'static str = "permissions.list";
    const SUMMARY: &'static str = "A page of the permissions the organization knows.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(PERMISSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<PermissionView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let resource = self.resource.or(self.category);
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM permissions WHERE org_id = :org"),
            org_sql!(
                "SELECT number, slug, name, description, resource, action, is_system, created_at FROM permissions
                 WHERE org_id = :org"
            ),
        );
        if let Some(pattern) = &pattern {
            listing.and("(LOWER(name) LIKE :pattern ESCAPE '!' OR slug LIKE :pattern ESCAPE '!')", args! { pattern: pattern });
        }
        if let Some(is_system) = self.is_system {
            listing.and("is_system = :is_system", args! { is_system: is_system });
        }
        if let Some(resource) = &resource {
            listing.and("resource = :resource", args! { resource: resource.as_str() });
        }
        let (order, request) = (NamedSort::order(self.sort_by, self.sort_dir), paging::page(self.page, self.limit));
        let page = listing.page::<KnownPermission, _>(&mut cx.tx, order, request).await?;
        Ok(Verdict::Done(Json(Listed::new("permissions", page.map(PermissionView::from))), Silent))
    }
}
