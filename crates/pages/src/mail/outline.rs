//! Mails before they are about anybody: what the built-in ones look like, for organizations that write their own.

use super::{Invitation, Letter, Mail};
use crate::words::Words;
use crate::{Brand, Help};

/// A mail before it is about anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outline {
    VerifyEmail,
    ResetPassword,
    AccountExists,
    PasswordChanged,
    Linked,
    Unlinked,
    Invitation,
}

/// What stands in an outline for what isn't known yet.
#[derive(Clone, Copy, Debug)]
pub struct Placeholders<'a> {
    pub org: &'a str,
    pub name: &'a str,
    pub link: &'a str,
    /// For how long the link is good.
    pub time: &'a str,
    /// When it happened.
    pub at: &'a str,
    /// Into which company somebody is invited.
    pub company: &'a str,
    /// Who invites.
    pub inviter: &'a str,
    /// What the person will be there.
    pub role: &'a str,
}

impl Outline {
    /// The mail with placeholders in it, in an organization's colour.
    pub fn mail(self, words: &'static Words, brand: &Brand, holders: &Placeholders<'_>) -> Mail {
        let brand = Brand { name: holders.org.to_owned(), help: Help::default(), ..brand.clone() };
        let name = Some(holders.name);
        match self {
            Self::VerifyEmail | Self::ResetPassword | Self::AccountExists => {
                self.letter(words, &brand, name, holders.link, holders.time).mail()
            }
            Self::PasswordChanged | Self::Linked | Self::Unlinked => {
                self.letter(words, &brand, name, holders.link, holders.at).mail()
            }
            Self::Invitation => {
                let own = |text: &str| text.to_owned();
                let invitation = Invitation {
                    words,
                    brand,
                    name: name.map(own),
                    company: own(holders.company),
                    invited_by: Some(own(holders.inviter)),
                    role: Some(own(holders.role)),
                    link: own(holders.link),
                    valid_minutes: 0,
                };
                invitation.letter(holders.time).mail()
            }
        }
    }

    /// `time` is how long the link is good, or when it happened.
    pub(super) fn letter<'a>(
        self,
        words: &'static Words,
        brand: &'a Brand,
        name: Option<&str>,
        link: &'a str,
        time: &str,
    ) -> Letter<'a> {
        let (w, org) = (&words.mail, brand.name.as_str());
        let letter = Letter { link, ..Letter::to(words, brand, name) };
        match self {
            Self::VerifyEmail => Letter {
                subject: (w.verify_subject)(org),
                lead: (w.verify)(org),
                button: w.verify_button,
                after: vec![(w.valid_for)(time), w.verify_ignore.into()],
                ..letter
            },
            Self::ResetPassword => Letter {
                subject: (w.reset_subject)(org),
                lead: (w.reset)(org),
                button: w.reset_button,
                after: vec![(w.valid_for)(time), w.reset_ignore.into()],
                ..letter
            },
            Self::AccountExists => Letter {
                subject: (w.exists_subject)(org),
                lead: (w.exists)(org),
                button: w.reset_button,
                after: vec![(w.valid_for)(time), w.reset_ignore.into()],
                ..letter
            },
            Self::PasswordChanged => Letter {
                subject: (w.changed_subject)(org),
                lead: (w.changed)(org),
                facts: vec![(w.changed_when)(time), w.changed_not_you.into()],
                button: w.changed_button,
                ..letter
            },
            Self::Linked => Letter { subject: (w.linked_subject)(org), lead: (w.linked)(org), ..letter.about_a_link(time) },
            Self::Unlinked => Letter { subject: (w.unlinked_subject)(org), lead: (w.unlinked)(org), ..letter.about_a_link(time) },
            Self::Invitation => Letter {
                subject: (w.invite_subject)(org),
                lead: (w.invite)(org),
                button: w.invite_button,
                after: vec![(w.valid_for)(time), w.invite_ignore.into()],
                ..letter
            },
        }
    }
}

impl Letter<'_> {
    /// What both mails about a link to an account elsewhere say.
    fn about_a_link(self, at: &str) -> Self {
        let w = &self.words.mail;
        Self { facts: vec![(w.changed_when)(at), w.link_unexpected.into()], button: w.link_button, ..self }
    }
}
