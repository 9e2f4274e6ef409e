//! What the small servers in the tests of several crates have in common.

mod catalogue;
mod clock;
mod guard;
mod parts;
mod play;
mod rng;

pub use catalogue::find_entry;
pub use clock::FakeClock;
pub use guard::StandIn;
pub use parts::parts;
pub use play::play;
pub use rng::SeededRng;
