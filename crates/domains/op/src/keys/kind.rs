//! The kinds of keys an organization signs with, and the algorithms each of them serves.

use jose::alg::Algorithm;

/// A kind of key. What a key signs with is pinned by the `kid` it is published under: an RSA key has one for each algorithm.
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
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rsa, Self::P256, Self::P384, Self::Ed25519];
    /// What an organization begins with. Ed25519 waits until a client asks for it: published clients refuse a key set that holds
    /// anything but RSA and EC keys, so nobody meets such a key who didn't want one.
    pub const FIRST: [Self; 3] = [Self::Rsa, Self::P256, Self::P384];

    /// The kind that signs with an algorithm; none signs with a shared secret.
    pub fn of(algorithm: Algorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.algorithms().contains(&algorithm))
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
        }
    }
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::Ed25519 => "Ed25519",
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
        }
    }
    /// The algorithm a new key is made for; it serves the others as well.
    pub(super) const fn main_algorithm(self) -> Algorithm {
        match self {
            Self::Rsa => Algorithm::RS256,
            Self::P256 => Algorithm::ES256,
            Self::P384 => Algorithm::ES384,
            Self::Ed25519 => Algorithm::EdDSA,
        }
    }
}

/// The `kid` of a key for one of its algorithms, given its id and the algorithm it is stored as.
pub(super) fn kid(id: &str, stored: Algorithm, algorithm: Algorithm) -> String {
    if stored == algorithm { id.to_owned() } else { format!("{id}.{algorithm}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_with_a_public_key_has_one_kind_and_every_stored_name_leads_back_to_it() {
        for algorithm in Algorithm::ASYMMETRIC {
            let serving: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.algorithms().contains(&algorithm)).collect();
            assert_eq!(Some(serving.as_slice()), Kind::of(algorithm).as_ref().map(std::slice::from_ref));
        }
        for algorithm in Algorithm::SYMMETRIC {
            assert_eq!(Kind::of(algorithm), None);
        }
        for kind in Kind::ALL {
            assert_eq!(kind.stored_names()[0], kind.main_algorithm().name());
            for name in kind.stored_names() {
                assert_eq!(Kind::of(Algorithm::parse(name).unwrap()), Some(kind));
            }
        }
    }

    #[test]
    fn a_kid_names_one_key_and_one_algorithm() {
        assert_eq!(kid("k", Algorithm::RS256, Algorithm::RS256), "k");
        assert_eq!(kid("k", Algorithm::RS256, Algorithm::PS384), "k.PS384");
        assert_eq!(kid("k", Algorithm::PS256, Algorithm::RS256), "k.RS256");
    }
}
