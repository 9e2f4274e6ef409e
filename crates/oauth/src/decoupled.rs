//! What device authorization and CIBA share: a request that waits for a person at another device, and a client that asks again and
//! again what became of it.
//!
//! RFC 8628 §3.5, CIBA Core §7.3 and §11.

use crate::pkce::Challenge;
use kernel::{Scopes, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Seconds a client waits between two questions.
pub const INTERVAL: u32 = 5;
/// By how much that grows with every question that comes too early (RFC 8628 §3.5).
const STEP: u32 = 5;
/// Where it stops growing.
const LONGEST: u32 = 60;
/// How much too early an answer may be fetched: networks are not punctual.
const LEEWAY: Duration = Duration::from_secs(1);

/// What is asked of the person. Stored as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// What the client may do then.
    pub scopes: Scopes,
    /// At which resource servers (RFC 8707).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// A PKCE challenge, which whoever redeems must answer if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// Wanted authentication context classes, in order of preference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
}

/// How often a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Seconds it must wait between two questions.
    pub interval: u32,
    /// When it asked last.
    pub asked_at: Option<Timestamp>,
}

impl Pace {
    /// Whether a question now comes too early.
    pub fn is_hasty(&self, now: Timestamp) -> bool {
        let pause = Duration::from_secs(self.interval.into());
        self.asked_at.is_some_and(|asked_at| now.since(asked_at).saturating_add(LEEWAY) < pause)
    }
    /// The pace after a question now.
    #[must_use]
    pub fn after(&self, now: Timestamp) -> Self {
        let interval =
            if self.is_hasty(now) { self.interval.saturating_add(STEP).min(LONGEST.max(self.interval)) } else { self.interval };
        Self { interval, asked_at: Some(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn at(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn who_asks_too_early_waits_five_seconds_longer_each_time() {
        let mut pace = Pace { interval: INTERVAL, asked_at: None };
        assert!(!pace.is_hasty(NOW), "the first question never comes too early");
        pace = pace.after(NOW);
        assert!(!pace.is_hasty(at(5)) && !pace.is_hasty(at(4)) && pace.is_hasty(at(3)));
        pace = pace.after(at(3));
        assert_eq!(pace, Pace { interval: 10, asked_at: Some(at(3)) });
        assert!(pace.is_hasty(at(8)) && !pace.is_hasty(at(13)));
        assert_eq!(pace.after(at(13)).interval, 10);
        for _ in 0..100 {
            pace = pace.after(at(3));
        }
        assert_eq!(pace.interval, LONGEST);
    }

    #[test]
    fn what_was_asked_reads_back() {
        let asked = Asked { scopes: Scopes::parse("openid").unwrap(), resources: vec!["urn:a".into()], ..Asked::default() };
        let stored = serde_json::to_string(&asked).unwrap();
        assert_eq!(serde_json::from_str::<Asked>(&stored).unwrap(), asked);
    }
}
