//! One logout token to one client (OpenID Connect Back-Channel Logout §2.5).
//!
//! The token is made anew for each try, since it lives for two minutes only. A client that answers with anything but success, or not
//! at all, is asked again with growing pauses for about a day.

use super::deliveries::{self, State, Tried};
use crate::clients::{self, Client, Recipient, issuer};
use crate::{keys, subjects};
use flow::{JOB_ATTEMPTS, Job, Services};
use jose::jws::sign;
use kernel::{ClientId, EventKind, Fault, JobId, Record, SessionId, Severity, TokenId, UserId};
use oauth::backchannel_logout::{Claims, TYP, is_success};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use store::{Decision, OneOrg, Org, StoreError, Tx, Writes};
use url::Url;

/// The time a client may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody reads what it says, but it may say something.
const MAX_ANSWER: usize = 64 * 1024;

const DELIVERED: EventKind =
    EventKind { name: "logout_tokens.delivered", severity: Severity::Info, summary: "A client was told that a session ended." };
const GIVEN_UP: EventKind = EventKind {
    name: "logout_tokens.given_up",
    severity: Severity::Warning,
    summary: "A client could not be told that a session ended.",
};
const SKIPPED: EventKind = EventKind {
    name: "logout_tokens.skipped",
    severity: Severity::Info,
    summary: "A client was not told that a session ended: it takes no logout tokens any more.",
};

/// The job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliverLogout {
    /// The row of the delivery.
    pub(super) delivery: JobId,
    /// To whom.
    pub(super) client: ClientId,
    /// Who signed out.
    pub(super) user: UserId,
}

impl Job for DeliverLogout {
    const KIND: &'static str = "logout_tokens.deliver";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let Some(tried) = self.begin(services, org).await? else { return Ok(self.record(&SKIPPED)) };
        let client = clients::find(services, org, &self.client).await?.filter(|client| client.is_active());
        let address = client.as_ref().and_then(|client| client.metadata.backchannel_logout_uri.as_deref().map(Url::parse));
        let (Some(client), Some(Ok(address))) = (client, address) else {
            self.end(services, org, State::Skipped, None).await?;
            return Ok(self.record(&SKIPPED));
        };
        match self.send(services, org, &client, &address, &tried).await {
            Ok(()) => {
                self.end(services, org, State::Delivered, None).await?;
                Ok(self.record(&DELIVERED).public("attempts", tried.attempts))
            }
            Err(why) => {
                let state = if tried.attempts >= JOB_ATTEMPTS { State::Failed } else { State::Pending };
                self.end(services, org, state, Some(why.clone())).await?;
                Err(Fault::unavailable(why))
            }
        }
    }

    fn given_up(&self) -> Record {
        self.record(&GIVEN_UP)
    }
}

impl DeliverLogout {
    fn record(&self, kind: &'static EventKind) -> Record {
        Record::new(kind).about("client", self.client.as_str()).public("subject", self.user.as_str())
    }

    async fn send(&self, services: &Arc<Services>, org: &Org, client: &Client, to: &Url, tried: &Tried) -> Result<(), String> {
        let token = self.token(services, org, client, tried).await.map_err(|fault| format!("no token could be made: {fault}"))?;
        let form = format!("logout_token={token}").into_bytes();
        let outbound = services.outbound.within(PATIENCE, MAX_ANSWER);
        let answered =
            outbound.post(to, "application/x-www-form-urlencoded", form, &[]).await.map_err(|fault| fault.to_string())?;
        if is_success(answered.status) { Ok(()) } else { Err(format!("the client answered with status {}", answered.status)) }
    }

    /// Signed, and perhaps encrypted, like the client's ID tokens (§2.4). A JWT needs no encoding in a form.
    async fn token(&self, services: &Arc<Services>, org: &Org, client: &Client, tried: &Tried) -> Result<String, Fault> {
        let now = services.clock.now();
        let sid = SessionId::from(tried.sid.as_str());
        let jti = TokenId::new(now, &*services.rng);
        let sub = subjects::of(services, org, client).await?.of_user(&self.user);
        let claims = Claims::new(&issuer(services, org), client.id(), &sub, &sid, jti, now);
        let algorithm = client.metadata.id_token_signed_response_alg;
        let keys = keys::signing_with(services, org, algorithm).await?;
        let signed = sign(keys.signing(algorithm)?, TYP, &claims).map_err(Fault::internal)?;
        let Some(encryption) = client.metadata.id_token_encryption else { return Ok(signed) };
        let recipient = Recipient::find(services, org, client, encryption, now).await?;
        Ok(recipient.seal(&signed, &*services.rng)?.expose().to_owned())
    }

    async fn begin(&self, services: &Services, org: &Org) -> Result<Option<Tried>, Fault> {
        let id = self.delivery.clone();
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let id = id.clone();
            async move {
                let tried = deliveries::begin(&mut tx, &id).await;
                (tx, noted(tried))
            }
        };
        Ok(services.store.write(OneOrg::new(org.clone()), work).await??)
    }

    async fn end(&self, services: &Services, org: &Org, state: State, error: Option<String>) -> Result<(), Fault> {
        let (id, now) = (self.delivery.clone(), services.clock.now());
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let (id, error) = (id.clone(), error.clone());
            async move {
                let ended = deliveries::end(&mut tx, &id, state, error.as_deref(), now).await;
                (tx, noted(ended))
            }
        };
        Ok(services.store.write(OneOrg::new(org.clone()), work).await??)
    }
}

fn noted<T>(outcome: Result<T, StoreError>) -> Decision<Result<T, StoreError>> {
    match outcome {
        Ok(value) => Decision::KeepUnrecorded(Ok(value), "the job that delivers records its end"),
        Err(error) => Decision::Discard(Err(error)),
    }
}
