//! What people allowed applications, and what came of it: the connected applications of an account.

use crate::families;
use kernel::{ClientId, Scopes, Timestamp, UserId};
use store::{Mode, OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

/// What a person allowed a client, if anything.
///
/// # Errors
/// Whatever the database says.
pub async fn find<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId, client: &ClientId) -> Result<Option<Scopes>, StoreError> {
    let sql = org_sql!("SELECT scopes AS a FROM consents WHERE org_id = :org AND user_id = :user AND client_id = :client");
    Ok(tx.fetch_optional::<(Scopes,)>(sql, args! { user: user, client: client }).await?.map(|(scopes,)| scopes))
}

/// Remember that a person allowed a client this, beside what they allowed before.
///
/// # Errors
/// Whatever the database says.
pub async fn remember(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    client: &ClientId,
    allowed: &Scopes,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scopes = find(tx, user, client).await?.unwrap_or_default().union(allowed);
    let sql = org_sql!(
        "INSERT INTO consents (org_id, user_id, client_id, scopes, granted_at, updated_at) \
         VALUES (:org, :user, :client, :scopes, :now, :now) \
         ON CONFLICT (org_id, user_id, client_id) DO UPDATE SET scopes = excluded.scopes, updated_at = excluded.updated_at"
    );
    tx.execute(sql, args! { user: user, client: client, scopes: &scopes, now: now }).await.map(|_| ())
}

rows! {
    /// An application that may act for a person.
    #[derive(Clone, Debug)]
    pub struct ConnectedApp {
        /// Its client.
        pub client_id: ClientId,
        /// Its name.
        pub name: String,
        /// What it may do.
        pub scopes: Scopes,
        /// Since when.
        pub granted_at: Timestamp,
    }
}

/// The applications that may act for a person, by name; at most 200.
///
/// # Errors
/// Whatever the database says.
pub async fn list_connected<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<ConnectedApp>, StoreError> {
    let sql = org_sql!(
        "SELECT c.client_id, k.name, c.scopes, c.granted_at FROM consents c \
         JOIN clients k ON k.org_id = c.org_id AND k.id = c.client_id \
         WHERE c.org_id = :org AND c.user_id = :user ORDER BY k.name, c.client_id LIMIT 200"
    );
    tx.fetch_all(sql, args! { user: user }).await
}

/// Take back everything a person allowed a client; its tokens for them are dead at once. `false` if there was nothing.
///
/// # Errors
/// Whatever the database says.
pub async fn disconnect(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    client: &ClientId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = org_sql!("DELETE FROM consents WHERE org_id = :org AND user_id = :user AND client_id = :client");
    let consents = tx.execute(sql, args! { user: user, client: client }).await?;
    let families = families::revoke_of_user_and_client(tx, user, client, "disconnected", now).await?;
    Ok(consents + families > 0)
}
