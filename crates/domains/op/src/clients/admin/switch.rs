//! Switching a client off and on.

use super::ClientChange;
use super::reach::must_hold;
use super::view::ClientView;
use crate::clients::{StoredClient, load_for_update, update};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use identity::envelope::Changed;
use identity::permissions::CLIENTS_WRITE;
use kernel::{Access, Fault};

flow::input! {
    /// Switch a client on.
    #[derive(Clone, Debug)]
    pub struct EnableClient {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
    }

    /// Switch a client off. It can't authenticate, and its tokens are void, until it is switched on again.
    #[derive(Clone, Debug)]
    pub struct DisableClient {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
    }
}

impl Operation for EnableClient {
    const ID: &'static str = "clients.enable";
    const SUMMARY: &'static str = "Switch a client on.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/clients/{clientId}/enable");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<ClientView>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let client = switch(cx, self.key.as_str(), true).await?;
        let data = ClientView::detailed(&client);
        let event = ClientChange::Enabled { client: client.metadata.client_id };
        Ok(Verdict::Done(Json(Changed { data, message: "The client is switched on." }), event))
    }
}

impl Operation for DisableClient {
    const ID: &'static str = "clients.disable";
    const SUMMARY: &'static str = "Switch a client off.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/clients/{clientId}/disable");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<ClientView>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let client = switch(cx, self.key.as_str(), false).await?;
        let data = ClientView::detailed(&client);
        let event = ClientChange::Disabled { client: client.metadata.client_id };
        Ok(Verdict::Done(Json(Changed { data, message: "The client is switched off." }), event))
    }
}

async fn switch(cx: &mut Cx<OneOrg, Writes>, key: &str, is_active: bool) -> Result<StoredClient, Fault> {
    let mut client = load_for_update(&mut cx.tx, key).await?;
    must_hold(cx, &[&client.metadata.scopes]).await?;
    client.metadata.is_active = is_active;
    update(&mut cx.tx, &client.metadata, cx.now).await?;
    Ok(client)
}
