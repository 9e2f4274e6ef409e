//! Randomness that is the same in every run.

use jose::digest::Sha256;
use kernel::Rng;
use std::sync::atomic::{AtomicU64, Ordering};

/// SHA-256 of a seed and a counter: unpredictable enough for a test, repeatable for its reader.
#[derive(Debug, Default)]
pub struct SeededRng {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRng {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(&self.seed.to_be_bytes());
            hash.update(&self.counter.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            for (byte, random) in chunk.iter_mut().zip(hash.finish()) {
                *byte = random;
            }
        }
    }
}
