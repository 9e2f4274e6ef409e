//! From mail settings to a mailer.

use signin::{Mailer, Smtp, SmtpEncryption};

/// How mail leaves. Without settings nothing can be sent, and jobs that try will say so.
pub(super) fn mailer(settings: Option<&settings::Mail>) -> anyhow::Result<Mailer> {
    let Some(mail) = settings else { return Ok(Mailer::None) };
    let encryption = match mail.smtp.encryption {
        settings::Encryption::Tls => SmtpEncryption::Tls,
        settings::Encryption::StartTls => SmtpEncryption::StartTls,
        settings::Encryption::None => SmtpEncryption::None,
    };
    Ok(Mailer::smtp(&Smtp {
        host: mail.smtp.host.clone(),
        port: mail.smtp.port,
        encryption,
        login: mail.smtp.login.clone(),
        from: mail.from.clone(),
    })?)
}
