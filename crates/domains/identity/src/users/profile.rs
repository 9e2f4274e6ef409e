//! The parts of a profile, each in the form it may take.

use super::email::folded;
use flow::{Field, Text};
use serde_json::{Value, json};

/// A name for people.
pub type Name = Text<1, 200>;

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident ($min:literal..=$max:literal) $is_good:expr, $problem:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);
        impl $name {
            /// Parse it; space around it is ignored.
            ///
            /// # Errors
            /// What is wrong, for the caller.
            pub fn parse(text: &str) -> Result<Self, String> {
                let text = text.trim();
                let is_good: fn(&str) -> bool = $is_good;
                let length = text.chars().count();
                if ($min..=$max).contains(&length) && is_good(text) { Ok(Self(text.to_owned())) } else { Err($problem.to_owned()) }
            }
            /// As it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// As it was written.
            pub fn into_string(self) -> String {
                self.0
            }
        }
        impl Field for $name {
            fn schema() -> Value {
                json!({ "type": "string", "minLength": $min, "maxLength": $max })
            }
            fn from_text(text: &str) -> Result<Self, String> {
                Self::parse(text)
            }
        }
    )*};
}

parts! {
    /// Another name to sign in with. It holds no `@`, so that it can't be taken for somebody's address.
    Username (1..=64) |text| text.chars().all(|c| c.is_alphanumeric() || "._-+".contains(c)),
        "must be at most 64 letters, digits and the characters . _ - +";
    /// The address of a picture on the web.
    Picture (1..=2048) |text| {
        let path = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        path.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c)))
    }, "must be the https address of a picture";
    /// The address of a page on the web.
    WebPage (1..=2048) |text| Picture::parse(text).is_ok(), "must be the https address of a page";
    /// Gender: any short text.
    Gender (1..=64) |text| !text.chars().any(char::is_control), "must be a short text";
    /// A day of birth as OpenID Connect Core §5.1 writes it: `1815-12-10`, `1815` alone, or `0000-12-10` without the year.
    Birthdate (4..=10) is_birthdate, "must be a day like 1815-12-10";
    /// A telephone number.
    PhoneNumber (3..=32) |text| {
        let digits = text.strip_prefix('+').unwrap_or(text);
        digits.chars().all(|c| c.is_ascii_digit() || " -().".contains(c)) && digits.contains(|c: char| c.is_ascii_digit())
    }, "must be a telephone number like +33 1 23 45 67 89";
    /// A language tag (RFC 5646): `fr-CA`.
    Locale (2..=35) |text| text.split(['-', '_']).all(|part| {
        (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    }), "must be a language tag like fr or fr-CA";
    /// A time zone of the IANA database: `Europe/Paris`.
    Zoneinfo (1..=64) |text| text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c)),
        "must be a time zone like Europe/Paris";
}

fn is_birthdate(text: &str) -> bool {
    let number = |digits: &str, length: usize| {
        let is_plain = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_plain.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let numbers = || {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        Some((number(year, 4)?, number(month, 2)?, number(day, 2)?))
    };
    match numbers() {
        Some((year, month, day)) => is_day(year, month, day),
        None => number(text, 4).is_some_and(|year| year > 0),
    }
}

/// Whether it is a day of the Gregorian calendar. The year 0, which stands for none, has a 29 February.
fn is_day(year: u32, month: u32, day: u32) -> bool {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A postal address: the JSON object of OpenID Connect Core §5.1.1, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    const MEMBERS: [&str; 6] = ["formatted", "street_address", "locality", "region", "postal_code", "country"];

    /// As it is stored.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for Address {
    fn schema() -> Value {
        let members = Self::MEMBERS.map(|name| (name.to_owned(), json!({ "type": "string", "maxLength": 500 })));
        json!({ "type": "object", "properties": serde_json::Map::from_iter(members), "additionalProperties": false })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        let object = jose::json::parse_strict_object(text.as_bytes()).map_err(|_| "must be a JSON object".to_owned())?;
        Self::from_json(&Value::Object(object))
    }
    fn from_json(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or_else(|| "must be a JSON object".to_owned())?;
        let is_text = |text: &str| text.chars().count() <= 500 && !text.chars().any(|c| c.is_control() && c != '\n');
        let is_member =
            |(name, value): (&String, &Value)| Self::MEMBERS.contains(&name.as_str()) && value.as_str().is_some_and(is_text);
        if object.is_empty() || !object.iter().all(is_member) {
            return Err("must hold only the texts formatted, street_address, locality, region, postal_code, country".to_owned());
        }
        Ok(Self(value.to_string()))
    }
}

impl Username {
    /// What usernames are compared by.
    pub fn key(&self) -> String {
        folded(&self.0)
    }
    /// The same of a stored one.
    pub(crate) fn key_of(stored: &str) -> String {
        folded(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_form() {
        let long = "x".repeat(65);
        for (parse, good, bad) in [
            (
                (|text| Username::parse(text).is_ok()) as fn(&str) -> bool,
                vec!["ada", "Ada.L-1_+", "ådå", " ada "],
                vec!["", " ", "a b", "ada@example.com", "a/b", "a\u{200B}", long.as_str()],
            ),
            (
                |text| Picture::parse(text).is_ok(),
                vec!["https://a.example/p.png?x=1", "http://localhost/p"],
                vec!["", "https://", "javascript:alert(1)", "data:image/png,x", "//a", "https://a\"onerror=x", "https://a b"],
            ),
            (|text| PhoneNumber::parse(text).is_ok(), vec!["+33 1 23", "(0)12-34.5"], vec!["", "+", "12a", "---"]),
            (
                |text| WebPage::parse(text).is_ok(),
                vec!["https://ada.example/", "http://localhost/p"],
                vec!["", "ada.example", "javascript:1"],
            ),
            (|text| Gender::parse(text).is_ok(), vec!["female", "non-binary"], vec!["", "a\u{7}"]),
            (
                |text| Birthdate::parse(text).is_ok(),
                vec!["1815-12-10", "2000-02-29", "2024-02-29", "0001-01-01", "1815", "0000-12-10", "0000-02-29"],
                vec![
                    "",
                    "0000",
                    "1815-12",
                    "18151210",
                    "1815-12-1",
                    "1815-13-01",
                    "1815-00-01",
                    "1815-04-31",
                    "1900-02-29",
                    "2023-02-29",
                    "0000-02-30",
                    "1815-12-00",
                    "+815-12-10",
                    "1815/12/10",
                ],
            ),
            (
                |text| Address::from_text(text).is_ok(),
                vec![r#"{"formatted":"St James's Square\nLondon","country":"GB"}"#],
                vec![
                    "",
                    "London",
                    "[]",
                    "{}",
                    r#"{"city":"London"}"#,
                    r#"{"country":1}"#,
                    r#"{"country":"GB","country":"FR"}"#,
                    "{\"country\":\"\\u0007\"}",
                ],
            ),
            (|text| Locale::parse(text).is_ok(), vec!["fr", "fr-CA", "zh_Hant_TW"], vec!["", "f", "fr-", "français-longue"]),
            (|text| Zoneinfo::parse(text).is_ok(), vec!["UTC", "Europe/Paris", "Etc/GMT+1"], vec!["", "Europe Paris", "a;b"]),
        ] {
            for text in good {
                assert!(parse(text), "{text:?}");
            }
            for text in bad {
                assert!(!parse(text), "{text:?}");
            }
        }
    }
}
