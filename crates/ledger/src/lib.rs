//! The tamper-evident log as pure mathematics: Merkle tree, checkpoints, proofs, offline verification.
#![deny(missing_docs)]

pub mod canonical;
pub mod checkpoint;
pub mod export;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod personal;
pub mod verify;

mod hash;
mod object;
#[cfg(test)]
mod testing;

pub use object::Misshapen;
