//! Shutting a user out, and letting them back in.

use super::view::UserView;
use crate::administrators::{is_administrator, must_remain};
use crate::envelope::Changed;
use crate::permissions::USERS_WRITE;
use crate::privilege::{must_be_someone_else, subordinate};
use crate::users::{self, UserRef};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Text, Verdict, Writes};
use kernel::{Access, Denial, Fault, UserId};

flow::input! {
    /// Block a user.
    #[derive(Clone, Debug)]
    pub struct BlockUser {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// Why, for the log.
        body "reason" => reason: Option<Text<1, 500>>,
    }
    /// Unblock a user.
    #[derive(Clone, Debug)]
    pub struct UnblockUser {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

kernel::events! {
    /// What blocking a user records.
    pub enum Blocking {
        /// A user was blocked; their sessions and tokens ended.
        Blocked = "users.blocked", Warning { about user: UserId, personal reason: Option<String>, personal email: String };
    }
    /// What unblocking a user records.
    pub enum Unblocking {
        /// A user was unblocked.
        Unblocked = "users.unblocked", Info { about user: UserId, personal email: String };
    }
}

impl Operation for BlockUser {
    const ID: &'static str = "users.block";
    const SUMMARY: &'static str = "Shut a user out; their sessions and tokens end at once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/block");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::privilege::ONESELF, crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = Blocking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Blocking>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        must_be_someone_else(&cx.actor, &user.id)?;
        users::block(&mut cx.tx, &user.id, cx.now).await?;
        if is_administrator(&mut cx.tx, &user.id).await? {
            must_remain(&mut cx.tx).await?;
        }
        let data = UserView::reload(&mut cx.tx, &user.id).await?;
        let event = Blocking::Blocked { user: user.id, reason: self.reason.map(Text::into_string), email: user.email };
        Ok(Verdict::Done(Json(Changed { data, message: "User blocked." }), event))
    }
}

impl Operation for UnblockUser {
    const ID: &'static str = "users.unblock";
    const SUMMARY: &'static str = "Let a blocked user back in.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/unblock");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = Unblocking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Unblocking>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        users::unblock(&mut cx.tx, &user.id, cx.now).await?;
        let data = UserView::reload(&mut cx.tx, &user.id).await?;
        let event = Unblocking::Unblocked { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Changed { data, message: "User unblocked." }), event))
    }
}
