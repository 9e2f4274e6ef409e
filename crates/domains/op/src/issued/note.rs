//! Writing down what was issued.
//!
//! The row of a grant is written together with its family. A client's own tokens cost one event each and nothing else: their rows
//! are gathered in memory and written a moment later, many at once. A crash in between costs a few rows of a list; what was issued
//! stands in the log all the same.

use crate::families::NewFamily;
use flow::Services;
use kernel::{ClientId, Fault, OrgId, Scopes, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Decision, OneOrg, Platform, StoreError, Tx, Writes, args, org_sql, platform_sql};
use tokio::sync::Notify;

/// How long rows are gathered.
const PAUSE: Duration = Duration::from_millis(200);
/// Rows of one transaction.
const BATCH: usize = 500;
/// Rows that may wait while the database can't be written to; what comes then is left out.
const ROOM: usize = 100_000;

/// A client's own token.
#[derive(Clone, Debug)]
pub(crate) struct OwnToken {
    pub(crate) org: OrgId,
    pub(crate) jti: String,
    pub(crate) client: ClientId,
    pub(crate) scopes: Scopes,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Clients' own tokens that are to be written down.
#[derive(Default)]
pub struct OwnTokens {
    waiting: Mutex<Vec<OwnToken>>,
    added: Notify,
}

impl OwnTokens {
    /// One was issued.
    pub(crate) fn add(&self, token: OwnToken) {
        let mut waiting = self.waiting();
        if waiting.len() < ROOM {
            waiting.push(token);
            self.added.notify_one();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<OwnToken>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Write down those that wait.
    ///
    /// # Errors
    /// Whatever the database says; they wait on.
    pub(super) async fn flush(&self, services: &Services) -> Result<(), Fault> {
        loop {
            let batch: Vec<OwnToken> = {
                let mut waiting = self.waiting();
                let first = waiting.len().min(BATCH);
                waiting.drain(..first).collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            if let Err(error) = insert(services, batch.clone()).await {
                self.waiting().splice(0..0, batch);
                return Err(error.into());
            }
        }
    }
}

/// Write down what clients got for themselves, until the process ends.
///
/// # Errors
/// If the room was not assembled.
pub async fn write_down(services: &Services) -> Result<(), Fault> {
    let room = services.rooms.find::<OwnTokens>()?;
    loop {
        room.added.notified().await;
        tokio::time::sleep(PAUSE).await;
        if let Err(fault) = room.flush(services).await {
            tracing::warn!(?fault, "issued tokens could not be written down yet");
            tokio::time::sleep(PAUSE * 5).await;
            room.added.notify_one();
        }
    }
}

async fn insert(services: &Services, batch: Vec<OwnToken>) -> Result<(), StoreError> {
    let work = move |mut tx: Tx<Platform, Writes>| {
        let batch = batch.clone();
        async move {
            let sql = platform_sql!(
                "INSERT INTO issued_tokens (org_id, jti, client_id, scopes, created_at, expires_at)
                 VALUES (:owner, :jti, :client, :scopes, :issued_at, :expires_at)"
            );
            let scopes: Vec<String> = batch.iter().map(|token| token.scopes.to_string()).collect();
            let rows: Vec<_> = batch
                .iter()
                .zip(&scopes)
                .map(|(token, scopes)| {
                    [
                        (&token.org).into(),
                        token.jti.as_str().into(),
                        (&token.client).into(),
                        scopes.as_str().into(),
                        token.issued_at.into(),
                        token.expires_at.into(),
                    ]
                })
                .collect();
            let names = [":owner", ":jti", ":client", ":scopes", ":issued_at", ":expires_at"];
            match tx.execute_each(sql, names, &rows).await {
                Ok(_) => (tx, Decision::KeepUnrecorded(Ok(()), "each token was recorded when it was issued")),
                Err(error) => (tx, Decision::Discard(Err(error))),
            }
        }
    };
    services.store.write(Platform, work).await?
}

/// A grant began, or lasts longer than it did.
pub(crate) async fn note_family(tx: &mut Tx<OneOrg, Writes>, family: &NewFamily<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = org_sql!(
        "INSERT INTO issued_tokens (org_id, family_id, client_id, user_id, scopes, created_at, expires_at) \
         VALUES (:org, :family, :client, :user, :scopes, :now, :expires_at) \
         ON CONFLICT (org_id, family_id) DO UPDATE SET expires_at = excluded.expires_at \
         WHERE issued_tokens.expires_at < excluded.expires_at"
    );
    let values = args! {
        family: family.id, client: family.client, user: family.user, scopes: family.scopes, now: now, expires_at: family.expires_at
    };
    tx.execute(sql, values).await.map(drop)
}
