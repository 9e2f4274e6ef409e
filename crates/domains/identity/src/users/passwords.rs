//! Passwords of users: what is kept of them.

use super::not_found;
use crate::settings::Settings;
use flow::{Hashing, Password, PasswordHash, Verification};
use kernel::{Fault, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql};

/// Fewest characters of a new password, whatever an organization's settings say.
pub const MIN_LENGTH: u32 = 8;

/// How many passwords, the current one included, can't be chosen again in the organization of this transaction. Where passwords end, the
/// one that ended is no new one.
fn history<M: Mode>(tx: &Tx<OneOrg, M>) -> u32 {
    let policy = &Settings::of(tx.org()).authentication.password_rotation_policy;
    policy.history_count.value().max(u32::from(policy.enabled))
}

/// Whether the password is one of `recent`. Each costs one computation in the hashing pool.
///
/// # Errors
/// Unavailable when the pool is busy.
pub async fn is_reused(hashing: &Hashing, password: &Password, recent: &[PasswordHash]) -> Result<bool, Fault> {
    for hash in recent {
        if hashing.verify(password.clone(), Some(hash.clone())).await? != Verification::Mismatch {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What callers are told about a password that was used before.
pub fn reused(field: &'static str) -> Fault {
    Fault::fields(vec![(field.to_owned(), "must differ from the last passwords".to_owned())])
}

/// The hash of the user's password, if they have one.
pub async fn find_password_hash<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Option<PasswordHash>, Fault> {
    let sql = org_sql!("SELECT password_hash AS a FROM users WHERE org_id = :org AND id = :user");
    let found = tx.fetch_optional::<(Option<String>,)>(sql, args! { user: user }).await?;
    found.and_then(|(text,)| text).map(|text| PasswordHash::parse(&text).map_err(Fault::internal)).transpose()
}

/// The hashes of the passwords that can't be chosen again, the current one included; the latest first.
pub async fn recent_password_hashes<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<PasswordHash>, Fault> {
    let sql = org_sql!(
        "SELECT password_hash AS a FROM password_history WHERE org_id = :org AND user_id = :user
         ORDER BY changed_at DESC LIMIT :limit"
    );
    let rows = tx.fetch_all::<(String,)>(sql, args! { user: user, limit: history(tx) }).await?;
    rows.iter().map(|(text,)| PasswordHash::parse(text).map_err(Fault::internal)).collect()
}

/// Store a new password and remember it among those that can't be chosen again. Ending sessions is the caller's choice.
///
/// # Errors
/// 404 `users.not_found`.
pub async fn set_password_hash(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), Fault> {
    let update = org_sql!(
        "UPDATE users SET password_hash = :hash, password_changed_at = :now, updated_at = :now WHERE org_id = :org AND id = :user"
    );
    if tx.execute(update, args! { hash: hash.expose(), now: now, user: user }).await? != 1 {
        return Err(not_found());
    }
    remember(tx, user, hash, now).await?;
    let forget = org_sql!(
        "DELETE FROM password_history WHERE org_id = :org AND user_id = :user AND changed_at NOT IN (
             SELECT changed_at FROM password_history WHERE org_id = :org AND user_id = :user ORDER BY changed_at DESC LIMIT :kept)"
    );
    tx.execute(forget, args! { user: user, kept: history(tx).max(1) }).await?;
    Ok(())
}

/// Keep a hash among those that can't be chosen again.
pub(super) async fn remember(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), Fault> {
    let sql = org_sql!(
        "INSERT INTO password_history (org_id, user_id, changed_at, password_hash) VALUES (:org, :user, :now, :hash)
         ON CONFLICT (org_id, user_id, changed_at) DO UPDATE SET password_hash = excluded.password_hash"
    );
    tx.execute(sql, args! { user: user, now: now, hash: hash.expose() }).await?;
    Ok(())
}

/// Store the same password hashed anew, after a sign-in found its hash outdated. Nothing happens if it changed meanwhile.
pub async fn rehash_password(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    old: &PasswordHash,
    new: &PasswordHash,
) -> Result<(), Fault> {
    for sql in [
        org_sql!("UPDATE users SET password_hash = :new WHERE org_id = :org AND id = :user AND password_hash = :old"),
        org_sql!(
            "UPDATE password_history SET password_hash = :new WHERE org_id = :org AND user_id = :user AND password_hash = :old"
        ),
    ] {
        tx.execute(sql, args! { new: new.expose(), user: user, old: old.expose() }).await?;
    }
    Ok(())
}
