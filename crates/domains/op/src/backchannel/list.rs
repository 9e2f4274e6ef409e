//! The page that lists what waits for a person's approval.

use super::requests::{self, Waiting};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict};
use identity::sessions;
use kernel::{Access, Fault, Silent};
use pages::{ApprovalOutcome, Approvals};
use signin::page::Page;

flow::input! {
    /// Ask for the page.
    #[derive(Clone, Debug)]
    pub struct ListQuery {
        /// What came of a decision: `approved`, `denied` or `stale`.
        query "result" => result: Option<Text<0, 16>>,
    }
}

/// List what waits for one's approval.
#[derive(Clone)]
pub struct ListRequests {
    waiting: Vec<Waiting>,
    outcome: Option<ApprovalOutcome>,
}

impl Prepare<ListRequests> for ListQuery {
    async fn prepare(self, prep: &Prep) -> Result<ListRequests, Fault> {
        let user = &prep.actor.user().cloned().ok_or_else(sessions::session_required)?;
        let now = prep.now;
        let rows = prep.read(move |mut tx| async move {
            let rows = requests::list(&mut tx, user, now).await;
            (tx, rows)
        });
        let mut waiting = Vec::new();
        for row in rows.await? {
            waiting.extend(requests::with_client(prep, row).await?);
        }
        let outcome = match self.result.as_ref().map(Text::as_str) {
            Some(APPROVED) => Some(ApprovalOutcome::Approved),
            Some(DENIED) => Some(ApprovalOutcome::Denied),
            Some(STALE) => Some(ApprovalOutcome::Stale),
            _ => None,
        };
        Ok(ListRequests { waiting, outcome })
    }
}

pub(super) const APPROVED: &str = "approved";
pub(super) const DENIED: &str = "denied";
pub(super) const STALE: &str = "stale";

impl Operation for ListRequests {
    const ID: &'static str = "account.list_requests";
    const SUMMARY: &'static str = "What waits for one's approval.";
    const ROUTE: Route = Route::get("/orgs/{org}/account/requests");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = ListQuery;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let page = Page::of(cx);
        let mut requests = Vec::new();
        for waiting in &self.waiting {
            requests.push(requests::as_shown(cx, waiting, page.words()).await?);
        }
        let document = Approvals { shell: page.shell(), requests, outcome: self.outcome, back_url: page.path("account") };
        Ok(Verdict::Done(page.show(200, document.html(), document.policy()), Silent))
    }
}
