//! A latency distribution in constant memory.

use std::time::Duration;

/// Bits of precision kept below a value's highest bit: a recorded value is at most 1/128 too high.
const PRECISION: u32 = 7;
const STEPS: u64 = 1 << PRECISION;
const BUCKETS: usize = (64 - PRECISION as usize + 1) << PRECISION;

/// Counts of durations in logarithmic buckets of at most 0.8 % width; quantiles round up.
#[derive(Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, longest: 0 }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanoseconds)) {
            *count += 1;
        }
        self.total += 1;
        self.longest = self.longest.max(nanoseconds);
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The longest duration, exactly.
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.longest)
    }

    /// The duration that `per_mille` of a thousand did not exceed; zero when nothing was counted.
    pub fn quantile(&self, per_mille: u64) -> Duration {
        let wanted = (self.total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_nanos(upper_bound(index).min(self.longest));
            }
        }
        Duration::from_nanos(self.longest)
    }
}

fn bucket(value: u64) -> usize {
    let magnitude = (64 - value.leading_zeros()).saturating_sub(PRECISION + 1);
    let within = (value >> magnitude) + u64::from(magnitude) * STEPS;
    usize::try_from(within).unwrap_or(BUCKETS - 1)
}

fn upper_bound(index: usize) -> u64 {
    let index = index as u64;
    if index < 2 * STEPS {
        return index;
    }
    let magnitude = index / STEPS - 1;
    let leading = index - magnitude * STEPS;
    ((u128::from(leading) + 1) << magnitude).saturating_sub(1).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_bucket_that_is_less_than_a_hundredth_wide() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) + (1 << shift) / 3, (1 << shift) | ((1 << shift) - 1)] {
                let upper = upper_bound(bucket(value));
                assert!(upper >= value, "{value} above its bucket {upper}");
                assert!(upper - value <= value / 100, "{value} in a bucket up to {upper}");
            }
        }
        assert_eq!(upper_bound(bucket(u64::MAX)), u64::MAX);
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        for index in 1..BUCKETS - 1 {
            assert_eq!(bucket(upper_bound(index) + 1), index + 1, "after bucket {index}");
        }
    }

    #[test]
    fn quantiles_of_a_known_distribution() {
        let mut histogram = Histogram::default();
        for microseconds in 1..=1000 {
            histogram.record(Duration::from_micros(microseconds));
        }
        for (per_mille, exact) in [(500, 500), (900, 900), (990, 990), (999, 999), (1000, 1000)] {
            let found = histogram.quantile(per_mille);
            let exact = Duration::from_micros(exact);
            assert!(found >= exact && found <= exact + exact / 100, "{per_mille}: {found:?}");
        }
        assert_eq!((histogram.count(), histogram.max()), (1000, Duration::from_millis(1)));
        assert_eq!(Histogram::default().quantile(990), Duration::ZERO);
    }
}
