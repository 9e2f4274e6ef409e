//! PostgreSQL, where several nodes share the work.
//!
//! Writing transactions are `REPEATABLE READ`: a lost race surfaces as an error and the whole operation is run again, which is
//! safe because an operation can reach nothing but its transaction. Reads run statement by statement on read-only connections.

use crate::cache::Caches;
use crate::dialect::Dialect;
use crate::start::AfterCommit;
use crate::tx::{Connection, Decision, Tx, Writes};
use crate::{Arg, FromRow, Reads, Row, Scope, StoreError, Topic};
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use kernel::OrgId;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

const ATTEMPTS: u32 = 12;
const CHANNEL: &str = "lumoauth";

pub(crate) struct Postgres {
    writers: Pool,
    readers: Pool,
    after: Arc<AfterCommit>,
}

impl Postgres {
    pub(crate) fn open(url: &str, connections: usize, after: Arc<AfterCommit>) -> Result<Self, StoreError> {
        let config: Config = url.parse().map_err(|e: tokio_postgres::Error| StoreError::Unavailable(e.to_string()))?;
        let mut reading = config.clone();
        reading.options(format!("{} -c default_transaction_read_only=on", config.get_options().unwrap_or_default()));
        Ok(Self { writers: pool(config, connections)?, readers: pool(reading, connections)?, after })
    }

    pub(crate) async fn migrate(&self, text: &str) -> Result<(), StoreError> {
        Ok(self.writers.get().await?.batch_execute(text).await?)
    }

    pub(crate) async fn read<S, T, F, Fut>(&self, scope: S, work: F) -> Result<T, StoreError>
    where
        S: Scope,
        F: Fn(Tx<S, Reads>) -> Fut,
        Fut: Future<Output = (Tx<S, Reads>, T)> + Send,
    {
        let connection = PgConnection { object: Some(self.readers.get().await?), in_transaction: false };
        let (_, outcome) = work(Tx::new(Connection::Postgres(connection), scope)).await;
        Ok(outcome)
    }

    pub(crate) async fn write<S, T, F, Fut>(&self, scope: S, work: F) -> Result<T, StoreError>
    where
        S: Scope,
        F: Fn(Tx<S, Writes>) -> Fut,
        Fut: Future<Output = (Tx<S, Writes>, Decision<T>)> + Send,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(scope.clone(), &work).await {
                Err(StoreError::Conflict(_)) if attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<S, T, F, Fut>(&self, scope: S, work: &F) -> Result<T, StoreError>
    where
        S: Scope,
        F: Fn(Tx<S, Writes>) -> Fut,
        Fut: Future<Output = (Tx<S, Writes>, Decision<T>)> + Send,
    {
        let mut connection = PgConnection { object: Some(self.writers.get().await?), in_transaction: true };
        connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
        let (mut tx, decision) = work(Tx::new(Connection::Postgres(connection), scope)).await;
        if tx.state.conflicted {
            return Err(StoreError::Conflict(tx.state.failed.take().unwrap_or_default()));
        }
        let (value, event) = match (decision, tx.state.failed.take()) {
            (Decision::Discard(value), _) => {
                end(&mut tx, "ROLLBACK").await?;
                return Ok(value);
            }
            (_, Some(failure)) => return Err(StoreError::Driver(failure)),
            (Decision::Keep(value, event), None) => (value, Some(event)),
            (Decision::KeepUnrecorded(value, _), None) => (value, None),
        };
        if let Some(event) = event {
            tx.append_event(&event).await?;
        }
        for topic in tx.state.touched.clone() {
            const TELL: &str = "SELECT pg_notify(:channel::text, :topic::text)::text";
            tx.change(TELL, crate::args! { channel: CHANNEL, topic: topic.encode() }).await?;
        }
        end(&mut tx, "COMMIT").await?;
        self.after.committed(&tx.state.touched, tx.state.has_jobs);
        Ok(value)
    }
}

async fn end<S: Scope>(tx: &mut Tx<S, Writes>, how: &'static str) -> Result<(), StoreError> {
    if let Connection::Postgres(connection) = &mut tx.connection {
        connection.batch(how).await?;
        connection.in_transaction = false;
    }
    Ok(())
}

fn pool(config: Config, connections: usize) -> Result<Pool, StoreError> {
    let manager = Manager::from_config(config, tls()?, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager).max_size(connections).build().map_err(|e| StoreError::Unavailable(e.to_string()))
}

fn tls() -> Result<MakeRustlsConnect, StoreError> {
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

/// Listen for what other nodes changed; while nobody listens, caches stay empty.
pub(crate) async fn listen(url: String, caches: Arc<Caches>) {
    loop {
        if let Err(error) = listen_once(&url, &caches).await {
            tracing::warn!(%error, "not hearing from other nodes");
        }
        caches.set_live(false);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn listen_once(url: &str, caches: &Caches) -> Result<(), StoreError> {
    let (client, mut connection) = tokio_postgres::connect(url, tls()?).await?;
    let listening = client.batch_execute("LISTEN lumoauth");
    let mut listening = std::pin::pin!(listening);
    let mut ready = false;
    loop {
        tokio::select! {
            outcome = &mut listening, if !ready => {
                outcome?;
                ready = true;
                caches.set_live(true);
            }
            message = std::future::poll_fn(|context| connection.poll_message(context)) => match message {
                Some(Ok(AsyncMessage::Notification(note))) if note.channel() == CHANNEL => caches.clear(&Topic::decode(note.payload())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
        }
    }
}

/// A pooled connection. Dropped inside a transaction it is closed instead of returned, which rolls the transaction back.
pub(crate) struct PgConnection {
    object: Option<Object>,
    in_transaction: bool,
}

impl Drop for PgConnection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take().filter(|_| self.in_transaction) {
            drop(Object::take(object));
        }
    }
}

impl PgConnection {
    fn object(&self) -> Result<&Object, StoreError> {
        self.object.as_ref().ok_or_else(|| StoreError::Unavailable("no connection".to_owned()))
    }

    async fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        Ok(self.object()?.batch_execute(text).await?)
    }

    pub(crate) async fn fetch<T: FromRow>(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<Vec<T>, StoreError> {
        let (text, names) = numbered(text);
        let values = ordered(names, org, args)?;
        let object = self.object()?;
        let statement = object.prepare_cached(text).await?;
        let rows = object.query(&statement, &as_sql(&values)).await?;
        rows.iter().map(|row| T::from_row(&Row::Postgres(row))).collect()
    }

    pub(crate) async fn execute(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<u64, StoreError> {
        let (text, names) = numbered(text);
        let values = ordered(names, org, args)?;
        let object = self.object()?;
        let statement = object.prepare_cached(text).await?;
        Ok(object.execute(&statement, &as_sql(&values)).await?)
    }
}

fn as_sql<'a>(values: &'a [Arg<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn ordered<'a>(names: &[String], org: Option<&'a OrgId>, args: &[(&'static str, Arg<'a>)]) -> Result<Vec<Arg<'a>>, StoreError> {
    if let Some((name, _)) = args.iter().find(|(name, _)| !names.iter().any(|known| known == name)) {
        return Err(StoreError::Driver(format!("the statement has no {name}")));
    }
    let value = |name: &String| match org {
        Some(org) if name == ":org" => Ok(Arg::from(org)),
        _ => args
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
            .ok_or_else(|| StoreError::Driver(format!("{name} was not bound"))),
    };
    names.iter().map(value).collect()
}

type Numbered = (String, Vec<String>);

/// The statement with numbered parameters, worked out once per text.
fn numbered(text: &'static str) -> (&'static str, &'static [String]) {
    static KNOWN: OnceLock<RwLock<HashMap<&'static str, &'static Numbered>>> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    if let Some(found) = known.read().ok().and_then(|known| known.get(text).copied()) {
        return (&found.0, &found.1);
    }
    let made: &'static Numbered = Box::leak(Box::new(Dialect::positional(text)));
    if let Ok(mut known) = known.write() {
        known.insert(text, made);
    }
    (&made.0, &made.1)
}
