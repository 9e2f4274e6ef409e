//! Registrations nobody confirmed are removed, so that an address can't be kept from its owner by typing it somewhere.

use flow::{Cx, NoContent, NoInput, OneOrg, Operation, Prep, Prepare, Route, Services, Surface, Verdict, Writes, act};
use kernel::{Access, Actor, Fault, OrgId, Timestamp, UserId};
use std::sync::Arc;
use std::time::Duration;
use store::{Platform, args, org_sql, platform_sql, rows};

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
    loop {
        let overdue = list_overdue(services, before).await?;
        for account in &overdue {
            let Some(org) = services.store.find_org_by_id(&account.org_id).await? else { continue };
            let remove = RemoveOverdue { user: account.id.clone(), before };
            match act(services, Some(org), Actor::System("housekeeping"), remove).await {
                Ok(_) => removed += 1,
                // Confirmed, or changed by an administrator, since it was looked up.
                Err(fault) if fault.code == identity::users::not_found().code => {}
                Err(fault) => return Err(fault),
            }
        }
        if overdue.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
            return Ok(removed);
        }
    }
}

rows! {
    struct OverdueRow { org_id: OrgId, id: UserId }
}

async fn list_overdue(services: &Services, before: Timestamp) -> Result<Vec<OverdueRow>, Fault> {
    let found = services.store.read(Platform, move |mut tx| async move {
        let sql = platform_sql!(
            "SELECT u.org_id, u.id FROM users u JOIN organizations o ON o.id = u.org_id
             WHERE u.pending_until < :before AND u.is_active = 0 AND u.is_blocked = 0 AND u.email_verified = 0
                 AND u.last_login_at IS NULL AND u.updated_at = u.created_at AND o.is_active = 1
             ORDER BY u.pending_until NULLS LAST LIMIT :most"
        );
        let found = tx.fetch_all::<OverdueRow>(sql, args! { before: before, most: AT_ONCE }).await;
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
