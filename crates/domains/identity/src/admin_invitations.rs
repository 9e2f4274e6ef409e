//! Inviting people into the organization: by address, with the roles they will have. Whoever invites may make users, and gives no
//! role that they couldn't give directly.

mod input;
mod invite;
mod list;
mod several;
#[cfg(test)]
mod tests;
mod view;
mod waiting;

pub use input::Days;
pub use invite::InviteUser;
pub use list::ListUserInvitations;
pub use several::{InviteUsers, Invited, Skipped};
pub use view::{InvitedRole, UserInvitationView};
pub use waiting::{ResendUserInvitation, RevokeUserInvitation};

use flow::Catalogue;

kernel::events! {
    /// What inviting into the organization records.
    pub enum Inviting {
        /// Somebody was invited into the organization.
        Invited = "invitations.created", Info { public invitation: i64, public roles: Vec<String>, personal email: String };
        /// Several people were invited into the organization at once.
        Several = "invitations.created_together", Info { public invitations: Vec<i64>, public roles: Vec<String>, public skipped: i64 };
        /// An invitation into the organization was sent again; the link before it opens nothing any more.
        Resent = "invitations.resent", Info { public invitation: i64, personal email: String };
        /// An invitation into the organization was taken back.
        Revoked = "invitations.revoked", Info { public invitation: i64, personal email: String };
    }
}

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListUserInvitations>()
        .mount::<InviteUser>()
        .mount::<InviteUsers>()
        .mount::<ResendUserInvitation>()
        .mount::<RevokeUserInvitation>()
}
