//! A page of the organization's groups.

use super::view::GroupView;
use crate::envelope::Listed;
use crate::groups::ListedGroup;
use crate::paging::{self, Direction, Listing, NamedSort, PageNumber, PageSize, contains_pattern};
use crate::permissions::GROUPS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};
use store::{args, org_sql};

flow::input! {
    /// List groups.
    #[derive(Clone, Debug)]
    pub struct ListGroups {
        /// Which page.
        query "page" => page: PageNumber,
        /// Groups per page.
        query "limit" => limit: PageSize,
        /// Text in name or slug.
        query "search" => search: Option<Text<1, 200>>,
        /// What to sort by; creation where it is left out.
        query "sortBy" => sort_by: Option<NamedSort>,
        /// Which way; the latest first where both are left out.
        query "sortDir" => sort_dir: Option<Direction>,
    }
}

impl Operation for ListGroups {
    const ID: &'static str = "groups.list";
    const SUMMARY: &'static str = "A page of the organization's groups.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/groups");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(GROUPS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<GroupView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM groups WHERE org_id = :org"),
            org_sql!(
                "SELECT g.id, g.slug, g.name, g.description, g.is_system, g.created_at, g.updated_at,
                     (SELECT CAST(COALESCE(SUM(t.users), 0) AS BIGINT) FROM user_tallies t
                 WHERE t.org_id = g.org_id AND t.kind = 'group' AND t.key = g.id) AS member_count,
                     (SELECT count(*) FROM group_roles gr WHERE gr.org_id = g.org_id AND gr.group_id = g.id) AS role_count
                 FROM groups g WHERE g.org_id = :org"
            ),
        );
        if let Some(pattern) = &pattern {
            listing.and("(LOWER(name) LIKE :pattern ESCAPE '!' OR slug LIKE :pattern ESCAPE '!')", args! { pattern: pattern });
        }
        let (order, request) = (NamedSort::order(self.sort_by, self.sort_dir), paging::page(self.page, self.limit));
        let page = listing.page::<ListedGroup, _>(&mut cx.tx, order, request).await?;
        Ok(Verdict::Done(Json(Listed::new("groups", page.map(GroupView::from))), Silent))
    }
}
