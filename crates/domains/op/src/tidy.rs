//! Housekeeping: what has ended and can't be asked about any more is deleted.

use flow::Services;
use kernel::{Fault, Timestamp};

/// Rows of each table that go at once, so that nothing else waits for it for long.
const BATCH: u32 = 500;

/// Delete what ended a while ago, in all organizations; returns how many rows. Call it now and then.
///
/// # Errors
/// Whatever the database says.
pub async fn tidy(services: &Services, now: Timestamp) -> Result<u64, Fault> {
    let mut deleted = 0;
    loop {
        let batch = services.store.delete_expired(now, BATCH).await?;
        deleted += batch;
        if batch < u64::from(BATCH) {
            return Ok(deleted);
        }
    }
}
