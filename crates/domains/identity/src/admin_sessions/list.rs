//! A page of the organization's live sessions.

use super::view::{ListedSession, SessionView};
use crate::envelope::Listed;
use crate::paging::{self, Listing, PageNumber, PageSize};
use crate::permissions::SESSIONS_READ;
use crate::sessions::Limits;
use crate::users::{UserRef, find_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use kernel::{Access, Fault, Page, Silent, UserId};
use store::{args, org_sql};

flow::input! {
    /// List sessions.
    #[derive(Clone, Debug)]
    pub struct ListSessions {
        /// Which page.
        query "page" => page: PageNumber,
        /// Sessions per page.
        query "limit" => limit: PageSize,
        /// Only this user's: id or e-mail address.
        query "userId" => user: Option<UserRef>,
        /// Only those that began at this address.
        query "ipAddress" => ip: Option<Text<1, 64>>,
    }
}

impl Operation for ListSessions {
    const ID: &'static str = "sessions.list";
    const SUMMARY: &'static str = "A page of the organization's live sessions, the latest first.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/sessions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Listed<SessionView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let request = paging::page(self.page, self.limit);
        let user: Option<UserId> = match &self.user {
            None => None,
            Some(named) => {
                let found = find_user_by(&mut cx.tx, named).await?;
                let Some(found) = found else {
                    return Ok(Verdict::Done(
                        Json(Listed::new("sessions", Page { items: Vec::new(), total: 0, request })),
                        Silent,
                    ));
                };
                Some(found.id)
            }
        };
        let (limits, now) = (Limits::of(cx.org()), cx.now);
        let bounds = limits.bounds(now);
        let mut listing = Listing::new(
            org_sql!("SELECT count(*) AS a FROM sessions s WHERE s.org_id = :org"),
            org_sql!(
                "SELECT s.number, s.id, s.user_id, s.secret_hash, s.public_id, s.acr, s.amr, s.authenticated_at, s.created_at, s.seen_at,
                     s.expires_at, s.remembered, s.ip, s.user_agent, u.email
                 FROM sessions s JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id WHERE s.org_id = :org"
            ),
        );
        listing.and(
            "s.ended_at IS NULL AND s.expires_at > :now
             AND ((s.remembered = 1 AND s.created_at > :remembered_from AND :remembered_from > 0)
                 OR ((s.remembered = 0 OR :remembered_from = 0) AND s.created_at > :from AND s.seen_at > :idle))",
            args! { now: cx.now, remembered_from: bounds.remembered_from, from: bounds.from, idle: bounds.idle },
        );
        if let Some(user) = &user {
            listing.and("s.user_id = :user", args! { user: user });
        }
        if let Some(ip) = &self.ip {
            listing.and("s.ip = :ip", args! { ip: ip.as_str() });
        }
        let order = "ORDER BY s.id DESC LIMIT :limit OFFSET :offset";
        let page = listing.page::<ListedSession, _>(&mut cx.tx, order, request).await?;
        Ok(Verdict::Done(Json(Listed::new("sessions", page.map(|row| row.shown(&limits, now)))), Silent))
    }
}
