//! Certificates of clients, and authorities that issue them (RFC 8705).

use jose::x509::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
};
use serde_json::{Value, json};

/// An authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pub pem: String,
}

impl Authority {
    /// A new one.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }
    /// A certificate by this authority.
    pub fn issue(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        Identity::of(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

/// A certificate and its key.
pub struct Identity {
    /// The certificate (DER).
    pub der: Vec<u8>,
    /// Key and certificate, as TLS clients want them.
    pub pem: String,
}

impl Identity {
    /// One that nobody else vouches for.
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self::of(&named(name).self_signed(&key).unwrap(), &key)
    }
    fn of(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self { der: certificate.der().to_vec(), pem: format!("{}{}", key.serialize_pem(), certificate.pem()) }
    }
    /// Its public key as a key set.
    pub fn key_set(&self) -> Value {
        json!({ "keys": [Certificate::parse(&self.der).unwrap().public_key().unwrap()] })
    }
    /// `x5t#S256`.
    pub fn thumbprint(&self) -> String {
        jose::x509::thumbprint(&self.der)
    }
}

/// A certificate for this common name in Germany, for clients, with an alternative name of every kind.
pub fn for_client(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = vec![
        SanType::DnsName(format!("{name}.example").try_into().unwrap()),
        SanType::URI(format!("https://{name}.example/id").try_into().unwrap()),
        SanType::Rfc822Name(format!("ops@{name}.example").try_into().unwrap()),
        SanType::IpAddress("192.0.2.7".parse().unwrap()),
    ];
    params
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
