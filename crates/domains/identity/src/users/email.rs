//! E-mail addresses and how they are compared.

use flow::Field;
use serde_json::{Value, json};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Longest address: the limit of RFC 5321 §4.5.3.1.3 without its brackets.
const MAX_LENGTH: usize = 254;
const MAX_LOCAL: usize = 64;

/// An address mail can be sent to. Quoted local parts and address literals are refused: nobody signs up with one, and parsers
/// disagree on them.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parse an address; space around it is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.split_once('@')?;
        let is_address = text.len() <= MAX_LENGTH && is_local(local) && is_domain(domain);
        is_address.then(|| Self(text.to_owned()))
    }
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// What it is compared by.
    pub fn key(&self) -> EmailKey {
        EmailKey::of(&self.0)
    }
}

fn is_local(local: &str) -> bool {
    let is_atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || !c.is_ascii() && !is_odd(c);
    (1..=MAX_LOCAL).contains(&local.len()) && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii() && !is_odd(c))
    };
    domain.split('.').all(is_label)
}

/// Characters that look like nothing or like something else.
fn is_odd(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Field for Email {
    fn schema() -> Value {
        json!({ "type": "string", "format": "email", "maxLength": MAX_LENGTH })
    }
    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| "must be an e-mail address".to_owned())
    }
}

/// What addresses are compared by: without space around them, lower-case, in one Unicode form (NFC). Mail always goes to the
/// address as stored, never as typed, so that two spellings of one key can't be told apart by who gets the mail.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailKey(String);

impl EmailKey {
    /// The key of whatever was typed, address or not.
    pub fn of(text: &str) -> Self {
        Self(folded(text))
    }
    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Trimmed, lower-case, NFC.
pub(super) fn folded(text: &str) -> String {
    text.trim().to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_can_be_sent_to_is_an_address() {
        for good in ["a@b", "ada.lovelace+x@example.com", " ada@example.com ", "用户@例え.jp", "o'neil@a-b.c"] {
            assert!(Email::parse(good).is_some(), "{good}");
        }
        let long_local = format!("{}@b.c", "x".repeat(65));
        let long = format!("a@{}", "b.".repeat(130));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a@b@c",
            "a b@c",
            "\"a b\"@c",
            "a@[127.0.0.1]",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@b..c",
            "a@-b",
            "a@b\r\nBcc: x@y",
            "<a@b>",
            "a,b@c",
            "a@b,c",
            "a\u{200B}@b",
            "a\u{202E}@b",
            &long_local,
            &long,
        ] {
            assert!(Email::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn spellings_of_one_address_share_a_key_and_lookalikes_do_not() {
        let key = EmailKey::of("ada@example.com");
        assert_eq!(EmailKey::of(" Ada@Example.COM\t"), key);
        assert_eq!(EmailKey::of("Zo\u{65}\u{308}@x"), EmailKey::of("zo\u{EB}@X"));
        for other in ["аda@example.com", "ada@examp\u{131}e.com", "ａda@example.com"] {
            assert_ne!(EmailKey::of(other), key, "{other}");
        }
    }
}
