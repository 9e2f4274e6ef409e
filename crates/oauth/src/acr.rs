//! Authentication context classes: how strongly a person proved who they are.
//!
//! OpenID Connect Core §2 (`acr`), `phr` and `phrh` from OpenID Connect EAP ACR Values 1.0. Four tiers, ordered: a stronger one
//! satisfies a demand for a weaker one.

use serde::{Deserialize, Serialize};

/// One of the four tiers, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Acr {
    /// One factor: a password, a mailed link, an upstream login.
    #[serde(rename = "urn:lumoauth:acr:1fa")]
    SingleFactor,
    /// Two different factors.
    #[serde(rename = "urn:lumoauth:acr:mfa")]
    MultiFactor,
    /// Phishing-resistant: a passkey.
    #[serde(rename = "phr")]
    PhishingResistant,
    /// Phishing-resistant, with a key that can't leave its hardware.
    #[serde(rename = "phrh")]
    PhishingResistantHardware,
}

impl Acr {
    /// Every tier, weakest first.
    pub const ALL: [Self; 4] = [Self::SingleFactor, Self::MultiFactor, Self::PhishingResistant, Self::PhishingResistantHardware];

    /// As `acr` and `acr_values` spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SingleFactor => "urn:lumoauth:acr:1fa",
            Self::MultiFactor => "urn:lumoauth:acr:mfa",
            Self::PhishingResistant => "phr",
            Self::PhishingResistantHardware => "phrh",
        }
    }
    /// The tier of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acr| acr.as_str() == text)
    }
}

/// The `acr` to report: the first of the `requested` values that `reached` satisfies, else `reached` itself.
pub fn reported(requested: &[String], reached: Acr) -> Acr {
    requested.iter().filter_map(|text| Acr::parse(text)).find(|acr| *acr <= reached).unwrap_or(reached)
}

/// The weakest tier that would satisfy the request; `None` if no requested value is known here.
pub fn weakest(requested: &[String]) -> Option<Acr> {
    requested.iter().filter_map(|text| Acr::parse(text)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip_and_match_the_stored_form() {
        for acr in Acr::ALL {
            assert_eq!(Acr::parse(acr.as_str()), Some(acr));
            assert_eq!(serde_json::to_value(acr).unwrap(), acr.as_str());
        }
        assert!(Acr::ALL.is_sorted());
    }

    #[test]
    fn the_reported_value_is_the_preferred_one_that_was_reached() {
        let requested = ["phr".to_owned(), "unknown".to_owned(), "urn:lumoauth:acr:1fa".to_owned()];
        assert_eq!(reported(&requested, Acr::MultiFactor), Acr::SingleFactor);
        assert_eq!(reported(&requested, Acr::PhishingResistantHardware), Acr::PhishingResistant);
        assert_eq!(reported(&[], Acr::MultiFactor), Acr::MultiFactor);
        assert_eq!(weakest(&requested), Some(Acr::SingleFactor));
        assert_eq!(weakest(&["unknown".to_owned()]), None);
    }
}
