//! The textual forms of password hashes: PHC strings and their older relatives.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// Salt and output of a hash.
#[derive(Clone)]
pub(super) struct Digest {
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl Digest {
    /// From the last two segments of a PHC string: base64 without padding.
    pub(super) fn from_phc(salt: &str, output: &str) -> Option<Self> {
        Self { salt: STANDARD_NO_PAD.decode(salt).ok()?, output: STANDARD_NO_PAD.decode(output).ok()? }.bounded()
    }
    /// From Passlib's segments: like PHC, with `.` in place of `+`.
    pub(super) fn from_passlib(salt: &str, output: &str) -> Option<Self> {
        Self::from_phc(&salt.replace('.', "+"), &output.replace('.', "+"))
    }
    /// From Django's segments: the salt as it stands, the output in padded base64.
    pub(super) fn from_django(salt: &str, output: &str) -> Option<Self> {
        Self { salt: salt.as_bytes().to_vec(), output: STANDARD.decode(output).ok()? }.bounded()
    }
    /// At least 128 bits of output, so that guessing an output is never easier than guessing the password.
    fn bounded(self) -> Option<Self> {
        ((4..=128).contains(&self.salt.len()) && (16..=64).contains(&self.output.len())).then_some(self)
    }
}

/// The numbers of `m=19456,t=2,p=1`: exactly the named ones, in that order.
pub(super) fn numbers<const N: usize>(segment: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut values = [0; N];
    let mut parts = segment.split(',');
    for (value, name) in values.iter_mut().zip(names) {
        *value = number(parts.next()?.strip_prefix(name)?.strip_prefix('=')?)?;
    }
    parts.next().is_none().then_some(values)
}

/// A decimal number in its only spelling: no sign, no leading zero.
pub(super) fn number(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

/// A PHC string.
pub(super) fn compose(algorithm: &str, parameters: &str, salt: &[u8], output: &[u8]) -> String {
    format!("${algorithm}${parameters}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_one_spelling() {
        assert_eq!(numbers("m=19456,t=2,p=1", ["m", "t", "p"]), Some([19456, 2, 1]));
        for segment in [
            "",
            "m=1,t=2",
            "t=2,m=1,p=1",
            "m=1,t=2,p=1,x=1",
            "m=+1,t=2,p=1",
            "m=01,t=2,p=1",
            "m=,t=2,p=1",
            "m=4294967296,t=1,p=1",
        ] {
            assert_eq!(numbers(segment, ["m", "t", "p"]), None, "{segment}");
        }
    }
}
