//! Invitations that wait for an answer: sent again, or taken back. Like the person it makes, an invitation that gives more than the
//! caller holds is out of the caller's reach.

use super::Inviting;
use crate::envelope::Message;
use crate::invitations::{
    Invitation, InvitationMail, TOO_SOON, claim_invitation, find_invitation, list_roles, renew_invitation, vouch,
};
use crate::permissions::USERS_WRITE;
use crate::privilege::{Rank, must_cover};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault};
use std::time::Duration;

flow::input! {
    /// Send an invitation again.
    #[derive(Clone, Debug)]
    pub struct ResendUserInvitation {
        /// The invitation's number.
        path "invitationId" => invitation: i64,
    }
    /// Take an invitation back.
    #[derive(Clone, Debug)]
    pub struct RevokeUserInvitation {
        /// The invitation's number.
        path "invitationId" => invitation: i64,
    }
}

const ENDED: Denial = Denial::conflict(
    "invitations.ended",
    "This invitation doesn't wait for an answer any more. Invite the address again instead.",
);

/// The invitation that is meant, if the caller could have made it.
async fn load(cx: &mut Cx<OneOrg, Writes>, number: i64) -> Result<Invitation, Fault> {
    let found = find_invitation(&mut cx.tx, None, number).await?;
    let found = found.ok_or_else(|| Fault::not_found("invitations.not_found", "There is no such invitation."))?;
    let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
    for role in list_roles(&mut cx.tx, number).await? {
        must_cover(&rank, &Rank::of_role(&mut cx.tx, &role).await?)?;
    }
    Ok(found)
}

impl Operation for ResendUserInvitation {
    const ID: &'static str = "invitations.resend";
    const SUMMARY: &'static str = "Send an invitation that waits once more, with a new link and all its time.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/invitations/{invitationId}/resend");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[ENDED, TOO_SOON];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Inviting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Inviting>, Fault> {
        let found = load(cx, self.invitation).await?;
        let lifetime =
            Duration::from_micros(u64::try_from(found.expires_at.as_micros() - found.sent_at.as_micros()).unwrap_or(0));
        if !renew_invitation(&mut cx.tx, None, found.number, lifetime, cx.now).await? {
            return Err(ENDED.into());
        }
        // Whoever sends it could give what it gives: from now on they answer for it.
        vouch(&mut cx.tx, found.number, &cx.actor).await?;
        cx.enqueue(&InvitationMail { invitation: found.number }).await?;
        let event = Inviting::Resent { invitation: found.number, email: found.email };
        Ok(Verdict::Done(Json(Message { message: "Invitation sent again." }), event))
    }
}

impl Operation for RevokeUserInvitation {
    const ID: &'static str = "invitations.revoke";
    const SUMMARY: &'static str = "Take an invitation back: its link opens nothing any more.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/invitations/{invitationId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[ENDED];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = Inviting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Inviting>, Fault> {
        let found = load(cx, self.invitation).await?;
        if !claim_invitation(&mut cx.tx, found.number, "revoked", cx.now).await? {
            return Err(ENDED.into());
        }
        let event = Inviting::Revoked { invitation: found.number, email: found.email };
        Ok(Verdict::Done(Json(Message { message: "Invitation revoked." }), event))
    }
}
