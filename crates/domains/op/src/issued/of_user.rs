//! Revoking every token of a user.

use super::Revocation;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use identity::envelope::Message;
use identity::permissions::SESSIONS_WRITE;
use identity::privilege::subordinate;
use identity::users::{self, UserRef};
use kernel::{Access, Fault};

flow::input! {
    /// Revoke every token of a user.
    #[derive(Clone, Debug)]
    pub struct RevokeUserTokens {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

impl Operation for RevokeUserTokens {
    const ID: &'static str = "tokens.withdraw_of_user";
    const SUMMARY: &'static str = "Revoke everything a user granted to clients. Their sessions stay.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/tokens");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/admin/users/{userId}/tokens/revoke")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let families = users::revoke_grants(&mut cx.tx, &user.id, cx.now, "revoked by an administrator").await?;
        let event = Revocation::OfUser { user: user.id, families };
        Ok(Verdict::Done(Json(Message { message: "All tokens of the user were revoked." }), event))
    }
}
