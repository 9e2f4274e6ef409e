//! What every change of a role asks first, and changing what it grants.

use crate::change::Difference;
use crate::named::{Key, unknown};
use crate::permissions::find_permission;
use crate::privilege::{Rank, must_cover};
use crate::roles::{self, Role};
use flow::{Cx, OneOrg, Writes};
use kernel::{Denial, Fault};

/// It is one of the server's own.
pub(super) const SYSTEM: Denial = Denial::forbidden("roles.system", "The server's own roles can't be changed.");

/// The role that is meant, if the caller may change it; and how far the caller reaches.
///
/// # Errors
/// 404 `roles.not_found`; 403 `roles.system` for the server's own; 403 `forbidden` if it grants what the caller doesn't hold.
pub(super) async fn own_role(cx: &mut Cx<OneOrg, Writes>, key: &Key) -> Result<(Role, Rank), Fault> {
    let role = roles::load_role(&mut cx.tx, key.as_str()).await?;
    if role.is_system {
        return Err(SYSTEM.into());
    }
    let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
    must_cover(&rank, &Rank::of_role(&mut cx.tx, &role).await?)?;
    Ok((role, rank))
}

/// Let a role grant these permissions; with `only`, no others.
pub(super) async fn grant(
    cx: &mut Cx<OneOrg, Writes>,
    rank: &Rank,
    role: &Role,
    keys: &[Key],
    only: bool,
) -> Result<Difference, Fault> {
    let mut wanted = Vec::new();
    for key in keys {
        let found = find_permission(&mut cx.tx, key.as_str()).await?;
        wanted.push(found.ok_or_else(|| unknown("permissions", key.as_str()))?.slug);
    }
    let mut difference = Difference::default();
    let granted = roles::list_permissions(&mut cx.tx, &role.id).await?;
    for slug in &wanted {
        must_cover(rank, &Rank::of_permission(slug))?;
        if roles::add_permission(&mut cx.tx, &role.id, slug).await? {
            difference.added.push(slug.clone());
        }
    }
    for slug in granted.into_iter().filter(|slug| only && !wanted.contains(slug)) {
        roles::remove_permission(&mut cx.tx, &role.id, &slug).await?;
        difference.removed.push(slug);
    }
    if !difference.is_empty() {
        roles::update_role(&mut cx.tx, role, cx.now).await?;
    }
    Ok(difference)
}
