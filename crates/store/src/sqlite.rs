//! Embedded SQLite: readers inline on whatever thread asks, and one writer that commits in groups.
//!
//! Each writing operation runs in a savepoint of one open transaction on the writer's thread; answers are released after the
//! shared `fsync` (`synchronous=FULL`). Under load many operations share one commit; alone, one has its own.

use crate::start::AfterCommit;
use crate::tx::{Connection, Decision, Tx, Writes};
use crate::{Arg, FromRow, Reads, Row, Scope, StoreError};
use crossbeam_queue::ArrayQueue;
use kernel::OrgId;
use rusqlite::{OpenFlags, Statement};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Most operations that share one commit.
const GROUP: usize = 512;
/// Operations that may wait for the writer; beyond it callers are told to come back.
const QUEUE: usize = 16_384;
/// Idle read connections kept.
const READERS: usize = 32;

pub(crate) struct Sqlite {
    path: PathBuf,
    readers: ArrayQueue<SqliteConnection>,
    queue: Option<SyncSender<Box<dyn Work>>>,
    writer: Option<JoinHandle<()>>,
    after: Arc<AfterCommit>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, after: Arc<AfterCommit>) -> Result<Self, StoreError> {
        let connection = SqliteConnection::open(path, true)?;
        let (queue, work) = sync_channel(QUEUE);
        let writer_path = path.to_owned();
        let writer = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_in_groups(&writer_path, connection, &work))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Self { path: path.to_owned(), readers: ArrayQueue::new(READERS), queue: Some(queue), writer: Some(writer), after })
    }

    pub(crate) async fn read<S, T, F, Fut>(&self, scope: S, work: F) -> Result<T, StoreError>
    where
        S: Scope,
        F: Fn(Tx<S, Reads>) -> Fut,
        Fut: Future<Output = (Tx<S, Reads>, T)> + Send,
    {
        let mut connection = self.readers.pop().map_or_else(|| SqliteConnection::open(&self.path, false), Ok)?;
        connection.batch("BEGIN")?;
        let (tx, outcome) = work(Tx::new(Connection::Sqlite(connection), scope)).await;
        if let Connection::Sqlite(mut connection) = tx.connection {
            connection.batch("COMMIT")?;
            drop(self.readers.push(connection));
        }
        Ok(outcome)
    }

    pub(crate) async fn write<S, T, F, Fut>(&self, scope: S, work: F) -> Result<T, StoreError>
    where
        S: Scope,
        T: Send + 'static,
        F: Fn(Tx<S, Writes>) -> Fut + Send + 'static,
        Fut: Future<Output = (Tx<S, Writes>, Decision<T>)> + Send,
    {
        let (sender, receiver) = oneshot::channel();
        let item = Item {
            scope: Some(scope),
            work,
            outcome: None,
            touched: Vec::new(),
            has_jobs: false,
            sender,
            after: self.after.clone(),
        };
        let queue = self.queue.as_ref().ok_or_else(stopping)?;
        queue.try_send(Box::new(item)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Unavailable("too many writes are waiting".to_owned()),
            TrySendError::Disconnected(_) => stopping(),
        })?;
        receiver.await.map_err(|_| stopping())?
    }

    pub(crate) fn migrate(&self, text: &str) -> Result<(), StoreError> {
        SqliteConnection::open(&self.path, true)?.migrate(text)
    }

    /// Move what the write-ahead log holds into the database file, without holding up the writer.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        let mut connection = SqliteConnection::open(&self.path, true)?;
        connection.batch("PRAGMA wal_checkpoint(PASSIVE)")
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

fn stopping() -> StoreError {
    StoreError::Unavailable("the store is stopping".to_owned())
}

/// One queued operation, its types erased.
trait Work: Send {
    /// Run it in a savepoint. `None` if the connection was lost on the way.
    fn perform(&mut self, connection: SqliteConnection) -> Option<SqliteConnection>;
    /// Hand back the result, once it is known whether the group was committed.
    fn answer(self: Box<Self>, committed: Result<(), &str>);
}

struct Item<S: Scope, T, F> {
    scope: Option<S>,
    work: F,
    outcome: Option<Result<T, StoreError>>,
    touched: Vec<crate::Topic>,
    has_jobs: bool,
    sender: oneshot::Sender<Result<T, StoreError>>,
    after: Arc<AfterCommit>,
}

impl<S, T, F, Fut> Work for Item<S, T, F>
where
    S: Scope,
    T: Send + 'static,
    F: Fn(Tx<S, Writes>) -> Fut + Send,
    Fut: Future<Output = (Tx<S, Writes>, Decision<T>)> + Send,
{
    fn perform(&mut self, mut connection: SqliteConnection) -> Option<SqliteConnection> {
        let scope = self.scope.take()?;
        if let Err(error) = connection.batch("SAVEPOINT operation") {
            self.outcome = Some(Err(error));
            return Some(connection);
        }
        let finished = poll_once((self.work)(Tx::new(Connection::Sqlite(connection), scope)))?;
        let (mut tx, decision) = finished;
        let (outcome, keep) = match (decision, tx.state.failed.take()) {
            (Decision::Discard(value), _) => (Ok(value), false),
            (Decision::Keep(..) | Decision::KeepUnrecorded(..), Some(failure)) => (Err(StoreError::Driver(failure)), false),
            (Decision::KeepUnrecorded(value, _), None) => (Ok(value), true),
            (Decision::Keep(value, event), None) => match poll_once(tx.append_event(&event))? {
                Ok(()) => (Ok(value), true),
                Err(error) => (Err(error), false),
            },
        };
        if keep {
            self.touched = std::mem::take(&mut tx.state.touched);
            self.has_jobs = tx.state.has_jobs;
        }
        let Connection::Sqlite(mut connection) = tx.connection else { return None };
        let closing = if keep { "RELEASE operation" } else { "ROLLBACK TO operation" };
        let closed = connection.batch(closing).and_then(|()| if keep { Ok(()) } else { connection.batch("RELEASE operation") });
        self.outcome = Some(closed.and(outcome));
        Some(connection)
    }

    fn answer(self: Box<Self>, committed: Result<(), &str>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(StoreError::Driver("the operation did not finish".to_owned())),
            (Err(error), _) => Err(StoreError::Driver(error.to_owned())),
        };
        if outcome.is_ok() {
            self.after.committed(&self.touched, self.has_jobs);
        }
        drop(self.sender.send(outcome));
    }
}

/// Run a future that only ever waits for SQLite, which never makes it wait. One that waits for anything else has no business in
/// a transaction and is dropped, with its connection.
fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => {
            tracing::error!("an operation waited for something outside the database inside its transaction");
            None
        }
    }
}

fn write_in_groups(path: &Path, connection: SqliteConnection, queue: &Receiver<Box<dyn Work>>) {
    let mut connection = Some(connection);
    while let Ok(first) = queue.recv() {
        let mut group = Vec::with_capacity(GROUP);
        let mut next = Some(first);
        let mut open = connection.take().map_or_else(|| SqliteConnection::open(path, true), Ok).and_then(|mut connection| {
            connection.batch("BEGIN IMMEDIATE")?;
            Ok(connection)
        });
        while let Some(mut work) = next.take() {
            open = open.and_then(|connection| {
                catch_unwind(AssertUnwindSafe(|| work.perform(connection)))
                    .ok()
                    .flatten()
                    .ok_or_else(|| StoreError::Driver("an operation lost the connection".to_owned()))
            });
            group.push(work);
            if open.is_ok() && group.len() < GROUP {
                next = queue.try_recv().ok();
            }
        }
        let committed = open.and_then(|mut open| {
            open.batch("COMMIT")?;
            connection = Some(open);
            Ok(())
        });
        if let Err(error) = &committed {
            tracing::error!(%error, "a group of {} operations was not committed", group.len());
        }
        let failure = committed.err().map(|error| error.to_string());
        for work in group {
            work.answer(failure.as_deref().map_or(Ok(()), Err));
        }
    }
}

/// A connection and its cached statements.
pub(crate) struct SqliteConnection(rusqlite::Connection);

impl SqliteConnection {
    fn open(path: &Path, writes: bool) -> Result<Self, StoreError> {
        let access = if writes {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let connection = rusqlite::Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(512);
        if writes {
            connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=268435456")?;
        }
        connection.execute_batch(
            "PRAGMA foreign_keys=ON; PRAGMA cache_size=-8192; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY",
        )?;
        Ok(Self(connection))
    }

    pub(crate) fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(text)?;
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }

    pub(crate) fn migrate(&mut self, text: &str) -> Result<(), StoreError> {
        Ok(self.0.execute_batch(text)?)
    }

    pub(crate) fn fetch<T: FromRow>(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.0.prepare_cached(text)?;
        bind(&mut statement, org, args)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(T::from_row(&Row::Sqlite(row))?);
        }
        Ok(found)
    }

    pub(crate) fn execute(
        &mut self,
        text: &'static str,
        org: Option<&OrgId>,
        args: &[(&'static str, Arg<'_>)],
    ) -> Result<u64, StoreError> {
        let mut statement = self.0.prepare_cached(text)?;
        bind(&mut statement, org, args)?;
        Ok(statement.raw_execute()? as u64)
    }
}

fn bind(statement: &mut Statement<'_>, org: Option<&OrgId>, args: &[(&'static str, Arg<'_>)]) -> Result<(), StoreError> {
    let mut bound = 0;
    for (name, value) in args {
        let index = statement.parameter_index(name)?.ok_or_else(|| StoreError::Driver(format!("the statement has no {name}")))?;
        statement.raw_bind_parameter(index, value)?;
        bound += 1;
    }
    if let Some(org) = org
        && let Some(index) = statement.parameter_index(":org")?
    {
        statement.raw_bind_parameter(index, org.as_str())?;
        bound += 1;
    }
    if bound == statement.parameter_count() {
        return Ok(());
    }
    Err(StoreError::Driver(format!("{bound} of {} parameters were bound", statement.parameter_count())))
}
