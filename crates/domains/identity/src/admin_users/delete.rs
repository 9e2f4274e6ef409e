//! Removing a user.

use crate::administrators::{is_administrator, must_remain};
use crate::envelope::Message;
use crate::permissions::USERS_WRITE;
use crate::privilege::{must_be_someone_else, subordinate};
use crate::users::{self, UserRef};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, UserId};
use store::Topic;

flow::input! {
    /// Delete a user.
    #[derive(Clone, Debug)]
    pub struct DeleteUser {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

kernel::events! {
    /// What removing a user records.
    pub enum Deletion {
        /// A user was deleted.
        Deleted = "users.deleted", Warning { about user: UserId, personal email: String };
    }
}

impl Operation for DeleteUser {
    const ID: &'static str = "users.delete";
    const SUMMARY: &'static str = "Delete a user and everything that is theirs; the log stays.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::privilege::ONESELF, crate::administrators::LAST, crate::companies::LAST_OWNER];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Deletion;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Deletion>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        must_be_someone_else(&cx.actor, &user.id)?;
        let is_administrator = is_administrator(&mut cx.tx, &user.id).await?;
        users::delete(&mut cx.tx, &user.id, cx.now).await?;
        if is_administrator {
            must_remain(&mut cx.tx).await?;
        }
        let topic = Topic::Permissions(cx.org().id().clone());
        cx.tx.touch(topic);
        let event = Deletion::Deleted { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "User deleted." }), event))
    }
}
