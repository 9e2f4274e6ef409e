//! Registrations nobody confirmed are removed, so that an address can't be kept from its owner by typing it somewhere.

use flow::{Cx, NoContent, NoInput, Operation, Prep, Prepare, Route, Services, Surface, Verdict, Writes, act};
use kernel::{Access, Actor, Fault, Timestamp, UserId};
use std::sync::Arc;
use std::time::Duration;
use store::{OneOrg, Org, args, org_sql};

/// How long an account is kept after its last link ended, in case clocks differ.
const KEPT: Duration = Duration::from_hours(1);
/// Accounts that are looked up at once.
const AT_ONCE: u32 = 200;

/// Remove accounts whose registration was not confirmed while its links were good, in all organizations. Returns how many.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_overdue(services: &Arc<Services>) -> Result<u64, Fault> {
    let before = services.clock.now().minus(KEPT);
    let mut removed = 0;
    for org in services.store.list_orgs().await? {
        loop {
            let overdue = list_overdue(services, &org, before).await?;
            for (user,) in &overdue {
                let remove = RemoveOverdue { user: user.clone(), before };
                match act(services, Some(org.clone()), Actor::System("housekeeping"), remove).await {
                    Ok(_) => removed += 1,
                    // Confirmed, or changed by an administrator, since it was looked up.
                    Err(fault) if fault.code == identity::users::not_found().code => {}
                    Err(fault) => return Err(fault),
                }
            }
            if overdue.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
                break;
            }
        }
    }
    Ok(removed)
}

async fn list_overdue(services: &Services, org: &Org, before: Timestamp) -> Result<Vec<(UserId,)>, Fault> {
    let found = services.store.read(OneOrg::new(org.clone()), move |mut tx| async move {
        let sql = org_sql!(
            "SELECT id AS a FROM users
             WHERE org_id = :org AND pending_until < :before AND is_active = 0 AND is_blocked = 0 AND email_verified = 0
                 AND last_login_at IS NULL AND updated_at = created_at
             ORDER BY pending_until NULLS LAST LIMIT :most"
        );
        let found = tx.fetch_all(sql, args! { before: before, most: AT_ONCE }).await;
        (tx, found)
    });
    Ok(found.await??)
}

/// Remove one account that was registered and never confirmed.
#[derive(Clone, Debug)]
pub struct RemoveOverdue {
    user: UserId,
    before: Timestamp,
}

kernel::events! {
    /// What removing an unconfirmed account records.
    pub enum Overdue {
        /// An account was removed because its registration was never confirmed.
        Removed = "users.registration_expired", Info { about user: UserId, personal email: String };
    }
}

impl Prepare<RemoveOverdue> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<RemoveOverdue, Fault> {
        Err(Fault::forbidden("forbidden", "The server does this by itself."))
    }
}

impl Operation for RemoveOverdue {
    const ID: &'static str = "users.remove_unconfirmed";
    const SUMMARY: &'static str = "Remove an account whose registration was never confirmed.";
    const ROUTE: Route = Route::post("housekeeping/registrations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = NoContent;
    type Event = Overdue;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<NoContent, Overdue>, Fault> {
        identity::users::tally::count_out(&mut cx.tx, &self.user).await?;
        // What refers to the account follows by itself; somebody who never came in has no tokens.
        let sql = org_sql!(
            "DELETE FROM users
             WHERE org_id = :org AND id = :user AND pending_until < :before AND is_active = 0 AND is_blocked = 0
                 AND email_verified = 0 AND last_login_at IS NULL AND updated_at = created_at
             RETURNING email AS a"
        );
        let removed = cx.tx.fetch_optional::<(String,)>(sql, args! { user: &self.user, before: self.before }).await?;
        let (email,) = removed.ok_or_else(identity::users::not_found)?;
        Ok(Verdict::Done(NoContent, Overdue::Removed { user: self.user, email }))
    }
}
