//! The accept loop: bounded connections, bounded handshakes and headers, drained on shutdown.

use crate::ServerTls;
use axum::Router;
use axum::extract::Request;
use flow::ClientCertificate;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub struct Connections {
    /// Open at once; more wait to be accepted.
    pub max: usize,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long the head of a request may take to arrive.
    pub header_timeout: Duration,
    /// How long open requests may take after a shutdown was asked for.
    pub drain_timeout: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            max: 10_000,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(15),
            drain_timeout: Duration::from_secs(25),
        }
    }
}

/// The other end of a connection, as the socket shows it.
#[derive(Clone, Debug)]
pub struct ConnectionPeer {
    /// Its address.
    pub address: SocketAddr,
    /// Whether the connection is TLS.
    pub is_tls: bool,
    /// The client's certificate, if one was shown.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Serve until `shutdown` is done; then stop accepting and let open requests finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerTls>>,
    router: Router,
    bounds: Connections,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(bounds.max));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    let mut open = tokio::task::JoinSet::new();
    loop {
        let place = tokio::select! {
            () = &mut shutdown => break,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        while open.try_join_next().is_some() {}
        match accepted {
            Ok((stream, address)) => {
                let (tls, router, mut stopped) = (tls.clone(), router.clone(), stopped.clone());
                open.spawn(async move {
                    serve_connection(stream, address, tls, router, bounds, &mut stopped).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    drop(listener);
    let _ = stop.send(true);
    let drained = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(bounds.drain_timeout, drained).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

type Stopped = tokio::sync::watch::Receiver<bool>;

async fn serve_connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Arc<ServerTls>>,
    router: Router,
    bounds: Connections,
    stopped: &mut Stopped,
) {
    drop(stream.set_nodelay(true));
    let Some(tls) = tls else {
        let peer = ConnectionPeer { address, is_tls: false, certificate: None };
        return speak_http(stream, peer, router, bounds, stopped).await;
    };
    match tokio::time::timeout(bounds.handshake_timeout, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| {
                let (leaf, intermediates) = chain.split_first()?;
                let intermediates = intermediates.iter().map(|certificate| certificate.to_vec()).collect();
                Some(Arc::new(ClientCertificate { leaf: leaf.to_vec(), intermediates }))
            });
            speak_http(stream, ConnectionPeer { address, is_tls: true, certificate }, router, bounds, stopped).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak_http<S>(stream: S, peer: ConnectionPeer, router: Router, bounds: Connections, stopped: &mut Stopped)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.clone().oneshot(request.map(axum::body::Body::new) as Request)
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(bounds.header_timeout).max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(128)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}
