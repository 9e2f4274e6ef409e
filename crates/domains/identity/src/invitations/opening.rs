//! Who may have accounts made. Where people may not register, or not with that address, it takes the permission to make users, whatever else
//! somebody may invite into.

use crate::permissions::USERS_WRITE;
use crate::privilege::Rank;
use crate::settings::Settings;
use crate::users::Email;
use flow::{Cx, OneOrg, Writes};
use kernel::{Denial, Fault};

/// An account would have to be made, and the caller may not.
pub const MAKES_ACCOUNT: Denial = Denial::forbidden(
    "invitations.makes_account",
    "Nobody here has this address, and people may not register with it by themselves: inviting it makes an account, which takes \
     the permission users.write as well.",
);

/// Whether the caller's invitation to this address may make an account.
pub async fn opens_accounts(cx: &mut Cx<OneOrg, Writes>, email: &Email) -> Result<bool, Fault> {
    let settings = Settings::of(cx.org());
    let is_open = settings.branding.self_registration_enabled.unwrap_or(cx.services().is_dev);
    if is_open && settings.authentication.allows_domain_of(email) {
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
