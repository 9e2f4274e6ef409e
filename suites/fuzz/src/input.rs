//! How an input is cut into what it says.

use jose::encoding::{base64url, decode_base64url};
use jose::key::SigningKey;

/// The first octet chooses what is done with the rest.
pub fn choice(input: &[u8]) -> Option<(u8, &[u8])> {
    input.split_first().map(|(first, rest)| (*first, rest))
}

/// The lines of an input; the last one holds the rest, and those that are missing are empty.
pub fn lines<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut lines = input.splitn(N, |octet| *octet == b'\n');
    std::array::from_fn(|_| lines.next().unwrap_or_default())
}

/// A seed: the choice, and the lines.
pub fn seed(choice: u8, lines: &[&str]) -> Vec<u8> {
    [&[choice][..], lines.join("\n").as_bytes()].concat()
}

/// A compact JWS over these octets, whatever they are.
pub fn signed(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", base64url(header), base64url(payload));
    let signature = key.sign(signed.as_bytes()).expect("the key signs");
    format!("{signed}.{}", base64url(signature))
}

/// Asserts that a token of this Ed25519 key was made with it: it makes the same signature again.
pub fn assert_own(token: &str, key: &SigningKey) {
    let (signed, signature) = token.rsplit_once('.').expect("what verifies has a signature");
    let own = key.sign(signed.as_bytes()).expect("the key signs");
    assert_eq!(decode_base64url(signature).ok(), Some(own), "what nobody signed passes");
}

/// The token with one bit of one character changed, which one the input decides. The dots stay.
pub fn damaged(token: &str, input: &[u8]) -> String {
    let hash =
        input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3));
    let at = usize::try_from(hash % u64::try_from(token.len()).expect("it fits")).expect("it fits");
    let mut changed = token.as_bytes().to_vec();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(changed).expect("tokens are ASCII")
}

/// Words of JSON.
pub fn words(more: &[&str]) -> Vec<String> {
    let json = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "true",
        "false",
        "-1",
        "1e99",
        "1.5",
        "18446744073709551616",
        "\\u0000",
        "\\ud800",
        "\"\"",
    ];
    let members = more.iter().map(|name| format!("\"{name}\""));
    json.iter().map(|word| (*word).to_owned()).chain(members).chain(more.iter().map(|name| (*name).to_owned())).collect()
}
