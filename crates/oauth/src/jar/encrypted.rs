//! Request objects that were encrypted to this server after they were signed: nested JWTs (RFC 9101 §6.1, RFC 7519 §11.2).

use super::Refused;
use jose::jwe::{self, ContentEncryption, DecryptionKey, Header};
use std::sync::Arc;

/// Whether an object is encrypted: it has five parts, and a signed one three (RFC 7516 §9).
pub fn is_encrypted(object: &str) -> bool {
    object.split('.').count() == 5
}

/// The signed object inside. Of several keys for the algorithm, a `kid` chooses one.
///
/// # Errors
/// [`Refused::Encryption`], whatever went wrong: more would be an oracle (RFC 7516 §11.5).
pub fn decrypt(object: &str, keys: &[Arc<DecryptionKey>]) -> Result<String, Refused> {
    let header = Header::parse(object).map_err(|_| Refused::Encryption)?;
    let is_meant = |key: &&Arc<DecryptionKey>| {
        key.algorithm() == header.algorithm && header.kid.as_deref().is_none_or(|kid| key.kid() == Some(kid))
    };
    let mut opened = keys.iter().filter(is_meant).filter_map(|key| jwe::decrypt(object, key, &ContentEncryption::ALL).ok());
    let plaintext = opened.next().ok_or(Refused::Encryption)?.plaintext;
    std::str::from_utf8(&plaintext).map(str::to_owned).map_err(|_| Refused::Encryption)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jose::jwe::{EncryptionKey, KeyManagement};
    use jose::random::SystemRng;
    use serde_json::Map;

    const SIGNED: &str = "a.signed.object";

    fn key(algorithm: KeyManagement, kid: &str) -> Arc<DecryptionKey> {
        Arc::new(DecryptionKey::generate(algorithm, kid).unwrap())
    }
    fn sealed(key: &DecryptionKey, encryption: ContentEncryption, says_kid: bool) -> String {
        let mut public = key.public().unwrap().clone();
        public.kid = public.kid.filter(|_| says_kid);
        let recipient = EncryptionKey::new(&public, key.algorithm()).unwrap();
        jwe::encrypt(&recipient, encryption, &Map::new(), SIGNED.as_bytes(), &SystemRng).unwrap()
    }

    #[test]
    fn every_algorithm_and_every_content_encryption_opens_with_its_key_alone() {
        let keys = KeyManagement::ASYMMETRIC.map(|algorithm| key(algorithm, algorithm.name()));
        for key in &keys {
            for encryption in ContentEncryption::ALL {
                for says_kid in [true, false] {
                    let object = sealed(key, encryption, says_kid);
                    assert!(is_encrypted(&object));
                    assert_eq!(decrypt(&object, &keys).as_deref(), Ok(SIGNED));
                    let others: Vec<_> = keys.iter().filter(|other| other.algorithm() != key.algorithm()).cloned().collect();
                    assert_eq!(decrypt(&object, &others), Err(Refused::Encryption));
                }
            }
        }
    }

    #[test]
    fn a_name_chooses_the_key_and_without_one_each_is_tried() {
        let keys = [key(KeyManagement::EcdhEs, "new"), key(KeyManagement::EcdhEs, "old")];
        let old = sealed(&keys[1], ContentEncryption::A256Gcm, true);
        assert_eq!(decrypt(&old, &keys).as_deref(), Ok(SIGNED));
        let renamed =
            [Arc::new(DecryptionKey::from_pkcs8(KeyManagement::EcdhEs, "other", &keys[1].to_pkcs8().unwrap()).unwrap())];
        assert_eq!(decrypt(&old, &renamed), Err(Refused::Encryption));
        assert_eq!(decrypt(&sealed(&keys[1], ContentEncryption::A256Gcm, false), &keys).as_deref(), Ok(SIGNED));
    }

    #[test]
    fn attack_16_whatever_is_wrong_is_one_refusal() {
        let keys = [key(KeyManagement::EcdhEs, "k")];
        let good = sealed(&keys[0], ContentEncryption::A128CbcHs256, true);
        let parts: Vec<&str> = good.split('.').collect();
        let with = |index: usize, part: &str| {
            let mut parts = parts.clone();
            parts[index] = part;
            parts.join(".")
        };
        for object in [
            with(0, "e30"),
            with(0, "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4R0NNIn0"),
            with(0, "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0"),
            with(1, "AAAA"),
            with(2, "AAAA"),
            with(3, "AAAA"),
            with(4, "AAAA"),
            "....".to_owned(),
            "x.y.z".to_owned(),
        ] {
            assert_eq!(decrypt(&object, &keys), Err(Refused::Encryption), "{object}");
        }
        assert_eq!(decrypt(&good, &[]), Err(Refused::Encryption));
        assert!(!is_encrypted("x.y.z") && !is_encrypted(""));
    }
}
