//! The mails of an account, written and queued.

use super::SendMail;
use crate::links::{self, NewLink, Purpose};
use crate::policy::Policy;
use crate::register;
use flow::{BoxFuture, Services};
use identity::email_templates::{self, MailKind};
use identity::mail_requests::{MailRequest, SendUserMail, UserMail};
use identity::settings::Settings;
use identity::users::{self, User};
use kernel::{EventKind, Fault, Record, Severity, Timestamp};
use pages::Words;
use pages::mail::{AccountExists, LinkChanged, Mail, PasswordChanged, PasswordEnds, ResetPassword, VerifyEmail};
use std::sync::Arc;
use store::{Decision, OneOrg, Org, Tx, Writes};

/// Sends what administrators ask to be sent.
pub(crate) struct Postman;

const QUEUED: EventKind = EventKind {
    name: "users.mail_queued",
    severity: Severity::Info,
    summary: "A mail that somebody else asked for was written to a user.",
};
const SKIPPED: EventKind = EventKind {
    name: "users.mail_skipped",
    severity: Severity::Info,
    summary: "A mail to a user was not written: they are gone, shut out, or were written to lately.",
};

impl SendUserMail for Postman {
    fn send<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: &'a Org,
        request: &'a MailRequest,
    ) -> BoxFuture<'a, Result<Record, Fault>> {
        Box::pin(async move {
            let (shared, request) = (services.clone(), request.clone());
            let work = move |mut tx: Tx<OneOrg, Writes>| {
                let (services, request) = (shared.clone(), request.clone());
                async move {
                    match write_on_request(&mut tx, &services, &request).await {
                        Ok(record) => (tx, Decision::KeepUnrecorded(Ok(record), "the job that asked records its end")),
                        Err(fault) => (tx, Decision::Discard(Err(fault))),
                    }
                }
            };
            services.store.write(OneOrg::new(org.clone()), work).await?
        })
    }
}

async fn write_on_request(tx: &mut Tx<OneOrg, Writes>, services: &Services, request: &MailRequest) -> Result<Record, Fault> {
    let now = services.clock.now();
    let about = |kind| Record::new(kind).about("user", request.user.as_str()).public("mail", request.mail.as_str());
    let Some(user) = users::find_user(tx, &request.user).await?.filter(User::may_enter) else { return Ok(about(&SKIPPED)) };
    let words = Settings::of(tx.org()).general.words(user.locale.as_deref(), None);
    let (purpose, writing) = match request.mail {
        UserMail::VerifyEmail => (Purpose::VerifyEmail, Writing::ToConfirm),
        UserMail::ResetPassword => (Purpose::ResetPassword, Writing::ToReset),
        UserMail::IdentityLinked | UserMail::IdentityUnlinked => {
            tell_link_changed(tx, services, &user, request.mail, words, now).await?;
            return Ok(about(&QUEUED));
        }
    };
    let link = NewLink { purpose, user: &user, continue_to: None, browser: None };
    let is_sent = send_link(tx, services, &link, writing, words, now).await?;
    Ok(about(if is_sent { &QUEUED } else { &SKIPPED }))
}

async fn tell_link_changed(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    user: &User,
    what: UserMail,
    words: &'static Words,
    now: Timestamp,
) -> Result<(), Fault> {
    let org = tx.org().clone();
    let sign_in_url = format!("{}/signin", services.issuer(org.slug()));
    let is_linked = what == UserMail::IdentityLinked;
    let kind = if is_linked { MailKind::IdentityLinked } else { MailKind::IdentityUnlinked };
    let mut values = email_templates::values_about(&org, user);
    values.insert("action_url", sign_in_url.clone());
    let brand = Policy::of(services, &org).brand_for(&org, user.zoneinfo.as_deref());
    values.insert("changed_at", words.moment(now, &brand.zone));
    let own = email_templates::in_own_words(tx, kind, words, &values).await?;
    let name = greeting(user);
    let mail = own.unwrap_or_else(|| LinkChanged { words, brand, name, is_linked, at: now, sign_in_url }.mail());
    queue(tx, services, what.as_str(), &user.email, mail, now).await
}

/// Which words go with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writing {
    /// Confirm your address.
    ToConfirm,
    /// Choose a new password.
    ToReset,
    /// You have an account already; choose a new password if the old one is gone.
    AccountExists,
}

impl Writing {
    fn kind(self) -> MailKind {
        match self {
            Self::ToConfirm => MailKind::EmailVerification,
            Self::ToReset => MailKind::PasswordReset,
            Self::AccountExists => MailKind::AccountExists,
        }
    }
}

/// Queue a mail with a fresh link; `false` if the person was sent too many lately.
pub(crate) async fn send_link(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: &NewLink<'_>,
    writing: Writing,
    words: &'static Words,
    now: Timestamp,
) -> Result<bool, Fault> {
    let Some(token) = links::issue(tx, services, new, now).await? else { return Ok(false) };
    if new.purpose == Purpose::Register {
        register::wait_until(tx, &new.user.id, now.plus(new.purpose.lifetime())).await?;
    }
    let org = tx.org().clone();
    let page = match new.purpose {
        Purpose::Register | Purpose::VerifyEmail => "verify-email",
        Purpose::ResetPassword | Purpose::RenewPassword => "reset-password",
    };
    // Built from the configured address, never from the request's Host.
    let link = format!("{}/{page}?token={}", services.issuer(org.slug()), token.expose());
    let valid_minutes = links::minutes(new.purpose);
    let mut values = email_templates::values_about(&org, new.user);
    values.insert("action_url", link.clone());
    values.insert("expiration", pages::mail::time(words, valid_minutes));
    let own = email_templates::in_own_words(tx, writing.kind(), words, &values).await?;
    let mail = own.unwrap_or_else(|| {
        let (brand, name) = (Policy::of(services, &org).brand(&org), greeting(new.user));
        match writing {
            Writing::ToConfirm => VerifyEmail { words, brand, name, link, valid_minutes }.mail(),
            Writing::ToReset => ResetPassword { words, brand, name, link, valid_minutes }.mail(),
            Writing::AccountExists => AccountExists { words, brand, name, link, valid_minutes }.mail(),
        }
    });
    queue(tx, services, new.purpose.as_str(), &new.user.email, mail, now).await?;
    Ok(true)
}

/// Queue the mail that tells somebody that their password was changed.
pub(crate) async fn tell_password_changed(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    user: &User,
    words: &'static Words,
    now: Timestamp,
) -> Result<(), Fault> {
    let org = tx.org().clone();
    let forgot_url = format!("{}/forgot-password", services.issuer(org.slug()));
    let mut values = email_templates::values_about(&org, user);
    values.insert("action_url", forgot_url.clone());
    let brand = Policy::of(services, &org).brand_for(&org, user.zoneinfo.as_deref());
    values.insert("changed_at", words.moment(now, &brand.zone));
    let own = email_templates::in_own_words(tx, MailKind::PasswordChanged, words, &values).await?;
    let name = greeting(user);
    let mail = own.unwrap_or_else(|| PasswordChanged { words, brand, name, at: now, forgot_url }.mail());
    queue(tx, services, "password_changed", &user.email, mail, now).await
}

/// Queue the mail that tells somebody that their password is about to be too old.
pub(crate) async fn tell_password_ends(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    user: &User,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Fault> {
    let org = tx.org().clone();
    let policy = Policy::of(services, &org);
    let mail = PasswordEnds {
        words: policy.words(user.locale.as_deref(), None),
        brand: policy.brand_for(&org, user.zoneinfo.as_deref()),
        name: greeting(user),
        at,
        change_url: format!("{}/account/password", services.issuer(org.slug())),
    };
    queue(tx, services, "password_ends", &user.email, mail.mail(), now).await
}

fn greeting(user: &User) -> Option<String> {
    user.given_name.clone().or_else(|| user.name.clone())
}

/// Mail goes to the address as stored, never as typed.
pub(crate) async fn queue(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    purpose: &str,
    to: &str,
    mail: Mail,
    now: Timestamp,
) -> Result<(), Fault> {
    let org = tx.org().id().clone();
    SendMail::new(services, &org, purpose, to, mail)?.queue(tx, services, now).await
}
