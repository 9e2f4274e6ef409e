//! Signing keys: each organization has one per algorithm, sealed at rest, parsed once and kept in memory.
//!
//! A key is `next` (published, so that others can learn it), then `active` (it signs), then `retired` (it only verifies what it
//! signed) until everything it signed has ended. One key serves one algorithm (RFC 8725 §3.1), so RS256 and PS256 have keys
//! of their own.

mod admin;
mod rows;

pub use admin::{ListKeys, RotateKeys};
pub use rows::{KeyView, State};

use flow::{Catalogue, Services};
use jose::alg::Algorithm;
use jose::jwk::Jwk;
use jose::jwks::Jwks;
use jose::key::SigningKey;
use kernel::{Fault, KeyId, OrgId, Rng, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::{OneOrg, Org, OrgCache, Platform, Store, Topic, Tx, Writes};

/// Every organization signs with these: access tokens with the first unless a client says otherwise.
pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::ES256, Algorithm::RS256, Algorithm::PS256, Algorithm::EdDSA];
/// What access tokens are signed with.
pub const ACCESS_TOKEN_ALGORITHM: Algorithm = Algorithm::ES256;
/// What ID tokens can be signed with. Ed25519 is left out: the published key set holds only RSA and EC keys, because clients in
/// use reject a set with anything else.
pub const ID_TOKEN_ALGORITHMS: [Algorithm; 3] = oauth::registration::SIGNING_ALGORITHMS;
/// How long a retired key verifies: longer than the longest life of anything it signs.
pub const OVERLAP: Duration = Duration::from_hours(7 * 24);

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ListKeys>().mount::<RotateKeys>()
}

/// The keys of all organizations, as far as they were needed.
pub struct Keys(Arc<OrgCache<Arc<OrgKeys>>>);

impl Keys {
    /// An empty room.
    pub fn new(store: &Store) -> Self {
        Self(store.cache(4096, |topic| match topic {
            Topic::Keys(org) => Some((org.clone(), "".into())),
            _ => None,
        }))
    }
}

/// One organization's keys.
#[derive(Debug)]
pub struct OrgKeys {
    signing: Vec<Arc<SigningKey>>,
    verifying: Jwks,
    document: String,
}

impl OrgKeys {
    fn new(signing: Vec<Arc<SigningKey>>, published: Vec<Jwk>) -> Result<Self, Fault> {
        let shown = published.iter().filter(|key| key.key_type() != "OKP").cloned().collect();
        let document = Jwks::new(shown).map_err(Fault::internal)?.to_json().to_string();
        Ok(Self { signing, verifying: Jwks::new(published).map_err(Fault::internal)?, document })
    }
    /// The key that signs with the algorithm.
    ///
    /// # Errors
    /// If the organization has none: it was never provisioned.
    pub fn signing(&self, algorithm: Algorithm) -> Result<&Arc<SigningKey>, Fault> {
        self.signing
            .iter()
            .find(|key| key.algorithm() == algorithm)
            .ok_or_else(|| Fault::internal(format!("the organization has no {algorithm} key")))
    }
    /// Everything that verifies: active, next and retired keys.
    pub fn verifying(&self) -> &Jwks {
        &self.verifying
    }
    /// Whether a key of that name still verifies.
    pub fn knows(&self, kid: &str) -> bool {
        self.verifying.keys().iter().any(|key| key.kid.as_deref() == Some(kid))
    }
    /// The published key set (RFC 7517 §5), as JSON.
    pub fn document(&self) -> &str {
        &self.document
    }
}

/// The organization's keys.
///
/// # Errors
/// Whatever the database says, or that a key can't be opened with the master keys at hand.
pub async fn of(services: &Services, org: &Org) -> Result<Arc<OrgKeys>, Fault> {
    let room = services.rooms.find::<Keys>()?;
    let found = room.0.find_or_load(org.id(), "", async { rows::load(services, org).await.map(Some) }).await?;
    found.ok_or_else(|| Fault::internal("an organization without keys"))
}

/// A key that isn't stored yet.
#[derive(Clone)]
pub struct FreshKey {
    id: KeyId,
    key: Arc<SigningKey>,
}

/// New keys for these algorithms. RSA keys take up to a second each: never call it in a transaction.
///
/// # Errors
/// If the crypto library fails.
pub async fn generate(algorithms: &[Algorithm], now: Timestamp, rng: &dyn Rng) -> Result<Vec<FreshKey>, Fault> {
    let wanted: Vec<(KeyId, Algorithm)> = algorithms.iter().map(|algorithm| (KeyId::new(now, rng), *algorithm)).collect();
    let generating = tokio::task::spawn_blocking(move || {
        let one = |(id, algorithm): (KeyId, Algorithm)| {
            let key = SigningKey::generate(algorithm, id.as_str()).map_err(Fault::internal)?;
            Ok(FreshKey { id, key: Arc::new(key) })
        };
        wanted.into_iter().map(one).collect()
    });
    generating.await.map_err(Fault::internal)?
}

/// Store the first keys of an organization that is being made.
///
/// # Errors
/// Whatever the database says.
pub async fn provision(
    tx: &mut Tx<Platform, Writes>,
    services: &Services,
    org: &OrgId,
    keys: &[FreshKey],
    now: Timestamp,
) -> Result<(), Fault> {
    for key in keys {
        rows::insert_for(tx, services, org, key, now).await?;
    }
    tx.touch(Topic::Keys(org.clone()));
    Ok(())
}

/// Store keys that begin in `state`.
async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    keys: &[FreshKey],
    state: State,
    now: Timestamp,
) -> Result<(), Fault> {
    for key in keys {
        rows::insert(tx, services, key, state, now).await?;
    }
    tx.touch(Topic::Keys(tx.org().id().clone()));
    Ok(())
}
