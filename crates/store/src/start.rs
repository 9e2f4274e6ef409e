//! Opening a database, and the handle everything goes through.

use crate::cache::{CacheKey, Caches};
use crate::org::OrgRow;
use crate::postgres::{Postgres, listen};
use crate::sqlite::Sqlite;
use crate::tx::{Connection, Work};
use crate::{Decision, Org, OrgCache, Platform, Reads, Scope, StoreError, Topic, Tx, Writes, args, platform_sql};
use kernel::OrgId;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Which database to open.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// `postgres://…`. It may hold a password, so it is never printed.
    Postgres(kernel::Secret),
}

impl DatabaseUrl {
    /// Parse `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Self::Postgres(kernel::Secret::new(text)));
        }
        text.strip_prefix("sqlite:").filter(|path| !path.is_empty()).map(|path| Self::Sqlite(PathBuf::from(path)))
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://[secret]"),
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    backend: Backend,
    after: Arc<AfterCommit>,
    organizations: Arc<OrgCache<Org>>,
    slugs: Arc<OrgCache<OrgId>>,
    listener: Option<tokio::task::JoinHandle<()>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
    }
}

pub(crate) enum Backend {
    Sqlite(Box<Sqlite>),
    Postgres(Postgres),
}

/// What follows a commit: other requests of this process must not see the past, and waiting work may begin.
#[derive(Default)]
pub(crate) struct AfterCommit {
    pub(crate) caches: Arc<Caches>,
    pub(crate) jobs: Notify,
}

impl AfterCommit {
    pub(crate) fn committed(&self, touched: &[Topic], has_jobs: bool) {
        for topic in touched {
            self.caches.clear(topic);
        }
        if has_jobs {
            self.jobs.notify_one();
        }
    }
}

impl Store {
    /// Open the database; `connections` is how many PostgreSQL connections of each kind are kept at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it can't be reached.
    pub async fn open(url: &DatabaseUrl, connections: usize) -> Result<Self, StoreError> {
        let after = Arc::new(AfterCommit::default());
        let (backend, listener) = match url {
            DatabaseUrl::Sqlite(path) => {
                after.caches.set_live(true);
                (Backend::Sqlite(Box::new(Sqlite::open(path, after.clone())?)), None)
            }
            DatabaseUrl::Postgres(url) => {
                let postgres = Postgres::open(url.expose(), connections, after.clone())?;
                postgres.check_role().await?;
                let listener = tokio::spawn(listen(url.expose().to_owned(), after.caches.clone()));
                (Backend::Postgres(postgres), Some(listener))
            }
        };
        let organizations = after.caches.create(4096, |topic| match topic {
            Topic::Organization(org) => Some((org.clone(), "".into())),
            _ => None,
        });
        let slugs = after.caches.create(4096, |_| None);
        Ok(Self(Arc::new(Inner { backend, after, organizations, slugs, listener })))
    }

    /// Run a reading transaction.
    ///
    /// # Errors
    /// If the database can't be reached; what the work itself meets is in its result.
    pub async fn read<S, T, F, Fut>(&self, scope: S, work: F) -> Result<T, StoreError>
    where
        S: Scope,
        F: Fn(Tx<S, Reads>) -> Fut,
        Fut: Future<Output = (Tx<S, Reads>, T)> + Send,
    {
        let connection = match &self.0.backend {
            Backend::Sqlite(sqlite) => Connection::Sqlite(sqlite.reader()?),
            Backend::Postgres(postgres) => Connection::Postgres(Box::pin(postgres.reader(&scope)).await?),
        };
        let (tx, outcome) = work(Tx::new(connection, scope)).await;
        if let (Backend::Sqlite(sqlite), Connection::Sqlite(connection)) = (&self.0.backend, tx.connection) {
            sqlite.done_reading(connection)?;
        }
        Ok(outcome)
    }

    /// Run a writing transaction. The work may be run again if it loses a race, so it must not reach outside.
    ///
    /// # Errors
    /// If nothing was committed although it should have been.
    pub async fn write<S, T, F, Fut>(&self, scope: S, work: F) -> Result<T, StoreError>
    where
        S: Scope,
        T: Send + 'static,
        F: Fn(Tx<S, Writes>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = (Tx<S, Writes>, Decision<T>)> + Send + 'static,
    {
        let outcome = Arc::new(Mutex::new(None));
        let place = outcome.clone();
        let work: Work<S> = Box::new(move |tx| {
            let (working, place) = (work(tx), place.clone());
            Box::pin(async move {
                let (tx, decision) = working.await;
                let (value, ending) = decision.apart();
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                (tx, ending)
            })
        });
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.write(scope, work).await?,
            Backend::Postgres(postgres) => Box::pin(postgres.write(scope, work)).await?,
        }
        let value = outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| StoreError::Driver("an operation ended without an outcome".to_owned()))
    }

    /// The active organization with this slug.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn find_org(&self, slug: &str) -> Result<Option<Org>, StoreError> {
        let nobody = OrgId::from("");
        let id = self.0.slugs.find_or_load(&nobody, slug, async {
            Ok::<_, StoreError>(self.load_org("slug", slug).await?.map(|org| org.id().clone()))
        });
        let Some(id) = id.await? else { return Ok(None) };
        match self.find_org_by_id(&id).await?.filter(|org| org.slug() == slug) {
            Some(org) => Ok(Some(org)),
            // It was renamed or ended; another may have taken over the name.
            None => self.load_org("slug", slug).await,
        }
    }

    /// The active organization with this id.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn find_org_by_id(&self, id: &OrgId) -> Result<Option<Org>, StoreError> {
        self.0.organizations.find_or_load(id, "", self.load_org("id", id.as_str())).await
    }

    async fn load_org(&self, by: &'static str, value: &str) -> Result<Option<Org>, StoreError> {
        let by_id = by == "id";
        let row = self.read(Platform, move |mut tx| {
            let value = value.to_owned();
            async move {
                let sql = if by_id {
                    platform_sql!("SELECT id, slug, number, name, settings, tokens_not_before FROM organizations WHERE id = :value AND is_active = 1")
                } else {
                    platform_sql!("SELECT id, slug, number, name, settings, tokens_not_before FROM organizations WHERE slug = :value AND is_active = 1")
                };
                let row = tx.fetch_optional::<OrgRow>(sql, args! { value: &value }).await;
                (tx, row)
            }
        });
        Ok(row.await??.map(Org::new))
    }

    /// Whether the database answers, at the least cost.
    ///
    /// # Errors
    /// Whatever it says instead.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.read(Platform, |mut tx| async move {
            let answer = tx.fetch_one::<(i64,)>(platform_sql!("SELECT CAST(1 AS BIGINT) AS a"), &[]).await;
            (tx, answer)
        });
        answer.await?.map(|_| ())
    }

    /// Every active organization.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn list_orgs(&self) -> Result<Vec<Org>, StoreError> {
        let rows = self.read(Platform, |mut tx| async move {
            let sql = platform_sql!("SELECT id, slug, number, name, settings, tokens_not_before FROM organizations WHERE is_active = 1 ORDER BY number");
            let rows = tx.fetch_all::<OrgRow>(sql, &[]).await;
            (tx, rows)
        });
        Ok(rows.await??.into_iter().map(Org::new).collect())
    }

    /// A cache that other nodes' changes clear; `key` says which entry a topic concerns.
    pub fn cache<V: Clone + Send + Sync + 'static>(
        &self,
        capacity: usize,
        key: impl Fn(&Topic) -> Option<CacheKey> + Send + Sync + 'static,
    ) -> Arc<OrgCache<V>> {
        self.0.after.caches.create(capacity, key)
    }

    /// Wait until a commit of this process queued a job.
    pub async fn job_added(&self) {
        self.0.after.jobs.notified().await;
    }

    /// Regular housekeeping of the database file itself: it is begun here and done in the background.
    ///
    /// # Errors
    /// None as yet.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        if let Backend::Sqlite(sqlite) = &self.0.backend {
            sqlite.checkpoint();
        }
        Ok(())
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.0.backend
    }
}
