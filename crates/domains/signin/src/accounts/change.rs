//! Another account becomes current, or one is signed out of.

use super::{Accounts, show};
use crate::farewell::{self, signed_out};
use crate::onward::Onward;
use crate::page::{Page, see_other};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::{browser, sessions};
use kernel::{Access, Fault, Secret, UserId};
use pages::Problem;

flow::input! {
    /// What choosing an account sends.
    #[derive(Clone, Debug)]
    pub struct SwitchForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The account.
        body "account" => account: UserId,
        /// Where to go with it: a path of this organization.
        body "continue" => continue_to: Option<String>,
    }
    /// What signing out of an account sends.
    #[derive(Clone, Debug)]
    pub struct SignOutAccountForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The account.
        body "account" => account: UserId,
        /// The authorization request that waits for a choice.
        body "transaction" => transaction: Option<String>,
        /// Where to go with the account that is chosen: a path of this organization.
        body "continue" => continue_to: Option<String>,
    }
}

kernel::events! {
    /// What changes among the accounts of a browser record.
    pub enum Changing {
        /// Another account of a browser became the one that acts.
        Switched = "users.switched_account", Info { about user: UserId };
        /// An account was chosen that is not signed in to any more, or by a form that isn't ours.
        Refused = "users.switch_refused", Info { public reason: &'static str };
        /// A person signed out.
        SignedOut = "users.signed_out", Info { about user: UserId };
    }
}

/// Make another account of this browser the one that acts.
#[derive(Clone, Debug)]
pub struct SwitchAccount {
    is_ours: bool,
    account: UserId,
    onward: Onward,
}

impl Prepare<SwitchAccount> for SwitchForm {
    async fn prepare(self, prep: &Prep) -> Result<SwitchAccount, Fault> {
        let onward = Onward::of(prep.organization()?.slug(), None, self.continue_to.as_deref());
        Ok(SwitchAccount { is_ours: is_ours(prep, self.csrf)?, account: self.account, onward })
    }
}

impl Operation for SwitchAccount {
    const ID: &'static str = "users.switch_account";
    const SUMMARY: &'static str = "Go on with another account of this browser.";
    const ROUTE: Route = Route::post("/orgs/{org}/accounts");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SwitchForm;
    type Output = Answer;
    type Event = Changing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Changing>, Fault> {
        let mut accounts = Accounts::of(cx).await?;
        if !self.is_ours {
            return again(cx, &accounts, &self.onward, "csrf").await;
        }
        let answer = see_other(self.onward.after_sign_in(cx.org().slug()));
        let switched = Changing::Switched { user: self.account.clone() };
        if accounts.current.as_ref().is_some_and(|session| session.user == self.account) {
            return Ok(Verdict::Done(answer, switched));
        }
        let Some(at) = accounts.kept.iter().position(|kept| kept.session.user == self.account) else {
            return again(cx, &accounts, &self.onward, "not_signed_in").await;
        };
        let (_, cookies) = sessions::switch(cx, accounts.kept.swap_remove(at)).await?;
        Ok(Verdict::Done(cookies.into_iter().fold(answer, Answer::cookie), switched))
    }
}

/// Sign out of one account of this browser.
#[derive(Clone, Debug)]
pub struct SignOutAccount {
    is_ours: bool,
    account: UserId,
    onward: Onward,
}

impl Prepare<SignOutAccount> for SignOutAccountForm {
    async fn prepare(self, prep: &Prep) -> Result<SignOutAccount, Fault> {
        let (waiting, path) = (self.transaction.as_deref(), self.continue_to.as_deref());
        let onward = Onward::of(prep.organization()?.slug(), waiting, path);
        Ok(SignOutAccount { is_ours: is_ours(prep, self.csrf)?, account: self.account, onward })
    }
}

impl Operation for SignOutAccount {
    const ID: &'static str = "users.sign_out_account";
    const SUMMARY: &'static str = "Sign out of one account of this browser.";
    const ROUTE: Route = Route::post("/orgs/{org}/accounts/signout");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SignOutAccountForm;
    type Output = Answer;
    type Event = Changing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Changing>, Fault> {
        let accounts = Accounts::of(cx).await?;
        if !self.is_ours {
            return again(cx, &accounts, &self.onward, "csrf").await;
        }
        let current = accounts.current.as_ref().filter(|session| session.user == self.account);
        let kept = accounts.kept.iter().find(|kept| kept.session.user == self.account);
        let (session, removal) = match (current, kept) {
            (Some(session), _) => (session, sessions::removal(cx.org()).to_vec()),
            (None, Some(kept)) => (&kept.session, vec![kept.removal(cx.org())]),
            (None, None) => return again(cx, &accounts, &self.onward, "not_signed_in").await,
        };
        let services = cx.services().clone();
        let frames = farewell::frames(&mut cx.tx, &services, session).await?;
        sessions::end(&mut cx.tx, &session.id, cx.now).await?;
        let onward = self.onward.to_accounts(cx.org().slug());
        let answer = if frames.is_empty() { see_other(onward) } else { signed_out(Page::of(cx), None, frames) };
        Ok(Verdict::Done(removal.into_iter().fold(answer, Answer::cookie), Changing::SignedOut { user: self.account }))
    }
}

fn is_ours(prep: &Prep, csrf: Option<Secret>) -> Result<bool, Fault> {
    Ok(browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf.unwrap_or_default()).is_ok())
}

/// The page once more, with the accounts there are now.
async fn again(
    cx: &mut Cx<OneOrg, Writes>,
    accounts: &Accounts,
    onward: &Onward,
    reason: &'static str,
) -> Result<Verdict<Answer, Changing>, Fault> {
    let answer = show::page(cx, accounts, onward, (403, Some(Problem::FormExpired))).await?;
    Ok(Verdict::RefusedWith(answer, Changing::Refused { reason }))
}
