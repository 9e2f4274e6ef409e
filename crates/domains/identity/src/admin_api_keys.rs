//! API keys, as administrators see, make and revoke them. A key acts for the person who makes it, never for somebody else, and holds
//! nothing they don't.

mod create;
mod input;
mod list;
mod reach;
mod revoke;
mod show;
#[cfg(test)]
mod tests;
mod view;

pub use create::CreateApiKey;
pub use input::{KeyDays, KeyScope};
pub use list::ListApiKeys;
pub use reach::grantable;
pub use revoke::RevokeApiKey;
pub use show::ShowApiKey;
pub use view::{ApiKeyView, NewApiKeyView};

use flow::Catalogue;
use kernel::{ApiKeyId, Fault, UserId};

kernel::events! {
    /// What changes of API keys record.
    pub enum ApiKeyChange {
        /// Somebody made an API key that acts for them.
        Created = "api_keys.created", Warning { about api_key: ApiKeyId, public user: UserId, public name: String, public scopes: kernel::Scopes, public expires_at: Option<String> };
        /// An API key was revoked, and those along that were made with it.
        Revoked = "api_keys.revoked", Warning { about api_key: ApiKeyId, public user: UserId, public along: Vec<ApiKeyId> };
    }
}

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ListApiKeys>().mount::<CreateApiKey>().mount::<ShowApiKey>().mount::<RevokeApiKey>()
}

fn not_found() -> Fault {
    Fault::not_found("api_keys.not_found", "There is no such API key.")
}
