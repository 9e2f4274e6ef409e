//! Clients, as the operator makes them.

use flow::{Answer, Body, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::secret;
use kernel::{Access, ClientId, Fault, FaultKind, Secret};
use oauth::ClientMetadata;
use op::clients::{Agent, SECRET_PURPOSE, insert, insert_agent, load_for_update, update};

/// Make a client, or see to it that the one of that id has these redirect URIs.
#[derive(Clone)]
pub struct MakeClient {
    /// What it may do.
    pub metadata: ClientMetadata,
    /// Its secret, if it keeps one.
    pub secret: Option<Secret>,
    /// The agent that authenticates as it.
    pub agent: Option<Agent>,
}

kernel::events! {
    /// What making a client records.
    pub enum ClientMade {
        /// The operator made a client.
        Created = "clients.created_by_operator", Info { about client: ClientId, public name: String };
        /// The operator looked after a client.
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
        let client = self.metadata.client_id.clone();
        let services = cx.services().clone();
        let found = match load_for_update(&mut cx.tx, client.as_str()).await {
            Err(fault) if fault.kind == FaultKind::NotFound => None,
            found => Some(found?),
        };
        if let Some(mut there) = found {
            let mut redirect_uris = there.metadata.redirect_uris.clone();
            redirect_uris
                .extend(self.metadata.redirect_uris.into_iter().filter(|uri| !there.metadata.redirect_uris.contains(uri)));
            there.metadata.redirect_uris.clone_from(&redirect_uris);
            there.metadata.post_logout_redirect_uris = self.metadata.post_logout_redirect_uris;
            update(&mut cx.tx, &there.metadata, cx.now).await?;
            return Ok(Verdict::Done(Answer::new(200, Body::Empty), ClientMade::Kept { client, redirect_uris }));
        }
        let hash = self.secret.as_ref().map(|secret| secret::hash(&services, SECRET_PURPOSE, secret));
        let agent = self.agent.as_ref().map(|agent| &agent.id);
        insert(&mut cx.tx, &self.metadata, hash.as_ref().map(<[u8; 32]>::as_slice), agent, cx.now).await?;
        if let Some(agent) = &self.agent {
            insert_agent(&mut cx.tx, &client, agent, cx.now).await?;
        }
        let name = self.metadata.client_name.clone();
        Ok(Verdict::Done(Answer::new(201, Body::Empty), ClientMade::Created { client, name }))
    }
}

impl Prepare<MakeClient> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakeClient, Fault> {
        Err(super::not_over_the_network())
    }
}
