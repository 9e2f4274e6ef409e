//! Asking for a link. The answer is the same for every address, and takes the same time: who has an account is looked up after it.

use crate::onward::Onward;
use crate::page::Page;
use crate::register::{Wanted, check_mail, write_again};
use flow::{Answer, Cx, Mode, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::browser;
use identity::users::Email;
use kernel::{Access, Fault, Limit, Secret, Silent};
use pages::{MailPurpose, Problem};

flow::input! {
    /// Show where to ask for a link.
    #[derive(Clone, Debug)]
    pub struct ShowForgotPassword {
        /// The authorization request that waits for the person.
        query "transaction" => transaction: Option<String>,
        /// Where to go afterwards: a path of this organization.
        query "continue" => continue_to: Option<String>,
    }
}

impl Operation for ShowForgotPassword {
    const ID: &'static str = "users.show_forgotten_password";
    const SUMMARY: &'static str = "The page for a forgotten password.";
    const ROUTE: Route = Route::get("/orgs/{org}/forgot-password");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let onward = Onward::of(cx.org().slug(), self.transaction.as_deref(), self.continue_to.as_deref());
        Ok(Verdict::Done(form(cx, &onward, String::new(), None), Silent))
    }
}

flow::input! {
    /// What the form for a forgotten password sends.
    #[derive(Clone, Debug)]
    pub struct ForgotForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The address.
        body "email" => email: Option<Text<0, 320>>,
        /// The authorization request that waits for the person.
        body "transaction" => transaction: Option<String>,
        /// Where to go afterwards: a path of this organization.
        body "continue" => continue_to: Option<String>,
    }
}

/// Ask for a link to choose a new password.
#[derive(Clone, Debug)]
pub struct ForgotPassword {
    is_ours: bool,
    typed: String,
    onward: Onward,
}

kernel::events! {
    /// What a forgotten password records.
    pub enum Forgetting {
        /// Somebody asked for a link to choose a new password; the mail that follows says whose account it was.
        Asked = "users.password_forgotten", Info { };
        /// Such a request was refused.
        Refused = "users.password_forgotten_refused", Info { public reason: &'static str };
    }
}

impl Prepare<ForgotPassword> for ForgotForm {
    async fn prepare(self, prep: &Prep) -> Result<ForgotPassword, Fault> {
        let org = prep.organization()?;
        let csrf = self.csrf.unwrap_or_default();
        Ok(ForgotPassword {
            is_ours: browser::check_csrf(prep.services(), org, &prep.request, &csrf).is_ok(),
            typed: self.email.map(Text::into_string).unwrap_or_default().trim().to_owned(),
            onward: Onward::of(org.slug(), self.transaction.as_deref(), self.continue_to.as_deref()),
        })
    }
}

impl Operation for ForgotPassword {
    const ID: &'static str = "users.forgot_password";
    const SUMMARY: &'static str = "Ask for a link to choose a new password.";
    const ROUTE: Route = Route::post("/orgs/{org}/forgot-password");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ForgotForm;
    type Output = Answer;
    type Event = Forgetting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Forgetting>, Fault> {
        if !self.is_ours {
            let answer = form(cx, &self.onward, String::new(), Some(Problem::FormExpired));
            return Ok(Verdict::RefusedWith(answer, Forgetting::Refused { reason: "csrf" }));
        }
        if Email::parse(&self.typed).is_none() {
            let answer = form(cx, &self.onward, self.typed, Some(Problem::EmailInvalid));
            return Ok(Verdict::RefusedWith(answer, Forgetting::Refused { reason: "incomplete" }));
        }
        write_again(cx, Wanted::NewPassword, &self.typed, &self.onward).await?;
        Ok(Verdict::Done(check_mail(cx, MailPurpose::Reset, &self.typed, &self.onward), Forgetting::Asked {}))
    }
}

fn form<M: Mode>(cx: &Cx<OneOrg, M>, onward: &Onward, email: String, problem: Option<Problem>) -> Answer {
    let page = Page::of(cx);
    let mut form = page.form("forgot-password");
    form.hidden = onward.hidden();
    let status = match &problem {
        None => 200,
        Some(Problem::FormExpired) => 403,
        Some(_) => 400,
    };
    form.problem = problem;
    let sign_in_url = onward.carried_to(cx.org().slug(), "signin");
    let document = pages::ForgotPassword { shell: page.shell(), form, email, sign_in_url };
    page.show(status, document.html(), document.policy())
}
