//! Private keys that sign.

use crate::alg::Algorithm;
use crate::jwk::{Curve, Jwk, JwkError, KeyUse, PublicKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    RsaKeyPair,
};
use std::fmt;
use zeroize::Zeroizing;

/// A private key with its `kid` and its only algorithm.
///
/// It may be shared between threads; signing takes no lock. `Debug` shows the `kid` and the algorithm. The library wipes the
/// key when it is dropped.
pub struct SigningKey {
    pair: Pair,
    algorithm: Algorithm,
    kid: String,
    public: Jwk,
    header: String,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ed25519(Ed25519KeyPair),
}

/// The modulus of a new RSA key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaSize {
    /// 2048 bits, the least RFC 7518 §3.3 allows.
    #[default]
    Bits2048,
    /// 3072 bits.
    Bits3072,
    /// 4096 bits.
    Bits4096,
}

impl SigningKey {
    /// A new key. RSA keys get 2048 bits. Takes microseconds for a curve and up to a second for RSA.
    pub fn generate(algorithm: Algorithm, kid: impl Into<String>) -> Result<Self, KeyError> {
        Self::generate_sized(algorithm, RsaSize::default(), kid)
    }
    /// A new key; `size` counts for RSA alone.
    pub fn generate_sized(algorithm: Algorithm, size: RsaSize, kid: impl Into<String>) -> Result<Self, KeyError> {
        let pair = match Kind::of(algorithm)? {
            Kind::Ec(signing) => Pair::Ec(EcdsaKeyPair::generate(signing).map_err(|_| KeyError::Library)?),
            Kind::Rsa(encoding) => Pair::Rsa(RsaKeyPair::generate(size.into()).map_err(|_| KeyError::Library)?, encoding),
            Kind::Ed25519 => Pair::Ed25519(Ed25519KeyPair::generate().map_err(|_| KeyError::Library)?),
        };
        Self::new(pair, algorithm, kid.into())
    }
    /// From unencrypted PKCS#8 (RFC 5208, RFC 5958) in DER.
    pub fn from_pkcs8(algorithm: Algorithm, kid: impl Into<String>, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match Kind::of(algorithm)? {
            Kind::Ec(signing) => Pair::Ec(EcdsaKeyPair::from_pkcs8(signing, der).map_err(|_| KeyError::Rejected)?),
            Kind::Rsa(encoding) => Pair::Rsa(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Rejected)?, encoding),
            Kind::Ed25519 => Pair::Ed25519(Ed25519KeyPair::from_pkcs8(der).map_err(|_| KeyError::Rejected)?),
        };
        Self::new(pair, algorithm, kid.into())
    }
    /// To unencrypted PKCS#8 in DER. Seal it before it leaves memory.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let der = match &self.pair {
            Pair::Ec(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
            Pair::Rsa(pair, _) => AsDer::<Pkcs8V1Der>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
        };
        der.map(Zeroizing::new).map_err(|_| KeyError::Library)
    }
    /// The signature of `message` as JWS carries it (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let rng = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&rng, message).map(|signature| signature.as_ref().to_vec()),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &rng, message, &mut signature).map(|()| signature)
            }
            Pair::Ed25519(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        }
        .map_err(|_| KeyError::Library)
    }
    /// The public half, with `kid`, `alg` and `use`.
    pub fn public(&self) -> &Jwk {
        &self.public
    }
    /// `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }
    /// The only algorithm it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// The start of its protected header, up to the value of `typ`.
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    fn new(pair: Pair, algorithm: Algorithm, kid: String) -> Result<Self, KeyError> {
        let mut public = Jwk::from(public_key(&pair, algorithm)?);
        public.kid = Some(kid.clone());
        public.alg = Some(algorithm.name().to_owned());
        public.usage = Some(KeyUse::Signature);
        let header = format!(r#"{{"alg":"{algorithm}","kid":{},"typ":"#, serde_json::Value::from(kid.as_str()));
        Ok(Self { pair, algorithm, kid, public, header })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Why there is no key or no signature. It never quotes key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The algorithm has no private key that this crate would hold.
    #[error("no key of this kind signs with the algorithm")]
    Algorithm,
    /// Not a private key of the algorithm's kind, or too weak a one.
    #[error("the private key was rejected")]
    Rejected,
    /// A shared secret shorter than the algorithm's hash (RFC 7518 §3.2).
    #[error("the shared secret is too short for the algorithm")]
    ShortSecret,
    /// The public key can't be used.
    #[error(transparent)]
    Public(#[from] JwkError),
    /// The crypto library failed for a reason of its own.
    #[error("the crypto library failed")]
    Library,
}

enum Kind {
    Ec(&'static EcdsaSigningAlgorithm),
    Rsa(&'static dyn RsaEncoding),
    Ed25519,
}

impl Kind {
    fn of(algorithm: Algorithm) -> Result<Self, KeyError> {
        Ok(match algorithm {
            Algorithm::ES256 => Self::Ec(&ECDSA_P256_SHA256_FIXED_SIGNING),
            Algorithm::ES384 => Self::Ec(&ECDSA_P384_SHA384_FIXED_SIGNING),
            Algorithm::RS256 => Self::Rsa(&RSA_PKCS1_SHA256),
            Algorithm::RS384 => Self::Rsa(&RSA_PKCS1_SHA384),
            Algorithm::RS512 => Self::Rsa(&RSA_PKCS1_SHA512),
            Algorithm::PS256 => Self::Rsa(&RSA_PSS_SHA256),
            Algorithm::PS384 => Self::Rsa(&RSA_PSS_SHA384),
            Algorithm::PS512 => Self::Rsa(&RSA_PSS_SHA512),
            Algorithm::EdDSA => Self::Ed25519,
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => return Err(KeyError::Algorithm),
        })
    }
}

impl From<RsaSize> for KeySize {
    fn from(size: RsaSize) -> Self {
        match size {
            RsaSize::Bits2048 => Self::Rsa2048,
            RsaSize::Bits3072 => Self::Rsa3072,
            RsaSize::Bits4096 => Self::Rsa4096,
        }
    }
}

fn public_key(pair: &Pair, algorithm: Algorithm) -> Result<PublicKey, KeyError> {
    let key = match pair {
        Pair::Ec(pair) => {
            let curve = if algorithm == Algorithm::ES384 { Curve::P384 } else { Curve::P256 };
            ec_from_point(curve, pair.public_key().as_ref())?
        }
        Pair::Rsa(pair, _) => rsa_from_der(pair.public_key().as_ref())?,
        Pair::Ed25519(pair) => PublicKey::ed25519(pair.public_key().as_ref())?,
    };
    Ok(key)
}

/// A point in uncompressed form (SEC 1 §2.3.3).
pub(crate) fn ec_from_point(curve: Curve, point: &[u8]) -> Result<PublicKey, JwkError> {
    let (x, y) = point
        .strip_prefix(&[4])
        .and_then(|coordinates| coordinates.split_at_checked(curve.coordinate_len()))
        .ok_or(JwkError::Malformed)?;
    PublicKey::ec(curve, x.to_vec(), y.to_vec())
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1).
pub(crate) fn rsa_from_der(der: &[u8]) -> Result<PublicKey, JwkError> {
    let read = || {
        let (body, rest) = tagged(der, 0x30)?;
        let (n, body) = tagged(body, 0x02)?;
        let (e, body) = tagged(body, 0x02)?;
        (rest.is_empty() && body.is_empty()).then_some((n, e))
    };
    let (n, e) = read().ok_or(JwkError::Malformed)?;
    // A leading zero in DER only says that the number is positive.
    PublicKey::rsa(n.strip_prefix(&[0]).unwrap_or(n).to_vec(), e.strip_prefix(&[0]).unwrap_or(e).to_vec())
}

/// The content of the DER element with `tag`, and what follows it.
fn tagged(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = der.strip_prefix(&[tag])?.split_first()?;
    if length < 0x80 {
        return rest.split_at_checked(length.into());
    }
    let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7F))?;
    let length = digits.iter().try_fold(0_usize, |length, &digit| length.checked_mul(256)?.checked_add(digit.into()))?;
    rest.split_at_checked(length)
}
