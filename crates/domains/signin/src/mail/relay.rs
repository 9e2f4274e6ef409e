//! An organization's own mail server. Its administrators chose the host, so the connection goes through the guard that keeps all
//! outbound traffic away from inner addresses, and the other side may say and delay only so much.

use super::mailer::{Sender, message, reply_to};
use super::{Letter, SendMail};
use flow::{Connection, Services};
use identity::settings::{Settings, SmtpSecurity};
use kernel::{Fault, Secret};
use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Code;
use lettre::{Address, Message};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use store::Org;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The time all of it may take; shorter than the lease of a job, so that no two workers send the same mail at once.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long a farewell is waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// A mail server of an organization, and from whom mail comes there.
pub(super) struct Relay {
    host: String,
    port: u16,
    security: SmtpSecurity,
    login: Option<(String, Secret)>,
    sender: Sender,
}

impl Relay {
    /// From the organization's settings; `None` if it has no server of its own.
    pub(super) fn of(services: &Services, org: &Org) -> Result<Option<Self>, Fault> {
        let settings = Settings::of(org);
        let own = &settings.email;
        let (Some(host), Some(address)) = (&own.smtp_host, &own.from_address) else { return Ok(None) };
        let name = own.from_name.as_ref().map_or(settings.general.shown_name(org), |name| name.as_str());
        let address = address.as_str().parse::<Address>().map_err(Fault::internal)?;
        let login = match (&own.smtp_username, &own.smtp_password) {
            (Some(name), Some(password)) => {
                Some((name.as_str().to_owned(), password.open(services, org.id(), "email.smtp_password")?))
            }
            _ => None,
        };
        Ok(Some(Self {
            host: host.as_str().to_owned(),
            port: u16::try_from(own.smtp_port.value()).map_err(Fault::internal)?,
            security: own.smtp_security,
            login,
            sender: Sender { from: Mailbox::new(Some(name.to_owned()), address), reply_to: reply_to(own)? },
        }))
    }

    /// Hand a mail over.
    pub(super) async fn deliver(&self, services: &Services, mail: &SendMail, letter: Letter) -> Result<(), Fault> {
        let message = message(&self.sender, services.clock.now(), mail, letter)?;
        let away = |why: &dyn fmt::Display| Fault::unavailable(format!("the organization's mail server: {why}"));
        match tokio::time::timeout(TIMEOUT, self.hand_over(services, &message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(away(&why)),
            Err(_) => Err(away(&"it took too long")),
        }
    }

    async fn hand_over(&self, services: &Services, message: &Message) -> Result<(), RelayFault> {
        let hello = ClientId::Domain(own_host(&services.base_url).to_owned());
        let mut connection = match self.security {
            SmtpSecurity::Tls => {
                let connection = services.outbound.connect_tls(&self.host, self.port).await?;
                let stream = Stream { connection, reads_singly: false };
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?
            }
            SmtpSecurity::StartTls => {
                let connection = services.outbound.connect(&self.host, self.port).await?;
                let stream = Stream { connection, reads_singly: true };
                let mut connection = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?;
                // Fails if the server doesn't offer it: nothing travels in the clear.
                connection.starttls(self.tls(services)?, &hello).await?;
                connection
            }
        };
        if let Some((name, password)) = &self.login {
            let credentials = Credentials::new(name.clone(), password.expose().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        connection.send(message.envelope(), &message.formatted()).await?;
        // The mail is theirs by now, whatever they say to the farewell, and whether they say anything.
        drop(tokio::time::timeout(FAREWELL, connection.quit()).await);
        Ok(())
    }

    fn tls(&self, services: &Services) -> Result<TlsParameters, RelayFault> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(pem) = services.outbound.ca_pem() {
            builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
        }
        Ok(builder.build()?)
    }
}

/// Why a mail was not handed over.
#[derive(Debug, thiserror::Error)]
enum RelayFault {
    #[error("{0}")]
    Outbound(#[from] flow::OutboundFault),
    /// It said no. In which words is not repeated: they are a stranger's, and could hold the password it was just told.
    #[error("it answered {0}")]
    Refused(Code),
    #[error("what it answered can't be read")]
    Unreadable,
    #[error("{0}")]
    Smtp(smtp::Error),
}

impl From<smtp::Error> for RelayFault {
    fn from(error: smtp::Error) -> Self {
        match error.status() {
            Some(code) => Self::Refused(code),
            None if error.is_response() => Self::Unreadable,
            None => Self::Smtp(error),
        }
    }
}

/// How this server greets others: by the host it is reached under.
fn own_host(base_url: &str) -> &str {
    let authority = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    authority.split([':', '/']).next().filter(|host| !host.is_empty() && !host.starts_with('[')).unwrap_or("localhost")
}

/// A guarded connection as the mail library wants it.
#[derive(Debug)]
struct Stream {
    connection: Connection,
    /// Whether it gives one byte at a time. The library reads ahead, and would take what was put behind the answer to `STARTTLS`, by
    /// whoever sits on the way, for an answer within TLS. Read singly, it gets into the handshake, which it spoils.
    reads_singly: bool,
}

impl AsyncTokioStream for Stream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.connection.peer_addr())
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.reads_singly || buffer.remaining() == 0 {
            return Pin::new(&mut self.connection).poll_read(cx, buffer);
        }
        let mut byte = [0];
        let mut single = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.connection).poll_read(cx, &mut single))?;
        buffer.put_slice(single.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_server_greets_by_the_host_of_its_address() {
        for (url, host) in [
            ("https://id.example.com", "id.example.com"),
            ("http://localhost:8080", "localhost"),
            ("https://id.example.com/auth", "id.example.com"),
            ("http://[::1]:8080", "localhost"),
        ] {
            assert_eq!(own_host(url), host);
        }
    }
}
