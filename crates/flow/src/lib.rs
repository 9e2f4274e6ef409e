//! The Operation, its context and its runner; the hashing pool and the guarded outbound client.
