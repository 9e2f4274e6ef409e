//! PostgreSQL, where several nodes share the work.
//!
//! Writing transactions are `REPEATABLE READ`: a lost race surfaces as an error and the whole operation is run again, which is
//! safe because an operation can reach nothing but its transaction. Reads run statement by statement on read-only connections.
//! Whatever opens a transaction travels together with its first statement, and what closes it with the last, so that an
//! operation of one statement takes two round trips.

mod connection;
mod listen;
mod pool;
mod statement;

pub(crate) use connection::PgConnection;
pub(crate) use listen::listen;
pub use statement::numbered;

use crate::start::AfterCommit;
use crate::tx::{Connection, Decision, Tx, Work, Writes};
use crate::{EventRow, Scope, StoreError};
use pool::Pool;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::Config;

/// Tries before an operation that keeps losing races is given up.
const ATTEMPTS: u32 = 12;
/// How long one statement may take, and how long it may wait for a row another transaction holds.
const LIMITS: &str = "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s";

pub(crate) struct Postgres {
    writers: Pool,
    readers: Pool,
    /// What lost a race is run again one at a time, so that many who want the same row get it one after the other instead of
    /// losing to each other again and again.
    retries: tokio::sync::Mutex<()>,
    after: Arc<AfterCommit>,
}

impl Postgres {
    pub(crate) fn open(url: &str, connections: usize, after: Arc<AfterCommit>) -> Result<Self, StoreError> {
        let config = parse(url)?;
        let with = |options: &str| {
            let mut config = config.clone();
            // What the address says comes last, so that it wins.
            config.options(format!("{options} {}", config.get_options().unwrap_or_default()));
            Pool::new(config, connections)
        };
        let reading = format!("{LIMITS} -c default_transaction_read_only=on");
        Ok(Self { writers: with(LIMITS)?, readers: with(&reading)?, retries: tokio::sync::Mutex::default(), after })
    }

    /// Reach the server, and warn if row-level security can't bind the role.
    pub(crate) async fn check_role(&self) -> Result<(), StoreError> {
        const ROLE: &str = "SELECT rolsuper OR rolbypassrls AS a FROM pg_roles WHERE rolname = current_user";
        let bypasses = self.readers.acquire("*").await?.fetch(ROLE, None, &[]).await?;
        if bypasses.iter().any(|row| row.get(0)) {
            tracing::warn!("the database role bypasses row-level security; use one that is no superuser");
        }
        Ok(())
    }

    /// Run a schema change, outside of any transaction but its own.
    pub(crate) async fn migrate(&self, text: &str) -> Result<(), StoreError> {
        self.writers.acquire("*").await?.change_schema(text).await
    }

    /// A connection that reads what the scope may see. It gives itself back.
    pub(crate) async fn reader<S: Scope>(&self, scope: &S) -> Result<PgConnection, StoreError> {
        self.readers.acquire(fence(scope)).await
    }

    pub(crate) async fn write<S: Scope>(&self, scope: S, work: Work<S>) -> Result<(), StoreError> {
        let mut outcome = self.attempt(scope.clone(), &work).await;
        for attempt in 1..ATTEMPTS {
            let Err(StoreError::Conflict(_)) = outcome else { break };
            let _alone = self.retries.lock().await;
            // Another node may be at it too.
            tokio::time::sleep(Duration::from_millis(u64::from(attempt - 1))).await;
            outcome = self.attempt(scope.clone(), &work).await;
        }
        outcome
    }

    async fn attempt<S: Scope>(&self, scope: S, work: &Work<S>) -> Result<(), StoreError> {
        let mut connection = self.writers.acquire(fence(&scope)).await?;
        connection.begin_with_first_statement();
        let (mut tx, decision) = work(Tx::new(Connection::Postgres(connection), scope)).await;
        if tx.state.conflicted {
            roll_back(&mut tx).await;
            return Err(StoreError::Conflict(tx.state.failed.take().unwrap_or_default()));
        }
        let event = match (decision, tx.state.failed.take()) {
            (Decision::Discard(()), _) => {
                roll_back(&mut tx).await;
                return Ok(());
            }
            (_, Some(failure)) => {
                roll_back(&mut tx).await;
                return Err(StoreError::Driver(failure));
            }
            (Decision::Keep((), event), None) => Some(event),
            (Decision::KeepUnrecorded((), _), None) => None,
        };
        self.commit(tx, event).await
    }

    async fn commit<S: Scope>(&self, tx: Tx<S, Writes>, event: Option<EventRow>) -> Result<(), StoreError> {
        let Connection::Postgres(mut connection) = tx.connection else {
            return Err(StoreError::Driver("a transaction of another database".to_owned()));
        };
        for topic in &tx.state.touched {
            const TELL: &str = "SELECT pg_notify(:channel::text, :topic::text)::text AS a";
            let args = crate::args! { channel: listen::CHANNEL, topic: topic.encode() };
            connection.execute(TELL, None, args).await?;
        }
        connection.commit(event.as_ref()).await?;
        self.after.committed(&tx.state.touched, tx.state.has_jobs);
        Ok(())
    }
}

/// Roll back. If that can't be said the connection is closed, which comes to the same.
async fn roll_back<S: Scope>(tx: &mut Tx<S, Writes>) {
    if let Connection::Postgres(connection) = &mut tx.connection {
        connection.roll_back().await;
    }
}

/// Whose rows the connection may see: row-level security asks for it (see [`crate::dialect`]).
fn fence<S: Scope>(scope: &S) -> &str {
    scope.org().map_or("*", kernel::OrgId::as_str)
}

fn parse(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url.parse().map_err(|e: tokio_postgres::Error| StoreError::Unavailable(e.to_string()))?;
    if config.get_application_name().is_none() {
        config.application_name("lumoauth");
    }
    // A peer that vanished is noticed within a minute, not after two hours.
    config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(30));
    Ok(config)
}
