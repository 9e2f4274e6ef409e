//! What is kept of a credential: an id to look it up by, and a keyed hash of its secret.

use flow::Services;
use jose::digest::{constant_time_eq, hmac_sha256};
use jose::random::token;
use jose::seal::{MasterKey, derive};
use kernel::{Rng, Secret};

/// Longest lookup part of a credential.
const MAX_ID: usize = 64;
/// Random bytes behind a secret: 256 bits.
const SECRET_BYTES: usize = 32;

/// The keyed hash of a secret, for storage. The key is derived from the master key for this `purpose` alone, so a copied
/// database can neither be searched for known secrets nor used to plant new ones.
pub fn hash(services: &Services, purpose: &str, secret: &Secret) -> [u8; 32] {
    hash_under(&services.master_keys.current, purpose, secret)
}

/// The keyed hashes under which a secret may be stored: for what has no id and must be found by its hash. The present key's comes first.
pub fn hashes(services: &Services, purpose: &str, secret: &Secret) -> Vec<[u8; 32]> {
    let keys = &services.master_keys;
    std::iter::once(&keys.current).chain(&keys.previous).map(|key| hash_under(key, purpose, secret)).collect()
}

/// Whether `stored` is the hash of `secret`, under the current master key or one before it. Takes the same time for any content.
pub fn matches(services: &Services, purpose: &str, secret: &Secret, stored: &[u8]) -> bool {
    let keys = &services.master_keys;
    std::iter::once(&keys.current)
        .chain(&keys.previous)
        .fold(false, |found, key| found | constant_time_eq(&hash_under(key, purpose, secret), stored))
}

fn hash_under(key: &MasterKey, purpose: &str, secret: &Secret) -> [u8; 32] {
    hmac_sha256(&derive(key, &format!("secret {purpose}")), secret.expose().as_bytes())
}

/// A credential `<id>.<secret>`: the id is looked up, only a hash of the secret is stored.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The lookup part; time-ordered and not secret.
    pub id: String,
    /// The secret part.
    pub secret: Secret,
}

impl Credential {
    /// A new secret for `id`, with 256 bits of randomness.
    pub fn generate(id: &str, rng: &dyn Rng) -> Self {
        Self { id: id.to_owned(), secret: Secret::new(token(rng, SECRET_BYTES)) }
    }
    /// Parse `<id>.<secret>`; `None` for anything that was never issued in that form.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let is_credential = (1..=MAX_ID).contains(&id.len()) && (22..=128).contains(&secret.len()) && plain(id) && plain(secret);
        is_credential.then(|| Self { id: id.to_owned(), secret: Secret::new(secret) })
    }
    /// Parse `<prefix><id>.<secret>`, as in `lmk_<id>.<secret>`.
    pub fn parse_prefixed(prefix: &str, text: &str) -> Option<Self> {
        text.strip_prefix(prefix).and_then(Self::parse)
    }
    /// `<id>.<secret>`.
    pub fn format(&self) -> Secret {
        self.format_prefixed("")
    }
    /// `<prefix><id>.<secret>`.
    pub fn format_prefixed(&self, prefix: &str) -> Secret {
        Secret::new(format!("{prefix}{}.{}", self.id, self.secret.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::testing::SeededRng;

    #[test]
    fn a_credential_survives_the_way_to_its_holder_and_back() {
        let made = Credential::generate("0197-a", &SeededRng::default());
        let sent = made.format_prefixed("lmk_");
        let back = Credential::parse_prefixed("lmk_", sent.expose()).unwrap();
        assert_eq!((back.id.as_str(), back.secret.expose()), ("0197-a", made.secret.expose()));
        assert_eq!(made.secret.expose().len(), 43);
    }

    #[test]
    fn what_was_never_issued_is_no_credential() {
        let secret = "a".repeat(43);
        let long = "i".repeat(65);
        let (other, padded) = (format!("a b.{secret}"), format!("id.{secret}="));
        for text in ["", ".", "id", "id.short", &format!(".{secret}"), &format!("{long}.{secret}"), &other, &padded] {
            assert!(Credential::parse(text).is_none(), "{text}");
        }
        assert!(Credential::parse_prefixed("lmk_", &format!("id.{secret}")).is_none());
    }

    #[tokio::test]
    async fn a_hash_holds_for_its_purpose_and_survives_a_rotation_of_the_master_key() {
        let world = crate::testing::World::start().await;
        let secret = Secret::new("s3cret");
        let stored = hash(&world.services, "session", &secret);
        assert!(matches(&world.services, "session", &secret, &stored));
        assert!(!matches(&world.services, "api_key", &secret, &stored));
        assert!(!matches(&world.services, "session", &Secret::new("s3cres"), &stored));
        let rotated = world.with_rotated_master_key();
        assert!(matches(&rotated, "session", &secret, &stored));
        assert_ne!(hash(&rotated, "session", &secret), stored);
    }
}
