//! Ending one session.

use super::Revocation;
use crate::envelope::Message;
use crate::permissions::SESSIONS_WRITE;
use crate::privilege::{must_outrank, subordinate};
use crate::sessions::{self, Session};
use crate::users::UserRef;
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, UserId};

flow::input! {
    /// End a session.
    #[derive(Clone, Copy, Debug)]
    pub struct EndOneSession {
        /// Its number.
        path "sessionId" => number: i64,
    }
    /// End a session of a user.
    #[derive(Clone, Debug)]
    pub struct EndUserSession {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// The session's number.
        path "sessionId" => number: i64,
    }
}

impl Operation for EndOneSession {
    const ID: &'static str = "sessions.end";
    const SUMMARY: &'static str = "End a session, and with it what was granted only while it lasted.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/sessions/{sessionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let session = live(cx, self.number, None).await?;
        must_outrank(&mut cx.tx, &cx.actor, &session.user).await?;
        end(cx, session).await
    }
}

impl Operation for EndUserSession {
    const ID: &'static str = "sessions.end_one_of_user";
    const SUMMARY: &'static str = "End one of a user's sessions.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/sessions/{sessionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(SESSIONS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Revocation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Revocation>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let session = live(cx, self.number, Some(&user.id)).await?;
        end(cx, session).await
    }
}

async fn live(cx: &mut Cx<OneOrg, Writes>, number: i64, of: Option<&UserId>) -> Result<Session, Fault> {
    let found = sessions::find_by_number(&mut cx.tx, number, cx.now).await?;
    found
        .filter(|session| of.is_none_or(|user| session.user == *user))
        .ok_or_else(|| Fault::not_found("sessions.not_found", "There is no such session."))
}

async fn end(cx: &mut Cx<OneOrg, Writes>, session: Session) -> Result<Verdict<Json<Message>, Revocation>, Fault> {
    let count = u64::from(sessions::end(&mut cx.tx, &session.id, cx.now).await?);
    Ok(Verdict::Done(Json(Message { message: "The session was ended." }), Revocation::Revoked { user: session.user, count }))
}
