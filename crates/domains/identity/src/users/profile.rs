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

impl Username {
    /// What usernames are compared by.
    pub fn key(&self) -> String {
        folded(&self.0)
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
