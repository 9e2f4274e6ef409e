//! Certificates of clients: which authorities are believed, and where clients that use certificates find this server (RFC 8705).

use flow::{ClientCertificate, Services};
use identity::settings::Settings;
use jose::x509::{Authorities, Certificate};
use kernel::Timestamp;
use oauth::mtls::{Offered, Shown};
use std::sync::Arc;
use store::Org;

/// What the installation knows about certificates of clients.
#[derive(Clone, Debug, Default)]
pub struct MutualTls {
    /// Whether certificates can reach this server at all: its listener asks for them, or a trusted proxy passes them on.
    pub is_offered: bool,
    /// Where clients that use certificates find it, if that is another address than the public one: scheme, host and maybe a port.
    pub base_url: Option<String>,
    /// Authorities that every organization believes.
    pub authorities: Authorities,
}

impl MutualTls {
    /// What was assembled; nothing is offered where nothing was.
    pub(crate) fn of(services: &Services) -> Arc<Self> {
        services.rooms.find::<Self>().unwrap_or_default()
    }
    /// What the metadata documents say about it.
    pub(crate) fn offered(&self) -> Option<Offered<'_>> {
        self.is_offered.then_some(Offered { base_url: self.base_url.as_deref() })
    }
}

/// A certificate that was shown and can be read.
pub(crate) struct Read {
    certificate: Certificate,
    is_vouched_for: bool,
}

impl Read {
    /// Read it. Whether an authority vouches for it is only asked where that matters, for it takes several signatures.
    pub(crate) fn of(
        services: &Services,
        org: &Org,
        shown: &ClientCertificate,
        needs_authority: bool,
        now: Timestamp,
    ) -> Option<Self> {
        let certificate = Certificate::parse(&shown.leaf).ok()?;
        let is_vouched_for = needs_authority
            && believed(services, org).iter().any(|authorities| authorities.vouch_for(&certificate, &shown.intermediates, now));
        Some(Self { certificate, is_vouched_for })
    }
    /// As rooms want it.
    pub(crate) fn shown(&self) -> Shown<'_> {
        Shown { certificate: &self.certificate, is_vouched_for: self.is_vouched_for }
    }
}

/// The organization's own authorities, and the installation's.
fn believed(services: &Services, org: &Org) -> Vec<Authorities> {
    let own = Settings::of(org).security.client_certificate_authorities.clone();
    let own = own.and_then(|pem| Authorities::parse_pem(pem.as_str().as_bytes()).ok());
    own.into_iter().chain([MutualTls::of(services).authorities.clone()]).collect()
}
