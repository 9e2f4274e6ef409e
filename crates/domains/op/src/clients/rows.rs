//! Clients at rest.

use super::{Agent, Client, Document, profile_of};
use flow::Services;
use jose::jwks::Jwks;
use kernel::{AgentId, ClientId, Denial, Fault, Scopes, Timestamp};
use oauth::ClientMetadata;
use std::sync::Arc;
use store::{Mode, OneOrg, Org, StoreError, Topic, Tx, Writes, args, org_sql, rows};

rows! {
    struct ClientRow {
        number: i64, id: ClientId, name: String, is_active: bool, metadata: String, secret_hash: Option<Vec<u8>>,
        previous_secret_hash: Option<Vec<u8>>, previous_secret_expires_at: Option<Timestamp>, tokens_not_before: Timestamp,
        secret_expires_at: Option<Timestamp>, created_at: Timestamp, agent_id: Option<AgentId>, agent_name: Option<String>, agent_status: Option<String>,
        agent_capabilities: Option<Scopes>, agent_budget: Option<String>, document_fetched_at: Option<Timestamp>
    }
}

pub(super) async fn find(services: &Services, org: &Org, id: &ClientId) -> Result<Option<Arc<Client>>, Fault> {
    let sql = org_sql!(
        "SELECT c.number, c.id, c.name, c.is_active, c.metadata, c.secret_hash, c.previous_secret_hash, \
             c.previous_secret_expires_at, c.secret_expires_at, c.tokens_not_before, c.created_at, c.document_fetched_at, a.id AS agent_id, a.name AS agent_name, \
             a.status AS agent_status, a.capabilities AS agent_capabilities, a.budget_policy AS agent_budget \
         FROM clients c LEFT JOIN agents a ON a.org_id = c.org_id AND a.id = c.agent_id \
         WHERE c.org_id = :org AND c.id = :id"
    );
    let reading = services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
        let row = tx.fetch_optional::<ClientRow>(sql, args! { id: id }).await;
        (tx, row)
    });
    reading.await??.map(|row| assemble(row).map(Arc::new)).transpose()
}

fn assemble(row: ClientRow) -> Result<Client, Fault> {
    let mut metadata: ClientMetadata = serde_json::from_str(&row.metadata).map_err(Fault::internal)?;
    metadata.client_id = row.id;
    metadata.client_name = row.name;
    metadata.is_active = row.is_active;
    let agent = row.agent_id.map(|id| Agent {
        id,
        name: row.agent_name.unwrap_or_default(),
        capabilities: row.agent_capabilities.unwrap_or_default(),
        budget_policy: row.agent_budget,
    });
    if let Some(agent) = &agent {
        metadata.is_active &= row.agent_status.as_deref() == Some("active");
        metadata.scopes = agent.capabilities.clone();
    }
    // A set that can't be read proves nothing: the client is refused until it is mended.
    let keys = metadata.jwks.as_ref().and_then(|jwks| Jwks::from_value(jwks).ok()).map(Arc::new);
    Ok(Client {
        number: row.number,
        metadata: Arc::new(metadata.strengthened()),
        agent,
        tokens_not_before: row.tokens_not_before,
        created_at: row.created_at,
        secret_hash: row.secret_hash,
        secret_expires_at: row.secret_expires_at,
        previous_secret: row.previous_secret_hash.zip(row.previous_secret_expires_at),
        keys,
        document: row.document_fetched_at.map(|fetched_at| Document { fetched_at, news: None }),
    })
}

pub(super) async fn find_client_of_agent(services: &Services, org: &Org, agent: &ClientId) -> Result<Option<ClientId>, Fault> {
    let sql = org_sql!("SELECT id AS a FROM clients WHERE org_id = :org AND agent_id = :agent");
    let reading = services.store.read(OneOrg::new(org.clone()), |mut tx| async move {
        let row = tx.fetch_optional::<(ClientId,)>(sql, args! { agent: agent }).await;
        (tx, row)
    });
    Ok(reading.await??.map(|(id,)| id))
}

/// A client as it is edited.
#[derive(Clone, Debug)]
pub struct StoredClient {
    /// Its number, where the published API wants one.
    pub number: i64,
    /// Everything about it.
    pub metadata: ClientMetadata,
    /// The agent it belongs to.
    pub agent_id: Option<AgentId>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When its secret ends, if it does.
    pub secret_expires_at: Option<Timestamp>,
    /// When the document it is known by was fetched, if nobody registered it.
    pub document_fetched_at: Option<Timestamp>,
}

/// The client is not registered here.
pub(crate) const DESCRIBED_ELSEWHERE: Denial = Denial::conflict(
    "clients.described_elsewhere",
    "This client describes itself in a document of its own: it can be switched off here, and not changed.",
);

impl StoredClient {
    /// Whether it is registered here, so that it can be changed here.
    ///
    /// # Errors
    /// 409 `clients.described_elsewhere`.
    pub(crate) fn must_be_registered(&self) -> Result<(), Fault> {
        if self.document_fetched_at.is_none() { Ok(()) } else { Err(DESCRIBED_ELSEWHERE.into()) }
    }
}

rows! {
    struct EditRow {
        number: i64, id: ClientId, name: String, is_active: bool, metadata: String, agent_id: Option<AgentId>, created_at: Timestamp,
        secret_expires_at: Option<Timestamp>, document_fetched_at: Option<Timestamp>
    }
}

impl TryFrom<EditRow> for StoredClient {
    type Error = Fault;
    fn try_from(row: EditRow) -> Result<Self, Fault> {
        let mut metadata: ClientMetadata = serde_json::from_str(&row.metadata).map_err(Fault::internal)?;
        metadata.client_id = row.id;
        metadata.client_name = row.name;
        metadata.is_active = row.is_active;
        Ok(Self {
            number: row.number,
            metadata,
            agent_id: row.agent_id,
            created_at: row.created_at,
            secret_expires_at: row.secret_expires_at,
            document_fetched_at: row.document_fetched_at,
        })
    }
}

/// The client with that id or number.
///
/// # Errors
/// 404 `clients.not_found`.
pub async fn load_for_update<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<StoredClient, Fault> {
    let by_id = org_sql!(
        "SELECT number, id, name, is_active, metadata, agent_id, created_at, secret_expires_at, document_fetched_at FROM clients WHERE org_id = :org AND id = :key"
    );
    let mut row = tx.fetch_optional::<EditRow>(by_id, args! { key: key }).await?;
    if let (None, Ok(number)) = (&row, key.parse::<i64>()) {
        let by_number = org_sql!(
            "SELECT number, id, name, is_active, metadata, agent_id, created_at, secret_expires_at, document_fetched_at FROM clients WHERE org_id = :org AND number = :number"
        );
        row = tx.fetch_optional::<EditRow>(by_number, args! { number: number }).await?;
    }
    let row = row.ok_or_else(|| Fault::not_found("clients.not_found", "There is no such client."))?;
    let mut client: StoredClient = row.try_into()?;
    client.metadata.organization_profile = profile_of(tx.org());
    Ok(client)
}

/// Clients in a list, by a statement that selects them.
pub(super) async fn list<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    sql: store::OrgSql,
    values: &[(&'static str, store::Arg<'_>)],
) -> Result<Vec<StoredClient>, Fault> {
    tx.fetch_all::<EditRow>(sql, values).await?.into_iter().map(StoredClient::try_from).collect()
}

/// Store a new client; `secret_hash` is the keyed hash of its secret.
///
/// # Errors
/// 409 `clients.exists` if its id is taken.
pub async fn insert(
    tx: &mut Tx<OneOrg, Writes>,
    metadata: &ClientMetadata,
    secret_hash: Option<&[u8]>,
    agent: Option<&AgentId>,
    now: Timestamp,
) -> Result<StoredClient, Fault> {
    let sql = org_sql!(
        "INSERT INTO clients (org_id, id, name, is_active, is_confidential, agent_id, metadata, secret_hash, created_at, updated_at) \
         VALUES (:org, :id, :name, :is_active, :is_confidential, :agent, :metadata, :secret_hash, :now, :now) \
         ON CONFLICT DO NOTHING RETURNING number AS a"
    );
    let values = args! {
        id: &metadata.client_id, name: &metadata.client_name, is_active: metadata.is_active,
        is_confidential: !metadata.is_public(), agent: agent, metadata: to_json(metadata)?, secret_hash: secret_hash, now: now
    };
    let number = tx.fetch_optional::<(i64,)>(sql, values).await?;
    let (number,) = number.ok_or_else(|| Fault::conflict("clients.exists", "There already is a client with that id."))?;
    touch(tx, &metadata.client_id);
    let (metadata, agent_id) = (metadata.clone(), agent.cloned());
    Ok(StoredClient { number, metadata, agent_id, created_at: now, secret_expires_at: None, document_fetched_at: None })
}

/// Store the agent that authenticates as a client.
///
/// # Errors
/// Whatever the database says.
pub async fn insert_agent(
    tx: &mut Tx<OneOrg, Writes>,
    client: &ClientId,
    agent: &Agent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = org_sql!(
        "INSERT INTO agents (org_id, id, client_id, name, capabilities, budget_policy, created_at, updated_at) \
         VALUES (:org, :id, :client, :name, :capabilities, :budget, :now, :now)"
    );
    let values = args! {
        id: &agent.id, client: client, name: &agent.name, capabilities: &agent.capabilities,
        budget: agent.budget_policy.as_deref(), now: now
    };
    tx.execute(sql, values).await?;
    touch(tx, client);
    Ok(())
}

/// Store what was changed of a client.
///
/// # Errors
/// Whatever the database says.
pub async fn update(tx: &mut Tx<OneOrg, Writes>, metadata: &ClientMetadata, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE clients SET name = :name, is_active = :is_active, is_confidential = :is_confidential, metadata = :metadata, \
         updated_at = :now WHERE org_id = :org AND id = :id"
    );
    let values = args! {
        id: &metadata.client_id, name: &metadata.client_name, is_active: metadata.is_active,
        is_confidential: !metadata.is_public(), metadata: to_json(metadata)?, now: now
    };
    tx.execute(sql, values).await?;
    touch(tx, &metadata.client_id);
    Ok(())
}

/// What takes the place of a client's secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewSecret<'a> {
    /// The keyed hash of the new one; `None`: the client has none any more.
    pub hash: Option<&'a [u8]>,
    /// When the new one ends, if it does.
    pub expires_at: Option<Timestamp>,
    /// Until when the one before is good too; `None`: it is dead at once.
    pub previous_until: Option<Timestamp>,
}

/// Replace a client's secret. Of the secrets before, the last one alone can live on for a while.
///
/// # Errors
/// Whatever the database says.
pub async fn set_secret(
    tx: &mut Tx<OneOrg, Writes>,
    client: &ClientId,
    new: NewSecret<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let kept = org_sql!(
        "UPDATE clients SET previous_secret_hash = secret_hash, previous_secret_expires_at = :until \
         WHERE org_id = :org AND id = :id AND secret_hash IS NOT NULL"
    );
    let dropped = org_sql!(
        "UPDATE clients SET previous_secret_hash = NULL, previous_secret_expires_at = NULL WHERE org_id = :org AND id = :id"
    );
    match new.previous_until {
        Some(until) => tx.execute(kept, args! { until: until, id: client }).await?,
        None => tx.execute(dropped, args! { id: client }).await?,
    };
    let sql = org_sql!(
        "UPDATE clients SET secret_hash = :hash, secret_expires_at = :ends, updated_at = :now WHERE org_id = :org AND id = :id"
    );
    tx.execute(sql, args! { hash: new.hash, ends: new.expires_at, now: now, id: client }).await?;
    touch(tx, client);
    Ok(())
}

/// Say when a client's secret ends, if it does.
///
/// # Errors
/// Whatever the database says.
pub async fn expire_secret(
    tx: &mut Tx<OneOrg, Writes>,
    client: &ClientId,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let sql = org_sql!("UPDATE clients SET secret_expires_at = :ends WHERE org_id = :org AND id = :id");
    tx.execute(sql, args! { ends: expires_at, id: client }).await?;
    touch(tx, client);
    Ok(())
}

/// Delete a client, and with it consents and waiting requests. Its tokens die with it.
///
/// # Errors
/// Whatever the database says.
pub async fn delete(tx: &mut Tx<OneOrg, Writes>, client: &ClientId) -> Result<(), StoreError> {
    tx.execute(org_sql!("DELETE FROM clients WHERE org_id = :org AND id = :id"), args! { id: client }).await?;
    touch(tx, client);
    Ok(())
}

pub(super) fn touch(tx: &mut Tx<OneOrg, Writes>, client: &ClientId) {
    tx.touch(Topic::Client(tx.org().id().clone(), client.clone()));
}

pub(super) fn to_json(metadata: &ClientMetadata) -> Result<String, Fault> {
    serde_json::to_string(metadata).map_err(Fault::internal)
}
