//! One connection in use.

use super::pool::{Client, Place};
use super::statement::{Prepared, as_sql, numbered, ordered};
use crate::{Arg, EventRow, StoreError, args};
use kernel::OrgId;
use std::collections::hash_map::Entry;
use std::pin::Pin;
use std::task::Poll;

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ";
const FENCE: &str = "SELECT set_config('lumoauth.org', :fence, false) AS a";
/// How many statements may leave before the first answer is awaited.
const PIPELINE: usize = 256;
const APPEND: &str = "INSERT INTO events (org_id, leaf, personal) VALUES (:event_org, :leaf, :personal)";

/// A connection taken from the pool. Dropped inside a transaction it is closed instead of given back, which rolls the
/// transaction back.
pub(crate) struct PgConnection {
    client: Option<Client>,
    fence: String,
    stage: Stage,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Statements stand alone.
    Single,
    /// The next statement opens a transaction.
    Due,
    /// A transaction is open, or may be.
    Open,
}

impl Drop for PgConnection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take().filter(|_| self.stage != Stage::Open) {
            self.place.give_back(client);
        }
    }
}

impl PgConnection {
    pub(super) fn new(client: Client, fence: &str, place: Place) -> Self {
        Self { client: Some(client), fence: fence.to_owned(), stage: Stage::Single, place }
    }

    pub(super) fn begin_with_first_statement(&mut self) {
        self.stage = Stage::Due;
    }

    pub(crate) async fn fetch(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        let prepared = self.prepare(text).await?;
        let values = ordered(prepared.names, org, args)?;
        let values = as_sql(&values);
        let opening = self.opening().await?;
        let client = self.client()?;
        let (opened, rows) = tokio::join!(biased; opening.send(client), client.link.query(&prepared.statement, &values));
        self.opened(opened?)?;
        Ok(rows?)
    }

    pub(crate) async fn execute(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<u64, StoreError> {
        let prepared = self.prepare(text).await?;
        let values = ordered(prepared.names, org, args)?;
        let values = as_sql(&values);
        let opening = self.opening().await?;
        let client = self.client()?;
        let (opened, count) = tokio::join!(biased; opening.send(client), client.link.execute(&prepared.statement, &values));
        self.opened(opened?)?;
        Ok(count?)
    }

    /// Statements that wait together leave together.
    pub(crate) async fn execute_each<const N: usize>(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        names: [&'static str; N],
        rows: &[[Arg<'_>; N]],
    ) -> Result<u64, StoreError> {
        let prepared = self.prepare(text).await?;
        let args: Vec<_> = rows.iter().map(|row| std::array::from_fn::<_, N, _>(|at| bound(&names, row, at))).collect();
        let values = args.iter().map(|row| ordered(prepared.names, org, row)).collect::<Result<Vec<_>, _>>()?;
        let values: Vec<_> = values.iter().map(|values| as_sql(values)).collect();
        let opening = self.opening().await?;
        self.opened(opening.send(self.client()?).await?)?;
        let client = self.client()?;
        let mut changed = 0;
        for values in values.chunks(PIPELINE) {
            let running = values.iter().map(|values| Box::pin(client.link.execute(&prepared.statement, values))).collect();
            for outcome in together(running).await {
                changed += outcome?;
            }
        }
        Ok(changed)
    }

    /// Append the event and commit, in one go: if the event can't be appended the server turns the commit into a rollback.
    pub(super) async fn commit(&mut self, event: Option<&EventRow>) -> Result<(), StoreError> {
        if let Some(event) = event {
            let args = args! { event_org: &event.org, leaf: &event.leaf, personal: &event.personal };
            let prepared = self.prepare(APPEND).await?;
            let values = ordered(prepared.names, None, args)?;
            let values = as_sql(&values);
            let opening = self.opening().await?;
            let client = self.client()?;
            let (opened, appended, ended) = tokio::join!(
                biased;
                opening.send(client),
                client.link.execute(&prepared.statement, &values),
                client.link.batch_execute("COMMIT"),
            );
            self.opened(opened?)?;
            ended?;
            self.stage = Stage::Single;
            appended?;
        } else if self.stage == Stage::Open {
            self.client()?.link.batch_execute("COMMIT").await?;
            self.stage = Stage::Single;
        }
        Ok(())
    }

    /// Roll back what is open. If that can't be said the connection will be closed, which comes to the same.
    pub(super) async fn roll_back(&mut self) {
        if self.stage != Stage::Open {
            self.stage = Stage::Single;
        } else if let Ok(client) = self.client()
            && client.link.batch_execute("ROLLBACK").await.is_ok()
        {
            self.stage = Stage::Single;
        }
    }

    /// Run schema changes, which may take their time and wait for as long as another node does the same. The connection is
    /// closed afterwards.
    pub(super) async fn change_schema(mut self, text: &str) -> Result<(), StoreError> {
        self.stage = Stage::Open;
        let text = format!("SET statement_timeout = 0; SET lock_timeout = 0; SET lumoauth.org = '*'; COMMIT; {text}");
        Ok(self.client()?.link.batch_execute(&text).await?)
    }

    fn client(&self) -> Result<&Client, StoreError> {
        self.client.as_ref().ok_or_else(no_connection)
    }

    async fn prepare(&mut self, text: &'static str) -> Result<Prepared, StoreError> {
        let client = self.client.as_mut().ok_or_else(no_connection)?;
        match client.statements.entry(text) {
            Entry::Occupied(known) => Ok(known.get().clone()),
            Entry::Vacant(unknown) => {
                let (text, names) = numbered(text);
                let statement = client.link.prepare(text).await?;
                Ok(unknown.insert(Prepared { statement, names }).clone())
            }
        }
    }

    /// What must be said before the next statement.
    async fn opening(&mut self) -> Result<Opening, StoreError> {
        let is_fenced = self.client()?.fence.as_ref() == Some(&self.fence);
        let fence = if is_fenced { None } else { Some((self.prepare(FENCE).await?, self.fence.clone())) };
        let begins = self.stage == Stage::Due;
        if begins {
            self.stage = Stage::Open;
        }
        if let Some(client) = self.client.as_mut().filter(|_| fence.is_some()) {
            // Unknown until the answer is here, should nobody wait for it.
            client.fence = None;
        }
        Ok(Opening { fence, begins })
    }

    fn opened(&mut self, fence: Option<String>) -> Result<(), StoreError> {
        let client = self.client.as_mut().ok_or_else(no_connection)?;
        if fence.is_some() {
            client.fence = fence;
        }
        Ok(())
    }
}

fn bound<'a, const N: usize>(names: &[&'static str; N], row: &'a [Arg<'a>; N], at: usize) -> (&'static str, Arg<'a>) {
    (names.get(at).copied().unwrap_or_default(), row.get(at).map_or(Arg::Null, Arg::borrowed))
}

/// Wait for all of them at once; the outcomes are in order.
async fn together<T>(mut running: Vec<Pin<Box<impl Future<Output = T>>>>) -> Vec<T> {
    let mut outcomes: Vec<Option<T>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, outcome) in running.iter_mut().zip(&mut outcomes).filter(|(_, outcome)| outcome.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *outcome = Some(value);
            }
        }
        if outcomes.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outcomes.into_iter().flatten().collect()
}

fn no_connection() -> StoreError {
    StoreError::Unavailable("no connection".to_owned())
}

/// What travels ahead of a statement: whose rows may be seen, and the beginning of a transaction.
struct Opening {
    fence: Option<(Prepared, String)>,
    begins: bool,
}

impl Opening {
    /// Send it. Returns the fence that is now certain, if one was set.
    async fn send(self, client: &Client) -> Result<Option<String>, StoreError> {
        let fence = async {
            let Some((prepared, fence)) = self.fence else { return Ok(None) };
            client.link.execute(&prepared.statement, &[&fence]).await?;
            Ok::<_, StoreError>(Some(fence))
        };
        let transaction = async { if self.begins { client.link.batch_execute(BEGIN).await } else { Ok(()) } };
        // In this order: set inside the transaction, a rollback would take it back.
        let (fence, opened) = tokio::join!(biased; fence, transaction);
        opened?;
        fence
    }
}
