//! Invitations that were sent: which there are, sending one again, taking one back.

use super::InvitationChange;
use super::input::InvitationState;
use super::view::Invitations;
use crate::companies::load_company;
use crate::envelope::Message;
use crate::invitations::{
    INVITATION_LIFETIME, Invitation, InvitationMail, TOO_SOON, claim_invitation, find_invitation, renew_invitation,
};
use crate::named::Key;
use crate::paging::{self, Direction, Listing, PageNumber, PageSize, contains_pattern};
use crate::permissions::{COMPANIES_READ, COMPANIES_WRITE};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, CompanyId, Denial, Fault, Silent, SortDirection, Timestamp};
use store::{args, org_sql};

flow::input! {
    /// List a company's invitations.
    #[derive(Clone, Debug)]
    pub struct ListInvitations {
        /// Id or slug.
        path "organizationId" => company: Key,
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
    /// Send an invitation again.
    #[derive(Clone, Debug)]
    pub struct ResendInvitation {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The invitation's number.
        path "invId" => invitation: i64,
    }
    /// Take an invitation back.
    #[derive(Clone, Debug)]
    pub struct RevokeInvitation {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The invitation's number.
        path "invId" => invitation: i64,
    }
}

impl Operation for ListInvitations {
    const ID: &'static str = "companies.list_invitations";
    const SUMMARY: &'static str = "A page of the invitations into an organization.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/organizations/{organizationId}/invitations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Invitations>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?.id;
        let pattern = self.search.map(|text| contains_pattern(&text.as_str().to_lowercase()));
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM invitations i WHERE i.org_id = :org AND i.company_id = :company"),
            org_sql!(
                "SELECT i.number, i.email, i.name, r.number AS role, r.slug AS role_slug, i.status, u.email AS invited_by,
                     i.created_at, i.sent_at, i.expires_at
                 FROM invitations i
                 LEFT JOIN company_roles r ON r.org_id = i.org_id AND r.company_id = i.company_id AND r.number = i.role
                 LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.invited_by
                 WHERE i.org_id = :org AND i.company_id = :company"
            ),
        )
        .binding(args! { company: &company });
        narrow(&mut listing, pattern.as_deref(), self.status, cx.now);
        let order = order(self.sort_dir);
        let page = listing.page::<Invitation, _>(&mut cx.tx, order, paging::page(self.page, self.limit)).await?;
        Ok(Verdict::Done(Json(Invitations::at(page, cx.now)), Silent))
    }
}

/// Only invitations to addresses like this, in this state.
pub(crate) fn narrow<'a>(listing: &mut Listing<'a>, pattern: Option<&'a str>, status: Option<InvitationState>, now: Timestamp) {
    if let Some(pattern) = pattern {
        listing.and("i.email_key LIKE :pattern ESCAPE '!'", args! { pattern: pattern });
    }
    match status {
        Some(InvitationState::Pending) => listing.and("i.status = 'pending' AND i.expires_at > :now", args! { now: now }),
        Some(InvitationState::Accepted) => listing.and("i.status = 'accepted'", &[]),
        Some(InvitationState::Revoked) => listing.and("i.status IN ('revoked', 'declined')", &[]),
        Some(InvitationState::Expired) => {
            listing.and("(i.status = 'replaced' OR i.status = 'pending' AND i.expires_at <= :now)", args! { now: now });
        }
        None => {}
    }
}

/// The latest first, where nothing else is wanted.
pub(crate) fn order(direction: Option<Direction>) -> &'static str {
    match direction {
        Some(Direction(SortDirection::Ascending)) => "ORDER BY i.number LIMIT :limit OFFSET :offset",
        Some(Direction(SortDirection::Descending)) | None => "ORDER BY i.number DESC LIMIT :limit OFFSET :offset",
    }
}

/// The invitation that is meant, and the company it is into.
async fn load(cx: &mut Cx<OneOrg, Writes>, company: &Key, number: i64) -> Result<(CompanyId, Invitation), Fault> {
    let company = load_company(&mut cx.tx, company.as_str()).await?.id;
    let found = find_invitation(&mut cx.tx, Some(&company), number).await?;
    let found = found.ok_or_else(|| Fault::not_found("companies.invitation_not_found", "There is no such invitation."))?;
    Ok((company, found))
}

impl Operation for ResendInvitation {
    const ID: &'static str = "companies.resend_invitation";
    const SUMMARY: &'static str = "Send an invitation that waits once more, with a new link and all its time.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/organizations/{organizationId}/invitations/{invId}/resend");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[ENDED, TOO_SOON];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = InvitationChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, InvitationChange>, Fault> {
        let (company, found) = load(cx, &self.company, self.invitation).await?;
        if !renew_invitation(&mut cx.tx, Some(&company), found.number, INVITATION_LIFETIME, cx.now).await? {
            return Err(ended());
        }
        cx.enqueue(&InvitationMail { invitation: found.number }).await?;
        let event = InvitationChange::Resent { company, invitation: found.number, email: found.email };
        Ok(Verdict::Done(Json(Message { message: "Invitation sent again." }), event))
    }
}

impl Operation for RevokeInvitation {
    const ID: &'static str = "companies.revoke_invitation";
    const SUMMARY: &'static str = "Take an invitation back: its link opens nothing any more.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/organizations/{organizationId}/invitations/{invId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = InvitationChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, InvitationChange>, Fault> {
        let (company, found) = load(cx, &self.company, self.invitation).await?;
        if !claim_invitation(&mut cx.tx, found.number, "revoked", cx.now).await? {
            // What was answered or taken back before is not there to be taken back.
            return Err(Fault::not_found(
                "companies.invitation_not_found",
                "This invitation doesn't wait for an answer any more.",
            ));
        }
        let event = InvitationChange::Revoked { company, invitation: found.number, email: found.email };
        Ok(Verdict::Done(Json(Message { message: "Invitation revoked." }), event))
    }
}

fn ended() -> Fault {
    ENDED.into()
}

const ENDED: Denial = Denial::unprocessable(
    "companies.invitation_ended",
    "This invitation doesn't wait for an answer any more. Invite the address again instead.",
);
