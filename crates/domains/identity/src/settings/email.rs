//! How the organization's mail leaves, and from whom it comes.

use super::sealed::SealedSecret;
use super::section::section;
use super::setting::Taking;
use super::values::{Address, Host, Line, Number, choices};
use serde_json::{Map, Value};

choices! {
    /// How the connection to the mail server is protected. It always is.
    SmtpSecurity {
        /// TLS from the start (RFC 8314 §3.3).
        Tls = "tls",
        /// TLS once the server has been asked for it (RFC 3207), or no mail.
        StartTls = "starttls",
    }
}

section! {
    /// Mail settings.
    pub struct Mail {
        /// The name mail comes from. Left empty, it is the organization's if mail leaves by a server of its own, and else the one that
        /// this server is configured with.
        from_name: Option<Line> = None,
        /// The address mail comes from. It needs a mail server of one's own.
        from_address: Option<Address> = None,
        /// Where answers go.
        reply_to: Option<Address> = None,
        /// The organization's own mail server; without it, mail leaves as this server is configured to send it. It must be on the
        /// public internet, unless this server's operator allows the host (`outbound.allow_hosts`).
        smtp_host: Option<Host> = None,
        /// Its port: one of 25, 465, 587, 2465, 2525 and 2587.
        smtp_port: Number<25, 2587> = Number::of(465),
        /// How the connection is protected.
        smtp_security: SmtpSecurity = SmtpSecurity::Tls,
        /// Who signs in there.
        smtp_username: Option<Line> = None,
        /// With which password.
        smtp_password: Option<SealedSecret> = None,
    }
    settled by settle
}

/// Ports mail is handed over on: no others, so that a mail server can't be a name for something else.
const PORTS: [u32; 6] = [25, 465, 587, 2465, 2525, 2587];

fn settle(taken: &mut Mail, _: &Map<String, Value>, before: &Mail, taking: &mut Taking<'_>) {
    if !PORTS.contains(&taken.smtp_port.value()) {
        taking.refuse_member("smtp_port", "must be one of 25, 465, 587, 2465, 2525 and 2587");
    }
    match (&taken.smtp_host, &taken.from_address) {
        (Some(_), None) => taking.refuse_member("from_address", "is needed with smtp_host"),
        (None, Some(_)) => {
            taking.refuse_member("from_address", "needs smtp_host: other mail comes from the server's own address");
        }
        _ => {}
    }
    if taken.smtp_username.is_some() != taken.smtp_password.is_some() {
        taking.refuse_member("smtp_password", "smtp_username and smtp_password go together");
    }
    // Who may change the settings was not told the password: it goes to no other server than the one it was set for.
    let is_kept = taken.smtp_password.is_some() && taken.smtp_password == before.smtp_password;
    if is_kept && (taken.smtp_host != before.smtp_host || taken.smtp_port != before.smtp_port) {
        taking.refuse_member("smtp_password", "must be sent again for another mail server");
    }
}
