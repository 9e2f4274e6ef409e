//! Keys as the crypto library holds them: parsed once, used many times, each pinned to one algorithm (RFC 8725 §3.1).

mod signing;
mod verifying;

pub use signing::{KeyError, RsaSize, SigningKey};
pub(crate) use signing::{ec_from_point, rsa_from_der};
pub use verifying::VerifyingKey;
