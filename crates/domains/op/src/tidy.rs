//! Housekeeping: what has ended and can't be asked about any more is deleted.

use flow::Services;
use kernel::{Fault, Timestamp};
use std::time::Duration;
use store::{Decision, Platform, PlatformSql, Tx, Writes, args, platform_sql};

/// How long ended things are kept, so that a replay is still recognized as one.
const KEPT: Duration = Duration::from_hours(24);

/// Delete what ended more than a day ago, in all organizations; returns how many rows. Call it now and then.
///
/// # Errors
/// Whatever the database says.
pub async fn tidy(services: &Services, now: Timestamp) -> Result<u64, Fault> {
    const ENDED: [PlatformSql; 6] = [
        platform_sql!("DELETE FROM authorization_codes WHERE expires_at < :before"),
        platform_sql!("DELETE FROM refresh_tokens WHERE expires_at < :before"),
        platform_sql!("DELETE FROM grant_families WHERE expires_at < :before"),
        platform_sql!("DELETE FROM revoked_tokens WHERE expires_at < :before"),
        platform_sql!("DELETE FROM transactions WHERE expires_at < :before"),
        platform_sql!("DELETE FROM single_use WHERE expires_at < :before"),
    ];
    let before = now.minus(KEPT);
    let mut deleted = 0;
    for sql in ENDED {
        let work = move |mut tx: Tx<Platform, Writes>| async move {
            let count = tx.execute(sql, args! { before: before }).await;
            (tx, Decision::KeepUnrecorded(count, "forgetting what has ended is no event"))
        };
        deleted += services.store.write(Platform, work).await??;
    }
    Ok(deleted)
}
