//! Answers as JWTs (JARM): signed for whoever asks for that, and encrypted after that to a client that registered for it.

use crate::clients::{Client, Recipient};
use crate::keys::{self, OrgKeys};
use flow::{Prep, Services};
use jose::jws::sign;
use kernel::{Fault, Secret, Timestamp};
use oauth::response_mode::Response;
use oauth::{Issuer, jarm};
use std::sync::Arc;

/// What an answer is sealed with.
#[derive(Clone)]
pub(super) struct Envelope {
    keys: Arc<OrgKeys>,
    recipient: Option<Recipient>,
    services: Arc<Services>,
}

impl Envelope {
    /// For this client: a key that is missing is made, and keys the client publishes are fetched.
    ///
    /// # Errors
    /// 400 if the client wants to have its answers encrypted and has no key for that.
    pub(super) async fn of(prep: &Prep, client: &Client) -> Result<Self, Fault> {
        let (services, org) = (prep.services(), prep.organization()?);
        let keys = keys::signing_with(services, org, jarm::algorithm(&client.metadata)).await?;
        let recipient = match client.metadata.authorization_encryption {
            Some(encryption) => Some(Recipient::find(services, org, client, encryption, prep.now).await?),
            None => None,
        };
        Ok(Self { keys, recipient, services: services.clone() })
    }

    /// The answer that carries `response`.
    ///
    /// # Errors
    /// Only our own failures.
    pub(super) fn seal(&self, response: Response, issuer: &Issuer, client: &Client, now: Timestamp) -> Result<Response, Fault> {
        let key = self.keys.signing(jarm::algorithm(&client.metadata))?;
        let signed = sign(key, jarm::TYP, &jarm::claims(response, issuer, &client.metadata, now)).map_err(Fault::internal)?;
        let sealed = match &self.recipient {
            Some(recipient) => recipient.seal(&signed, &*self.services.rng)?,
            None => Secret::new(signed),
        };
        Ok(Response::default().with(jarm::PARAMETER, sealed.expose()))
    }
}
