//! Creating an account and proving an email address.

use super::Client;
use crate::{Form, Shell, document::document, link};
use askama::Template;

/// The registration page.
#[derive(Clone, Template)]
#[template(path = "register.html")]
pub struct Register {
    pub shell: Shell,
    pub form: Form,
    pub client: Option<Client>,
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub sign_in_url: String,
    /// The organization's own terms and privacy policy.
    pub terms_url: Option<String>,
    pub policy_url: Option<String>,
    /// The least number of characters of a password.
    pub least_password: u32,
}
document!(Register, |page| page.client.is_some());

impl Register {
    fn terms_link(&self) -> Option<&str> {
        link::web(self.terms_url.as_ref())
    }
    fn policy_link(&self) -> Option<&str> {
        link::web(self.policy_url.as_ref())
    }
}

/// Why a mail was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPurpose {
    Verify,
    /// Says "if there is an account": the same words whether there is one or not.
    Reset,
}

/// "Check your inbox", after registration or a forgotten password.
#[derive(Clone, Template)]
#[template(path = "check_mail.html")]
pub struct CheckMail {
    pub shell: Shell,
    pub purpose: MailPurpose,
    /// The address as it was typed.
    pub email: String,
    /// Sends the mail again.
    pub resend: Option<Form>,
    pub sign_in_url: Option<String>,
}
document!(CheckMail);

impl CheckMail {
    fn lead(&self) -> String {
        let w = &self.shell.words.check_mail;
        match self.purpose {
            MailPurpose::Verify => (w.verify)(&self.email),
            MailPurpose::Reset => (w.reset)(&self.email),
        }
    }
}

/// Where a verification link leads first: nothing happens before a person presses the button, so that programs which open the
/// links of every mail confirm nothing.
#[derive(Clone, Template)]
#[template(path = "confirm_email.html")]
pub struct ConfirmEmail {
    pub shell: Shell,
    /// The link's token belongs into the hidden fields.
    pub form: Form,
    /// The address to be confirmed.
    pub email: String,
}
document!(ConfirmEmail);

/// What came of a verification link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    Confirmed,
    /// Used before, too old, or never valid.
    Expired,
}

/// Where a verification link leads.
#[derive(Clone, Template)]
#[template(path = "verified.html")]
pub struct EmailVerified {
    pub shell: Shell,
    pub outcome: Verification,
    /// Where to go on, usually sign-in or the application.
    pub continue_url: Option<String>,
    /// Sends a new link; shown when the old one has expired.
    pub resend: Option<Form>,
}
document!(EmailVerified);
