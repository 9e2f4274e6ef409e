//! Changing a client.

use super::ClientChange;
use super::reach::must_hold;
use super::view::ClientView;
use crate::clients::registration::refused;
use crate::clients::{CHANGED_MEANWHILE, DESCRIBED_ELSEWHERE, Outside, Registration, load_for_update, update};
use crate::keys;
use flow::{
    Cx, Fields, Incoming, Json, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Text, Verdict, Writes,
};
use identity::envelope::Changed;
use identity::permissions::CLIENTS_WRITE;
use kernel::{Access, Denial, Fault};

/// Which client, and what of it is to change.
#[derive(Clone, Debug)]
pub struct UpdateClientInput {
    key: Text<1, 255>,
    registration: Registration,
}

impl Parse for UpdateClientInput {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let mut fields = Fields::of(incoming)?;
        let key = fields.take::<Text<1, 255>>(Source::Path, "clientId");
        let registration = Registration::take(&mut fields);
        fields.finish()?;
        let update = key.zip(registration).map(|(key, registration)| Self { key, registration });
        update.ok_or_else(|| Fault::internal("a field was neither parsed nor reported"))
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
    outside: Outside,
}

impl Prepare<UpdateClient> for UpdateClientInput {
    async fn prepare(self, prep: &Prep) -> Result<UpdateClient, Fault> {
        let Self { key, registration } = self;
        let mut outside = Outside::default();
        if registration.names_places() || registration.names("request_object_encryption_alg") {
            let before = prep.read(|mut tx| {
                let key = key.clone();
                async move {
                    let stored = load_for_update(&mut tx, key.as_str()).await;
                    (tx, Ok(stored))
                }
            });
            let before = before.await??.metadata;
            let mut after = before.clone();
            registration.clone().apply(&mut after)?;
            outside = Outside::look(prep.services(), Some(&before), &after).await.map_err(refused)?;
            keys::ready_for(prep.services(), prep.organization()?, &after).await?;
        }
        Ok(UpdateClient { key, registration, outside })
    }
}

impl Operation for UpdateClient {
    const ID: &'static str = "clients.update";
    const SUMMARY: &'static str = "Change a client. What is left out stays.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/clients/{clientId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/clients/{clientId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    const DENIALS: &'static [Denial] = &[CHANGED_MEANWHILE, DESCRIBED_ELSEWHERE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = UpdateClientInput;
    type Output = Json<Changed<ClientView>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let mut client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        client.must_be_registered()?;
        let before = client.metadata.clone();
        self.registration.apply(&mut client.metadata)?;
        must_hold(cx, &[&before.scopes, &client.metadata.scopes]).await?;
        self.outside.must_cover(Some(&before), &client.metadata)?;
        update(&mut cx.tx, &client.metadata, cx.now).await?;
        let data = ClientView::detailed(&client);
        let event = ClientChange::Updated { client: client.metadata.client_id, scopes: client.metadata.scopes };
        Ok(Verdict::Done(Json(Changed { data, message: "The client was changed." }), event))
    }
}
