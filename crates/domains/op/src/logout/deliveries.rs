//! Logout tokens on their way, as rows: what an administrator can see of them.

use kernel::{ClientId, Fault, JobId, Timestamp, UserId};
use std::time::Duration;
use store::{OneOrg, StoreError, Tx, Writes, args, org_sql, rows};

/// How long a delivery can be looked at.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// A logout token to be sent.
pub(super) struct NewDelivery<'a> {
    pub(super) id: &'a JobId,
    pub(super) client: &'a ClientId,
    pub(super) user: &'a UserId,
    pub(super) sid: &'a str,
}

/// Store it.
pub(super) async fn insert(tx: &mut Tx<OneOrg, Writes>, new: &NewDelivery<'_>, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO logout_deliveries (org_id, id, client_id, user_id, sid, created_at, expires_at)
         VALUES (:org, :id, :client, :user, :sid, :now, :expires_at)"
    );
    let values = args! {
        id: new.id, client: new.client, user: new.user, sid: new.sid, now: now, expires_at: now.plus(KEPT)
    };
    tx.execute(sql, values).await?;
    Ok(())
}

rows! {
    /// A delivery that is being tried.
    pub(super) struct Tried { pub(super) sid: String, pub(super) attempts: i64 }
}

/// Count a try; `None` if the delivery has ended.
pub(super) async fn begin(tx: &mut Tx<OneOrg, Writes>, id: &JobId) -> Result<Option<Tried>, StoreError> {
    let sql = org_sql!(
        "UPDATE logout_deliveries SET attempts = attempts + 1 WHERE org_id = :org AND id = :id AND state = 'pending'
         RETURNING sid, attempts"
    );
    tx.fetch_optional(sql, args! { id: id }).await
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It will be tried again.
    Pending,
    /// The client took it.
    Delivered,
    /// The last try failed.
    Failed,
    /// The client takes none any more.
    Skipped,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Skipped];

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Write down how a try ended.
pub(super) async fn end(
    tx: &mut Tx<OneOrg, Writes>,
    id: &JobId,
    state: State,
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = org_sql!(
        "UPDATE logout_deliveries SET state = :state, last_error = :error, tried_at = :now WHERE org_id = :org AND id = :id"
    );
    tx.execute(sql, args! { state: state.as_str(), error: error, now: now, id: id }).await.map(drop)
}
