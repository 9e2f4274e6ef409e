//! JOSE and the few other uses of cryptography: signatures, encryption, keys, digests, sealing at rest.
//!
//! No other crate of the workspace touches the crypto library. Nothing here reads a clock; randomness comes in through
//! [`kernel::Rng`] wherever a test could want to replay it. (Key generation, RSA blinding and signature nonces draw on
//! the library's own generator and can't be replayed.)
#![deny(missing_docs)]

pub mod alg;
pub mod claims;
pub mod digest;
pub mod encoding;
pub mod json;
pub mod jwe;
pub mod jwk;
pub mod jwks;
pub mod jws;
pub mod key;
pub mod random;
pub mod seal;
pub mod x509;

mod abort;
