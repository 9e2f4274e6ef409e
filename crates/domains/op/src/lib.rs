//! The OpenID provider: clients, keys, authorize, token, userinfo, introspect, revoke, logout, discovery.
#![deny(missing_docs)]

pub mod access_tokens;
pub mod authorize;
pub mod backchannel;
mod check_session;
pub mod clients;
pub mod consents;
mod decoupled;
pub mod demo;
pub mod dev_resource;
pub mod device;
pub mod discovery;
pub mod families;
pub mod introspect;
pub mod issued;
pub mod keys;
pub mod logout;
mod mint;
mod mutual_tls;
pub mod par;
mod params;
mod person;
pub mod policy;
mod possession;
pub mod protected_resource;
mod prove;
pub mod provision;
pub mod registration;
pub mod revoke;
mod subjects;
pub mod token;
pub mod userinfo;
mod wrapping;

pub use mutual_tls::MutualTls;
pub use prove::Provider;

use flow::{Catalogue, Jobs, Rooms};
use store::Store;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .with(discovery::mount)
        .with(protected_resource::mount)
        .with(authorize::mount)
        .with(par::mount)
        .with(device::mount)
        .with(backchannel::mount)
        .with(token::mount)
        .with(introspect::mount)
        .with(revoke::mount)
        .with(userinfo::mount)
        .with(logout::mount)
        .with(check_session::mount)
        .with(issued::mount)
        .with(clients::admin::mount)
        .with(registration::mount)
        .with(keys::mount)
}

/// What development servers have besides: the demo application, and a resource to try tokens on.
pub fn mount_dev(catalogue: Catalogue) -> Catalogue {
    catalogue.with(demo::mount).with(dev_resource::mount)
}

/// The jobs this domain queues, and those it does for others.
pub fn jobs(jobs: Jobs) -> Jobs {
    jobs.with::<backchannel::Notify>().with::<logout::TellClients>().with::<logout::DeliverLogout>()
}

/// What the provider keeps in memory.
pub fn rooms(rooms: Rooms, store: &Store) -> Rooms {
    rooms
        .with(keys::Keys::new(store))
        .with(clients::Clients::new(store))
        .with(subjects::Salts::new(store))
        .with(clients::RemoteKeys::default())
        .with(clients::Documents::default())
        .with(authorize::KnownObjects::default())
        .with(access_tokens::AccessTokens::default())
        .with(issued::OwnTokens::default())
}
