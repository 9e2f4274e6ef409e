//! OAuth 2.1 and OpenID Connect as pure rooms, one per specification. No I/O.
//!
//! A room holds everything the server knows about one specification: wire types and their parsers, pure checks that take
//! facts and return values, what the room adds to the metadata documents, and its tests. The caller (the `op` domain) loads
//! facts, asks a room to decide, and carries the decision out. [`pipeline`] lists which room works where.
#![deny(missing_docs)]

pub mod access_token;
pub mod acr;
pub mod authorization_request;
pub mod backchannel_logout;
pub mod bearer;
pub mod ciba;
pub mod claim;
pub mod claims_request;
pub mod client;
pub mod client_authentication;
pub mod client_id_metadata;
pub mod confirmation;
pub mod custom_claims;
pub mod decoupled;
pub mod device_authorization;
pub mod dpop;
pub mod end_session;
pub mod error;
pub mod fapi;
pub mod frontchannel_logout;
pub mod grant;
pub mod id_jag;
pub mod id_token;
pub mod interaction;
pub mod introspect;
pub mod issuer;
pub mod jar;
pub mod jarm;
pub mod jwt_bearer;
pub mod metadata;
pub mod mtls;
pub mod pairwise;
pub mod par;
pub mod params;
pub mod person;
pub mod pipeline;
pub mod pkce;
pub mod private_key_jwt;
pub mod prompt;
pub mod protected_resource;
pub mod rar;
pub mod redirect_uri;
pub mod registration;
pub mod resource;
pub mod response_mode;
pub mod response_type;
pub mod revoke;
pub mod scope;
pub mod session_management;
pub mod step_up;
mod text;
pub mod token_exchange;
pub mod token_response;
pub mod userinfo;

pub use client::ClientMetadata;
pub use error::{ErrorCode, ProtocolError};
pub use issuer::Issuer;
pub use params::Params;
pub use response_type::ResponseType;

/// Property tests try the same cases on every run.
#[cfg(test)]
fn fixed_seed() -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(7636),
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    }
}
