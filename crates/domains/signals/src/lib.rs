//! The audit trail: queries, proofs, exports, checkpoints.
