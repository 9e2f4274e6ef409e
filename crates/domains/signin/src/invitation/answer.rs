//! An invitation, accepted or declined.

use super::view::{gone, invitation, sign_in_path};
use super::{Answering, accept, find};
use crate::page::{Page, see_other};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::invitations::{Offer, claim_invitation};
use identity::users::User;
use identity::{browser, sessions, users};
use kernel::{Access, Fault, Limit, Secret, Silent};
use pages::{InvitationDeclined, Problem, fields};

flow::input! {
    /// What the buttons below an invitation send.
    #[derive(Clone, Debug)]
    pub struct AnswerForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The token of the link.
        body "token" => token: Option<Secret>,
        /// `accept`, `decline`, or `switch` to sign in with another account.
        body "decision" => decision: Option<Text<0, 16>>,
    }
    /// Say that an invitation was declined.
    #[derive(Clone, Debug)]
    pub struct DeclinedInvitation {}
}

/// Answer an invitation.
#[derive(Clone, Debug)]
pub struct AnswerInvitation {
    is_ours: bool,
    token: Secret,
    decision: Option<Text<0, 16>>,
}

impl Prepare<AnswerInvitation> for AnswerForm {
    async fn prepare(self, prep: &Prep) -> Result<AnswerInvitation, Fault> {
        let csrf = self.csrf.unwrap_or_default();
        let is_ours = browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf).is_ok();
        Ok(AnswerInvitation { is_ours, token: self.token.unwrap_or_default(), decision: self.decision })
    }
}

impl Operation for AnswerInvitation {
    const ID: &'static str = "companies.answer_invitation";
    const SUMMARY: &'static str = "Accept or decline an invitation.";
    const ROUTE: Route = Route::post("/orgs/{org}/invitation");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = AnswerForm;
    type Output = Answer;
    type Event = Answering;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Answering>, Fault> {
        let Some(offer) = find(cx, &self.token).await? else { return Ok(ended(cx)) };
        let person = match cx.actor.user().cloned() {
            Some(user) => users::find_user(&mut cx.tx, &user).await?,
            None => None,
        };
        let refuse = |cx: &Cx<OneOrg, Writes>, problem, reason| {
            let answer = invitation(cx, &self.token, &offer, person.as_ref(), Some(problem));
            Ok(Verdict::RefusedWith(answer, Answering::Refused { reason }))
        };
        if !self.is_ours {
            return refuse(cx, Problem::FormExpired, "csrf");
        }
        match self.decision.as_ref().map(Text::as_str) {
            Some(fields::ACCEPT) => match person.as_ref().filter(|user| offer.is_for(&user.email)) {
                Some(user) => join(cx, &offer, user).await,
                None => refuse(cx, Problem::FormExpired, "other_address"),
            },
            Some(fields::DECLINE) => decline(cx, &offer).await,
            Some(fields::SWITCH) => switch(cx, &self.token, &offer).await,
            _ => refuse(cx, Problem::FormExpired, "incomplete"),
        }
    }
}

async fn join(cx: &mut Cx<OneOrg, Writes>, offer: &Offer, user: &User) -> Result<Verdict<Answer, Answering>, Fault> {
    let Some(event) = accept(cx, offer, user).await? else { return Ok(ended(cx)) };
    let answer = see_other(Page::of(cx).path("account?notice=joined"));
    Ok(Verdict::Done(answer, event))
}

async fn decline(cx: &mut Cx<OneOrg, Writes>, offer: &Offer) -> Result<Verdict<Answer, Answering>, Fault> {
    if !claim_invitation(&mut cx.tx, offer.number, "declined", cx.now).await? {
        return Ok(ended(cx));
    }
    let answer = see_other(Page::of(cx).path("invitation/declined"));
    let invitation = offer.number;
    let event = match offer.company_id.clone() {
        Some(company) => Answering::Declined { company, invitation },
        None => Answering::Refrained { invitation },
    };
    Ok(Verdict::Done(answer, event))
}

/// Whoever is signed in with another address signs out first, and comes back with the right one.
async fn switch(cx: &mut Cx<OneOrg, Writes>, token: &Secret, offer: &Offer) -> Result<Verdict<Answer, Answering>, Fault> {
    if let Some(session) = cx.actor.session().cloned() {
        sessions::end(&mut cx.tx, &session, cx.now).await?;
    }
    let answer = see_other(sign_in_path(cx.org().slug(), token)).cookie(sessions::removal(cx.org()));
    let invitation = offer.number;
    let event = match offer.company_id.clone() {
        Some(company) => Answering::Switched { company, invitation },
        None => Answering::Changed { invitation },
    };
    Ok(Verdict::Done(answer, event))
}

fn ended(cx: &Cx<OneOrg, Writes>) -> Verdict<Answer, Answering> {
    Verdict::RefusedWith(gone(cx), Answering::Refused { reason: "expired" })
}

impl Operation for DeclinedInvitation {
    const ID: &'static str = "companies.show_declined_invitation";
    const SUMMARY: &'static str = "The page after an invitation was declined.";
    const ROUTE: Route = Route::get("/orgs/{org}/invitation/declined");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let page = Page::of(cx);
        let document = InvitationDeclined { shell: page.shell() };
        Ok(Verdict::Done(page.show(200, document.html(), document.policy()), Silent))
    }
}
