//! Host rules: which hosts are let through unchecked, and which never.

use kernel::Fault;
use url::{Host, Url};

/// `host`, `host:port` or, in a list of denied hosts, `*.domain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostRule {
    host: Host,
    port: Option<u16>,
    is_suffix: bool,
}

impl HostRule {
    /// An allowed host: exactly one, since everything about it goes unchecked.
    pub(super) fn exact(text: &str) -> Result<Self, Fault> {
        Self::read(text).ok_or_else(|| {
            Fault::internal(format!("outbound.allow_hosts: {text:?} is not a host or host:port, such as localhost:9000"))
        })
    }
    /// A denied host, or a domain with everything below it.
    pub(super) fn pattern(text: &str) -> Result<Self, Fault> {
        let (rest, is_suffix) = text.strip_prefix("*.").map_or((text, false), |rest| (rest, true));
        Self::read(rest)
            .map(|rule| Self { is_suffix, ..rule })
            .ok_or_else(|| Fault::internal(format!("outbound.deny_hosts: {text:?} is not a host, host:port or *.domain")))
    }
    /// Through the URL parser, so that a rule and a URL spell the same host the same way.
    fn read(text: &str) -> Option<Self> {
        if text.contains(['/', '?', '#', '@', '\\', '*']) {
            return None;
        }
        let url = Url::parse(&format!("https://{text}/")).ok()?;
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).filter(|_| !text.ends_with(']'));
        Some(Self { host: plain(&url.host()?), port, is_suffix: false })
    }
    /// Whether a URL's host and port fall under the rule.
    pub(super) fn matches(&self, url: &Url) -> bool {
        let is_port = self.port.is_none_or(|port| url.port_or_known_default() == Some(port));
        is_port && url.host().is_some_and(|host| self.matches_host(&plain(&host)))
    }
    fn matches_host(&self, host: &Host) -> bool {
        match (&self.host, host) {
            (Host::Domain(domain), Host::Domain(name)) if self.is_suffix => {
                name.strip_suffix(domain.as_str()).is_some_and(|front| front.is_empty() || front.ends_with('.'))
            }
            (rule, host) => rule == host,
        }
    }
}

/// Without the final dot of a fully qualified name, which changes nothing about where it leads.
fn plain(host: &Host<&str>) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name).to_owned()),
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_exact_rule_means_one_host_and_maybe_one_port() {
        let any_port = HostRule::exact("LocalHost").unwrap();
        assert!(any_port.matches(&url("http://localhost:1234/x")) && any_port.matches(&url("https://localhost./")));
        assert!(!any_port.matches(&url("https://localhost.evil.example/")) && !any_port.matches(&url("https://a.localhost/")));
        let one_port = HostRule::exact("localhost:9000").unwrap();
        assert!(one_port.matches(&url("http://localhost:9000/")));
        assert!(!one_port.matches(&url("http://localhost:9001/")) && !one_port.matches(&url("http://localhost/")));
        let default_port = HostRule::exact("idp.internal:443").unwrap();
        assert!(default_port.matches(&url("https://idp.internal/")) && !default_port.matches(&url("http://idp.internal/")));
        assert!(HostRule::exact("[::1]:9000").unwrap().matches(&url("http://[0:0::1]:9000/")));
        assert!(HostRule::exact("[::1]").unwrap().matches(&url("http://[::1]:9000/")));
        assert!(HostRule::exact("127.0.0.1").unwrap().matches(&url("http://2130706433/")));
    }

    #[test]
    fn a_pattern_means_a_domain_and_all_below() {
        let rule = HostRule::pattern("*.evil.example").unwrap();
        assert!(rule.matches(&url("https://evil.example/")) && rule.matches(&url("https://a.b.EVIL.example./")));
        assert!(!rule.matches(&url("https://notevil.example/")));
        assert!(HostRule::pattern("evil.example").unwrap().matches(&url("https://evil.example/")));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "*",
            "*.example.com",
            "https://example.com",
            "example.com/path",
            "user@example.com",
            "a b",
            "host:99999",
            "host:x",
        ] {
            assert!(HostRule::exact(text).is_err(), "{text}");
        }
        for text in ["*", "*.", "a.*.b", "*.*.b"] {
            assert!(HostRule::pattern(text).is_err(), "{text}");
        }
    }
}
