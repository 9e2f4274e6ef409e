//! Pages for development: the mailbox and the demo application.

use crate::{Form, Shell, Words, document::document, link};
use askama::{Template, filters::Safe};
use kernel::Timestamp;

/// Every mail the server would have sent, newest first.
#[derive(Clone, Template)]
#[template(path = "mailbox.html")]
pub struct Mailbox {
    pub shell: Shell,
    pub mails: Vec<MailLine>,
}
document!(Mailbox);

/// A mail in the list.
#[derive(Clone, Debug)]
pub struct MailLine {
    pub url: String,
    pub to: String,
    pub subject: String,
    pub at: Timestamp,
}

impl MailLine {
    fn time(&self, shell: &Shell) -> Safe<String> {
        shell.time(self.at)
    }
}

/// One mail. It has no `Debug`: mails carry links that let people in.
#[derive(Clone, Template)]
#[template(path = "mail_page.html")]
pub struct MailPage {
    pub shell: Shell,
    pub to: String,
    pub subject: String,
    pub at: Timestamp,
    /// The text part. Web addresses in it become links.
    pub text: String,
    pub back_url: String,
}
document!(MailPage);

/// A stretch of a mail's text.
struct Stretch<'a> {
    text: &'a str,
    is_link: bool,
}

impl MailPage {
    fn time(&self) -> Safe<String> {
        self.shell.time(self.at)
    }

    /// The text, cut at white space into words that are web addresses and all the rest.
    fn stretches(&self) -> Vec<Stretch<'_>> {
        self.text
            .split_inclusive(char::is_whitespace)
            .flat_map(|piece| {
                let word = piece.trim_end();
                let gap = piece.strip_prefix(word).unwrap_or_default();
                [Stretch { text: word, is_link: link::is_web(word) }, Stretch { text: gap, is_link: false }]
            })
            .collect()
    }
}

/// The demo application before sign-in.
#[derive(Clone, Template)]
#[template(path = "demo_home.html")]
pub struct DemoHome {
    pub shell: Shell,
    pub login_url: String,
    /// What came back instead of a sign-in: `access_denied`, and its description.
    pub error: Option<(String, String)>,
}
document!(DemoHome);

/// The demo application after sign-in.
#[derive(Clone, Template)]
#[template(path = "demo_signed_in.html")]
pub struct DemoSignedIn {
    pub shell: Shell,
    /// How to greet: a name, or an email address.
    pub name: String,
    /// Claims with their values, in the order to show.
    pub claims: Vec<(String, String)>,
    pub logout: Form,
}
document!(DemoSignedIn, |_page| true);

/// A claim as people read it.
pub(super) struct ClaimLine<'a> {
    /// How people call it.
    pub(super) label: &'a str,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// The value, if it is a point in time (`NumericDate`, RFC 7519 §2).
    at: Option<Timestamp>,
}

impl ClaimLine<'_> {
    pub(super) fn time(&self, shell: &Shell) -> Option<Safe<String>> {
        self.at.map(|at| shell.time(at))
    }
}

impl DemoSignedIn {
    fn lines(&self) -> Vec<ClaimLine<'_>> {
        lines(self.shell.words, &self.claims)
    }
}

/// Claims as people read them.
pub(super) fn lines<'a>(words: &'static Words, claims: &'a [(String, String)]) -> Vec<ClaimLine<'a>> {
    let said = |value| match value {
        "true" => words.common.yes,
        "false" => words.common.no,
        other => other,
    };
    let time = |name: &str, value: &str| match name {
        "auth_time" | "updated_at" => value.parse().ok().map(Timestamp::from_secs),
        _ => None,
    };
    let claims = claims.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    claims
        .map(|(name, value)| {
            let label = words.claim(name).unwrap_or(name);
            ClaimLine { label, name, value: said(value), at: time(name, value) }
        })
        .collect()
}
