//! Content encryption (RFC 7518 §5).

use super::JweError;
use crate::digest::constant_time_eq;
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use kernel::Rng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

/// A content encryption algorithm: authenticated, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContentEncryption {
    /// AES-128 in CBC mode with HMAC-SHA-256. The default of OIDC Registration §2.
    A128CbcHs256,
    /// AES-256 in CBC mode with HMAC-SHA-512.
    A256CbcHs512,
    /// AES-128 in GCM.
    A128Gcm,
    /// AES-256 in GCM.
    A256Gcm,
}

impl ContentEncryption {
    /// All, in the order metadata lists them.
    pub const ALL: [Self; 4] = [Self::A256Gcm, Self::A128Gcm, Self::A128CbcHs256, Self::A256CbcHs512];

    /// The `enc` value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }
    /// The algorithm an `enc` value names, compared exactly.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encryption| encryption.name() == name)
    }
    /// Bytes of its content key. Half of a CBC key authenticates.
    pub const fn key_len(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A256CbcHs512 => 64,
        }
    }

    pub(super) fn seal(self, key: &[u8], aad: &[u8], plaintext: &[u8], rng: &dyn Rng) -> Result<Sealed, JweError> {
        match self.cipher(key)? {
            Cipher::Gcm(cipher) => {
                let mut iv = [0; NONCE_LEN];
                rng.fill(&mut iv);
                let mut ciphertext = plaintext.to_vec();
                let tag = cipher
                    .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad), &mut ciphertext)
                    .map_err(|_| JweError::Library)?;
                Ok(Sealed { iv: iv.to_vec(), ciphertext, tag: tag.as_ref().to_vec() })
            }
            Cipher::Cbc(cipher) => {
                let mut iv = [0; CBC_IV_LEN];
                rng.fill(&mut iv);
                let ciphertext = cipher.encrypt(iv, plaintext).map_err(|_| JweError::Library)?;
                let tag = cipher.tag(aad, &iv, &ciphertext);
                Ok(Sealed { iv: iv.to_vec(), ciphertext, tag })
            }
        }
    }

    pub(super) fn open(
        self,
        key: &[u8],
        aad: &[u8],
        iv: &[u8],
        ciphertext: Vec<u8>,
        tag: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let mut buffer = Zeroizing::new(ciphertext);
        let length = match self.cipher(key)? {
            Cipher::Gcm(cipher) => {
                let nonce = Nonce::try_assume_unique_for_key(iv).map_err(|_| JweError::Decryption)?;
                // The library refuses tags of less than the 128 bits RFC 7518 §5.3 wants.
                let opened = cipher.open_in_place_separate_tag(nonce, Aad::from(aad), tag, &mut buffer);
                opened.map_err(|_| JweError::Decryption)?.len()
            }
            Cipher::Cbc(cipher) => {
                let iv = <[u8; CBC_IV_LEN]>::try_from(iv).map_err(|_| JweError::Decryption)?;
                // The tag first: a padding oracle needs an answer about unauthenticated bytes.
                if !constant_time_eq(&cipher.tag(aad, &iv, &buffer), tag) {
                    return Err(JweError::Decryption);
                }
                cipher.decrypt(iv, &mut buffer)?
            }
        };
        buffer.truncate(length);
        Ok(buffer)
    }

    fn cipher(self, key: &[u8]) -> Result<Cipher, JweError> {
        if key.len() != self.key_len() {
            return Err(JweError::Decryption);
        }
        let gcm = |algorithm| UnboundKey::new(algorithm, key).map(|key| Cipher::Gcm(LessSafeKey::new(key)));
        let cbc = |cipher, hmac| {
            let (mac_key, encryption_key) = key.split_at(key.len() / 2);
            let encryption_key = Zeroizing::new(encryption_key.to_vec());
            Cipher::Cbc(Cbc { cipher, encryption_key, mac_key: hmac::Key::new(hmac, mac_key).into() })
        };
        match self {
            Self::A128CbcHs256 => Ok(cbc(&AES_128, hmac::HMAC_SHA256)),
            Self::A256CbcHs512 => Ok(cbc(&AES_256, hmac::HMAC_SHA512)),
            Self::A128Gcm => gcm(&AES_128_GCM).map_err(|_| JweError::Library),
            Self::A256Gcm => gcm(&AES_256_GCM).map_err(|_| JweError::Library),
        }
    }
}

impl Serialize for ContentEncryption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
impl<'de> Deserialize<'de> for ContentEncryption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| de::Error::custom("unknown content encryption"))
    }
}

pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

const CBC_IV_LEN: usize = 16;

enum Cipher {
    Gcm(LessSafeKey),
    Cbc(Cbc),
}

/// `AES_CBC_HMAC_SHA2` (RFC 7518 §5.2).
struct Cbc {
    cipher: &'static aws_lc_rs::cipher::Algorithm,
    encryption_key: Zeroizing<Vec<u8>>,
    mac_key: Box<hmac::Key>,
}

impl Cbc {
    fn encrypt(&self, iv: [u8; CBC_IV_LEN], plaintext: &[u8]) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
        let key = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.cipher, &self.encryption_key)?)?;
        let mut buffer = plaintext.to_vec();
        key.less_safe_encrypt(&mut buffer, EncryptionContext::Iv128(FixedLength::from(iv)))?;
        Ok(buffer)
    }
    /// Decrypt in place and return how much of the buffer is plaintext.
    fn decrypt(&self, iv: [u8; CBC_IV_LEN], buffer: &mut [u8]) -> Result<usize, JweError> {
        let key = UnboundCipherKey::new(self.cipher, &self.encryption_key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7);
        let context = DecryptionContext::Iv128(FixedLength::from(iv));
        let opened = key.and_then(|key| key.decrypt(buffer, context).map(|plaintext| plaintext.len()));
        opened.map_err(|_| JweError::Decryption)
    }
    /// The first half of the HMAC over associated data, IV, ciphertext and the associated data's length in bits.
    fn tag(&self, aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        let mut mac = hmac::Context::with_key(&self.mac_key);
        let aad_bits = u64::try_from(aad.len()).unwrap_or(u64::MAX).saturating_mul(8);
        for part in [aad, iv, ciphertext, &aad_bits.to_be_bytes()] {
            mac.update(part);
        }
        let tag = mac.sign();
        let tag = tag.as_ref();
        tag.split_at(tag.len() / 2).0.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{decode_hex, hex};

    const PLAINTEXT: &[u8] =
        b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy \
        without inconvenience";
    const AAD: &[u8] = b"The second principle of Auguste Kerckhoffs";

    struct Fixed;
    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&decode_hex("1af38c2dc2b96ffdd86694092341bc04").unwrap());
        }
    }

    #[test]
    fn cbc_with_hmac_matches_rfc_7518_appendix_b() {
        for (encryption, start, tag) in [
            (ContentEncryption::A128CbcHs256, "c80edfa32ddf39d5ef00c0b468834279", "652c3fa36b0a7c5b3219fab3a30bc1c4"),
            (
                ContentEncryption::A256CbcHs512,
                "4affaaadb78c31c5da4b1b590d10ffbd",
                "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
            ),
        ] {
            let key: Vec<u8> = (0..).take(encryption.key_len()).collect();
            let sealed = encryption.seal(&key, AAD, PLAINTEXT, &Fixed).unwrap();
            assert_eq!(hex(&sealed.ciphertext[..16]), start);
            assert_eq!(hex(&sealed.tag), tag);
            let opened = encryption.open(&key, AAD, &sealed.iv, sealed.ciphertext, &sealed.tag).unwrap();
            assert_eq!(opened.as_slice(), PLAINTEXT);
        }
    }

    #[test]
    fn a_shortened_tag_a_wrong_iv_and_a_wrong_key_are_refused() {
        for encryption in ContentEncryption::ALL {
            let key = vec![7; encryption.key_len()];
            let sealed = encryption.seal(&key, AAD, PLAINTEXT, &crate::random::SystemRng).unwrap();
            let open = |key: &[u8], aad: &[u8], iv: &[u8], tag: &[u8]| {
                encryption.open(key, aad, iv, sealed.ciphertext.clone(), tag).map(|_| ())
            };
            assert_eq!(open(&key, AAD, &sealed.iv, &sealed.tag), Ok(()));
            for length in 0..sealed.tag.len() {
                assert_eq!(open(&key, AAD, &sealed.iv, &sealed.tag[..length]), Err(JweError::Decryption));
            }
            assert_eq!(open(&key, AAD, &sealed.iv, &[&sealed.tag[..], &[0]].concat()), Err(JweError::Decryption));
            assert_eq!(open(&key, AAD, &sealed.iv[1..], &sealed.tag), Err(JweError::Decryption));
            assert_eq!(open(&key, b"", &sealed.iv, &sealed.tag), Err(JweError::Decryption));
            assert_eq!(open(&key[1..], AAD, &sealed.iv, &sealed.tag), Err(JweError::Decryption));
            assert_eq!(open(&vec![8; encryption.key_len()], AAD, &sealed.iv, &sealed.tag), Err(JweError::Decryption));
        }
    }
}
