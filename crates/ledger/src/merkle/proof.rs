//! Verifying proofs, by the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2.

use super::{Hash, empty_root, node_hash};
use jose::digest::constant_time_eq;

/// A proof that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The index or the earlier size lies outside the tree.
    #[error("the proof speaks of something outside the tree")]
    Outside,
    /// A proof for this place in this tree has another number of hashes.
    #[error("the proof has the wrong length")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Check that `leaf` (a leaf's hash) is number `index` in the tree of `size` leaves with this `root`.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofFault> {
    if index >= size {
        return Err(ProofFault::Outside);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofFault::Length);
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // A node at the right edge without a sibling moves up unchanged.
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    if last != 0 {
        return Err(ProofFault::Length);
    }
    same_root(&hash, root)
}

/// Check that the tree of `old` leaves with `old_root` is a prefix of the tree of `new` leaves with `new_root`.
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> Result<(), ProofFault> {
    if old > new {
        return Err(ProofFault::Outside);
    }
    if old == 0 || old == new {
        if !proof.is_empty() {
            return Err(ProofFault::Length);
        }
        return if old == 0 { same_root(old_root, &empty_root()) } else { same_root(old_root, new_root) };
    }
    // When the old tree is one complete subtree, its root is the first hash and the proof leaves it out.
    let (first, rest) = match proof.split_first() {
        None => return Err(ProofFault::Length),
        Some(_) if old.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (first, rest),
    };
    let (mut node, mut last) = (old - 1, new - 1);
    while node % 2 == 1 {
        node /= 2;
        last /= 2;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofFault::Length);
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node /= 2;
        last /= 2;
    }
    if last != 0 {
        return Err(ProofFault::Length);
    }
    same_root(&old_hash, old_root)?;
    same_root(&new_hash, new_root)
}

fn same_root(found: &Hash, wanted: &Hash) -> Result<(), ProofFault> {
    if constant_time_eq(found, wanted) { Ok(()) } else { Err(ProofFault::Root) }
}
