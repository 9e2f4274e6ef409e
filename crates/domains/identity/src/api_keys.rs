//! API keys: `lmk_<id>.<secret>`, acting for the person who made them.

use crate::paging::Listing;
use crate::secret::{self, Credential};
use flow::Services;
use kernel::{ApiKeyId, Fault, OrgId, Page, PageRequest, Scopes, Secret, Timestamp, UserId};
use store::{Mode, OneOrg, Platform, Tx, Writes, args, org_sql, platform_sql, rows};

/// What every key begins with.
pub const PREFIX: &str = "lmk_";
const PURPOSE: &str = "api_key";

/// A key, without its secret.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Who made it and for whom it acts.
    pub user: UserId,
    /// Its name for people.
    pub name: String,
    /// What it allows.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// For whom it acts.
    pub user: UserId,
    /// Its name for people.
    pub name: String,
    /// What it allows.
    pub scopes: Scopes,
    /// When it ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// The key it is made with, if with one: it ends with that one.
    pub made_with: Option<ApiKeyId>,
}

rows! {
    struct ApiKeyRow {
        id: ApiKeyId, user_id: UserId, name: String, secret_hash: Vec<u8>, scopes: Scopes, created_at: Timestamp,
        expires_at: Option<Timestamp>
    }
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        let ApiKeyRow { id, user_id: user, name, secret_hash: _, scopes, created_at, expires_at } = row;
        Self { id, user, name, scopes, created_at, expires_at }
    }
}

/// Make a key. The secret is handed out this once.
///
/// # Errors
/// 400 if the scopes hold `authz:read`: what somebody may do is only told to themselves. 403 `forbidden` if the key it is made with
/// has ended.
pub async fn create(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: NewApiKey,
    now: Timestamp,
) -> Result<(ApiKey, Secret), Fault> {
    if new.scopes.has(crate::permissions::AUTHZ_READ.scope) {
        return Err(Fault::fields(vec![("scopes".to_owned(), "authz:read can't be given to an API key".to_owned())]));
    }
    if let Some(maker) = &new.made_with {
        must_be_alive(tx, maker, now).await?;
    }
    let id = ApiKeyId::new(now, &*services.rng);
    let credential = Credential::generate(id.as_str(), &*services.rng);
    let hash = secret::hash(services, PURPOSE, &credential.secret);
    let sql = org_sql!(
        "INSERT INTO api_keys (org_id, id, user_id, name, secret_hash, scopes, created_at, expires_at, made_with)
         VALUES (:org, :id, :user, :name, :hash, :scopes, :now, :expires_at, :made_with)"
    );
    let values = args! {
        id: &id, user: &new.user, name: &new.name, hash: &hash, scopes: &new.scopes, now: now, expires_at: new.expires_at,
        made_with: new.made_with.as_ref()
    };
    tx.execute(sql, values).await?;
    let NewApiKey { user, name, scopes, expires_at, made_with: _ } = new;
    Ok((ApiKey { id, user, name, scopes, created_at: now, expires_at }, credential.format_prefixed(PREFIX)))
}

/// Claim the key that another one is made with, so that none is made beside its revocation.
async fn must_be_alive(tx: &mut Tx<OneOrg, Writes>, maker: &ApiKeyId, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE api_keys SET name = name
         WHERE org_id = :org AND id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)"
    );
    if tx.execute(sql, args! { id: maker, now: now }).await? == 1 {
        Ok(())
    } else {
        Err(Fault::forbidden("forbidden", "The API key you call with has ended."))
    }
}

/// The key behind what a caller sent: right secret, neither revoked nor expired, its user active and not blocked.
pub async fn find_by_secret<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    services: &Services,
    sent: &Secret,
    now: Timestamp,
) -> Result<Option<ApiKey>, Fault> {
    let Some(credential) = Credential::parse_prefixed(PREFIX, sent.expose()) else { return Ok(None) };
    let row = find_row(tx, &credential.id, now).await?;
    Ok(row.filter(|row| secret::matches(services, PURPOSE, &credential.secret, &row.secret_hash)).map(ApiKey::from))
}

/// The key of that id, if somebody may call with it: neither revoked nor expired, its user active and not blocked.
pub async fn find_alive<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &ApiKeyId, now: Timestamp) -> Result<Option<ApiKey>, Fault> {
    Ok(find_row(tx, id.as_str(), now).await?.map(ApiKey::from))
}

async fn find_row<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &str, now: Timestamp) -> Result<Option<ApiKeyRow>, Fault> {
    let sql = org_sql!(
        "SELECT k.id, k.user_id, k.name, k.secret_hash, k.scopes, k.created_at, k.expires_at
         FROM api_keys k JOIN users u ON u.org_id = k.org_id AND u.id = k.user_id
         WHERE k.org_id = :org AND k.id = :id AND k.revoked_at IS NULL AND u.is_active = 1 AND u.is_blocked = 0"
    );
    let row = tx.fetch_optional::<ApiKeyRow>(sql, args! { id: id }).await?;
    Ok(row.filter(|row| row.expires_at.is_none_or(|end| now < end)))
}

/// The organization a key belongs to, where the path names none. The secret is not looked at: see [`find_by_secret`].
pub async fn find_org_of<M: Mode>(tx: &mut Tx<Platform, M>, sent: &Secret) -> Result<Option<OrgId>, Fault> {
    let Some(credential) = Credential::parse_prefixed(PREFIX, sent.expose()) else { return Ok(None) };
    let sql = platform_sql!("SELECT org_id AS a FROM api_keys WHERE id = :id");
    Ok(tx.fetch_optional::<(OrgId,)>(sql, args! { id: &credential.id }).await?.map(|(org,)| org))
}

/// Revoke a key and those that were made with it, and with those. Returns which ended: none if the key had or isn't there.
pub async fn revoke(tx: &mut Tx<OneOrg, Writes>, id: &ApiKeyId, now: Timestamp) -> Result<Vec<ApiKeyId>, Fault> {
    let sql = org_sql!(
        "UPDATE api_keys SET revoked_at = :now WHERE org_id = :org AND revoked_at IS NULL AND id IN (
           WITH RECURSIVE family (id) AS (
             SELECT id FROM api_keys WHERE org_id = :org AND id = :id
             UNION SELECT k.id FROM family f JOIN api_keys k ON k.made_with = f.id WHERE k.org_id = :org
           )
           SELECT id FROM family
         )
         RETURNING id AS a"
    );
    let ended = tx.fetch_all::<(ApiKeyId,)>(sql, args! { now: now, id: id }).await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

rows! {
    /// A key as it is shown: with the person it acts for, and nothing of its secret.
    #[derive(Clone, Debug)]
    pub struct KeptKey {
        /// Its id.
        pub id: ApiKeyId,
        /// For whom it acts.
        pub user_id: UserId,
        /// Their address.
        pub email: String,
        /// Its name for people.
        pub name: String,
        /// What it allows.
        pub scopes: Scopes,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it ends, if it does.
        pub expires_at: Option<Timestamp>,
        /// Whether its person is active.
        pub is_active: bool,
        /// Whether its person is blocked.
        pub is_blocked: bool
    }
}

impl KeptKey {
    /// `active`, `expired`, or `suspended` while its person can't sign in.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.expires_at {
            Some(end) if end <= now => "expired",
            _ if self.is_blocked || !self.is_active => "suspended",
            _ => "active",
        }
    }
}

/// The key of that id, if it isn't revoked.
pub async fn find_kept<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &ApiKeyId) -> Result<Option<KeptKey>, Fault> {
    let sql = org_sql!(
        "SELECT k.id, k.user_id, u.email, k.name, k.scopes, k.created_at, k.expires_at, u.is_active, u.is_blocked
         FROM api_keys k JOIN users u ON u.org_id = k.org_id AND u.id = k.user_id
         WHERE k.org_id = :org AND k.id = :id AND k.revoked_at IS NULL"
    );
    Ok(tx.fetch_optional(sql, args! { id: id }).await?)
}

/// A page of the keys that aren't revoked, the latest first; with a pattern, those whose name or person's address fits. Revoked keys
/// stay in the table, for the log goes on naming them.
pub async fn page<M: Mode>(tx: &mut Tx<OneOrg, M>, pattern: Option<&str>, request: PageRequest) -> Result<Page<KeptKey>, Fault> {
    let mut listing = Listing::new(
        org_sql!(
            "SELECT count(*) AS a FROM api_keys k JOIN users u ON u.org_id = k.org_id AND u.id = k.user_id
             WHERE k.org_id = :org AND k.revoked_at IS NULL"
        ),
        org_sql!(
            "SELECT k.id, k.user_id, u.email, k.name, k.scopes, k.created_at, k.expires_at, u.is_active, u.is_blocked
             FROM api_keys k JOIN users u ON u.org_id = k.org_id AND u.id = k.user_id
             WHERE k.org_id = :org AND k.revoked_at IS NULL"
        ),
    );
    if let Some(pattern) = pattern {
        listing.and(
            "(LOWER(k.name) LIKE :pattern ESCAPE '!' OR LOWER(u.email) LIKE :pattern ESCAPE '!')",
            args! { pattern: pattern },
        );
    }
    listing.page(tx, "ORDER BY k.id DESC LIMIT :limit OFFSET :offset", request).await
}

#[cfg(test)]
mod tests;
