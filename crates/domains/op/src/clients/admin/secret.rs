//! A new secret for a client.

use super::ClientChange;
use super::reach::must_hold;
use super::view::ShownOnce;
use crate::clients::{SECRET_PURPOSE, load_for_update, new_secret, set_secret};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use identity::envelope::Changed;
use identity::permissions::CLIENTS_WRITE;
use identity::secret;
use kernel::{Access, Fault, FaultKind};
use schemars::JsonSchema;
use serde::Serialize;

flow::input! {
    /// Give a client a new secret.
    #[derive(Clone, Debug)]
    pub struct RotateClientSecret {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
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
}

impl Operation for RotateClientSecret {
    const ID: &'static str = "clients.rotate_secret";
    const SUMMARY: &'static str = "Give a client a new secret, shown once. The old one is dead at once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/clients/{clientId}/rotate-secret");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<RotatedSecret>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        must_hold(cx, &[&client.metadata.scopes]).await?;
        if !client.metadata.token_endpoint_auth_method.is_secret() {
            let hint = "This client does not authenticate with a secret.";
            return Err(Fault::new(FaultKind::Unprocessable, "clients.no_secret", hint));
        }
        let new = new_secret(cx.rng());
        let hash = secret::hash(cx.services(), SECRET_PURPOSE, &new);
        set_secret(&mut cx.tx, &client.metadata.client_id, Some(&hash), cx.now).await?;
        let data = RotatedSecret { client_id: client.metadata.client_id.to_string(), secret: ShownOnce::new(new) };
        let event = ClientChange::SecretRotated { client: client.metadata.client_id };
        Ok(Verdict::Done(Json(Changed { data, message: "The client has a new secret." }), event))
    }
}
