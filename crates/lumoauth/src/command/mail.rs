//! From mail settings to a mailer.

use kernel::Secret;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use settings::{Encryption, Mail, Smtp};
use signin::Mailer;

/// How mail leaves. Without settings nothing can be sent, and jobs that try will say so.
pub(super) fn mailer(mail: Option<&Mail>) -> anyhow::Result<Mailer> {
    mail.map_or(Ok(Mailer::Off), |mail| Ok(Mailer::smtp(&url(&mail.smtp), &mail.from)?))
}

fn url(smtp: &Smtp) -> Secret {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let login = smtp
        .login
        .as_ref()
        .map_or_else(String::new, |(name, password)| format!("{}:{}@", encode(name), encode(password.expose())));
    let (scheme, rule) = match smtp.encryption {
        Encryption::Tls => ("smtps", ""),
        Encryption::StartTls => ("smtp", "?tls=required"),
        Encryption::None => ("smtp", ""),
    };
    Secret::new(format!("{scheme}://{login}{}:{}{rule}", smtp.host, smtp.port))
}
