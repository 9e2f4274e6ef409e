//! How often anyone may knock: one budget per rate class and source, counted by GCRA in memory.
//!
//! This protects the server's time. Guesses at secrets are counted apart, in the database, per account and source.

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use kernel::{Fault, Limit};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

/// Requests per minute and source, and how many may come at once. `None` means unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Per minute.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

/// The rates of all classes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// [`Limit::Cheap`].
    pub cheap: Option<Rate>,
    /// [`Limit::Standard`].
    pub standard: Option<Rate>,
    /// [`Limit::Token`].
    pub token: Option<Rate>,
    /// [`Limit::Credential`].
    pub credential: Option<Rate>,
}

impl Rates {
    fn of(&self, limit: Limit) -> Option<Rate> {
        match limit {
            Limit::Cheap => self.cheap,
            Limit::Standard => self.standard,
            Limit::Token => self.token,
            Limit::Credential => self.credential,
        }
    }
}

/// What a source has left, as the `X-RateLimit-…` headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests that may come at once.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// How long until all of them are there again.
    pub refill: Duration,
}

impl Budget {
    fn of(standing: &StateSnapshot) -> Self {
        let (limit, remaining) = (standing.quota().burst_size().get(), standing.remaining_burst_capacity());
        Self { limit, remaining, refill: standing.quota().replenish_interval() * limit.saturating_sub(remaining) }
    }
}

type Counters = RateLimiter<IpAddr, DefaultKeyedStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

/// One a minute.
const NEWS: Rate = Rate { per_minute: NonZeroU32::MIN, burst: NonZeroU32::MIN };

/// Counts requests per source: an IPv4 address, or an IPv6 /64.
pub struct Limiter {
    classes: Vec<(Limit, Rate, Counters)>,
    /// Sources turned away of late.
    turned_away: Counters,
    clock: DefaultClock,
}

impl Limiter {
    /// Count by these rates.
    pub fn new(rates: &Rates) -> Self {
        let classes = [Limit::Cheap, Limit::Standard, Limit::Token, Limit::Credential]
            .into_iter()
            .filter_map(|limit| rates.of(limit).map(|rate| (limit, rate, counters(rate))))
            .collect();
        Self { classes, turned_away: counters(NEWS), clock: DefaultClock::default() }
    }

    /// Count one request. Tells what is left of the budget; `None` for a class without one.
    ///
    /// # Errors
    /// 429 with the seconds to wait, if the source has used up its budget.
    pub fn count(&self, limit: Limit, source: IpAddr) -> Result<Option<Budget>, Fault> {
        let Some((_, _, counters)) = self.classes.iter().find(|(class, ..)| *class == limit) else { return Ok(None) };
        let standing = counters.check_key(&network(source)).map_err(|denied| {
            let wait = denied.wait_time_from(self.clock.now()).as_secs_f64().ceil().clamp(1.0, 3600.0);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=3600 just above")]
            let seconds = wait as u32;
            Fault::too_many(seconds)
        })?;
        Ok(Some(Budget::of(&standing)))
    }

    /// The whole budget of a class, spent: what a source that was turned away has left.
    pub fn spent(&self, limit: Limit) -> Option<Budget> {
        let (_, rate, _) = self.classes.iter().find(|(class, ..)| *class == limit)?;
        let refill = Duration::from_mins(1) / rate.per_minute.get() * rate.burst.get();
        Some(Budget { limit: rate.burst.get(), remaining: 0, refill })
    }

    /// Whether the log is to hear that this source was turned away. Once a minute says as much as ten thousand times, and writing
    /// each down would cost more than serving it.
    pub fn is_news(&self, source: IpAddr) -> bool {
        self.turned_away.check_key(&network(source)).is_ok()
    }

    /// Forget sources that have their full budget back. Call it now and then.
    pub fn tidy(&self) {
        for (_, _, counters) in &self.classes {
            counters.retain_recent();
        }
        self.turned_away.retain_recent();
    }
}

fn counters(rate: Rate) -> Counters {
    RateLimiter::keyed(Quota::per_minute(rate.per_minute).allow_burst(rate.burst)).with_middleware()
}

/// One household or machine: IPv6 hosts own a whole /64.
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(v6) => {
            v6.to_ipv4_mapped().map_or_else(|| IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)), IpAddr::V4)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter() -> Limiter {
        let two = NonZeroU32::new(2).unwrap();
        Limiter::new(&Rates { credential: Some(Rate { per_minute: two, burst: two }), ..Rates::default() })
    }

    #[test]
    fn a_source_that_used_up_its_budget_is_told_how_long_to_wait() {
        let limiter = limiter();
        let source = "192.0.2.1".parse().unwrap();
        assert!(limiter.count(Limit::Credential, source).is_ok());
        assert!(limiter.count(Limit::Credential, source).is_ok());
        assert!(limiter.count(Limit::Credential, source).unwrap_err().retry_after.unwrap() >= 1);
        assert!(limiter.count(Limit::Token, source).is_ok(), "another class has its own budget");
    }

    #[test]
    fn a_source_learns_what_is_left_and_when_all_of_it_is_back() {
        let limiter = limiter();
        let source = "192.0.2.1".parse().unwrap();
        let first = limiter.count(Limit::Credential, source).unwrap().unwrap();
        assert_eq!(first, Budget { limit: 2, remaining: 1, refill: Duration::from_secs(30) });
        assert_eq!(limiter.count(Limit::Credential, source).unwrap().map(|left| left.remaining), Some(0));
        assert_eq!(limiter.spent(Limit::Credential), Some(Budget { limit: 2, remaining: 0, refill: Duration::from_mins(1) }));
        assert_eq!((limiter.count(Limit::Token, source).unwrap(), limiter.spent(Limit::Token)), (None, None));
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let limiter = limiter();
        for host in 1..=2 {
            assert!(limiter.count(Limit::Credential, format!("2001:db8::{host}").parse().unwrap()).is_ok());
        }
        assert!(limiter.count(Limit::Credential, "2001:db8::99".parse().unwrap()).is_err());
        assert!(limiter.count(Limit::Credential, "2001:db8:0:1::1".parse().unwrap()).is_ok());
    }
}
