//! Clients that want what is made for them encrypted (OpenID Connect Core §10.2, JARM §2.2).

use super::Client;
use super::remote_keys::Recency;
use flow::Services;
use jose::jwe::{self, EncryptionKey};
use jose::jwk::Jwk;
use jose::jwks::Jwks;
use kernel::{Fault, Rng, Secret, Timestamp};
use oauth::client::Encryption;
use serde_json::{Map, json};
use std::sync::Arc;
use store::Org;

/// The key of a client that something is encrypted to.
#[derive(Clone)]
pub(crate) struct Recipient {
    key: Arc<EncryptionKey>,
    encryption: Encryption,
}

impl Recipient {
    /// The key of the client's that fits best. A set the client publishes is fetched, so this belongs before a transaction.
    ///
    /// # Errors
    /// 400 if the client has no such key now: what it wants to have encrypted is never sent to it in the clear.
    pub(crate) async fn find(
        services: &Services,
        org: &Org,
        client: &Client,
        encryption: Encryption,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        for recency in [Recency::Any, Recency::Again] {
            let keys = client.keys(services, org, now, recency).await;
            if let Some(key) = keys.as_deref().and_then(|keys| fitting(keys, encryption)) {
                return Ok(Self { key: Arc::new(key), encryption });
            }
        }
        Err(Fault::invalid(
            "invalid_client_metadata",
            "The application's key set holds no key its answers could be encrypted with.",
        ))
    }

    /// Encrypt a signed token: a nested JWT (RFC 7519 §11.2).
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn seal(&self, signed: &str, rng: &dyn Rng) -> Result<Secret, Fault> {
        self.encrypt("cty", "JWT", signed.as_bytes(), rng)
    }

    /// Encrypt claims that nobody signed: a JWT of that type.
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn seal_claims(&self, typ: &str, claims: &[u8], rng: &dyn Rng) -> Result<Secret, Fault> {
        self.encrypt("typ", typ, claims, rng)
    }

    fn encrypt(&self, name: &str, value: &str, plaintext: &[u8], rng: &dyn Rng) -> Result<Secret, Fault> {
        let members = Map::from_iter([(name.to_owned(), json!(value))]);
        let sealed = jwe::encrypt(&self.key, self.encryption.enc, &members, plaintext, rng);
        sealed.map(Secret::new).map_err(Fault::internal)
    }
}

/// A key that says it is for this before one that only doesn't say otherwise (OpenID Connect Core §10.2.1).
fn fitting(keys: &Jwks, encryption: Encryption) -> Option<EncryptionKey> {
    let fits = |key| Some((key, EncryptionKey::new(key, encryption.alg).ok()?));
    let silence = |(key, _): &(&Jwk, _)| (key.usage.is_none(), key.alg.is_none());
    keys.keys().iter().filter_map(fits).min_by_key(silence).map(|(_, key)| key)
}
