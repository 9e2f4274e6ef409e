//! Signature algorithms (RFC 7518 §3.1, RFC 8037, RFC 9864).

use crate::digest::{sha256, sha384, sha512};
use crate::encoding::base64url;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A signature algorithm. `none` is not one, and no unknown name ever becomes one (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// Ed25519 (RFC 8037). Written `EdDSA`; the fully specified name `Ed25519` of RFC 9864 is read as the same.
    EdDSA,
    /// HMAC with SHA-256. Verifies `client_secret_jwt` and nothing else; this crate signs nothing with it.
    HS256,
    /// HMAC with SHA-384, likewise.
    HS384,
    /// HMAC with SHA-512, likewise.
    HS512,
}

impl Algorithm {
    /// All algorithms with a public key, in the order metadata lists them.
    pub const ASYMMETRIC: [Self; 9] =
        [Self::ES256, Self::ES384, Self::PS256, Self::PS384, Self::PS512, Self::RS256, Self::RS384, Self::RS512, Self::EdDSA];
    /// All algorithms with a shared secret.
    pub const SYMMETRIC: [Self; 3] = [Self::HS256, Self::HS384, Self::HS512];
    /// What FAPI 2.0 allows (Security Profile §5.4.1).
    pub const FAPI: [Self; 3] = [Self::PS256, Self::ES256, Self::EdDSA];

    /// The `alg` value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }
    /// The algorithm an `alg` value names, compared exactly.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "Ed25519" {
            return Some(Self::EdDSA);
        }
        Self::ASYMMETRIC.into_iter().chain(Self::SYMMETRIC).find(|algorithm| algorithm.name() == name)
    }
    /// Whether signer and verifier share one secret.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }
    /// The left half of the hash of an ASCII value, as base64url: `at_hash`, `c_hash` (OIDC Core §3.1.3.6, §3.3.2.11) and
    /// `s_hash`. The hash is the algorithm's own; for Ed25519 that is SHA-512.
    pub fn half_hash(self, value: &str) -> String {
        let value = value.as_bytes();
        match self {
            Self::ES256 | Self::RS256 | Self::PS256 | Self::HS256 => left_half(&sha256(value)),
            Self::ES384 | Self::RS384 | Self::PS384 | Self::HS384 => left_half(&sha384(value)),
            Self::RS512 | Self::PS512 | Self::HS512 | Self::EdDSA => left_half(&sha512(value)),
        }
    }
}

fn left_half(hash: &[u8]) -> String {
    base64url(hash.split_at(hash.len() / 2).0)
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| de::Error::custom("unknown signature algorithm"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_is_found_by_its_name() {
        for algorithm in Algorithm::ASYMMETRIC.into_iter().chain(Algorithm::SYMMETRIC) {
            assert_eq!(Algorithm::parse(algorithm.name()), Some(algorithm));
            assert_eq!(Algorithm::SYMMETRIC.contains(&algorithm), algorithm.is_symmetric());
        }
        assert_eq!(Algorithm::parse("Ed25519"), Some(Algorithm::EdDSA));
    }

    #[test]
    fn none_and_strangers_are_no_algorithm() {
        for name in ["none", "None", "NONE", "", "es256", "ES256 ", "ES256K", "ES512", "Ed448", "RS1", "RSA-OAEP", "dir"] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
            assert!(serde_json::from_value::<Algorithm>(name.into()).is_err(), "{name}");
        }
    }

    #[test]
    fn half_hashes_match_openid_connect_core_appendix_a() {
        assert_eq!(Algorithm::RS256.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(
            Algorithm::RS256.half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"),
            "LDktKdoQak3Pk0cnXxCltA"
        );
        assert_eq!(Algorithm::ES384.half_hash("").len(), 32);
        assert_eq!(Algorithm::EdDSA.half_hash("").len(), 43);
    }
}
