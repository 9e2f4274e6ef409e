//! Who vouches for the certificates of clients.

use super::{Certificate, NotACertificate};
use kernel::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::fmt;
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// Most intermediate certificates that are looked at.
const MAX_INTERMEDIATES: usize = 8;

/// Certificates of authorities that are believed.
///
/// A path to one of them is built as RFC 5280 §6 has it: signatures, times, basic constraints, name constraints, and the extended key
/// usage for clients where there is one. Revocation lists are not asked; certificates of clients are best short-lived.
#[derive(Clone, Default)]
pub struct Authorities(Vec<TrustAnchor<'static>>);

impl Authorities {
    /// Read certificates in PEM, one after the other.
    pub fn parse_pem(pem: &[u8]) -> Result<Self, NotACertificate> {
        let anchors: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem)
            .map(|certificate| {
                let certificate = certificate.map_err(|_| NotACertificate)?;
                anchor_from_trusted_cert(&certificate).map(|anchor| anchor.to_owned()).map_err(|_| NotACertificate)
            })
            .collect();
        match anchors? {
            none if none.is_empty() => Err(NotACertificate),
            anchors => Ok(Self(anchors)),
        }
    }
    /// Whether one of them vouches for the certificate, over the intermediates its owner showed.
    pub fn vouch_for(&self, certificate: &Certificate, intermediates: &[Vec<u8>], now: Timestamp) -> bool {
        let leaf = CertificateDer::from(certificate.der());
        let intermediates: Vec<_> =
            intermediates.iter().take(MAX_INTERMEDIATES).map(|der| CertificateDer::from(der.as_slice())).collect();
        let Ok(leaf) = EndEntityCert::try_from(&leaf) else { return false };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.as_secs()).unwrap_or(0)));
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        leaf.verify_for_usage(algorithms, &self.0, &intermediates, now, KeyUsage::client_auth(), None, None).is_ok()
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.0.len())
    }
}
