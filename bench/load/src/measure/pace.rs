//! When the requests of an open loop are due.

use std::time::Duration;

/// The instant, counted from the start, at which request number `ticket` of `per_second` evenly spaced ones is due.
pub fn due(ticket: u64, per_second: u64) -> Duration {
    let nanoseconds = u128::from(ticket) * 1_000_000_000 / u128::from(per_second.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evenly_spaced_and_never_drift() {
        assert_eq!(due(0, 3), Duration::ZERO);
        assert_eq!(due(1, 4000), Duration::from_micros(250));
        assert_eq!(due(3, 3), Duration::from_secs(1));
        assert_eq!(due(86_400 * 7_919, 7_919), Duration::from_hours(24));
    }
}
