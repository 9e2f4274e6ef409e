//! A client is told what became of its request: pinged, or sent the tokens (CIBA Core §10.2, §10.3).

use super::requests::Waiting;
use super::tokens::{self, Approval, Pushed};
use crate::clients::{self, Client};
use crate::decoupled::{Stored, check_again, open_notification};
use flow::{Cx, Job, OneOrg, Services, Writes};
use kernel::{ClientId, DecoupledRequestId, EventKind, FamilyId, Fault, JobId, Record, Secret, Severity, Timestamp};
use oauth::client::DeliveryMode;
use oauth::grant::decoupled::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use store::{Org, args, org_sql, rows};
use url::Url;

/// The time a client may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Nobody reads what it says, but it may say something.
const MAX_ANSWER: usize = 64 * 1024;

const DELIVERED: EventKind = EventKind {
    name: "backchannel_notifications.delivered",
    severity: Severity::Info,
    summary: "A client was told what became of its backchannel authentication request.",
};
const REFUSED: EventKind = EventKind {
    name: "backchannel_notifications.refused",
    severity: Severity::Warning,
    summary: "A client refused to be told what became of its backchannel authentication request, and is not told again.",
};
const GIVEN_UP: EventKind = EventKind {
    name: "backchannel_notifications.given_up",
    severity: Severity::Warning,
    summary: "A client could not be told what became of its backchannel authentication request.",
};
const SKIPPED: EventKind = EventKind {
    name: "backchannel_notifications.skipped",
    severity: Severity::Info,
    summary: "A client was not told what became of its backchannel authentication request: its time is over.",
};

const UNNEEDED: EventKind = EventKind {
    name: "backchannel_notifications.unneeded",
    severity: Severity::Info,
    summary: "The time of a backchannel authentication request was over, and somebody had decided before.",
};

/// The job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notify {
    request: DecoupledRequestId,
    client: ClientId,
    /// Whether it is about the end of the request's time, should nobody decide before.
    #[serde(default)]
    is_end: bool,
}

/// Queue it, if the client wants to be told.
pub(super) async fn queue(cx: &mut Cx<OneOrg, Writes>, waiting: &Waiting) -> Result<(), Fault> {
    let mode = waiting.stored.delivery.as_ref().map(|delivery| delivery.mode);
    if !matches!(mode, Some(DeliveryMode::Ping | DeliveryMode::Push)) {
        return Ok(());
    }
    let job = Notify { request: waiting.id.clone(), client: waiting.client.id().clone(), is_end: false };
    job.queue(cx, &waiting.client, cx.now).await
}

/// Queue what a client whose tokens are pushed hears when nobody decides in time (CIBA Core §12): it never asks.
pub(super) async fn queue_end(
    cx: &mut Cx<OneOrg, Writes>,
    client: &Client,
    request: &str,
    expires_at: Timestamp,
) -> Result<(), Fault> {
    let job = Notify { request: DecoupledRequestId::from(request), client: client.id().clone(), is_end: true };
    job.queue(cx, client, expires_at).await
}

fn address(client: &Client) -> Option<Url> {
    Url::parse(client.metadata.backchannel_client_notification_endpoint.as_deref().filter(|_| client.is_active())?).ok()
}

rows! {
    #[derive(Clone)]
    struct DecidedRow {
        request: String, notification_token: Option<Vec<u8>>, state: String, family_id: Option<FamilyId>, facts: Option<String>,
        expires_at: Timestamp, decided_at: Option<Timestamp>, redeemed_at: Option<Timestamp>
    }
}

impl DecidedRow {
    /// What was approved, if it was.
    fn approval(&self, request: &DecoupledRequestId) -> Result<Option<Approval>, Fault> {
        let ("approved", Some(family), Some(facts), Some(decided_at)) =
            (self.state.as_str(), &self.family_id, &self.facts, self.decided_at)
        else {
            return Ok(None);
        };
        let grant = serde_json::from_str(facts).map_err(Fault::internal)?;
        Ok(Some(Approval { request: request.clone(), grant, decided_at, family: family.clone() }))
    }
}

impl Job for Notify {
    const KIND: &'static str = "backchannel.notify";

    async fn perform(self, services: &Arc<Services>, org: &Org) -> Result<Record, Fault> {
        let client = clients::find(services, org, &self.client).await?;
        let (Some(row), Some(client)) = (self.find(services, org).await?, client) else { return Ok(self.record(&SKIPPED)) };
        let stored: Stored = serde_json::from_str(&row.request).map_err(Fault::internal)?;
        let Some(delivery) = &stored.delivery else { return Ok(self.record(&SKIPPED)) };
        let Some(row) = self.without_lost_tokens(services, org, row, delivery.mode).await? else {
            return Ok(self.record(&SKIPPED));
        };
        let (is_pending, has_ended) = (row.state == "pending", row.expires_at <= services.clock.now());
        if self.is_end && !is_pending {
            return Ok(self.record(&UNNEEDED));
        }
        // Either somebody decided in time, or the time has ended and nobody did.
        let is_over = is_pending != self.is_end || has_ended != self.is_end || row.redeemed_at.is_some();
        let is_over =
            is_over || (delivery.mode == DeliveryMode::Push && check_again(&stored, &client, Kind::Backchannel).is_err());
        let (Some(address), Some(sealed), false) = (address(&client), &row.notification_token, is_over) else {
            return Ok(self.record(&SKIPPED));
        };
        let told = open_notification(services, org, &self.request, sealed)?;
        let auth_req_id = told.auth_req_id.expose();
        let (body, pushed) = match (delivery.mode, row.approval(&self.request)?) {
            (DeliveryMode::Push, Some(approval)) => {
                let push = tokens::Push::open(services, org, client, approval, delivery.confirmation.clone());
                let Some(pushed) = Box::pin(push.await?.take(services, org)).await? else { return Ok(self.record(&SKIPPED)) };
                (pushed.body(&told.auth_req_id)?, Some(pushed))
            }
            (DeliveryMode::Push, None) => {
                let (error, description) = if is_pending {
                    ("expired_token", "Nobody decided in time.")
                } else {
                    ("access_denied", "The request was denied.")
                };
                (json!({ "error": error, "error_description": description, "auth_req_id": auth_req_id }), None)
            }
            (DeliveryMode::Ping | DeliveryMode::Poll, ..) => (json!({ "auth_req_id": auth_req_id }), None),
        };
        self.send(services, org, &address, &told.token, &body, pushed).await
    }

    fn given_up(&self) -> Record {
        self.record(&GIVEN_UP)
    }
}

impl Notify {
    /// The request as it is once nothing of an earlier try is left. Nobody but this job makes tokens that are pushed; so where there are some,
    /// an earlier try ended between making them and noting down what came of it, and whether they arrived nobody knows.
    async fn without_lost_tokens(
        &self,
        services: &Arc<Services>,
        org: &Org,
        row: DecidedRow,
        mode: DeliveryMode,
    ) -> Result<Option<DecidedRow>, Fault> {
        let lost = row.approval(&self.request)?.filter(|_| mode == DeliveryMode::Push && row.redeemed_at.is_some());
        let Some(lost) = lost else { return Ok(Some(row)) };
        tokens::void(services, org, self.request.clone(), lost.family, self.client.clone()).await?;
        self.find(services, org).await
    }

    async fn queue(&self, cx: &mut Cx<OneOrg, Writes>, client: &Client, run_at: Timestamp) -> Result<(), Fault> {
        let payload = serde_json::to_string(self).map_err(Fault::internal)?;
        let (id, org) = (JobId::new(cx.now, cx.rng()), cx.org().id().clone());
        let lane = address(client).and_then(|uri| Some(format!("{}:{}", uri.host_str()?, uri.port_or_known_default()?)));
        Ok(cx.tx.enqueue_in_lane(&lane.unwrap_or_default(), &org, &id, Self::KIND, &payload, run_at).await?)
    }

    fn record(&self, kind: &'static EventKind) -> Record {
        Record::new(kind).about("client", self.client.as_str())
    }

    /// Redirects are not followed, and whoever answers with 4xx is not asked again (CIBA Core §10.2).
    async fn send(
        &self,
        services: &Arc<Services>,
        org: &Org,
        to: &Url,
        token: &Secret,
        body: &Value,
        pushed: Option<Pushed>,
    ) -> Result<Record, Fault> {
        let bearer = format!("Bearer {}", token.expose());
        let outbound = services.outbound.within(PATIENCE, MAX_ANSWER);
        let answered = outbound.post(to, "application/json", body.to_string().into_bytes(), &[("authorization", &bearer)]).await;
        let why = match answered {
            Ok(answer) if (200..300).contains(&answer.status) => {
                return Ok(self.record(&DELIVERED).public("status", u64::from(answer.status)));
            }
            Ok(answer) if (300..500).contains(&answer.status) => {
                if let Some(pushed) = &pushed {
                    pushed.void(services, org).await?;
                }
                return Ok(self.record(&REFUSED).public("status", u64::from(answer.status)));
            }
            Ok(answer) => format!("the client answered with status {}", answer.status),
            Err(fault) => fault.to_string(),
        };
        if let Some(pushed) = &pushed {
            pushed.void(services, org).await?;
        }
        Err(Fault::unavailable(why))
    }

    async fn find(&self, services: &Services, org: &Org) -> Result<Option<DecidedRow>, Fault> {
        let id = &self.request;
        let row = services.store.read(store::OneOrg::new(org.clone()), move |mut tx| async move {
            let sql = org_sql!(
                "SELECT request, notification_token, state, family_id, facts, expires_at, decided_at, redeemed_at \
                 FROM decoupled_requests \
                 WHERE org_id = :org AND id = :id"
            );
            let row = tx.fetch_optional::<DecidedRow>(sql, args! { id: id }).await;
            (tx, row)
        });
        Ok(row.await??)
    }
}
