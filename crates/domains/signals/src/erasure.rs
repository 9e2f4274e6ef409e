//! Erasing personal values: value and salt go, the log stays whole.
//!
//! A leaf holds only commitments to personal values. Without value and salt a commitment says nothing, and no hash changes.

use kernel::UserId;
use store::{OneOrg, StoreError, Tx, Writes, args, org_sql};

/// Erase the personal values of every event by or about a person: what they did themselves or through their API keys, and what
/// others did to them. Answers how many events had any.
///
/// Call [`sequencer::flush`](crate::sequencer::flush) before, so that the log knows what the latest events are about. What is
/// erased may stay in free pages of the database file until they are used again.
///
/// # Errors
/// Whatever the database says.
pub async fn erase_personal(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<u64, StoreError> {
    let placed = org_sql!(
        "UPDATE events SET personal = '{}' WHERE org_id = :org AND personal <> '{}' AND seq IN (
             SELECT seq FROM log_entries WHERE org_id = :org AND target_id = :user AND target_kind = 'user'
             UNION SELECT seq FROM log_entries WHERE org_id = :org AND actor_id = :user AND actor_kind = 'user'
             UNION SELECT e.seq FROM api_keys k JOIN log_entries e ON e.org_id = k.org_id AND e.actor_id = k.id
                 WHERE k.org_id = :org AND k.user_id = :user AND e.actor_kind = 'api_key')"
    );
    let erased = tx.execute(placed, args! { user: user }).await?;
    // Events that came after the flush have no place yet; their leaves say whom they concern.
    let unplaced = org_sql!(
        "UPDATE events SET personal = '{}' WHERE org_id = :org AND personal <> '{}'
         AND seq > (SELECT seq FROM log_cursor WHERE id = 1) AND leaf LIKE :mention ESCAPE '!'"
    );
    let id = serde_json::Value::from(user.as_str());
    let mention = identity::paging::contains_pattern(&format!("\"id\":{id},\"kind\":\"user\""));
    Ok(erased + tx.execute(unplaced, args! { mention: mention }).await?)
}
