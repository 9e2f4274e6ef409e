//! The page of one request: who asks, what for, and the message to compare.

use super::list::STALE;
use super::requests::{self, Waiting};
use crate::decoupled::session;
use flow::{Answer, Cx, Mode, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict};
use identity::sessions::{self, Session};
use identity::users;
use kernel::{Access, DecoupledRequestId, Fault, Silent};
use pages::Approval;
use signin::page::{Page, see_other};

flow::input! {
    /// Ask for the page.
    #[derive(Clone, Debug)]
    pub struct RequestPath {
        /// The request.
        path "requestId" => request: String,
    }
}

/// Show what a client asks for.
#[derive(Clone)]
pub struct ShowRequest(Option<Box<Waiting>>);

impl Prepare<ShowRequest> for RequestPath {
    async fn prepare(self, prep: &Prep) -> Result<ShowRequest, Fault> {
        let user = prep.actor.user().cloned().ok_or_else(sessions::session_required)?;
        let id = DecoupledRequestId::from(self.request);
        Ok(ShowRequest(requests::find(prep, &user, &id).await?.map(Box::new)))
    }
}

impl Operation for ShowRequest {
    const ID: &'static str = "account.show_request";
    const SUMMARY: &'static str = "A request that waits for one's approval.";
    const ROUTE: Route = Route::get("/orgs/{org}/account/requests/{requestId}");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = RequestPath;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let Some(waiting) = self.0 else {
            // Decided, over, or somebody else's: the same to whoever looks.
            return Ok(Verdict::Done(see_other(format!("{}?result={STALE}", path(cx.org().slug(), None))), Silent));
        };
        let person = session(cx).await?;
        Ok(Verdict::Done(show(cx, 200, &waiting, &person).await?, Silent))
    }
}

/// The page, for whoever is signed in there.
pub(super) async fn show<M: Mode>(
    cx: &mut Cx<OneOrg, M>,
    status: u16,
    waiting: &Waiting,
    person: &Session,
) -> Result<Answer, Fault> {
    let account = users::load_user(&mut cx.tx, &person.user).await?.email;
    let page = Page::of(cx);
    let document = Approval {
        shell: page.shell(),
        form: page.form(&format!("account/requests/{}", waiting.id)),
        request: requests::as_shown(cx, waiting, page.words()).await?,
        is_too_weak: !waiting.stored.asked.is_met_by(&person.authentication.acr),
        account,
        back_url: path(cx.org().slug(), None),
    };
    Ok(page.show(status, document.html(), document.policy()))
}

/// Where requests are listed, or one of them is shown.
pub(super) fn path(slug: &str, request: Option<&DecoupledRequestId>) -> String {
    match request {
        Some(request) => format!("/orgs/{slug}/account/requests/{request}"),
        None => format!("/orgs/{slug}/account/requests"),
    }
}
