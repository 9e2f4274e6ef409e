//! Connections that are kept: last used, first taken.
//!
//! A pool of its own, because each connection remembers what it was told ([`Client`]): statements it has prepared and whose rows it
//! may see. Both would otherwise cost a round trip per use.

use super::connection::PgConnection;
use super::statement::Prepared;
use crate::StoreError;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long to wait for a connection before the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// At most so many connections, kept while they are idle.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    config: Config,
    tls: MakeRustlsConnect,
    idle: Mutex<Vec<Client>>,
    permits: Arc<Semaphore>,
}

/// A connection to the server, and what it remembers.
pub(super) struct Client {
    pub(super) link: tokio_postgres::Client,
    pub(super) statements: HashMap<&'static str, Prepared>,
    /// The last acknowledged value of the row-level security setting; `None` while that isn't certain.
    pub(super) fence: Option<String>,
}

impl Pool {
    pub(super) fn new(config: Config, connections: usize) -> Result<Self, StoreError> {
        let permits = Arc::new(Semaphore::new(connections.max(1)));
        Ok(Self(Arc::new(Inner { config, tls: tls()?, idle: Mutex::default(), permits })))
    }

    /// A connection that sees only what `fence` says: an organization's id, or `*`.
    pub(super) async fn acquire(&self, fence: &str) -> Result<PgConnection, StoreError> {
        tokio::time::timeout(PATIENCE, self.take(fence))
            .await
            .map_err(|_| StoreError::Unavailable("no database connection became free".to_owned()))?
    }

    async fn take(&self, fence: &str) -> Result<PgConnection, StoreError> {
        let stopping = |_| StoreError::Unavailable("the store is stopping".to_owned());
        let permit = self.0.permits.clone().acquire_owned().await.map_err(stopping)?;
        let idle = std::iter::from_fn(|| self.idle(|idle| take_fitting(idle, fence))).find(|client| !client.link.is_closed());
        let client = match idle {
            Some(client) => client,
            None => self.connect().await?,
        };
        Ok(PgConnection::new(client, fence, Place { pool: self.clone(), _permit: permit }))
    }

    async fn connect(&self) -> Result<Client, StoreError> {
        let (link, connection) = self.0.config.connect(self.0.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(%error, "lost a database connection");
            }
        });
        Ok(Client { link, statements: HashMap::new(), fence: None })
    }

    fn idle<T>(&self, work: impl FnOnce(&mut Vec<Client>) -> T) -> T {
        work(&mut self.0.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One that is fenced in already as it should be, or the last that was used.
fn take_fitting(idle: &mut Vec<Client>, fence: &str) -> Option<Client> {
    let at = idle.iter().rposition(|client| client.fence.as_deref() == Some(fence)).or(idle.len().checked_sub(1))?;
    Some(idle.remove(at))
}

/// The place in the pool a connection in use holds.
pub(super) struct Place {
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Give a connection back that is good for others.
    pub(super) fn give_back(&self, client: Client) {
        self.pool.idle(|idle| idle.push(client));
    }
}

pub(super) fn tls() -> Result<MakeRustlsConnect, StoreError> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let unusable = |e: rustls::Error| StoreError::Unavailable(e.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_platform_verifier()
        .map_err(unusable)?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
