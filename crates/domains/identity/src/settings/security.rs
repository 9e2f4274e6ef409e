//! How guesses and sessions are dealt with.

use super::section::section;
use super::values::{Authorities, Number};

section! {
    /// Security settings. Bounds keep guessing hopeless and lockouts bearable.
    pub struct Security {
        /// Whether proofs of possession need a nonce of this server (RFC 9449 §8).
        dpop_require_nonce: bool = false,
        /// Seconds for which a proof of possession is good.
        dpop_max_age: Number<10, 300> = Number::of(60),
        /// Authorities whose certificates of clients are believed (RFC 8705 §2.1), beside those of the installation.
        client_certificate_authorities: Option<Authorities> = None,
        /// Wrong passwords after which an account is locked.
        lockout_threshold: Number<3, 10> = Number::of(5),
        /// Seconds an account is locked at first; each further lock lasts twice as long, a day at most.
        lockout_duration_seconds: Number<60, 86_400> = Number::of(900),
        /// Wrong passwords after which the address they come from is locked.
        source_lockout_threshold: Number<10, 200> = Number::of(20),
        /// Seconds such an address is locked at first.
        source_lockout_duration_seconds: Number<60, 86_400> = Number::of(3600),
        /// Whether signing in ends the person's other sessions.
        single_session: bool = false,
    }
}
