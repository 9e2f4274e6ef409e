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

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::aws_lc_rs::sign::any_supported_type;
    use rustls::sign::{CertifiedKey, SingleCertAndKey};
    use rustls::{ClientConfig, ClientConnection, ConnectionCommon, ProtocolVersion, ServerConnection, SideData};
    use rustls_pki_types::ServerName;

    const MODERN: [CipherSuite; 4] = [
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ];

    /// A client that believes every server: the handshake is what is looked at.
    #[derive(Debug)]
    struct Credulous(WebPkiSupportedAlgorithms);

    impl ServerCertVerifier for Credulous {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
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

    /// A certificate for this name and its key, in PEM.
    fn certificate(name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let made = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        (made.pem(), key.serialize_pem())
    }

    /// Hand over what one side has to say.
    fn tell<From: SideData, To: SideData>(from: &mut ConnectionCommon<From>, to: &mut ConnectionCommon<To>) -> Result<(), Error> {
        let mut said = Vec::new();
        while from.wants_write() {
            from.write_tls(&mut said).unwrap();
        }
        let mut rest = said.as_slice();
        while !rest.is_empty() {
            to.read_tls(&mut rest).unwrap();
            to.process_new_packets()?;
        }
        Ok(())
    }

    /// What a client with these versions and suites agrees on with the server, and the certificate it showed.
    fn agree(
        versions: &[&'static rustls::SupportedProtocolVersion],
        suites: &[CipherSuite],
        shown: Option<&(String, String)>,
    ) -> Result<(ProtocolVersion, CipherSuite, Option<Vec<u8>>), Error> {
        let (chain, key) = certificate("localhost");
        let settled = config(chain.as_bytes(), key.as_bytes(), ClientCertificates::Request).unwrap();
        let mut offered = aws_lc_rs::default_provider();
        offered.cipher_suites.retain(|suite| suites.is_empty() || suites.contains(&suite.suite()));
        let verifier = Credulous(offered.signature_verification_algorithms);
        let builder = ClientConfig::builder_with_provider(Arc::new(offered)).with_protocol_versions(versions).unwrap();
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let client = match shown {
            Some((chain, key)) => {
                let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().unwrap();
                // Not asked whether they fit, as a thief of certificates wouldn't.
                let key = any_supported_type(&PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap();
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))))
            }
            None => builder.with_no_client_auth(),
        };
        let mut client = ClientConnection::new(Arc::new(client), ServerName::try_from("localhost").unwrap()).unwrap();
        let mut server = ServerConnection::new(settled).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            tell(&mut client, &mut server)?;
            tell(&mut server, &mut client)?;
        }
        let leaf = server.peer_certificates().and_then(|chain| chain.first()).map(|leaf| leaf.to_vec());
        Ok((server.protocol_version().unwrap(), server.negotiated_cipher_suite().unwrap().suite(), leaf))
    }

    #[test]
    fn tls_1_2_has_ecdhe_with_aes_gcm_alone() {
        let suites = provider().cipher_suites.into_iter().filter(|suite| suite.tls13().is_none());
        let offered: Vec<_> = suites.map(|suite| suite.suite()).collect();
        assert_eq!(offered.len(), MODERN.len());
        assert!(MODERN.iter().all(|suite| offered.contains(suite)), "{offered:?}");

        let (old, [aes, ..]) = ([&rustls::version::TLS12], MODERN);
        assert_eq!(agree(&old, &[aes], None).unwrap().1, aes);
        let chacha = CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256;
        assert!(agree(&old, &[chacha], None).is_err());
        assert_eq!(agree(&old, &[chacha, aes], None).unwrap().1, aes);
    }

    #[test]
    fn tls_1_3_is_preferred() {
        let (version, ..) = agree(&[&rustls::version::TLS12, &rustls::version::TLS13], &[], None).unwrap();
        assert_eq!(version, ProtocolVersion::TLSv1_3);
    }

    #[test]
    fn a_certificate_of_anybody_is_taken_if_the_client_holds_its_key_and_none_is_needed() {
        let (own, other) = (certificate("bank"), certificate("bank"));
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let leaf = CertificateDer::from_pem_slice(own.0.as_bytes()).unwrap().to_vec();
            assert_eq!(agree(&[version], &[], Some(&own)).unwrap().2, Some(leaf));
            assert_eq!(agree(&[version], &[], None).unwrap().2, None);
            let stolen = (own.0.clone(), other.1.clone());
            assert!(agree(&[version], &[], Some(&stolen)).is_err());
        }
    }
}
