//! Initial access tokens at rest (RFC 7591 §3): `lmi_<id>.<secret>`.

use super::bounds::TokenBounds;
use flow::Services;
use identity::guard::INITIAL_TOKEN_PREFIX;
use identity::secret::{self, Credential};
use kernel::{Fault, JobId, Secret, Timestamp};
use store::{Mode, OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

const PURPOSE: &str = "initial access token";

rows! {
    /// A token as it is stored.
    #[derive(Clone, Debug)]
    pub(super) struct TokenRow {
        pub(super) id: String,
        pub(super) name: String,
        secret_hash: Vec<u8>,
        bounds: String,
        pub(super) max_uses: Option<i64>,
        pub(super) uses: i64,
        pub(super) created_at: Timestamp,
        pub(super) expires_at: Option<Timestamp>,
        pub(super) last_used_at: Option<Timestamp>,
    }
}

impl TokenRow {
    /// What may be registered with it.
    pub(super) fn bounds(&self) -> Result<TokenBounds, Fault> {
        serde_json::from_str(&self.bounds).map_err(Fault::internal)
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub(super) struct NewToken {
    pub(super) name: String,
    pub(super) bounds: TokenBounds,
    pub(super) max_uses: Option<u32>,
    pub(super) expires_at: Option<Timestamp>,
}

/// Make a token. Its secret is handed out this once.
pub(super) async fn create(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: &NewToken,
    now: Timestamp,
) -> Result<(String, Secret), Fault> {
    let id = JobId::new(now, &*services.rng).to_string();
    let credential = Credential::generate(&id, &*services.rng);
    let hash = secret::hash(services, PURPOSE, &credential.secret);
    let bounds = serde_json::to_string(&new.bounds).map_err(Fault::internal)?;
    let sql = org_sql!(
        "INSERT INTO initial_access_tokens (org_id, id, name, secret_hash, bounds, max_uses, created_at, expires_at) \
         VALUES (:org, :id, :name, :hash, :bounds, :max_uses, :now, :expires_at)"
    );
    let values = args! {
        id: &id, name: &new.name, hash: &hash, bounds: &bounds, max_uses: new.max_uses.map(i64::from), now: now,
        expires_at: new.expires_at
    };
    tx.execute(sql, values).await?;
    Ok((id, credential.format_prefixed(INITIAL_TOKEN_PREFIX)))
}

/// The token of that id, revoked or not.
pub(super) async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &str) -> Result<Option<TokenRow>, StoreError> {
    let sql = org_sql!(
        "SELECT id, name, secret_hash, bounds, max_uses, uses, created_at, expires_at, last_used_at \
         FROM initial_access_tokens WHERE org_id = :org AND id = :id"
    );
    tx.fetch_optional(sql, args! { id: id }).await
}

/// The token behind what was sent, if the secret is right. Whether it still counts is what [`claim_use`] says.
pub(super) async fn find_by_secret<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    services: &Services,
    sent: &Secret,
) -> Result<Option<TokenRow>, StoreError> {
    let Some(credential) = Credential::parse_prefixed(INITIAL_TOKEN_PREFIX, sent.expose()) else { return Ok(None) };
    let row = find(tx, &credential.id).await?;
    Ok(row.filter(|row| secret::matches(services, PURPOSE, &credential.secret, &row.secret_hash)))
}

/// Use a token once; `false` if it was revoked, has ended or was used as often as it may be.
pub(super) async fn claim_use(tx: &mut Tx<OneOrg, Writes>, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "UPDATE initial_access_tokens SET uses = uses + 1, last_used_at = :now \
         WHERE org_id = :org AND id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) \
             AND (max_uses IS NULL OR uses < max_uses)"
    );
    Ok(tx.execute(sql, args! { now: now, id: id }).await? == 1)
}

/// Revoke a token; `false` if it was or isn't there.
pub(super) async fn revoke(tx: &mut Tx<OneOrg, Writes>, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let sql =
        org_sql!("UPDATE initial_access_tokens SET revoked_at = :now WHERE org_id = :org AND id = :id AND revoked_at IS NULL");
    Ok(tx.execute(sql, args! { now: now, id: id }).await? == 1)
}

/// The tokens that aren't revoked, the latest first; at most 500.
pub(super) async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Vec<TokenRow>, StoreError> {
    let sql = org_sql!(
        "SELECT id, name, secret_hash, bounds, max_uses, uses, created_at, expires_at, last_used_at \
         FROM initial_access_tokens WHERE org_id = :org AND revoked_at IS NULL ORDER BY id DESC LIMIT 500"
    );
    tx.fetch_all(sql, &[]).await
}
