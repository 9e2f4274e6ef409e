//! Inviting somebody into a company, by address.

use super::InvitationChange;
use super::view::InvitationView;
use crate::companies::{default_role, find_member, find_role, load_company};
use crate::envelope::Changed;
use crate::invitations::{
    INVITATION_LIFETIME, InvitationMail, MAKES_ACCOUNT, NewInvitation, TOO_SOON, Target, find_invitation, insert_invitation,
    must_open, opens_accounts,
};
use crate::named::{Key, NumberOrKey, unknown};
use crate::permissions::COMPANIES_WRITE;
use crate::users::{Email, find_user_by_email};
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault};

flow::input! {
    /// Invite somebody into a company.
    #[derive(Clone, Debug)]
    pub struct Invite {
        /// Id or slug.
        path "organizationId" => company: Key,
        /// The address to invite.
        body "email" => email: Email,
        /// The role they will have, by slug or number; the default role where it is left out.
        body "role" => role: Option<NumberOrKey>,
    }
}

/// What callers are told who invite somebody who needs no invitation (any more). The published API answers 400.
fn needless(code: &'static str, hint: &'static str) -> Fault {
    Fault::invalid(code, hint)
}

impl Operation for Invite {
    const ID: &'static str = "companies.invite";
    const SUMMARY: &'static str = "Invite somebody into an organization; they get a mail with a link that works once.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/organizations/{organizationId}/invitations");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(COMPANIES_WRITE);
    const DENIALS: &'static [Denial] = &[MAKES_ACCOUNT, TOO_SOON];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Created<Changed<InvitationView>>;
    type Event = InvitationChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, InvitationChange>, Fault> {
        let company = load_company(&mut cx.tx, self.company.as_str()).await?;
        if !company.is_active {
            return Err(needless("companies.inactive", "This organization is switched off: nobody can join it."));
        }
        let company = company.id;
        let role = match &self.role {
            Some(NumberOrKey(key)) => {
                find_role(&mut cx.tx, &company, key.as_str()).await?.ok_or_else(|| unknown("role", key.as_str()))?
            }
            None => default_role(&mut cx.tx, &company).await?,
        };
        let known = find_user_by_email(&mut cx.tx, &self.email.key()).await?;
        if let Some(user) = &known
            && find_member(&mut cx.tx, &company, &user.id).await?.is_some()
        {
            return Err(needless("companies.member_already", "Whoever has this address belongs to the organization already."));
        }
        let may_register = opens_accounts(cx, &self.email).await?;
        must_open(known.is_some_and(|user| !user.may_be_pending()), may_register)?;
        let invited_by = cx.actor.user().cloned();
        let new = NewInvitation {
            target: Target::Company { company: &company, role: role.number },
            email: &self.email,
            name: None,
            invited_by: invited_by.as_ref(),
            may_register,
            lifetime: INVITATION_LIFETIME,
        };
        let number = insert_invitation(&mut cx.tx, &new, cx.now).await?.ok_or_else(|| {
            needless("companies.invited_already", "This address was invited already. Send that invitation again instead.")
        })?;
        cx.enqueue(&InvitationMail { invitation: number }).await?;
        let made = find_invitation(&mut cx.tx, Some(&company), number).await?;
        let made = made.ok_or_else(|| Fault::internal("an invitation was gone at once"))?;
        let event = InvitationChange::Invited { company, invitation: number, role: role.slug, email: made.email.clone() };
        let data = InvitationView::at(made, cx.now);
        Ok(Verdict::Done(Created(Changed { data, message: "Invitation sent." }), event))
    }
}
