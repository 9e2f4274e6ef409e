//! One connection to the file.

use crate::{Arg, FromRow, Row, StoreError};
use kernel::OrgId;
use rusqlite::config::DbConfig;
use rusqlite::{OpenFlags, Statement};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

/// How long to wait for another process that writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every commit is on the disk before it is answered (`fullfsync` is for macOS, where a plain sync isn't). The writer moves the
/// log into the file itself only if the checkpointer could not keep it below 64 MB.
const WRITING: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON;
    PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=67108864;";
/// Text is compared as PostgreSQL compares it, and what the schema says can't call functions.
const ALWAYS: &str = "PRAGMA foreign_keys=ON; PRAGMA case_sensitive_like=ON; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-8192;
    PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;";

/// A connection and its cached statements.
pub(crate) struct SqliteConnection {
    link: Option<rusqlite::Connection>,
    home: Weak<Mutex<Option<rusqlite::Connection>>>,
}

/// Where a connection goes when whoever has it drops it: an operation that panics takes nothing down with it.
#[derive(Default)]
pub(super) struct Home(Arc<Mutex<Option<rusqlite::Connection>>>);

impl Home {
    pub(super) fn recover(&self) -> Option<SqliteConnection> {
        let link = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        link.map(|link| SqliteConnection { link: Some(link), home: Arc::downgrade(&self.0) })
    }
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        if let Some(home) = self.home.upgrade() {
            *home.lock().unwrap_or_else(PoisonError::into_inner) = self.link.take();
        }
    }
}

/// Make sure that the file exists and that nobody but its owner can read it. Its log takes over its permissions.
pub(super) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|e| StoreError::Unavailable(format!("{}: {e}", path.display())))
}

impl SqliteConnection {
    pub(super) fn open(path: &Path, writes: bool) -> Result<Self, StoreError> {
        let access = if writes { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
        let link = rusqlite::Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        link.busy_timeout(PATIENCE)?;
        link.set_prepared_statement_cache_capacity(512);
        link.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // A plan depends on the statement alone; otherwise some statements are prepared again each time values are bound to them.
        link.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        if writes {
            link.execute_batch(WRITING)?;
        }
        link.execute_batch(ALWAYS)?;
        Ok(Self { link: Some(link), home: Weak::new() })
    }

    /// Open a connection that writes, and that goes home when it is dropped.
    pub(super) fn open_at(path: &Path, home: &Home) -> Result<Self, StoreError> {
        let mut connection = Self::open(path, true)?;
        connection.home = Arc::downgrade(&home.0);
        Ok(connection)
    }

    fn link(&self) -> Result<&rusqlite::Connection, StoreError> {
        self.link.as_ref().ok_or_else(|| StoreError::Unavailable("no connection".to_owned()))
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.is_autocommit())
    }

    /// A number that changes whenever another connection changes the file.
    pub(super) fn version(&mut self) -> Result<i64, StoreError> {
        Ok(self.link()?.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    pub(crate) fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        let mut statement = self.link()?.prepare_cached(text)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }

    pub(super) fn migrate(&mut self, text: &str) -> Result<(), StoreError> {
        Ok(self.link()?.execute_batch(text)?)
    }

    pub(crate) fn fetch<T: FromRow>(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.link()?.prepare_cached(text)?;
        bind(&mut statement, org, args)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(T::from_row(&Row::Sqlite(row))?);
        }
        Ok(found)
    }

    pub(crate) fn execute(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<u64, StoreError> {
        let mut statement = self.link()?.prepare_cached(text)?;
        bind(&mut statement, org, args)?;
        Ok(statement.raw_execute()? as u64)
    }

    pub(crate) fn execute_each<const N: usize>(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        names: [&'static str; N],
        rows: &[[Arg<'_>; N]],
    ) -> Result<u64, StoreError> {
        let mut statement = self.link()?.prepare_cached(text)?;
        bind(&mut statement, org, &names.map(|name| (name, Arg::Null)))?;
        let mut places = Vec::with_capacity(N);
        for name in names {
            places.extend(statement.parameter_index(name)?);
        }
        let mut changed = 0;
        for row in rows {
            for (place, value) in places.iter().zip(row) {
                statement.raw_bind_parameter(*place, value)?;
            }
            changed += statement.raw_execute()? as u64;
        }
        Ok(changed)
    }
}

fn bind(statement: &mut Statement<'_>, org: Option<&OrgId>, args: &[(&'static str, Arg<'_>)]) -> Result<(), StoreError> {
    let mut bound = 0;
    for (name, value) in args {
        let index = statement.parameter_index(name)?.ok_or_else(|| StoreError::Driver(format!("the statement has no {name}")))?;
        statement.raw_bind_parameter(index, value)?;
        bound += 1;
    }
    if let Some(org) = org
        && let Some(index) = statement.parameter_index(":org")?
    {
        statement.raw_bind_parameter(index, org.as_str())?;
        bound += 1;
    }
    if bound == statement.parameter_count() {
        return Ok(());
    }
    Err(StoreError::Driver(format!("{bound} of {} parameters were bound", statement.parameter_count())))
}
