//! The other end of a connection, seen through proxies that are trusted, and only those.

use crate::listen::ConnectionPeer;
use axum::extract::Request;
use flow::Peer;
use http::HeaderMap;
use ipnet::IpNet;
use std::net::IpAddr;

/// Networks whose forwarding headers count.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }
    fn trusts(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }
}

pub(crate) fn peer_of(proxies: &TrustedProxies, request: &Request) -> Peer {
    peer(proxies, request.extensions().get::<ConnectionPeer>(), request.headers())
}

/// The client behind the connection. `X-Forwarded-For` is read from the right, as far as every hop is trusted.
pub(crate) fn peer(proxies: &TrustedProxies, connection: Option<&ConnectionPeer>, headers: &HeaderMap) -> Peer {
    let Some(connection) = connection else { return Peer::default() };
    let mut peer =
        Peer { ip: connection.address.ip(), is_secure: connection.is_tls, certificate: connection.certificate.clone() };
    if !proxies.trusts(peer.ip) {
        return peer;
    }
    if let Some(scheme) = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok()) {
        peer.is_secure = scheme.rsplit(',').next().is_some_and(|last| last.trim() == "https");
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<IpAddr> = forwarded.flat_map(|line| line.split(',')).map_while(|hop| hop.trim().parse().ok()).collect();
    for hop in hops.into_iter().rev() {
        peer.ip = hop;
        if !proxies.trusts(hop) {
            break;
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
