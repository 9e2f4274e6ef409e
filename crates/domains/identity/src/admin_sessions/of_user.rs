//! The sessions of one user.

use super::Revocation;
use super::view::SessionView;
use crate::envelope::{Message, Pagination};
use crate::permissions::{SESSIONS_READ, SESSIONS_WRITE};
use crate::privilege::subordinate;
use crate::sessions::{self, Limits};
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, Silent};
use schemars::JsonSchema;
use serde::Serialize;

flow::input! {
    /// List a user's sessions.
    #[derive(Clone, Debug)]
    pub struct ListUserSessions {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
    /// End a user's sessions.
    #[derive(Clone, Debug)]
    pub struct EndUserSessions {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

/// A user's sessions; all of them are on one page.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UserSessions {
    /// The live ones, the latest first.
    data: Vec<SessionView>,
    /// How many.
    meta: Total,
    /// One page.
    pagination: Pagination,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Total {
    total: i64,
}

impl Operation for ListUserSessions {
    const ID: &'static str = "sessions.list_of_user";
    const SUMMARY: &'static str = "A user's live sessions, the latest first.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}/sessions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<UserSessions>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        let listed = sessions::list_of_user(&mut cx.tx, &user.id, cx.now).await?;
        let (limits, now) = (Limits::of(cx.org()), cx.now);
        let data: Vec<_> =
            listed.into_iter().map(|session| SessionView::new(session, user.email.clone(), &limits, now)).collect();
        let pagination = Pagination::whole(data.len());
        let meta = Total { total: pagination.total };
        Ok(Verdict::Done(Json(UserSessions { data, meta, pagination }), Silent))
    }
}

impl Operation for EndUserSessions {
    const ID: &'static str = "sessions.end_of_user";
    const SUMMARY: &'static str = "End all of a user's sessions, and with them what was granted only while they lasted.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/sessions");
    const ALSO: &'static [Route] = &[
        Route::post("/orgs/{org}/api/v1/admin/users/{userId}/sessions/revoke"),
        Route::post("/orgs/{org}/api/v1/users/{userId}/sessions/revoke-all"),
    ];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let count = sessions::end_all_of_user(&mut cx.tx, &user.id, cx.now).await?;
        Ok(Verdict::Done(
            Json(Message { message: "All sessions of the user were ended." }),
            Revocation::Revoked { user: user.id, count },
        ))
    }
}
