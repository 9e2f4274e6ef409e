//! The targets, one kind of input each.

pub mod assertion;
pub mod authorization_details;
pub mod certificate;
pub mod client_metadata;
pub mod dpop;
pub mod jwt;
pub mod request_object;

use crate::Target;

/// All of them.
pub static TARGETS: &[Target] = &[
    dpop::TARGET,
    jwt::TARGET,
    assertion::TARGET,
    request_object::TARGET,
    authorization_details::TARGET,
    client_metadata::TARGET,
    certificate::TARGET,
];
