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

/// A fresh database; an SQLite file is removed with it.
pub(crate) struct Fresh {
    pub(crate) url: DatabaseUrl,
    folder: Option<PathBuf>,
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
                Self { url: DatabaseUrl::Sqlite(folder.join("lumoauth.db")), folder: Some(folder) }
            }
            Database::Postgres => {
                let server = postgres_url().unwrap();
                store::testing::create_database(&server, &name).await.unwrap();
                let mut url = url::Url::parse(&server).unwrap();
                url.set_path(&name);
                Self { url: DatabaseUrl::parse(url.as_str()).unwrap(), folder: None }
            }
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}
