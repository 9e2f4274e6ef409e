//! How claims reach a client that doesn't want them as plain JSON: signed, encrypted, or signed and then encrypted.

use crate::clients::{Client, Recipient};
use crate::keys;
use flow::Services;
use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::{Fault, Secret, Timestamp};
use oauth::client::Encryption;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use store::Org;

/// The keys for it.
#[derive(Clone)]
pub(crate) struct Wrapping {
    key: Option<Arc<SigningKey>>,
    recipient: Option<Recipient>,
    services: Arc<Services>,
}

impl fmt::Debug for Wrapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapping").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Wrapping {
    /// For this client; `None` if it wants neither. A key of ours that is missing is made and one of the client's may be fetched, so
    /// this belongs before a transaction.
    ///
    /// # Errors
    /// 400 if the client wants encryption and has no key for it; else whatever the database says.
    pub(crate) async fn find(
        services: &Arc<Services>,
        org: &Org,
        client: &Client,
        algorithm: Option<Algorithm>,
        encryption: Option<Encryption>,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let key = match algorithm {
            Some(algorithm) => Some(keys::signing_with(services, org, algorithm).await?.signing(algorithm)?.clone()),
            None => None,
        };
        let recipient = match encryption {
            Some(encryption) => Some(Recipient::find(services, org, client, encryption, now).await?),
            None => None,
        };
        let is_plain = key.is_none() && recipient.is_none();
        Ok((!is_plain).then(|| Self { key, recipient, services: services.clone() }))
    }

    /// The claims as a JWT whose signature, where it has one, says that it is a `typ`.
    ///
    /// # Errors
    /// Only our own failures.
    pub(crate) fn wrap(&self, typ: &str, claims: &impl Serialize) -> Result<Secret, Fault> {
        let rng = &*self.services.rng;
        match (&self.key, &self.recipient) {
            (Some(key), None) => sign(key, typ, claims).map(Secret::new).map_err(Fault::internal),
            (Some(key), Some(recipient)) => recipient.seal(&sign(key, typ, claims).map_err(Fault::internal)?, rng),
            (None, Some(recipient)) => recipient.seal_claims(typ, &serde_json::to_vec(claims).map_err(Fault::internal)?, rng),
            (None, None) => Err(Fault::internal("claims to be wrapped in nothing")),
        }
    }
}
