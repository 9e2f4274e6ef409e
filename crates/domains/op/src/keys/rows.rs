//! Keys at rest.

use super::{FreshKey, OVERLAP, OrgKeys};
use flow::Services;
use jose::alg::Algorithm;
use jose::jwk::Jwk;
use jose::key::SigningKey;
use kernel::{Fault, KeyId, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use store::{Mode, OneOrg, Org, Platform, StoreError, Tx, Writes, args, org_sql, platform_sql, rows};

/// What a key is for; the only purpose there is.
const PURPOSE: &str = "signing";

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
    /// The algorithm it signs with.
    pub algorithm: String,
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
         WHERE org_id = :org AND purpose = :purpose AND (retired_at IS NULL OR retired_at > :after) ORDER BY id DESC"
    );
    let rows = services.store.read(OneOrg::new(org.clone()), move |mut tx| async move {
        let rows = tx.fetch_all::<SealedRow>(sql, args! { purpose: PURPOSE, after: after }).await;
        (tx, rows)
    });
    let (mut signing, mut published) = (Vec::new(), Vec::new());
    for row in rows.await?? {
        published.push(Jwk::parse(row.public_jwk.as_bytes()).map_err(Fault::internal)?);
        if State::parse(&row.state)? == State::Active {
            signing.push(Arc::new(open(services, org.id(), &row)?));
        }
    }
    OrgKeys::new(signing, published).map(Arc::new)
}

fn open(services: &Services, org: &OrgId, row: &SealedRow) -> Result<SigningKey, Fault> {
    let der = services.master_keys.open(&context(org, &row.id), &row.sealed_key).map_err(Fault::internal)?;
    let algorithm = Algorithm::parse(&row.algorithm).ok_or_else(|| Fault::internal("a signing key of an unknown algorithm"))?;
    SigningKey::from_pkcs8(algorithm, row.id.as_str(), &der).map_err(Fault::internal)
}

/// What a sealed key is bound to: it opens in no other row and no other organization.
fn context(org: &OrgId, id: &KeyId) -> String {
    format!("signing_keys {org} {id}")
}

fn seal(services: &Services, org: &OrgId, fresh: &FreshKey) -> Result<(Vec<u8>, String), Fault> {
    let der = fresh.key.to_pkcs8().map_err(Fault::internal)?;
    let sealed = services.master_keys.seal(&context(org, &fresh.id), &der, &*services.rng);
    let public = serde_json::to_string(fresh.key.public()).map_err(Fault::internal)?;
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
         VALUES (:org, :id, :purpose, :algorithm, :sealed, :public, :state, :now, :now)"
    );
    let values = args! {
        id: &fresh.id, purpose: PURPOSE, algorithm: fresh.key.algorithm().name(), sealed: &sealed, public: &public,
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
        owner: org, id: &fresh.id, purpose: PURPOSE, algorithm: fresh.key.algorithm().name(), sealed: &sealed, public: &public,
        state: State::Active.as_str(), now: now
    };
    tx.execute(sql, values).await?;
    Ok(())
}

/// Every key, newest first.
pub(super) async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Vec<KeyView>, Fault> {
    let sql = org_sql!(
        "SELECT id, algorithm, state, created_at, activated_at, retired_at FROM signing_keys \
         WHERE org_id = :org AND purpose = :purpose ORDER BY id DESC"
    );
    tx.fetch_all::<KeyRow>(sql, args! { purpose: PURPOSE }).await?.into_iter().map(view).collect()
}

fn view(row: KeyRow) -> Result<KeyView, Fault> {
    let state = State::parse(&row.state)?;
    Ok(KeyView {
        kid: row.id.to_string(),
        algorithm: row.algorithm,
        state,
        created_at: row.created_at.to_iso(),
        activated_at: (state != State::Next).then(|| row.activated_at.to_iso()),
        retired_at: row.retired_at.map(Timestamp::to_iso),
    })
}

/// Take the active key of an algorithm out of use.
pub(super) async fn retire(tx: &mut Tx<OneOrg, Writes>, algorithm: Algorithm, now: Timestamp) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE signing_keys SET state = 'retired', retired_at = :now \
         WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm AND state = 'active'"
    );
    tx.execute(sql, args! { now: now, purpose: PURPOSE, algorithm: algorithm.name() }).await.map(|_| ())
}

/// Bring the next key of an algorithm into use.
pub(super) async fn activate(tx: &mut Tx<OneOrg, Writes>, algorithm: Algorithm, now: Timestamp) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE signing_keys SET state = 'active', activated_at = :now \
         WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm AND state = 'next'"
    );
    tx.execute(sql, args! { now: now, purpose: PURPOSE, algorithm: algorithm.name() }).await.map(|_| ())
}

/// Whether a key of an algorithm, published at that moment or before, waits to come into use.
pub(super) async fn has_next<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    algorithm: Algorithm,
    published_by: Timestamp,
) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "SELECT id AS a FROM signing_keys WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm \
         AND state = 'next' AND created_at <= :published_by"
    );
    let values = args! { purpose: PURPOSE, algorithm: algorithm.name(), published_by: published_by };
    Ok(tx.fetch_optional::<(KeyId,)>(sql, values).await?.is_some())
}

/// Delete every key of an algorithm: whatever they signed is void from now on.
pub(super) async fn discard(tx: &mut Tx<OneOrg, Writes>, algorithm: Algorithm) -> Result<u64, StoreError> {
    let sql = org_sql!("DELETE FROM signing_keys WHERE org_id = :org AND purpose = :purpose AND algorithm = :algorithm");
    tx.execute(sql, args! { purpose: PURPOSE, algorithm: algorithm.name() }).await
}

/// Delete what retired so long ago that nothing it signed can be alive.
pub(super) async fn forget_retired(tx: &mut Tx<OneOrg, Writes>, now: Timestamp) -> Result<u64, StoreError> {
    let sql = org_sql!("DELETE FROM signing_keys WHERE org_id = :org AND state = 'retired' AND retired_at <= :before");
    tx.execute(sql, args! { before: now.minus(OVERLAP) }).await
}
