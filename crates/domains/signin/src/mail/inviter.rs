//! The mail that brings an invitation.

use super::postman::queue;
use crate::policy::Policy;
use flow::{BoxFuture, Services};
use identity::email_templates::{self, MailKind};
use identity::invitations::{SendInvitation, write_invitation};
use identity::settings::Settings;
use identity::users::{EmailKey, find_user_by_email};
use kernel::{EventKind, Fault, Record, Severity};
use pages::mail::Invitation;
use std::sync::Arc;
use store::{Decision, OneOrg, Org, Tx, Writes};

/// Writes invitations.
pub(crate) struct Inviter;

const QUEUED: EventKind =
    EventKind { name: "companies.invitation_mailed", severity: Severity::Info, summary: "An invitation was written." };
const SKIPPED: EventKind = EventKind {
    name: "companies.invitation_mail_skipped",
    severity: Severity::Info,
    summary: "An invitation was not written: it has ended meanwhile.",
};

impl SendInvitation for Inviter {
    fn send<'a>(&'a self, services: &'a Arc<Services>, org: &'a Org, invitation: i64) -> BoxFuture<'a, Result<Record, Fault>> {
        Box::pin(async move {
            let shared = services.clone();
            let work = move |mut tx: Tx<OneOrg, Writes>| {
                let services = shared.clone();
                async move {
                    match write(&mut tx, &services, invitation).await {
                        Ok(record) => (tx, Decision::KeepUnrecorded(Ok(record), "the job that asked records its end")),
                        Err(fault) => (tx, Decision::Discard(Err(fault))),
                    }
                }
            };
            services.store.write(OneOrg::new(org.clone()), work).await?
        })
    }
}

async fn write(tx: &mut Tx<OneOrg, Writes>, services: &Services, number: i64) -> Result<Record, Fault> {
    let now = services.clock.now();
    let about = |kind| Record::new(kind).about("invitation", number.to_string());
    let Some((offer, token)) = write_invitation(tx, services, number, now).await? else { return Ok(about(&SKIPPED)) };
    let known = find_user_by_email(tx, &EmailKey::of(&offer.email)).await?;
    let org = tx.org().clone();
    let words = Settings::of(&org).general.words(known.as_ref().and_then(|user| user.locale.as_deref()), None);
    // Built from the configured address, never from a request's Host.
    let link = format!("{}/invitation?token={}", services.issuer(org.slug()), token.expose());
    let valid_minutes = u32::try_from(offer.expires_at.since(now).as_secs() / 60).unwrap_or(u32::MAX);
    let mut values = match &known {
        Some(user) => email_templates::values_about(&org, user),
        None => email_templates::values_about_address(&org, &offer.email),
    };
    values.insert("action_url", link.clone());
    values.insert("expiration", pages::mail::time(words, valid_minutes));
    values.insert("organization.name", offer.place.clone());
    values.insert("organization.role", offer.role_name.clone().unwrap_or_default());
    values.insert("inviter.name", offer.invited_by.clone().unwrap_or_default());
    let own = email_templates::in_own_words(tx, MailKind::Invitation, words, &values).await?;
    let to = offer.email.clone();
    let built_in = move || Invitation {
        words,
        brand: Policy::of(services, &org).brand(&org),
        name: known.and_then(|user| user.given_name.or(user.name)).or(offer.name),
        company: offer.place,
        invited_by: offer.invited_by,
        role: offer.role_name,
        link,
        valid_minutes,
    };
    let mail = own.unwrap_or_else(|| built_in().mail());
    queue(tx, services, "company_invitation", &to, mail, now).await?;
    Ok(about(&QUEUED))
}
