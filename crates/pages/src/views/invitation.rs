//! Being invited into a company.

use crate::{Form, Shell, document::document, link};
use askama::Template;
use kernel::Timestamp;

/// Who looks at an invitation.
#[derive(Clone)]
pub enum Standing {
    /// Nobody is signed in. The ways on are the same whether there is an account or not.
    Stranger { sign_in_url: String, register_url: Option<String> },
    /// Whoever it was sent to: the account they are signed in with.
    Invited { account: String },
    /// Somebody with another address.
    SomebodyElse { account: String },
}

/// Where the link of an invitation leads.
#[derive(Clone, Template)]
#[template(path = "invitation.html")]
pub struct Invitation {
    pub shell: Shell,
    /// The link's token belongs into the hidden fields.
    pub form: Form,
    /// Into which company.
    pub company: String,
    pub logo_url: Option<String>,
    /// What whoever invited is called.
    pub invited_by: Option<String>,
    /// The name of the role there.
    pub role: Option<String>,
    pub expires_at: Timestamp,
    pub standing: Standing,
}
document!(Invitation);

impl Invitation {
    fn logo(&self) -> Option<&str> {
        link::picture(self.logo_url.as_ref())
    }
    fn until(&self) -> String {
        (self.shell.words.invitation.until)(&self.shell.day(self.expires_at))
    }
    fn is_invited(&self) -> bool {
        matches!(self.standing, Standing::Invited { .. })
    }
    fn is_somebody_else(&self) -> bool {
        matches!(self.standing, Standing::SomebodyElse { .. })
    }
}

/// Creating an account for the address an invitation was sent to.
#[derive(Clone, Template)]
#[template(path = "invitation_register.html")]
pub struct InvitationRegister {
    pub shell: Shell,
    /// The link's token belongs into the hidden fields.
    pub form: Form,
    pub company: String,
    /// The address; it can't be changed.
    pub account: String,
    pub given_name: String,
    pub family_name: String,
    pub sign_in_url: String,
    pub terms_url: Option<String>,
    pub policy_url: Option<String>,
    pub least_password: u32,
}
document!(InvitationRegister);

impl InvitationRegister {
    fn terms_link(&self) -> Option<&str> {
        link::web(self.terms_url.as_ref())
    }
    fn policy_link(&self) -> Option<&str> {
        link::web(self.policy_url.as_ref())
    }
}

/// After an invitation was declined.
#[derive(Clone, Template)]
#[template(path = "invitation_declined.html")]
pub struct InvitationDeclined {
    pub shell: Shell,
}
document!(InvitationDeclined);
