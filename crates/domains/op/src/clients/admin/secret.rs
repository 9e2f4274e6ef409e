//! A new secret for a client.

use super::ClientChange;
use super::reach::must_hold;
use crate::clients::registration::Within;
use crate::clients::{NewSecret, SECRET_PURPOSE, load_for_update, new_secret, set_secret};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use identity::envelope::{Changed, ShownOnce};
use identity::permissions::CLIENTS_WRITE;
use identity::secret;
use kernel::{Access, Denial, Fault, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

flow::input! {
    /// Give a client a new secret.
    #[derive(Clone, Debug)]
    pub struct RotateClientSecret {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
        /// Seconds for which the old secret is good too, a week at most; unless said, it is dead at once.
        body "overlapSeconds" => overlap: Option<Within<0, 604_800>>,
        /// Seconds the new secret lives, an hour at least; for ever, unless said.
        body "expiresIn" => expires_in: Option<Within<3600, 315_360_000>>,
    }
}

/// A client's new secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RotatedSecret {
    /// The client.
    #[serde(rename = "clientId")]
    client_id: String,
    /// The secret, shown this once.
    #[serde(flatten)]
    secret: ShownOnce,
    /// When it ends.
    #[serde(rename = "expiresAt", skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// Until when the old one is good too.
    #[serde(rename = "previousValidUntil", skip_serializing_if = "Option::is_none")]
    previous_until: Option<String>,
}

/// There is nothing to rotate.
const NO_SECRET: Denial = Denial::unprocessable("clients.no_secret", "This client does not authenticate with a secret.");

impl Operation for RotateClientSecret {
    const ID: &'static str = "clients.rotate_secret";
    const SUMMARY: &'static str =
        "Give a client a new secret, shown once. The old one is dead at once, or when the overlap is over.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/clients/{clientId}/rotate-secret");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    const DENIALS: &'static [Denial] = &[NO_SECRET];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<RotatedSecret>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        must_hold(cx, &[&client.metadata.scopes]).await?;
        if !client.metadata.token_endpoint_auth_method.is_secret() {
            return Err(NO_SECRET.into());
        }
        let new = new_secret(cx.rng());
        let hash = secret::hash(cx.services(), SECRET_PURPOSE, &new);
        let (previous_until, expires_at) = (self.previous_until(cx.now, client.secret_expires_at), self.expires_at(cx.now));
        let stored = NewSecret { hash: Some(&hash), expires_at, previous_until };
        set_secret(&mut cx.tx, &client.metadata.client_id, stored, cx.now).await?;
        let data = RotatedSecret {
            client_id: client.metadata.client_id.to_string(),
            secret: ShownOnce::new(new),
            expires_at: expires_at.map(Timestamp::to_iso),
            previous_until: previous_until.map(Timestamp::to_iso),
        };
        let event = ClientChange::SecretRotated { client: client.metadata.client_id };
        Ok(Verdict::Done(Json(Changed { data, message: "The client has a new secret." }), event))
    }
}

impl RotateClientSecret {
    /// The overlap never makes the old secret live longer than it would have.
    fn previous_until(&self, now: Timestamp, own_end: Option<Timestamp>) -> Option<Timestamp> {
        let seconds = self.overlap.map(|seconds| seconds.0).filter(|seconds| *seconds > 0)?;
        let until = now.plus(Duration::from_secs(u64::from(seconds)));
        Some(own_end.map_or(until, |end| until.min(end)))
    }
    fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.expires_in.map(|seconds| now.plus(Duration::from_secs(u64::from(seconds.0))))
    }
}
