//! Registering a client.

use super::ClientChange;
use super::reach::must_hold;
use super::view::{ClientView, NewClientView};
use crate::clients::registration::{blank, refused};
use crate::clients::{CLIENT_PREFIX, Outside, Registration, SECRET_PURPOSE, insert, new_secret, profile_of};
use crate::keys;
use flow::{Created, Cx, Fields, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::envelope::{Changed, ShownOnce};
use identity::permissions::CLIENTS_WRITE;
use identity::{scopes, secret};
use kernel::{Access, ClientId, Denial, Fault};
use oauth::ClientMetadata;

/// What a new client is to be.
#[derive(Clone, Debug)]
pub struct CreateClientInput(Registration);

impl Parse for CreateClientInput {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let mut fields = Fields::of(incoming)?;
        let registration = Registration::take(&mut fields);
        fields.finish()?;
        let registration = registration.ok_or_else(|| Fault::internal("a field was neither parsed nor reported"))?;
        if !registration.names("client_name") {
            return Err(Fault::fields(vec![("name".to_owned(), "is required".to_owned())]));
        }
        Ok(Self(registration))
    }
    fn parameters() -> Vec<Parameter> {
        let mut parameters = Registration::parameters();
        parameters.iter_mut().filter(|parameter| parameter.name == "name").for_each(|name| name.is_required = true);
        parameters
    }
}

/// Register a client that obeys every rule.
#[derive(Clone, Debug)]
pub struct CreateClient {
    metadata: ClientMetadata,
    is_silent_about_scopes: bool,
    outside: Outside,
}

impl Prepare<CreateClient> for CreateClientInput {
    async fn prepare(self, prep: &Prep) -> Result<CreateClient, Fault> {
        let is_silent_about_scopes = self.0.is_silent_about_scopes();
        let mut metadata = blank(ClientId::from(""));
        metadata.organization_profile = profile_of(prep.organization()?);
        self.0.apply(&mut metadata)?;
        let outside = Outside::look(prep.services(), None, &metadata).await.map_err(refused)?;
        keys::ready_for(prep.services(), prep.organization()?, &metadata).await?;
        Ok(CreateClient { metadata, is_silent_about_scopes, outside })
    }
}

impl Operation for CreateClient {
    const ID: &'static str = "clients.create";
    const SUMMARY: &'static str = "Register a client. Its secret is shown once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/clients");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::clients::CHANGED_MEANWHILE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = CreateClientInput;
    type Output = Created<Changed<NewClientView>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let mut metadata = self.metadata;
        metadata.client_id = ClientId::from(format!("{CLIENT_PREFIX}{}", jose::random::token(cx.rng(), 16)));
        if self.is_silent_about_scopes {
            metadata.scopes = metadata.scopes.union(&scopes::defaults(&mut cx.tx).await?);
        }
        self.outside.must_cover(None, &metadata)?;
        must_hold(cx, &[&metadata.scopes]).await?;
        let secret = metadata.token_endpoint_auth_method.is_secret().then(|| new_secret(cx.rng()));
        let hash = secret.as_ref().map(|secret| secret::hash(cx.services(), SECRET_PURPOSE, secret));
        let hash = hash.as_ref().map(<[u8; 32]>::as_slice);
        let client = insert(&mut cx.tx, &metadata, hash, None, cx.now).await?;
        let data = NewClientView { client: ClientView::detailed(&client), secret: secret.map(ShownOnce::new) };
        let event = ClientChange::Created { client: metadata.client_id, name: metadata.client_name, scopes: metadata.scopes };
        Ok(Verdict::Done(Created(Changed { data, message: "The client was registered." }), event))
    }
}
