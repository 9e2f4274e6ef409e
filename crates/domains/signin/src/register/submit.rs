//! The registration form, sent.

use super::Registering;
use super::pending::{is_pending, register_anew};
use super::show::refuse_if_closed;
use super::view::{View, check_mail};
use crate::links::{self, NewLink, Purpose};
use crate::mail::{Writing, send_link};
use crate::onward::Onward;
use crate::policy::Policy;
use flow::{Answer, Cx, OneOrg, Operation, PasswordHash, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::users::{self, Email, NewUser, Profile, User};
use identity::{browser, roles};
use kernel::{Access, Fault, Limit, Secret};
use pages::{MailPurpose, Problem};

flow::input! {
    /// What the registration form sends.
    #[derive(Clone, Debug)]
    pub struct RegisterForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// First name.
        body "given_name" => given_name: Option<Text<0, 100>>,
        /// Last name.
        body "family_name" => family_name: Option<Text<0, 100>>,
        /// Email address.
        body "email" => email: Option<Text<0, 320>>,
        /// The password.
        body "password" => password: Option<Secret>,
        /// The authorization request that waits for the person.
        body "transaction" => transaction: Option<String>,
        /// Where to go afterwards: a path of this organization.
        body "continue" => continue_to: Option<String>,
    }
}

/// Make an account of one's own.
#[derive(Clone, Debug)]
pub struct Register {
    step: Step,
    given_name: String,
    family_name: String,
    typed_email: String,
    onward: Onward,
}

#[derive(Clone, Debug)]
enum Step {
    Stale,
    Unfit(Problem),
    Fit { email: Email, password: PasswordHash },
}

impl Prepare<Register> for RegisterForm {
    async fn prepare(self, prep: &Prep) -> Result<Register, Fault> {
        let org = prep.organization()?;
        let policy = Policy::of(prep.services(), org);
        refuse_if_closed(&policy)?;
        let onward = Onward::of(org.slug(), self.transaction.as_deref(), self.continue_to.as_deref());
        let is_ours = browser::check_csrf(prep.services(), org, &prep.request, &self.csrf.unwrap_or_default()).is_ok();
        let typed = |text: Option<String>| text.unwrap_or_default().trim().to_owned();
        let given_name = typed(self.given_name.map(Text::into_string));
        let family_name = typed(self.family_name.map(Text::into_string));
        let typed_email = typed(self.email.map(Text::into_string));
        let about = [typed_email.as_str(), &given_name, &family_name];
        let chosen = policy.new_password(org, &self.password.unwrap_or_default(), &about);
        let step = match (Email::parse(&typed_email), chosen) {
            _ if !is_ours => Step::Stale,
            (None, _) => Step::Unfit(Problem::EmailInvalid),
            (Some(email), _) if !policy.may_register_with(&email) => Step::Unfit(Problem::EmailNotAllowed),
            (_, Err(problem)) => Step::Unfit(problem),
            (Some(email), Ok(password)) => Step::Fit { email, password: prep.hashing().hash(password, prep.rng()).await? },
        };
        Ok(Register { step, given_name, family_name, typed_email, onward })
    }
}

impl Operation for Register {
    const ID: &'static str = "users.register";
    const SUMMARY: &'static str = "Make an account of one's own.";
    const ROUTE: Route = Route::post("/orgs/{org}/register");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = RegisterForm;
    type Output = Answer;
    type Event = Registering;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Registering>, Fault> {
        let (email, password) = match self.step.clone() {
            Step::Stale => {
                return Ok(Self { given_name: String::new(), family_name: String::new(), typed_email: String::new(), ..self }
                    .again(cx, 403, Problem::FormExpired, "csrf"));
            }
            Step::Unfit(problem) => return Ok(self.again(cx, 400, problem, "incomplete")),
            Step::Fit { email, password } => (email, password),
        };
        let known = users::find_user_by_email(&mut cx.tx, &email.key()).await?;
        let event = match known {
            Some(known) if !is_pending(&mut cx.tx, &known).await? => self.remind(cx, known).await?,
            Some(pending) => self.add_anew(cx, pending, &password).await?,
            None => self.add(cx, email, password).await?,
        };
        Ok(Verdict::Done(check_mail(cx, MailPurpose::Verify, &self.typed_email, &self.onward), event))
    }
}

impl Register {
    async fn add(&self, cx: &mut Cx<OneOrg, Writes>, email: Email, password: PasswordHash) -> Result<Registering, Fault> {
        let profile = Profile {
            name: some(full_name(&self.given_name, &self.family_name).as_str()),
            given_name: some(&self.given_name),
            family_name: some(&self.family_name),
            ..Profile::default()
        };
        let new = NewUser { password: Some(password), is_active: false, profile, ..NewUser::with_email(email) };
        let services = cx.services().clone();
        let user = users::insert_user(&mut cx.tx, new, cx.now, &*services.rng).await?;
        roles::assign_default(&mut cx.tx, &user.id).await?;
        self.welcome(cx, user).await
    }

    async fn add_anew(&self, cx: &mut Cx<OneOrg, Writes>, pending: User, password: &PasswordHash) -> Result<Registering, Fault> {
        if !links::may_issue(&mut cx.tx, &pending.id, Purpose::Register, cx.now).await? {
            return Ok(Registering::Repeated { user: pending.id });
        }
        let user = User {
            name: some(full_name(&self.given_name, &self.family_name).as_str()),
            given_name: some(&self.given_name),
            family_name: some(&self.family_name),
            ..pending
        };
        register_anew(&mut cx.tx, &user, password, cx.now).await?;
        self.welcome(cx, user).await
    }

    async fn welcome(&self, cx: &mut Cx<OneOrg, Writes>, user: User) -> Result<Registering, Fault> {
        let browser = browser_mark(cx);
        self.write(cx, &user, Purpose::Register, Some(&browser)).await?;
        Ok(Registering::Registered { user: user.id, email: user.email })
    }

    /// The owner of the address is told; whoever typed it is not.
    async fn remind(&self, cx: &mut Cx<OneOrg, Writes>, known: User) -> Result<Registering, Fault> {
        if known.may_enter() {
            self.write(cx, &known, Purpose::ResetPassword, None).await?;
        }
        Ok(Registering::Repeated { user: known.id })
    }

    async fn write(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        user: &User,
        purpose: Purpose,
        browser: Option<&str>,
    ) -> Result<bool, Fault> {
        let continue_to = self.onward.carried_to(cx.org().slug(), "signin");
        let link = NewLink { purpose, user, continue_to: Some(&continue_to), browser };
        let services = cx.services().clone();
        let words = crate::page::language_here(cx);
        let writing = if purpose == Purpose::Register { Writing::ToConfirm } else { Writing::AccountExists };
        send_link(&mut cx.tx, &services, &link, writing, words, cx.now).await
    }

    fn again(self, cx: &Cx<OneOrg, Writes>, status: u16, problem: Problem, reason: &'static str) -> Verdict<Answer, Registering> {
        let view = View {
            onward: self.onward,
            display: None,
            given_name: self.given_name,
            family_name: self.family_name,
            email: self.typed_email,
            problem: Some(problem),
        };
        Verdict::RefusedWith(view.answer(cx, status), Registering::Refused { reason })
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// What is kept of the browser, to know it again when the link is opened.
pub(super) fn browser_mark(cx: &Cx<OneOrg, Writes>) -> String {
    browser::id(&cx.request).map(|id| jose::encoding::base64url(jose::digest::sha256(id.as_bytes()))).unwrap_or_default()
}

/// A full name from its parts.
pub(crate) fn full_name(given_name: &str, family_name: &str) -> String {
    format!("{given_name} {family_name}").trim().to_owned()
}
