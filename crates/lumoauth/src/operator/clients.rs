//! Clients, as the operator makes them.

use flow::{Answer, Body, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use kernel::{Access, ClientId, Fault, FaultKind};
use op::clients::{Agent, StoredClient, load_for_update, update};
use op::provision::{NewClient, create_agent, create_client};

/// Make a client, or see to it that the one of that id has these redirect URIs.
#[derive(Clone)]
pub struct MakeClient {
    /// What is registered of it, and its secret.
    pub client: NewClient,
    /// The agent that authenticates as it.
    pub agent: Option<Agent>,
}

kernel::events! {
    /// What making a client records.
    pub enum ClientMade {
        /// The operator made a client.
        Created = "clients.created_by_operator", Info { about client: ClientId, public name: String };
        /// The operator looked after a client's addresses.
        Kept = "clients.kept_by_operator", Info { about client: ClientId, public redirect_uris: Vec<String> };
    }
}

impl Operation for MakeClient {
    const ID: &'static str = "clients.create_by_operator";
    const SUMMARY: &'static str = "Make a client.";
    const ROUTE: Route = Route::post("operator/clients");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = ClientMade;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, ClientMade>, Fault> {
        let client = self.client.metadata.client_id.clone();
        match load_for_update(&mut cx.tx, client.as_str()).await {
            Ok(there) => self.keep(cx, there).await,
            Err(fault) if fault.kind == FaultKind::NotFound => self.create(cx).await,
            Err(fault) => Err(fault),
        }
    }
}

impl MakeClient {
    async fn create(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, ClientMade>, Fault> {
        let services = cx.services().clone();
        let made = match &self.agent {
            Some(agent) => create_agent(&mut cx.tx, &services, &self.client, agent, cx.now).await?,
            None => create_client(&mut cx.tx, &services, &self.client, cx.now).await?,
        };
        let event = ClientMade::Created { client: made.metadata.client_id, name: made.metadata.client_name };
        Ok(Verdict::Done(Answer::new(201, Body::Empty), event))
    }

    async fn keep(self, cx: &mut Cx<OneOrg, Writes>, mut there: StoredClient) -> Result<Verdict<Answer, ClientMade>, Fault> {
        let (known, wanted) = (&mut there.metadata, self.client.metadata);
        let missing =
            |known: &[String], wanted: Vec<String>| wanted.into_iter().filter(|uri| !known.contains(uri)).collect::<Vec<_>>();
        known.redirect_uris.extend(missing(&known.redirect_uris, wanted.redirect_uris));
        known.post_logout_redirect_uris.extend(missing(&known.post_logout_redirect_uris, wanted.post_logout_redirect_uris));
        update(&mut cx.tx, known, cx.now).await?;
        let event = ClientMade::Kept { client: known.client_id.clone(), redirect_uris: known.redirect_uris.clone() };
        Ok(Verdict::Done(Answer::new(200, Body::Empty), event))
    }
}

impl Prepare<MakeClient> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakeClient, Fault> {
        Err(super::not_over_the_network())
    }
}
