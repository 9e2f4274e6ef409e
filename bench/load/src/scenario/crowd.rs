//! A crowd in the database, put there behind the server's back: importing a million people would take longer than measuring.

use std::path::PathBuf;

use anyhow::{Context, Result};
use store::{DatabaseUrl, Decision, Platform, PlatformSql, Store, Tx, Writes, args, platform_sql};

use crate::postgres;

/// People of one statement.
const AT_ONCE: u64 = 20_000;

/// Where a server keeps its data.
#[derive(Clone, Debug)]
pub enum Database {
    /// In this file.
    Sqlite(PathBuf),
    /// In the `PostgreSQL` database at this URL.
    Postgres(String),
}

impl Database {
    /// Opens it beside the server.
    pub async fn open(&self) -> Result<Store> {
        let url = match self {
            Self::Sqlite(path) => DatabaseUrl::Sqlite(path.clone()),
            Self::Postgres(url) => DatabaseUrl::parse(url).context("not a database URL")?,
        };
        Ok(Store::open(&url, 2).await?)
    }

    /// Has `PostgreSQL` do now what it does by itself within minutes of such a change.
    pub fn settle(&self) -> Result<()> {
        if let Self::Postgres(url) = self {
            postgres::query(url, "VACUUM ANALYZE users, user_words, user_roles")?;
        }
        Ok(())
    }
}

/// A person's number as eight digits, and their name as others: names are in another order than addresses.
const PEOPLE: PlatformSql = platform_sql!(
    "INSERT INTO users (org_id, id, email, email_key, email_verified, username, username_key, name, is_active, is_blocked,
         last_login_at, created_at, updated_at, has_words)
     WITH RECURSIVE n (i) AS (SELECT CAST(:first AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :end),
     p (i, digits, name) AS (
         SELECT i, substr(CAST(100000000 + i AS TEXT), 2), substr(CAST(100000000 + (i * 48271) % 99999989 AS TEXT), 2) FROM n)
     SELECT o.id, '01900000-0000-7000-8000-0000' || p.digits, 'person' || p.digits || '@crowd.example',
         'person' || p.digits || '@crowd.example', 0, 'p' || p.name || p.digits, 'p' || p.name || p.digits, 'Person ' || p.name,
         CASE WHEN p.i % 50 = 0 THEN 0 ELSE 1 END, CASE WHEN p.i % 500 = 1 THEN 1 ELSE 0 END,
         CASE WHEN p.i % 3 = 0 THEN 1700000000000000 + (p.i * 48271) % 99999989 END,
         1700000000000000 + p.i, 1700000000000000 + (p.i * 7919) % 99999989, 1
     FROM p JOIN organizations o ON o.slug = :slug"
);
const ROLES: PlatformSql = platform_sql!(
    "INSERT INTO user_roles (org_id, user_id, role_id)
     SELECT u.org_id, u.id, r.id FROM organizations o JOIN users u ON u.org_id = o.id
         JOIN roles r ON r.org_id = o.id AND r.slug = 'user'
     WHERE o.slug = :slug AND u.id >= :from AND u.id < :until"
);
const WORDS: PlatformSql = platform_sql!(
    "INSERT INTO user_words (org_id, user_id, word)
     SELECT u.org_id, u.id, u.email_key FROM organizations o JOIN users u ON u.org_id = o.id
         WHERE o.slug = :slug AND u.id >= :from AND u.id < :until
     UNION ALL SELECT u.org_id, u.id, 'crowd.example' FROM organizations o JOIN users u ON u.org_id = o.id
         WHERE o.slug = :slug AND u.id >= :from AND u.id < :until
     UNION ALL SELECT u.org_id, u.id, u.username_key FROM organizations o JOIN users u ON u.org_id = o.id
         WHERE o.slug = :slug AND u.id >= :from AND u.id < :until
     UNION ALL SELECT u.org_id, u.id, substr(u.name, 8) FROM organizations o JOIN users u ON u.org_id = o.id
         WHERE o.slug = :slug AND u.id >= :from AND u.id < :until"
);
const COUNT: PlatformSql = platform_sql!(
    "INSERT INTO user_tallies (org_id, kind, key, shard, users)
     SELECT o.id, 'role', r.id, 99, CAST(:count AS BIGINT) FROM organizations o JOIN roles r ON r.org_id = o.id AND r.slug = 'user'
         WHERE o.slug = :slug
     UNION ALL
     SELECT u.org_id, 'state', CASE u.is_blocked * 2 + u.is_active WHEN 0 THEN '0' WHEN 1 THEN '1' WHEN 2 THEN '2' ELSE '3' END,
         99, count(*)
         FROM organizations o JOIN users u ON u.org_id = o.id
         WHERE o.slug = :slug AND u.id >= :from AND u.id < :until GROUP BY u.org_id, u.is_blocked, u.is_active"
);

/// Adds `count` people to the organization, each with a role and four words.
pub async fn gather(database: &Database, slug: &str, count: u64) -> Result<()> {
    let store = database.open().await?;
    let mut first = 0;
    while first < count {
        let end = count.min(first + AT_ONCE);
        people(&store, slug, first, end).await?;
        first = end;
    }
    let (from, until, slug) = (id(0), id(count), slug.to_owned());
    let count = i64::try_from(count)?;
    let counted = store.write(Platform, move |mut tx: Tx<Platform, Writes>| {
        let (from, until, slug) = (from.clone(), until.clone(), slug.clone());
        async move {
            let counted = tx.execute(COUNT, args! { slug: &slug, from: &from, until: &until, count: count }).await;
            (tx, Decision::KeepUnrecorded(counted, "a benchmark is no event"))
        }
    });
    counted.await??;
    database.settle()
}

async fn people(store: &Store, slug: &str, first: u64, end: u64) -> Result<()> {
    let (from, until, slug) = (id(first), id(end), slug.to_owned());
    let (first, end) = (i64::try_from(first)?, i64::try_from(end)?);
    let added = store.write(Platform, move |mut tx: Tx<Platform, Writes>| {
        let (from, until, slug) = (from.clone(), until.clone(), slug.clone());
        async move {
            let mut added = tx.execute(PEOPLE, args! { slug: &slug, first: first, end: end }).await;
            for sql in [ROLES, WORDS] {
                if added.is_ok() {
                    added = tx.execute(sql, args! { slug: &slug, from: &from, until: &until }).await;
                }
            }
            (tx, Decision::KeepUnrecorded(added, "a benchmark is no event"))
        }
    });
    added.await??;
    Ok(())
}

fn id(number: u64) -> String {
    format!("01900000-0000-7000-8000-0000{number:08}")
}
