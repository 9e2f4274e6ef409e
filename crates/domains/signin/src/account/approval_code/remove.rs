//! Removing the code.

use super::Coding;
use crate::account::check;
use crate::account::show::{back, caller, news};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::users;
use kernel::{Access, Fault, Secret};

flow::input! {
    /// What the button to remove the code sends.
    #[derive(Clone, Debug)]
    pub struct RemovalForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
    }
}

/// Remove the code. It takes no password: without a code, whoever needs one asks in vain.
#[derive(Clone, Copy, Debug)]
pub struct RemoveApprovalCode;

impl Prepare<RemoveApprovalCode> for RemovalForm {
    async fn prepare(self, prep: &Prep) -> Result<RemoveApprovalCode, Fault> {
        check(prep, self.csrf)?;
        Ok(RemoveApprovalCode)
    }
}

impl Operation for RemoveApprovalCode {
    const ID: &'static str = "account.remove_approval_code";
    const SUMMARY: &'static str = "Remove the code by which services may ask for one's approval.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/approval-code/remove");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = RemovalForm;
    type Output = Answer;
    type Event = Coding;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Coding>, Fault> {
        let (user, _) = caller(cx)?;
        let was_there = users::remove_approval_code(&mut cx.tx, &user).await?;
        let answer = back(cx.org().slug(), news::APPROVAL_CODE_REMOVED);
        Ok(Verdict::Done(answer, Coding::Removed { user, was_there }))
    }
}
