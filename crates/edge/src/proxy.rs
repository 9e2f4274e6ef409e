//! The other end of a connection, seen through proxies that are trusted, and only those.

use crate::certificate;
use crate::listen::ConnectionPeer;
use axum::extract::Request;
use flow::Peer;
use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Networks whose forwarding headers count.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    certificate_header: Option<String>,
}

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self { networks, certificate_header: None }
    }
    /// The same, which pass on certificates of clients in the header of this name (in lower case).
    #[must_use]
    pub fn with_certificate_header(self, name: Option<String>) -> Self {
        Self { certificate_header: name, ..self }
    }
    fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&ip))
    }
}

pub(crate) fn peer_of(proxies: &TrustedProxies, request: &Request) -> Peer {
    peer(proxies, request.extensions().get::<ConnectionPeer>(), request.headers())
}

/// The client behind the connection. `X-Forwarded-For` is read from the right, as far as every hop is trusted.
pub(crate) fn peer(proxies: &TrustedProxies, connection: Option<&ConnectionPeer>, headers: &HeaderMap) -> Peer {
    let Some(connection) = connection else { return Peer::default() };
    let mut peer = Peer {
        ip: connection.address.ip().to_canonical(),
        is_secure: connection.is_tls,
        certificate: connection.certificate.clone(),
    };
    if !proxies.trusts(peer.ip) {
        return peer;
    }
    // The certificate of this connection is the proxy's own.
    peer.certificate = proxies.certificate_header.as_deref().and_then(|name| certificate::in_header(headers, name)).map(Arc::new);
    if let Some(scheme) = from_the_right(headers, "x-forwarded-proto").next() {
        peer.is_secure = scheme == "https";
    }
    // What the nearest proxies wrote stands on the right. From what can't be read on, it is anybody's.
    for hop in from_the_right(headers, "x-forwarded-for").map_while(address) {
        peer.ip = hop;
        if !proxies.trusts(hop) {
            break;
        }
    }
    peer
}

/// An address, of which some proxies also write the port. An IPv4 address is one in its IPv6 form too: a socket that takes both
/// shows it so.
fn address(hop: &str) -> Option<IpAddr> {
    let ip = hop.parse::<IpAddr>().or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(ip.to_canonical())
}

/// The parts of a list that may stand in several lines, last first.
fn from_the_right<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    lines.into_iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::ClientCertificate;

    fn seen(from: &str, forwarded_for: &str) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let connection = ConnectionPeer { address: format!("{from}:4711").parse().unwrap(), is_tls: false, certificate: None };
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), forwarded_for.parse().unwrap())]);
        peer(&proxies, Some(&connection), &headers).ip.to_string()
    }

    #[test]
    fn forwarded_addresses_count_only_from_trusted_proxies() {
        assert_eq!(seen("192.0.2.7", "198.51.100.1"), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(
            seen("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2"),
            "198.51.100.1",
            "what a client wrote itself is not believed"
        );
    }

    #[test]
    fn an_address_is_the_same_in_every_form() {
        assert_eq!(seen("[::ffff:10.0.0.1]", "198.51.100.1"), "198.51.100.1", "a proxy seen through a socket of both families");
        assert_eq!(seen("[::ffff:192.0.2.7]", ""), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", "198.51.100.1:4711, ::ffff:10.0.0.2"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", "[2001:db8::1]:4711"), "2001:db8::1");
    }

    #[test]
    fn nobody_hides_behind_the_proxy_by_writing_nonsense() {
        for written in ["nonsense, 198.51.100.1", "203.0.113.9, , 198.51.100.1", "unknown, 203.0.113.9;x, 198.51.100.1, 10.0.0.2"]
        {
            assert_eq!(seen("10.0.0.1", written), "198.51.100.1", "{written}");
        }
        assert_eq!(seen("10.0.0.1", "203.0.113.9, nonsense"), "10.0.0.1", "the proxy itself didn't say who");
    }

    #[test]
    fn the_line_that_the_proxy_added_counts() {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let connection = ConnectionPeer { address: "10.0.0.1:4711".parse().unwrap(), is_tls: false, certificate: None };
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-proto", "http"),
        ] {
            headers.append(name, value.parse().unwrap());
        }
        let peer = peer(&proxies, Some(&connection), &headers);
        assert_eq!((peer.ip.to_string().as_str(), peer.is_secure), ("198.51.100.1", false));
    }

    #[test]
    fn a_certificate_counts_from_the_connection_or_from_a_trusted_proxy_and_never_from_a_stranger() {
        let own = Arc::new(ClientCertificate { leaf: vec![9], intermediates: Vec::new() });
        let headers = HeaderMap::from_iter([("client-cert".parse().unwrap(), ":AQID:".parse().unwrap())]);
        let networks: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let silent = TrustedProxies::new(networks.clone());
        let telling = TrustedProxies::new(networks).with_certificate_header(Some("client-cert".to_owned()));
        for (from, proxies, leaf) in [
            ("192.0.2.7", &telling, Some(vec![9])),
            ("10.0.0.1", &telling, Some(vec![1, 2, 3])),
            ("10.0.0.1", &silent, None),
            ("192.0.2.7", &silent, Some(vec![9])),
        ] {
            let address = format!("{from}:4711").parse().unwrap();
            let connection = ConnectionPeer { address, is_tls: true, certificate: Some(own.clone()) };
            let seen = peer(proxies, Some(&connection), &headers).certificate.map(|certificate| certificate.leaf.clone());
            assert_eq!(seen, leaf, "{from}");
        }
    }
}
