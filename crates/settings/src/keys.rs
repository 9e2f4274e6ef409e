//! The table of all keys.

use crate::key::Absent::{Default, Nothing, Refused};
use crate::key::{Form, Key, Meta};
use crate::read::{self, number};
use crate::types::{ClientCertificates, LogFormat, Rate, Smtp};
use ipnet::IpNet;
use jose::seal::MasterKey;
use kernel::Secret;
use std::net::SocketAddr;
use std::path::PathBuf;
use url::Url;

macro_rules! keys {
    ($($name:ident: $type:ty = $path:literal, $form:ident, $read:expr, $absent:expr, $example:literal, $meaning:literal;)*) => {
        $(pub(crate) const $name: Key<$type> = Key {
            meta: &Meta { path: $path, meaning: $meaning, form: Form::$form, absent: $absent, example: $example },
            read: $read,
        };)*
        /// Every key, section by section.
        pub(crate) const ALL: &[&Meta] = &[$($name.meta),*];
    };
}

keys! {
    PUBLIC_URL: Url = "public_url", Text, read::public_url, Refused, "https://id.example.com",
        "The address people and programs reach this server under: scheme, host and maybe a port. Issuers, links in mails and \
         redirects are built from it, so it can't change once applications rely on it.";
    LISTEN: SocketAddr = "listen", Text, read::address, Default("127.0.0.1:8080"), "0.0.0.0:8443",
        "The address and port to listen on.";

    DATABASE_URL: Secret = "database.url", SecretUrl, read::database_url, Refused, "sqlite:lumoauth.db",
        "The database: `sqlite:FILE` on this machine, or `postgres://USER:PASSWORD@HOST/NAME` when several servers share it.";
    DATABASE_CONNECTIONS: usize = "database.connections", Number, number::<1, 1000>, Default("16"), "16",
        "PostgreSQL connections kept at most, of each kind. SQLite needs none.";

    MASTER_KEY_FILE: PathBuf = "master_key.file", Text, read::path, Nothing("another source"), "/run/secrets/lumoauth_master_key",
        "A file with the master key that seals all secrets in the database: 32 random bytes as base64 or 64 hexadecimal digits \
         (`openssl rand -base64 32`). One of `file`, `env` and `value` is needed. Without this key the database is unreadable: \
         keep a copy in another place than the database's.";
    MASTER_KEY_ENV: String = "master_key.env", Text, read::variable, Nothing("another source"), "MY_MASTER_KEY",
        "The environment variable that holds the master key.";
    MASTER_KEY_VALUE: MasterKey = "master_key.value", Secret, read::master_key, Nothing("another source"), "(32 bytes as base64)",
        "The master key itself.";
    MASTER_KEY_PREVIOUS: MasterKey = "master_key.previous", SecretList, read::master_key, Nothing("none"), "file:/run/secrets/old_key",
        "Earlier master keys, which still open what they sealed until it is sealed anew.";

    TLS_CERTIFICATE: PathBuf = "tls.certificate", Text, read::path, Nothing("a proxy in front does TLS"), "/etc/lumoauth/chain.pem",
        "The server's certificate and its intermediates, in PEM.";
    TLS_PRIVATE_KEY: PathBuf = "tls.private_key", Text, read::path, Nothing("a proxy in front does TLS"), "/etc/lumoauth/key.pem",
        "The certificate's private key, in PEM.";
    TLS_CLIENT_CERTIFICATES: ClientCertificates = "tls.client_certificates", Text, read::client_certificates, Default("off"), "request",
        "Whether to ask clients for a certificate (RFC 8705): `off`, or `request` and go on without one. Browsers that have a \
         certificate ask their user to choose one, so set it where programs use certificates.";

    MTLS_LISTEN: SocketAddr = "mtls.listen", Text, read::address, Nothing("`listen` alone"), "0.0.0.0:9443",
        "A second address to listen on, where clients are asked for a certificate (RFC 8705), so that browsers on the first one \
         are not. It uses the certificate of `[tls]`.";
    MTLS_PUBLIC_URL: Url = "mtls.public_url", Text, read::public_url, Nothing("public_url"), "https://mtls.id.example.com",
        "The address that clients with certificates reach this server under, if that is another than `public_url`. Discovery names \
         its endpoints in `mtls_endpoint_aliases`.";
    MTLS_AUTHORITIES_FILE: PathBuf = "mtls.authorities_file", Text, read::path, Nothing("those of each organization"), "/etc/lumoauth/clients-ca.pem",
        "Certificates of the authorities that issue certificates to clients, in PEM. They are believed in every organization, \
         beside the organization's own (`security.client_certificate_authorities` in its settings).";

    METRICS_LISTEN: SocketAddr = "metrics.listen", Text, read::address, Nothing("no metrics are served"), "127.0.0.1:9464",
        "Where `/metrics` and `/health/…` are served for whoever watches over this server: by plain http, and to anybody who gets \
         there. The other listeners have no `/metrics`.";

    MAIL_SMTP_URL: Smtp = "mail.smtp_url", SecretUrl, read::smtp_url, Nothing("no mail is sent"), "smtps://USER:PASSWORD@smtp.example.com",
        "Where mail is handed in: `smtps://` (TLS, port 465) or `smtp://` (STARTTLS required, port 587). Special characters in \
         the password are percent-encoded. Without it nobody can reset a password or be invited by mail.";
    MAIL_FROM: String = "mail.from", Text, read::mailbox, Nothing("no mail is sent"), "Example ID <no-reply@id.example.com>",
        "The sender of all mail.";

    OUTBOUND_ALLOW_HOSTS: String = "outbound.allow_hosts", List, read::host, Nothing("public hosts only"), "ci.internal:8443",
        "Hosts (`host` or `host:port`, exactly) this server may fetch from although they are on loopback or a private network, \
         over plain http too.";
    OUTBOUND_DENY_HOSTS: String = "outbound.deny_hosts", List, read::host, Nothing("none"), "*.example.net",
        "Hosts (`host`, `host:port` or `*.domain`) this server never fetches from.";
    OUTBOUND_CA_FILE: PathBuf = "outbound.ca_file", Text, read::path, Nothing("the system's alone"), "/etc/lumoauth/ca.pem",
        "Root certificates to trust beside the system's, in PEM, when this server fetches from others.";

    PROXY_TRUSTED: IpNet = "proxy.trusted", List, read::network, Nothing("none"), "10.0.0.0/8",
        "Networks or addresses of proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and certificate header are believed.";
    PROXY_CLIENT_CERTIFICATE_HEADER: String = "proxy.client_certificate_header", Text, read::header, Nothing("none"), "client-cert",
        "The header in which a trusted proxy passes on the client's certificate (RFC 9440). The proxy must remove it from what \
         clients send.";

    LOG_LEVEL: &'static str = "log.level", Text, read::level, Default("info"), "info",
        "How much is logged: `error`, `warn`, `info`, `debug` or `trace`.";
    LOG_FORMAT: LogFormat = "log.format", Text, read::log_format, Default("text"), "json",
        "How it is written: `text` for people or `json` for programs, one object a line.";

    LIMITS_CHEAP: Option<Rate> = "limits.cheap", Text, read::rate, Default("6000/minute burst 600"), "6000/minute burst 600",
        "Requests one source (an IPv4 address or IPv6 /64) may make for static documents: metadata, keys, assets. `N/minute`, \
         `N/minute burst M`, or `unlimited`.";
    LIMITS_STANDARD: Option<Rate> = "limits.standard", Text, read::rate, Default("1200/minute burst 240"), "1200/minute burst 240",
        "Requests one source may make to all that has no other class.";
    LIMITS_TOKEN: Option<Rate> = "limits.token", Text, read::rate, Default("12000/minute burst 2400"), "12000/minute burst 2400",
        "Requests one source may make to the token, introspection and userinfo endpoints.";
    LIMITS_CREDENTIAL: Option<Rate> = "limits.credential", Text, read::rate, Default("120/minute burst 30"), "120/minute burst 30",
        "Attempts at a password, code or registration one source may make. Guesses are counted per account as well.";
    LIMITS_BODY: usize = "limits.body", Text, read::size, Default("1 MiB"), "1 MiB",
        "The largest request body taken: a number of bytes, KiB or MiB.";
    LIMITS_CONNECTIONS: usize = "limits.connections", Number, number::<1, 1_000_000>, Default("10000"), "10000",
        "Connections open at once; more wait to be accepted.";

    HASHING_THREADS: usize = "hashing.threads", Number, number::<1, 256>, Nothing("one for each processor"), "2",
        "Threads that hash passwords, at low priority. Each keeps 19 MiB.";
    HASHING_QUEUE: usize = "hashing.queue", Number, number::<1, 100_000>, Default("256"), "256",
        "Passwords that may wait to be hashed; beyond that sign-ins are answered 503 at once.";

    DANGER_PLAIN_HTTP: bool = "danger_plain_http", Flag, read::flag, Default("false"), "true",
        "Let `public_url` be plain http on a host other than loopback. Everyone on the way reads passwords and tokens.";
    DANGER_PLAIN_SMTP: bool = "danger_plain_smtp", Flag, read::flag, Default("false"), "true",
        "Let `mail.smtp_url` say `smtp://…?tls=none` for a host other than loopback. Everyone on the way reads links that let \
         people in.";
    DANGER_READABLE_SECRETS: bool = "danger_readable_secrets", Flag, read::flag, Default("false"), "true",
        "Take secrets from files every user of this machine can read.";
}
