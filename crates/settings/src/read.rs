//! From text to values. Each function says what the text must be; none repeats the text, which may be a secret.

use crate::types::{ClientCertificates, Encryption, LogFormat, Rate, Smtp};
use ipnet::IpNet;
use jose::seal::MasterKey;
use kernel::Secret;
use percent_encoding::percent_decode_str;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use url::{Host, Url};

type Read<T> = Result<T, String>;

fn must<T>(be: &str) -> Read<T> {
    Err(format!("must be {be}"))
}

pub(crate) fn public_url(text: &str) -> Read<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let is_bare = |url: &Url| {
        url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    match url {
        Some(url) if is_bare(&url) => Ok(url),
        Some(_) => must("scheme, host and maybe a port alone, such as https://id.example.com"),
        None => must("an https URL, such as https://id.example.com"),
    }
}

pub(crate) fn address(text: &str) -> Read<SocketAddr> {
    text.parse().or_else(|_| must("an address and a port, such as 0.0.0.0:8443 or [::]:8443"))
}

pub(crate) fn number<const MIN: u64, const MAX: u64>(text: &str) -> Read<usize> {
    let number = text.parse::<u64>().ok().filter(|number| (MIN..=MAX).contains(number));
    number.and_then(|number| usize::try_from(number).ok()).map_or_else(|| must(&format!("a number from {MIN} to {MAX}")), Ok)
}

pub(crate) fn size(text: &str) -> Read<usize> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("", 1)];
    let sizes = units
        .into_iter()
        .filter_map(|(unit, bytes)| text.strip_suffix(unit)?.trim_end().parse::<usize>().ok()?.checked_mul(bytes));
    let size = sizes.into_iter().next().filter(|size| (1 << 10..=64 << 20).contains(size));
    size.map_or_else(|| must("a size from 1 KiB to 64 MiB, such as 1 MiB"), Ok)
}

pub(crate) fn rate(text: &str) -> Read<Option<Rate>> {
    if text == "unlimited" {
        return Ok(None);
    }
    let parsed = || {
        let (per_minute, burst) = text.split_once(" burst ").map_or((text, None), |(rate, burst)| (rate, Some(burst)));
        let per_minute: NonZeroU32 = per_minute.strip_suffix("/minute")?.trim_end().parse().ok()?;
        // Unless said otherwise, what comes in six seconds may come at once.
        let burst = burst.map_or(NonZeroU32::new(per_minute.get().div_ceil(10)), |burst| burst.trim().parse().ok())?;
        Some(Rate { per_minute, burst })
    };
    parsed().map_or_else(|| must("such as 600/minute, 600/minute burst 60, or unlimited"), |rate| Ok(Some(rate)))
}

pub(crate) fn flag(text: &str) -> Read<bool> {
    text.parse().or_else(|_| must("true or false"))
}

pub(crate) fn path(text: &str) -> Read<PathBuf> {
    if text.is_empty() { must("the name of a file") } else { Ok(PathBuf::from(text)) }
}

/// Strict, because a key set here by mistake would otherwise be shown as a name.
pub(crate) fn variable(text: &str) -> Read<String> {
    let is_name = text.len() <= 60 && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = is_name && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name { Ok(text.to_owned()) } else { must("the name of an environment variable, not its value") }
}

pub(crate) fn master_key(text: &str) -> Read<MasterKey> {
    MasterKey::parse(text)
        .or_else(|_| must("32 random bytes as base64 or 64 hexadecimal digits; `openssl rand -base64 32` makes some"))
}

pub(crate) fn database_url(text: &str) -> Read<Secret> {
    let is_sqlite = text.strip_prefix("sqlite:").is_some_and(|file| !file.is_empty());
    let is_postgres = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql") && url.has_host());
    if is_sqlite || is_postgres { Ok(Secret::new(text)) } else { must("sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME") }
}

pub(crate) fn client_certificates(text: &str) -> Read<ClientCertificates> {
    match text {
        "off" => Ok(ClientCertificates::Off),
        "request" => Ok(ClientCertificates::Request),
        _ => must("off or request"),
    }
}

pub(crate) fn smtp_url(text: &str) -> Read<Smtp> {
    let parsed = || {
        let url = Url::parse(text).ok()?;
        let (encryption, default_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Encryption::Tls, 465),
            ("smtp", None | Some("tls=required")) => (Encryption::StartTls, 587),
            ("smtp", Some("tls=none")) => (Encryption::None, 25),
            _ => return None,
        };
        let host = url.host_str().filter(|host| !host.is_empty())?.trim_matches(['[', ']']).to_owned();
        let is_bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
        let decoded = |part: &str| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned);
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return None,
            (user, Some(password)) => Some((decoded(user)?, Secret::new(decoded(password)?))),
        };
        is_bare.then_some(Smtp { host, port: url.port().unwrap_or(default_port), encryption, login })
    };
    parsed().map_or_else(
        || must("smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST, with special characters percent-encoded"),
        Ok,
    )
}

pub(crate) fn mailbox(text: &str) -> Read<String> {
    let address = text.rsplit_once('<').map_or(Some(text), |(_, rest)| rest.strip_suffix('>'));
    let is_address = address.is_some_and(|address| {
        let parts = address.split_once('@').filter(|(user, domain)| !user.is_empty() && !domain.is_empty());
        parts.is_some() && !address.contains([' ', '<', '>', ','])
    });
    let is_plain = !text.chars().any(char::is_control);
    if is_address && is_plain {
        Ok(text.to_owned())
    } else {
        must("a mail address, such as Example ID <no-reply@id.example.com>")
    }
}

/// Whether a host rule is right is decided by the client that applies it; this only finds URLs and nonsense.
pub(crate) fn host(text: &str) -> Read<String> {
    let is_host = !text.is_empty() && !text.contains(['/', '@', '?', '#', ' ']);
    if is_host { Ok(text.to_owned()) } else { must("a host or host:port without scheme or path, such as ci.internal:8443") }
}

pub(crate) fn network(text: &str) -> Read<IpNet> {
    text.parse()
        .or_else(|_| text.parse().map(IpAddr::into))
        .or_else(|_| must("a network or address, such as 10.0.0.0/8 or 127.0.0.1"))
}

pub(crate) fn header(text: &str) -> Read<String> {
    let is_token = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
    if is_token { Ok(text.to_ascii_lowercase()) } else { must("the name of a header, such as client-cert") }
}

pub(crate) fn level(text: &str) -> Read<&'static str> {
    let levels = ["error", "warn", "info", "debug", "trace"];
    levels.into_iter().find(|level| *level == text).map_or_else(|| must("error, warn, info, debug or trace"), Ok)
}

pub(crate) fn log_format(text: &str) -> Read<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => must("text or json"),
    }
}

/// Whether a host can only mean this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for text in ["https://id.example.com", "https://id.example.com/", "https://id.example.com:8443", "http://localhost:8080"]
        {
            assert!(public_url(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "id.example.com",
            "ftp://id.example.com",
            "https://",
            "https://id.example.com/auth",
            "https://id.example.com/?a",
            "https://id.example.com/#a",
            "https://user@id.example.com",
            "https://u:p@id.example.com",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units_and_bounds() {
        for (text, bytes) in [("1048576", 1 << 20), ("1 MiB", 1 << 20), ("64KiB", 64 << 10), ("64 MiB", 64 << 20)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "1023", "65 MiB", "1 MB", "-1", "1.5 MiB", "MiB", "99999999999999999999 MiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_say_how_many_a_minute_and_how_many_at_once() {
        let per =
            |per_minute, burst| Rate { per_minute: NonZeroU32::new(per_minute).unwrap(), burst: NonZeroU32::new(burst).unwrap() };
        assert_eq!(rate("600/minute"), Ok(Some(per(600, 60))));
        assert_eq!(rate("5/minute"), Ok(Some(per(5, 1))));
        assert_eq!(rate("600/minute burst 7"), Ok(Some(per(600, 7))));
        assert_eq!(rate("unlimited"), Ok(None));
        for text in ["", "600", "0/minute", "600/minute burst 0", "600/second", "-1/minute", "600/minute burst", "none"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mail_servers_are_encrypted_unless_it_is_said_plainly() {
        let smtp = smtp_url("smtps://user%40example.com:p%40ss@smtp.example.com").unwrap();
        assert_eq!((smtp.host.as_str(), smtp.port, smtp.encryption), ("smtp.example.com", 465, Encryption::Tls));
        let (user, password) = smtp.login.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("user@example.com", "p@ss"));
        let smtp = smtp_url("smtp://smtp.example.com").unwrap();
        assert_eq!((smtp.port, smtp.encryption, smtp.login.is_none()), (587, Encryption::StartTls, true));
        assert_eq!(smtp_url("smtp://[::1]:1025?tls=none").unwrap().host, "::1");
        for text in [
            "",
            "smtp.example.com",
            "http://smtp.example.com",
            "smtps://",
            "smtp://h?tls=opportunistic",
            "smtps://user@h",
            "smtp://h/path",
        ] {
            assert!(smtp_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn senders_are_addresses_with_or_without_a_name() {
        for text in ["a@b.example", "<a@b.example>", "Example ID <no-reply@id.example.com>"] {
            assert!(mailbox(text).is_ok(), "{text}");
        }
        for text in ["", "nobody", "@b", "a@", "a b@c", "Name <a@b", "Name a@b>", "A <a@b>\r\nBcc: c@d", "a@b,c@d"] {
            assert!(mailbox(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_other_forms_are_read_strictly() {
        assert!(address("0.0.0.0:8443").is_ok() && address("[::1]:1").is_ok() && address("localhost:1").is_err());
        assert_eq!(number::<1, 3>("3"), Ok(3));
        assert!(number::<1, 3>("4").is_err() && number::<1, 3>("0").is_err() && number::<1, 3>("x").is_err());
        assert_eq!(network("127.0.0.1").unwrap().to_string(), "127.0.0.1/32");
        assert!(network("10.0.0.0/8").is_ok() && network("10.0.0.0/33").is_err() && network("proxy").is_err());
        assert_eq!(header("X-Client-Cert"), Ok("x-client-cert".to_owned()));
        assert!(header("a b").is_err() && header("").is_err());
        assert!(database_url("sqlite:a.db").is_ok() && database_url("postgres://u:p@h/n").is_ok());
        assert!(database_url("sqlite:").is_err() && database_url("mysql://h/n").is_err() && database_url("postgres:n").is_err());
        assert!(
            variable("MY_KEY").is_ok()
                && variable("q83vEjRWeJA=").is_err()
                && variable(&"ab".repeat(32)).is_err()
                && variable("").is_err()
        );
        assert!(host("a.example:1").is_ok() && host("https://a.example").is_err() && host("").is_err());
    }

    #[test]
    fn loopback_is_this_machine_alone() {
        assert!(["localhost", "a.localhost", "127.1.2.3", "[::1]", "::1"].into_iter().all(is_loopback));
        assert!(!["localhost.example.com", "128.0.0.1", "[::2]", "example.com", ""].into_iter().any(is_loopback));
    }
}
