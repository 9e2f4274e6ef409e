//! The server under test behind a real socket, over TLS.

use crate::TestApp;
use edge::{ClientCertificates, Connections, ServerTls};
use rcgen::{CertificateParams, KeyPair};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// A listener that asks for certificates of clients. It ends with the test.
pub struct Listening {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its certificate, to be trusted (PEM).
    pub certificate: String,
    task: tokio::task::JoinHandle<()>,
}

impl TestApp {
    /// Listen on a port of its own, over TLS.
    pub async fn listen(&self) -> Listening {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        let tls = ServerTls::new(certificate.as_bytes(), key.serialize_pem().as_bytes(), ClientCertificates::Request).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = edge::serve(listener, Some(tls), self.router(), Connections::default(), std::future::pending());
        Listening { address, certificate, task: tokio::spawn(serving) }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
