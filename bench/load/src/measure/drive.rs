//! The closed loop (as fast as the server answers) and the open loop (at a given rate, whatever the server does).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use super::histogram::Histogram;
use super::pace::due;

/// Something that can make one complete request and judge the answer.
pub trait Client {
    /// One request and its answer. An answer that is not the expected one is an error, and ends the run.
    async fn exchange(&mut self) -> Result<()>;
}

/// How long a run takes. Nothing is counted while it warms up.
#[derive(Clone, Copy)]
pub struct Plan {
    pub warm_up: Duration,
    pub measured: Duration,
}

/// What a run found.
#[derive(Clone)]
pub struct Run {
    /// Answers per second over the measured time.
    pub rate: f64,
    /// All answers, those of the warm-up included.
    pub answers: u64,
    pub latency: Histogram,
}

struct Shared {
    latency: RefCell<Histogram>,
    answers: Cell<u64>,
    start: Instant,
    counted_from: Instant,
    end: Instant,
}

impl Shared {
    fn begin(plan: Plan) -> Rc<Self> {
        let start = Instant::now();
        let counted_from = start + plan.warm_up;
        Rc::new(Self {
            latency: RefCell::default(),
            answers: Cell::new(0),
            start,
            counted_from,
            end: counted_from + plan.measured,
        })
    }

    fn run(&self) -> Run {
        let latency = self.latency.borrow().clone();
        let rate = latency.count() as f64 / (self.end - self.counted_from).as_secs_f64();
        Run { rate, answers: self.answers.get(), latency }
    }
}

/// Lets every client send its next request as soon as it has its last answer. Latency is counted from the sending.
pub async fn closed<C: Client + 'static>(clients: Vec<C>, plan: Plan) -> Result<(Run, Vec<C>)> {
    let shared = Shared::begin(plan);
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let shared = shared.clone();
        tasks.spawn_local(async move {
            let mut sent = Instant::now();
            while sent < shared.end {
                client.exchange().await?;
                shared.answers.set(shared.answers.get() + 1);
                let answered = Instant::now();
                if sent >= shared.counted_from && answered <= shared.end {
                    shared.latency.borrow_mut().record(answered - sent);
                }
                sent = answered;
            }
            Ok(client)
        });
    }
    let clients = finish(tasks).await?;
    Ok((shared.run(), clients))
}

/// Sends `per_second` evenly spaced requests, each by the first free client. Latency is counted from the moment a request
/// was due, not from when a client was free to send it, so a stall of the server is charged to every request it delayed.
/// Timers fire on whole milliseconds: up to one millisecond of each latency is the generator's own.
pub async fn open<C: Client + 'static>(clients: Vec<C>, per_second: u64, plan: Plan) -> Result<(Run, Vec<C>)> {
    const GRACE: Duration = Duration::from_secs(10);
    let shared = Shared::begin(plan);
    let next_ticket = Rc::new(Cell::new(0));
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let (shared, next_ticket) = (shared.clone(), next_ticket.clone());
        tasks.spawn_local(async move {
            loop {
                let ticket = next_ticket.get();
                next_ticket.set(ticket + 1);
                let due = shared.start + due(ticket, per_second);
                if due >= shared.end {
                    return Ok(client);
                }
                if due > Instant::now() {
                    tokio::time::sleep_until(due.into()).await;
                }
                client.exchange().await?;
                shared.answers.set(shared.answers.get() + 1);
                let answered = Instant::now();
                ensure!(answered < shared.end + GRACE, "{per_second} requests a second are more than the server can answer");
                if due >= shared.counted_from {
                    shared.latency.borrow_mut().record(answered - due);
                }
            }
        });
    }
    let clients = finish(tasks).await?;
    Ok((shared.run(), clients))
}

/// Waits for all clients; the first failure stops the others.
async fn finish<C: 'static>(mut tasks: JoinSet<Result<C>>) -> Result<Vec<C>> {
    let mut clients = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        clients.push(ended??);
    }
    Ok(clients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::LocalSet;

    struct Failing(u32);

    impl Client for Failing {
        async fn exchange(&mut self) -> Result<()> {
            tokio::task::yield_now().await;
            self.0 += 1;
            ensure!(self.0 < 5, "refused");
            Ok(())
        }
    }

    #[tokio::test]
    async fn one_wrong_answer_ends_the_run() {
        let plan = Plan { warm_up: Duration::from_hours(1), measured: Duration::from_hours(1) };
        let ended = LocalSet::new().run_until(closed(vec![Failing(0), Failing(0)], plan)).await;
        assert_eq!(ended.err().map(|error| error.to_string()), Some("refused".to_owned()));
        let ended = LocalSet::new().run_until(open(vec![Failing(0)], u64::MAX, plan)).await;
        assert_eq!(ended.err().map(|error| error.to_string()), Some("refused".to_owned()));
    }
}
