//! Migrations: forward only, numbered, one folder, applied at start under a lock.

use crate::dialect::Dialect;
use crate::start::{Backend, Store};
use crate::{Platform, Reads, StoreError, Tx, Writes, args, platform_sql};
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

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "foundation", text: include_str!("../migrations/0001_foundation.sql") },
    Migration { number: 2, name: "openid_connect", text: include_str!("../migrations/0002_openid_connect.sql") },
    Migration { number: 3, name: "high_assurance", text: include_str!("../migrations/0003_high_assurance.sql") },
    Migration { number: 4, name: "claims", text: include_str!("../migrations/0004_claims.sql") },
    Migration { number: 5, name: "encryption_keys", text: include_str!("../migrations/0005_encryption_keys.sql") },
    Migration { number: 6, name: "administration", text: include_str!("../migrations/0006_administration.sql") },
    Migration { number: 7, name: "token_origins", text: include_str!("../migrations/0007_token_origins.sql") },
    Migration { number: 8, name: "decoupled", text: include_str!("../migrations/0008_decoupled.sql") },
    Migration { number: 10, name: "listing", text: include_str!("../migrations/0010_listing.sql") },
    Migration { number: 11, name: "client_documents", text: include_str!("../migrations/0011_client_documents.sql") },
    Migration { number: 12, name: "approvals", text: include_str!("../migrations/0012_approvals.sql") },
    Migration { number: 13, name: "invitations", text: include_str!("../migrations/0013_invitations.sql") },
    Migration { number: 14, name: "grant_resources", text: include_str!("../migrations/0014_grant_resources.sql") },
    Migration { number: 15, name: "acting", text: include_str!("../migrations/0015_acting.sql") },
    Migration { number: 16, name: "inviters", text: include_str!("../migrations/0016_inviters.sql") },
    Migration { number: 17, name: "key_families", text: include_str!("../migrations/0017_key_families.sql") },
];

impl Migration {
    /// The whole step. Its mark comes first: whoever sets it does the step, and all others wait and then fail on it.
    fn script(&self, dialect: Dialect, now: Timestamp) -> String {
        format!(
            "{};\nINSERT INTO migrations (number, name, applied_at) VALUES ({}, '{}', {});\n{}\n;{}\nCOMMIT",
            dialect.begin(),
            self.number,
            self.name,
            now.as_micros(),
            dialect.migration(self.text),
            dialect.finish(),
        )
    }
}

impl Store {
    /// The steps this database has yet to take.
    ///
    /// # Errors
    /// Whatever the database says, or that it was written by a newer version.
    pub async fn pending_migrations(&self) -> Result<Vec<Migration>, StoreError> {
        const CREATE: &str = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";
        if self.run_migration_text(CREATE).await.is_err() {
            // Nodes that start together may get into each other's way here; the second time it is there.
            self.run_migration_text(CREATE).await?;
        }
        let applied = self.applied_migrations().await?;
        if let Some(unknown) = applied.iter().find(|number| !MIGRATIONS.iter().any(|m| i64::from(m.number) == **number)) {
            return Err(StoreError::Driver(format!(
                "the database is at step {unknown}, which this version does not know; use a newer version"
            )));
        }
        Ok(MIGRATIONS.iter().filter(|m| !applied.contains(&i64::from(m.number))).copied().collect())
    }

    /// Take every step that is due. Each is applied whole or not at all, and by one node only: others that start at the same
    /// time wait for it. Returns the steps this call took.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn migrate(&self, now: Timestamp) -> Result<Vec<Migration>, StoreError> {
        self.take(self.pending_migrations().await?, now).await
    }

    /// As [`Store::migrate`], but no further than the step of that number: the database of an older version.
    ///
    /// # Errors
    /// Whatever the database says.
    #[cfg(feature = "testing")]
    pub async fn migrate_up_to(&self, last: u32, now: Timestamp) -> Result<Vec<Migration>, StoreError> {
        let mut steps = self.pending_migrations().await?;
        steps.retain(|step| step.number <= last);
        self.take(steps, now).await
    }

    async fn take(&self, steps: Vec<Migration>, now: Timestamp) -> Result<Vec<Migration>, StoreError> {
        let mut taken = Vec::new();
        for step in steps {
            tracing::info!(number = step.number, name = step.name, "changing the schema");
            match self.run_migration_text(&step.script(self.dialect(), now)).await {
                Ok(()) => taken.push(step),
                Err(StoreError::Taken(_)) if self.applied_migrations().await?.contains(&i64::from(step.number)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    async fn applied_migrations(&self) -> Result<Vec<i64>, StoreError> {
        let work = |mut tx: Tx<Platform, Reads>| async move {
            let rows = tx.fetch_all::<(i64,)>(platform_sql!("SELECT number AS a FROM migrations ORDER BY number"), &[]).await;
            (tx, rows)
        };
        Ok(self.read(Platform, work).await??.into_iter().map(|(number,)| number).collect())
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
