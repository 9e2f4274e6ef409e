//! What every change of a group asks first, and changing what it gives its members.

use crate::administrators;
use crate::change::Difference;
use crate::groups::{self, Group};
use crate::named::{Key, unknown};
use crate::privilege::{Rank, must_cover};
use crate::roles::{self, Role};
use flow::{Cx, OneOrg, Writes};
use kernel::{Denial, Fault};

/// It is one of the server's own.
pub(super) const SYSTEM: Denial = Denial::forbidden("groups.system", "The server's own groups can't be changed.");

/// The group that is meant, if the caller may change it; and how far the caller reaches.
///
/// # Errors
/// 404 `groups.not_found`; 403 `groups.system` for the server's own; 403 `forbidden` if it gives what the caller doesn't hold.
pub(super) async fn own_group(cx: &mut Cx<OneOrg, Writes>, key: &Key) -> Result<(Group, Rank), Fault> {
    let group = groups::load_group(&mut cx.tx, key.as_str()).await?;
    if group.is_system {
        return Err(SYSTEM.into());
    }
    let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
    must_cover(&rank, &Rank::of_group(&mut cx.tx, &group.id).await?)?;
    Ok((group, rank))
}

/// Let a group give its members these roles; with `only`, no others.
pub(super) async fn give_roles(
    cx: &mut Cx<OneOrg, Writes>,
    rank: &Rank,
    group: &Group,
    keys: &[Key],
    only: bool,
) -> Result<Difference, Fault> {
    let mut wanted: Vec<Role> = Vec::new();
    for key in keys {
        let found = roles::find_role(&mut cx.tx, key.as_str()).await?;
        wanted.push(found.ok_or_else(|| unknown("roles", key.as_str()))?);
    }
    let mut difference = Difference::default();
    let given = groups::list_roles(&mut cx.tx, &group.id).await?;
    for role in &wanted {
        must_cover(rank, &Rank::of_role(&mut cx.tx, role).await?)?;
        if groups::add_role(&mut cx.tx, &group.id, &role.id).await? {
            difference.added.push(role.slug.clone());
        }
    }
    for role in given.iter().filter(|role| only && !wanted.contains(role)) {
        take_role(cx, group, role).await?;
        difference.removed.push(role.slug.clone());
    }
    if !difference.is_empty() {
        groups::update_group(&mut cx.tx, group, cx.now).await?;
    }
    Ok(difference)
}

/// Let a group give its members a role no more; `false` if it didn't.
///
/// # Errors
/// 409 `users.last_administrator` if nobody else may do everything.
pub(super) async fn take_role(cx: &mut Cx<OneOrg, Writes>, group: &Group, role: &Role) -> Result<bool, Fault> {
    let is_taken = groups::remove_role(&mut cx.tx, &group.id, &role.id).await?;
    if is_taken && role.is_admin() {
        administrators::must_remain(&mut cx.tx).await?;
    }
    Ok(is_taken)
}
