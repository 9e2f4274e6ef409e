//! The sign-in form, sent.

use super::SigningIn;
use super::show::waiting;
use super::view::View;
use crate::entrance::{self, Settled, SomebodyElse, Tried};
use crate::onward::{OTHER, Onward};
use crate::page::see_other;
use crate::recovery::renewal;
use crate::transaction::{self, Transaction};
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::browser;
use kernel::{Access, Fault, Limit, Secret};
use pages::{Problem, fields};

flow::input! {
    /// What the sign-in form sends.
    #[derive(Clone, Debug)]
    pub struct SignInForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// Email address or username.
        body "identifier" => identifier: Option<Text<1, 254>>,
        /// The password.
        body "password" => password: Option<Secret>,
        /// `1` to stay signed in.
        body "remember" => remember: Option<Text<0, 8>>,
        /// `cancel` to call the sign-in off.
        body "decision" => decision: Option<Text<0, 16>>,
        /// The authorization request that waits for the person.
        body "transaction" => transaction: Option<String>,
        /// Where to go afterwards: a path of this organization.
        body "continue" => continue_to: Option<String>,
        /// `other`: beside the account that is signed in, which stays.
        body "account" => account: Option<Text<0, 16>>,
    }
}

/// Sign in with a password.
#[derive(Clone, Debug)]
pub struct SignIn {
    step: Step,
    identifier: String,
    is_remembered: bool,
    wants_another: bool,
    onward: Onward,
}

#[derive(Clone, Debug)]
enum Step {
    /// The form is not one of this browser, or was open for too long.
    Stale,
    Cancelled,
    /// This field was left empty.
    Incomplete(&'static str),
    Tried(Box<Tried>),
}

impl Prepare<SignIn> for SignInForm {
    async fn prepare(self, prep: &Prep) -> Result<SignIn, Fault> {
        let org = prep.organization()?;
        let onward = Onward::of(org.slug(), self.transaction.as_deref(), self.continue_to.as_deref());
        let is_ours = browser::check_csrf(prep.services(), org, &prep.request, &self.csrf.unwrap_or_default()).is_ok();
        let identifier = self.identifier.map(Text::into_string).unwrap_or_default().trim().to_owned();
        let password = self.password.filter(|password| !password.expose().is_empty());
        let step = match password {
            _ if !is_ours => Step::Stale,
            _ if self.decision.is_some_and(|decision| decision.as_str() == fields::CANCEL) => Step::Cancelled,
            _ if identifier.is_empty() => Step::Incomplete(fields::IDENTIFIER),
            None => Step::Incomplete(fields::PASSWORD),
            Some(password) => Step::Tried(Box::new(Tried::by_login(prep, &identifier, &password).await?)),
        };
        // What another site put into a form is not shown as if the person had typed it.
        let identifier = if is_ours { identifier } else { String::new() };
        let is_remembered = self.remember.is_some_and(|value| value.as_str() == "1");
        let wants_another = self.account.is_some_and(|account| account.as_str() == OTHER);
        Ok(SignIn { step, identifier, is_remembered, wants_another, onward })
    }
}

impl Operation for SignIn {
    const ID: &'static str = "users.sign_in";
    const SUMMARY: &'static str = "Sign in with a password.";
    const ROUTE: Route = Route::post("/orgs/{org}/signin");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/login")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SignInForm;
    type Output = Answer;
    type Event = SigningIn;

    async fn run(mut self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, SigningIn>, Fault> {
        let waiting = waiting(cx, &self.onward).await?;
        let step = std::mem::replace(&mut self.step, Step::Stale);
        let tried = match step {
            Step::Stale => return Ok(self.again(cx, waiting.as_ref(), (403, Problem::FormExpired), SigningIn::unusable("csrf"))),
            Step::Incomplete(field) => {
                return Ok(self.again(cx, waiting.as_ref(), (400, Problem::Missing(field)), SigningIn::unusable("incomplete")));
            }
            Step::Cancelled => {
                return Ok(Verdict::Done(see_other(self.onward.after_cancel(cx.org().slug())), SigningIn::Cancelled));
            }
            Step::Tried(tried) => tried,
        };
        match tried.settle(cx).await? {
            Settled::Accepted(user) if renewal::is_due(cx.services(), cx.org(), &user, cx.now) => {
                let page = renewal::page(cx, &user, &self.onward).await?;
                Ok(Verdict::RefusedWith(see_other(page), SigningIn::too_old(user.id)))
            }
            Settled::Accepted(user) => {
                let somebody_else = if self.wants_another { SomebodyElse::Stays } else { SomebodyElse::SignsOut };
                let (session, cookies) = entrance::enter(cx, &user, self.is_remembered, somebody_else).await?;
                if let Some(waiting) = &waiting {
                    transaction::note_session(&mut cx.tx, &waiting.id, &session.id).await?;
                }
                let answer = see_other(self.onward.after_sign_in(cx.org().slug()));
                let event = SigningIn::SignedIn {
                    user: user.id,
                    client: waiting.map(|waiting| waiting.client_id),
                    is_remembered: self.is_remembered,
                };
                Ok(Verdict::Done(cookies.into_iter().fold(answer, Answer::cookie), event))
            }
            Settled::Refused(refusal) => {
                Ok(self.again(cx, waiting.as_ref(), (401, Problem::WrongCredentials), SigningIn::refused(refusal)))
            }
            Settled::Locked(fault) => Ok(self.locked(cx, waiting.as_ref(), &fault)),
        }
    }
}

impl SignIn {
    /// The page once more, with what was typed but for the password.
    fn again(
        self,
        cx: &Cx<OneOrg, Writes>,
        waiting: Option<&Transaction>,
        (status, problem): (u16, Problem),
        event: SigningIn,
    ) -> Verdict<Answer, SigningIn> {
        let view = View {
            onward: self.onward,
            display: waiting.map(|waiting| &waiting.display),
            identifier: self.identifier,
            is_remembered: self.is_remembered,
            wants_another: self.wants_another,
            problem: Some(problem),
            notice: None,
        };
        Verdict::RefusedWith(view.answer(cx, status), event)
    }

    fn locked(self, cx: &Cx<OneOrg, Writes>, waiting: Option<&Transaction>, fault: &Fault) -> Verdict<Answer, SigningIn> {
        let seconds = fault.retry_after.unwrap_or(60);
        let problem = Problem::TooManyTries(seconds.div_ceil(60));
        let verdict = self.again(cx, waiting, (429, problem), SigningIn::unusable("locked"));
        match verdict {
            Verdict::RefusedWith(answer, event) => Verdict::RefusedWith(answer.header("retry-after", seconds.to_string()), event),
            other => other,
        }
    }
}
