//! Many sessions of many people, to see what they cost in memory.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;

use super::login::Login;
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::{Connection, Credentials};

/// Sessions of one person: more than anybody has, few enough that no limit per person is met.
const PER_PERSON: u64 = 100;
const PASSWORD: &str = "grey otter counts nine lanterns";

/// Signs in `total` times, spread over as many people as that takes, on `connections` connections.
pub async fn create(server: &Server, total: u64, connections: usize) -> Result<()> {
    let people = total.div_ceil(PER_PERSON);
    each(server, people, connections, async |server, number| enrol(&server, number).await).await?;
    each(server, people, connections, async move |server, number| {
        let mut login = Login::one(&server, person(number))?;
        for _ in 0..PER_PERSON.min(total - number * PER_PERSON) {
            login.exchange().await?;
        }
        Ok(())
    })
    .await
}

#[derive(Deserialize)]
struct Count {
    data: Sessions,
}

#[derive(Deserialize)]
struct Sessions {
    count: u64,
}

/// How many sessions the organization has, by its own count.
pub async fn count(server: &Server) -> Result<u64> {
    let counted: Count = server.administer("admin/sessions/count").await?;
    Ok(counted.data.count)
}

/// Runs `work` for every number below `count`, at most `workers` at once.
async fn each<W>(server: &Server, count: u64, workers: usize, work: W) -> Result<()>
where
    W: AsyncFn(Server, u64) -> Result<()> + 'static,
{
    let (next, work) = (Rc::new(Cell::new(0)), Rc::new(work));
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        let (next, work, server) = (next.clone(), work.clone(), server.clone());
        tasks.spawn_local(async move {
            while next.get() < count {
                let number = next.replace(next.get() + 1);
                work(server.clone(), number).await?;
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn enrol(server: &Server, number: u64) -> Result<()> {
    let person = person(number);
    let body = json!({ "email": person.identifier, "password": person.password, "emailVerified": true }).to_string();
    let request = server.origin.post_json(&server.api("admin/users"), &server.api_key(), &body);
    let mut connection = Connection::new(server.origin.address());
    let reply = connection.exchange(&request).await?;
    if reply.status != 409 {
        reply.expect(201).context("creating a user")?;
    }
    Ok(())
}

fn person(number: u64) -> Credentials {
    Credentials { identifier: format!("person-{number}@bench.example.com"), password: PASSWORD.to_owned() }
}
