//! Text forms of bytes: base64url (RFC 7515 §2), base64 (RFC 4648 §4) and lower-case hex.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::fmt::Write;

/// Text that is not the encoding it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid {0}")]
pub struct NotEncoded(&'static str);

/// base64url without padding.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Append base64url without padding to `text`.
pub fn append_base64url(text: &mut String, bytes: impl AsRef<[u8]>) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// The bytes behind base64url. Padding, whitespace, the other alphabet and non-zero trailing bits are refused, so that
/// every value has exactly one spelling.
pub fn decode_base64url(text: &str) -> Result<Vec<u8>, NotEncoded> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotEncoded("base64url"))
}

/// base64 with padding.
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// The bytes behind base64. Padding is required; whitespace and non-zero trailing bits are refused.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, NotEncoded> {
    STANDARD.decode(text).map_err(|_| NotEncoded("base64"))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The bytes behind hexadecimal of either case.
pub fn decode_hex(text: &str) -> Result<Vec<u8>, NotEncoded> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or(NotEncoded("hexadecimal"))?;
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte * 16 + digit)).map_err(|_| NotEncoded("hexadecimal")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_matches_rfc_7515_appendix_c() {
        assert_eq!(base64url([3, 236, 255, 224, 193]), "A-z_4ME");
        assert_eq!(decode_base64url("A-z_4ME").unwrap(), [3, 236, 255, 224, 193]);
        let mut text = "x.".to_owned();
        append_base64url(&mut text, b"\xFF");
        assert_eq!(text, "x._w");
    }

    #[test]
    fn a_value_has_one_spelling() {
        for text in ["A-z_4ME=", "A+z/4ME", "A-z_4ME ", "A-z_\n4ME", "A-z_4MF", "_x", "A", "é"] {
            assert!(decode_base64url(text).is_err(), "{text}");
        }
        for text in ["_w==", "/w", "/w=", "/x==", "/w== "] {
            assert!(decode_base64(text).is_err(), "{text}");
        }
        assert_eq!(decode_base64("/w==").unwrap(), [255]);
        assert_eq!(base64([255]), "/w==");
    }

    #[test]
    fn hex_reads_back_and_refuses_anything_else() {
        assert_eq!(hex([0, 15, 255]), "000fff");
        assert_eq!(decode_hex("000FfF").unwrap(), [0, 15, 255]);
        for text in ["0", "0g", " 00", "é0"] {
            assert!(decode_hex(text).is_err(), "{text}");
        }
    }
}
