//! The page that asks with which account to go on (`prompt=select_account`, OpenID Connect Core §3.1.2.1).

use super::Authorization;
use super::asked::{Waiting, waiting};
use super::deliver::{Outcome, WayBack};
use super::proceed::{Scene, cancel};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::{browser, sessions};
use kernel::{Access, Fault, Limit, Secret, Silent, UserId};
use oauth::interaction::{Decision, Reason};
use pages::fields::CANCEL;
use signin::accounts::Accounts;
use signin::page::{self, Page, see_other};
use signin::transaction;

flow::input! {
    /// Ask for the page.
    #[derive(Clone, Debug)]
    pub struct AccountsQuery {
        /// The handle of the request that waits.
        query "transaction" => handle: String,
    }

    /// What the page sends.
    #[derive(Clone, Debug)]
    pub struct AccountForm {
        /// Against forgery.
        body "csrf" => csrf: Secret,
        /// The handle of the request that waits.
        body "transaction" => handle: String,
        /// The account to go on with.
        body "account" => account: Option<UserId>,
        /// `cancel` to call the sign-in off.
        body "decision" => decision: Option<Text<0, 16>>,
    }
}

/// Show the accounts of this browser.
#[derive(Clone)]
pub struct ShowAccounts(Box<Waiting>);

impl Prepare<ShowAccounts> for AccountsQuery {
    async fn prepare(self, prep: &Prep) -> Result<ShowAccounts, Fault> {
        Ok(ShowAccounts(Box::new(waiting(prep, &self.handle).await?)))
    }
}

impl Operation for ShowAccounts {
    const ID: &'static str = "oauth.show_accounts";
    const SUMMARY: &'static str = "The page that asks with which account to go on.";
    const ROUTE: Route = Route::get("/orgs/{org}/choose-account");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = AccountsQuery;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let waiting = self.0;
        let slug = cx.org().slug().to_owned();
        let accounts = Accounts::of(cx).await?;
        let may_choose = match Scene::of(&waiting).decide(cx, accounts.current.as_ref()).await? {
            Decision::SignIn(Reason::ChooseAccount) => true,
            // Nobody is current, or somebody is about to consent who may be another one, too.
            Decision::SignIn(Reason::NoSession) | Decision::Consent { .. } => !accounts.kept.is_empty(),
            _ => false,
        };
        if !may_choose {
            // Whatever else is due, the authorization endpoint knows.
            return Ok(Verdict::Done(see_other(transaction::resume_path(&slug, &waiting.handle)), Silent));
        }
        let known = accounts.known(cx).await?;
        let page = Page::new(cx.services(), cx.org(), &cx.request, waiting.display.ui_locales.as_deref());
        let mut form = page.form("choose-account");
        form.hidden = vec![("transaction".to_owned(), waiting.handle.clone())];
        let document = pages::ChooseAccount {
            shell: page.shell(),
            form,
            client: Some(page::client(&waiting.display)),
            accounts: known,
            other_url: transaction::other_account_path(&slug, &waiting.handle),
            sign_out_url: page.path("accounts/signout"),
        };
        let (html, policy) = (document.html(), document.policy());
        Ok(Verdict::Done(page.show(200, html, policy), Silent))
    }
}

/// The person's choice.
#[derive(Clone)]
pub struct ChooseAccount {
    waiting: Box<Waiting>,
    back: WayBack,
    /// `None`: they called the sign-in off.
    account: Option<UserId>,
}

impl Prepare<ChooseAccount> for AccountForm {
    async fn prepare(self, prep: &Prep) -> Result<ChooseAccount, Fault> {
        browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &self.csrf)?;
        let account = match (self.account, self.decision) {
            (Some(account), None) => Some(account),
            (None, Some(decision)) if decision.as_str() == CANCEL => None,
            _ => return Err(Fault::invalid("invalid_request", "Please choose one account, or cancel.")),
        };
        let waiting = waiting(prep, &self.handle).await?;
        let back = WayBack::of(prep, waiting.client.clone(), &waiting.request).await?;
        Ok(ChooseAccount { waiting: Box::new(waiting), back, account })
    }
}

impl Operation for ChooseAccount {
    const ID: &'static str = "oauth.choose_account";
    const SUMMARY: &'static str = "Choose the account to go on with.";
    const ROUTE: Route = Route::post("/orgs/{org}/choose-account");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Standard;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = AccountForm;
    type Output = Outcome;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let Some(account) = self.account else { return cancel(cx, &self.back, &self.waiting).await };
        let accounts = Accounts::of(cx).await?;
        let onward = see_other(transaction::resume_path(cx.org().slug(), &self.waiting.handle));
        let client = self.waiting.client.id().clone();
        let current = accounts.current.filter(|session| session.user == account);
        let (session, cookies) = match (current, accounts.kept.into_iter().find(|kept| kept.session.user == account)) {
            (Some(session), _) => (session, Vec::new()),
            (None, Some(kept)) => sessions::switch(cx, kept).await?,
            // They are signed in no more: the page comes again, with the accounts there are.
            (None, None) => {
                let event = Authorization::Waiting { client, step: "choose_account" };
                return Ok(Verdict::Done(Outcome::Onward(onward), event));
            }
        };
        transaction::note_choice(&mut cx.tx, &self.waiting.id, &session.id).await?;
        let event = Authorization::AccountChosen { client, subject: account, by: "person" };
        Ok(Verdict::Done(Outcome::Onward(onward.cookie(cookies)), event))
    }
}
