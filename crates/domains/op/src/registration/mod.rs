//! Clients that register themselves (RFC 7591) and manage their registration (RFC 7592), and who lets them.

mod bounds;
mod document;
mod initial_tokens;
mod manage;
mod policy;
mod register;
mod registrar;
mod rows;
mod settings;
mod statement;
mod tokens;
mod update;
mod view;

pub use document::Document;
pub use initial_tokens::{CreateInitialToken, ListInitialTokens, RevokeInitialToken};
pub use manage::{DeleteRegistration, ShowRegistration};
pub(crate) use policy::harmless;
pub use policy::{Mode, RegistrationPolicy};
pub use register::Register;
pub use settings::{ShowPolicy, UpdatePolicy};
pub use update::UpdateRegistration;

use flow::{Catalogue, Incoming, Services};
use kernel::{Actor, Fault, Scopes};
use registrar::Registrar;
use store::Org;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Register>()
        .mount::<ShowRegistration>()
        .mount::<UpdateRegistration>()
        .mount::<DeleteRegistration>()
        .mount::<ListInitialTokens>()
        .mount::<CreateInitialToken>()
        .mount::<RevokeInitialToken>()
        .mount::<ShowPolicy>()
        .mount::<UpdatePolicy>()
}

kernel::events! {
    /// What registration by protocol records.
    pub enum SelfRegistration {
        /// A client registered itself.
        Registered = "clients.registered", Info {
            about client: kernel::ClientId, public name: Option<String>, public scopes: kernel::Scopes,
            public registered_by: &'static str, public initial_access_token: Option<String>
        };
        /// A client replaced its registration.
        Updated = "clients.registration_replaced", Info { about client: kernel::ClientId, public scopes: kernel::Scopes };
        /// A client removed itself, and with it everything issued to it.
        Removed = "clients.deregistered", Warning { about client: kernel::ClientId };
    }
}

/// The client that the path names, by its registration access token.
///
/// # Errors
/// 401 `invalid_token`, in the same words whether the client or the token is unknown.
pub(crate) async fn prove(services: &Services, org: &Org, incoming: &Incoming) -> Result<Actor, Fault> {
    let proven = rows::prove(services, org, incoming).await?;
    Ok(Actor::Client { client: proven.client, scopes: Scopes::default() })
}
