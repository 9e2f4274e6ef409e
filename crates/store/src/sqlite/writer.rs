//! The writer's thread: one transaction for a group of operations, a savepoint for each of them.

use super::checkpoint::Checkpointer;
use super::connection::{Home, SqliteConnection};
use crate::start::AfterCommit;
use crate::tx::{Connection, Decision, Tx, Work};
use crate::{Scope, StoreError, Topic};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::oneshot;

/// Most operations that share one commit.
const GROUP: usize = 512;
/// How often an idle writer looks whether another process has changed the file.
const LOOK: Duration = Duration::from_secs(1);
/// After so many operations the log is moved into the file, beside the writer.
const CHECKPOINT: usize = 2048;

pub(super) struct Writer {
    path: PathBuf,
    connection: Option<SqliteConnection>,
    /// Where the connection goes when an operation drops it on the way.
    home: Home,
    /// The file's version as of the last look; our own commits don't change it.
    version: i64,
    /// Operations since the last checkpoint.
    written: usize,
    checkpointer: Checkpointer,
    after: Arc<AfterCommit>,
}

impl Writer {
    pub(super) fn open(path: &Path, checkpointer: Checkpointer, after: Arc<AfterCommit>) -> Result<Self, StoreError> {
        let home = Home::default();
        let mut connection = SqliteConnection::open_at(path, &home)?;
        let version = connection.version()?;
        Ok(Self { path: path.to_owned(), connection: Some(connection), home, version, written: 0, checkpointer, after })
    }

    /// Write until nobody can ask for it any more.
    pub(super) fn run(mut self, queue: &Receiver<Box<dyn Queued>>) {
        loop {
            match queue.recv_timeout(LOOK) {
                Ok(first) => self.write_group(first, queue),
                Err(RecvTimeoutError::Timeout) => self.look_at_others(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn write_group(&mut self, first: Box<dyn Queued>, queue: &Receiver<Box<dyn Queued>>) {
        let mut group = Vec::new();
        let mut next = Some(first);
        let mut open = self.begin();
        while let Some(mut work) = next.take() {
            open = open.and_then(|connection| self.perform(connection, work.as_mut()));
            group.push(work);
            if open.is_ok() && group.len() < GROUP {
                next = queue.try_recv().ok();
            }
        }
        let committed = open.and_then(|mut connection| {
            connection.batch("COMMIT")?;
            self.connection = Some(connection);
            Ok(())
        });
        if let Err(error) = &committed {
            tracing::error!(%error, "a group of {} operations was not committed", group.len());
        }
        self.after_group(group.len());
        for work in group {
            work.answer(&committed, &self.after);
        }
    }

    /// Open a transaction, on a new connection if the last was lost.
    fn begin(&mut self) -> Result<SqliteConnection, StoreError> {
        let mut connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            // An operation may still hold the lost one; it must not come back.
            self.home = Home::default();
            SqliteConnection::open_at(&self.path, &self.home)?
        };
        connection.batch("BEGIN IMMEDIATE")?;
        Ok(connection)
    }

    /// Perform one operation. If it panics, or waits for something that never happens here, it alone is undone.
    fn perform(&self, connection: SqliteConnection, work: &mut dyn Queued) -> Result<SqliteConnection, StoreError> {
        let lost = || StoreError::Driver("an operation kept the connection for itself".to_owned());
        let connection = match catch_unwind(AssertUnwindSafe(|| work.perform(connection))).ok().flatten() {
            Some(connection) => connection,
            None => self.home.recover().ok_or_else(lost).and_then(|mut connection| {
                connection.batch("ROLLBACK TO operation")?;
                connection.batch("RELEASE operation")?;
                Ok(connection)
            })?,
        };
        if connection.is_in_transaction() {
            return Ok(connection);
        }
        // A full disk, for one, ends the whole transaction.
        Err(StoreError::Unavailable("the database gave up the transaction".to_owned()))
    }

    fn after_group(&mut self, operations: usize) {
        self.look_at_others();
        self.written += operations;
        if self.written >= CHECKPOINT && self.checkpointer.ask() {
            self.written = 0;
        }
    }

    /// Another process (the command line beside the server) may have changed what caches know.
    fn look_at_others(&mut self) {
        let version = self.connection.as_mut().and_then(|connection| connection.version().ok());
        if version != Some(self.version) {
            self.version = version.unwrap_or(self.version);
            self.after.caches.clear(&Topic::Everything);
        }
    }
}

/// One queued operation, its types erased.
pub(super) trait Queued: Send {
    /// Run it in a savepoint. `None` if the connection did not come back.
    fn perform(&mut self, connection: SqliteConnection) -> Option<SqliteConnection>;
    /// Hand back the result, once it is known whether the group was committed.
    fn answer(self: Box<Self>, committed: &Result<(), StoreError>, after: &AfterCommit);
}

pub(super) struct Item<S: Scope> {
    scope: Option<S>,
    work: Work<S>,
    outcome: Option<Result<(), StoreError>>,
    touched: Vec<Topic>,
    has_jobs: bool,
    sender: oneshot::Sender<Result<(), StoreError>>,
}

impl<S: Scope> Item<S> {
    pub(super) fn new(scope: S, work: Work<S>, sender: oneshot::Sender<Result<(), StoreError>>) -> Self {
        Self { scope: Some(scope), work, outcome: None, touched: Vec::new(), has_jobs: false, sender }
    }
}

impl<S: Scope> Queued for Item<S> {
    fn perform(&mut self, mut connection: SqliteConnection) -> Option<SqliteConnection> {
        let scope = self.scope.take()?;
        if let Err(error) = connection.batch("SAVEPOINT operation") {
            self.outcome = Some(Err(error));
            return Some(connection);
        }
        let (mut tx, decision) = poll_once((self.work)(Tx::new(Connection::Sqlite(connection), scope)))?;
        let (outcome, is_kept) = match (decision, tx.state.failed.take()) {
            (Decision::Discard(()), _) => (Ok(()), false),
            (Decision::Keep(..) | Decision::KeepUnrecorded(..), Some(failure)) => (Err(StoreError::Driver(failure)), false),
            (Decision::KeepUnrecorded((), _), None) => (Ok(()), true),
            (Decision::Keep((), event), None) => match poll_once(tx.append_event(&event))? {
                Ok(()) => (Ok(()), true),
                Err(error) => (Err(error), false),
            },
        };
        let Connection::Sqlite(mut connection) = tx.connection else { return None };
        let closed = close(&mut connection, is_kept);
        if is_kept && closed.is_ok() {
            self.touched = std::mem::take(&mut tx.state.touched);
            self.has_jobs = tx.state.has_jobs;
        }
        self.outcome = Some(closed.and(outcome));
        Some(connection)
    }

    fn answer(self: Box<Self>, committed: &Result<(), StoreError>, after: &AfterCommit) {
        let Self { outcome, touched, has_jobs, sender, .. } = *self;
        let unfinished = || Err(StoreError::Driver("the operation did not finish".to_owned()));
        let outcome = committed.clone().and_then(|()| outcome.unwrap_or_else(unfinished));
        if outcome.is_ok() {
            after.committed(&touched, has_jobs);
        }
        drop(sender.send(outcome));
    }
}

fn close(connection: &mut SqliteConnection, is_kept: bool) -> Result<(), StoreError> {
    if !is_kept {
        connection.batch("ROLLBACK TO operation")?;
    }
    connection.batch("RELEASE operation")
}

/// Run a future that only ever waits for SQLite, which never makes it wait. One that waits for anything else has no business in
/// a transaction and is dropped.
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
