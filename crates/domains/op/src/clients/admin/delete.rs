//! Deleting a client.

use super::ClientChange;
use super::reach::must_hold;
use crate::clients::{delete, load_for_update};
use crate::families;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use identity::envelope::Message;
use identity::permissions::CLIENTS_WRITE;
use kernel::{Access, Fault};

flow::input! {
    /// Delete a client.
    #[derive(Clone, Debug)]
    pub struct DeleteClient {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
    }
}

impl Operation for DeleteClient {
    const ID: &'static str = "clients.delete";
    const SUMMARY: &'static str = "Delete a client. Everything issued to it is void.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/clients/{clientId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = ClientChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, ClientChange>, Fault> {
        let client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        must_hold(cx, &[&client.metadata.scopes]).await?;
        let id = client.metadata.client_id;
        families::revoke_of_client(&mut cx.tx, &id, "client_deleted", cx.now).await?;
        delete(&mut cx.tx, &id).await?;
        Ok(Verdict::Done(Json(Message { message: "The client was deleted." }), ClientChange::Deleted { client: id }))
    }
}
