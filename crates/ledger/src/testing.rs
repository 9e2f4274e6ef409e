//! What the tests of several modules share.

use std::sync::atomic::{AtomicU8, Ordering};

/// "Randomness" that counts, so that every draw differs and every run is the same.
#[derive(Default)]
pub(crate) struct Counting(AtomicU8);

impl kernel::Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}
