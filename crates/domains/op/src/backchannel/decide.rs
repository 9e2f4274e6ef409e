//! A person's decision about a request.

use super::list::{APPROVED, DENIED, STALE};
use super::question::{self, path};
use super::requests::{self, Waiting};
use super::{Backchannel, notify};
use crate::consents;
use crate::decoupled::{approve, deny, granted, session};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::{browser, sessions};
use kernel::{Access, DecoupledRequestId, Fault, Secret};
use pages::fields::{ALLOW, DENY};
use signin::page::see_other;

flow::input! {
    /// What the page of a request sends.
    #[derive(Clone, Debug)]
    pub struct DecisionForm {
        /// The request.
        path "requestId" => request: String,
        /// Against forgery.
        body "csrf" => csrf: Secret,
        /// `allow` or `deny`.
        body "decision" => decision: Text<1, 16>,
    }
}

/// Approve or refuse what a client asks for.
#[derive(Clone)]
pub struct DecideRequest {
    waiting: Box<Waiting>,
    is_allowed: bool,
}

impl Prepare<DecideRequest> for DecisionForm {
    async fn prepare(self, prep: &Prep) -> Result<DecideRequest, Fault> {
        browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &self.csrf)?;
        let is_allowed = match self.decision.as_str() {
            ALLOW => true,
            DENY => false,
            _ => return Err(Fault::invalid("invalid_request", "The decision must be allow or deny.")),
        };
        let user = prep.actor.user().cloned().ok_or_else(sessions::session_required)?;
        let waiting = requests::find(prep, &user, &DecoupledRequestId::from(self.request)).await?;
        let gone = || Fault::not_found("backchannel_requests.not_found", "This request was decided before, or its time is over.");
        Ok(DecideRequest { waiting: Box::new(waiting.ok_or_else(gone)?), is_allowed })
    }
}

impl Operation for DecideRequest {
    const ID: &'static str = "account.decide_request";
    const SUMMARY: &'static str = "Approve or refuse what a client asks for.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/requests/{requestId}");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = DecisionForm;
    type Output = Answer;
    type Event = Backchannel;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Backchannel>, Fault> {
        let Self { waiting, is_allowed } = self;
        let person = session(cx).await?;
        let (client, subject) = (waiting.client.id().clone(), person.user.clone());
        if is_allowed && !waiting.stored.asked.is_met_by(&person.authentication.acr) {
            let answer = question::show(cx, 403, &waiting, &person).await?;
            return Ok(Verdict::RefusedWith(answer, Backchannel::TooWeak { client, subject }));
        }
        let decided = if is_allowed {
            let grant = granted(&waiting.stored.asked, &waiting.client, &person);
            match approve(cx, &waiting.id, &grant, &person).await? {
                Some(family) => {
                    consents::remember(&mut cx.tx, &person.user, &client, &grant.scopes, cx.now).await?;
                    let (client, subject) = (client.clone(), subject.clone());
                    let (scopes, authorization_details_types) = (grant.scopes, waiting.stored.asked.detail_types());
                    Some((APPROVED, Backchannel::Approved { client, subject, scopes, authorization_details_types, family }))
                }
                None => None,
            }
        } else {
            let event = Backchannel::Denied { client: client.clone(), subject: subject.clone() };
            deny(cx, &waiting.id, &person.user).await?.then_some((DENIED, event))
        };
        let Some((result, event)) = decided else {
            let answer = see_other(format!("{}?result={STALE}", path(cx.org().slug(), None)));
            return Ok(Verdict::RefusedWith(answer, Backchannel::Stale { client, subject }));
        };
        notify::queue(cx, &waiting).await?;
        Ok(Verdict::Done(see_other(format!("{}?result={result}", path(cx.org().slug(), None))), event))
    }
}
