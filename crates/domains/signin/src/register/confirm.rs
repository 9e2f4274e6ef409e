//! The link in the mail, opened.

use super::Confirming;
use super::pending::{activate, forget_password};
use super::submit::browser_mark;
use crate::links::{self, Link, NewLink, Opening, Purpose};
use crate::onward::Onward;
use crate::page::{Page, see_other};
use flow::{Answer, Cx, Mode, OneOrg, Operation, Prep, Prepare, Route, SensitiveReads, Surface, Verdict, Writes};
use identity::{browser, users};
use kernel::{Access, Fault, Limit, Secret};
use pages::{EmailVerified, Verification};

flow::input! {
    /// Show what a verification link is about. Nothing is confirmed yet: programs open the links of mails too.
    #[derive(Clone, Debug)]
    pub struct ShowConfirmEmail {
        /// The token of the link.
        query "token" => token: Option<Secret>,
    }
}

impl Operation for ShowConfirmEmail {
    const ID: &'static str = "users.show_email_verification";
    const SUMMARY: &'static str = "The page a verification link leads to.";
    const ROUTE: Route = Route::get("/orgs/{org}/verify-email");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = SensitiveReads;
    type Input = Self;
    type Output = Answer;
    type Event = Opening;

    async fn run(self, cx: &mut Cx<OneOrg, SensitiveReads>) -> Result<Verdict<Answer, Opening>, Fault> {
        let token = self.token.unwrap_or_default();
        Ok(match find(cx, &token).await? {
            Some(link) => Verdict::Done(ask(cx, &token, link.email, None), Opening::Opened { purpose: "verify_email" }),
            None => Verdict::RefusedWith(outcome(cx, Verification::Expired, None), Opening::Refused { purpose: "verify_email" }),
        })
    }
}

flow::input! {
    /// What the button below a verification link sends.
    #[derive(Clone, Debug)]
    pub struct ConfirmForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The token of the link.
        body "token" => token: Option<Secret>,
    }
}

/// Confirm an address. A registered account comes into use by it.
#[derive(Clone, Debug)]
pub struct ConfirmEmail {
    is_ours: bool,
    token: Secret,
}

impl Prepare<ConfirmEmail> for ConfirmForm {
    async fn prepare(self, prep: &Prep) -> Result<ConfirmEmail, Fault> {
        let csrf = self.csrf.unwrap_or_default();
        let is_ours = browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf).is_ok();
        Ok(ConfirmEmail { is_ours, token: self.token.unwrap_or_default() })
    }
}

impl Operation for ConfirmEmail {
    const ID: &'static str = "users.verify_email";
    const SUMMARY: &'static str = "Confirm an email address by the link that was sent there.";
    const ROUTE: Route = Route::post("/orgs/{org}/verify-email");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ConfirmForm;
    type Output = Answer;
    type Event = Confirming;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Confirming>, Fault> {
        let link = find(cx, &self.token).await?;
        let Some(link) = link else { return Ok(expired(cx)) };
        if !self.is_ours {
            let answer = ask(cx, &self.token, link.email, Some(pages::Problem::FormExpired));
            return Ok(Verdict::RefusedWith(answer, Confirming::Refused { reason: "csrf" }));
        }
        if !links::claim(&mut cx.tx, &link, cx.now).await? {
            return Ok(expired(cx));
        }
        match link.purpose {
            Purpose::Register => finish_registration(cx, link).await,
            // Not by these: the one says nothing about the address, and the other is for its own page.
            Purpose::ResetPassword | Purpose::RenewPassword => Ok(expired(cx)),
            Purpose::VerifyEmail => {
                users::mark_email_verified(&mut cx.tx, &link.user, cx.now).await?;
                Ok(confirmed(cx, link, false))
            }
        }
    }
}

async fn finish_registration(cx: &mut Cx<OneOrg, Writes>, link: Link) -> Result<Verdict<Answer, Confirming>, Fault> {
    let is_active = activate(&mut cx.tx, &link.user, cx.now).await?;
    if !is_active {
        // An administrator has dealt with the account since; the address is confirmed, the rest is theirs to decide.
        users::mark_email_verified(&mut cx.tx, &link.user, cx.now).await?;
        return Ok(confirmed(cx, link, false));
    }
    if link.browser.as_deref() == Some(browser_mark(cx).as_str()) && browser::id(&cx.request).is_some() {
        return Ok(confirmed(cx, link, true));
    }
    // Not the browser in which the password was typed: perhaps not the person either.
    forget_password(&mut cx.tx, &link.user).await?;
    let user = users::load_user(&mut cx.tx, &link.user).await?;
    let services = cx.services().clone();
    let new = NewLink { purpose: Purpose::ResetPassword, user: &user, continue_to: link.continue_to.as_deref(), browser: None };
    let token = links::issue(&mut cx.tx, &services, &new, cx.now).await?.ok_or_else(links::expired)?;
    let answer = see_other(format!("/orgs/{}/reset-password?token={}", cx.org().slug(), token.expose()));
    Ok(Verdict::Done(answer, Confirming::Confirmed { user: link.user, activated: true, email: link.email }))
}

async fn find<M: Mode>(cx: &mut Cx<OneOrg, M>, token: &Secret) -> Result<Option<Link>, Fault> {
    let services = cx.services().clone();
    let link = links::find(&mut cx.tx, &services, token, cx.now).await?;
    Ok(link.filter(|link| !link.purpose.is_for_password()))
}

fn confirmed(cx: &Cx<OneOrg, Writes>, link: Link, activated: bool) -> Verdict<Answer, Confirming> {
    let answer = outcome(cx, Verification::Confirmed, link.continue_to.as_deref());
    Verdict::Done(answer, Confirming::Confirmed { user: link.user, activated, email: link.email })
}

fn expired(cx: &Cx<OneOrg, Writes>) -> Verdict<Answer, Confirming> {
    Verdict::RefusedWith(outcome(cx, Verification::Expired, None), Confirming::Refused { reason: "expired" })
}

fn ask<M: Mode>(cx: &Cx<OneOrg, M>, token: &Secret, email: String, problem: Option<pages::Problem>) -> Answer {
    let page = Page::of(cx);
    let mut form = page.form("verify-email");
    form.hidden = vec![("token".to_owned(), token.expose().to_owned())];
    let status = if problem.is_some() { 403 } else { 200 };
    form.problem = problem;
    let document = pages::ConfirmEmail { shell: page.shell(), form, email };
    page.show(status, document.html(), document.policy())
}

fn outcome<M: Mode>(cx: &Cx<OneOrg, M>, outcome: Verification, continue_to: Option<&str>) -> Answer {
    let page = Page::of(cx);
    let continue_to = Onward::of(cx.org().slug(), None, continue_to);
    let (status, continue_url) = match outcome {
        Verification::Confirmed => (200, continue_to.path().unwrap_or(&page.path("signin")).to_owned()),
        Verification::Expired => (410, page.path("signin")),
    };
    let document = EmailVerified { shell: page.shell(), outcome, continue_url: Some(continue_url), resend: None };
    page.show(status, document.html(), document.policy())
}
