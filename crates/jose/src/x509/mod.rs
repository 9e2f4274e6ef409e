//! X.509 certificates, as far as clients prove themselves with them (RFC 5280, RFC 8705).
//!
//! A certificate is read once into what is asked about it: subject, alternative names, public key, time, thumbprint. Whether its key is
//! held by whoever shows it, the TLS handshake has proven; whether somebody vouches for it, [`Authorities`] say.

mod authorities;
mod name;

pub use authorities::Authorities;
pub use name::DistinguishedName;

use crate::digest::sha256;
use crate::encoding::base64url;
use crate::jwk::{Curve, Jwk, JwkError, PublicKey};
use crate::key::{ec_from_point, rsa_from_der};
use kernel::Timestamp;
use std::net::IpAddr;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Longest certificate that is read, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// Most alternative names that are read.
const MAX_NAMES: usize = 256;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject: Option<DistinguishedName>,
    alternative_names: Vec<AlternativeName>,
    public_key: Option<Jwk>,
    not_before: Timestamp,
    not_after: Timestamp,
}

/// An alternative name of the subject (RFC 5280 §4.2.1.6), of the kinds anyone asks about here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// `dNSName`, as written.
    Dns(String),
    /// `uniformResourceIdentifier`, as written.
    Uri(String),
    /// `rfc822Name`, as written.
    Email(String),
    /// `iPAddress`.
    Ip(IpAddr),
}

/// What was shown is no certificate, or none that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed X.509 certificate")]
pub struct NotACertificate;

impl Certificate {
    /// Read a certificate in DER. Anything behind its end is refused, and so is an extension that comes twice.
    pub fn parse(der: &[u8]) -> Result<Self, NotACertificate> {
        if der.len() > MAX_LENGTH {
            return Err(NotACertificate);
        }
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| NotACertificate)?;
        if !rest.is_empty() {
            return Err(NotACertificate);
        }
        let validity = certificate.validity();
        Ok(Self {
            der: der.to_vec(),
            subject: DistinguishedName::of(certificate.subject()),
            alternative_names: alternative_names(&certificate)?,
            public_key: public_key(certificate.public_key()).ok(),
            not_before: Timestamp::from_secs(validity.not_before.timestamp()),
            not_after: Timestamp::from_secs(validity.not_after.timestamp()),
        })
    }
    /// As it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
    /// SHA-256 over the DER as base64url: `x5t#S256` (RFC 7515 §4.1.8, RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.der)
    }
    /// Whose it is; `None` if the name is empty or has a part that is no text.
    pub fn subject(&self) -> Option<&DistinguishedName> {
        self.subject.as_ref()
    }
    /// By which other names its subject goes.
    pub fn alternative_names(&self) -> &[AlternativeName] {
        &self.alternative_names
    }
    /// Its public key; `None` if that is of a kind this program doesn't use.
    pub fn public_key(&self) -> Option<&Jwk> {
        self.public_key.as_ref()
    }
    /// Whether `now` lies within its time, both ends included (RFC 5280 §4.1.2.5).
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.not_before <= now && now.as_secs() <= self.not_after.as_secs()
    }
}

/// SHA-256 over a certificate's DER as base64url: `x5t#S256`.
pub fn thumbprint(der: &[u8]) -> String {
    base64url(sha256(der))
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<AlternativeName>, NotACertificate> {
    let Some(extension) = certificate.subject_alternative_name().map_err(|_| NotACertificate)? else { return Ok(Vec::new()) };
    let names = &extension.value.general_names;
    if names.len() > MAX_NAMES {
        return Err(NotACertificate);
    }
    Ok(names.iter().filter_map(alternative_name).collect())
}

fn alternative_name(name: &GeneralName<'_>) -> Option<AlternativeName> {
    match name {
        GeneralName::DNSName(name) => Some(AlternativeName::Dns((*name).to_owned())),
        GeneralName::URI(name) => Some(AlternativeName::Uri((*name).to_owned())),
        GeneralName::RFC822Name(name) => Some(AlternativeName::Email((*name).to_owned())),
        GeneralName::IPAddress(octets) => {
            let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from)).ok().map(AlternativeName::Ip)
        }
        _ => None,
    }
}

/// RFC 3279 §2.3.1 and §2.3.5, RFC 8410 §3.
fn public_key(info: &SubjectPublicKeyInfo<'_>) -> Result<Jwk, JwkError> {
    const RSA: &str = "1.2.840.113549.1.1.1";
    const EC: &str = "1.2.840.10045.2.1";
    const ED25519: &str = "1.3.101.112";
    let octets = info.subject_public_key.data.as_ref();
    let key = match info.algorithm.algorithm.to_id_string().as_str() {
        RSA => rsa_from_der(octets)?,
        EC => ec_from_point(curve(info).ok_or(JwkError::Unsupported)?, octets)?,
        ED25519 => PublicKey::ed25519(octets)?,
        _ => return Err(JwkError::Unsupported),
    };
    Ok(key.into())
}

fn curve(info: &SubjectPublicKeyInfo<'_>) -> Option<Curve> {
    let name = info.algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
    [("1.2.840.10045.3.1.7", Curve::P256), ("1.3.132.0.34", Curve::P384)]
        .into_iter()
        .find(|(known, _)| *known == name)
        .map(|(_, curve)| curve)
}

#[cfg(test)]
mod tests;
