//! Setting the code.

use super::{Coding, form};
use crate::account::show::{back, caller, news};
use crate::entrance::{Settled, Tried};
use crate::page::Page;
use flow::{Answer, Cx, OneOrg, Operation, Password, PasswordHash, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::users::{self, LONGEST_APPROVAL_CODE, SHORTEST_APPROVAL_CODE};
use identity::{browser, sessions};
use kernel::{Access, Fault, Limit, Secret, UserId};
use pages::{Problem, Words, fields};

flow::input! {
    /// What the form to set the code sends.
    #[derive(Clone, Debug)]
    pub struct CodeForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The password.
        body "current_password" => current: Option<Secret>,
        /// The new code.
        body "approval_code" => chosen: Option<Secret>,
    }
}

/// Set the code.
#[derive(Clone, Debug)]
pub struct SetApprovalCode {
    step: Step,
}

#[derive(Clone, Debug)]
enum Step {
    Stale,
    Incomplete(&'static str),
    Tried { tried: Box<Tried>, new: Result<PasswordHash, Unfit> },
}

/// What a code can't be.
#[derive(Clone, Copy, Debug)]
enum Unfit {
    Form,
    /// It is typed at other services, so the password must not be.
    IsPassword,
}

impl Unfit {
    fn problem(self, words: &Words) -> Problem {
        Problem::Said(
            match self {
                Self::Form => words.approval.code_unfit,
                Self::IsPassword => words.approval.code_is_password,
            }
            .to_owned(),
        )
    }
}

impl Prepare<SetApprovalCode> for CodeForm {
    async fn prepare(self, prep: &Prep) -> Result<SetApprovalCode, Fault> {
        let csrf = self.csrf.unwrap_or_default();
        if browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf).is_err() {
            return Ok(SetApprovalCode { step: Step::Stale });
        }
        let filled = |secret: Option<Secret>| secret.filter(|secret| !secret.expose().is_empty());
        let Some(current) = filled(self.current) else {
            return Ok(SetApprovalCode { step: Step::Incomplete(fields::CURRENT_PASSWORD) });
        };
        let Some(chosen) = filled(self.chosen) else {
            return Ok(SetApprovalCode { step: Step::Incomplete(fields::APPROVAL_CODE) });
        };
        let id = prep.actor.user().cloned().ok_or_else(sessions::session_required)?;
        let tried = Box::new(Tried::of_user(prep, &id, &current).await?);
        let new = match (Password::parse(current.expose()), fit(&chosen)) {
            (Ok(current), Some(chosen)) if current.expose() == chosen.expose() => Err(Unfit::IsPassword),
            // Costs a hash, so only for somebody who knew the password.
            (_, Some(chosen)) if tried.is_right() => Ok(prep.hashing().hash(chosen, prep.rng()).await?),
            _ => Err(Unfit::Form),
        };
        Ok(SetApprovalCode { step: Step::Tried { tried, new } })
    }
}

fn fit(chosen: &Secret) -> Option<Password> {
    let chosen = Password::parse(chosen.expose()).ok()?;
    (SHORTEST_APPROVAL_CODE..=LONGEST_APPROVAL_CODE).contains(&chosen.length()).then_some(chosen)
}

impl Operation for SetApprovalCode {
    const ID: &'static str = "account.set_approval_code";
    const SUMMARY: &'static str = "Set the code by which services may ask for one's approval.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/approval-code");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = CodeForm;
    type Output = Answer;
    type Event = Coding;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Coding>, Fault> {
        let (user, _) = caller(cx)?;
        let (tried, new) = match self.step {
            Step::Stale => return refuse(cx, user, (403, Problem::FormExpired), ("csrf", false)).await,
            Step::Incomplete(field) => return refuse(cx, user, (400, Problem::Missing(field)), ("incomplete", false)).await,
            Step::Tried { tried, new } => (tried, new),
        };
        match tried.settle(cx).await? {
            Settled::Refused(refusal) => {
                refuse(cx, user, (401, Problem::PasswordWrong), (refusal.reason, refusal.has_locked)).await
            }
            Settled::Locked(fault) => {
                let minutes = fault.retry_after.unwrap_or(60).div_ceil(60);
                refuse(cx, user, (429, Problem::TooManyTries(minutes)), ("locked", false)).await
            }
            Settled::Accepted(_) => match new {
                Err(unfit) => {
                    let problem = unfit.problem(Page::of(cx).words());
                    refuse(cx, user, (400, problem), ("unfit", false)).await
                }
                Ok(hash) => {
                    users::set_approval_code(&mut cx.tx, &user, &hash, cx.now).await?;
                    Ok(Verdict::Done(back(cx.org().slug(), news::APPROVAL_CODE_SAVED), Coding::Set { user }))
                }
            },
        }
    }
}

async fn refuse(
    cx: &mut Cx<OneOrg, Writes>,
    user: UserId,
    (status, problem): (u16, Problem),
    (reason, locked): (&'static str, bool),
) -> Result<Verdict<Answer, Coding>, Fault> {
    let answer = form(cx, status, Some(problem)).await?;
    Ok(Verdict::RefusedWith(answer, Coding::Refused { user, reason, locked }))
}
