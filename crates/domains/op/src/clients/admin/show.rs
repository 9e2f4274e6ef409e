//! One client.

use super::view::ClientView;
use crate::clients::load_for_update;
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Text, Verdict};
use identity::envelope::One;
use identity::permissions::CLIENTS_READ;
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show a client.
    #[derive(Clone, Debug)]
    pub struct ShowClient {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
    }
}

impl Operation for ShowClient {
    const ID: &'static str = "clients.show";
    const SUMMARY: &'static str = "A client with its whole registration, but for its secret.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/clients/{clientId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(CLIENTS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<ClientView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        Ok(Verdict::Done(Json(One { data: ClientView::detailed(&client) }), Silent))
    }
}
