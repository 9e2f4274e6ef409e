//! Clients: who may ask for tokens, as stored and as kept in memory.

pub mod admin;
mod authenticate;
mod documents;
mod outside;
mod recipient;
mod registration;
mod remote_keys;
mod rows;

pub(crate) use authenticate::issuer;
pub use authenticate::{Authenticated, authenticate};
pub use documents::Documents;
pub(crate) use documents::{Document, Reach, Unusable, find_current, keep_described};
pub(crate) use outside::{CHANGED_MEANWHILE, FetchFault, Outside, fetch};
pub(crate) use recipient::Recipient;
pub use registration::{Registration, SECRET_PURPOSE, new_secret};
pub(crate) use registration::{blank, check};
pub(crate) use remote_keys::Recency;
pub use remote_keys::RemoteKeys;
pub(crate) use rows::DESCRIBED_ELSEWHERE;
pub use rows::{NewSecret, StoredClient, delete, expire_secret, insert, insert_agent, load_for_update, set_secret, update};

use flow::Services;
use identity::secret;
use identity::settings::Settings;
use jose::jwks::Jwks;
use kernel::{AgentId, ClientId, Fault, Scopes, Secret, Timestamp};
use oauth::ClientMetadata;
use oauth::fapi::FapiProfile;
use std::sync::Arc;
use store::{Org, OrgCache, Store, Topic};

/// A client, ready to be judged by.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its number, where the published API wants one.
    pub number: i64,
    /// What rooms decide on. For an agent the scopes are its capabilities.
    pub metadata: Arc<ClientMetadata>,
    /// The agent that authenticates as this client.
    pub agent: Option<Agent>,
    /// Tokens issued before this moment are void.
    pub tokens_not_before: Timestamp,
    /// When it was registered.
    pub created_at: Timestamp,
    secret_hash: Option<Vec<u8>>,
    secret_expires_at: Option<Timestamp>,
    previous_secret: Option<(Vec<u8>, Timestamp)>,
    keys: Option<Arc<Jwks>>,
    /// For a client nobody registered: the document it is known by.
    document: Option<Document>,
}

/// What is known of the agent behind a client.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: String,
    /// What it may do at all.
    pub capabilities: Scopes,
    /// Its budget, as the published API shows it: a JSON object.
    pub budget_policy: Option<String>,
}

impl Client {
    /// Its id.
    pub fn id(&self) -> &ClientId {
        &self.metadata.client_id
    }
    /// Whether it may be used at all.
    pub fn is_active(&self) -> bool {
        self.metadata.is_active
    }
    /// Whether nobody registered it: it is known by the address of its document.
    pub fn is_described_elsewhere(&self) -> bool {
        self.document.is_some()
    }
    /// The same client as the FAPI profile of its organization makes it. One that nobody registered is off where its organization
    /// takes no documents from there any more.
    fn of_organization(self: Arc<Self>, org: &Org) -> Arc<Self> {
        let organization_profile = profile_of(org);
        let is_active = self.is_active() && (self.document.is_none() || documents::are_taken(org, self.id()));
        if organization_profile == self.metadata.organization_profile && is_active == self.is_active() {
            return self;
        }
        let metadata = ClientMetadata { organization_profile, is_active, ..(*self.metadata).clone() };
        Arc::new(Self { metadata: Arc::new(metadata.strengthened()), ..(*self).clone() })
    }
    /// Whether `presented` is its secret, or the one before while that is still good. An absent client is compared too, so
    /// that it takes as long.
    fn is_secret(client: Option<&Self>, services: &Services, presented: &Secret, now: Timestamp) -> bool {
        const NOTHING: &[u8] = &[0; 32];
        let stored = client.filter(|client| client.secret_expires_at.is_none_or(|end| now < end));
        let stored = stored.and_then(|client| client.secret_hash.as_deref());
        let previous = client.and_then(|client| client.previous_secret.as_ref()).filter(|(_, until)| now < *until);
        let is_current = secret::matches(services, SECRET_PURPOSE, presented, stored.unwrap_or(NOTHING)) && stored.is_some();
        let is_previous = previous.is_some_and(|(hash, _)| secret::matches(services, SECRET_PURPOSE, presented, hash));
        is_current || is_previous
    }
}

/// The clients of all organizations, as far as they were needed.
pub struct Clients {
    by_id: Arc<OrgCache<Arc<Client>>>,
    /// Which client an agent authenticates as. That never changes.
    of_agents: Arc<OrgCache<ClientId>>,
}

impl Clients {
    /// An empty room.
    pub fn new(store: &Store) -> Self {
        let by_id = store.cache(16_384, |topic| match topic {
            Topic::Client(org, client) => Some((org.clone(), client.as_str().into())),
            _ => None,
        });
        Self { by_id, of_agents: store.cache(4096, |_| None) }
    }
}

/// The client of that id, or the one the agent of that id authenticates as.
///
/// # Errors
/// Whatever the database says.
pub async fn find(services: &Services, org: &Org, id: &ClientId) -> Result<Option<Arc<Client>>, Fault> {
    let room = services.rooms.find::<Clients>()?;
    if !id.as_str().starts_with(AGENT_PREFIX) {
        return by_id(&room, services, org, id).await;
    }
    let client = room.of_agents.find_or_load(org.id(), id.as_str(), rows::find_client_of_agent(services, org, id)).await?;
    match client {
        Some(client) => by_id(&room, services, org, &client).await,
        None => by_id(&room, services, org, id).await,
    }
}

async fn by_id(room: &Clients, services: &Services, org: &Org, id: &ClientId) -> Result<Option<Arc<Client>>, Fault> {
    let found = room.by_id.find_or_load(org.id(), id.as_str(), rows::find(services, org, id)).await?;
    Ok(found.map(|client| client.of_organization(org)))
}

/// The FAPI profile that every client of the organization is under.
pub(crate) fn profile_of(org: &Org) -> FapiProfile {
    Settings::of(org).oauth.fapi_profile.0
}

/// Whether `presented` is the secret of the client of that id.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn is_secret_of(
    services: &Services,
    org: &Org,
    id: &ClientId,
    presented: &Secret,
    now: Timestamp,
) -> Result<bool, Fault> {
    let client = find(services, org, id).await?;
    Ok(Client::is_secret(client.as_deref(), services, presented, now))
}

/// What ids of agents begin with.
pub const AGENT_PREFIX: &str = "agt_";
/// What ids of clients begin with.
pub const CLIENT_PREFIX: &str = "client_";
