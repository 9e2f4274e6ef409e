//! Families: everything issued from one grant, revoked together (RFC 9700 §4.14).

use crate::issued::note_family;
use kernel::{ClientId, FamilyId, Scopes, SessionId, Timestamp, UserId};
use oauth::claims_request::ClaimsRequest;
use serde::Serialize;
use store::{OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

/// A family that begins.
pub(crate) struct NewFamily<'a> {
    pub(crate) id: &'a FamilyId,
    pub(crate) client: &'a ClientId,
    pub(crate) user: &'a UserId,
    pub(crate) session: Option<&'a SessionId>,
    pub(crate) scopes: &'a Scopes,
    /// The resource servers it is limited to, none if it isn't; `None` where no ID token stands for it.
    pub(crate) resources: Option<&'a [String]>,
    /// The single claims asked for.
    pub(crate) claims: &'a ClaimsRequest,
    pub(crate) expires_at: Timestamp,
}

impl NewFamily<'_> {
    /// What `UserInfo` is to tell besides, as JSON (OpenID Connect Core §5.5). Kept here and not in tokens, for resource servers need not
    /// know it.
    fn userinfo_claims(&self) -> Result<String, StoreError> {
        as_json("userinfo_claims", &self.claims.userinfo)
    }
}

fn as_json(column: &str, value: &impl Serialize) -> Result<String, StoreError> {
    let problem = |error: serde_json::Error| StoreError::Column { column: column.to_owned(), problem: error.to_string() };
    serde_json::to_string(value).map_err(problem)
}

/// Store it, or let it last longer if it began before: with the tokens that came beside the code.
pub(crate) async fn begin(tx: &mut Tx<OneOrg, Writes>, family: &NewFamily<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = org_sql!(
        "INSERT INTO grant_families \
             (org_id, id, client_id, user_id, session_id, scopes, resources, userinfo_claims, created_at, expires_at) \
         VALUES (:org, :id, :client, :user, :session, :scopes, :resources, :claims, :now, :expires_at) \
         ON CONFLICT (org_id, id) DO UPDATE SET expires_at = excluded.expires_at \
         WHERE grant_families.expires_at < excluded.expires_at"
    );
    let resources = family.resources.map(|resources| as_json("resources", &resources)).transpose()?;
    let values = args! {
        id: family.id, client: family.client, user: family.user, session: family.session, scopes: family.scopes,
        resources: resources.as_deref(), claims: family.userinfo_claims()?, now: now, expires_at: family.expires_at
    };
    tx.execute(sql, values).await?;
    note_family(tx, family, now).await
}

/// Revoke every token of a family; `false` if it was revoked before.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke(
    tx: &mut Tx<OneOrg, Writes>,
    family: &FamilyId,
    reason: &'static str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = :reason \
         WHERE org_id = :org AND id = :id AND revoked_at IS NULL"
    );
    Ok(tx.execute(sql, args! { now: now, reason: reason, id: family }).await? == 1)
}

/// Revoke everything a person granted a client; returns how many families.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_of_user_and_client(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    client: &ClientId,
    reason: &'static str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = :reason \
         WHERE org_id = :org AND user_id = :user AND client_id = :client AND revoked_at IS NULL"
    );
    tx.execute(sql, args! { now: now, reason: reason, user: user, client: client }).await
}

/// Revoke everything that was granted to a client; returns how many families.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_of_client(
    tx: &mut Tx<OneOrg, Writes>,
    client: &ClientId,
    reason: &'static str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = :reason \
         WHERE org_id = :org AND client_id = :client AND revoked_at IS NULL"
    );
    tx.execute(sql, args! { now: now, reason: reason, client: client }).await
}

/// Revoke everything that was granted in the organization; returns how many families.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_all(tx: &mut Tx<OneOrg, Writes>, reason: &'static str, now: Timestamp) -> Result<u64, StoreError> {
    let sql = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = :reason WHERE org_id = :org AND revoked_at IS NULL"
    );
    tx.execute(sql, args! { now: now, reason: reason }).await
}

/// A session ends: revoke what was granted in it, but for what was granted to outlive it (`offline_access`, OpenID Connect Core
/// §11). Returns how many families.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_of_session(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    session: &SessionId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql = org_sql!(
        "SELECT id, scopes FROM grant_families \
         WHERE org_id = :org AND user_id = :user AND session_id = :session AND revoked_at IS NULL AND expires_at > :now"
    );
    let granted = tx.fetch_all::<FamilyRow>(sql, args! { user: user, session: session, now: now }).await?;
    let mut revoked = 0;
    for family in granted.iter().filter(|family| !family.scopes.has(oauth::scope::OFFLINE_ACCESS)) {
        revoked += u64::from(revoke(tx, &family.id, "session_ended", now).await?);
    }
    Ok(revoked)
}

rows! {
    struct FamilyRow { id: FamilyId, scopes: Scopes }
}
