//! The guarded outbound client: every fetch this server makes for others goes through here.
//!
//! Others choose many of the URLs (key sets, client metadata, webhooks), so a fetch must not reach what only this machine can:
//! the check comes after name resolution, on the very address that is connected to, and no redirect leads around it.

mod address;
mod connection;
mod fault;
mod host;

pub use connection::Connection;
pub use fault::{Blocked, OutboundFault};

use fault::NotPublic;
use host::HostRule;
use kernel::Fault;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, Request, Response, redirect};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use url::{Host, Url};

/// What the operator allows, and the bounds of a fetch.
#[derive(Clone, Debug)]
pub struct OutboundPolicy {
    /// Hosts (`host` or `host:port`, exactly) that may lie on loopback or a private network, and may be asked over plain http.
    pub allow_hosts: Vec<String>,
    /// Hosts (`host`, `host:port` or `*.domain`) that are never asked, not even if allowed.
    pub deny_hosts: Vec<String>,
    /// Root certificates trusted beside the system's, as PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// The time a fetch may take, from the first lookup to the last byte.
    pub timeout: Duration,
    /// The size an answer may have, in bytes.
    pub max_bytes: usize,
}

impl Default for OutboundPolicy {
    /// Public hosts over https; 5 seconds and 1 MiB.
    fn default() -> Self {
        Self {
            allow_hosts: Vec::new(),
            deny_hosts: Vec::new(),
            ca_pem: None,
            timeout: Duration::from_secs(5),
            max_bytes: 1 << 20,
        }
    }
}

/// The client. Cheap to clone; clones share connections.
///
/// It asks public hosts over https only, connects only to addresses it has checked, follows no redirect, keeps no cookie, uses
/// no proxy and unpacks nothing.
#[derive(Clone)]
pub struct Outbound {
    shared: Arc<Shared>,
    timeout: Duration,
    max_bytes: usize,
    is_public_only: bool,
}

/// An answer, whatever its status: a redirect too is only an answer.
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Outbound {
    /// Make the client.
    ///
    /// # Errors
    /// If a host rule or the root certificates can't be read.
    pub fn new(policy: &OutboundPolicy) -> Result<Self, Fault> {
        Self::with_lookup(policy, |name| {
            Box::pin(async move { tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect) })
        })
    }
    /// The same client with tighter bounds, for a caller who knows what to expect. Bounds are never widened.
    #[must_use]
    pub fn within(&self, timeout: Duration, max_bytes: usize) -> Self {
        Self { timeout: self.timeout.min(timeout), max_bytes: self.max_bytes.min(max_bytes), ..self.clone() }
    }
    /// The same client for addresses that strangers choose: what the operator allows is meant for what this server was set up with, and
    /// isn't reached by it.
    #[must_use]
    pub fn public_only(&self) -> Self {
        Self { is_public_only: true, ..self.clone() }
    }
    /// GET, saying which media type is wanted.
    ///
    /// # Errors
    /// As typed; an answer with any status is not an error.
    pub async fn get(&self, url: &Url, accept: &str) -> Result<Fetched, OutboundFault> {
        self.send(url, |client| client.get(url.clone()), &[(ACCEPT.as_str(), accept)]).await
    }
    /// POST a body. Headers may carry secrets; they are never logged.
    ///
    /// # Errors
    /// As typed; an answer with any status is not an error.
    pub async fn post(
        &self,
        url: &Url,
        content_type: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Result<Fetched, OutboundFault> {
        let headers = [&[(CONTENT_TYPE.as_str(), content_type)], headers].concat();
        self.send(url, |client| client.post(url.clone()).body(body), &headers).await
    }

    async fn send(
        &self,
        url: &Url,
        build: impl FnOnce(&Client) -> reqwest::RequestBuilder,
        headers: &[(&str, &str)],
    ) -> Result<Fetched, OutboundFault> {
        let host = host_of(url);
        let client = self
            .shared
            .client_for(url, !self.is_public_only)
            .map_err(|why| OutboundFault::Blocked { host: host.clone(), why })?;
        let unsendable = || OutboundFault::Unsendable { host: host.clone() };
        let headers = header_map(headers).ok_or_else(unsendable)?;
        let request = build(client).headers(headers).build().map_err(|_| unsendable())?;
        match tokio::time::timeout(self.timeout, self.exchange(client, request, &host)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(OutboundFault::TimedOut { host }),
        }
    }
    async fn exchange(&self, client: &Client, request: Request, host: &str) -> Result<Fetched, OutboundFault> {
        let response = client.execute(request).await.map_err(|error| OutboundFault::of(host.to_owned(), &error))?;
        let text = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
        let (status, content_type, cache_control) = (response.status().as_u16(), text(CONTENT_TYPE), text(CACHE_CONTROL));
        let body = self.body(response, host).await?;
        Ok(Fetched { status, content_type, cache_control, body })
    }
    async fn body(&self, mut response: Response, host: &str) -> Result<Vec<u8>, OutboundFault> {
        let too_large = || OutboundFault::TooLarge { host: host.to_owned(), limit: self.max_bytes };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |announced| announced > self.max_bytes) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| OutboundFault::of(host.to_owned(), &error))? {
            if body.len() + part.len() > self.max_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }
    fn with_lookup(policy: &OutboundPolicy, lookup: Lookup) -> Result<Self, Fault> {
        let roots = policy.ca_pem.as_deref().map_or_else(|| Ok(Vec::new()), roots)?;
        let connect_timeout = policy.timeout.min(Duration::from_secs(5));
        let shared = Shared {
            allow: policy.allow_hosts.iter().map(|text| HostRule::exact(text)).collect::<Result<_, _>>()?,
            deny: policy.deny_hosts.iter().map(|text| HostRule::pattern(text)).collect::<Result<_, _>>()?,
            guarded: client(&roots, || builder(connect_timeout).https_only(true).dns_resolver(Guard(lookup)))?,
            unguarded: client(&roots, || builder(connect_timeout))?,
            lookup,
            ca_pem: policy.ca_pem.clone(),
            tls: OnceLock::new(),
        };
        Ok(Self { shared: Arc::new(shared), timeout: policy.timeout, max_bytes: policy.max_bytes, is_public_only: false })
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fetched({}, {:?}, {} bytes)", self.status, self.content_type, self.body.len())
    }
}

struct Shared {
    allow: Vec<HostRule>,
    deny: Vec<HostRule>,
    guarded: Client,
    /// For allowed hosts alone. Connections are kept by host and port, so none made here serves any other URL.
    unguarded: Client,
    /// For connections that aren't HTTP.
    lookup: Lookup,
    ca_pem: Option<Vec<u8>>,
    tls: OnceLock<Option<Arc<rustls::ClientConfig>>>,
}

/// How a host may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// At public addresses alone.
    Guarded,
    /// Wherever it is: the operator allows it.
    Unguarded,
}

impl Shared {
    /// The client that may fetch `url`. `heeds_allowed`: whether what the operator allows counts.
    fn client_for(&self, url: &Url, heeds_allowed: bool) -> Result<&Client, Blocked> {
        self.way_to(url, heeds_allowed).map(|way| match way {
            Way::Guarded => &self.guarded,
            Way::Unguarded => &self.unguarded,
        })
    }

    /// How `url` may be reached, by everything that can be said before resolving its host.
    fn way_to(&self, url: &Url, heeds_allowed: bool) -> Result<Way, Blocked> {
        let host = url.host().ok_or(Blocked::Scheme)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Blocked::Credentials);
        }
        if self.deny.iter().any(|rule| rule.matches(url)) {
            return Err(Blocked::Denied);
        }
        let is_allowed = heeds_allowed && self.allow.iter().any(|rule| rule.matches(url));
        match url.scheme() {
            "http" | "https" if is_allowed => Ok(Way::Unguarded),
            "https" => match host {
                // A literal address never reaches the resolver.
                Host::Ipv4(address) if !address::is_public(address.into()) => Err(Blocked::Address),
                Host::Ipv6(address) if !address::is_public(address.into()) => Err(Blocked::Address),
                _ => Ok(Way::Guarded),
            },
            _ => Err(Blocked::Scheme),
        }
    }
}

type LookingUp = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Lookup = fn(Name) -> LookingUp;

/// Resolves names to public addresses only. The client connects to what this returns and looks nothing up itself.
struct Guard(Lookup);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let looking_up = (self.0)(name);
        Box::pin(async move {
            let mut addresses = looking_up.await?;
            addresses.retain(|address| address::is_public(address.ip()));
            if addresses.is_empty() { Err(NotPublic.into()) } else { Ok(Box::new(addresses.into_iter()) as Addrs) }
        })
    }
}

fn builder(connect_timeout: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("LumoAuth/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(connect_timeout)
}

/// A client that trusts the system's roots and `roots`. A system without any (a bare container) must not keep the server from
/// starting: only fetches over https fail then, and say why.
fn client(roots: &[Certificate], builder: impl Fn() -> ClientBuilder) -> Result<Client, Fault> {
    builder().tls_certs_merge(roots.to_vec()).build().or_else(|error| {
        tracing::warn!(
            %error,
            "no root certificates on this system: https fetches fail until they are installed (ca-certificates) or set (outbound.ca_file)"
        );
        let only_these = builder().tls_certs_only(roots.to_vec()).build();
        only_these.map_err(|error| Fault::internal(format!("the outbound client can't start: {error}")))
    })
}

fn roots(pem: &[u8]) -> Result<Vec<Certificate>, Fault> {
    match Certificate::from_pem_bundle(pem) {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        _ => Err(Fault::internal("outbound.ca_file: no certificate in PEM form found in it")),
    }
}

fn header_map(headers: &[(&str, &str)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        map.append(HeaderName::try_from(*name).ok()?, value);
    }
    Some(map)
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or("a URL without host").to_owned()
}

#[cfg(test)]
mod tests;
