//! How mail leaves: over SMTP, or, in development, into a table where it can be read.

use super::{Letter, SendMail};
use flow::Services;
use identity::settings::{Mail, Settings};
use kernel::{Fault, OrgId, Secret, Timestamp};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{Address, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};
use store::{Decision, Org, Platform, Tx, Writes, args, platform_sql};

/// Shorter than the lease of a job, so that no two workers send the same mail at once.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How mail leaves.
pub enum Mailer {
    /// Over SMTP (RFC 5321).
    Smtp(Box<Smtp>),
    /// Into the table `mailbox`, for development.
    Caught,
    /// Not at all: no mail server is configured. What should be sent waits, and is given up in the end.
    Off,
}

/// A mail server and the address to send from.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why mail can't leave that way. It never quotes the URL, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailerRefused {
    /// Not an SMTP URL.
    #[error("the mail URL is not of the form smtps://user:password@host:port or smtp://host:port?tls=required")]
    Url,
    /// A password, or mail to another machine, in the clear.
    #[error(
        "the mail URL would send mail unprotected: use smtps:// or add ?tls=required (plain smtp:// works only to this machine)"
    )]
    Unprotected,
    /// Not a sender.
    #[error("the sender of mail is not of the form \"Name <address@example.com>\" or address@example.com")]
    Sender,
}

impl Mailer {
    /// Over SMTP: `smtps://user:password@host:port` (TLS from the start, RFC 8314 §3.3), or
    /// `smtp://user:password@host:port?tls=required` (STARTTLS); plain `smtp://` only to this machine.
    ///
    /// # Errors
    /// If the URL or the sender can't be understood, or mail would travel unprotected.
    pub fn smtp(url: &Secret, from: &str) -> Result<Self, MailerRefused> {
        if !is_protected(url.expose()).ok_or(MailerRefused::Url)? {
            return Err(MailerRefused::Unprotected);
        }
        Self::danger_plain_smtp(url, from)
    }

    /// Over SMTP, in the clear if the URL says so: for operators who set `danger_plain_smtp`.
    ///
    /// # Errors
    /// If the URL or the sender can't be understood.
    pub fn danger_plain_smtp(url: &Secret, from: &str) -> Result<Self, MailerRefused> {
        let from = from.parse().map_err(|_| MailerRefused::Sender)?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()).map_err(|_| MailerRefused::Url)?;
        Ok(Self::Smtp(Box::new(Smtp { transport: builder.timeout(Some(TIMEOUT)).build(), from })))
    }

    /// Hand a mail over.
    pub(super) async fn deliver(&self, services: &Services, org: &Org, mail: &SendMail, letter: Letter) -> Result<(), Fault> {
        match self {
            Self::Smtp(smtp) => {
                let own = &Settings::of(org).email;
                let name = own.from_name.as_ref().map(|name| name.as_str().to_owned()).or_else(|| smtp.from.name.clone());
                let sender = Sender { from: Mailbox::new(name, smtp.from.email.clone()), reply_to: reply_to(own)? };
                let message = message(&sender, services.clock.now(), mail, letter)?;
                smtp.transport.send(message).await.map(drop).map_err(|error| Fault::unavailable(format!("mail server: {error}")))
            }
            Self::Caught => catch(services, org.id().clone(), mail, letter).await,
            Self::Off => Err(Fault::unavailable("no mail server is configured")),
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(smtp) => write!(f, "Smtp(from {})", smtp.from),
            Self::Caught => f.write_str("Caught"),
            Self::Off => f.write_str("Off"),
        }
    }
}

/// Whether what travels to the mail server can't be read on the way; `None` if this is no URL of one.
fn is_protected(url: &str) -> Option<bool> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.strip_prefix('[').map_or_else(|| host.split(':').next(), |v6| v6.split(']').next())?;
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let must_start_tls = rest.split_once('?').is_some_and(|(_, query)| query.split('&').any(|pair| pair == "tls=required"));
    match scheme {
        _ if host.is_empty() => None,
        "smtps" => Some(true),
        "smtp" => Some(must_start_tls || is_here),
        _ => None,
    }
}

/// From whom a mail comes.
pub(super) struct Sender {
    pub(super) from: Mailbox,
    /// Where answers go, if not there.
    pub(super) reply_to: Option<Mailbox>,
}

/// Where answers to an organization's mail go.
pub(super) fn reply_to(own: &Mail) -> Result<Option<Mailbox>, Fault> {
    let address =
        own.reply_to.as_ref().map(|address| address.as_str().parse::<Address>().map_err(Fault::internal)).transpose()?;
    Ok(address.map(|address| Mailbox::new(None, address)))
}

/// The mail as it travels (RFC 5322).
pub(super) fn message(sender: &Sender, now: Timestamp, mail: &SendMail, letter: Letter) -> Result<Message, Fault> {
    let to = mail.to.parse().map(|address| Mailbox::new(None, address)).map_err(Fault::internal)?;
    let now = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now.as_micros()).unwrap_or_default());
    let Sender { from, reply_to } = sender;
    let builder = match reply_to {
        Some(reply_to) => Message::builder().reply_to(reply_to.clone()),
        None => Message::builder(),
    };
    builder
        .from(from.clone())
        .to(to)
        .date(now)
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        // RFC 3834 §5: so that nobody's holiday notice answers.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .subject(letter.subject)
        .multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
        .map_err(Fault::internal)
}

/// A job may be done twice; the mail is in the box once.
async fn catch(services: &Services, org: OrgId, mail: &SendMail, letter: Letter) -> Result<(), Fault> {
    let (mail, letter, now) = (mail.clone(), std::sync::Arc::new(letter), services.clock.now());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (mail, letter, org) = (mail.clone(), letter.clone(), org.clone());
        async move {
            let sql = platform_sql!(
                "INSERT INTO mailbox (id, org_id, recipient, subject, text_body, html_body, created_at)
                 VALUES (:id, :owner, :recipient, :subject, :text, :html, :now) ON CONFLICT (id) DO NOTHING"
            );
            let values = args! { id: &mail.id, owner: &org, recipient: &mail.to, subject: &letter.subject, text: &letter.text,
            html: &letter.html, now: now };
            let caught = tx.execute(sql, values).await;
            (tx, Decision::KeepUnrecorded(caught, "the job that delivers the mail records it"))
        }
    };
    services.store.write(Platform, work).await??;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str) -> Result<Mailer, MailerRefused> {
        Mailer::smtp(&Secret::new(url), "LumoAuth <id@example.com>")
    }

    #[tokio::test]
    async fn mail_leaves_protected_or_not_at_all() {
        for good in [
            "smtps://user:p%40ss@mail.example.com",
            "smtp://user:pass@mail.example.com:587?tls=required",
            "smtp://localhost:1025",
            "smtp://127.0.0.1:25",
            "smtp://[::1]:25",
        ] {
            assert!(smtp(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("smtp://mail.example.com", MailerRefused::Unprotected),
            ("smtp://user:pass@mail.example.com", MailerRefused::Unprotected),
            ("smtp://mail.example.com?tls=opportunistic", MailerRefused::Unprotected),
            ("smtp://localhost@mail.example.com", MailerRefused::Unprotected),
            ("smtp://localhost.example.com", MailerRefused::Unprotected),
            ("https://mail.example.com", MailerRefused::Url),
            ("mail.example.com", MailerRefused::Url),
            ("smtps://", MailerRefused::Url),
            ("", MailerRefused::Url),
        ] {
            assert_eq!(smtp(bad).err(), Some(why), "{bad}");
        }
        assert_eq!(Mailer::smtp(&Secret::new("smtps://h"), "nobody").err(), Some(MailerRefused::Sender));
    }

    #[tokio::test]
    async fn a_mailer_does_not_show_its_password() {
        let shown = format!("{:?}", smtp("smtps://user:hunter2@mail.example.com").unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_message_has_both_parts_and_headers_nobody_can_add_to() {
        let mail = SendMail { id: "m1".into(), purpose: "test".into(), to: "ada@example.com".into(), sealed: String::new() };
        let letter = Letter {
            subject: "Hello\r\nBcc: all@example.com".into(),
            text: "plain words".into(),
            html: "<p>rich words</p>".into(),
        };
        let sender =
            Sender { from: "LumoAuth <id@example.com>".parse().unwrap(), reply_to: Some("help@example.com".parse().unwrap()) };
        let message = message(&sender, Timestamp::from_secs(1_795_420_800), &mail, letter).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head.lines().filter_map(|line| line.split_once(": ").map(|(name, _)| name)).collect();
        assert!(!names.contains(&"Bcc"), "{head}");
        for line in [
            "To: ada@example.com",
            "Reply-To: help@example.com",
            "Message-ID: <m1@example.com>",
            "Auto-Submitted: auto-generated",
            "Date: Mon, 23 Nov 2026",
        ] {
            assert!(head.contains(line), "{line}\n{head}");
        }
        assert!(body.contains("plain words") && body.contains("<p>rich words</p>"));
    }
}
