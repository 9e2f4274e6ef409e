//! The scopes a client may ask for.

use super::ClientChange;
use super::reach::must_hold;
use crate::clients::{DESCRIBED_ELSEWHERE, load_for_update, update};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict, Writes};
use identity::envelope::{Changed, Whole};
use identity::permissions::{CLIENTS_READ, CLIENTS_WRITE};
use kernel::{Access, Denial, Fault, Scopes, Silent};

flow::input! {
    /// List a client's scopes.
    #[derive(Clone, Debug)]
    pub struct ListClientScopes {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
    }

    /// Replace a client's scopes.
    #[derive(Clone, Debug)]
    pub struct SetClientScopes {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
        /// All scopes it may ask for from now on.
        body "scopes" => scopes: Scopes,
    }
}

impl Operation for ListClientScopes {
    const ID: &'static str = "clients.list_scopes";
    const SUMMARY: &'static str = "The scopes a client may ask for.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/clients/{clientId}/scopes");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<String>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        Ok(Verdict::Done(Json(Whole::new(client.metadata.scopes.iter().map(str::to_owned).collect())), Silent))
    }
}

impl Operation for SetClientScopes {
    const ID: &'static str = "clients.set_scopes";
    const SUMMARY: &'static str = "Replace the scopes a client may ask for.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/clients/{clientId}/scopes");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    const DENIALS: &'static [Denial] = &[DESCRIBED_ELSEWHERE];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<Vec<String>>>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let mut client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        client.must_be_registered()?;
        must_hold(cx, &[&client.metadata.scopes, &self.scopes]).await?;
        client.metadata.scopes = self.scopes.clone();
        update(&mut cx.tx, &client.metadata, cx.now).await?;
        let data = self.scopes.iter().map(str::to_owned).collect();
        let event = ClientChange::ScopesChanged { client: client.metadata.client_id, scopes: self.scopes };
        Ok(Verdict::Done(Json(Changed { data, message: "The client's scopes were replaced." }), event))
    }
}
