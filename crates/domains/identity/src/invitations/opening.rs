//! Who may have accounts made. Where people may not register, that takes the permission to make users, whatever else somebody may
//! invite into.

use crate::permissions::USERS_WRITE;
use crate::privilege::Rank;
use crate::settings::Settings;
use flow::{Cx, OneOrg, Writes};
use kernel::{Denial, Fault};

/// An account would have to be made, and the caller may not.
pub const MAKES_ACCOUNT: Denial = Denial::forbidden(
    "invitations.makes_account",
    "Nobody here has this address, and people may not register by themselves: inviting it makes an account, which takes the \
     permission users.write as well.",
);

/// Whether what the caller invites may make accounts.
pub async fn opens_accounts(cx: &mut Cx<OneOrg, Writes>) -> Result<bool, Fault> {
    let is_open = Settings::of(cx.org()).branding.self_registration_enabled.unwrap_or(cx.services().is_dev);
    if is_open {
        return Ok(true);
    }
    Ok(Rank::of_actor(&mut cx.tx, &cx.actor).await?.covers(&Rank::of_permission(USERS_WRITE.slug)))
}

/// Refuse to invite an address nobody has, if that may not make an account.
///
/// # Errors
/// 403 `invitations.makes_account`.
pub fn must_open(is_known: bool, opens_accounts: bool) -> Result<(), Fault> {
    if is_known || opens_accounts { Ok(()) } else { Err(MAKES_ACCOUNT.into()) }
}
