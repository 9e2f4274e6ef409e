//! The mails that can be written anew, and what each of them can say.

use pages::mail::{Outline, Placeholders};
use pages::{Brand, Words};
use std::collections::BTreeMap;

/// A mail of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailKind {
    /// Asks to confirm an address.
    EmailVerification,
    /// Brings a link to choose a new password.
    PasswordReset,
    /// Tells somebody who registers again that they have an account.
    AccountExists,
    /// Tells that a password was changed.
    PasswordChanged,
    /// Invites into a company.
    Invitation,
    /// Tells that an account elsewhere was linked.
    IdentityLinked,
    /// Tells that an account elsewhere is linked no more.
    IdentityUnlinked,
}

/// Something a mail can say.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name: `user.firstName`.
    pub name: &'static str,
    /// What it stands for.
    pub description: &'static str,
    /// What a preview shows for it.
    pub sample: &'static str,
    /// Whether it is an address to go to.
    pub is_link: bool,
    /// Whether the mail is useless without it.
    pub is_needed: bool,
}

const fn plain(name: &'static str, description: &'static str, sample: &'static str) -> Variable {
    Variable { name, description, sample, is_link: false, is_needed: false }
}

const FIRST_NAME: Variable =
    plain("user.firstName", "The person's first name; their name or address, if it isn't known.", "Robin");
const LAST_NAME: Variable = plain("user.lastName", "The person's last name; empty if it isn't known.", "Example");
const NAME: Variable = plain("user.name", "The person's name; their address, if it isn't known.", "Robin Example");
const EMAIL: Variable = plain("user.email", "The person's e-mail address.", "robin@example.com");
const TENANT: Variable = plain("tenant.name", "The organization's name.", "Acme Corporation");
const EXPIRATION: Variable = plain("expiration", "How long the link is good for.", "24 hours");
const CHANGED_AT: Variable = plain("changed_at", "When it happened.", "23 November 2026, 08:30 UTC");
const COMPANY: Variable = plain("organization.name", "The organization the person is invited into.", "Globex");
const INVITER: Variable = plain("inviter.name", "Who invites; empty if that isn't known any more.", "Kim Example");
const ROLE: Variable = plain("organization.role", "What the person will be there.", "Member");
const SUPPORT: Variable =
    plain("support_email", "Where people who need help may write to; empty if it isn't set.", "help@example.com");
const ACTION: Variable = Variable {
    name: "action_url",
    description: "Where the link leads.",
    sample: "https://id.example.com/orgs/acme-corp/…",
    is_link: true,
    is_needed: true,
};

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::EmailVerification,
        Self::PasswordReset,
        Self::AccountExists,
        Self::PasswordChanged,
        Self::Invitation,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
    ];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::PasswordReset => "password_reset",
            Self::AccountExists => "account_exists",
            Self::PasswordChanged => "password_changed",
            Self::Invitation => "invitation",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
        }
    }
    /// The kind of that name; hyphens stand for underscores.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.replace('-', "_");
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
    /// What it can say.
    pub fn variables(self) -> &'static [Variable] {
        const WITH_LINK: &[Variable] = &[ACTION, EXPIRATION, FIRST_NAME, LAST_NAME, NAME, EMAIL, TENANT, SUPPORT];
        match self {
            Self::EmailVerification | Self::PasswordReset | Self::AccountExists => WITH_LINK,
            Self::PasswordChanged | Self::IdentityLinked | Self::IdentityUnlinked => {
                &[ACTION, CHANGED_AT, FIRST_NAME, LAST_NAME, NAME, EMAIL, TENANT, SUPPORT]
            }
            Self::Invitation => {
                &[ACTION, EXPIRATION, COMPANY, INVITER, ROLE, FIRST_NAME, LAST_NAME, NAME, EMAIL, TENANT, SUPPORT]
            }
        }
    }
    /// The built-in mail with placeholders where it says something about somebody.
    pub(super) fn built_in(self, words: &'static Words, brand: &Brand) -> (String, String) {
        let outline = match self {
            Self::EmailVerification => Outline::VerifyEmail,
            Self::PasswordReset => Outline::ResetPassword,
            Self::AccountExists => Outline::AccountExists,
            Self::PasswordChanged => Outline::PasswordChanged,
            Self::Invitation => Outline::Invitation,
            Self::IdentityLinked => Outline::Linked,
            Self::IdentityUnlinked => Outline::Unlinked,
        };
        let placeholders = Placeholders {
            org: "{{ tenant.name }}",
            name: "{{ user.firstName }}",
            link: "{{ action_url }}",
            time: "{{ expiration }}",
            at: "{{ changed_at }}",
            company: "{{ organization.name }}",
            inviter: "{{ inviter.name }}",
            role: "{{ organization.role }}",
        };
        let mail = outline.mail(words, brand, &placeholders);
        (mail.subject, mail.html)
    }
    /// What a preview shows.
    pub(super) fn samples(self) -> BTreeMap<&'static str, String> {
        self.variables().iter().map(|variable| (variable.name, variable.sample.to_owned())).collect()
    }
}
