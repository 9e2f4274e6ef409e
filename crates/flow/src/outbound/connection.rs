//! Connections for other protocols than HTTP, under the same rules: to addresses that were checked, bounded in time and in bytes.

use super::fault::{Blocked, OutboundFault};
use super::{Outbound, Shared, Way, address};
use reqwest::dns::Name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, crypto};
use rustls_platform_verifier::Verifier;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};

/// A connection to a host that others chose. The other side may send as many bytes as a fetch may bring, and no more.
pub struct Connection {
    stream: Stream,
    peer: SocketAddr,
    bytes_left: usize,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Outbound {
    /// Connect to a host: to a public address of it, or to any if the operator allows the host. Nothing is encrypted yet.
    ///
    /// # Errors
    /// As typed.
    pub async fn connect(&self, host: &str, port: u16) -> Result<Connection, OutboundFault> {
        let url = url_of(host, port)?;
        let stream = self.in_time(host, self.reach(&url)).await?;
        self.connection(Stream::Plain(stream), host)
    }

    /// Connect, and speak TLS from the start. The certificate must be one for `host`.
    ///
    /// # Errors
    /// As typed.
    pub async fn connect_tls(&self, host: &str, port: u16) -> Result<Connection, OutboundFault> {
        let url = url_of(host, port)?;
        let failed = || OutboundFault::Tls { host: host.to_owned() };
        let shake_hands = async {
            let stream = self.reach(&url).await?;
            let config = self.shared.tls_config().ok_or_else(failed)?;
            let name = server_name(&url).ok_or_else(failed)?;
            TlsConnector::from(config).connect(name, stream).await.map_err(|_| failed())
        };
        let stream = self.in_time(host, shake_hands).await?;
        self.connection(Stream::Tls(Box::new(stream)), host)
    }

    /// Root certificates trusted beside the system's, as PEM.
    pub fn ca_pem(&self) -> Option<&[u8]> {
        self.shared.ca_pem.as_deref()
    }

    async fn in_time<T>(&self, host: &str, work: impl Future<Output = Result<T, OutboundFault>>) -> Result<T, OutboundFault> {
        tokio::time::timeout(self.timeout, work).await.unwrap_or_else(|_| Err(OutboundFault::TimedOut { host: host.to_owned() }))
    }

    async fn reach(&self, url: &Url) -> Result<TcpStream, OutboundFault> {
        let host = super::host_of(url);
        let unreachable = || OutboundFault::Unreachable { host: host.clone() };
        let addresses = self.addresses(url).await?;
        // Each has its share of the time: one that says nothing at all keeps nobody from the next.
        let share = self.timeout / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
        for address in addresses {
            if let Ok(Ok(stream)) = tokio::time::timeout(share, TcpStream::connect(address)).await {
                return Ok(stream);
            }
        }
        Err(unreachable())
    }

    /// Where a host may be reached.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, OutboundFault> {
        let host = super::host_of(url);
        let blocked = |why| OutboundFault::Blocked { host: host.clone(), why };
        let way = self.shared.way_to(url, !self.is_public_only).map_err(blocked)?;
        let port = url.port_or_known_default().ok_or_else(|| blocked(Blocked::Scheme))?;
        let mut addresses = match url.host().ok_or_else(|| blocked(Blocked::Scheme))? {
            Host::Ipv4(ip) => vec![SocketAddr::new(ip.into(), port)],
            Host::Ipv6(ip) => vec![SocketAddr::new(ip.into(), port)],
            Host::Domain(name) => {
                let unreachable = || OutboundFault::Unreachable { host: host.clone() };
                let name: Name = name.parse().map_err(|_| unreachable())?;
                (self.shared.lookup)(name).await.map_err(|_| unreachable())?
            }
        };
        if way == Way::Guarded {
            addresses.retain(|address| address::is_public(address.ip()));
        }
        if addresses.is_empty() {
            return Err(blocked(Blocked::Address));
        }
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address.ip(), port)).collect())
    }

    fn connection(&self, stream: Stream, host: &str) -> Result<Connection, OutboundFault> {
        let socket = match &stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref().0,
        };
        let peer = socket.peer_addr().map_err(|_| OutboundFault::Unreachable { host: host.to_owned() })?;
        Ok(Connection { stream, peer, bytes_left: self.max_bytes })
    }
}

impl Shared {
    /// What is trusted, read once. `None`: the system has no root certificates and the operator set none.
    fn tls_config(&self) -> Option<Arc<ClientConfig>> {
        self.tls.get_or_init(|| tls_config(self.ca_pem.as_deref().unwrap_or_default())).clone()
    }
}

fn tls_config(ca_pem: &[u8]) -> Option<Arc<ClientConfig>> {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let roots: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(ca_pem).collect::<Result<_, _>>().ok()?;
    let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).ok()?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    // The platform's verifier is no weaker: it is what the builder's plain way would need a copy of the system's roots for.
    let config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    Some(Arc::new(config))
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ServerName::from(IpAddr::V4(ip))),
        Host::Ipv6(ip) => Some(ServerName::from(IpAddr::V6(ip))),
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()).ok(),
    }
}

/// Through the URL parser, so that hosts are spelled as everywhere else and no number in disguise slips through.
fn url_of(host: &str, port: u16) -> Result<Url, OutboundFault> {
    let refused = || OutboundFault::Blocked { host: "a host that is none".to_owned(), why: Blocked::Scheme };
    let has_port = host.contains(':') && !host.ends_with(']');
    if has_port || host.contains(['/', '?', '#', '@', '\\']) {
        return Err(refused());
    }
    let mut url = Url::parse(&format!("https://{host}/")).map_err(|_| refused())?;
    url.set_port(Some(port)).map_err(|()| refused())?;
    Ok(url)
}

impl Connection {
    /// The address at the other end.
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.peer)
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.bytes_left == 0 {
            return Poll::Ready(Err(io::Error::other("the other side sends too much")));
        }
        let most = self.bytes_left.min(buffer.remaining());
        let mut share = ReadBuf::new(buffer.initialize_unfilled_to(most));
        ready!(match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, &mut share),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, &mut share),
        })?;
        let read = share.filled().len();
        self.bytes_left = self.bytes_left.saturating_sub(read);
        buffer.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
