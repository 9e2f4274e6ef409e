//! Invitations that were sent.

use super::view::UserInvitationView;
use crate::admin_companies::InvitationState;
use crate::admin_companies::invitations::{narrow, order};
use crate::envelope::Listed;
use crate::invitations::Invitation;
use crate::paging::{self, Direction, Listing, PageNumber, PageSize, contains_pattern};
use crate::permissions::USERS_READ;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Silent};
use store::org_sql;

flow::input! {
    /// List the invitations into the organization.
    #[derive(Clone, Debug)]
    pub struct ListUserInvitations {
        /// Which page.
        query "page" => page: PageNumber,
        /// Invitations per page.
        query "limit" => limit: PageSize,
        /// Text in the address.
        query "search" => search: Option<Text<1, 200>>,
        /// Only those in this state.
        query "status" => status: Option<InvitationState>,
        /// Which way they are sorted by time; the latest first where it is left out.
        query "sortDir" => sort_dir: Option<Direction>,
    }
}

impl Operation for ListUserInvitations {
    const ID: &'static str = "invitations.list";
    const SUMMARY: &'static str = "A page of the invitations into the organization itself.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/invitations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<UserInvitationView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM invitations i WHERE i.org_id = :org AND i.company_id IS NULL"),
            org_sql!(
                "SELECT i.number, i.email, i.name, i.role, NULL AS role_slug, i.status, u.email AS invited_by, i.created_at,
                     i.sent_at, i.expires_at
                 FROM invitations i
                 LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.invited_by
                 WHERE i.org_id = :org AND i.company_id IS NULL"
            ),
        );
        narrow(&mut listing, pattern.as_deref(), self.status, cx.now);
        let request = paging::page(self.page, self.limit);
        let found = listing.page::<Invitation, _>(&mut cx.tx, order(self.sort_dir), request).await?;
        let page = UserInvitationView::page(&mut cx.tx, found, cx.now).await?;
        Ok(Verdict::Done(Json(Listed::new("invitations", page)), Silent))
    }
}
