//! Sending requests and looking at answers.

use crate::TestApp;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edge::ConnectionPeer;
use flow::ClientCertificate;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tower::ServiceExt;

/// A request on its way.
#[must_use]
pub struct Sending<'a> {
    app: &'a TestApp,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    from: Option<IpAddr>,
    certificate: Option<Arc<ClientCertificate>>,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(app: &'a TestApp, method: Method, path: &str) -> Self {
        Self { app, method, path: path.to_owned(), headers: Vec::new(), body: Vec::new(), from: None, certificate: None }
    }
    /// Add a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Put a header in the place of one of that name.
    pub fn replacing(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.header(name, value)
    }
    /// Send it from this address.
    pub fn from(mut self, ip: IpAddr) -> Self {
        self.from = Some(ip);
        self
    }
    /// Show a certificate in the handshake (DER).
    pub fn certificate(mut self, leaf: &[u8], intermediates: &[Vec<u8>]) -> Self {
        let shown = ClientCertificate { leaf: leaf.to_vec(), intermediates: intermediates.to_vec() };
        self.certificate = Some(Arc::new(shown));
        self
    }
    /// Present an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }
    /// Present an API key.
    pub fn api_key(self, key: &str) -> Self {
        self.header("x-api-key", key)
    }
    /// Authenticate as a client (RFC 6749 §2.3.1).
    pub fn basic(self, id: &str, secret: &str) -> Self {
        self.header("authorization", &format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
    }
    /// Send JSON.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("content-type", "application/json")
    }
    /// Send a form.
    pub fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        self.body = form(pairs).into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }
    /// Send bytes as they are.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
    /// Send it.
    pub async fn send(self) -> Answered {
        let mut request = Request::builder().method(self.method).uri(&self.path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            request = request.header("host", TestApp::host());
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if self.from.is_some() || self.certificate.is_some() {
            let address = SocketAddr::new(self.from.unwrap_or(IpAddr::from([127, 0, 0, 1])), 4711);
            let is_tls = self.certificate.is_some();
            request = request.extension(ConnectionPeer { address, is_tls, certificate: self.certificate });
        }
        let response = self.app.router().oneshot(request.body(Body::from(self.body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answered { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// Percent-encode pairs.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answered {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{} is not JSON: {error}\n{}", self.status, self.text()))
    }
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// Where it redirects.
    pub fn location(&self) -> &str {
        assert!(matches!(self.status, 302 | 303), "{} is no redirect\n{}", self.status, self.text());
        self.header("location")
    }
    /// Insist on a status.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}
