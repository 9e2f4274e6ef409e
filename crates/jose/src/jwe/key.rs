//! Keys that encrypt and decrypt, each pinned to one key management algorithm.

use super::agreement::{ecdh, with_ephemeral, with_static};
use super::header::{Header, KeyManagement};
use super::{ContentEncryption, JweError};
use crate::jwk::{Curve, Jwk, KeyUse, PublicKey};
use crate::key::{RsaSize, ec_from_point, rsa_from_der};
use crate::random::SystemRng;
use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::{
    KeyPair as RsaKeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
    OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use aws_lc_rs::signature::KeyPair;
use kernel::Rng;
use serde_json::Value;
use std::fmt;
use zeroize::Zeroizing;

/// The longest content key: A256CBC-HS512.
const MAX_CONTENT_KEY: usize = 64;
/// AES key wrap adds one block of 64 bits (RFC 3394 §2.2.1).
const WRAP_OVERHEAD: usize = 8;

/// A recipient: its public key, or the secret both sides share.
pub struct EncryptionKey {
    algorithm: KeyManagement,
    kid: Option<String>,
    material: Recipient,
}

enum Recipient {
    Rsa(OaepPublicEncryptingKey),
    Ec(Curve, Vec<u8>),
    Direct(Zeroizing<Vec<u8>>),
}

impl EncryptionKey {
    /// Pin a public key to an algorithm. Fails unless key type, `alg`, `use` and `key_ops` all agree with it.
    pub fn new(jwk: &Jwk, algorithm: KeyManagement) -> Result<Self, JweError> {
        let says_so = jwk.alg.as_deref().is_none_or(|alg| KeyManagement::parse(alg) == Some(algorithm));
        if !says_so || !jwk.may_encrypt() {
            return Err(JweError::Key);
        }
        let material = match (jwk.key(), algorithm) {
            (PublicKey::Rsa { n, e }, KeyManagement::RsaOaep | KeyManagement::RsaOaep256) => {
                let key: Result<PublicEncryptingKey, _> = PublicKeyComponents { n, e }.try_into();
                Recipient::Rsa(key.and_then(OaepPublicEncryptingKey::new).map_err(|_| JweError::Key)?)
            }
            (
                key @ PublicKey::Ec { curve, .. },
                KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw,
            ) => Recipient::Ec(*curve, key.point()),
            _ => return Err(JweError::Key),
        };
        Ok(Self { algorithm, kid: jwk.kid.clone(), material })
    }
    /// A content key both sides know, for `dir`. It must have exactly the length `enc` wants.
    pub fn direct(content_key: &[u8]) -> Self {
        let material = Recipient::Direct(Zeroizing::new(content_key.to_vec()));
        Self { algorithm: KeyManagement::Direct, kid: None, material }
    }
    /// The only algorithm it is used with.
    pub fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }
    /// `kid`, if its owner gave one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// A content key and the way it travels.
    pub(super) fn deliver(&self, encryption: ContentEncryption, rng: &dyn Rng) -> Result<Delivery, JweError> {
        match &self.material {
            Recipient::Rsa(key) => {
                let content_key = random(encryption.key_len(), rng);
                let mut encrypted_key = vec![0; key.ciphertext_size()];
                key.encrypt(oaep(self.algorithm), &content_key, &mut encrypted_key, None).map_err(|_| JweError::Library)?;
                Ok(Delivery { content_key, encrypted_key, ephemeral: None })
            }
            Recipient::Ec(curve, point) => {
                let (epk, agreed) = with_ephemeral(self.algorithm, encryption, *curve, point)?;
                let ephemeral = Some(serde_json::to_value(epk).map_err(|_| JweError::Library)?);
                if self.algorithm == KeyManagement::EcdhEs {
                    return Ok(Delivery { content_key: agreed, encrypted_key: Vec::new(), ephemeral });
                }
                let content_key = random(encryption.key_len(), rng);
                let mut encrypted_key = vec![0; content_key.len() + WRAP_OVERHEAD];
                let wrapped = kek(&agreed).and_then(|kek| kek.wrap(&content_key, &mut encrypted_key).map(|_| ()));
                wrapped.map_err(|_| JweError::Library)?;
                Ok(Delivery { content_key, encrypted_key, ephemeral })
            }
            Recipient::Direct(key) if key.len() == encryption.key_len() => {
                Ok(Delivery { content_key: key.clone(), encrypted_key: Vec::new(), ephemeral: None })
            }
            Recipient::Direct(_) => Err(JweError::Key),
        }
    }
}

pub(super) struct Delivery {
    pub(super) content_key: Zeroizing<Vec<u8>>,
    pub(super) encrypted_key: Vec<u8>,
    /// `epk`.
    pub(super) ephemeral: Option<Value>,
}

/// A private key, or the secret both sides share. It may be shared between threads; `Debug` shows `kid` and algorithm.
pub struct DecryptionKey {
    algorithm: KeyManagement,
    kid: Option<String>,
    public: Option<Jwk>,
    material: Holder,
}

enum Holder {
    Rsa(OaepPrivateDecryptingKey, Zeroizing<Vec<u8>>),
    Ec(Curve, PrivateKey),
    Direct(Zeroizing<Vec<u8>>),
}

impl DecryptionKey {
    /// A new key: RSA of 2048 bits, or P-256.
    pub fn generate(algorithm: KeyManagement, kid: impl Into<String>) -> Result<Self, JweError> {
        let der = match algorithm {
            KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => {
                PrivateDecryptingKey::generate(RsaSize::Bits2048.into()).and_then(|key| pkcs8(&key))
            }
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => {
                PrivateKey::generate(ecdh(Curve::P256)).and_then(|key| pkcs8(&key))
            }
            KeyManagement::Direct => return Err(JweError::Key),
        };
        Self::from_pkcs8(algorithm, kid, &der.map_err(|_| JweError::Library)?)
    }
    /// From unencrypted PKCS#8 (RFC 5208) in DER.
    pub fn from_pkcs8(algorithm: KeyManagement, kid: impl Into<String>, der: &[u8]) -> Result<Self, JweError> {
        let (material, public) = match algorithm {
            KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => rsa_holder(der)?,
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => {
                ec_holder(Curve::P256, der).or_else(|_| ec_holder(Curve::P384, der))?
            }
            KeyManagement::Direct => return Err(JweError::Key),
        };
        let kid = Some(kid.into());
        let mut public = Jwk::from(public);
        public.kid.clone_from(&kid);
        public.alg = Some(algorithm.name().to_owned());
        public.usage = Some(KeyUse::Encryption);
        Ok(Self { algorithm, kid, public: Some(public), material })
    }
    /// A content key both sides know, for `dir`.
    pub fn direct(content_key: &[u8]) -> Self {
        let material = Holder::Direct(Zeroizing::new(content_key.to_vec()));
        Self { algorithm: KeyManagement::Direct, kid: None, public: None, material }
    }
    /// To unencrypted PKCS#8 in DER; not for `dir`. Seal it before it leaves memory.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, JweError> {
        match &self.material {
            Holder::Rsa(_, der) => Ok(der.clone()),
            Holder::Ec(_, key) => pkcs8(key).map_err(|_| JweError::Library),
            Holder::Direct(_) => Err(JweError::Key),
        }
    }
    /// The public half, with `kid`, `alg` and `use`; none for `dir`.
    pub fn public(&self) -> Option<&Jwk> {
        self.public.as_ref()
    }
    /// `kid`; none for `dir`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
    /// The only algorithm it is used with.
    pub fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    /// The content key of a message.
    pub(super) fn receive(&self, header: &Header, encrypted_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, JweError> {
        match &self.material {
            Holder::Rsa(key, _) => {
                let length = header.encryption.key_len();
                let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
                let received = key.decrypt(oaep(self.algorithm), encrypted_key, &mut buffer, None);
                // RFC 7516 §11.5: go on with a random key, so that a bad envelope fails like bad content.
                Ok(received.map_or_else(|_| random(length, &SystemRng), |content_key| Zeroizing::new(content_key.to_vec())))
            }
            Holder::Ec(curve, key) => {
                let agreed = with_static(key, *curve, header)?;
                if self.algorithm == KeyManagement::EcdhEs {
                    return if encrypted_key.is_empty() { Ok(agreed) } else { Err(JweError::Malformed) };
                }
                let mut buffer = Zeroizing::new(vec![0; MAX_CONTENT_KEY]);
                let unwrapped = kek(&agreed).and_then(|kek| kek.unwrap(encrypted_key, &mut buffer).map(|key| key.len()));
                buffer.truncate(unwrapped.map_err(|_| JweError::Decryption)?);
                Ok(buffer)
            }
            Holder::Direct(key) if encrypted_key.is_empty() => Ok(key.clone()),
            Holder::Direct(_) => Err(JweError::Malformed),
        }
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn rsa_holder(der: &[u8]) -> Result<(Holder, PublicKey), JweError> {
    let public = RsaKeyPair::from_pkcs8(der).map_err(|_| JweError::Key)?;
    let public = rsa_from_der(public.public_key().as_ref()).map_err(|_| JweError::Key)?;
    let key = PrivateDecryptingKey::from_pkcs8(der).map_err(|_| JweError::Key)?;
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| JweError::Key)?;
    Ok((Holder::Rsa(key, Zeroizing::new(der.to_vec())), public))
}

fn ec_holder(curve: Curve, der: &[u8]) -> Result<(Holder, PublicKey), JweError> {
    let key = PrivateKey::from_private_key_der(ecdh(curve), der).map_err(|_| JweError::Key)?;
    let point = key.compute_public_key().map_err(|_| JweError::Key)?;
    let public = ec_from_point(curve, point.as_ref()).map_err(|_| JweError::Key)?;
    Ok((Holder::Ec(curve, key), public))
}

fn pkcs8(key: &impl AsDer<Pkcs8V1Der<'static>>) -> Result<Zeroizing<Vec<u8>>, aws_lc_rs::error::Unspecified> {
    key.as_der().map(|der| Zeroizing::new(der.as_ref().to_vec()))
}

const fn oaep(algorithm: KeyManagement) -> &'static OaepAlgorithm {
    match algorithm {
        KeyManagement::RsaOaep => &OAEP_SHA1_MGF1SHA1,
        _ => &OAEP_SHA256_MGF1SHA256,
    }
}

/// The agreed key as a key encryption key; its length says which AES.
fn kek(agreed: &[u8]) -> Result<AesKek, aws_lc_rs::error::Unspecified> {
    AesKek::new(if agreed.len() == 16 { &AES_128 } else { &AES_256 }, agreed)
}

fn random(length: usize, rng: &dyn Rng) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(vec![0; length]);
    rng.fill(&mut bytes);
    bytes
}
