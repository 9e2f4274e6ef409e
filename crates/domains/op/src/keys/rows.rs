//! Keys at rest.

use super::kind::{ENCRYPTION, Kind, SIGNING, Task, kid};
use super::{FreshKey, OVERLAP, OrgKeys, Private};
use flow::Services;
use jose::jwe::DecryptionKey;
use jose::jwk::Jwk;
use jose::key::SigningKey;
use kernel::{Fault, KeyId, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use store::{Mode, OneOrg, Org, Platform, StoreError, Tx, Writes, args, org_sql, platform_sql, rows};

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Published, not in use yet.
    Next,
    /// In use.
    Active,
    /// No longer in use; verifies what it signed.
    Retired,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
    fn parse(text: &str) -> Result<Self, Fault> {
        [Self::Next, Self::Active, Self::Retired]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| Fault::internal(format!("a signing key in the unknown state {text}")))
    }
}

/// A key as administrators see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    /// Its `kid`.
    pub kid: String,
    /// Its kind: `RSA`, `P-256`, `P-384` or `Ed25519`; `RSA (encryption)` or `P-256 (encryption)` for a key that others encrypt to.
    pub kind: String,
    /// The algorithms it signs or decrypts with.
    pub algorithms: Vec<String>,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub created_at: String,
    /// When it came into use.
    pub activated_at: Option<String>,
    /// When it went out of use.
    pub retired_at: Option<String>,
}

rows! {
    struct SealedRow { id: KeyId, algorithm: String, sealed_key: Vec<u8>, public_jwk: String, state: String }
    struct KeyRow { id: KeyId, algorithm: String, state: String, created_at: Timestamp, activated_at: Timestamp, retired_at: Option<Timestamp> }
}

/// Open and parse what the organization has.
pub(super) async fn load(services: &Services, org: &Org) -> Result<Arc<OrgKeys>, Fault> {
    let after = services.clock.now().minus(OVERLAP);
    let sql = org_sql!(
        "SELECT id, algorithm, sealed_key, public_jwk, state FROM signing_keys \
         WHERE org_id = :org AND (purpose = :signing OR purpose = :encryption) AND (retired_at IS NULL OR retired_at > :after) \
         ORDER BY id DESC"
    );
    let rows = services.store.read(OneOrg::new(org.clone()), move |mut tx| async move {
        let rows = tx.fetch_all::<SealedRow>(sql, args! { signing: SIGNING, encryption: ENCRYPTION, after: after }).await;
        (tx, rows)
    });
    let mut found = Found::default();
    for row in rows.await?? {
        found.take(services, org.id(), &row)?;
    }
    found.into_keys()
}

/// What rows come to, one after another.
#[derive(Default)]
struct Found {
    /// `true` beside the algorithm a key was made for.
    signing: Vec<(bool, Arc<SigningKey>)>,
    decrypting: Vec<Arc<DecryptionKey>>,
    verifying: Vec<Jwk>,
    encrypting: Vec<Jwk>,
}

impl Found {
    /// A key for each algorithm of its kind.
    fn take(&mut self, services: &Services, org: &OrgId, row: &SealedRow) -> Result<(), Fault> {
        let (kind, state) = (kind_of(&row.algorithm)?, State::parse(&row.state)?);
        let der = || services.master_keys.open(&context(org, &row.id), &row.sealed_key).map_err(Fault::internal);
        for task in kind.tasks() {
            let name = kid(row.id.as_str(), &row.algorithm, task.name());
            match task {
                Task::Sign(algorithm) => {
                    self.verifying.push(public(row, task, &name)?);
                    if state == State::Active {
                        let key = SigningKey::from_pkcs8(algorithm, name, &der()?).map_err(Fault::internal)?;
                        self.signing.push((row.algorithm == algorithm.name(), Arc::new(key)));
                    }
                }
                Task::Decrypt(algorithm) => {
                    let key = DecryptionKey::from_pkcs8(algorithm, name, &der()?).map_err(Fault::internal)?;
                    // Nobody is to encrypt to a key that is on its way out.
                    self.encrypting.extend(key.public().filter(|_| state != State::Retired).cloned());
                    self.decrypting.push(Arc::new(key));
                }
            }
        }
        Ok(())
    }

    fn into_keys(mut self) -> Result<Arc<OrgKeys>, Fault> {
        // Where two keys could sign with an algorithm, the one that was made for it does.
        self.signing.sort_by_key(|(is_main, _)| !is_main);
        let signing = self.signing.into_iter().map(|(_, key)| key).collect();
        // Whoever takes the first key that fits looks for one that signs.
        self.verifying.append(&mut self.encrypting);
        OrgKeys::new(signing, self.decrypting, self.verifying).map(Arc::new)
    }
}

fn kind_of(name: &str) -> Result<Kind, Fault> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.stored_names().contains(&name));
    kind.ok_or_else(|| Fault::internal("a key of an unknown kind"))
}

fn public(row: &SealedRow, task: Task, kid: &str) -> Result<Jwk, Fault> {
    let mut public = Jwk::parse(row.public_jwk.as_bytes()).map_err(Fault::internal)?;
    public.kid = Some(kid.to_owned());
    public.alg = Some(task.name().to_owned());
    Ok(public)
}

/// What a sealed key is bound to: it opens in no other row and no other organization.
fn context(org: &OrgId, id: &KeyId) -> String {
    format!("signing_keys {org} {id}")
}

fn seal(services: &Services, org: &OrgId, fresh: &FreshKey) -> Result<(Vec<u8>, String), Fault> {
    let (der, public) = match &fresh.key {
        Private::Signing(key) => (key.to_pkcs8().map_err(Fault::internal)?, Some(key.public())),
        Private::Decryption(key) => (key.to_pkcs8().map_err(Fault::internal)?, key.public()),
    };
    let sealed = services.master_keys.seal(&context(org, &fresh.id), &der, &*services.rng);
    let public = serde_json::to_string(&public).map_err(Fault::internal)?;
    Ok((sealed, public))
}

pub(super) async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    fresh: &FreshKey,
    state: State,
    now: Timestamp,
) -> Result<(), Fault> {
    let (sealed, public) = seal(services, tx.org().id(), fresh)?;
    let sql = org_sql!(
        "INSERT INTO signing_keys (org_id, id, purpose, algorithm, sealed_key, public_jwk, state, created_at, activated_at) \
         VALUES (:org, :id, :purpose, :algorithm, :sealed, :public, :state, :now, :now) ON CONFLICT DO NOTHING"
    );
    let values = args! {
        id: &fresh.id, purpose: fresh.kind.purpose(), algorithm: fresh.kind.main_task().name(), sealed: &sealed, public: &public,
        state: state.as_str(), now: now
    };
    tx.execute(sql, values).await?;
    Ok(())
}

/// The same for an organization that is being made, which no transaction of its own can reach yet. Its first keys sign at once.
pub(super) async fn insert_for(
    tx: &mut Tx<Platform, Writes>,
    services: &Services,
    org: &OrgId,
    fresh: &FreshKey,
    now: Timestamp,
) -> Result<(), Fault> {
    let (sealed, public) = seal(services, org, fresh)?;
    let sql = platform_sql!(
        "INSERT INTO signing_keys (org_id, id, purpose, algorithm, sealed_key, public_jwk, state, created_at, activated_at) \
         VALUES (:owner, :id, :purpose, :algorithm, :sealed, :public, :state, :now, :now)"
    );
    let values = args! {
        owner: org, id: &fresh.id, purpose: fresh.kind.purpose(), algorithm: fresh.kind.main_task().name(), sealed: &sealed, public: &public,
        state: State::Active.as_str(), now: now
    };
    tx.execute(sql, values).await?;
    Ok(())
}

/// Every key, newest first.
pub(super) async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Vec<KeyView>, Fault> {
    let sql = org_sql!(
        "SELECT id, algorithm, state, created_at, activated_at, retired_at FROM signing_keys \
         WHERE org_id = :org AND (purpose = :signing OR purpose = :encryption) ORDER BY id DESC"
    );
    tx.fetch_all::<KeyRow>(sql, args! { signing: SIGNING, encryption: ENCRYPTION }).await?.iter().map(view).collect()
}

fn view(row: &KeyRow) -> Result<KeyView, Fault> {
    let (state, kind) = (State::parse(&row.state)?, kind_of(&row.algorithm)?);
    Ok(KeyView {
        kid: row.id.to_string(),
        kind: kind.name().to_owned(),
        algorithms: kind.tasks().map(|task| task.name().to_owned()).collect(),
        state,
        created_at: row.created_at.to_iso(),
        activated_at: (state != State::Next).then(|| row.activated_at.to_iso()),
        retired_at: row.retired_at.map(Timestamp::to_iso),
    })
}

/// Take the active key of a kind out of use.
pub(super) async fn retire(tx: &mut Tx<OneOrg, Writes>, kind: Kind, now: Timestamp) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE signing_keys SET state = 'retired', retired_at = :now \
         WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm AND state = 'active'"
    );
    for name in kind.stored_names() {
        tx.execute(sql, args! { now: now, purpose: kind.purpose(), algorithm: *name }).await?;
    }
    Ok(())
}

/// Bring the next key of a kind into use. Keys that were published under another of the kind's names are left behind.
pub(super) async fn activate(tx: &mut Tx<OneOrg, Writes>, kind: Kind, now: Timestamp) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE signing_keys SET state = 'active', activated_at = :now \
         WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm AND state = 'next'"
    );
    tx.execute(sql, args! { now: now, purpose: kind.purpose(), algorithm: kind.main_task().name() }).await.map(|_| ())
}

/// Whether a key of a kind, published at that moment or before, waits to come into use.
pub(super) async fn has_next<M: Mode>(tx: &mut Tx<OneOrg, M>, kind: Kind, published_by: Timestamp) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "SELECT id AS a FROM signing_keys WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm \
         AND state = 'next' AND created_at <= :published_by"
    );
    let values = args! { purpose: kind.purpose(), algorithm: kind.main_task().name(), published_by: published_by };
    Ok(tx.fetch_optional::<(KeyId,)>(sql, values).await?.is_some())
}

/// Delete every key of a kind: whatever they signed is void from now on.
pub(super) async fn discard(tx: &mut Tx<OneOrg, Writes>, kind: Kind) -> Result<(), StoreError> {
    let sql = org_sql!("DELETE FROM signing_keys WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm");
    for name in kind.stored_names() {
        tx.execute(sql, args! { purpose: kind.purpose(), algorithm: *name }).await?;
    }
    Ok(())
}

/// Delete what retired so long ago that nothing it signed can be alive.
pub(super) async fn forget_retired(tx: &mut Tx<OneOrg, Writes>, now: Timestamp) -> Result<u64, StoreError> {
    let sql = org_sql!("DELETE FROM signing_keys WHERE org_id = :org AND state = 'retired' AND retired_at <= :before");
    tx.execute(sql, args! { before: now.minus(OVERLAP) }).await
}
