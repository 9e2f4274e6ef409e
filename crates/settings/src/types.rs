//! The configuration as values.

use crate::Explanation;
use ipnet::IpNet;
use jose::seal::MasterKeys;
use kernel::Secret;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use url::Url;

/// A complete configuration. It can only be had by [loading](Settings::load) one that is whole.
#[derive(Debug)]
pub struct Settings {
    /// Scheme, host and port people reach the server under. It has no path.
    pub public_url: Url,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database.
    pub database: Database,
    /// The master key and those before it.
    pub master_keys: MasterKeys,
    /// TLS on the listener; `None` when a trusted proxy does it.
    pub tls: Option<Tls>,
    /// Certificates of clients.
    pub mtls: Mtls,
    /// Where metrics are served; `None` if nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How mail is sent, if it is.
    pub mail: Option<Mail>,
    /// Fetches from others.
    pub outbound: Outbound,
    /// Proxies in front.
    pub proxy: Proxy,
    /// Logging.
    pub log: Log,
    /// Limits.
    pub limits: Limits,
    /// The hashing pool.
    pub hashing: Hashing,
    /// The weakening options that are on, to be shown at start and in the console.
    pub dangers: Vec<&'static str>,
    pub(crate) explanation: Explanation,
}

impl Settings {
    /// The public URL as text without a slash at the end: `https://id.example.com`.
    pub fn base_url(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }
    /// Every key with its value, secrets left out, where the value comes from, and what it means.
    pub fn explain(&self) -> &Explanation {
        &self.explanation
    }
}

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite:FILE` with an absolute path, or `postgres://…`.
    pub url: Secret,
    /// PostgreSQL connections at most, of each kind.
    pub connections: usize,
}

/// TLS on the listener. The files are read by the listener, which also notices when they are replaced.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The chain, in PEM.
    pub certificate: PathBuf,
    /// The key, in PEM.
    pub private_key: PathBuf,
    /// Whether clients are asked for a certificate.
    pub client_certificates: ClientCertificates,
}

/// Whether clients are asked for a certificate (RFC 8705).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They aren't.
    Off,
    /// They are, and may go on without one.
    Request,
}

/// Certificates of clients (RFC 8705).
#[derive(Clone, Debug)]
pub struct Mtls {
    /// A second address to listen on, where clients are asked for a certificate.
    pub listen: Option<SocketAddr>,
    /// Scheme, host and port under which clients with certificates reach the server, if not the public URL.
    pub public_url: Option<Url>,
    /// Authorities that issue certificates to clients, in PEM.
    pub authorities_pem: Option<Vec<u8>>,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The server that takes it.
    pub smtp: Smtp,
    /// The sender: `Name <address>` or an address.
    pub from: String,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// User name and password, if it wants them.
    pub login: Option<(String, Secret)>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314 §3.3).
    Tls,
    /// STARTTLS, and no mail without it.
    StartTls,
    /// Not at all.
    None,
}

/// Fetches from others.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Hosts that may be on loopback or a private network, and may be asked over plain http.
    pub allow_hosts: Vec<String>,
    /// Hosts that are never asked.
    pub deny_hosts: Vec<String>,
    /// Root certificates beside the system's, in PEM.
    pub ca_pem: Option<Vec<u8>>,
}

/// Proxies in front.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Networks whose forwarding headers are believed.
    pub trusted: Vec<IpNet>,
    /// The header with the client's certificate, in lower case.
    pub client_certificate_header: Option<String>,
}

/// Logging.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: &'static str,
    /// How it is written.
    pub format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: a JSON object a line.
    Json,
}

/// How often one source may knock. `None` is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Per minute.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

/// Limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For static documents.
    pub cheap: Option<Rate>,
    /// For all that has no other class.
    pub standard: Option<Rate>,
    /// For programs that ask for and check tokens.
    pub token: Option<Rate>,
    /// For guesses at secrets.
    pub credential: Option<Rate>,
    /// Largest request body, in bytes.
    pub body: usize,
    /// Connections open at once.
    pub connections: usize,
}

/// The hashing pool.
#[derive(Clone, Copy, Debug)]
pub struct Hashing {
    /// Threads.
    pub threads: usize,
    /// Passwords that may wait.
    pub queue: usize,
}
