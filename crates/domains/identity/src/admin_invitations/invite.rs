//! Inviting somebody.

use super::Inviting;
use super::input::Days;
use super::view::{InvitedRole, UserInvitationView};
use crate::envelope::Changed;
use crate::invitations::{InvitationMail, NewInvitation, TOO_SOON, Target, find_invitation, insert_invitation, vouch};
use crate::named::{Key, unknown};
use crate::permissions::USERS_WRITE;
use crate::privilege::{Rank, must_cover};
use crate::roles::{Role, find_role};
use crate::users::{Email, Name, TAKEN, find_user_by_email};
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, RoleId};
use std::time::Duration;

flow::input! {
    /// Invite somebody into the organization.
    #[derive(Clone, Debug)]
    pub struct InviteUser {
        /// The address to invite.
        body "email" => email: Email,
        /// What the person is called.
        body "name" => name: Option<Name>,
        /// The roles they will have besides the role `user`, by slug or id. Nobody gives what they don't hold themselves.
        body "roles" => roles: Option<Vec<Key>>,
        /// For how many days the invitation can be accepted.
        body "expiresInDays" => expires_in_days: Days,
    }
}

/// The address was invited before.
pub(super) const WAITS: Denial =
    Denial::conflict("invitations.pending", "This address was invited already. Send that invitation again instead.");

impl Operation for InviteUser {
    const ID: &'static str = "invitations.create";
    const SUMMARY: &'static str = "Invite somebody into the organization; they get a mail with a link that works once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/invitations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[TAKEN, WAITS, TOO_SOON];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<UserInvitationView>>;
    type Event = Inviting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Inviting>, Fault> {
        let roles = grantable(cx, self.roles.as_deref().unwrap_or_default()).await?;
        let name = self.name.as_ref().map(Name::as_str);
        let number = invite(cx, &self.email, name, &roles, self.expires_in_days.duration()).await?;
        let made = find_invitation(&mut cx.tx, None, number).await?;
        let made = made.ok_or_else(|| Fault::internal("an invitation was gone at once"))?;
        let event = Inviting::Invited { invitation: number, roles: slugs(&roles), email: made.email.clone() };
        let data = UserInvitationView::at(made, roles.iter().map(InvitedRole::from).collect(), cx.now);
        Ok(Verdict::Done(Created(Changed { data, message: "Invitation sent." }), event))
    }
}

/// The roles of these names, as far as the caller may give them.
///
/// # Errors
/// `validation_error` for one that isn't there; 403 `forbidden` for one that gives more than the caller holds.
pub(super) async fn grantable(cx: &mut Cx<OneOrg, Writes>, keys: &[Key]) -> Result<Vec<Role>, Fault> {
    let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
    let mut roles: Vec<Role> = Vec::new();
    for key in keys {
        let role = find_role(&mut cx.tx, key.as_str()).await?.ok_or_else(|| unknown("roles", key.as_str()))?;
        must_cover(&rank, &Rank::of_role(&mut cx.tx, &role).await?)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

/// Invite an address, and have the mail written.
///
/// # Errors
/// 409 `users.taken` if somebody has an account with it, 409 `invitations.pending` if it was invited and hasn't answered, 429
/// `invitations.too_soon` if it was written to a moment ago.
pub(super) async fn invite(
    cx: &mut Cx<OneOrg, Writes>,
    email: &Email,
    name: Option<&str>,
    roles: &[Role],
    lifetime: Duration,
) -> Result<i64, Fault> {
    if find_user_by_email(&mut cx.tx, &email.key()).await?.is_some_and(|user| !user.may_be_pending()) {
        return Err(TAKEN.into());
    }
    let ids: Vec<RoleId> = roles.iter().map(|role| role.id.clone()).collect();
    let invited_by = cx.actor.user().cloned();
    let new = NewInvitation {
        target: Target::Organization { roles: &ids },
        email,
        name,
        invited_by: invited_by.as_ref(),
        may_register: true,
        lifetime,
    };
    let number = insert_invitation(&mut cx.tx, &new, cx.now).await?.ok_or(WAITS)?;
    vouch(&mut cx.tx, number, &cx.actor).await?;
    cx.enqueue(&InvitationMail { invitation: number }).await?;
    Ok(number)
}

pub(super) fn slugs(roles: &[Role]) -> Vec<String> {
    roles.iter().map(|role| role.slug.clone()).collect()
}
