//! Mail: queued with what causes it, delivered after the commit.

mod inviter;
mod mailer;
mod postman;
mod relay;

pub(crate) use inviter::Inviter;
pub use mailer::{Mailer, MailerRefused};
pub(crate) use postman::{Postman, Writing, send_link, tell_password_changed, tell_password_ends};

use flow::{Job, Services};
use jose::encoding::{base64url, decode_base64url};
use kernel::{EventKind, Fault, JobId, OrgId, Record, Secret, Severity, Timestamp};
use relay::Relay;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::{OneOrg, Org, Tx, Writes};

/// A mail on its way. Its parts are sealed while it waits: they hold links that let people in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendMail {
    /// Names the mail, so that the same mail sent twice is known as one (RFC 5322 §3.6.4).
    id: JobId,
    /// Which mail it is: `reset_password`.
    purpose: String,
    /// To which address.
    to: String,
    /// Subject, text and HTML, sealed for the organization.
    sealed: String,
}

/// What a sealed mail holds. It has no `Debug`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl SendMail {
    /// A mail to an address. `purpose` is how the log calls it.
    ///
    /// # Errors
    /// Only our own failures.
    pub fn new(services: &Services, org: &OrgId, purpose: &str, to: &str, mail: pages::mail::Mail) -> Result<Self, Fault> {
        let id = JobId::new(services.clock.now(), &*services.rng);
        let letter = Letter { subject: mail.subject, text: mail.text, html: mail.html };
        let letter = Secret::new(serde_json::to_string(&letter).map_err(Fault::internal)?);
        let sealed = services.master_keys.seal(&context(org), letter.expose().as_bytes(), &*services.rng);
        Ok(Self { id, purpose: purpose.to_owned(), to: to.to_owned(), sealed: base64url(sealed) })
    }

    /// Queue it, in a lane of its organization: whichever server it leaves by on that day, one that doesn't answer delays nobody else's
    /// mail.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn queue(&self, tx: &mut Tx<OneOrg, Writes>, services: &Services, now: Timestamp) -> Result<(), Fault> {
        let payload = serde_json::to_string(self).map_err(Fault::internal)?;
        let org = tx.org().clone();
        let lane = format!("mail of {}", org.id());
        let id = JobId::new(now, &*services.rng);
        Ok(tx.enqueue_in_lane(&lane, org.id(), &id, Self::KIND, &payload, now).await?)
    }

    /// Hand it over to the organization's own mail server if it has one, or else as the server is configured to send mail.
    pub(crate) async fn deliver_by(&self, mailer: &Mailer, services: &Services, org: &Org) -> Result<(), Fault> {
        let letter = self.open(services, org.id())?;
        match Relay::of(services, org)? {
            Some(relay) => relay.deliver(services, self, letter).await,
            None => mailer.deliver(services, org, self, letter).await,
        }
    }

    fn open(&self, services: &Services, org: &OrgId) -> Result<Letter, Fault> {
        let sealed = decode_base64url(&self.sealed).map_err(Fault::internal)?;
        let letter = services.master_keys.open(&context(org), &sealed).map_err(Fault::internal)?;
        serde_json::from_slice(&letter).map_err(Fault::internal)
    }
}

fn context(org: &OrgId) -> String {
    format!("mail {org}")
}

/// A mail was handed over for delivery.
const SENT: EventKind =
    EventKind { name: "mail.sent", severity: Severity::Info, summary: "A mail was handed over for delivery." };
/// A mail could not be delivered.
const FAILED: EventKind =
    EventKind { name: "mail.failed", severity: Severity::Warning, summary: "A mail could not be delivered and was given up." };

impl Job for SendMail {
    const KIND: &'static str = "mail.send";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        self.deliver_by(&*services.rooms.find::<Mailer>()?, services, org).await?;
        Ok(Record::new(&SENT).public("purpose", self.purpose).personal("recipient", self.to))
    }

    fn given_up(&self) -> Record {
        Record::new(&FAILED).public("purpose", self.purpose.clone()).personal("recipient", self.to.clone())
    }
}
