//! The page that asks with which account to go on (`prompt=select_account`, OpenID Connect Core §3.1.2.1).

use super::Authorization;
use super::asked::{Waiting, waiting};
use super::deliver::{Outcome, WayBack};
use super::proceed::{Scene, cancel, session};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::{browser, users};
use kernel::{Access, Fault, Limit, Secret, Silent, UserId};
use oauth::interaction::{Decision, Reason};
use pages::KnownAccount;
use pages::fields::CANCEL;
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
        let session = session(cx).await?;
        let decision = Scene::of(&waiting).decide(cx, session.as_ref()).await?;
        let (Decision::SignIn(Reason::ChooseAccount), Some(session)) = (decision, session) else {
            // Whatever else is due, the authorization endpoint knows.
            return Ok(Verdict::Done(see_other(transaction::resume_path(&slug, &waiting.handle)), Silent));
        };
        let user = users::load_user(&mut cx.tx, &session.user).await?;
        let page = Page::new(cx.services(), cx.org(), &cx.request, waiting.display.ui_locales.as_deref());
        let mut form = page.form("choose-account");
        form.hidden = vec![("transaction".to_owned(), waiting.handle.clone())];
        let document = pages::ChooseAccount {
            shell: page.shell(),
            form,
            client: page::client(&waiting.display),
            accounts: vec![KnownAccount { id: user.id.to_string(), name: user.name, login: user.email }],
            other_url: transaction::other_account_path(&slug, &waiting.handle),
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
        // Somebody else may be signed in by now: then the page comes again, with their account.
        let step = match session(cx).await?.filter(|session| session.user == account) {
            Some(session) => {
                transaction::note_choice(&mut cx.tx, &self.waiting.id, &session.id).await?;
                "account_chosen"
            }
            None => "choose_account",
        };
        let path = transaction::resume_path(cx.org().slug(), &self.waiting.handle);
        let event = Authorization::Waiting { client: self.waiting.client.id().clone(), step };
        Ok(Verdict::Done(Outcome::Onward(see_other(path)), event))
    }
}
