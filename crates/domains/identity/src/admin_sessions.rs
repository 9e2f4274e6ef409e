//! Administration of sessions.

mod everybody;
mod figures;
mod list;
mod of_user;
mod revoke;
mod view;

pub use everybody::{Confirmed, EndEverySession};
pub use figures::{CountSessions, SessionFigures};
pub use list::ListSessions;
pub use of_user::{EndUserSessions, ListUserSessions};
pub use revoke::{EndOneSession, EndUserSession};
pub use view::SessionView;

use flow::Catalogue;

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListSessions>()
        .mount::<CountSessions>()
        .mount::<SessionFigures>()
        .mount::<EndEverySession>()
        .mount::<EndOneSession>()
        .mount::<ListUserSessions>()
        .mount::<EndUserSessions>()
        .mount::<EndUserSession>()
}

kernel::events! {
    /// What ending other people's sessions records.
    pub enum Revocation {
        /// An administrator ended sessions of a user.
        Revoked = "sessions.revoked", Warning { about user: kernel::UserId, public count: u64 };
    }
}
