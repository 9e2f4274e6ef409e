//! Requests as bytes, assembled once and sent many times.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

/// The scheme, host and port of a server on this machine, resolved once.
#[derive(Clone, Debug)]
pub struct Origin {
    base: Url,
    authority: String,
    address: SocketAddr,
}

impl Origin {
    /// The origin of `url`, which must be plain HTTP: TLS would measure something else.
    pub async fn resolve(url: &str) -> Result<Self> {
        let base = Url::parse(url).with_context(|| format!("{url} is not a URL"))?;
        ensure!(base.scheme() == "http", "{url}: only http is measured");
        let host = base.host_str().context("a URL without a host")?;
        let port = base.port_or_known_default().context("a URL without a port")?;
        let mut addresses: Vec<_> = tokio::net::lookup_host((host, port)).await?.collect();
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let address = *addresses.first().context("a host without an address")?;
        let authority = match base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { base, authority, address })
    }

    /// Where to connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// An absolute URL from a reference relative to this origin.
    pub fn join(&self, reference: &str) -> Result<Url> {
        self.base.join(reference).with_context(|| format!("{reference} is not a URL reference"))
    }

    /// Whether `url` is served by this origin.
    pub fn serves(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    /// A GET request for `target` (path and query) with extra header lines, each ending in CRLF.
    pub fn get(&self, target: &str, headers: &str) -> Vec<u8> {
        format!("GET {target} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.authority).into_bytes()
    }

    /// A POST request of a form with extra header lines, each ending in CRLF.
    pub fn post_form(&self, target: &str, headers: &str, body: &str) -> Vec<u8> {
        self.send("POST", target, headers, "application/x-www-form-urlencoded", body)
    }

    /// A POST request of a JSON document with extra header lines, each ending in CRLF.
    pub fn post_json(&self, target: &str, headers: &str, body: &str) -> Vec<u8> {
        self.send("POST", target, headers, "application/json", body)
    }

    /// A PATCH request of a JSON document with extra header lines, each ending in CRLF.
    pub fn patch_json(&self, target: &str, headers: &str, body: &str) -> Vec<u8> {
        self.send("PATCH", target, headers, "application/json", body)
    }

    fn send(&self, method: &str, target: &str, headers: &str, content_type: &str, body: &str) -> Vec<u8> {
        format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\n{headers}content-type: {content_type}\r\ncontent-length: {}\r\n\r\n{body}",
            self.authority,
            body.len()
        )
        .into_bytes()
    }
}

/// The `Authorization` line of HTTP Basic client authentication (RFC 6749, section 2.3.1).
pub fn basic(client_id: &str, client_secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(client_id), encoded(client_secret));
    format!("authorization: Basic {}\r\n", STANDARD.encode(pair))
}

/// The `Authorization` line of a bearer token (RFC 6750, section 2.1).
pub fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

/// A form body or a query (`application/x-www-form-urlencoded`).
pub fn form<K: AsRef<str>, V: AsRef<str>>(fields: impl IntoIterator<Item = (K, V)>) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded_before_base64() {
        assert_eq!(
            basic("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"),
            "authorization: Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3\r\n"
        );
        assert_eq!(basic("a:b", "c d"), format!("authorization: Basic {}\r\n", STANDARD.encode("a%3Ab:c+d")));
    }

    #[tokio::test]
    async fn a_request_names_its_host_and_counts_its_body() {
        let origin = Origin::resolve("http://127.0.0.1:7788/ignored").await.unwrap();
        let request = origin.post_form("/token", "accept: */*\r\n", "a=b");
        let expected = "POST /token HTTP/1.1\r\nhost: 127.0.0.1:7788\r\naccept: */*\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 3\r\n\r\na=b";
        assert_eq!(String::from_utf8(request).unwrap(), expected);
    }

    #[tokio::test]
    async fn https_is_not_measured() {
        assert!(Origin::resolve("https://127.0.0.1:7788").await.is_err());
    }
}
