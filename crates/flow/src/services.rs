//! What the server is made of, besides its operations.

use crate::{Authenticator, Hashing, Limiter, Outbound, Rooms};
use jose::seal::MasterKeys;
use kernel::{Clock, OrgId, Rng};
use std::sync::Arc;
use store::Store;

/// Everything an operation may lean on. Shared by all requests.
pub struct Services(ServicesParts);

/// The parts, for whoever assembles a server.
pub struct ServicesParts {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The password hashing pool.
    pub hashing: Hashing,
    /// The guarded outbound client.
    pub outbound: Outbound,
    /// Keys that seal secrets at rest.
    pub master_keys: MasterKeys,
    /// The public base URL, without a trailing slash: `https://id.example.com`.
    pub base_url: String,
    /// Proves who calls.
    pub authenticator: Arc<dyn Authenticator>,
    /// Counts requests.
    pub limiter: Limiter,
    /// The domains' own values.
    pub rooms: Rooms,
    /// The platform's own organization, whose log takes what belongs to no other.
    pub platform: OrgId,
    /// Whether this is a development server: mail is caught, the demo application is served.
    pub is_dev: bool,
}

impl Services {
    /// Assemble.
    pub fn new(parts: ServicesParts) -> Arc<Self> {
        Arc::new(Self(parts))
    }
    /// The issuer identifier of an organization (RFC 8414 §2): `{base}/orgs/{slug}`.
    pub fn issuer(&self, slug: &str) -> String {
        format!("{}/orgs/{slug}", self.0.base_url)
    }
}

impl std::ops::Deref for Services {
    type Target = ServicesParts;
    fn deref(&self) -> &ServicesParts {
        &self.0
    }
}
