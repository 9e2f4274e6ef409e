//! Revoking every token of the organization.

use super::Revocation;
use crate::families;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use identity::admin_sessions::Confirmed;
use identity::envelope::Message;
use identity::permissions::SESSIONS_WRITE;
use identity::privilege::must_outrank_everybody;
use kernel::{Access, Fault};
use std::time::Duration;
use store::{Topic, args, org_sql};

flow::input! {
    /// Revoke every token of the organization.
    #[derive(Clone, Copy, Debug)]
    pub struct RevokeEveryToken {
        /// `true`.
        body "confirm" => confirm: Confirmed,
    }
}

impl Operation for RevokeEveryToken {
    const ID: &'static str = "tokens.withdraw_all";
    const SUMMARY: &'static str = "Revoke every token of the organization: people's grants and clients' own.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/tokens/revoke-all");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        must_outrank_everybody(&mut cx.tx, &cx.actor).await?;
        let families = families::revoke_all(&mut cx.tx, "revoked by an administrator", cx.now).await?;
        let void = org_sql!("UPDATE organizations SET tokens_not_before = :from WHERE id = :org");
        // Tokens are told apart by the millisecond: this one's are void too.
        cx.tx.execute(void, args! { from: cx.now.plus(Duration::from_millis(1)) }).await?;
        let topic = Topic::Organization(cx.org().id().clone());
        cx.tx.touch(topic);
        Ok(Verdict::Done(Json(Message { message: "All tokens were revoked." }), Revocation::All { families }))
    }
}
