//! Words for people who were there before words were kept.

use super::words::{self, Spoken};
use flow::{Job, Services};
use kernel::{EventKind, Fault, JobId, Record, Severity, UserId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use store::{Decision, Mode, OneOrg, Org, Tx, Writes, args, org_sql, rows};

/// People who get their words in one transaction.
const BATCH: u32 = 200;
/// How long a job goes on before it leaves the rest to another one.
const STINT: Duration = Duration::from_mins(1);

rows! {
    struct Wordless {
        id: UserId,
        email: String,
        username: Option<String>,
        name: Option<String>,
        given_name: Option<String>,
        family_name: Option<String>,
        phone_number: Option<String>,
    }
}

/// Whether there are people who can't be found by their words yet.
pub(crate) async fn is_left<M: Mode>(tx: &mut Tx<OneOrg, M>) -> Result<bool, Fault> {
    Ok(!list(tx, 1).await?.is_empty())
}

async fn list<M: Mode>(tx: &mut Tx<OneOrg, M>, most: u32) -> Result<Vec<Wordless>, Fault> {
    let sql = org_sql!(
        "SELECT id, email, username, name, given_name, family_name, phone_number FROM users
         WHERE org_id = :org AND id > '' AND has_words = 0 ORDER BY id LIMIT :most"
    );
    Ok(tx.fetch_all(sql, args! { most: most }).await?)
}

/// The job: give everybody their words, some at a time, wherever an earlier one left off.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GiveWords {}

const GIVEN: EventKind =
    EventKind { name: "users.words_given", severity: Severity::Info, summary: "Users were made searchable by their words." };
const GIVEN_UP: EventKind = EventKind {
    name: "users.words_given_up",
    severity: Severity::Warning,
    summary: "Users could not be made searchable by their words.",
};

impl Job for GiveWords {
    const KIND: &'static str = "users.words";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let end = services.clock.now().plus(STINT);
        let mut count = 0_u64;
        loop {
            let given = give_some(services, org).await?;
            count += given;
            if given < u64::from(BATCH) {
                return Ok(Record::new(&GIVEN).public("count", count));
            }
            if services.clock.now() > end {
                leave_the_rest(services, org, &self).await?;
                return Ok(Record::new(&GIVEN).public("count", count));
            }
        }
    }

    fn given_up(&self) -> Record {
        Record::new(&GIVEN_UP)
    }
}

async fn give_some(services: &Services, org: &Org) -> Result<u64, Fault> {
    let work = |mut tx: Tx<OneOrg, Writes>| async move {
        let given = give(&mut tx).await;
        (tx, Decision::KeepUnrecorded(given, "the end of the job is an event"))
    };
    services.store.write(OneOrg::new(org.clone()), work).await?
}

async fn give(tx: &mut Tx<OneOrg, Writes>) -> Result<u64, Fault> {
    let people = list(tx, BATCH).await?;
    for person in &people {
        let spoken = Spoken {
            email: &person.email,
            username: person.username.as_deref(),
            name: person.name.as_deref(),
            given_name: person.given_name.as_deref(),
            family_name: person.family_name.as_deref(),
            phone_number: person.phone_number.as_deref(),
        };
        words::replace(tx, &person.id, spoken).await?;
    }
    Ok(people.len() as u64)
}

async fn leave_the_rest(services: &Services, org: &Org, job: &GiveWords) -> Result<(), Fault> {
    let now = services.clock.now();
    let id = JobId::new(now, &*services.rng);
    let payload = serde_json::to_string(job).map_err(Fault::internal)?;
    let work = move |mut tx: Tx<OneOrg, Writes>| {
        let (id, payload) = (id.clone(), payload.clone());
        async move {
            let org = tx.org().id().clone();
            let queued = tx.enqueue(&org, &id, GiveWords::KIND, &payload, now).await;
            (tx, Decision::KeepUnrecorded(queued, "the end of the job is an event"))
        }
    };
    Ok(services.store.write(OneOrg::new(org.clone()), work).await??)
}
