//! The sign-in page, asked for.

use super::view::View;
use crate::links::expired;
use crate::onward::{OTHER, Onward};
use crate::page::see_other;
use crate::transaction::{self, Transaction};
use flow::{Answer, Cx, Mode, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use identity::{sessions, users};
use kernel::{Access, Fault, Silent};
use pages::Notice;

flow::input! {
    /// Show where to sign in.
    #[derive(Clone, Debug)]
    pub struct ShowSignIn {
        /// The authorization request that waits for the person.
        query "transaction" => transaction: Option<String>,
        /// Where to go afterwards: a path of this organization.
        query "continue" => continue_to: Option<String>,
        /// Good news from the page before: `password_saved`.
        query "notice" => notice: Option<Text<0, 64>>,
        /// `other`: somebody who is signed in wants to use another account; `again`: what they want takes a more recent sign-in.
        query "account" => account: Option<Text<0, 16>>,
    }
}

impl Operation for ShowSignIn {
    const ID: &'static str = "users.show_sign_in";
    const SUMMARY: &'static str = "The sign-in page.";
    const ROUTE: Route = Route::get("/orgs/{org}/signin");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/login")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let onward = Onward::of(cx.org().slug(), self.transaction.as_deref(), self.continue_to.as_deref());
        let waiting = waiting(cx, &onward).await?;
        let says = |wanted: &str| self.account.as_ref().is_some_and(|account| account.as_str() == wanted);
        let wants_another = says(OTHER);
        let signed_in = match cx.actor.user() {
            Some(user) => Some(users::load_user(&mut cx.tx, user).await?),
            None => None,
        };
        // A waiting request, or a rule of the console's, sends people here who are signed in only if it wants them to prove it again.
        if waiting.is_none() && !wants_another && !says("again") {
            if signed_in.is_some() {
                return Ok(Verdict::Done(see_other(onward.after_sign_in(cx.org().slug())), Silent));
            }
            if self.notice.is_none() && !sessions::list_kept(cx).await?.is_empty() {
                return Ok(Verdict::Done(see_other(onward.carried_to(cx.org().slug(), "accounts")), Silent));
            }
        }
        let display = waiting.as_ref().map(|waiting| &waiting.display);
        let hint = display.and_then(|display| display.login_hint.clone());
        let again = signed_in.filter(|_| !wants_another);
        let said = self.notice.filter(|notice| notice.as_str() == "password_saved").map(|_| Notice::PasswordSaved);
        let view = View {
            notice: if again.is_some() { Some(Notice::SignInAgain) } else { said },
            identifier: hint.or_else(|| again.map(|user| user.email)).unwrap_or_default(),
            display,
            wants_another,
            onward,
            ..View::default()
        };
        Ok(Verdict::Done(view.answer(cx, 200), Silent))
    }
}

/// The authorization request that waits, if one was named.
///
/// # Errors
/// 410 if it was answered meanwhile or its time is over.
pub(crate) async fn waiting<M: Mode>(cx: &mut Cx<OneOrg, M>, onward: &Onward) -> Result<Option<Transaction>, Fault> {
    let services = cx.services().clone();
    match onward.transaction() {
        Some(handle) => transaction::find(&mut cx.tx, &services, handle, cx.now).await?.ok_or_else(expired).map(Some),
        None => Ok(None),
    }
}
