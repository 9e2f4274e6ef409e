//! Keys that sign, and keys that others encrypt to: each organization has one of a kind, sealed at rest, parsed once and kept in memory.
//!
//! A key is `next` (published, so that others can learn it), then `active` (it signs), then `retired` (it only verifies what it
//! signed) until everything it signed has ended. A key to encrypt to decrypts in each of these states, and is published until it
//! retires. A key serves all algorithms of its kind; each has a `kid` of its own there, and a `kid` stands for one algorithm
//! (RFC 8725 §3.1), here and in the published set.

mod admin;
mod kind;
mod make;
mod rows;

pub use admin::{ListKeys, RotateKeys};
pub use kind::Kind;
use kind::Task;
pub use make::{KeyMade, ready_for, signing_with};
pub use rows::{KeyView, State};

use flow::{Catalogue, Services};
use jose::alg::Algorithm;
use jose::jwe::DecryptionKey;
use jose::jwk::Jwk;
use jose::jwks::Jwks;
use jose::key::SigningKey;
use kernel::{Fault, KeyId, OrgId, Rng, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::{OneOrg, Org, OrgCache, Platform, Store, Topic, Tx, Writes};

/// What access tokens are signed with.
pub const ACCESS_TOKEN_ALGORITHM: Algorithm = Algorithm::ES256;
/// What ID tokens, `UserInfo` answers and whatever else is made for one client can be signed with.
pub const RESPONSE_ALGORITHMS: [Algorithm; 9] = oauth::registration::SIGNING_ALGORITHMS;
/// How long a retired key verifies: longer than the longest life of anything it signs.
pub const OVERLAP: Duration = Duration::from_hours(7 * 24);

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ListKeys>().mount::<RotateKeys>()
}

/// The keys of all organizations, as far as they were needed.
pub struct Keys {
    of_orgs: Arc<OrgCache<Arc<OrgKeys>>>,
    /// Held by whoever makes a key that is missing.
    making: tokio::sync::Mutex<()>,
}

impl Keys {
    /// An empty room.
    pub fn new(store: &Store) -> Self {
        let of_orgs = store.cache(4096, |topic| match topic {
            Topic::Keys(org) => Some((org.clone(), "".into())),
            _ => None,
        });
        Self { of_orgs, making: tokio::sync::Mutex::default() }
    }
}

/// One organization's keys.
#[derive(Debug)]
pub struct OrgKeys {
    signing: Vec<Arc<SigningKey>>,
    decrypting: Vec<Arc<DecryptionKey>>,
    verifying: Jwks,
    document: String,
}

impl OrgKeys {
    fn new(signing: Vec<Arc<SigningKey>>, decrypting: Vec<Arc<DecryptionKey>>, published: Vec<Jwk>) -> Result<Self, Fault> {
        let verifying = Jwks::new(published).map_err(Fault::internal)?;
        Ok(Self { signing, decrypting, document: verifying.to_json().to_string(), verifying })
    }
    /// The key that signs with the algorithm.
    ///
    /// # Errors
    /// If the organization has none: [`signing_with`] was not called before.
    pub fn signing(&self, algorithm: Algorithm) -> Result<&Arc<SigningKey>, Fault> {
        self.signing
            .iter()
            .find(|key| key.algorithm() == algorithm)
            .ok_or_else(|| Fault::internal(format!("the organization has no {algorithm} key")))
    }
    /// Everything that decrypts, one entry for each algorithm: active, next and retired keys.
    pub fn decrypting(&self) -> &[Arc<DecryptionKey>] {
        &self.decrypting
    }
    /// Whether a key of the kind is in use.
    fn has(&self, kind: Kind) -> bool {
        match kind.main_task() {
            Task::Sign(algorithm) => self.signing(algorithm).is_ok(),
            Task::Decrypt(algorithm) => self.decrypting.iter().any(|key| key.algorithm() == algorithm),
        }
    }
    /// Everything published, keys to encrypt to among them; of the keys that sign, everything that verifies: active, next and retired.
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
    let found = room.of_orgs.find_or_load(org.id(), "", async { rows::load(services, org).await.map(Some) }).await?;
    found.ok_or_else(|| Fault::internal("an organization without keys"))
}

/// A key that isn't stored yet.
#[derive(Clone)]
pub struct FreshKey {
    id: KeyId,
    kind: Kind,
    key: Private,
}

/// A private key.
#[derive(Clone)]
enum Private {
    Signing(Arc<SigningKey>),
    Decryption(Arc<DecryptionKey>),
}

impl Private {
    fn generate(task: Task, kid: &str) -> Result<Self, Fault> {
        Ok(match task {
            Task::Sign(algorithm) => Self::Signing(Arc::new(SigningKey::generate(algorithm, kid).map_err(Fault::internal)?)),
            Task::Decrypt(algorithm) => {
                Self::Decryption(Arc::new(DecryptionKey::generate(algorithm, kid).map_err(Fault::internal)?))
            }
        })
    }
}

/// New keys of these kinds. RSA keys take up to a second each: never call it in a transaction.
///
/// # Errors
/// If the crypto library fails.
pub async fn generate(kinds: &[Kind], now: Timestamp, rng: &dyn Rng) -> Result<Vec<FreshKey>, Fault> {
    let wanted: Vec<(KeyId, Kind)> = kinds.iter().map(|kind| (KeyId::new(now, rng), *kind)).collect();
    let generating = tokio::task::spawn_blocking(move || {
        let one = |(id, kind): (KeyId, Kind)| {
            let key = Private::generate(kind.main_task(), id.as_str())?;
            Ok(FreshKey { id, kind, key })
        };
        wanted.into_iter().map(one).collect()
    });
    generating.await.map_err(Fault::internal)?
}

/// A successor for each kind of key the organization uses, to rotate to.
///
/// # Errors
/// Whatever the database or the crypto library says.
pub async fn successors(services: &Services, org: &Org) -> Result<Vec<FreshKey>, Fault> {
    let keys = of(services, org).await?;
    let in_use: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| keys.has(*kind)).collect();
    generate(&in_use, services.clock.now(), &*services.rng).await
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

/// Store keys that begin in `state`. An active one of a kind that is in use already is left out.
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
