//! The code by which services may ask for one's approval (CIBA Core §7.1, `user_code`): set with the password, removed without.

mod remove;
mod set;

pub use remove::{RemovalForm, RemoveApprovalCode};
pub use set::{CodeForm, SetApprovalCode};

use super::show::caller;
use crate::page::Page;
use flow::{Answer, Cx, Mode, OneOrg, Operation, Reads, Route, Surface, Verdict};
use identity::users;
use kernel::{Access, Fault, Silent, UserId};
use pages::Problem;

flow::input! {
    /// Show where to set the code.
    #[derive(Clone, Debug)]
    pub struct ShowApprovalCode {}
}

impl Operation for ShowApprovalCode {
    const ID: &'static str = "account.show_approval_code";
    const SUMMARY: &'static str = "The page to set the code by which services may ask for one's approval.";
    const ROUTE: Route = Route::get("/orgs/{org}/account/approval-code");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/account/approval-code/remove")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        Ok(Verdict::Done(form(cx, 200, None).await?, Silent))
    }
}

kernel::events! {
    /// What setting the code records.
    pub enum Coding {
        /// A person set the code by which services may ask for their approval.
        Set = "users.approval_code_set", Info { about user: UserId };
        /// A person removed the code by which services may ask for their approval.
        Removed = "users.approval_code_removed", Info { about user: UserId, public was_there: bool };
        /// A code by which services may ask for a person's approval was not set.
        Refused = "users.approval_code_refused", Warning { about user: UserId, public reason: &'static str, public locked: bool };
    }
}

async fn form<M: Mode>(cx: &mut Cx<OneOrg, M>, status: u16, problem: Option<Problem>) -> Result<Answer, Fault> {
    let (user, _) = caller(cx)?;
    let set_at = users::find_approval_code(&mut cx.tx, &user).await?.map(|(_, set_at)| set_at);
    let account = users::load_user(&mut cx.tx, &user).await?.email;
    let page = Page::of(cx);
    let mut form = page.form("account/approval-code");
    form.problem = problem;
    let document = pages::ApprovalCode {
        shell: page.shell(),
        form,
        account,
        set_at,
        remove: page.form("account/approval-code/remove"),
        back_url: page.path("account"),
    };
    Ok(page.show(status, document.html(), document.policy()))
}
