//! A fresh database for one test, on either engine, and a few words to speak to it.

use kernel::{OrgId, Secret, Timestamp};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use store::testing::{create_database, drop_database};
use store::{
    Arg, DatabaseUrl, Decision, EventRow, FromRow, OneOrg, Org, OrgSql, Platform, PlatformSql, Reads, Store, StoreError, Tx,
    Writes,
};
use tokio::task::{LocalSet, spawn_local};
use tokio_postgres::NoTls;

pub const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Write the same story for both databases:
///
/// ```ignore
/// on_both! {
///     async fn something_holds(database) { … }
/// }
/// ```
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident) $story:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "some stories need nothing from around them")]
            use super::*;
            use crate::database::Database;

            async fn story($database: std::sync::Arc<Database>) $story

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                Database::sqlite().run(story).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                if let Some(database) = Database::postgres().await {
                    database.run(story).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;

/// A database of one test.
pub struct Database {
    pub url: DatabaseUrl,
    /// SQLite's folder.
    folder: Option<PathBuf>,
    /// The PostgreSQL database's name.
    name: Option<String>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(format!("lumoauth-store-{}-{}", std::process::id(), next()));
        std::fs::create_dir(&folder).unwrap();
        Self { url: DatabaseUrl::Sqlite(folder.join("store.db")), folder: Some(folder), name: None }
    }

    /// `None`, and a word about it, where there is no server to test with.
    pub async fn postgres() -> Option<Self> {
        let Some(server) = postgres_server() else {
            eprintln!("not tested on PostgreSQL: LUMOAUTH_TEST_POSTGRES is not set");
            return None;
        };
        let name = format!("lumoauth_store_{}_{}", std::process::id(), next());
        create_database(&server, &name).await.unwrap();
        let (address, query) = server.split_once('?').map_or((server.as_str(), String::new()), |(a, q)| (a, format!("?{q}")));
        let (address, _) = address.rsplit_once('/').expect("the address names a database");
        Some(Self { url: DatabaseUrl::Postgres(Secret::new(format!("{address}/{name}{query}"))), folder: None, name: Some(name) })
    }

    /// Run a story, and remove the database however it ends.
    pub async fn run<F: Future<Output = ()> + 'static>(self, story: impl FnOnce(std::sync::Arc<Self>) -> F) {
        let database = std::sync::Arc::new(self);
        let outcome = LocalSet::new().run_until(async { spawn_local(story(database.clone())).await }).await;
        if let Some(name) = &database.name {
            drop_database(&postgres_server().unwrap(), name).await.unwrap();
        }
        if let Some(folder) = &database.folder {
            drop(std::fs::remove_dir_all(folder));
        }
        if let Err(error) = outcome {
            resume_unwind(error.into_panic());
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.name.is_some()
    }

    /// Where SQLite keeps it.
    pub fn path(&self) -> &Path {
        let DatabaseUrl::Sqlite(path) = &self.url else { panic!("not SQLite") };
        path
    }

    /// Open it without migrating.
    pub async fn open_as_it_is(&self) -> Store {
        Store::open(&self.url, 8).await.unwrap()
    }

    pub async fn open(&self) -> Store {
        let store = self.open_as_it_is().await;
        store.migrate(NOW).await.unwrap();
        store
    }

    /// A connection beside the store, to a PostgreSQL database.
    pub async fn raw_postgres(&self) -> tokio_postgres::Client {
        let DatabaseUrl::Postgres(url) = &self.url else { panic!("not PostgreSQL") };
        raw_postgres(url.expose()).await
    }

    /// A connection beside the store, to an SQLite file.
    pub fn raw_sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

async fn raw_postgres(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[allow(clippy::disallowed_methods, reason = "a test is told its server this way")]
fn postgres_server() -> Option<String> {
    std::env::var("LUMOAUTH_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn next() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub type Args<'a> = &'a [(&'static str, Arg<'a>)];

/// A statement of a test over one organization.
pub fn org_sql(text: &'static str) -> OrgSql {
    OrgSql::checked(text)
}

/// A statement of a test over everything.
pub fn sql(text: &'static str) -> PlatformSql {
    PlatformSql::new(text)
}

/// Values for a closure that may run several times.
pub type OwnedArgs = Vec<(&'static str, Arg<'static>)>;

/// Everything the statement finds, across organizations.
pub async fn all<T: FromRow + Send>(store: &Store, text: &'static str, args: OwnedArgs) -> Vec<T> {
    let work = move |mut tx: Tx<Platform, Reads>| {
        let args = args.clone();
        async move {
            let rows = tx.fetch_all::<T>(sql(text), &args).await;
            (tx, rows)
        }
    };
    store.read(Platform, work).await.unwrap().unwrap()
}

/// How many, across organizations: the statement's column `a`.
pub async fn count(store: &Store, text: &'static str) -> i64 {
    all::<(i64,)>(store, text, Vec::new()).await[0].0
}

/// Run statements across organizations, without an event.
pub async fn run(store: &Store, statements: Vec<(&'static str, OwnedArgs)>) {
    try_run(store, statements).await.unwrap();
}

/// Run statements across organizations, without an event; all or none.
pub async fn try_run(store: &Store, statements: Vec<(&'static str, OwnedArgs)>) -> Result<(), StoreError> {
    let work = move |mut tx: Tx<Platform, Writes>| {
        let statements = statements.clone();
        async move {
            for (text, args) in statements {
                if let Err(error) = tx.execute(sql(text), &args).await {
                    return (tx, Decision::Discard(Err(error)));
                }
            }
            (tx, Decision::KeepUnrecorded(Ok(()), "a test's own"))
        }
    };
    store.write(Platform, work).await?
}

/// A new organization.
pub async fn organization(store: &Store, slug: &'static str) -> Org {
    const INSERT: &str = "INSERT INTO organizations (id, slug, number, name, created_at, updated_at) \
                          SELECT :id, :slug, COALESCE(max(number), 0) + 1, :name, :now, :now FROM organizations";
    let args =
        vec![(":id", Arg::from(format!("id-of-{slug}"))), (":slug", slug.into()), (":name", slug.into()), (":now", NOW.into())];
    run(store, vec![(INSERT, args)]).await;
    store.find_org(slug).await.unwrap().unwrap()
}

/// A user of an organization.
pub async fn user(store: &Store, org: &Org, id: &'static str) {
    const INSERT: &str = "INSERT INTO users (org_id, id, email, email_key, created_at, updated_at) \
                          VALUES (:owner, :id, :id, :id, :now, :now)";
    run(store, vec![(INSERT, vec![(":owner", Arg::from(org.id().to_string())), (":id", id.into()), (":now", NOW.into())])]).await;
}

/// A row of the log.
pub fn event(org: &OrgId, leaf: &str) -> EventRow {
    EventRow { org: org.clone(), leaf: leaf.to_owned(), personal: "{}".to_owned() }
}

/// The leaves of the log, in the order in which they were appended.
pub async fn leaves(store: &Store) -> Vec<String> {
    all::<(String,)>(store, "SELECT leaf AS a FROM events ORDER BY seq", Vec::new())
        .await
        .into_iter()
        .map(|(leaf,)| leaf)
        .collect()
}

/// A guess counter of the organization, which stands for any row.
pub fn counter(org: &Org, subject: &'static str, failures: i64) -> (&'static str, OwnedArgs) {
    const INSERT: &str =
        "INSERT INTO guess_counters (org_id, subject, failures, window_started_at) VALUES (:owner, :subject, :failures, 0)";
    (INSERT, vec![(":owner", Arg::from(org.id().to_string())), (":subject", subject.into()), (":failures", failures.into())])
}

/// Transactions over the organization.
pub fn over(org: &Org) -> OneOrg {
    OneOrg::new(org.clone())
}
