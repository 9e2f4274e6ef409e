//! The rest of the web, as far as the server under test trusts it.

use std::sync::LazyLock;

/// A certificate for `localhost`, and its key.
pub struct WebCertificate {
    /// The certificate, as PEM.
    pub pem: String,
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// The key (PKCS #8).
    pub key: Vec<u8>,
}

/// The certificate by which every server under test trusts sites on this machine.
pub fn web_certificate() -> &'static WebCertificate {
    static MADE: LazyLock<WebCertificate> = LazyLock::new(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        WebCertificate { pem: made.cert.pem(), certificate: made.cert.der().to_vec(), key: made.signing_key.serialize_der() }
    });
    &MADE
}
