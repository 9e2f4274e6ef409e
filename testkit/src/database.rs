//! A database of its own for each test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use store::DatabaseUrl;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// Embedded.
    Sqlite,
    /// The server named by `LUMOAUTH_TEST_POSTGRES`.
    Postgres,
}

/// The databases to run a test on: SQLite always, PostgreSQL where one is given.
pub fn databases() -> Vec<Database> {
    if postgres_url().is_some() { vec![Database::Sqlite, Database::Postgres] } else { vec![Database::Sqlite] }
}

#[allow(clippy::disallowed_methods, reason = "the test command says where PostgreSQL is")]
fn postgres_url() -> Option<String> {
    std::env::var("LUMOAUTH_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// A fresh database, removed when the test is over.
pub(crate) struct Fresh {
    pub(crate) url: DatabaseUrl,
    folder: Option<PathBuf>,
    /// The server it is on, and its name there.
    place: Option<(String, String)>,
}

impl Fresh {
    pub(crate) async fn make(database: Database) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("lumoauth_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        match database {
            Database::Sqlite => {
                let folder = std::env::temp_dir().join(name);
                drop(std::fs::remove_dir_all(&folder));
                std::fs::create_dir_all(&folder).unwrap();
                Self { url: DatabaseUrl::Sqlite(folder.join("lumoauth.db")), folder: Some(folder), place: None }
            }
            Database::Postgres => {
                let server = postgres_url().unwrap();
                store::testing::create_database(&server, &name).await.unwrap();
                let mut url = url::Url::parse(&server).unwrap();
                url.set_path(&name);
                Self { url: DatabaseUrl::parse(url.as_str()).unwrap(), folder: None, place: Some((server, name)) }
            }
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
        if let Some((server, name)) = self.place.take() {
            // A test's own runtime can't be waited for in here.
            let work = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                drop(runtime.block_on(store::testing::drop_database(&server, &name)));
            };
            drop(std::thread::spawn(work).join());
        }
    }
}
