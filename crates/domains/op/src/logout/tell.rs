//! Sessions ended: one logout token for each client that took part and wants one, each a job of its own.

use super::deliver::DeliverLogout;
use super::deliveries::{self, NewDelivery};
use crate::clients::{self, Client};
use flow::{Job, Services};
use identity::sessions::Ended;
use kernel::{ClientId, EventKind, Fault, JobId, Record, Severity, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Decision, OneOrg, Org, Tx, Writes, args, org_sql, rows};
use url::Url;

/// Rows of one transaction.
const BATCH: u32 = 200;

const QUEUED: EventKind = EventKind {
    name: "logout_tokens.queued",
    severity: Severity::Info,
    summary: "Sessions ended, and the clients that took part in them are being told.",
};
const NOT_QUEUED: EventKind = EventKind {
    name: "logout_tokens.not_queued",
    severity: Severity::Error,
    summary: "Sessions ended, and the clients that took part in them could not be told.",
};

/// The job.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TellClients(Ended);

impl Job for TellClients {
    const KIND: &'static str = Ended::KIND;

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let mut queued = 0_u64;
        loop {
            let marked = find_marked(services, org).await?;
            let is_last = marked.len() < BATCH as usize;
            queued += queue(services, org, marked).await?;
            if is_last {
                return Ok(Record::new(&QUEUED).public("count", queued));
            }
        }
    }

    fn given_up(&self) -> Record {
        Record::new(&NOT_QUEUED)
    }
}

rows! {
    /// A client that took part in a session that ended.
    #[derive(Clone, Debug)]
    struct Marked { sid: String, client_id: ClientId, user_id: UserId }
}

async fn find_marked(services: &Services, org: &Org) -> Result<Vec<Marked>, Fault> {
    let work = |mut tx: Tx<OneOrg, store::Reads>| async move {
        let sql = org_sql!(
            "SELECT sid, client_id, user_id FROM session_clients WHERE org_id = :org AND ended_at > 0
             LIMIT :batch"
        );
        let rows = tx.fetch_all::<Marked>(sql, args! { batch: BATCH }).await;
        (tx, rows)
    };
    Ok(services.store.read(OneOrg::new(org.clone()), work).await??)
}

/// Take the marks away, and queue a job for each client that takes logout tokens; returns how many.
async fn queue(services: &Arc<Services>, org: &Org, marked: Vec<Marked>) -> Result<u64, Fault> {
    let mut lanes: HashMap<ClientId, Option<String>> = HashMap::new();
    for client in marked.iter().map(|row| &row.client_id) {
        if !lanes.contains_key(client) {
            let found = clients::find(services, org, client).await?;
            lanes.insert(client.clone(), found.as_deref().and_then(lane));
        }
    }
    let (shared, now) = (services.clone(), services.clock.now());
    let (marked, lanes) = (Arc::new(marked), Arc::new(lanes));
    let work = move |mut tx: Tx<OneOrg, Writes>| {
        let (services, marked, lanes) = (shared.clone(), marked.clone(), lanes.clone());
        async move {
            let mut queued = 0;
            for row in marked.iter() {
                match take(&mut tx, &services, row, lanes.get(&row.client_id).and_then(Option::as_deref), now).await {
                    Ok(is_queued) => queued += u64::from(is_queued),
                    Err(fault) => return (tx, Decision::Discard(Err(fault))),
                }
            }
            (tx, Decision::KeepUnrecorded(Ok(queued), "the job that queues the others records its end"))
        }
    };
    services.store.write(OneOrg::new(org.clone()), work).await?
}

async fn take(
    tx: &mut Tx<OneOrg, Writes>,
    services: &Services,
    row: &Marked,
    lane: Option<&str>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = org_sql!(
        "DELETE FROM session_clients WHERE org_id = :org AND sid = :sid AND client_id = :client AND ended_at IS NOT NULL"
    );
    let is_ours = tx.execute(sql, args! { sid: &row.sid, client: &row.client_id }).await? == 1;
    let Some(lane) = lane.filter(|_| is_ours) else { return Ok(false) };
    let id = JobId::new(now, &*services.rng);
    let new = NewDelivery { id: &id, client: &row.client_id, user: &row.user_id, sid: &row.sid };
    deliveries::insert(tx, &new, now).await?;
    let job = DeliverLogout { delivery: id.clone(), client: row.client_id.clone(), user: row.user_id.clone() };
    let payload = serde_json::to_string(&job).map_err(Fault::internal)?;
    let org = tx.org().id().clone();
    tx.enqueue_in_lane(lane, &org, &id, DeliverLogout::KIND, &payload, now).await?;
    Ok(true)
}

/// Where the client takes logout tokens: host and port; `None` if it takes none.
fn lane(client: &Client) -> Option<String> {
    let uri = Url::parse(client.metadata.backchannel_logout_uri.as_deref().filter(|_| client.is_active())?).ok()?;
    Some(format!("{}:{}", uri.host_str()?, uri.port_or_known_default()?))
}
