//! An organization that has administrators keeps one who can sign in: otherwise nobody could ever make another.

use crate::roles::{self, Role};
use kernel::{Denial, Fault, UserId};
use store::{Mode, OneOrg, Tx, Writes, org_sql};

/// Whether a user may do everything, active or not.
pub async fn is_administrator<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<bool, Fault> {
    Ok(roles::list_effective(tx, user).await?.iter().any(Role::is_admin))
}

/// Nobody would be left.
pub const LAST: Denial =
    Denial::conflict("users.last_administrator", "Nobody would be left who may administrate this organization.");

/// To be asked when something is done by which a user ceased to be an administrator or to be let in. Of two who do that to each
/// other at the same time, one comes too late.
///
/// # Errors
/// 409 `users.last_administrator` if nobody who may do everything is left.
pub async fn must_remain(tx: &mut Tx<OneOrg, Writes>) -> Result<(), Fault> {
    tx.take_turns().await?;
    let sql = org_sql!(
        "SELECT u.number AS a FROM roles r
         JOIN user_roles ur ON ur.org_id = r.org_id AND ur.role_id = r.id
         JOIN users u ON u.org_id = ur.org_id AND u.id = ur.user_id
         WHERE r.org_id = :org AND r.slug IN ('admin', 'tenant_admin') AND r.is_system = 1 AND u.is_active = 1 AND u.is_blocked = 0
         UNION ALL
         SELECT u.number FROM roles r
         JOIN group_roles gr ON gr.org_id = r.org_id AND gr.role_id = r.id
         JOIN group_members gm ON gm.org_id = gr.org_id AND gm.group_id = gr.group_id
         JOIN users u ON u.org_id = gm.org_id AND u.id = gm.user_id
         WHERE r.org_id = :org AND r.slug IN ('admin', 'tenant_admin') AND r.is_system = 1 AND u.is_active = 1 AND u.is_blocked = 0
         LIMIT 1"
    );
    match tx.fetch_optional::<(i64,)>(sql, &[]).await? {
        Some(_) => Ok(()),
        None => Err(LAST.into()),
    }
}
