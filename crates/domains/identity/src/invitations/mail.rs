//! The mail that brings an invitation. How mails look and travel is the business of the domain that fills [`InvitationMailer`].

use flow::{BoxFuture, Job, Services};
use kernel::{EventKind, Fault, Record, Severity};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::Org;

/// The job: write to whom this invitation is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvitationMail {
    /// The invitation's number.
    pub invitation: i64,
}

/// Writes invitations.
pub trait SendInvitation: Send + Sync {
    /// Write it and say what to record. An invitation that has ended meanwhile brings no mail; that is no error.
    ///
    /// # Errors
    /// It will be tried again later.
    fn send<'a>(&'a self, services: &'a Arc<Services>, org: &'a Org, invitation: i64) -> BoxFuture<'a, Result<Record, Fault>>;
}

/// The room of whoever writes invitations.
pub struct InvitationMailer(pub Arc<dyn SendInvitation>);

const GIVEN_UP: EventKind = EventKind {
    name: "companies.invitation_mail_given_up",
    severity: Severity::Warning,
    summary: "An invitation could not be written.",
};

impl Job for InvitationMail {
    const KIND: &'static str = "companies.invite";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let mailer = services.rooms.find::<InvitationMailer>()?;
        mailer.0.send(services, org, self.invitation).await
    }

    fn given_up(&self) -> Record {
        Record::new(&GIVEN_UP).about("invitation", self.invitation.to_string())
    }
}
