//! What device authorization and CIBA share: a request that waits for a person at another device, and a client that asks again and
//! again what became of it.
//!
//! RFC 8628 §3.5, CIBA Core §7.3 and §11.

use crate::ClientMetadata;
use crate::acr::{self, Acr};
use crate::pkce::Challenge;
use crate::rar::{self, DetailType, Details};
use kernel::{Scopes, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// What the client may do then.
    pub scopes: Scopes,
    /// At which resource servers (RFC 8707).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What exactly (RFC 9396).
    #[serde(skip_serializing_if = "Details::is_empty")]
    pub authorization_details: Details,
    /// A PKCE challenge, which whoever redeems must answer if it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Challenge>,
    /// Wanted authentication context classes, in order of preference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub acr_values: Vec<String>,
}

impl Asked {
    /// What is left of it for a client whose registration may have changed since it asked; `None` if nothing is.
    pub fn still_allowed(&self, client: &ClientMetadata, types: &[Arc<DetailType>]) -> Option<Scopes> {
        let scopes = self.scopes.intersection(&client.scopes);
        let is_something = !scopes.is_empty() || !self.authorization_details.is_empty();
        (is_something && rar::check(&self.authorization_details, types, client).is_ok()).then_some(scopes)
    }
    /// Whether somebody who signed in as strongly as `acr` says may grant it: the weakest of the wanted classes has to be reached. A class
    /// that is unknown here is wanted of nobody.
    pub fn is_met_by(&self, acr: &str) -> bool {
        acr::weakest(&self.acr_values).is_none_or(|wanted| Acr::parse(acr).is_some_and(|reached| reached >= wanted))
    }
    /// The types of its details, for the log.
    pub fn detail_types(&self) -> Option<String> {
        let types = self.authorization_details.types().collect::<Vec<_>>().join(" ");
        Some(types).filter(|types| !types.is_empty())
    }
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
    /// Whether a question now is the first within its minute: the log needs no more to tell how somebody asks.
    pub fn is_first_of_minute(&self, now: Timestamp) -> bool {
        let minute = |at: Timestamp| at.as_secs().div_euclid(60);
        self.asked_at.is_none_or(|asked_at| minute(asked_at) != minute(now))
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
    use serde_json::json;

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
    fn the_first_question_of_each_minute_is_told_from_the_others() {
        let asked = |seconds: u64| Pace { interval: INTERVAL, asked_at: Some(at(seconds)) };
        assert!(Pace { interval: INTERVAL, asked_at: None }.is_first_of_minute(NOW));
        for (before, now, is_first) in [(0, 0, false), (0, 59, false), (59, 60, true), (60, 119, false), (0, 120, true)] {
            assert_eq!(asked(before).is_first_of_minute(at(now)), is_first, "{before} {now}");
        }
    }

    #[test]
    fn what_was_asked_reads_back() {
        let asked = Asked { scopes: Scopes::parse("openid").unwrap(), resources: vec!["urn:a".into()], ..Asked::default() };
        let stored = serde_json::to_string(&asked).unwrap();
        assert_eq!(serde_json::from_str::<Asked>(&stored).unwrap(), asked);
    }

    #[test]
    fn whoever_grants_has_signed_in_as_strongly_as_is_wanted() {
        let of = |text: &str| Asked { acr_values: text.split(' ').map(str::to_owned).collect(), ..Asked::default() };
        for (wanted, reached, is_met) in [
            ("", "urn:lumoauth:acr:1fa", true),
            ("urn:lumoauth:acr:1fa", "urn:lumoauth:acr:1fa", true),
            ("phr urn:lumoauth:acr:1fa", "urn:lumoauth:acr:1fa", true),
            ("urn:example:unheard-of", "urn:lumoauth:acr:1fa", true),
            ("phr urn:example:unheard-of", "urn:lumoauth:acr:1fa", false),
            ("urn:lumoauth:acr:mfa", "urn:lumoauth:acr:1fa", false),
            ("urn:lumoauth:acr:mfa", "phr", true),
            ("phrh", "phr", false),
            ("phr", "https://upstream.example/gold", false),
        ] {
            assert_eq!(of(wanted).is_met_by(reached), is_met, "{wanted} by {reached}");
        }
    }

    #[test]
    fn what_was_asked_is_cut_down_to_what_client_and_organization_still_have() {
        let types = vec![Arc::new(DetailType::parse(&json!({ "type": "payment", "title": "Pay" })).unwrap())];
        let client = ClientMetadata {
            scopes: Scopes::parse("openid").unwrap(),
            authorization_details_types: vec!["payment".into()],
            ..ClientMetadata::new("c")
        };
        let asked = |scopes: &str, details: bool| Asked {
            scopes: Scopes::parse(scopes).unwrap_or_default(),
            authorization_details: if details {
                Details::from_json(json!([{ "type": "payment" }])).unwrap()
            } else {
                Details::default()
            },
            ..Asked::default()
        };
        let without = ClientMetadata { authorization_details_types: Vec::new(), ..client.clone() };
        for (asked, client, types, expected) in [
            (asked("openid email", false), &client, &types[..], Some("openid")),
            (asked("email", false), &client, &types, None),
            (asked("email", true), &client, &types, Some("")),
            (asked("openid", true), &client, &types, Some("openid")),
            (asked("openid", true), &client, &[], None),
            (asked("openid", true), &without, &types, None),
        ] {
            let left = asked.still_allowed(client, types).map(|scopes| scopes.to_string());
            assert_eq!(left.as_deref(), expected, "{asked:?}");
        }
        assert_eq!(asked("openid", true).detail_types().as_deref(), Some("payment"));
        assert_eq!(asked("openid", false).detail_types(), None);
    }
}
