//! The end of sessions. With a session ends what was granted in it, but for what was granted to outlive it (`offline_access`,
//! OpenID Connect Core §11, Back-Channel Logout §2.7), and the clients that took part in it are told: their rows are marked in the
//! same transaction, and a job [`Ended::KIND`] follows the commit. Who tells them, and how, is not known here.
//!
//! A session that only times out ends here too, as far as anybody is still to be told, once its person's sessions are ended.

use kernel::{ClientId, Fault, JobId, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::{OneOrg, OrgSql, Tx, Writes, args, org_sql};

/// The payload of the job that follows: sessions ended. Which ones and whose stands in the marked rows of `session_clients`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Ended {}

impl Ended {
    /// The kind of the job.
    pub const KIND: &'static str = "sessions.ended";
}

/// End a session. `false` if it had ended before.
pub async fn end(tx: &mut Tx<OneOrg, Writes>, id: &SessionId, now: Timestamp) -> Result<bool, Fault> {
    let tell = org_sql!(
        "UPDATE session_clients SET ended_at = :now
         WHERE org_id = :org AND sid = (SELECT public_id FROM sessions WHERE org_id = :org AND id = :id) AND ended_at IS NULL
         RETURNING sid AS a, client_id AS b"
    );
    tell_clients(tx, tell, args! { now: now, id: id }, now).await?;
    let revoke = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = 'session_ended'
         WHERE org_id = :org AND session_id = :id AND revoked_at IS NULL
             AND ' ' || scopes || ' ' NOT LIKE '% offline!_access %' ESCAPE '!'"
    );
    tx.execute(revoke, args! { now: now, id: id }).await?;
    let codes = org_sql!("DELETE FROM authorization_codes WHERE org_id = :org AND session_id = :id AND redeemed_at IS NULL");
    tx.execute(codes, args! { id: id }).await?;
    let sql = org_sql!("UPDATE sessions SET ended_at = :now WHERE org_id = :org AND id = :id AND ended_at IS NULL");
    Ok(tx.execute(sql, args! { now: now, id: id }).await? == 1)
}

/// End all sessions of a person; returns how many. For a person who is shut out see [`end_access`](crate::users::end_access).
pub async fn end_all_of_user(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<u64, Fault> {
    let tell = org_sql!(
        "UPDATE session_clients SET ended_at = :now WHERE org_id = :org AND user_id = :user AND ended_at IS NULL
         RETURNING sid AS a, client_id AS b"
    );
    tell_clients(tx, tell, args! { now: now, user: user }, now).await?;
    let revoke = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = 'session_ended'
         WHERE org_id = :org AND user_id = :user AND session_id IS NOT NULL AND revoked_at IS NULL
             AND ' ' || scopes || ' ' NOT LIKE '% offline!_access %' ESCAPE '!'"
    );
    tx.execute(revoke, args! { now: now, user: user }).await?;
    let codes = org_sql!(
        "DELETE FROM authorization_codes
         WHERE org_id = :org AND user_id = :user AND session_id IS NOT NULL AND redeemed_at IS NULL"
    );
    tx.execute(codes, args! { user: user }).await?;
    let sql = org_sql!("UPDATE sessions SET ended_at = :now WHERE org_id = :org AND user_id = :user AND ended_at IS NULL");
    Ok(tx.execute(sql, args! { now: now, user: user }).await?)
}

/// End all sessions of a person but one; what was granted in that one stays. Returns how many.
pub async fn end_others_of_user(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    kept: &SessionId,
    now: Timestamp,
) -> Result<u64, Fault> {
    let values = args! { now: now, user: user, kept: kept };
    let tell = org_sql!(
        "UPDATE session_clients SET ended_at = :now
         WHERE org_id = :org AND user_id = :user AND ended_at IS NULL
             AND sid <> COALESCE((SELECT public_id FROM sessions WHERE org_id = :org AND id = :kept), '')
         RETURNING sid AS a, client_id AS b"
    );
    tell_clients(tx, tell, values, now).await?;
    let revoke = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = 'session_ended'
         WHERE org_id = :org AND user_id = :user AND session_id <> :kept AND revoked_at IS NULL
             AND ' ' || scopes || ' ' NOT LIKE '% offline!_access %' ESCAPE '!'"
    );
    tx.execute(revoke, values).await?;
    let codes = org_sql!(
        "DELETE FROM authorization_codes
         WHERE org_id = :org AND user_id = :user AND COALESCE(session_id, '') <> :kept AND redeemed_at IS NULL"
    );
    tx.execute(codes, args! { user: user, kept: kept }).await?;
    let sql = org_sql!(
        "UPDATE sessions SET ended_at = :now WHERE org_id = :org AND user_id = :user AND id <> :kept AND ended_at IS NULL"
    );
    Ok(tx.execute(sql, values).await?)
}

/// End every session of the organization; returns how many.
pub async fn end_all(tx: &mut Tx<OneOrg, Writes>, now: Timestamp) -> Result<u64, Fault> {
    let tell = org_sql!(
        "UPDATE session_clients SET ended_at = :now WHERE org_id = :org AND ended_at IS NULL RETURNING sid AS a, client_id AS b"
    );
    tell_clients(tx, tell, args! { now: now }, now).await?;
    let revoke = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = 'session_ended'
         WHERE org_id = :org AND session_id IS NOT NULL AND revoked_at IS NULL
             AND ' ' || scopes || ' ' NOT LIKE '% offline!_access %' ESCAPE '!'"
    );
    tx.execute(revoke, args! { now: now }).await?;
    let codes =
        org_sql!("DELETE FROM authorization_codes WHERE org_id = :org AND session_id IS NOT NULL AND redeemed_at IS NULL");
    tx.execute(codes, &[]).await?;
    let sql = org_sql!("UPDATE sessions SET ended_at = :now WHERE org_id = :org AND ended_at IS NULL");
    Ok(tx.execute(sql, args! { now: now }).await?)
}

/// Mark the rows, and queue one job if there were any. A row is marked once, so its name is good for the job's.
async fn tell_clients(
    tx: &mut Tx<OneOrg, Writes>,
    mark: OrgSql,
    values: &[(&'static str, store::Arg<'_>)],
    now: Timestamp,
) -> Result<(), Fault> {
    let marked = tx.fetch_all::<(String, ClientId)>(mark, values).await?;
    let Some((sid, client)) = marked.first() else { return Ok(()) };
    let org = tx.org().id().clone();
    let id = JobId::from(format!("{}:{org}:{sid}:{client}", Ended::KIND));
    let payload = serde_json::to_string(&Ended {}).map_err(Fault::internal)?;
    Ok(tx.enqueue(&org, &id, Ended::KIND, &payload, now).await?)
}
