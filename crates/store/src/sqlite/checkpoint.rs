//! Moving the write-ahead log into the file in the background, so that the writer rarely has to: whoever writes would have to wait
//! for it.

use super::connection::SqliteConnection;
use crate::StoreError;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A thread that moves the log into the file when it is asked to. It ends when nobody can ask any more.
#[derive(Clone)]
pub(super) struct Checkpointer(Arc<SyncSender<()>>);

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (signal, signalled) = sync_channel(1);
        let mut connection = SqliteConnection::open(path, true)?;
        let thread = super::spawn("sqlite-checkpoint", move || {
            while signalled.recv().is_ok() {
                if let Err(error) = connection.batch("PRAGMA wal_checkpoint(PASSIVE)") {
                    tracing::warn!(%error, "the write-ahead log could not be moved into the file");
                }
            }
        })?;
        Ok((Self(Arc::new(signal)), thread))
    }

    /// Ask for it; `false` if it has been asked for already.
    pub(super) fn ask(&self) -> bool {
        self.0.try_send(()).is_ok()
    }
}
