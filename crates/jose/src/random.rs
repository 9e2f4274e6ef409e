//! Randomness of the operating system.

use crate::abort::or_abort;
use crate::encoding::base64url;
use kernel::Rng;

/// The generator for production: the crypto library's, seeded by the operating system.
///
/// If it fails the process ends; there is no way to go on with predictable secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        or_abort(aws_lc_rs::rand::fill(bytes), "the system has no randomness to give");
    }
}

/// `bytes` random bytes as base64url: a code, a token, a nonce. 16 bytes are 22 characters and 128 bits, 32 are 43 and 256.
pub fn token(rng: &dyn Rng, bytes: usize) -> String {
    let mut random = zeroize::Zeroizing::new(vec![0; bytes]);
    rng.fill(&mut random);
    base64url(random.as_slice())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// Counts up, so that a test knows every byte.
    #[derive(Default)]
    pub(crate) struct Counting(AtomicU8);
    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_token_is_the_base64url_of_what_the_generator_gave() {
        let rng = Counting::default();
        assert_eq!(token(&rng, 3), "AAEC");
        assert_eq!(token(&rng, 16).len(), 22);
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        assert_ne!(token(&SystemRng, 32), token(&SystemRng, 32));
    }
}
