//! Databases that tests make and throw away.

use crate::StoreError;
use tokio_postgres::NoTls;

/// Make an empty database on a PostgreSQL server, in place of one of that name.
///
/// # Errors
/// If the server can't be reached or refuses.
pub async fn create_database(server: &str, name: &str) -> Result<(), StoreError> {
    drop_database(server, name).await?;
    run(server, &format!("CREATE DATABASE \"{name}\"")).await
}

/// Remove a database from a PostgreSQL server, whoever is still connected to it.
///
/// # Errors
/// If the server can't be reached or refuses.
pub async fn drop_database(server: &str, name: &str) -> Result<(), StoreError> {
    let drop = format!("DROP DATABASE IF EXISTS \"{name}\"");
    match run(server, &format!("{drop} WITH (FORCE)")).await {
        // The server's own vacuum is at it, which only the server can send away: without force it does, and waits for the others.
        Err(StoreError::Driver(text)) if text.contains("42501") => run(server, &drop).await,
        outcome => outcome,
    }
}

async fn run(server: &str, sql: &str) -> Result<(), StoreError> {
    let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
    let mut work = std::pin::pin!(client.batch_execute(sql));
    tokio::select! {
        outcome = &mut work => Ok(outcome?),
        ended = connection => {
            ended?;
            Ok(work.await?)
        }
    }
}
