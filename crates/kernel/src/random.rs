//! Randomness comes from outside.

/// A source of cryptographic randomness. Production passes the operating system's, tests a seeded one.
pub trait Rng: Send + Sync {
    /// Fill `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}
