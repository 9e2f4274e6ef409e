//! Changing a client, and switching it off and on.

use super::ClientChange;
use super::reach::must_hold;
use super::view::ClientView;
use crate::clients::{Registration, StoredClient, load_for_update, update};
use flow::{
    Cx, Fields, Incoming, Json, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Text, Verdict, Writes,
};
use identity::envelope::Changed;
use identity::permissions::CLIENTS_WRITE;
use kernel::{Access, Fault};

/// Which client, and what of it is to change.
#[derive(Clone, Debug)]
pub struct UpdateClientInput(UpdateClient);

impl Parse for UpdateClientInput {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let mut fields = Fields::of(incoming)?;
        let key = fields.take::<Text<1, 255>>(Source::Path, "clientId");
        let registration = Registration::take(&mut fields);
        fields.finish()?;
        let update = key.zip(registration).map(|(key, registration)| UpdateClient { key, registration });
        update.map(Self).ok_or_else(|| Fault::internal("a field was neither parsed nor reported"))
    }
    fn parameters() -> Vec<Parameter> {
        std::iter::once(client_id()).chain(Registration::parameters()).collect()
    }
}

fn client_id() -> Parameter {
    Parameter {
        name: "clientId",
        source: Source::Path,
        is_required: true,
        schema: <Text<1, 255> as flow::Field>::schema(),
        description: "Its identifier or number.",
    }
}

/// Change a client. What a request leaves out stays as it is, by PUT and PATCH alike.
#[derive(Clone, Debug)]
pub struct UpdateClient {
    key: Text<1, 255>,
    registration: Registration,
}

impl Prepare<UpdateClient> for UpdateClientInput {
    async fn prepare(self, _: &Prep) -> Result<UpdateClient, Fault> {
        Ok(self.0)
    }
}

impl Operation for UpdateClient {
    const ID: &'static str = "clients.update";
    const SUMMARY: &'static str = "Change a client. What is left out stays.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/clients/{clientId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/clients/{clientId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = UpdateClientInput;
    type Output = Json<Changed<ClientView>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let mut client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        let before = client.metadata.scopes.clone();
        self.registration.apply(&mut client.metadata)?;
        must_hold(cx, &[&before, &client.metadata.scopes]).await?;
        update(&mut cx.tx, &client.metadata, cx.now).await?;
        let data = ClientView::detailed(&client);
        let event = ClientChange::Updated { client: client.metadata.client_id, scopes: client.metadata.scopes };
        Ok(Verdict::Done(Json(Changed { data, message: "The client was changed." }), event))
    }
}

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
