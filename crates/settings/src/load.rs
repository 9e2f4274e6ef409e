//! From a file and the environment to [`Settings`], or to everything that is wrong.

use crate::explain::Explanation;
use crate::given;
use crate::keys;
use crate::problem::{Place, Problem};
use crate::read::is_loopback;
use crate::reader::Reader;
use crate::types::{ClientCertificates, Database, Encryption, Hashing, Limits, Log, Mail, Mtls, Outbound, Proxy, Settings, Tls};
use jose::seal::{MasterKey, MasterKeys};
use jose::x509::Authorities;
use kernel::Secret;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use url::Url;

impl Settings {
    /// Load a configuration: the TOML file, and over it the variables of `environment` that begin with `LUMOAUTH_`.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once. A configuration that is only half there is not accepted.
    pub fn load(file: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Vec<Problem>> {
        let environment: BTreeMap<String, String> = environment.collect();
        let mut problems = Vec::new();
        let text = std::fs::read_to_string(file).map_err(|error| {
            let place = Place::File(file.to_owned());
            vec![Problem { place, key: None, message: format!("can't be read: {error}") }]
        })?;
        let mut given = given::from_toml(file, &text, &mut problems)?;
        given::overlay(&mut given, &environment, &mut problems);
        let mut reader = Reader::new(file, given, &environment, problems);
        match settings(&mut reader) {
            Some(settings) if reader.problems.is_empty() => Ok(settings),
            _ => Err(in_order(reader.problems)),
        }
    }
}

/// As one would walk through them: the file from top to bottom, what it lacks, then the environment.
fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| match problem.place {
        Place::Line(_, line) => (0, line),
        Place::File(_) => (1, 0),
        Place::Environment(_) => (2, 0),
    });
    problems
}

/// Reads every key, so that every problem is found, and only then looks whether all is there.
fn settings(reader: &mut Reader<'_>) -> Option<Settings> {
    let public_url = reader.one(&keys::PUBLIC_URL);
    let listen = reader.one(&keys::LISTEN);
    let database = database(reader);
    let master_keys = master_keys(reader);
    let tls = tls(reader);
    let mtls = mtls(reader, tls.is_some());
    let metrics_listen = metrics(reader, listen);
    let mail = mail(reader);
    let outbound = outbound(reader);
    let proxy = proxy(reader);
    let log = log(reader);
    let limits = limits(reader);
    let hashing = hashing(reader);
    let dangers = dangers(reader);
    if let Some(url) = &public_url {
        check_transport(reader, url, listen, tls.as_ref(), &proxy, &dangers);
    }
    if let Some(mail) = &mail {
        check_mail(reader, mail, &dangers);
    }
    if !dangers.contains(&keys::DANGER_READABLE_SECRETS.meta.path) {
        reader.check_secret_files();
    }
    let explanation = Explanation { file: reader.file.to_owned(), rows: std::mem::take(&mut reader.explained) };
    Some(Settings {
        public_url: public_url?,
        listen: listen?,
        database: database?,
        master_keys: master_keys?,
        tls,
        mtls,
        metrics_listen,
        mail,
        outbound,
        proxy,
        log: log?,
        limits: limits?,
        hashing: hashing?,
        dangers,
        explanation,
    })
}

fn database(reader: &mut Reader<'_>) -> Option<Database> {
    let url = reader.one(&keys::DATABASE_URL).map(|url| match url.expose().strip_prefix("sqlite:") {
        Some(path) => Secret::new(format!("sqlite:{}", reader.resolve(Path::new(path)).display())),
        None => url,
    });
    let connections = reader.one(&keys::DATABASE_CONNECTIONS);
    Some(Database { url: url?, connections: connections? })
}

fn master_keys(reader: &mut Reader<'_>) -> Option<MasterKeys> {
    let file = reader.one(&keys::MASTER_KEY_FILE);
    let variable = reader.one(&keys::MASTER_KEY_ENV);
    let value = reader.one(&keys::MASTER_KEY_VALUE);
    let previous = reader.list(&keys::MASTER_KEY_PREVIOUS);
    let sources =
        [reader.is_set(&keys::MASTER_KEY_FILE), reader.is_set(&keys::MASTER_KEY_ENV), reader.is_set(&keys::MASTER_KEY_VALUE)];
    let current = match sources.into_iter().filter(|is_set| *is_set).count() {
        0 => {
            let message = "a master key is needed: set master_key.file, master_key.env or the environment variable LUMOAUTH_MASTER_KEY. \
                           `openssl rand -base64 32` makes one";
            reader.wrong_key(&keys::MASTER_KEY_FILE, message);
            None
        }
        1 => value.or_else(|| from_file(reader, file?.as_path())).or_else(|| from_variable(reader, &variable?)),
        _ => {
            let key = if sources.first() == Some(&true) { keys::MASTER_KEY_FILE.meta } else { keys::MASTER_KEY_ENV.meta };
            let origin = reader.given.get(key.path).map(|given| given.origin.clone())?;
            reader.wrong(key, &origin, "there is more than one master key: leave one of master_key.file, env and value")
        }
    };
    Some(MasterKeys { current: current?, previous })
}

fn from_file(reader: &mut Reader<'_>, path: &Path) -> Option<MasterKey> {
    let text = reader.secret_content(&keys::MASTER_KEY_FILE, path)?;
    let key = (keys::MASTER_KEY_VALUE.read)(&text);
    key.map_err(|message| reader.wrong_key(&keys::MASTER_KEY_FILE, format!("what is in the file {message}"))).ok()
}

fn from_variable(reader: &mut Reader<'_>, name: &str) -> Option<MasterKey> {
    let Some(text) = reader.environment.get(name) else {
        reader.wrong_key(&keys::MASTER_KEY_ENV, format!("the environment variable {name} isn't set"));
        return None;
    };
    let key = (keys::MASTER_KEY_VALUE.read)(text);
    key.map_err(|message| reader.wrong_key(&keys::MASTER_KEY_ENV, format!("what is in {name} {message}"))).ok()
}

fn tls(reader: &mut Reader<'_>) -> Option<Tls> {
    let certificate = reader.one(&keys::TLS_CERTIFICATE);
    let private_key = reader.one(&keys::TLS_PRIVATE_KEY);
    let client_certificates = reader.one(&keys::TLS_CLIENT_CERTIFICATES);
    match (reader.is_set(&keys::TLS_CERTIFICATE), reader.is_set(&keys::TLS_PRIVATE_KEY)) {
        (true, false) => reader.wrong_key(&keys::TLS_CERTIFICATE, "needs tls.private_key beside it"),
        (false, true) => reader.wrong_key(&keys::TLS_PRIVATE_KEY, "needs tls.certificate beside it"),
        (false, false) if client_certificates == Some(ClientCertificates::Request) => {
            reader.wrong_key(
                &keys::TLS_CLIENT_CERTIFICATES,
                "needs tls.certificate and tls.private_key; behind a proxy, see proxy.client_certificate_header",
            );
        }
        _ => {}
    }
    let (certificate, private_key) = (certificate?, private_key?);
    reader.note_secret_file(&keys::TLS_PRIVATE_KEY, &private_key);
    let is_readable = [
        reader.content(&keys::TLS_CERTIFICATE, &certificate).is_some(),
        reader.content(&keys::TLS_PRIVATE_KEY, &private_key).is_some(),
    ];
    let resolved = |path: PathBuf| reader.resolve(&path);
    is_readable.into_iter().all(|is_readable| is_readable).then(|| Tls {
        certificate: resolved(certificate),
        private_key: resolved(private_key),
        client_certificates: client_certificates.unwrap_or(ClientCertificates::Off),
    })
}

fn mtls(reader: &mut Reader<'_>, has_tls: bool) -> Mtls {
    let listen = reader.one(&keys::MTLS_LISTEN);
    let public_url = reader.one(&keys::MTLS_PUBLIC_URL);
    let authorities = reader.one(&keys::MTLS_AUTHORITIES_FILE);
    if listen.is_some() && !has_tls {
        reader.wrong_key(&keys::MTLS_LISTEN, "needs tls.certificate and tls.private_key");
    }
    if listen.is_some() && !reader.is_set(&keys::MTLS_PUBLIC_URL) {
        reader.wrong_key(&keys::MTLS_LISTEN, "needs mtls.public_url: the address clients reach it under");
    }
    if public_url.as_ref().is_some_and(|url| url.scheme() != "https") {
        reader.wrong_key(&keys::MTLS_PUBLIC_URL, "must be https: without TLS there are no certificates");
    }
    let authorities_pem = authorities.and_then(|path| reader.content(&keys::MTLS_AUTHORITIES_FILE, &path));
    if authorities_pem.as_deref().is_some_and(|pem| Authorities::parse_pem(pem).is_err()) {
        reader.wrong_key(&keys::MTLS_AUTHORITIES_FILE, "must be a file of certificates in PEM");
    }
    Mtls { listen, public_url, authorities_pem }
}

fn metrics(reader: &mut Reader<'_>, public: Option<SocketAddr>) -> Option<SocketAddr> {
    let listen = reader.one(&keys::METRICS_LISTEN);
    if listen.is_some() && listen == public {
        reader.wrong_key(&keys::METRICS_LISTEN, "is the address of `listen`: metrics need one of their own");
    }
    listen
}

fn mail(reader: &mut Reader<'_>) -> Option<Mail> {
    let smtp = reader.one(&keys::MAIL_SMTP_URL);
    let from = reader.one(&keys::MAIL_FROM);
    match (reader.is_set(&keys::MAIL_SMTP_URL), reader.is_set(&keys::MAIL_FROM)) {
        (true, false) => reader.wrong_key(&keys::MAIL_SMTP_URL, "needs mail.from beside it"),
        (false, true) => reader.wrong_key(&keys::MAIL_FROM, "needs mail.smtp_url beside it"),
        _ => {}
    }
    Some(Mail { smtp: smtp?, from: from? })
}

fn outbound(reader: &mut Reader<'_>) -> Outbound {
    let allow_hosts = reader.list(&keys::OUTBOUND_ALLOW_HOSTS);
    let deny_hosts = reader.list(&keys::OUTBOUND_DENY_HOSTS);
    let ca_file = reader.one(&keys::OUTBOUND_CA_FILE);
    let ca_pem = ca_file.and_then(|path| reader.content(&keys::OUTBOUND_CA_FILE, &path));
    Outbound { allow_hosts, deny_hosts, ca_pem }
}

fn proxy(reader: &mut Reader<'_>) -> Proxy {
    let trusted = reader.list(&keys::PROXY_TRUSTED);
    let client_certificate_header = reader.one(&keys::PROXY_CLIENT_CERTIFICATE_HEADER);
    if client_certificate_header.is_some() && !reader.is_set(&keys::PROXY_TRUSTED) {
        reader.wrong_key(&keys::PROXY_CLIENT_CERTIFICATE_HEADER, "needs proxy.trusted: nobody else's header is believed");
    }
    Proxy { trusted, client_certificate_header }
}

fn log(reader: &mut Reader<'_>) -> Option<Log> {
    let (level, format) = (reader.one(&keys::LOG_LEVEL), reader.one(&keys::LOG_FORMAT));
    Some(Log { level: level?, format: format? })
}

fn limits(reader: &mut Reader<'_>) -> Option<Limits> {
    let cheap = reader.one(&keys::LIMITS_CHEAP);
    let standard = reader.one(&keys::LIMITS_STANDARD);
    let token = reader.one(&keys::LIMITS_TOKEN);
    let credential = reader.one(&keys::LIMITS_CREDENTIAL);
    let body = reader.one(&keys::LIMITS_BODY);
    let connections = reader.one(&keys::LIMITS_CONNECTIONS);
    Some(Limits {
        cheap: cheap?,
        standard: standard?,
        token: token?,
        credential: credential?,
        body: body?,
        connections: connections?,
    })
}

fn hashing(reader: &mut Reader<'_>) -> Option<Hashing> {
    let threads = reader.one(&keys::HASHING_THREADS);
    let queue = reader.one(&keys::HASHING_QUEUE);
    let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Some(Hashing { threads: threads.unwrap_or_else(processors), queue: queue? })
}

fn dangers(reader: &mut Reader<'_>) -> Vec<&'static str> {
    [&keys::DANGER_PLAIN_HTTP, &keys::DANGER_PLAIN_SMTP, &keys::DANGER_READABLE_SECRETS]
        .into_iter()
        .filter_map(|key| (reader.one(key) == Some(true)).then_some(key.meta.path))
        .collect()
}

/// Whether what people see, what is listened to and who does TLS fit together.
fn check_transport(
    reader: &mut Reader<'_>,
    url: &Url,
    listen: Option<SocketAddr>,
    tls: Option<&Tls>,
    proxy: &Proxy,
    dangers: &[&str],
) {
    let has_tls = tls.is_some() || reader.is_set(&keys::TLS_CERTIFICATE) || reader.is_set(&keys::TLS_PRIVATE_KEY);
    let has_proxy = !proxy.trusted.is_empty() || reader.is_set(&keys::PROXY_TRUSTED);
    if url.scheme() == "http" {
        let is_here = url.host_str().is_some_and(is_loopback);
        if !is_here && !dangers.contains(&keys::DANGER_PLAIN_HTTP.meta.path) {
            reader.wrong_key(&keys::PUBLIC_URL, "must be https: plain http is for loopback hosts, such as http://localhost:8080");
        } else if has_tls {
            reader.wrong_key(&keys::PUBLIC_URL, "is http while [tls] is set: make it https");
        }
    } else if !has_tls && !has_proxy {
        let address = listen.map_or_else(String::new, |listen| format!(" (on {listen})"));
        let message = format!(
            "is https, but nothing does TLS: set tls.certificate and tls.private_key, or name in proxy.trusted the proxy that \
             forwards requests here{address}"
        );
        reader.wrong_key(&keys::PUBLIC_URL, message);
    }
}

fn check_mail(reader: &mut Reader<'_>, mail: &Mail, dangers: &[&str]) {
    let is_plain = mail.smtp.encryption == Encryption::None && !is_loopback(&mail.smtp.host);
    if is_plain && !dangers.contains(&keys::DANGER_PLAIN_SMTP.meta.path) {
        reader.wrong_key(&keys::MAIL_SMTP_URL, "tls=none is for mail servers on loopback: use smtps:// or smtp://");
    }
}
