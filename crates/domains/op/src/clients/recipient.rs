//! Clients that want what is made for them encrypted (OpenID Connect Core §10.2, JARM §2.2).

use super::Client;
use super::remote_keys::Recency;
use flow::Services;
use jose::jwe::{self, EncryptionKey};
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
    /// The first of the client's keys that fits. A set the client publishes is fetched, so this belongs before a transaction.
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
        let members = Map::from_iter([("cty".to_owned(), json!("JWT"))]);
        let sealed = jwe::encrypt(&self.key, self.encryption.enc, &members, signed.as_bytes(), rng);
        sealed.map(Secret::new).map_err(Fault::internal)
    }
}

fn fitting(keys: &Jwks, encryption: Encryption) -> Option<EncryptionKey> {
    keys.keys().iter().find_map(|key| EncryptionKey::new(key, encryption.alg).ok())
}
