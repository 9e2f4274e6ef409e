//! Embedded SQLite: readers inline on whatever thread asks, and one writer that commits in groups.
//!
//! Each writing operation runs in a savepoint of one open transaction on the writer's thread; answers are released after the
//! shared `fsync` (`synchronous=FULL`). Under load many operations share one commit; alone, one has its own.

mod checkpoint;
mod connection;
mod writer;

pub(crate) use connection::SqliteConnection;

use crate::start::AfterCommit;
use crate::tx::Work;
use crate::{Scope, StoreError};
use checkpoint::Checkpointer;
use crossbeam_queue::ArrayQueue;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use writer::{Item, Queued, Writer};

/// Operations that may wait for the writer; beyond it callers are told to come back.
const QUEUE: usize = 16_384;
/// Idle read connections kept.
const READERS: usize = 32;

pub(crate) struct Sqlite {
    path: PathBuf,
    readers: ArrayQueue<SqliteConnection>,
    queue: Option<SyncSender<Box<dyn Queued>>>,
    checkpointer: Option<Checkpointer>,
    /// The writer's, and then the checkpointer's, which waits for the writer to let go of it.
    threads: Vec<JoinHandle<()>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, after: Arc<AfterCommit>) -> Result<Self, StoreError> {
        connection::create_private(path)?;
        let (queue, work) = sync_channel(QUEUE);
        let (checkpointer, checkpoints) = Checkpointer::start(path)?;
        let writer = Writer::open(path, checkpointer.clone(), after)?;
        let writer = spawn("sqlite-writer", move || writer.run(&work))?;
        Ok(Self {
            path: path.to_owned(),
            readers: ArrayQueue::new(READERS),
            queue: Some(queue),
            checkpointer: Some(checkpointer),
            threads: vec![writer, checkpoints],
        })
    }

    /// A connection in a reading transaction.
    pub(crate) fn reader(&self) -> Result<SqliteConnection, StoreError> {
        let mut connection = self.readers.pop().map_or_else(|| SqliteConnection::open(&self.path, false), Ok)?;
        connection.batch("BEGIN")?;
        Ok(connection)
    }

    /// End its transaction and keep the connection for others.
    pub(crate) fn done_reading(&self, mut connection: SqliteConnection) -> Result<(), StoreError> {
        connection.batch("COMMIT")?;
        drop(self.readers.push(connection));
        Ok(())
    }

    pub(crate) async fn write<S: Scope>(&self, scope: S, work: Work<S>) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(stopping)?;
        queue.try_send(Box::new(Item::new(scope, work, sender))).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Unavailable("too many writes are waiting".to_owned()),
            TrySendError::Disconnected(_) => stopping(),
        })?;
        receiver.await.map_err(|_| stopping())?
    }

    pub(crate) fn migrate(&self, text: &str) -> Result<(), StoreError> {
        SqliteConnection::open(&self.path, true)?.migrate(text)
    }

    /// Have what the write-ahead log holds moved into the file soon, in the background.
    pub(crate) fn checkpoint(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.ask();
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        drop(self.queue.take());
        drop(self.checkpointer.take());
        // The last handle may go with the last operation, on the writer's own thread; then both end by themselves.
        let is_own = |thread: &JoinHandle<()>| thread.thread().id() == std::thread::current().id();
        if !self.threads.iter().any(is_own) {
            self.threads.drain(..).for_each(|thread| drop(thread.join()));
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(|e| StoreError::Unavailable(e.to_string()))
}

fn stopping() -> StoreError {
    StoreError::Unavailable("the store is stopping".to_owned())
}
