//! Checkpoints: signed statements of how long a log is and what its root is.
//!
//! The sequencer publishes one whenever a log has grown, at most once a second; whoever asks for a proof gets one of the very
//! head. All of them are kept for an hour, then the last of each hour, and after a month the last of each day.

use crate::key::{self, LogKeyRow};
use flow::Services;
use kernel::{Fault, OrgId, Timestamp};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::Frontier;
use ledger::note::VerifierKey;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Decision, Mode, OneOrg, Org, Platform, Reads, StoreError, Tx, Writes, args, org_sql, platform_sql};

/// A published checkpoint.
#[derive(Clone, Debug)]
pub struct Published {
    /// The signed note (C2SP `tlog-checkpoint`).
    pub note: String,
    /// What it says.
    pub checkpoint: Checkpoint,
}

/// The signed head of an organization's log as it is now. It is signed and kept unless it was before.
///
/// # Errors
/// Whatever the database says, or if the log's key can't be used.
pub async fn publish(services: &Services, org: &Org) -> Result<Published, Fault> {
    let (published, is_new) = sign_head(services, org).await?;
    if is_new {
        keep(services, vec![(org.id().clone(), published.clone())]).await?;
    }
    Ok(published)
}

/// Publish the heads of several logs at once. One that can't be published holds up no other.
pub(crate) async fn publish_all(services: &Services, organizations: BTreeSet<OrgId>) -> Result<(), Fault> {
    let mut new = Vec::new();
    for id in organizations {
        let Some(org) = services.store.find_org_by_id(&id).await? else { continue };
        match sign_head(services, &org).await {
            Ok((published, true)) => new.push((id, published)),
            Ok((_, false)) => {}
            Err(fault) => tracing::error!(org = org.slug(), ?fault, "no checkpoint could be signed"),
        }
    }
    if new.is_empty() { Ok(()) } else { keep(services, new).await }
}

/// The organizations whose logs grew since their last checkpoint.
pub(crate) async fn behind(services: &Services) -> Result<BTreeSet<OrgId>, Fault> {
    let work = |mut tx: Tx<Platform, Reads>| async move {
        let sql = platform_sql!(
            "SELECT h.org_id AS a FROM log_heads h WHERE NOT EXISTS \
             (SELECT 1 FROM log_checkpoints c WHERE c.org_id = h.org_id AND c.size = h.size)"
        );
        let behind = tx.fetch_all::<(OrgId,)>(sql, &[]).await;
        (tx, behind)
    };
    Ok(services.store.read(Platform, work).await??.into_iter().map(|(org,)| org).collect())
}

/// The last published checkpoint of the log.
pub(crate) async fn load_latest<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &VerifierKey) -> Result<Published, Fault> {
    let sql = org_sql!("SELECT note AS a FROM log_checkpoints WHERE org_id = :org ORDER BY size DESC LIMIT 1");
    let Some((note,)) = tx.fetch_optional::<(String,)>(sql, &[]).await? else {
        return Err(Fault::not_found("audit_logs.no_checkpoint", "This organization's log has no checkpoint yet."));
    };
    open(note, key)
}

/// The checkpoint published at exactly that size, if it was kept.
pub(crate) async fn find_at<M: Mode>(tx: &mut Tx<OneOrg, M>, size: u64) -> Result<Option<String>, StoreError> {
    let sql = org_sql!("SELECT note AS a FROM log_checkpoints WHERE org_id = :org AND size = :size");
    let found = tx.fetch_optional::<(String,)>(sql, args! { size: i64::try_from(size).unwrap_or(i64::MAX) }).await?;
    Ok(found.map(|(note,)| note))
}

/// The edge of the log.
pub(crate) async fn load_head<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<Frontier, Fault> {
    let sql = org_sql!("SELECT frontier AS a FROM log_heads WHERE org_id = :org");
    match tx.fetch_optional::<(Vec<u8>,)>(sql, &[]).await? {
        Some((bytes,)) => Frontier::from_bytes(&bytes).map_err(Fault::internal),
        None => Ok(Frontier::default()),
    }
}

/// Throw out what was superseded long ago.
pub(crate) async fn thin_out(services: &Services, org: &Org) -> Result<(), Fault> {
    const AT_ONCE: usize = 200;
    let now = services.clock.now();
    let work = |mut tx: Tx<OneOrg, Reads>| async move {
        let sql = org_sql!("SELECT size AS a, created_at AS b FROM log_checkpoints WHERE org_id = :org ORDER BY size");
        let rows = tx.fetch_all::<(i64, Timestamp)>(sql, &[]).await;
        (tx, rows)
    };
    let rows = services.store.read(OneOrg::new(org.clone()), work).await??;
    for sizes in superseded(&rows, now).chunks(AT_ONCE) {
        let sizes = Arc::new(sizes.to_vec());
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let sizes = sizes.clone();
            async move {
                match delete(&mut tx, &sizes).await {
                    Ok(()) => (tx, Decision::KeepUnrecorded(Ok(()), "others cover what superseded checkpoints said")),
                    Err(error) => (tx, Decision::Discard(Err(error))),
                }
            }
        };
        services.store.write(OneOrg::new(org.clone()), work).await??;
    }
    Ok(())
}

async fn delete(tx: &mut Tx<OneOrg, Writes>, sizes: &[i64]) -> Result<(), StoreError> {
    for size in sizes {
        tx.execute(org_sql!("DELETE FROM log_checkpoints WHERE org_id = :org AND size = :size"), args! { size: *size }).await?;
    }
    Ok(())
}

/// Of all checkpoints (ascending), the sizes of those to throw out: what is older than an hour and not the last of its hour, or
/// older than a month and not the last of its day.
fn superseded(checkpoints: &[(i64, Timestamp)], now: Timestamp) -> Vec<i64> {
    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    let mut later = None;
    let mut superseded = Vec::new();
    for (size, at) in checkpoints.iter().rev() {
        let age = now.as_secs().saturating_sub(at.as_secs());
        if age < HOUR {
            continue;
        }
        let span = if age < 31 * DAY { HOUR } else { DAY };
        let period = Some((span, at.as_secs().div_euclid(span)));
        if period == later {
            superseded.push(*size);
        }
        later = period;
    }
    superseded
}

/// The head with its signature, and whether that was made just now. A log without a key gets one.
async fn sign_head(services: &Services, org: &Org) -> Result<(Published, bool), Fault> {
    let mut found = read_head(services, org).await?;
    if found.0.is_none() {
        make_key(services, org).await?;
        found = read_head(services, org).await?;
    }
    let (key, head, known) = found;
    let key = key.ok_or_else(|| Fault::internal("the log's key was not kept"))?;
    if let Some(published) = known.and_then(|note| open(note, &key.verifier().ok()?).ok()) {
        return Ok((published, false));
    }
    let key = key.open(&services.master_keys, org.id())?;
    let signer = key.signer()?;
    let checkpoint = Checkpoint::new(signer.verifier().name(), head.size(), head.root(), services.clock.now());
    let note = checkpoint.sign(&signer).map_err(Fault::internal)?;
    Ok((Published { note, checkpoint }, true))
}

type KnownHead = (Option<LogKeyRow>, Frontier, Option<String>);

/// The key, the head, and the checkpoint at that size.
async fn read_head(services: &Services, org: &Org) -> Result<KnownHead, Fault> {
    let work = |mut tx: Tx<OneOrg, Reads>| async move {
        let known = load_known(&mut tx).await;
        (tx, known)
    };
    services.store.read(OneOrg::new(org.clone()), work).await?
}

async fn load_known(tx: &mut Tx<OneOrg, Reads>) -> Result<KnownHead, Fault> {
    let key = key::find(tx).await?;
    let head = load_head(tx).await?;
    let note = find_at(tx, head.size()).await?;
    Ok((key, head, note))
}

async fn make_key(services: &Services, org: &Org) -> Result<(), Fault> {
    let (org, issuer) = (org.id().clone(), services.issuer(org.slug()));
    let (master_keys, rng, now) = (services.master_keys.clone(), services.rng.clone(), services.clock.now());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (org, issuer, master_keys, rng) = (org.clone(), issuer.clone(), master_keys.clone(), rng.clone());
        async move {
            match key::generate_log_key(&mut tx, &master_keys, &*rng, &org, &issuer, now).await {
                Ok(()) => (tx, Decision::KeepUnrecorded(Ok(()), "the log's own key is part of the log")),
                Err(fault) => (tx, Decision::Discard(Err(fault))),
            }
        }
    };
    services.store.write(Platform, work).await?
}

async fn keep(services: &Services, new: Vec<(OrgId, Published)>) -> Result<(), Fault> {
    let (new, now) = (Arc::new(new), services.clock.now());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let new = new.clone();
        async move {
            match insert(&mut tx, &new, now).await {
                Ok(()) => (tx, Decision::KeepUnrecorded(Ok(()), "a checkpoint states what is in the log already")),
                Err(error) => (tx, Decision::Discard(Err(error))),
            }
        }
    };
    Ok(services.store.write(Platform, work).await??)
}

/// Two nodes may sign the same head; both notes are true, and one is kept.
async fn insert(tx: &mut Tx<Platform, Writes>, new: &[(OrgId, Published)], now: Timestamp) -> Result<(), StoreError> {
    let sql = platform_sql!(
        "INSERT INTO log_checkpoints (org_id, size, note, created_at) VALUES (:log, :size, :note, :now) \
         ON CONFLICT (org_id, size) DO UPDATE SET note = excluded.note, created_at = excluded.created_at"
    );
    for (org, published) in new {
        let size = i64::try_from(published.checkpoint.size).unwrap_or(i64::MAX);
        tx.execute(sql, args! { log: org, size: size, note: &published.note, now: now }).await?;
    }
    Ok(())
}

fn open(note: String, key: &VerifierKey) -> Result<Published, Fault> {
    let checkpoint = Checkpoint::open(&note, key).map_err(Fault::internal)?;
    Ok(Published { note, checkpoint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_checkpoints_grow_few() {
        let at = |hours: i64, minutes: i64| Timestamp::from_secs(1_795_420_800 + hours * 3600 + minutes * 60);
        let all = [(1, at(0, 0)), (2, at(0, 30)), (3, at(1, 0)), (4, at(1, 20)), (5, at(1, 40)), (6, at(2, 30))];
        assert_eq!(superseded(&all, at(0, 50)), [0_i64; 0]);
        assert_eq!(superseded(&all, at(2, 45)), [4, 3, 1]);
        let month_later = at(32 * 24, 0);
        assert_eq!(superseded(&all, month_later), [5, 4, 3, 2, 1]);
        assert_eq!(superseded(&[(1, at(0, 0)), (2, at(30, 0))], month_later), [0_i64; 0], "one a day stays for ever");
    }
}
