//! Mail somebody else asked to be sent to a user. How mails look and travel is the business of the domain that fills
//! [`UserMailer`]; this one only queues the wish, in the transaction of what caused it.

use flow::{BoxFuture, Job, Services};
use kernel::{EventKind, Fault, Record, Severity, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::Org;

/// Which mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserMail {
    /// A link that shows that the address is theirs.
    VerifyEmail,
    /// A link to choose a new password.
    ResetPassword,
    /// That an account elsewhere was linked to theirs.
    IdentityLinked,
    /// That their account is linked to one elsewhere no more.
    IdentityUnlinked,
}

impl UserMail {
    /// As the log says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
        }
    }
}

/// The job: send this user that mail. The address is read when it is sent, so that it goes where the person is then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailRequest {
    /// To whom.
    pub user: UserId,
    /// Which mail.
    pub mail: UserMail,
}

/// Sends mail to users.
pub trait SendUserMail: Send + Sync {
    /// Send it and say what to record. A user who is gone or shut out gets none; that is no error.
    ///
    /// # Errors
    /// It will be tried again later.
    fn send<'a>(
        &'a self,
        services: &'a Arc<Services>,
        org: &'a Org,
        request: &'a MailRequest,
    ) -> BoxFuture<'a, Result<Record, Fault>>;
}

/// The room of whoever sends mail to users.
pub struct UserMailer(pub Arc<dyn SendUserMail>);

const GIVEN_UP: EventKind =
    EventKind { name: "users.mail_given_up", severity: Severity::Warning, summary: "A mail to a user could not be sent." };

impl Job for MailRequest {
    const KIND: &'static str = "users.mail";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let mailer = services.rooms.find::<UserMailer>()?;
        mailer.0.send(services, org, &self).await
    }

    fn given_up(&self) -> Record {
        Record::new(&GIVEN_UP).about("user", self.user.as_str()).public("mail", self.mail.as_str())
    }
}
