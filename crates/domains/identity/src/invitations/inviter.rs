//! Who answers for the roles that an invitation into the organization gives. It gives what that one could give on the day it is accepted: who
//! was shut out meanwhile, or may do less, has left nothing behind by which others come to more.

use crate::api_keys;
use crate::privilege::Rank;
use crate::users;
use kernel::{Actor, AgentId, ApiKeyId, ClientId, Fault, Scopes, Timestamp, UserId};
use oauth::ClientMetadata;
use store::{Mode, OneOrg, Tx, Writes, args, org_sql};

/// Let the caller answer for a pending invitation: who sends it, the first time or again.
pub async fn vouch(tx: &mut Tx<OneOrg, Writes>, number: i64, by: &Actor) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE invitations SET invited_by = :user, inviter_kind = :kind, inviter = :inviter
         WHERE org_id = :org AND number = :number AND status = 'pending'"
    );
    tx.execute(sql, args! { user: by.user(), kind: by.kind(), inviter: by.id(), number: number }).await?;
    Ok(())
}

/// How far whoever answers for an invitation reaches today; nowhere, if they may not call any more.
pub async fn rank_of_inviter<M: Mode>(tx: &mut Tx<OneOrg, M>, number: i64, now: Timestamp) -> Result<Rank, Fault> {
    let sql = org_sql!("SELECT inviter_kind AS a, inviter AS b FROM invitations WHERE org_id = :org AND number = :number");
    let found = tx.fetch_optional::<(Option<String>, Option<String>)>(sql, args! { number: number }).await?;
    let Some((Some(kind), inviter)) = found else { return Ok(Rank::default()) };
    let actor = match (kind.as_str(), inviter) {
        ("operator", _) => Some(Actor::Operator),
        ("user", Some(id)) => return rank_of_person(tx, &UserId::from(id)).await,
        ("api_key", Some(id)) => find_key(tx, ApiKeyId::from(id), now).await?,
        ("client", Some(id)) => find_program(tx, ClientId::from(id)).await?,
        ("agent", Some(id)) => find_agent(tx, AgentId::from(id)).await?,
        _ => None,
    };
    match actor {
        Some(actor) => Rank::of_actor(tx, &actor).await,
        None => Ok(Rank::default()),
    }
}

async fn rank_of_person<M: Mode>(tx: &mut Tx<OneOrg, M>, id: &UserId) -> Result<Rank, Fault> {
    match users::find_user(tx, id).await? {
        Some(user) if user.may_enter() => Rank::of_user(tx, id).await,
        _ => Ok(Rank::default()),
    }
}

async fn find_key<M: Mode>(tx: &mut Tx<OneOrg, M>, id: ApiKeyId, now: Timestamp) -> Result<Option<Actor>, Fault> {
    let key = api_keys::find_alive(tx, &id, now).await?;
    Ok(key.map(|key| Actor::ApiKey { key: key.id, user: key.user, scopes: key.scopes }))
}

async fn find_program<M: Mode>(tx: &mut Tx<OneOrg, M>, client: ClientId) -> Result<Option<Actor>, Fault> {
    let sql =
        org_sql!("SELECT metadata AS a FROM clients WHERE org_id = :org AND id = :id AND is_active = 1 AND agent_id IS NULL");
    let Some((metadata,)) = tx.fetch_optional::<(String,)>(sql, args! { id: &client }).await? else { return Ok(None) };
    let scopes = serde_json::from_str::<ClientMetadata>(&metadata).map_err(Fault::internal)?.scopes;
    Ok(Some(Actor::Client { client, scopes }))
}

async fn find_agent<M: Mode>(tx: &mut Tx<OneOrg, M>, agent: AgentId) -> Result<Option<Actor>, Fault> {
    let sql = org_sql!(
        "SELECT a.client_id AS a, a.capabilities AS b FROM agents a
         JOIN clients c ON c.org_id = a.org_id AND c.id = a.client_id
         WHERE a.org_id = :org AND a.id = :id AND a.status = 'active' AND c.is_active = 1"
    );
    let found = tx.fetch_optional::<(ClientId, Scopes)>(sql, args! { id: &agent }).await?;
    Ok(found.map(|(client, scopes)| Actor::Agent { agent, client, scopes }))
}
