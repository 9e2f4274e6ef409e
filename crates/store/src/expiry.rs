//! Housekeeping: what has ended and can't be asked about any more is deleted, so that no table of tokens grows without end.

use crate::{Decision, Platform, PlatformSql, Store, StoreError, Tx, Writes, args, platform_sql};
use kernel::Timestamp;
use std::time::Duration;

const QUARTER: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// What is deleted, and how long it is kept after its end: what may be replayed for a day, so that a late replay is still recognized
/// as one; what only has to be remembered until it expires for an hour, in case clocks differ.
const ENDED: &[(PlatformSql, Duration)] = &[
    (
        platform_sql!(
            "DELETE FROM sessions WHERE number IN (SELECT number FROM sessions WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM session_clients WHERE (org_id, sid, client_id) IN
             (SELECT org_id, sid, client_id FROM session_clients WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM issued_tokens WHERE number IN
             (SELECT number FROM issued_tokens WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        HOUR,
    ),
    (
        platform_sql!(
            "DELETE FROM logout_deliveries WHERE (org_id, id) IN
             (SELECT org_id, id FROM logout_deliveries WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM transactions WHERE (org_id, id) IN
             (SELECT org_id, id FROM transactions WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        HOUR,
    ),
    (
        platform_sql!(
            "DELETE FROM pushed_requests WHERE (org_id, id) IN
             (SELECT org_id, id FROM pushed_requests WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        HOUR,
    ),
    (
        platform_sql!(
            "DELETE FROM authorization_codes WHERE (org_id, id) IN
             (SELECT org_id, id FROM authorization_codes WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM decoupled_requests WHERE (org_id, id) IN
             (SELECT org_id, id FROM decoupled_requests WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        HOUR,
    ),
    (
        platform_sql!(
            "DELETE FROM refresh_tokens WHERE (org_id, id) IN
             (SELECT org_id, id FROM refresh_tokens WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM grant_families WHERE (org_id, id) IN
             (SELECT org_id, id FROM grant_families WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM token_origins WHERE (org_id, token, place) IN
             (SELECT org_id, token, place FROM token_origins WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    (
        platform_sql!(
            "DELETE FROM mail_links WHERE (org_id, id) IN
             (SELECT org_id, id FROM mail_links WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY,
    ),
    // Clients nobody registered, and nobody allowed anything. A document is kept for a day at most before it is fetched again. Those
    // an administrator switched off stay, or they would be back.
    (
        platform_sql!(
            "DELETE FROM clients WHERE number IN
             (SELECT c.number FROM clients c WHERE c.document_fetched_at < :before AND c.is_active = 1
                 AND NOT EXISTS (SELECT 1 FROM consents s WHERE s.org_id = c.org_id AND s.client_id = c.id)
              ORDER BY c.document_fetched_at NULLS LAST LIMIT :batch)"
        ),
        DAY.saturating_mul(2),
    ),
    // Invitations stay on their list for a while after they ended.
    (
        platform_sql!(
            "DELETE FROM invitations WHERE number IN
             (SELECT number FROM invitations WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        DAY.saturating_mul(90),
    ),
    (
        platform_sql!(
            "DELETE FROM revoked_tokens WHERE (org_id, jti) IN
             (SELECT org_id, jti FROM revoked_tokens WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        HOUR,
    ),
    (
        platform_sql!(
            "DELETE FROM single_use WHERE (org_id, kind, value) IN
             (SELECT org_id, kind, value FROM single_use WHERE expires_at < :before ORDER BY expires_at LIMIT :batch)"
        ),
        HOUR,
    ),
    // No proof is good for more than five minutes, wherever a clock stands wrong by less than ten.
    (
        platform_sql!(
            "DELETE FROM used_proofs WHERE (minute, org_id, value) IN
             (SELECT minute, org_id, value FROM used_proofs WHERE minute < :before ORDER BY minute LIMIT :batch)"
        ),
        QUARTER,
    ),
    // A count begins anew after a day without a lock at the latest.
    (
        platform_sql!(
            "DELETE FROM guess_counters WHERE (org_id, subject) IN
             (SELECT org_id, subject FROM guess_counters WHERE window_started_at < :before AND locked_until < :before
              ORDER BY window_started_at LIMIT :batch)"
        ),
        DAY.saturating_mul(2),
    ),
    // Jobs that were given up: the log says so, and nobody looks at them for longer.
    (
        platform_sql!(
            "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE failed_at < :before ORDER BY failed_at NULLS LAST LIMIT :batch)"
        ),
        DAY.saturating_mul(30),
    ),
    // Imports, with the rows they refused.
    (
        platform_sql!(
            "DELETE FROM user_imports WHERE (org_id, id) IN
             (SELECT org_id, id FROM user_imports WHERE updated_at < :before ORDER BY updated_at LIMIT :batch)"
        ),
        DAY.saturating_mul(30),
    ),
];

impl Store {
    /// Delete what ended a while ago, in all organizations: sessions and who took part in them, transactions, pushed
    /// requests, codes, tokens, families, links, clients nobody registered, counters, jobs. At most `batch` rows of each table, in a transaction of their own,
    /// so that nothing else waits for it for long. Returns how many rows were deleted; if that is at least `batch`, there may be more to do.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn delete_expired(&self, now: Timestamp, batch: u32) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for (sql, kept) in ENDED.iter().copied() {
            let before = now.minus(kept);
            let work = move |mut tx: Tx<Platform, Writes>| async move {
                let count = tx.execute(sql, args! { before: before, batch: batch }).await;
                (tx, Decision::KeepUnrecorded(count, "forgetting what has ended is no event"))
            };
            deleted += self.write(Platform, work).await??;
        }
        Ok(deleted)
    }
}
