//! Administration of clients.

mod change;
mod cimd;
mod create;
mod delete;
mod list;
mod reach;
mod scopes;
mod secret;
mod show;
mod switch;
mod view;

pub use change::{UpdateClient, UpdateClientInput};
pub use cimd::CheckCimd;
pub use create::{CreateClient, CreateClientInput};
pub use delete::DeleteClient;
pub use list::ListClients;
pub(crate) use reach::must_hold;
pub use scopes::{ListClientScopes, SetClientScopes};
pub use secret::RotateClientSecret;
pub use show::ShowClient;
pub use switch::{DisableClient, EnableClient};
pub use view::{ClientView, NewClientView};

use flow::Catalogue;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListClients>()
        .mount::<CreateClient>()
        .mount::<CheckCimd>()
        .mount::<ShowClient>()
        .mount::<UpdateClient>()
        .mount::<DeleteClient>()
        .mount::<EnableClient>()
        .mount::<DisableClient>()
        .mount::<RotateClientSecret>()
        .mount::<ListClientScopes>()
        .mount::<SetClientScopes>()
}

kernel::events! {
    /// What administration of clients records.
    pub enum ClientChange {
        /// A client was registered.
        Created = "clients.created", Info { about client: kernel::ClientId, public name: String, public scopes: kernel::Scopes };
        /// A client's registration was changed.
        Updated = "clients.updated", Info { about client: kernel::ClientId, public scopes: kernel::Scopes };
        /// A client was switched on.
        Enabled = "clients.enabled", Info { about client: kernel::ClientId };
        /// A client was switched off: its tokens are void while it is.
        Disabled = "clients.disabled", Warning { about client: kernel::ClientId };
        /// A client was deleted, and with it everything issued to it.
        Deleted = "clients.deleted", Warning { about client: kernel::ClientId };
        /// A client got a new secret; the old one is dead.
        SecretRotated = "clients.secret_rotated", Warning { about client: kernel::ClientId };
        /// The scopes a client may ask for were changed.
        ScopesChanged = "clients.scopes_changed", Warning { about client: kernel::ClientId, public scopes: kernel::Scopes };
    }
}
