//! The mail once more. Who has an account is looked up after the answer, so that it takes the same time for every address.

use super::Confirming;
use super::pending::{is_pending, latest_browser};
use super::view::check_mail;
use crate::links::{NewLink, Purpose};
use crate::mail::{Writing, send_link};
use crate::onward::Onward;
use flow::{Answer, Cx, Job, OneOrg, Operation, Prep, Prepare, Route, Services, Surface, Text, Verdict, Writes};
use identity::browser;
use identity::settings::Settings;
use identity::users::{self, Email, EmailKey, User};
use kernel::{Access, EventKind, Fault, Limit, Record, Secret, Severity, Timestamp};
use pages::MailPurpose;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{Decision, Org, Tx};

flow::input! {
    /// What the button on the page "check your inbox" sends.
    #[derive(Clone, Debug)]
    pub struct ResendForm {
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

/// Ask for a new verification link.
#[derive(Clone, Debug)]
pub struct ResendVerification {
    /// The refusal, if the form is not one of this browser.
    stale: Option<Fault>,
    email: String,
    onward: Onward,
}

impl Prepare<ResendVerification> for ResendForm {
    async fn prepare(self, prep: &Prep) -> Result<ResendVerification, Fault> {
        let org = prep.organization()?;
        let csrf = self.csrf.unwrap_or_default();
        Ok(ResendVerification {
            stale: browser::check_csrf(prep.services(), org, &prep.request, &csrf).err(),
            email: self.email.map(Text::into_string).unwrap_or_default(),
            onward: Onward::of(org.slug(), self.transaction.as_deref(), self.continue_to.as_deref()),
        })
    }
}

impl Operation for ResendVerification {
    const ID: &'static str = "users.resend_verification";
    const SUMMARY: &'static str = "Ask for a new verification link.";
    const ROUTE: Route = Route::post("/orgs/{org}/verify-email/resend");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ResendForm;
    type Output = Answer;
    type Event = Confirming;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Confirming>, Fault> {
        if let Some(stale) = self.stale {
            return Ok(Verdict::Refused(stale, Confirming::Refused { reason: "csrf" }));
        }
        write_again(cx, Wanted::Verification, &self.email, &self.onward).await?;
        Ok(Verdict::Done(check_mail(cx, MailPurpose::Verify, &self.email, &self.onward), Confirming::Asked {}))
    }
}

/// Which mail somebody asked for by an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wanted {
    Verification,
    NewPassword,
}

/// Queue the mail somebody asked for by an address that may be anybody's or nobody's.
pub(crate) async fn write_again(cx: &mut Cx<OneOrg, Writes>, wanted: Wanted, email: &str, onward: &Onward) -> Result<(), Fault> {
    let Some(email) = Email::parse(email) else { return Ok(()) };
    let language = crate::page::language_here(cx).tag.to_owned();
    let continue_to = onward.carried_to(cx.org().slug(), "signin");
    cx.enqueue(&AddressMail { wanted, email: email.as_str().to_owned(), language, continue_to }).await
}

/// The job: write to whoever has this address, if anybody does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddressMail {
    wanted: Wanted,
    email: String,
    language: String,
    continue_to: String,
}

const ANSWERED: EventKind = EventKind {
    name: "users.mail_request_answered",
    severity: Severity::Info,
    summary: "A mail that somebody asked for by an address was written, or nobody has that address.",
};
const GIVEN_UP: EventKind =
    EventKind { name: "users.mail_given_up", severity: Severity::Warning, summary: "A mail to a user could not be sent." };

impl Job for AddressMail {
    const KIND: &'static str = "users.address_mail";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let (shared, mail) = (services.clone(), Arc::new(self));
        let work = move |mut tx: Tx<store::OneOrg, store::Writes>| {
            let (services, mail) = (shared.clone(), mail.clone());
            async move {
                match mail.write(&mut tx, &services).await {
                    Ok(record) => (tx, Decision::KeepUnrecorded(Ok(record), "the job records its own end")),
                    Err(fault) => (tx, Decision::Discard(Err(fault))),
                }
            }
        };
        services.store.write(store::OneOrg::new(org.clone()), work).await?
    }

    fn given_up(&self) -> Record {
        Record::new(&GIVEN_UP).public("mail", "by_address").personal("recipient", self.email.clone())
    }
}

impl AddressMail {
    async fn write(&self, tx: &mut Tx<store::OneOrg, store::Writes>, services: &Services) -> Result<Record, Fault> {
        let user = users::find_user_by_email(tx, &EmailKey::of(&self.email)).await?;
        let now = services.clock.now();
        let record = Record::new(&ANSWERED);
        let Some(user) = user else { return Ok(record.public("written", false)) };
        let is_written = self.write_to(tx, services, &user, now).await?;
        Ok(record.about("user", user.id.as_str()).public("written", is_written))
    }

    async fn write_to(
        &self,
        tx: &mut Tx<store::OneOrg, store::Writes>,
        services: &Services,
        user: &User,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let words = Settings::of(tx.org()).general.words(Some(&self.language), None);
        let is_pending = is_pending(tx, user).await?;
        // The password of a pending account was typed in the browser that registered it; asking again elsewhere changes nothing.
        let browser = if is_pending { latest_browser(tx, &user.id).await? } else { None };
        let (purpose, writing) = match self.wanted {
            _ if is_pending => (Purpose::Register, Writing::ToConfirm),
            _ if !user.may_enter() => return Ok(false),
            Wanted::Verification if user.email_verified => return Ok(false),
            Wanted::Verification => (Purpose::VerifyEmail, Writing::ToConfirm),
            Wanted::NewPassword => (Purpose::ResetPassword, Writing::ToReset),
        };
        let link = NewLink { purpose, user, continue_to: Some(&self.continue_to), browser: browser.as_deref() };
        send_link(tx, services, &link, writing, words, now).await
    }
}
