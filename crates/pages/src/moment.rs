//! Points in time, in a language. A server does not know a reader's time zone, so times are given in UTC and marked up as `time`
//! elements, which the script turns into the reader's own.

use crate::words::Words;
use askama::filters::Safe;
use kernel::Timestamp;

impl Words {
    /// A day: `23 November 2026`.
    pub fn day(&self, at: Timestamp) -> String {
        let iso = at.to_iso();
        let date = iso.split('T').next().unwrap_or_default();
        let mut parts = date.split('-');
        let (year, month, day) =
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let month =
            month.parse::<usize>().ok().and_then(|number| self.months.get(number.checked_sub(1)?)).copied().unwrap_or_default();
        (self.date)(day.trim_start_matches('0'), month, year)
    }

    /// A day and a time: `23 November 2026, 08:30 UTC`.
    pub fn moment(&self, at: Timestamp) -> String {
        let iso = at.to_iso();
        let clock: String = iso.chars().skip(11).take(5).collect();
        format!("{}, {clock} UTC", self.day(at))
    }

    /// A `time` element with day and time.
    pub(crate) fn time(&self, at: Timestamp) -> Safe<String> {
        Safe(self.time_element(at))
    }

    /// A sentence around a `time` element.
    pub(crate) fn said_at(&self, sentence: fn(&str) -> String, at: Timestamp) -> Safe<String> {
        // Both parts are ours: sentences of the catalogue and digits. Neither has anything to escape.
        Safe(sentence(&self.time_element(at)))
    }

    fn time_element(&self, at: Timestamp) -> String {
        format!("<time datetime=\"{}\">{}</time>", at.to_iso(), self.moment(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_follow_the_language() {
        let at = Timestamp::parse_iso("2026-03-05T08:30:59Z").unwrap();
        let says = |tag: &str| Words::by_tag(tag).unwrap().moment(at);
        assert_eq!(says("en"), "5 March 2026, 08:30 UTC");
        assert_eq!(says("de"), "5. März 2026, 08:30 UTC");
        assert_eq!(says("fr"), "5 mars 2026, 08:30 UTC");
        assert_eq!(says("es"), "5 de marzo de 2026, 08:30 UTC");
    }

    #[test]
    fn no_sentence_about_a_moment_needs_escaping() {
        for words in crate::words::ALL {
            let element = words.said_at(words.account.last_active, Timestamp::from_secs(0)).0;
            assert_eq!(element.matches(['<', '&', '>']).count(), 4, "{element}");
        }
    }
}
