//! Secrets at rest: sealed under a master key, bound to the place they belong to.
//!
//! An envelope is `version (1) || key id (4) || nonce (12) || ciphertext || tag (16)`, AES-256-GCM (NIST SP 800-38D). Each
//! context has its own key (HKDF-SHA-256, RFC 5869), and version, key id and context are associated data. A context
//! carries the organization's id, so that an envelope copied into another row or another organization doesn't open.

use crate::abort::or_abort;
use crate::digest::{array, hmac_sha256};
use crate::encoding::{decode_base64, decode_base64url, decode_hex};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use kernel::Rng;
use std::fmt;
use zeroize::Zeroizing;

/// The first byte of every envelope this version writes.
const VERSION: u8 = 1;
const ID_LEN: usize = 4;
const HEADER_LEN: usize = 1 + ID_LEN + NONCE_LEN;

/// Seal `plaintext` under `key` for `context` alone.
pub fn seal(key: &MasterKey, context: &str, plaintext: &[u8], rng: &dyn Rng) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    rng.fill(&mut nonce);
    let mut buffer = Zeroizing::new(plaintext.to_vec());
    let aad = Aad::from(associated_data(key.id, context));
    let tag = or_abort(
        key.cipher(context).seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut buffer),
        "AES-GCM failed to seal",
    );
    [&[VERSION], key.id.as_slice(), &nonce, &buffer, tag.as_ref()].concat()
}

/// The plaintext of an `envelope` sealed under `key` for the same `context`.
pub fn open(key: &MasterKey, context: &str, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let envelope = Envelope::parse(envelope)?;
    if envelope.key_id != key.id {
        return Err(SealError::UnknownKey);
    }
    let nonce = Nonce::assume_unique_for_key(envelope.nonce);
    let aad = Aad::from(associated_data(key.id, context));
    let mut buffer = Zeroizing::new(envelope.ciphertext.to_vec());
    let length = key.cipher(context).open_in_place(nonce, aad, &mut buffer).map_err(|_| SealError::Damaged)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

/// A 32-byte key for one purpose, such as hashing codes or CSRF tokens. `label` names the purpose; no label shares a key with
/// another or with [`seal`].
pub fn derive(key: &MasterKey, label: &str) -> [u8; 32] {
    expand(&key.extracted, "derive", label)
}

/// The key above all keys of an installation.
///
/// What is kept is the pseudorandom key extracted from it (RFC 5869 §2.2); it is wiped when dropped and `Debug` shows only
/// the id.
#[derive(Clone)]
pub struct MasterKey {
    extracted: Zeroizing<[u8; 32]>,
    id: [u8; ID_LEN],
}

impl MasterKey {
    /// From 32 secret, uniformly random bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let extracted = Zeroizing::new(hmac_sha256(b"lumoauth master key", bytes));
        let [a, b, c, d, ..] = expand(&extracted, "id", "");
        Self { extracted, id: [a, b, c, d] }
    }
    /// From text as an operator sets it: 64 hexadecimal digits, or base64 or base64url of 32 bytes. Space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, NotAMasterKey> {
        let text = text.trim();
        let decoded = if text.len() == 64 { decode_hex(text).ok() } else { None };
        let decoded = decoded.or_else(|| decode_base64(text).ok()).or_else(|| decode_base64url(text).ok());
        let decoded = Zeroizing::new(decoded.ok_or(NotAMasterKey)?);
        let bytes = <&[u8; 32]>::try_from(decoded.as_slice()).map_err(|_| NotAMasterKey)?;
        Ok(Self::from_bytes(bytes))
    }
    /// The id its envelopes carry: public, and the same for the same key everywhere.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    fn cipher(&self, context: &str) -> LessSafeKey {
        let key = Zeroizing::new(expand(&self.extracted, "seal", context));
        LessSafeKey::new(or_abort(UnboundKey::new(&AES_256_GCM, key.as_slice()), "AES-256 refused a 256-bit key"))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", crate::encoding::hex(self.id))
    }
}

/// The master key in use and those before it, which still open what they sealed.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    /// Seals, and opens its own.
    pub current: MasterKey,
    /// Open what was sealed before a rotation.
    pub previous: Vec<MasterKey>,
}

impl MasterKeys {
    /// A single key, never rotated yet.
    pub fn single(current: MasterKey) -> Self {
        Self { current, previous: Vec::new() }
    }
    /// Seal under the current key.
    pub fn seal(&self, context: &str, plaintext: &[u8], rng: &dyn Rng) -> Vec<u8> {
        seal(&self.current, context, plaintext, rng)
    }
    /// Open with whichever key sealed it.
    pub fn open(&self, context: &str, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let key_id = Envelope::parse(envelope)?.key_id;
        let mut keys = std::iter::once(&self.current).chain(&self.previous).filter(|key| key.id == key_id);
        keys.next().ok_or(SealError::UnknownKey).and_then(|key| open(key, context, envelope))
    }
    /// Whether `envelope` was sealed by a key that is on its way out.
    pub fn is_outdated(&self, envelope: &[u8]) -> bool {
        Envelope::parse(envelope).is_ok_and(|envelope| envelope.key_id != self.current.id)
    }
}

/// Why an envelope does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is too short, or of a version this program doesn't know.
    #[error("not a sealed envelope of a known version")]
    Malformed,
    /// No master key at hand has the id it names.
    #[error("sealed under a master key that is not configured")]
    UnknownKey,
    /// It was changed, or belongs to another context.
    #[error("the sealed value was changed or belongs elsewhere")]
    Damaged,
}

/// Text that is not a master key. It does not quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 random bytes as base64 or as 64 hexadecimal digits")]
pub struct NotAMasterKey;

struct Envelope<'a> {
    key_id: [u8; ID_LEN],
    nonce: [u8; NONCE_LEN],
    ciphertext: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, SealError> {
        let (header, ciphertext) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(SealError::Malformed)?;
        let (&version, rest) = header.split_first().ok_or(SealError::Malformed)?;
        let (key_id, nonce) = rest.split_first_chunk::<ID_LEN>().ok_or(SealError::Malformed)?;
        if version != VERSION || ciphertext.len() < AES_256_GCM.tag_len() {
            return Err(SealError::Malformed);
        }
        Ok(Self { key_id: *key_id, nonce: array(nonce), ciphertext })
    }
}

/// HKDF-Expand (RFC 5869 §2.3) for one block: `T(1) = HMAC(PRK, info || 0x01)`.
fn expand(extracted: &[u8; 32], purpose: &str, label: &str) -> [u8; 32] {
    let info = [purpose.as_bytes(), b"\0", label.as_bytes(), b"\x01"].concat();
    hmac_sha256(extracted, &info)
}

fn associated_data(key_id: [u8; ID_LEN], context: &str) -> Vec<u8> {
    [&[VERSION], key_id.as_slice(), context.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{base64, base64url, hex};
    use crate::random::tests::Counting;

    fn key(byte: u8) -> MasterKey {
        MasterKey::from_bytes(&[byte; 32])
    }

    #[test]
    fn what_was_sealed_opens_in_its_own_context_only() {
        let sealed = seal(&key(1), "org_a/keys/1", b"private", &Counting::default());
        assert_eq!(open(&key(1), "org_a/keys/1", &sealed).unwrap().as_slice(), b"private");
        assert_eq!(open(&key(1), "org_b/keys/1", &sealed).unwrap_err(), SealError::Damaged);
        assert_eq!(open(&key(1), "", &sealed).unwrap_err(), SealError::Damaged);
        assert_eq!(open(&key(2), "org_a/keys/1", &sealed).unwrap_err(), SealError::UnknownKey);
    }

    #[test]
    fn the_envelope_is_version_key_id_nonce_ciphertext_tag() {
        let sealed = seal(&key(1), "c", b"", &Counting::default());
        assert_eq!(sealed.len(), 1 + 4 + 12 + 16);
        assert_eq!(sealed[0], 1);
        assert_eq!(sealed[1..5], key(1).id());
        assert_eq!(sealed[5..17], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert!(open(&key(1), "c", &sealed).unwrap().is_empty());
    }

    /// What is stored today must open tomorrow.
    #[test]
    fn the_format_does_not_change() {
        let sealed = seal(&key(1), "org_a/keys/1", b"private", &Counting::default());
        assert_eq!(hex(&sealed), "01c22c1fe3000102030405060708090a0b98b4e08a4d8b9a75d90bc2c89d7ae799cca1de6d69cb62");
        assert_eq!(hex(derive(&key(1), "csrf")), "d6eada64519bad50971c4e6bcb29690d7e60a8793139d0e011894195e22a07b1");
    }

    #[test]
    fn every_changed_bit_and_every_lost_byte_is_noticed() {
        let sealed = seal(&key(1), "c", b"private", &Counting::default());
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key(1), "c", &changed).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(open(&key(1), "c", &sealed[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_rotated_key_still_opens_and_is_known_to_be_outdated() {
        let old = MasterKeys::single(key(1));
        let sealed = old.seal("c", b"private", &Counting::default());
        assert!(!old.is_outdated(&sealed));
        let rotated = MasterKeys { current: key(2), previous: vec![key(1)] };
        assert_eq!(rotated.open("c", &sealed).unwrap().as_slice(), b"private");
        assert!(rotated.is_outdated(&sealed));
        assert!(!rotated.is_outdated(&rotated.seal("c", b"x", &Counting::default())));
        assert_eq!(MasterKeys::single(key(2)).open("c", &sealed).unwrap_err(), SealError::UnknownKey);
    }

    #[test]
    fn derived_keys_differ_by_label_and_by_master_key() {
        assert_eq!(derive(&key(1), "csrf"), derive(&key(1), "csrf"));
        assert_ne!(derive(&key(1), "csrf"), derive(&key(1), "codes"));
        assert_ne!(derive(&key(1), "csrf"), derive(&key(2), "csrf"));
    }

    #[test]
    fn derivation_is_hkdf_of_rfc_5869() {
        use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
        let prk = Salt::new(HKDF_SHA256, b"lumoauth master key").extract(&[1; 32]);
        let mut expected = [0; 32];
        prk.expand(&[b"derive\0csrf"], HKDF_SHA256).unwrap().fill(&mut expected).unwrap();
        assert_eq!(derive(&key(1), "csrf"), expected);
    }

    #[test]
    fn a_master_key_is_read_from_every_usual_spelling_and_nothing_else() {
        let bytes = [0xFB; 32];
        let expected = MasterKey::from_bytes(&bytes).id();
        for text in [hex(bytes), hex(bytes).to_uppercase(), base64(bytes), base64url(bytes), format!("  {}\n", base64(bytes))] {
            assert_eq!(MasterKey::parse(&text).unwrap().id(), expected, "{text}");
        }
        for text in [String::new(), base64([1; 31]), base64url([1; 33]), hex([1; 31]), "password".to_owned(), "z".repeat(64)] {
            assert!(MasterKey::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let key = key(7);
        let shown = format!("{:?}", MasterKeys::single(key.clone()));
        assert!(shown.contains(&hex(key.id())));
        assert!(!shown.contains(&hex(&key.extracted.as_slice()[..4])));
    }
}
