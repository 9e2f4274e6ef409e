//! Points in time, in a language and a time zone. A server does not know a reader's time zone, so times on pages are given in the
//! organization's and marked up as `time` elements, which the script turns into the reader's own.

use crate::words::Words;
use askama::filters::Safe;
use jiff::tz::TimeZone;
use kernel::Timestamp;

/// A time zone of the IANA database; UTC if nothing else is said.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// `Europe/Paris`; `None` for what the database doesn't know.
    pub fn parse(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// Day of the month, month, year, time of day, and what the zone is called then.
    fn read(&self, at: Timestamp) -> Option<Reading> {
        let zoned = jiff::Timestamp::from_microsecond(at.as_micros()).ok()?.to_zoned_datetime(self.0.clone());
        let (year, month) = (zoned.year().to_string(), usize::from(zoned.month().unsigned_abs()));
        let clock = format!("{:02}:{:02}", zoned.hour(), zoned.minute());
        let label = zoned.strftime("%Z").to_string();
        // Zones without letters are called by their distance.
        let label = if label.starts_with(['+', '-']) { format!("UTC{label}") } else { label };
        Some(Reading { day: zoned.day().to_string(), month, year, clock, label })
    }
}

struct Reading {
    day: String,
    /// From 1.
    month: usize,
    year: String,
    clock: String,
    label: String,
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Words {
    /// A day: `23 November 2026`.
    pub fn day(&self, at: Timestamp, zone: &Zone) -> String {
        zone.read(at).map(|reading| self.date_of(&reading)).unwrap_or_default()
    }

    /// A day and a time: `23 November 2026, 08:30 UTC`.
    pub fn moment(&self, at: Timestamp, zone: &Zone) -> String {
        let said = |reading: Reading| format!("{}, {} {}", self.date_of(&reading), reading.clock, reading.label);
        zone.read(at).map(said).unwrap_or_default()
    }

    /// A `time` element with day and time.
    pub(crate) fn time(&self, at: Timestamp, zone: &Zone) -> Safe<String> {
        Safe(self.time_element(at, zone))
    }

    /// A sentence around a `time` element.
    pub(crate) fn said_at(&self, sentence: fn(&str) -> String, at: Timestamp, zone: &Zone) -> Safe<String> {
        // All parts are ours: sentences of the catalogue, digits, names of zones. None has anything to escape.
        Safe(sentence(&self.time_element(at, zone)))
    }

    fn time_element(&self, at: Timestamp, zone: &Zone) -> String {
        format!("<time datetime=\"{}\">{}</time>", at.to_iso(), self.moment(at, zone))
    }

    fn date_of(&self, reading: &Reading) -> String {
        let month = reading.month.checked_sub(1).and_then(|month| self.months.get(month)).copied().unwrap_or_default();
        (self.date)(&reading.day, month, &reading.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_follow_the_language() {
        let at = Timestamp::parse_iso("2026-03-05T08:30:59Z").unwrap();
        let says = |tag: &str| Words::by_tag(tag).unwrap().moment(at, &Zone::default());
        assert_eq!(says("en"), "5 March 2026, 08:30 UTC");
        assert_eq!(says("de"), "5. März 2026, 08:30 UTC");
        assert_eq!(says("fr"), "5 mars 2026, 08:30 UTC");
        assert_eq!(says("es"), "5 de marzo de 2026, 08:30 UTC");
    }

    #[test]
    fn times_are_those_of_the_zone_in_summer_as_in_winter() {
        let english = Words::by_tag("en").unwrap();
        for (zone, at, said) in [
            ("UTC", "2026-12-31T23:30:00Z", "31 December 2026, 23:30 UTC"),
            ("Europe/Paris", "2026-12-31T23:30:00Z", "1 January 2027, 00:30 CET"),
            ("Europe/Paris", "2026-07-01T12:00:00Z", "1 July 2026, 14:00 CEST"),
            ("America/New_York", "2026-07-01T02:00:00Z", "30 June 2026, 22:00 EDT"),
            ("Asia/Kolkata", "2026-07-01T12:00:00Z", "1 July 2026, 17:30 IST"),
            ("Asia/Dubai", "2026-07-01T12:00:00Z", "1 July 2026, 16:00 UTC+04"),
        ] {
            let zone = Zone::parse(zone).unwrap();
            assert_eq!(english.moment(Timestamp::parse_iso(at).unwrap(), &zone), said);
        }
        for unknown in ["", "Europe/Atlantis", "CET; DROP", "../etc/passwd", "Europe"] {
            assert!(Zone::parse(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn no_sentence_about_a_moment_needs_escaping() {
        for words in crate::words::ALL {
            let element = words.said_at(words.account.last_active, Timestamp::from_secs(0), &Zone::default()).0;
            assert_eq!(element.matches(['<', '&', '>']).count(), 4, "{element}");
        }
    }
}
