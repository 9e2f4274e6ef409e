//! Revoking every token of a client.

use super::Revocation;
use crate::clients::admin::must_hold;
use crate::clients::load_for_update;
use crate::families;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use identity::envelope::Message;
use identity::permissions::SESSIONS_WRITE;
use kernel::{Access, Fault};
use std::time::Duration;
use store::{Topic, args, org_sql};

flow::input! {
    /// Revoke every token of a client.
    #[derive(Clone, Debug)]
    pub struct RevokeClientTokens {
        /// Its identifier or number.
        path "clientId" => key: Text<1, 255>,
    }
}

impl Operation for RevokeClientTokens {
    const ID: &'static str = "tokens.withdraw_of_client";
    const SUMMARY: &'static str = "Revoke every token of a client, people's grants and its own.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/clients/{clientId}/tokens");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/admin/clients/{clientId}/tokens/revoke")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let client = load_for_update(&mut cx.tx, self.key.as_str()).await?;
        must_hold(cx, &[&client.metadata.scopes]).await?;
        let client = client.metadata.client_id;
        let families = families::revoke_of_client(&mut cx.tx, &client, "revoked by an administrator", cx.now).await?;
        let void = org_sql!("UPDATE clients SET tokens_not_before = :from WHERE org_id = :org AND id = :client");
        // Tokens are told apart by the millisecond: this one's are void too.
        let from = cx.now.plus(Duration::from_millis(1));
        cx.tx.execute(void, args! { from: from, client: &client }).await?;
        let topic = Topic::Client(cx.org().id().clone(), client.clone());
        cx.tx.touch(topic);
        let event = Revocation::OfClient { client, families };
        Ok(Verdict::Done(Json(Message { message: "All tokens of the client were revoked." }), event))
    }
}
