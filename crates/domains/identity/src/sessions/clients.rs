//! Which clients took part in a session: those that will want to know when it ends.

use super::Session;
use kernel::{ClientId, CompanyId, Fault, Timestamp};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql};

/// A client learned of a session: it got a code or a token for its person.
pub async fn note_client(tx: &mut Tx<OneOrg, Writes>, session: &Session, client: &ClientId, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO session_clients (org_id, sid, client_id, user_id, created_at, expires_at)
         VALUES (:org, :sid, :client, :user, :now, :expires_at) ON CONFLICT (org_id, sid, client_id) DO NOTHING"
    );
    let values = args! {
        sid: &session.public_id, client: client, user: &session.user, now: now, expires_at: session.expires_at
    };
    tx.execute(sql, values).await?;
    Ok(())
}

/// The person acts for that company with the client, as long as the session lasts.
pub async fn note_company(
    tx: &mut Tx<OneOrg, Writes>,
    session: &Session,
    client: &ClientId,
    company: &CompanyId,
) -> Result<(), Fault> {
    let sql =
        org_sql!("UPDATE session_clients SET company_id = :company WHERE org_id = :org AND sid = :sid AND client_id = :client");
    tx.execute(sql, args! { company: company, sid: &session.public_id, client: client }).await?;
    Ok(())
}

/// For which company the person acts with the client in this session, if they were asked.
pub async fn find_company<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    session: &Session,
    client: &ClientId,
) -> Result<Option<CompanyId>, Fault> {
    let sql = org_sql!(
        "SELECT company_id AS a FROM session_clients
         WHERE org_id = :org AND sid = :sid AND client_id = :client AND user_id = :user AND ended_at IS NULL"
    );
    let values = args! { sid: &session.public_id, client: client, user: &session.user };
    Ok(tx.fetch_optional::<(Option<CompanyId>,)>(sql, values).await?.and_then(|(company,)| company))
}

/// The clients of a live session, in the order in which they came.
pub async fn list_clients<M: Mode>(tx: &mut Tx<OneOrg, M>, session: &Session) -> Result<Vec<ClientId>, Fault> {
    let sql = org_sql!(
        "SELECT client_id AS a FROM session_clients
         WHERE org_id = :org AND sid = :sid AND ended_at IS NULL ORDER BY created_at, client_id"
    );
    let rows = tx.fetch_all::<(ClientId,)>(sql, args! { sid: &session.public_id }).await?;
    Ok(rows.into_iter().map(|(client,)| client).collect())
}
