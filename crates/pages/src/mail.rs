//! Mails: a subject, a text part and an HTML part that say the same.
//!
//! Mail programs know no style sheets, so the HTML part carries its few styles itself. It loads nothing from anywhere: opening a
//! mail tells nobody.

mod outline;

pub use outline::{Outline, Placeholders};

use crate::colour::Colour;
use crate::words::Words;
use crate::{Brand, document};
use askama::Template;
use kernel::Timestamp;

/// A mail ready to send. It has no `Debug`: its links let people in.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// The `text/plain` part.
    pub text: String,
    /// The `text/html` part.
    pub html: String,
}

/// Asks to confirm an email address.
#[derive(Clone)]
pub struct VerifyEmail {
    pub words: &'static Words,
    pub brand: Brand,
    /// Whom to greet, if a name is known.
    pub name: Option<String>,
    /// The absolute address that confirms.
    pub link: String,
    pub valid_minutes: u32,
}

/// Brings a link to choose a new password.
#[derive(Clone)]
pub struct ResetPassword {
    pub words: &'static Words,
    pub brand: Brand,
    pub name: Option<String>,
    /// The absolute address where a password is chosen.
    pub link: String,
    pub valid_minutes: u32,
}

/// Tells somebody who tries to register that they have an account, and brings a link to choose a new password.
#[derive(Clone)]
pub struct AccountExists {
    pub words: &'static Words,
    pub brand: Brand,
    pub name: Option<String>,
    /// The absolute address where a password is chosen.
    pub link: String,
    pub valid_minutes: u32,
}

/// Tells that a password was changed.
#[derive(Clone)]
pub struct PasswordChanged {
    pub words: &'static Words,
    pub brand: Brand,
    pub name: Option<String>,
    pub at: Timestamp,
    /// Where to ask for a new password, if it was somebody else.
    pub forgot_url: String,
}

/// Tells that an account elsewhere was linked, or unlinked, by somebody else.
#[derive(Clone)]
pub struct LinkChanged {
    pub words: &'static Words,
    pub brand: Brand,
    pub name: Option<String>,
    /// Whether there is a new way to sign in, or one less.
    pub is_linked: bool,
    pub at: Timestamp,
    /// Where to sign in.
    pub sign_in_url: String,
}

/// Tells that a password is about to be as old as passwords may become.
#[derive(Clone)]
pub struct PasswordEnds {
    pub words: &'static Words,
    pub brand: Brand,
    pub name: Option<String>,
    pub at: Timestamp,
    /// Where to choose another.
    pub change_url: String,
}

impl PasswordEnds {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let w = &self.words.mail;
        let org = &self.brand.name;
        Letter {
            subject: (w.ends_subject)(org),
            lead: (w.ends)(org),
            facts: vec![(w.ends_when)(&self.words.day(self.at, &self.brand.zone))],
            button: self.words.password.change_button,
            link: &self.change_url,
            after: vec![w.ends_later.into()],
            ..Letter::to(self.words, &self.brand, self.name.as_deref())
        }
        .mail()
    }
}

/// Invites somebody into a company.
#[derive(Clone)]
pub struct Invitation {
    pub words: &'static Words,
    pub brand: Brand,
    /// Whom to greet, if a name is known.
    pub name: Option<String>,
    pub company: String,
    /// What whoever invited is called.
    pub invited_by: Option<String>,
    /// The name of the role there.
    pub role: Option<String>,
    /// The absolute address where the invitation is answered.
    pub link: String,
    pub valid_minutes: u32,
}

/// Tells that a client asks for approval. The link holds no secret.
#[derive(Clone)]
pub struct ApprovalWanted {
    pub words: &'static Words,
    pub brand: Brand,
    pub name: Option<String>,
    /// Who asks.
    pub client: String,
    /// What to compare with what the client shows.
    pub binding_message: Option<String>,
    /// Where the request is.
    pub link: String,
}

impl ApprovalWanted {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let w = &self.words.approval;
        Letter {
            subject: (w.mail_subject)(&self.client),
            lead: (w.mail)(&self.client),
            facts: self.binding_message.iter().map(|message| (w.mail_message)(message)).collect(),
            button: w.look,
            link: &self.link,
            after: vec![w.mail_ignore.into()],
            ..Letter::to(self.words, &self.brand, self.name.as_deref())
        }
        .mail()
    }
}

impl VerifyEmail {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let time = time(self.words, self.valid_minutes);
        Outline::VerifyEmail.letter(self.words, &self.brand, self.name.as_deref(), &self.link, &time).mail()
    }
}

impl ResetPassword {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let time = time(self.words, self.valid_minutes);
        Outline::ResetPassword.letter(self.words, &self.brand, self.name.as_deref(), &self.link, &time).mail()
    }
}

impl AccountExists {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let time = time(self.words, self.valid_minutes);
        Outline::AccountExists.letter(self.words, &self.brand, self.name.as_deref(), &self.link, &time).mail()
    }
}

impl PasswordChanged {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let at = self.words.moment(self.at, &self.brand.zone);
        Outline::PasswordChanged.letter(self.words, &self.brand, self.name.as_deref(), &self.forgot_url, &at).mail()
    }
}

impl LinkChanged {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        let at = self.words.moment(self.at, &self.brand.zone);
        let outline = if self.is_linked { Outline::Linked } else { Outline::Unlinked };
        outline.letter(self.words, &self.brand, self.name.as_deref(), &self.sign_in_url, &at).mail()
    }
}

impl Invitation {
    /// The finished mail.
    pub fn mail(&self) -> Mail {
        self.letter(&time(self.words, self.valid_minutes)).mail()
    }

    fn letter(&self, time: &str) -> Letter<'_> {
        let (w, i) = (&self.words.mail, &self.words.invitation);
        let by = self.invited_by.as_deref().map(i.by);
        Letter {
            subject: (w.invite_subject)(&self.company),
            lead: (w.invite)(&self.company),
            facts: by.into_iter().chain(self.role.as_deref().map(i.role)).collect(),
            button: w.invite_button,
            link: &self.link,
            after: vec![(w.valid_for)(time), w.invite_ignore.into()],
            sent_by: (w.invite_sent_by)(&self.brand.name),
            ..Letter::to(self.words, &self.brand, self.name.as_deref())
        }
    }
}

/// How long a link is good, in words.
pub fn time(words: &Words, minutes: u32) -> String {
    const HOUR: u32 = 60;
    const DAY: u32 = 24 * HOUR;
    let w = &words.mail;
    match minutes {
        days if days > DAY && days.is_multiple_of(DAY) => (w.days)(days / DAY),
        hours if hours >= HOUR && hours.is_multiple_of(HOUR) => (w.hours)(hours / HOUR),
        minutes => (w.minutes)(minutes),
    }
}

/// What all mails are made of.
#[derive(Template)]
#[template(path = "mail.html")]
struct Letter<'a> {
    words: &'static Words,
    org: &'a str,
    subject: String,
    hello: String,
    lead: String,
    facts: Vec<String>,
    button: &'static str,
    link: &'a str,
    after: Vec<String>,
    sent_by: String,
    help: Option<String>,
    fill: String,
    on_fill: String,
}

impl<'a> Letter<'a> {
    fn to(words: &'static Words, brand: &'a Brand, name: Option<&str>) -> Self {
        let w = &words.mail;
        let colour = brand.colour.as_deref().and_then(Colour::parse).unwrap_or(Colour::ACCENT);
        Self {
            words,
            org: &brand.name,
            subject: String::new(),
            hello: name.filter(|name| !name.trim().is_empty()).map_or_else(|| w.hello_nobody.into(), w.hello),
            lead: String::new(),
            facts: Vec::new(),
            button: "",
            link: "",
            after: Vec::new(),
            sent_by: (w.sent_by)(&brand.name),
            help: brand.help_line(words),
            fill: colour.to_string(),
            on_fill: colour.text_upon().to_string(),
        }
    }

    fn mail(mut self) -> Mail {
        self.subject = one_line(&self.subject);
        Mail { text: self.text(), html: document::render(&self), subject: self.subject }
    }

    fn text(&self) -> String {
        let mut paragraphs = vec![self.hello.as_str(), &self.lead];
        paragraphs.extend(self.facts.iter().map(String::as_str));
        paragraphs.push(self.link);
        paragraphs.extend(self.after.iter().map(String::as_str));
        let foot: Vec<&str> = std::iter::once(self.sent_by.as_str()).chain(self.help.as_deref()).collect();
        format!("{}\n\n-- \n{}\n", paragraphs.join("\n\n"), foot.join("\n"))
    }
}

/// A subject is a header: line breaks and other control characters in a name must not start another one.
fn one_line(subject: &str) -> String {
    subject.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn verify(words: &'static Words, org: &str) -> Mail {
        let link = "https://id.example/verify?token=a1&lang=en".to_owned();
        VerifyEmail { words, brand: Brand::named(org), name: Some("Example".into()), link, valid_minutes: 1440 }.mail()
    }

    #[test]
    fn both_parts_carry_the_link_and_only_the_html_part_escapes_it() {
        for words in words::ALL {
            let mail = verify(words, "Acme");
            assert!(mail.text.contains("\n\nhttps://id.example/verify?token=a1&lang=en\n\n"), "{}", mail.text);
            assert!(mail.html.contains("href=\"https://id.example/verify?token=a1&#38;lang=en\""), "{}", mail.html);
            assert!(mail.subject.contains("Acme") && mail.text.contains("24") && mail.html.contains("24"));
        }
    }

    #[test]
    fn a_name_cannot_add_headers_or_markup() {
        let mail = verify(words::ALL[0], "Acme\r\nBcc: all@example.com <b>x</b>");
        assert_eq!(mail.subject, "Confirm your email address for Acme Bcc: all@example.com <b>x</b>");
        assert!(!mail.html.contains("<b>"));
    }

    #[test]
    fn the_reset_mail_says_how_long_the_link_lives_and_that_nothing_happens_without_it() {
        let mail = ResetPassword {
            words: words::ALL[0],
            brand: Brand::named("Acme"),
            name: None,
            link: "https://id.example/r".into(),
            valid_minutes: 30,
        }
        .mail();
        assert!(mail.text.starts_with("Hello,\n\n"));
        assert!(mail.text.contains("for 30 minutes") && mail.text.contains("Your password stays as it is."));
    }

    #[test]
    fn the_changed_mail_says_when_and_brings_no_secret() {
        let at = Timestamp::parse_iso("2026-11-23T08:30:00Z").unwrap();
        let forgot_url = "https://id.example/forgot-password".to_owned();
        let mail = PasswordChanged { words: words::ALL[1], brand: Brand::named("Acme"), name: None, at, forgot_url }.mail();
        assert!(mail.text.contains("Wann: 23. November 2026, 08:30 UTC"), "{}", mail.text);
        assert!(mail.html.contains("https://id.example/forgot-password"));
    }

    #[test]
    fn the_mail_about_a_link_says_which_way_it_went() {
        let at = Timestamp::parse_iso("2026-11-23T08:30:00Z").unwrap();
        for words in words::ALL {
            let mail = |is_linked| {
                let (brand, sign_in_url) = (Brand::named("Acme"), "https://id.example/signin".to_owned());
                LinkChanged { words, brand, name: None, is_linked, at, sign_in_url }.mail()
            };
            let (linked, unlinked) = (mail(true), mail(false));
            assert!(linked.subject.contains("Acme") && unlinked.subject.contains("Acme") && linked.subject != unlinked.subject);
            assert!(
                linked.text.contains("2026") && linked.text.contains("https://id.example/signin") && linked.text != unlinked.text
            );
        }
    }

    #[test]
    fn an_invitation_says_who_invites_to_what_and_for_how_long() {
        for words in words::ALL {
            let mail = Invitation {
                words,
                brand: Brand::named("Acme"),
                name: None,
                company: "Globex <b>".into(),
                invited_by: Some("Root Person".into()),
                role: Some("Owner".into()),
                link: "https://id.example/invitation?token=7.a".into(),
                valid_minutes: 7 * 1440,
            }
            .mail();
            for said in ["Globex <b>", "Root Person", "Owner", "https://id.example/invitation?token=7.a", " 7 ", "Acme"] {
                assert!(mail.text.contains(said), "{said}: {}", mail.text);
            }
            assert!(mail.subject.contains("Globex") && !mail.html.contains("<b>"));
        }
    }

    #[test]
    fn a_mail_says_where_help_is_if_there_is_any() {
        let help = crate::Help { email: Some("help@acme.example".into()), url: Some("https://acme.example/help".into()) };
        for words in words::ALL {
            let link = "https://id.example/verify".to_owned();
            let brand = Brand { help: help.clone(), ..Brand::named("Acme") };
            let mail = VerifyEmail { words, brand, name: None, link, valid_minutes: 60 }.mail();
            for part in [&mail.text, &mail.html] {
                assert!(part.contains("help@acme.example · https://acme.example/help"), "{part}");
            }
        }
        assert!(!verify(words::ALL[0], "Acme").text.contains("Need help"), "nowhere to turn to");
    }

    #[test]
    fn a_password_that_ends_says_when_in_the_zone_of_the_brand() {
        let at = Timestamp::parse_iso("2026-12-31T23:30:00Z").unwrap();
        let brand = Brand { zone: crate::Zone::parse("Europe/Paris").unwrap(), ..Brand::named("Acme") };
        let change_url = "https://id.example/account/password".to_owned();
        let mail = PasswordEnds { words: words::ALL[0], brand, name: None, at, change_url }.mail();
        assert!(
            mail.text.contains("1 January 2027") && mail.text.contains("https://id.example/account/password"),
            "{}",
            mail.text
        );
    }

    #[test]
    fn mails_load_nothing() {
        let html = verify(words::ALL[0], "Acme").html;
        for loader in ["<img", "src=", "url(", "@import", "<script", "<link"] {
            assert!(!html.contains(loader), "{loader}");
        }
    }
}
