//! Keys that verify.

use super::KeyError;
use crate::alg::Algorithm;
use crate::jwk::{Curve, Jwk, PublicKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
};
use std::fmt;

/// A public key or a shared secret, with the only algorithm it verifies. It may be shared between threads.
pub struct VerifyingKey {
    material: Material,
    algorithm: Algorithm,
    kid: Option<String>,
}

enum Material {
    Public(ParsedPublicKey),
    Shared(Box<hmac::Key>),
}

impl VerifyingKey {
    /// Pin a public key to an algorithm. Fails unless key type, curve, `alg`, `use` and `key_ops` all agree with it.
    pub fn new(jwk: &Jwk, algorithm: Algorithm) -> Result<Self, KeyError> {
        let says_so = jwk.alg.as_deref().is_none_or(|alg| Algorithm::parse(alg) == Some(algorithm));
        if !says_so || !jwk.may_verify() {
            return Err(KeyError::Algorithm);
        }
        let parsed = match jwk.key() {
            PublicKey::Rsa { n, e } => {
                let parameters = rsa_parameters(algorithm).ok_or(KeyError::Algorithm)?;
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters)
            }
            key @ PublicKey::Ec { curve, .. } => {
                if algorithm != ecdsa(*curve) {
                    return Err(KeyError::Algorithm);
                }
                ParsedPublicKey::new(curve.ecdsa(), key.point())
            }
            PublicKey::Ed25519 { x } => {
                if algorithm != Algorithm::EdDSA {
                    return Err(KeyError::Algorithm);
                }
                ParsedPublicKey::new(&ED25519, x)
            }
        };
        let material = Material::Public(parsed.map_err(|_| KeyError::Rejected)?);
        Ok(Self { material, algorithm, kid: jwk.kid.clone() })
    }
    /// A shared secret for `client_secret_jwt` (OIDC Core §9): its octets are the HMAC key, and there must be at least as many as
    /// the hash has (RFC 7518 §3.2).
    pub fn shared(algorithm: Algorithm, secret: &[u8]) -> Result<Self, KeyError> {
        let (hmac, least) = match algorithm {
            Algorithm::HS256 => (hmac::HMAC_SHA256, 32),
            Algorithm::HS384 => (hmac::HMAC_SHA384, 48),
            Algorithm::HS512 => (hmac::HMAC_SHA512, 64),
            _ => return Err(KeyError::Algorithm),
        };
        if secret.len() < least {
            return Err(KeyError::ShortSecret);
        }
        Ok(Self { material: Material::Shared(Box::new(hmac::Key::new(hmac, secret))), algorithm, kid: None })
    }
    /// Whether `signature` is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Public(key) => key.verify_sig(message, signature).is_ok(),
            Material::Shared(key) => hmac::verify(key, message, signature).is_ok(),
        }
    }
    /// The only algorithm it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
    /// `kid`, if its owner gave one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

const fn ecdsa(curve: Curve) -> Algorithm {
    match curve {
        Curve::P256 => Algorithm::ES256,
        Curve::P384 => Algorithm::ES384,
    }
}

/// PSS salts are as long as the hash (RFC 7518 §3.5), which is what these parameters demand.
const fn rsa_parameters(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RS256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => Some(&RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => Some(&RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}
