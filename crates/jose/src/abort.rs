//! Failures nobody can carry on from.

use std::io::Write;

/// The value, or the end of the process.
///
/// For calls of the crypto library that can only fail when the machine is broken: no randomness, a failed self-test, memory
/// exhausted. Going on would mean predictable keys or unsealed secrets.
pub(crate) fn or_abort<T, E>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|_| {
        // Nothing is left to do when standard error is closed as well.
        let _ = writeln!(std::io::stderr(), "fatal: {what}");
        std::process::abort()
    })
}
