//! TLS: 1.3 preferred, 1.2 with ECDHE and AES-GCM alone; client certificates asked for where they are wanted, never required.
//!
//! A client certificate is taken whoever issued it: the handshake proves that the client holds its key, and which certificate a
//! client may use is decided later, per client (RFC 8705 §2). So a self-signed one gets through as well.

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CipherSuite, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Whether to ask clients for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// Don't ask.
    Off,
    /// Ask, and go on without one.
    Request,
}

/// The server's side of TLS. Its certificate can be replaced while it runs.
pub struct ServerTls {
    config: ArcSwap<ServerConfig>,
    clients: ClientCertificates,
}

/// What is wrong with a certificate or key.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    /// Not PEM.
    #[error("not a PEM file: {0}")]
    Pem(#[from] rustls_pki_types::pem::Error),
    /// Key and certificate don't fit, or aren't usable.
    #[error("unusable certificate or key: {0}")]
    Rustls(#[from] Error),
}

impl ServerTls {
    /// From a PEM chain and its key.
    ///
    /// # Errors
    /// If they can't be read or don't fit together.
    pub fn new(chain: &[u8], key: &[u8], clients: ClientCertificates) -> Result<Arc<Self>, TlsFault> {
        Ok(Arc::new(Self { config: ArcSwap::from(config(chain, key, clients)?), clients }))
    }

    /// Use another certificate from the next connection on.
    ///
    /// # Errors
    /// If it can't be read; the old one stays.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsFault> {
        self.config.store(config(chain, key, self.clients)?);
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.load_full())
    }
}

fn config(chain: &[u8], key: &[u8], clients: ClientCertificates) -> Result<Arc<ServerConfig>, TlsFault> {
    let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key)?;
    let provider = Arc::new(provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = match clients {
        ClientCertificates::Off => builder.with_no_client_auth(),
        ClientCertificates::Request => {
            builder.with_client_cert_verifier(Arc::new(AnyCertificate(provider.signature_verification_algorithms)))
        }
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// FAPI 2.0 §5.2.2: for TLS 1.2 only ECDHE with AES-GCM.
fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| {
        !matches!(
            suite.suite(),
            CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        )
    });
    provider
}

#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }
    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
