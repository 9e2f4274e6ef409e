//! The page with the accounts of the browser.

use super::Accounts;
use crate::onward::Onward;
use crate::page::{Page, see_other};
use flow::{Answer, Cx, Mode, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};
use pages::{ChooseAccount, Problem};

flow::input! {
    /// Show the accounts of this browser.
    #[derive(Clone, Debug)]
    pub struct ShowAccounts {
        /// Where to go with the account that is chosen: a path of this organization.
        query "continue" => continue_to: Option<String>,
    }
}

impl Operation for ShowAccounts {
    const ID: &'static str = "users.show_accounts";
    const SUMMARY: &'static str = "The accounts that are signed in to in this browser.";
    const ROUTE: Route = Route::get("/orgs/{org}/accounts");
    // Whose form of this page came to nothing returns to it by GET.
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/accounts/signout")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let onward = Onward::of(cx.org().slug(), None, self.continue_to.as_deref());
        let accounts = Accounts::of(cx).await?;
        Ok(Verdict::Done(page(cx, &accounts, &onward, (200, None)).await?, Silent))
    }
}

/// The page, or the one to sign in on where nobody is signed in.
pub(super) async fn page<M: Mode>(
    cx: &mut Cx<OneOrg, M>,
    accounts: &Accounts,
    onward: &Onward,
    (status, problem): (u16, Option<Problem>),
) -> Result<Answer, Fault> {
    let known = accounts.known(cx).await?;
    let slug = cx.org().slug();
    if known.is_empty() {
        return Ok(see_other(onward.carried_to(slug, "signin")));
    }
    let page = Page::of(cx);
    let mut form = page.form("accounts");
    form.hidden = onward.hidden();
    form.problem = problem;
    let document = ChooseAccount {
        shell: page.shell(),
        form,
        client: None,
        accounts: known,
        other_url: onward.to_another_account(slug),
        sign_out_url: page.path("accounts/signout"),
    };
    let (html, policy) = (document.html(), document.policy());
    Ok(page.show(status, html, policy))
}
