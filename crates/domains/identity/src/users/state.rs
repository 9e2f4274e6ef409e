//! What happens to an account: sign-ins, blocks, its end.

use super::not_found;
use super::tally::{self, State};
use crate::{companies, sessions};
use kernel::{Fault, SessionId, Timestamp, UserId};
use store::{OneOrg, Tx, Writes, args, org_sql};

/// Note a sign-in.
pub async fn record_sign_in(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!("UPDATE users SET last_login_at = :now, login_count = login_count + 1 WHERE org_id = :org AND id = :user");
    tx.execute(sql, args! { now: now, user: user }).await?;
    Ok(())
}

/// The person has shown that they read mail sent to their address; `false` if that was known.
pub async fn mark_email_verified(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE users SET email_verified = 1, updated_at = :now WHERE org_id = :org AND id = :user AND email_verified = 0"
    );
    Ok(tx.execute(sql, args! { now: now, user: user }).await? == 1)
}

/// Shut a person out: every session and token of theirs ends at once. `false` if they were blocked already.
pub async fn block(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE users SET is_blocked = 1, blocked_at = :now, updated_at = :now WHERE org_id = :org AND id = :user AND is_blocked = 0"
    );
    let changed = tx.execute(sql, args! { now: now, user: user }).await? == 1;
    if changed {
        count_blocked(tx, user).await?;
    }
    end_access(tx, user, now, "user blocked").await?;
    Ok(changed)
}

/// Let a person back in; what ended stays ended. `false` if they weren't blocked.
pub async fn unblock(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE users SET is_blocked = 0, blocked_at = NULL, updated_at = :now WHERE org_id = :org AND id = :user AND is_blocked = 1"
    );
    let changed = tx.execute(sql, args! { now: now, user: user }).await? == 1;
    if changed {
        count_blocked(tx, user).await?;
    }
    Ok(changed)
}

/// A person was shut out or let in.
async fn count_blocked(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<(), Fault> {
    let Some(now) = tally::state_of(tx, user).await? else { return Ok(()) };
    tally::move_over(tx, user, State { is_blocked: !now.is_blocked, ..now }, now).await
}

/// End every session, grant and token of a person, for the reason given, and the links by which a password could be chosen. They
/// may sign in again.
pub async fn end_access(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp, reason: &'static str) -> Result<u64, Fault> {
    revoke_grants(tx, user, now, reason).await?;
    let links = org_sql!(
        "UPDATE mail_links SET used_at = :now
         WHERE org_id = :org AND user_id = :user AND purpose IN ('reset_password', 'renew_password') AND used_at IS NULL"
    );
    tx.execute(links, args! { now: now, user: user }).await?;
    sessions::end_all_of_user(tx, user, now).await
}

/// Revoke everything a person granted, with every token of it, for the reason given; returns how many grants. Their sessions stay.
pub async fn revoke_grants(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    now: Timestamp,
    reason: &'static str,
) -> Result<u64, Fault> {
    let void = org_sql!("UPDATE users SET tokens_not_before = :now WHERE org_id = :org AND id = :user");
    tx.execute(void, args! { now: now, user: user }).await?;
    let revoke = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = :reason
         WHERE org_id = :org AND user_id = :user AND revoked_at IS NULL"
    );
    let revoked = tx.execute(revoke, args! { now: now, reason: reason, user: user }).await?;
    // `now` is when the request came in: what was granted between then and this statement is younger, and ends all the same.
    let codes = org_sql!("DELETE FROM authorization_codes WHERE org_id = :org AND user_id = :user AND redeemed_at IS NULL");
    tx.execute(codes, args! { user: user }).await?;
    forget_approvals(tx, user).await?;
    Ok(revoked)
}

/// What a person approved for another device leads to nothing, unless its tokens were fetched: those are of a family.
async fn forget_approvals(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<(), Fault> {
    let sql = org_sql!(
        "DELETE FROM decoupled_requests
         WHERE org_id = :org AND user_id = :user AND state = 'approved' AND redeemed_at IS NULL"
    );
    tx.execute(sql, args! { user: user }).await?;
    Ok(())
}

/// End what a person opened anywhere but in one session: every other session, and every grant that didn't come of this one, also
/// those that outlive sessions. Returns how many sessions.
pub async fn end_access_elsewhere(
    tx: &mut Tx<OneOrg, Writes>,
    user: &UserId,
    kept: &SessionId,
    now: Timestamp,
    reason: &'static str,
) -> Result<u64, Fault> {
    let revoke = org_sql!(
        "UPDATE grant_families SET revoked_at = :now, revoked_reason = :reason
         WHERE org_id = :org AND user_id = :user AND revoked_at IS NULL AND COALESCE(session_id, '') <> :kept"
    );
    tx.execute(revoke, args! { now: now, reason: reason, user: user, kept: kept }).await?;
    forget_approvals(tx, user).await?;
    sessions::end_others_of_user(tx, user, kept, now).await
}

/// Remove a person and everything that is theirs. The log stays, and so does the word that their sessions ended until it is spread.
///
/// # Errors
/// 404 `users.not_found`; 422 `companies.last_owner` if a company would be left without an owner.
pub async fn delete(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<(), Fault> {
    sessions::end_all_of_user(tx, user, now).await?;
    let owned = companies::list_owned(tx, user).await?;
    for sql in [
        org_sql!(
            "DELETE FROM refresh_tokens WHERE org_id = :org AND family_id IN (SELECT id FROM grant_families WHERE org_id = :org AND user_id = :user)"
        ),
        org_sql!(
            "DELETE FROM authorization_codes WHERE org_id = :org AND family_id IN (SELECT id FROM grant_families WHERE org_id = :org AND user_id = :user)"
        ),
        org_sql!(
            "DELETE FROM token_origins WHERE org_id = :org AND token IN (SELECT id FROM grant_families WHERE org_id = :org AND user_id = :user)"
        ),
        org_sql!("DELETE FROM grant_families WHERE org_id = :org AND user_id = :user"),
        org_sql!(
            "DELETE FROM invitations WHERE org_id = :org
                 AND email_key = (SELECT email_key FROM users WHERE org_id = :org AND id = :user)"
        ),
    ] {
        tx.execute(sql, args! { user: user }).await?;
    }
    tally::count_out(tx, user).await?;
    // The other tables refer to the user and follow by themselves.
    let gone = tx.execute(org_sql!("DELETE FROM users WHERE org_id = :org AND id = :user"), args! { user: user }).await?;
    if gone != 1 {
        return Err(not_found());
    }
    for company in &owned {
        companies::must_keep_an_owner(tx, company).await?;
    }
    Ok(())
}
