//! Accounts that wait for their address to be confirmed.

use crate::links::{self, Purpose};
use flow::PasswordHash;
use identity::users::tally::{self, State};
use identity::users::{self, User};
use kernel::{Fault, Timestamp, UserId};
use store::{Mode, OneOrg, Tx, Writes, args, org_sql};

/// Whether the account was registered by somebody and never came into use; nobody else has touched it either.
pub(crate) async fn is_pending<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &User) -> Result<bool, Fault> {
    Ok(user.may_be_pending() && latest_browser(tx, &user.id).await?.is_some())
}

/// The browser the account was registered in, hashed; `None` if it was not registered by its person.
pub(crate) async fn latest_browser<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Option<String>, Fault> {
    let sql = org_sql!(
        "SELECT browser AS a FROM mail_links WHERE org_id = :org AND user_id = :user AND purpose = 'register' ORDER BY id DESC LIMIT 1"
    );
    let found = tx.fetch_optional::<(Option<String>,)>(sql, args! { user: user }).await?;
    Ok(found.map(|(browser,)| browser.unwrap_or_default()))
}

/// Bring a pending account into use; `false` if an administrator changed it meanwhile, who then decides.
pub(crate) async fn activate(tx: &mut Tx<OneOrg, Writes>, user: &UserId, now: Timestamp) -> Result<bool, Fault> {
    let sql = org_sql!(
        "UPDATE users SET is_active = 1, email_verified = 1, pending_until = NULL, updated_at = :now
         WHERE org_id = :org AND id = :user AND is_active = 0 AND is_blocked = 0 AND email_verified = 0
             AND last_login_at IS NULL AND updated_at = created_at"
    );
    let is_ours = tx.execute(sql, args! { now: now, user: user }).await? == 1;
    if is_ours {
        let now_in = State { is_active: true, is_blocked: false };
        tally::move_over(tx, user, State { is_active: false, ..now_in }, now_in).await?;
    }
    Ok(is_ours)
}

/// Note until when a pending account waits: as long as its latest link is good.
pub(crate) async fn wait_until(tx: &mut Tx<OneOrg, Writes>, user: &UserId, until: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!("UPDATE users SET pending_until = :until WHERE org_id = :org AND id = :user AND is_active = 0");
    tx.execute(sql, args! { until: until, user: user }).await?;
    Ok(())
}

/// A pending account registered once more: nobody has confirmed anything yet, so the last registration counts, and the links of
/// earlier ones are void with them.
pub(crate) async fn register_anew(
    tx: &mut Tx<OneOrg, Writes>,
    user: &User,
    password: &PasswordHash,
    now: Timestamp,
) -> Result<(), Fault> {
    links::void(tx, &user.id, &[Purpose::Register], now).await?;
    forget_password(tx, &user.id).await?;
    users::update_user(tx, user, now).await?;
    users::set_password_hash(tx, &user.id, password, now).await?;
    let begin = org_sql!("UPDATE users SET created_at = :now, updated_at = :now WHERE org_id = :org AND id = :user");
    tx.execute(begin, args! { now: now, user: &user.id }).await?;
    Ok(())
}

/// Forget the password somebody else may have typed.
pub(crate) async fn forget_password(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<(), Fault> {
    for sql in [
        org_sql!("UPDATE users SET password_hash = NULL, password_changed_at = NULL WHERE org_id = :org AND id = :user"),
        org_sql!("DELETE FROM password_history WHERE org_id = :org AND user_id = :user"),
    ] {
        tx.execute(sql, args! { user: user }).await?;
    }
    Ok(())
}
