//! What every change of a permission asks first.

use crate::named::Key;
use crate::permissions::{self, KnownPermission};
use crate::privilege::{Rank, must_cover};
use flow::{Cx, OneOrg, Text, Writes};
use kernel::{Denial, Fault};

/// What a permission is about, or what may be done with it, in a request.
pub(super) type Part = Text<1, 100>;

/// It is one of the server's own.
pub(super) const SYSTEM: Denial = Denial::forbidden("permissions.system", "The server's own permissions can't be changed.");

/// The permission that is meant, if the caller may change it.
///
/// # Errors
/// 404 `permissions.not_found`; 403 `permissions.system` for the server's own; 403 `forbidden` if somebody holds it and the
/// caller doesn't.
pub(super) async fn own_permission(cx: &mut Cx<OneOrg, Writes>, key: &Key) -> Result<KnownPermission, Fault> {
    let known = permissions::load_permission(&mut cx.tx, key.as_str()).await?;
    if known.is_system {
        return Err(SYSTEM.into());
    }
    if permissions::is_in_use(&mut cx.tx, &known.slug).await? {
        let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
        must_cover(&rank, &Rank::of_permission(&known.slug))?;
    }
    Ok(known)
}
