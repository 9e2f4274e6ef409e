//! Redirect URIs: which may be registered, and which presented one is a registered one.
//!
//! RFC 6749 §3.1.2, RFC 8252 §7 (native applications), RFC 9700 §2.1. A presented URI is compared character by character.
//! The only thing that may differ is the port of a loopback address: always for `127.0.0.1` and `[::1]`, which RFC 8252 §7.3
//! demands, and for `localhost` where it was registered without a port, because that name can be made to point elsewhere.
//! Not supported: wildcards, prefixes, host variations; every one of them has been an open redirect somewhere.

use crate::client::ApplicationType;
use crate::pipeline::{Endpoint, Room, Stage, Status, no_metadata};
use crate::{ClientMetadata, Params, ProtocolError};
use url::{Host, Url};

/// This room.
pub const ROOM: Room = Room {
    name: "redirect_uri",
    title: "Redirect URIs and OAuth 2.0 for Native Apps",
    source: "RFC 6749 §3.1.2, RFC 8252, RFC 9700 §2.1",
    status: Status::Final,
    support: "exact match, loopback ports, private-use schemes",
    visits: &[
        (Endpoint::Authorization, Stage::Check),
        (Endpoint::PushedAuthorization, Stage::Check),
        (Endpoint::Token, Stage::Decide),
        (Endpoint::EndSession, Stage::Check),
    ],
    metadata: no_metadata,
};

/// Bytes of a redirect URI.
pub const MAX_LENGTH: usize = 2048;

/// Why a URI can't be registered. The text is for the person who registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unregistrable {
    /// Not an absolute URI in its plain spelling.
    #[error("must be an absolute URI in its plain spelling: printable ASCII, lower-case scheme and host, no dot segments")]
    NotCanonical,
    /// Too long.
    #[error("must not be longer than 2048 characters")]
    TooLong,
    /// It has a fragment.
    #[error("must not have a fragment")]
    Fragment,
    /// It has a wildcard.
    #[error("must not have a wildcard")]
    Wildcard,
    /// It has a user name or password.
    #[error("must not have a user name or password")]
    UserInfo,
    /// `http` to another host than this machine.
    #[error("must use https; http is only for localhost, 127.0.0.1 and [::1]")]
    Insecure,
    /// A scheme that is not allowed.
    #[error("must use https, or for a native application a private-use scheme with a dot, such as com.example.app")]
    Scheme,
}

/// Whether `uri` may be registered for a client of this type.
pub fn check_registration(uri: &str, application_type: ApplicationType) -> Result<(), Unregistrable> {
    if uri.len() > MAX_LENGTH {
        return Err(Unregistrable::TooLong);
    }
    if uri.contains('#') {
        return Err(Unregistrable::Fragment);
    }
    if uri.contains('*') {
        return Err(Unregistrable::Wildcard);
    }
    let parsed = Url::parse(uri).map_err(|_| Unregistrable::NotCanonical)?;
    if !parsed.username().is_empty() || parsed.password().is_some() || authority(uri).contains('@') {
        return Err(Unregistrable::UserInfo);
    }
    if !is_canonical(uri, &parsed) {
        return Err(Unregistrable::NotCanonical);
    }
    match parsed.scheme() {
        "https" if parsed.host_str().is_some() => Ok(()),
        "http" if is_loopback(&parsed) => Ok(()),
        "http" => Err(Unregistrable::Insecure),
        scheme if application_type == ApplicationType::Native && scheme.contains('.') => Ok(()),
        _ => Err(Unregistrable::Scheme),
    }
}

/// Whether `presented` is the `registered` URI: the same text, or the same but for a loopback port.
pub fn is_match(registered: &str, presented: &str) -> bool {
    if registered == presented {
        return true;
    }
    match (Loopback::split(registered), Loopback::split(presented)) {
        (Some(registered), Some(presented)) => {
            registered.host == presented.host
                && registered.rest == presented.rest
                && (registered.host != "localhost" || registered.port.is_none())
        }
        _ => false,
    }
}

/// The redirect URI of an authorization request: the presented one if registered, or the only registered one if none was
/// sent (RFC 6749 §3.1.2.3).
///
/// # Errors
/// `invalid_request`, to be shown on a page: nothing here may lead to a redirect.
pub fn resolve(params: &Params, client: &ClientMetadata) -> Result<String, ProtocolError> {
    let Some(presented) = params.one("redirect_uri")? else {
        return match client.redirect_uris.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err(ProtocolError::invalid_request("Missing required parameter: redirect_uri")),
        };
    };
    if is_registered(&client.redirect_uris, presented) {
        Ok(presented.to_owned())
    } else {
        Err(ProtocolError::invalid_request("The redirect_uri is not registered for this client."))
    }
}

/// Whether `presented` is one of the `registered` URIs.
pub fn is_registered(registered: &[String], presented: &str) -> bool {
    presented.len() <= MAX_LENGTH && registered.iter().any(|registered| is_match(registered, presented))
}

/// An `http` URI of this machine, cut into what must match and the port.
struct Loopback<'a> {
    host: &'a str,
    port: Option<u16>,
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    fn split(uri: &'a str) -> Option<Self> {
        let after_scheme = uri.strip_prefix("http://")?;
        let host = ["127.0.0.1", "[::1]", "localhost"].into_iter().find(|host| after_scheme.starts_with(host))?;
        let after_host = after_scheme.strip_prefix(host)?;
        let (port, rest) = match after_host.strip_prefix(':') {
            Some(after_colon) => {
                let end = after_colon.find(|c: char| !c.is_ascii_digit()).unwrap_or(after_colon.len());
                let (digits, rest) = after_colon.split_at_checked(end)?;
                (Some(digits.parse().ok()?), rest)
            }
            None => (None, after_host),
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(Self { host, port, rest })
    }
}

fn authority(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '\\']).next().unwrap_or_default()
}

/// Whether parsers of every kind see the same URI: what was written is what the URL standard makes of it.
fn is_canonical(uri: &str, parsed: &Url) -> bool {
    let plain = uri.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '\\' | '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}'));
    let path = parsed.path().to_ascii_lowercase();
    let hidden_dots = path.split('/').any(|segment| {
        let segment = segment.split(';').next().unwrap_or_default().replace("%2e", ".");
        segment == "." || segment == ".."
    });
    let trailing_dot = parsed.host_str().is_some_and(|host| host.ends_with('.'));
    let spelled = parsed.as_str() == uri || without_root_slash(parsed).as_deref() == Some(uri);
    plain && !hidden_dots && !trailing_dot && spelled
}

/// `https://a.example/?q` as `https://a.example?q`, the one difference in spelling that means nothing.
fn without_root_slash(parsed: &Url) -> Option<String> {
    let query = parsed.query().map(|query| format!("?{query}")).unwrap_or_default();
    (parsed.path() == "/").then(|| format!("{}{query}", parsed.as_str().trim_end_matches(&query).trim_end_matches('/')))
}

fn is_loopback(parsed: &Url) -> bool {
    match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEB: ApplicationType = ApplicationType::Web;
    const NATIVE: ApplicationType = ApplicationType::Native;

    #[test]
    fn https_loopback_and_private_schemes_may_be_registered() {
        for uri in [
            "https://app.example/cb",
            "https://app.example",
            "https://app.example?x=1",
            "https://app.example/cb?tenant=1&x=%20",
            "https://app.example:8443/cb",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:8080/",
        ] {
            assert_eq!(check_registration(uri, WEB), Ok(()), "{uri}");
        }
        for uri in ["com.example.app:/cb", "com.example.app://oauth/cb"] {
            assert_eq!(check_registration(uri, NATIVE), Ok(()), "{uri}");
            assert_eq!(check_registration(uri, WEB), Err(Unregistrable::Scheme), "{uri}");
        }
    }

    #[test]
    fn dangerous_uris_can_not_be_registered() {
        for (uri, why) in [
            ("http://app.example/cb", Unregistrable::Insecure),
            ("http://localhost.evil.example/cb", Unregistrable::Insecure),
            ("http://127.0.0.2/cb", Unregistrable::Insecure),
            ("https://app.example/cb#x", Unregistrable::Fragment),
            ("https://*.app.example/cb", Unregistrable::Wildcard),
            ("https://user@app.example/cb", Unregistrable::UserInfo),
            ("https://@app.example/cb", Unregistrable::UserInfo),
            ("https://app.example/a/../cb", Unregistrable::NotCanonical),
            ("https://app.example/a/%2e%2e/cb", Unregistrable::NotCanonical),
            ("https://app.example/a/..;/cb", Unregistrable::NotCanonical),
            ("https://app.example\\cb", Unregistrable::NotCanonical),
            ("https://app.example./cb", Unregistrable::NotCanonical),
            ("HTTPS://app.example/cb", Unregistrable::NotCanonical),
            ("https://App.example/cb", Unregistrable::NotCanonical),
            ("https://app.example:443/cb", Unregistrable::NotCanonical),
            ("https://app.example/c b", Unregistrable::NotCanonical),
            ("https://2130706433/cb", Unregistrable::NotCanonical),
            ("/cb", Unregistrable::NotCanonical),
            ("javascript:alert(1)", Unregistrable::Scheme),
            ("data:text/html,x", Unregistrable::Scheme),
            ("myapp:/cb", Unregistrable::Scheme),
        ] {
            assert_eq!(check_registration(uri, NATIVE), Err(why), "{uri}");
        }
        assert_eq!(check_registration(&format!("https://a.example/{}", "x".repeat(2048)), WEB), Err(Unregistrable::TooLong));
    }

    #[test]
    fn attack_1_only_the_registered_text_matches() {
        let registered = "https://app.example/cb";
        for presented in [
            "https://app.example/cb/..;/evil",
            "https://app.example/cb/%2e%2e/evil",
            "https://app.example/cb/",
            "https://app.example/cb?x=1",
            "https://app.example\\cb",
            "https://app.example@evil.example/cb",
            "HTTPS://app.example/cb",
            "https://APP.example/cb",
            "https://user@app.example/cb",
            "https://app.example./cb",
            "https://app.example:443/cb",
            "https://app.example/CB",
            "https://app.example/cb#",
            "https://app.example.evil.example/cb",
            "",
        ] {
            assert!(!is_match(registered, presented), "{presented}");
        }
        assert!(is_match(registered, registered));
    }

    #[test]
    fn attack_2_an_unregistered_uri_is_an_error_for_the_page() {
        let client = ClientMetadata { redirect_uris: vec!["https://app.example/cb".into()], ..ClientMetadata::new("c") };
        let evil = Params::collect([("redirect_uri", "https://evil.example/cb")]).unwrap();
        assert!(resolve(&evil, &client).is_err());
        let nothing_registered = ClientMetadata::new("c");
        assert!(resolve(&evil, &nothing_registered).is_err());
    }

    #[test]
    fn attack_3_a_loopback_address_may_change_its_port_and_nothing_else() {
        for (registered, presented, expected) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:4000/cb", true),
            ("http://[::1]/cb", "http://[::1]:51004/cb", true),
            ("http://127.0.0.1/cb?x=1", "http://127.0.0.1:1/cb?x=1", true),
            ("http://localhost/cb", "http://localhost:51004/cb", true),
            ("http://localhost:3000/cb", "http://localhost:4000/cb", false),
            ("http://localhost:3000/cb", "http://localhost:3000/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false),
            ("http://127.0.0.1/cb", "http://localhost:51004/cb", false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false),
            ("http://localhost/cb", "http://localhost.evil.example/cb", false),
            ("http://localhost/cb", "http://localhost.evil/cb", false),
            ("https://app.example/cb", "https://app.example:8443/cb", false),
        ] {
            assert_eq!(is_match(registered, presented), expected, "{registered} {presented}");
        }
    }

    #[test]
    fn without_a_redirect_uri_the_only_registered_one_is_used() {
        let one = ClientMetadata { redirect_uris: vec!["https://a.example/".into()], ..ClientMetadata::new("c") };
        assert_eq!(resolve(&Params::default(), &one).unwrap(), "https://a.example/");
        let two = ClientMetadata { redirect_uris: vec!["https://a.example/".into(), "https://b.example/".into()], ..one };
        assert!(resolve(&Params::default(), &two).is_err());
        let twice = Params::from_form(b"redirect_uri=https://a.example/&redirect_uri=https://b.example/").unwrap();
        assert!(resolve(&twice, &two).is_err());
    }

    proptest! {
        #![proptest_config(crate::fixed_seed())]

        #[test]
        fn any_text_is_judged_without_a_panic(registered in ".{0,60}", presented in ".{0,60}") {
            let _ = check_registration(&registered, NATIVE);
            prop_assert_eq!(is_match(&registered, &registered), true);
            let _ = is_match(&registered, &presented);
        }

        #[test]
        fn whatever_matches_a_web_address_equals_it(path in "[a-z./%;@:]{0,20}", presented in "https://app\\.example[a-z./%;@:]{0,20}") {
            let registered = format!("https://app.example/{path}");
            prop_assert_eq!(is_match(&registered, &presented), registered == presented);
        }

        #[test]
        fn whatever_matches_a_loopback_address_goes_to_this_machine(presented in "http://(127\\.0\\.0\\.1|localhost|\\[::1\\])[a-z:@/.0-9]{0,12}/cb") {
            if is_match("http://127.0.0.1/cb", &presented) {
                let url = Url::parse(&presented).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
            }
        }
    }
}
