//! Codes by which people let services ask for their approval (CIBA Core §7.1, `user_code`): what is kept of them.

use flow::PasswordHash;
use kernel::{Fault, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql, rows};

/// Fewest characters of a code: six digits, against guesses that are counted.
pub const SHORTEST_APPROVAL_CODE: usize = 6;
/// Most characters of a code.
pub const LONGEST_APPROVAL_CODE: usize = 64;

rows! {
    struct CodeRow { code_hash: String, set_at: Timestamp }
}

/// The hash of the code that somebody set, and when; `None` if they set none.
pub async fn find_approval_code<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    user: &UserId,
) -> Result<Option<(PasswordHash, Timestamp)>, Fault> {
    let sql = org_sql!("SELECT code_hash, set_at FROM approval_codes WHERE org_id = :org AND user_id = :user");
    let Some(row) = tx.fetch_optional::<CodeRow>(sql, args! { user: user }).await? else { return Ok(None) };
    Ok(Some((PasswordHash::parse(&row.code_hash).map_err(Fault::internal)?, row.set_at)))
}

/// Keep a code in place of the one before.
pub async fn set_approval_code(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO approval_codes (org_id, user_id, code_hash, set_at) VALUES (:org, :user, :hash, :now)
         ON CONFLICT (org_id, user_id) DO UPDATE SET code_hash = excluded.code_hash, set_at = excluded.set_at"
    );
    tx.execute(sql, args! { user: user, hash: hash.expose(), now: now }).await?;
    Ok(())
}

/// Forget somebody's code; `false` if they had none.
pub async fn remove_approval_code(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM approval_codes WHERE org_id = :org AND user_id = :user");
    Ok(tx.execute(sql, args! { user: user }).await? == 1)
}
