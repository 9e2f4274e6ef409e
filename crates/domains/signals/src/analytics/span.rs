//! The days a figure is about.

use crate::sequencer::day;
use flow::Field;
use kernel::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// `days`: as many, the present one included. 30 where it is left out, and never more than 90 or less than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(i64);

impl Field for Days {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": 90, "default": 30 })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        i64::from_text(text).map(|days| Self(days.clamp(1, 90)))
    }
    fn absent() -> Option<Self> {
        Some(Self(30))
    }
}

/// So many days, the last of them being the present one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    days: i64,
    /// The first day.
    pub(super) first: i64,
    to: Timestamp,
}

impl Span {
    /// The days that were asked for.
    pub(super) fn of(Days(days): Days, now: Timestamp) -> Self {
        Self::last(days, now)
    }
    /// The last days.
    pub(super) fn last(days: i64, now: Timestamp) -> Self {
        Self { days, first: day(now.as_micros()) - days + 1, to: now }
    }
    /// When it begins.
    pub(super) fn from(self) -> Timestamp {
        midnight(self.first)
    }
    /// As the API shows it.
    pub(super) fn period(self) -> Period {
        Period { days: self.days, from: self.from().to_iso(), to: self.to.to_iso() }
    }
}

/// The days a figure is about.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Period {
    days: i64,
    from: String,
    to: String,
}

/// The beginning of a day.
fn midnight(day: i64) -> Timestamp {
    Timestamp::from_secs(day.saturating_mul(86_400))
}

/// A day as the API spells it: `2026-11-23`.
pub(super) fn date(day: i64) -> String {
    midnight(day).to_iso().split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_at_midnight_and_holds_the_present_day() {
        let now = Timestamp::parse_iso("2026-11-23T23:59:59Z").unwrap();
        let span = |text: &str| Span::of(Days::from_text(text).unwrap(), now);
        assert_eq!(span("1").from().to_iso(), "2026-11-23T00:00:00Z");
        assert_eq!(span("30").from().to_iso(), "2026-10-25T00:00:00Z");
        assert_eq!(span("0"), span("1"));
        assert_eq!(span("1000"), span("90"));
        assert_eq!(date(span("1").first), "2026-11-23");
        assert!(Days::from_text("x").is_err());
    }
}
