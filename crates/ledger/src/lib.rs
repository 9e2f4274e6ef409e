//! The tamper-evident log as pure mathematics: Merkle tree, checkpoints, proofs, offline verification.
