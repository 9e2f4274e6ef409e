//! Setting the code.

use super::{Coding, form};
use crate::account::proof::{self, Denied, Step};
use crate::account::show::{back, caller, news};
use crate::page::Page;
use flow::{Answer, Cx, OneOrg, Operation, Password, PasswordHash, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::users::{self, LONGEST_APPROVAL_CODE, SHORTEST_APPROVAL_CODE};
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
    step: Step<Result<PasswordHash, Unfit>>,
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
        let filled = match proof::fill(prep, self.csrf, self.current, (fields::APPROVAL_CODE, self.chosen)).await? {
            Ok(filled) => filled,
            Err(step) => return Ok(SetApprovalCode { step }),
        };
        let new = match (Password::parse(filled.current.expose()), fit(&filled.chosen)) {
            (Ok(current), Some(chosen)) if current.expose() == chosen.expose() => Err(Unfit::IsPassword),
            (_, Some(chosen)) if filled.is_right() => Ok(prep.hashing().hash(chosen, prep.rng()).await?),
            _ => Err(Unfit::Form),
        };
        Ok(SetApprovalCode { step: filled.with(new) })
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
        match self.step.settle(cx).await? {
            Err(denied) => refuse(cx, user, denied).await,
            Ok((_, Err(unfit))) => {
                let problem = unfit.problem(Page::of(cx).words());
                refuse(cx, user, Denied::unfit(problem)).await
            }
            Ok((_, Ok(hash))) => {
                users::set_approval_code(&mut cx.tx, &user, &hash, cx.now).await?;
                Ok(Verdict::Done(back(cx.org().slug(), news::APPROVAL_CODE_SAVED), Coding::Set { user }))
            }
        }
    }
}

async fn refuse(cx: &mut Cx<OneOrg, Writes>, user: UserId, denied: Denied) -> Result<Verdict<Answer, Coding>, Fault> {
    let Denied { status, problem, reason, locked } = denied;
    let answer = form(cx, status, Some(problem)).await?;
    Ok(Verdict::RefusedWith(answer, Coding::Refused { user, reason, locked }))
}
