//! What was issued, as administrators see it: everything of one grant of a person is one row, and so is each token a client got for
//! itself.

mod everybody;
mod list;
mod note;
mod of_client;
mod of_user;
mod revoke;

pub use everybody::RevokeEveryToken;
pub use list::{IssuedView, ListTokens};
pub(crate) use note::{OwnToken, note_family};
pub use note::{OwnTokens, write_down};
pub use of_client::RevokeClientTokens;
pub use of_user::RevokeUserTokens;
pub use revoke::RevokeToken;

use flow::Catalogue;
use kernel::{ClientId, UserId};

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListTokens>()
        .mount::<RevokeEveryToken>()
        .mount::<RevokeToken>()
        .mount::<RevokeClientTokens>()
        .mount::<RevokeUserTokens>()
}

kernel::events! {
    /// What revoking other people's tokens records.
    pub enum Revocation {
        /// An administrator revoked what a client had been given.
        One = "tokens.withdrawn", Warning { about client: ClientId, public subject: Option<UserId>, public number: i64 };
        /// An administrator revoked every token of a client.
        OfClient = "tokens.client_withdrawn", Warning { about client: ClientId, public families: u64 };
        /// An administrator revoked every token of a user.
        OfUser = "tokens.user_withdrawn", Warning { about user: UserId, public families: u64 };
        /// An administrator revoked every token of the organization.
        All = "tokens.all_withdrawn", Warning { public families: u64 };
    }
}
