//! A client is worth the scopes it may ask for: whoever can register it, change it or take over its secret holds them too. So
//! nobody touches a client that opens more than they may do themselves.

use flow::{Cx, OneOrg, Writes};
use identity::permissions::{SYSTEM_PERMISSIONS, scope_opens};
use identity::privilege::{Rank, must_cover};
use kernel::{Fault, Scopes};

/// Whether the caller holds everything these scopes open.
///
/// # Errors
/// 403 `forbidden`.
pub(crate) async fn must_hold(cx: &mut Cx<OneOrg, Writes>, scopes: &[&Scopes]) -> Result<(), Fault> {
    let opened = SYSTEM_PERMISSIONS.iter().filter(|known| scopes.iter().any(|scopes| scope_opens(scopes, &known.permission)));
    let opened: Vec<&str> = opened.map(|known| known.permission.slug).collect();
    if opened.is_empty() {
        return Ok(());
    }
    let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
    opened.into_iter().try_for_each(|slug| must_cover(&rank, &Rank::of_permission(slug)))
}
