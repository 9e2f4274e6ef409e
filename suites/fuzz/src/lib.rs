//! What outsiders send, tried out under the guidance of coverage.
//!
//! A [`Target`] takes an input as far as the product would, and asserts what must hold of it: an input that breaks that ends the program, and
//! libFuzzer keeps it. Inputs that are signed or encrypted are made here with published keys, for behind a good signature there is more to
//! stumble over. README.md says how to run it.

mod harness;
mod input;
mod keys;
mod targets;

pub use harness::{replay, sow, try_out};
pub use targets::TARGETS;
pub use targets::{assertion, authorization_details, certificate, client_metadata, dpop, jwt, request_object};

/// Something that takes what outsiders send.
pub struct Target {
    /// Its name, and that of its program.
    pub name: &'static str,
    /// Words that mutations are made of.
    pub words: fn() -> Vec<String>,
    /// Good inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Tries an input out and says whether it was accepted. Panics if what must hold doesn't.
    pub try_out: fn(&[u8]) -> bool,
}

/// The `main` of a target: libFuzzer's where it is compiled for that, and otherwise one that tries out the files it is given.
#[macro_export]
macro_rules! program {
    ($target:expr) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(
            init: { $crate::sow(&$target) },
            |data: &[u8]| {
                $crate::try_out(&$target, data);
            }
        );
        #[cfg(not(fuzzing))]
        fn main() {
            $crate::replay(&$target);
        }
    };
}
