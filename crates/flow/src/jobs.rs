//! Work that follows a commit: mail, notifications. Queued in the transaction of what causes it, so it happens if and only if
//! that was committed; tried again with growing pauses until it succeeds or is given up, and either end is recorded.
//!
//! Several jobs run at once. Those that reach outside travel in lanes, one per place they go to, and only a few of a lane run at a
//! time: a place that is slow or dead holds up nothing but what goes there.

mod crew;

use crate::record::{Circumstances, event_row};
use crate::{BoxFuture, Incoming, Services};
use crew::Crew;
use kernel::{Actor, Fault, OrgId, Record, Timestamp};
use ledger::leaf::Outcome;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::{Decision, EventRow, Org, Platform, StoreError, Tx, Writes, args, platform_sql, rows};

/// How long a worker may keep a job before another takes it over.
const LEASE: Duration = Duration::from_mins(2);
/// Tries before a job is given up: the last comes about a day after the first.
pub const ATTEMPTS: i64 = 14;

/// A kind of job; the value is its payload.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// `mail.send`.
    const KIND: &'static str;
    /// Do it. It may reach outside, and must bear being done twice.
    ///
    /// # Errors
    /// It will be tried again later.
    fn perform(self, services: &Arc<Services>, org: &Org) -> impl Future<Output = Result<Record, Fault>> + Send;
    /// What is recorded when it is given up.
    fn given_up(&self) -> Record;
}

type Perform = Box<dyn Fn(Arc<Services>, Org, String) -> BoxFuture<'static, (Record, Result<(), Fault>)> + Send + Sync>;

/// The kinds of jobs this server knows.
#[derive(Default)]
pub struct Jobs(HashMap<&'static str, Perform>);

impl Jobs {
    /// Add a kind.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        self.0.insert(
            J::KIND,
            Box::new(|services, org, payload| {
                Box::pin(async move {
                    let job: J = match serde_json::from_str(&payload) {
                        Ok(job) => job,
                        Err(error) => return (Record::new(&crate::record::FAILED), Err(Fault::internal(error))),
                    };
                    let given_up = job.given_up();
                    match job.perform(&services, &org).await {
                        Ok(record) => (record, Ok(())),
                        Err(fault) => (given_up, Err(fault)),
                    }
                })
            }),
        );
        self
    }

    /// Work until the process ends: as soon as a job is queued here, and now and then for those queued elsewhere or due later.
    pub async fn work(self, services: Arc<Services>) {
        let (jobs, mut crew) = (Arc::new(self), Crew::default());
        loop {
            match crew.claim(&services).await {
                Ok(Some(job)) => crew.begin(job.lane.clone(), jobs.clone().see_through(services.clone(), job)),
                Ok(None) => crew.wait(&services).await,
                Err(fault) => {
                    tracing::error!(?fault, "the job worker stumbled");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Do one job that is due; `false` if there was none.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn work_once(&self, services: &Arc<Services>) -> Result<bool, Fault> {
        let Some(job) = claim(services, String::new()).await? else { return Ok(false) };
        self.run(services, job).await?;
        Ok(true)
    }

    async fn see_through(self: Arc<Self>, services: Arc<Services>, job: JobRow) {
        if let Err(fault) = self.run(&services, job).await {
            tracing::error!(?fault, "how a job ended could not be noted; it will be done again");
        }
    }

    async fn run(&self, services: &Arc<Services>, job: JobRow) -> Result<(), Fault> {
        let org = services.store.find_org_by_id(&job.org_id).await?;
        let (record, outcome) = match (org, self.0.get(job.kind.as_str())) {
            (Some(org), Some(perform)) => within_lease(perform(services.clone(), org, job.payload.clone())).await,
            _ => failed(Fault::internal("nobody knows this job or its organization")),
        };
        let now = services.clock.now();
        match outcome {
            Ok(()) => finish(services, &job, row(services, &job.org_id, now, record, Outcome::Success)).await,
            Err(fault) if job.attempts >= ATTEMPTS => {
                tracing::error!(kind = job.kind, ?fault, "a job was given up");
                give_up(services, &job, row(services, &job.org_id, now, record, Outcome::Failed), now, &fault).await
            }
            Err(fault) => {
                tracing::warn!(kind = job.kind, attempts = job.attempts, ?fault, "a job will be tried again");
                postpone(services, &job, now, &fault).await
            }
        }
    }
}

/// Perform a job in a task of its own, so that one that panics or never ends doesn't take the worker with it.
async fn within_lease(job: BoxFuture<'static, (Record, Result<(), Fault>)>) -> (Record, Result<(), Fault>) {
    let mut task = tokio::spawn(job);
    match tokio::time::timeout(LEASE, &mut task).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(broken)) => failed(Fault::internal(broken)),
        Err(_) => {
            task.abort();
            failed(Fault::unavailable("the job took too long"))
        }
    }
}

fn failed(fault: Fault) -> (Record, Result<(), Fault>) {
    (Record::new(&crate::record::FAILED), Err(fault))
}

rows! {
    /// A claimed job.
    #[derive(Clone)]
    struct JobRow { id: String, org_id: OrgId, lane: String, kind: String, payload: String, attempts: i64 }
}

/// Take up the job that has been due for longest, but none of the lanes in `busy`; see [`Crew::busy`].
async fn claim(services: &Services, busy: String) -> Result<Option<JobRow>, Fault> {
    let now = services.clock.now();
    let work = move |mut tx: Tx<Platform, Writes>| {
        let busy = busy.clone();
        async move {
            let sql = platform_sql!(
                "UPDATE jobs SET run_at = :lease, attempts = attempts + 1 WHERE id = \
                 (SELECT id FROM jobs WHERE run_at <= :now AND failed_at IS NULL \
                  AND (lane = '' OR (:busy <> '*' AND replace(:busy, '|' || lane || ';', '') = :busy)) ORDER BY run_at LIMIT 1) \
                 RETURNING id, org_id, lane, kind, payload, attempts"
            );
            let job = tx.fetch_optional::<JobRow>(sql, args! { lease: now.plus(LEASE), now: now, busy: &busy }).await;
            (tx, Decision::KeepUnrecorded(job, "taking up a job is no event; its end is"))
        }
    };
    Ok(services.store.write(Platform, work).await??)
}

async fn finish(services: &Services, job: &JobRow, row: EventRow) -> Result<(), Fault> {
    let id = job.id.clone();
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (id, row) = (id.clone(), row.clone());
        async move {
            let deleted = tx.execute(platform_sql!("DELETE FROM jobs WHERE id = :id"), args! { id: &id }).await;
            (tx, ended(deleted, row))
        }
    };
    Ok(services.store.write(Platform, work).await??)
}

async fn give_up(services: &Services, job: &JobRow, row: EventRow, now: Timestamp, fault: &Fault) -> Result<(), Fault> {
    let (id, attempts, error) = (job.id.clone(), job.attempts, format!("{fault:?}"));
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (id, row, error) = (id.clone(), row.clone(), error.clone());
        async move {
            let sql =
                platform_sql!("UPDATE jobs SET failed_at = :now, last_error = :error WHERE id = :id AND attempts = :attempts");
            let updated = tx.execute(sql, args! { now: now, error: &error, id: &id, attempts: attempts }).await;
            // Another worker has taken it over meanwhile: then it has not ended.
            let is_ours = !matches!(updated, Ok(0));
            (tx, if is_ours { ended(updated, row) } else { Decision::Discard(Ok(())) })
        }
    };
    Ok(services.store.write(Platform, work).await??)
}

async fn postpone(services: &Services, job: &JobRow, now: Timestamp, fault: &Fault) -> Result<(), Fault> {
    let doublings = u32::try_from(job.attempts.clamp(0, 12)).unwrap_or(12);
    let next = now.plus(Duration::from_secs(5 * 2_u64.pow(doublings)));
    let (id, attempts, error) = (job.id.clone(), job.attempts, format!("{fault:?}"));
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (id, error) = (id.clone(), error.clone());
        async move {
            let sql =
                platform_sql!("UPDATE jobs SET run_at = :next, last_error = :error WHERE id = :id AND attempts = :attempts");
            let updated = tx.execute(sql, args! { next: next, error: &error, id: &id, attempts: attempts }).await;
            (tx, Decision::KeepUnrecorded(updated, "a job that is tried again has not ended"))
        }
    };
    services.store.write(Platform, work).await??;
    Ok(())
}

fn ended(changed: Result<u64, StoreError>, row: EventRow) -> Decision<Result<(), StoreError>> {
    match changed {
        Ok(_) => Decision::Keep(Ok(()), row),
        Err(error) => Decision::Discard(Err(error)),
    }
}

fn row(services: &Services, org: &OrgId, now: Timestamp, record: Record, outcome: Outcome) -> EventRow {
    let request = Incoming::default();
    let of = Circumstances { org, actor: &Actor::System("jobs"), now, request: &request };
    event_row(services, &of, record, outcome)
}
