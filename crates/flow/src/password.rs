//! Passwords: what a person typed, and what is kept of it.

mod hash;
mod phc;

pub(crate) use hash::Memory;
pub use hash::{HashRefused, PasswordHash};

use kernel::Secret;
use unicode_normalization::UnicodeNormalization;

/// Longest password, in bytes after normalization: far beyond any phrase, and short enough to hash and carry around.
const MAX_BYTES: usize = 1024;

/// A password as typed, prepared so that every keyboard produces the same bytes for it.
///
/// Preparation follows RFC 8265 §4.2 (`OpaqueString`): every kind of space becomes U+0020, then NFC. Nothing is trimmed or
/// cut off, and case is kept. How good the password is, is another matter: see the organization's password policy.
#[derive(Clone, Debug)]
pub struct Password(Secret);

impl Password {
    /// Prepare a password: 1 to 1024 bytes without control characters. NIST SP 800-63B §3.1.1.2 asks for every printing
    /// character and the space to be allowed; control characters come from broken clients, and some imported hash
    /// functions stop at the first NUL.
    pub fn parse(text: &str) -> Result<Self, PasswordRefused> {
        if text.is_empty() {
            return Err(PasswordRefused::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(PasswordRefused::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PasswordRefused::ControlCharacter);
        }
        // NFC makes UTF-8 at most three times longer (UAX #15); the reserve keeps copies from being left behind by growth.
        let mut normal = String::with_capacity(text.len() * 3);
        normal.extend(text.chars().map(plain_space).nfc());
        let normal = Secret::new(normal);
        if normal.expose().len() > MAX_BYTES { Err(PasswordRefused::TooLong) } else { Ok(Self(normal)) }
    }
    /// The prepared text, for hashing and for the password policy.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
    /// Its length in characters, as NIST SP 800-63B §3.1.1.2 counts it: one for each Unicode code point.
    pub fn length(&self) -> usize {
        self.expose().chars().count()
    }
}

/// Why a text can't be a password. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Nothing was typed.
    #[error("A password is needed.")]
    Empty,
    /// More than 1024 bytes.
    #[error("The password is too long: at most 1024 bytes are possible.")]
    TooLong,
    /// A line break, tabulator or other control character.
    #[error("The password contains a control character, such as a line break or tabulator.")]
    ControlCharacter,
}

/// U+0020 for every character of the Unicode category "space separator".
fn plain_space(character: char) -> char {
    match character {
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(text: &str) -> String {
        Password::parse(text).unwrap().expose().to_owned()
    }

    #[test]
    fn the_same_password_from_two_keyboards_is_the_same() {
        assert_eq!(prepared("u\u{308}ber"), "\u{FC}ber");
        assert_eq!(prepared("a\u{A0}b\u{3000}c"), "a b c");
        assert_eq!(prepared("\u{212B}"), "\u{C5}");
    }

    #[test]
    fn spaces_case_and_compatibility_characters_are_kept() {
        assert_eq!(prepared(" Pass Word "), " Pass Word ");
        assert_eq!(prepared("\u{FB01}\u{2460}"), "\u{FB01}\u{2460}");
        assert_eq!(prepared("🔑👩‍🚀"), "🔑👩‍🚀");
    }

    #[test]
    fn what_no_keyboard_produces_is_refused() {
        for (text, why) in [
            (String::new(), PasswordRefused::Empty),
            ("line\nbreak".into(), PasswordRefused::ControlCharacter),
            ("nul\0".into(), PasswordRefused::ControlCharacter),
            ("c1\u{85}".into(), PasswordRefused::ControlCharacter),
            ("x".repeat(1025), PasswordRefused::TooLong),
            // 1,008 bytes that NFC makes longer: U+1D160 decomposes into three characters for good.
            ("\u{1D160}".repeat(252), PasswordRefused::TooLong),
        ] {
            assert_eq!(Password::parse(&text).unwrap_err(), why, "{text:?}");
        }
        assert_eq!(prepared(&"x".repeat(1024)).len(), 1024);
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(Password::parse("pässword").unwrap().length(), 8);
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Password::parse("hunter2").unwrap()), "Password([secret])");
    }
}
