//! Migrations: forward only, numbered, one folder, applied at start under a lock.

use crate::dialect::Dialect;
use crate::start::{Backend, Store};
use crate::{Platform, StoreError, Tx, Writes, args, platform_sql};
use kernel::Timestamp;

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number; steps are applied in this order.
    pub number: u32,
    /// What it does.
    pub name: &'static str,
    text: &'static str,
}

const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "foundation", text: include_str!("../migrations/0001_foundation.sql") }];

impl Store {
    /// The steps this database has yet to take.
    ///
    /// # Errors
    /// Whatever the database says, or that it was written by a newer version.
    pub async fn pending_migrations(&self) -> Result<Vec<Migration>, StoreError> {
        self.run_migration_text("CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)")
            .await?;
        let applied = self
            .read(Platform, |mut tx| async move {
                let rows = tx.fetch_all::<(i64,)>(platform_sql!("SELECT number AS a FROM migrations ORDER BY number"), &[]).await;
                (tx, rows)
            })
            .await??;
        let known = |number: i64| MIGRATIONS.iter().any(|m| i64::from(m.number) == number);
        if let Some((unknown,)) = applied.iter().find(|(number,)| !known(*number)) {
            return Err(StoreError::Driver(format!(
                "the database is at step {unknown}, which this version does not know; use a newer version"
            )));
        }
        Ok(MIGRATIONS.iter().filter(|m| !applied.contains(&(i64::from(m.number),))).copied().collect())
    }

    /// Take every step that is due. Each is applied whole or not at all.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn migrate(&self, now: Timestamp) -> Result<Vec<Migration>, StoreError> {
        let pending = self.pending_migrations().await?;
        for step in &pending {
            tracing::info!(number = step.number, name = step.name, "changing the schema");
            let mark = format!(
                "INSERT INTO migrations (number, name, applied_at) VALUES ({}, '{}', {})",
                step.number,
                step.name,
                now.as_micros()
            );
            self.run_migration_text(&format!("BEGIN;\n{}\n;{mark};\nCOMMIT", self.dialect().migration(step.text))).await?;
        }
        Ok(pending)
    }

    fn dialect(&self) -> Dialect {
        match self.backend() {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn run_migration_text(&self, text: &str) -> Result<(), StoreError> {
        match self.backend() {
            Backend::Sqlite(sqlite) => sqlite.migrate(text),
            Backend::Postgres(postgres) => postgres.migrate(text).await,
        }
    }

    /// Keep a value of the installation, unless one of that name is there already; returns the one that is kept.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn installation_value(&self, name: &'static str, value: String) -> Result<String, StoreError> {
        let work = move |mut tx: Tx<Platform, Writes>| {
            let value = value.clone();
            async move {
                let kept = keep_value(&mut tx, name, &value).await;
                (tx, crate::Decision::KeepUnrecorded(kept, "the installation's own bookkeeping"))
            }
        };
        self.write(Platform, work).await?
    }
}

async fn keep_value(tx: &mut Tx<Platform, Writes>, name: &'static str, value: &str) -> Result<String, StoreError> {
    let insert = platform_sql!("INSERT INTO installation (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING");
    tx.execute(insert, args! { name: name, value: value }).await?;
    let (kept,) = tx
        .fetch_one::<(String,)>(platform_sql!("SELECT value AS a FROM installation WHERE name = :name"), args! { name: name })
        .await?;
    Ok(kept)
}
