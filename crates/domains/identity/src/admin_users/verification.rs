//! Whether a user's address is theirs: ask them, or say so.

use super::view::UserView;
use crate::envelope::{Changed, Message};
use crate::mail_requests::{MailRequest, UserMail};
use crate::permissions::USERS_WRITE;
use crate::privilege::subordinate;
use crate::users::{UserRef, load_user_by, mark_email_verified};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, UserId};

flow::input! {
    /// Say that a user's address is theirs.
    #[derive(Clone, Debug)]
    pub struct MarkVerified {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
    /// Send a link that shows that the address is theirs.
    #[derive(Clone, Debug)]
    pub struct SendVerification {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
}

kernel::events! {
    /// What marking an address records.
    pub enum Marking {
        /// An administrator said that a user's address is theirs.
        Marked = "users.email_marked_verified", Info { about user: UserId, personal email: String };
    }
    /// What asking for a verification records.
    pub enum VerificationRequest {
        /// An administrator had a verification link sent to a user.
        Requested = "users.verification_requested", Info { about user: UserId, personal email: String };
    }
}

impl Operation for MarkVerified {
    const ID: &'static str = "users.mark_verified";
    const SUMMARY: &'static str = "Say that a user's e-mail address is theirs.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/mark-verified");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = Marking;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Marking>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        mark_email_verified(&mut cx.tx, &user.id, cx.now).await?;
        let data = UserView::reload(&mut cx.tx, &user.id).await?;
        let event = Marking::Marked { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Changed { data, message: "E-mail address marked as verified." }), event))
    }
}

impl Operation for SendVerification {
    const ID: &'static str = "users.send_verification";
    const SUMMARY: &'static str = "Send a user a link that shows that the e-mail address is theirs.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/verify-email");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = VerificationRequest;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, VerificationRequest>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        cx.enqueue(&MailRequest { user: user.id.clone(), mail: UserMail::VerifyEmail }).await?;
        let event = VerificationRequest::Requested { user: user.id, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "Verification e-mail sent." }), event))
    }
}
