//! From mail settings to a mailer.

use kernel::Secret;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use settings::{Encryption, Mail, Smtp};
use signin::Mailer;

/// How mail leaves. Without settings nothing can be sent, and jobs that try will say so.
pub(super) fn mailer(mail: Option<&Mail>) -> anyhow::Result<Mailer> {
    let Some(mail) = mail else { return Ok(Mailer::Off) };
    // The settings have said whether mail may travel in the clear.
    let build = if mail.smtp.encryption == Encryption::None { Mailer::danger_plain_smtp } else { Mailer::smtp };
    Ok(build(&url(&mail.smtp), &mail.from)?)
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
    let host = if smtp.host.contains(':') { format!("[{}]", smtp.host) } else { smtp.host.clone() };
    Secret::new(format!("{scheme}://{login}{host}:{}{rule}", smtp.port))
}
