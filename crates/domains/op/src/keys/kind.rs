//! The kinds of keys an organization has, and the algorithms each of them serves.

use jose::alg::Algorithm;
use jose::jwe::KeyManagement;

/// A kind of key. What a key does is pinned by the `kid` it is published under: an RSA key has one for each algorithm. A key that signs
/// never decrypts (RFC 8725 §3.1, NIST SP 800-57 part 1 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RSA with 2048 bits: RS256 to RS512, PS256 to PS512.
    Rsa,
    /// P-256: ES256.
    P256,
    /// P-384: ES384.
    P384,
    /// Ed25519: `EdDSA`.
    Ed25519,
    /// RSA with 2048 bits, to decrypt with: RSA-OAEP, RSA-OAEP-256.
    RsaEncryption,
    /// P-256, to decrypt with: ECDH-ES, alone and with either key wrap.
    P256Encryption,
}

/// An algorithm, and with it what a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// It signs.
    Sign(Algorithm),
    /// It decrypts what others encrypted to it.
    Decrypt(KeyManagement),
}

impl Task {
    /// The algorithm's name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sign(algorithm) => algorithm.name(),
            Self::Decrypt(algorithm) => algorithm.name(),
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Rsa, Self::P256, Self::P384, Self::Ed25519, Self::RsaEncryption, Self::P256Encryption];
    /// What an organization begins with. Ed25519 waits until a client asks for it: published clients refuse a key set that holds
    /// anything but RSA and EC keys, so nobody meets such a key who didn't want one. Keys to encrypt to wait likewise.
    pub const FIRST: [Self; 3] = [Self::Rsa, Self::P256, Self::P384];

    /// The kind that signs with an algorithm; none signs with a shared secret.
    pub fn of(algorithm: Algorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tasks().any(|task| task == Task::Sign(algorithm)))
    }
    /// The kind that decrypts with an algorithm; none with a shared secret.
    pub fn decrypting(algorithm: KeyManagement) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.tasks().any(|task| task == Task::Decrypt(algorithm)))
    }
    /// What it signs with.
    pub const fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Rsa => {
                &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512]
            }
            Self::P256 => &[Algorithm::ES256],
            Self::P384 => &[Algorithm::ES384],
            Self::Ed25519 => &[Algorithm::EdDSA],
            Self::RsaEncryption | Self::P256Encryption => &[],
        }
    }
    /// What it decrypts with.
    pub const fn key_management(self) -> &'static [KeyManagement] {
        match self {
            Self::RsaEncryption => &[KeyManagement::RsaOaep256, KeyManagement::RsaOaep],
            Self::P256Encryption => &[KeyManagement::EcdhEs, KeyManagement::EcdhEsA128Kw, KeyManagement::EcdhEsA256Kw],
            Self::Rsa | Self::P256 | Self::P384 | Self::Ed25519 => &[],
        }
    }
    /// Everything it does.
    pub(super) fn tasks(self) -> impl Iterator<Item = Task> {
        let signs = self.algorithms().iter().copied().map(Task::Sign);
        signs.chain(self.key_management().iter().copied().map(Task::Decrypt))
    }
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Ed25519 => "Ed25519",
            Self::RsaEncryption => "RSA (encryption)",
            Self::P256Encryption => "P-256 (encryption)",
        }
    }
    /// What its rows are for.
    pub(super) const fn purpose(self) -> &'static str {
        match self {
            Self::Rsa | Self::P256 | Self::P384 | Self::Ed25519 => SIGNING,
            Self::RsaEncryption | Self::P256Encryption => ENCRYPTION,
        }
    }
    /// What stored keys of the kind are called: the algorithm whose `kid` is the key's id. New keys have the first name; the others
    /// are those of keys made when each algorithm had one of its own.
    pub(super) const fn stored_names(self) -> &'static [&'static str] {
        match self {
            Self::Rsa => &["RS256", "PS256"],
            Self::P256 => &["ES256"],
            Self::P384 => &["ES384"],
            Self::Ed25519 => &["EdDSA"],
            Self::RsaEncryption => &["RSA-OAEP-256"],
            Self::P256Encryption => &["ECDH-ES"],
        }
    }
    /// What a new key is made for; it serves the others as well.
    pub(super) const fn main_task(self) -> Task {
        match self {
            Self::Rsa => Task::Sign(Algorithm::RS256),
            Self::P256 => Task::Sign(Algorithm::ES256),
            Self::P384 => Task::Sign(Algorithm::ES384),
            Self::Ed25519 => Task::Sign(Algorithm::EdDSA),
            Self::RsaEncryption => Task::Decrypt(KeyManagement::RsaOaep256),
            Self::P256Encryption => Task::Decrypt(KeyManagement::EcdhEs),
        }
    }
}

/// What a row is for whose key signs.
pub(super) const SIGNING: &str = "signing";
/// What a row is for whose key decrypts.
pub(super) const ENCRYPTION: &str = "encryption";

/// The `kid` of a key for one of its algorithms, given its id and the algorithm it is stored as.
pub(super) fn kid(id: &str, stored: &str, algorithm: &str) -> String {
    if stored == algorithm { id.to_owned() } else { format!("{id}.{algorithm}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_with_a_public_key_has_one_kind_and_every_stored_name_leads_back_to_it() {
        let tasks: Vec<Task> =
            Algorithm::ASYMMETRIC.map(Task::Sign).into_iter().chain(KeyManagement::ASYMMETRIC.map(Task::Decrypt)).collect();
        for task in tasks {
            let serving: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.tasks().any(|known| known == task)).collect();
            assert_eq!(serving.len(), 1, "{task:?}");
            let found = match task {
                Task::Sign(algorithm) => Kind::of(algorithm),
                Task::Decrypt(algorithm) => Kind::decrypting(algorithm),
            };
            assert_eq!(found, Some(serving[0]));
        }
        for algorithm in Algorithm::SYMMETRIC {
            assert_eq!(Kind::of(algorithm), None);
        }
        assert_eq!(Kind::decrypting(KeyManagement::Direct), None);
        for kind in Kind::ALL {
            assert_eq!(kind.stored_names()[0], kind.main_task().name());
            for name in kind.stored_names() {
                assert!(kind.tasks().any(|task| task.name() == *name), "{name}");
            }
        }
    }

    #[test]
    fn no_key_signs_and_decrypts() {
        for kind in Kind::ALL {
            assert_ne!(kind.algorithms().is_empty(), kind.key_management().is_empty(), "{kind:?}");
            assert_eq!(kind.purpose() == ENCRYPTION, kind.algorithms().is_empty());
        }
    }

    #[test]
    fn a_kid_names_one_key_and_one_algorithm() {
        assert_eq!(kid("k", "RS256", "RS256"), "k");
        assert_eq!(kid("k", "RS256", "PS384"), "k.PS384");
        assert_eq!(kid("k", "PS256", "RS256"), "k.RS256");
        assert_eq!(kid("k", "ECDH-ES", "ECDH-ES+A128KW"), "k.ECDH-ES+A128KW");
    }
}
