//! One user.

use super::view::UserView;
use crate::envelope::One;
use crate::permissions::USERS_READ;
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict};
use kernel::{Access, Fault, Silent};

flow::input! {
    /// Show a user.
    #[derive(Clone, Debug)]
    pub struct ShowUser {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

impl Operation for ShowUser {
    const ID: &'static str = "users.show";
    const SUMMARY: &'static str = "One user, with roles and groups.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<One<UserView>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        let data = UserView::detailed(&mut cx.tx, user).await?;
        Ok(Verdict::Done(Json(One { data }), Silent))
    }
}
