//! The Merkle tree of RFC 6962 §2.1: hashing, the growing edge, and the two kinds of proof.
//!
//! A store keeps two things: the hash of every leaf, and for every complete subtree of 2^8, 2^16, 2^24, … leaves its root
//! (the shape of C2SP `tlog-tiles`). [`Frontier::append`] says which of them a new leaf completes; a [`Plan`] says which of
//! them a proof needs.

mod frontier;
mod plan;
mod proof;

pub use crate::hash::Hash;
pub use frontier::{Frontier, FrontierFault, Node};
pub use plan::{Impossible, MissingHash, Plan, Range, SIZE_LIMIT};
pub use proof::{ProofFault, verify_consistency, verify_inclusion};

use jose::digest::{Sha256, sha256};

/// How many levels one stored level stands above the one below it.
pub const TILE_HEIGHT: u8 = 8;

/// How many hashes a full tile holds.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// The hash of a leaf: SHA-256(0x00 || leaf).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(&[0]);
    hash.update(leaf);
    hash.finish()
}

/// The hash of a node: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update(&[1]);
    hash.update(left);
    hash.update(right);
    hash.finish()
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    sha256(b"")
}

/// The root over some leaf hashes, or over the roots of complete subtrees of equal size.
pub fn root_of(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    for hash in hashes {
        frontier.append(*hash);
    }
    frontier.root()
}

/// Where RFC 6962 splits a tree of `size` ≥ 2 leaves: the largest power of two below `size`.
fn split_point(size: u64) -> u64 {
    1 << (size.saturating_sub(1) | 1).ilog2()
}

#[cfg(test)]
mod tests;
