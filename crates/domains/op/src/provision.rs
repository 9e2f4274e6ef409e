//! Clients and agents that the operator sets up: with given ids and secrets, inside a transaction of the caller's.

use crate::clients::{Agent, SECRET_PURPOSE, StoredClient, blank, check, insert, insert_agent, profile_of};
use flow::Services;
use identity::secret;
use kernel::{AgentId, ClientId, Fault, Scopes, Secret, Timestamp};
use oauth::ClientMetadata;
use oauth::client::{AuthMethod, ClientType};
use oauth::grant::{AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN};
use oauth::registration::settle_flows;
use store::{OneOrg, Tx, Writes};

/// A client to be set up.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// What is registered of it.
    pub metadata: Box<ClientMetadata>,
    /// Its secret, if it authenticates with one.
    pub secret: Option<Secret>,
}

impl NewClient {
    /// A web application with a secret: authorization code and refresh tokens.
    pub fn web(id: impl Into<ClientId>, name: &str, secret: Secret, redirect_uris: Vec<String>) -> Self {
        let mut metadata = named(id, name);
        metadata.grant_types = vec![AUTHORIZATION_CODE.to_owned(), REFRESH_TOKEN.to_owned()];
        metadata.redirect_uris = redirect_uris;
        Self { metadata, secret: Some(secret) }
    }
    /// An application in a browser or on a device, without a secret and with PKCE: authorization code and refresh tokens.
    pub fn public(id: impl Into<ClientId>, name: &str, redirect_uris: Vec<String>) -> Self {
        let mut metadata = named(id, name);
        metadata.client_type = ClientType::Public;
        metadata.token_endpoint_auth_method = AuthMethod::None;
        metadata.grant_types = vec![AUTHORIZATION_CODE.to_owned(), REFRESH_TOKEN.to_owned()];
        metadata.redirect_uris = redirect_uris;
        Self { metadata, secret: None }
    }
    /// A program that acts for itself: client credentials.
    pub fn service(id: impl Into<ClientId>, name: &str, secret: Secret, scopes: Scopes) -> Self {
        let mut metadata = named(id, name);
        metadata.grant_types = vec![CLIENT_CREDENTIALS.to_owned()];
        metadata.response_types = Vec::new();
        metadata.scopes = scopes;
        Self { metadata, secret: Some(secret) }
    }
    /// The same with these scopes.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.metadata.scopes = scopes;
        self
    }
    /// The same with these addresses to go to after signing out.
    #[must_use]
    pub fn with_post_logout_redirect_uris(mut self, uris: Vec<String>) -> Self {
        self.metadata.post_logout_redirect_uris = uris;
        self
    }
}

fn named(id: impl Into<ClientId>, name: &str) -> Box<ClientMetadata> {
    let mut metadata = Box::new(blank(id.into()));
    name.clone_into(&mut metadata.client_name);
    metadata
}

/// Set up a client.
///
/// # Errors
/// `validation_error` if its registration breaks a rule; 409 `clients.exists` if its id is taken.
pub async fn create_client(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: &NewClient,
    now: Timestamp,
) -> Result<StoredClient, Fault> {
    create(tx, services, new, None, now).await
}

/// Set up an agent and the client it authenticates as. Its capabilities are the scopes of its tokens.
///
/// # Errors
/// As [`create_client`].
pub async fn create_agent(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: &NewClient,
    agent: &Agent,
    now: Timestamp,
) -> Result<StoredClient, Fault> {
    let client = create(tx, services, new, Some(&agent.id), now).await?;
    insert_agent(tx, &client.metadata.client_id, agent, now).await?;
    Ok(client)
}

async fn create(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    new: &NewClient,
    agent: Option<&AgentId>,
    now: Timestamp,
) -> Result<StoredClient, Fault> {
    let mut metadata = new.metadata.clone();
    metadata.organization_profile = profile_of(tx.org());
    settle_flows(&mut metadata, true, false);
    check(&metadata)?;
    let hash = new.secret.as_ref().map(|secret| secret::hash(services, SECRET_PURPOSE, secret));
    insert(tx, &metadata, hash.as_ref().map(<[u8; 32]>::as_slice), agent, now).await
}
