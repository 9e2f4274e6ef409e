//! Inviting several people at once, with the same roles.

use super::Inviting;
use super::input::Days;
use super::invite::{WAITS, grantable, invite, slugs};
use super::view::{InvitedRole, UserInvitationView};
use crate::invitations::{TOO_SOON, find_invitation};
use crate::named::Key;
use crate::permissions::USERS_WRITE;
use crate::users::{Email, TAKEN};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault};
use schemars::JsonSchema;
use serde::Serialize;

/// Addresses that can be invited at once.
const MOST: usize = 100;

flow::input! {
    /// Invite several people into the organization.
    #[derive(Clone, Debug)]
    pub struct InviteUsers {
        /// The addresses to invite, at most 100.
        body "emails" => emails: Vec<Email>,
        /// The roles they will all have besides the role `user`, by slug or id. Nobody gives what they don't hold themselves.
        body "roles" => roles: Option<Vec<Key>>,
        /// For how many days the invitations can be accepted.
        body "expiresInDays" => expires_in_days: Days,
    }
}

/// Who was invited, and who wasn't.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Invited {
    /// The invitations.
    pub data: Vec<UserInvitationView>,
    /// The addresses that need none, with the reason.
    pub skipped: Vec<Skipped>,
    /// What happened, for people.
    pub message: &'static str,
}

/// An address that wasn't invited.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Skipped {
    /// The address.
    pub email: String,
    /// `users.taken`, `invitations.pending` or `invitations.too_soon`.
    pub code: &'static str,
    /// Why, for people.
    pub message: String,
}

impl Operation for InviteUsers {
    const ID: &'static str = "invitations.create_together";
    const SUMMARY: &'static str = "Invite up to a hundred people into the organization; whoever needs no invitation is skipped.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/invitations/bulk");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Invited>;
    type Event = Inviting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Inviting>, Fault> {
        if self.emails.is_empty() || self.emails.len() > MOST {
            return Err(Fault::fields(vec![("emails".to_owned(), format!("must hold 1 to {MOST} addresses"))]));
        }
        let roles = grantable(cx, self.roles.as_deref().unwrap_or_default()).await?;
        let (mut data, mut skipped): (Vec<UserInvitationView>, Vec<Skipped>) = (Vec::new(), Vec::new());
        for email in &self.emails {
            match invite(cx, email, None, &roles, self.expires_in_days.duration()).await {
                Ok(number) => {
                    let made = find_invitation(&mut cx.tx, None, number).await?;
                    let made = made.ok_or_else(|| Fault::internal("an invitation was gone at once"))?;
                    data.push(UserInvitationView::at(made, roles.iter().map(InvitedRole::from).collect(), cx.now));
                }
                Err(fault) if [TAKEN.code, WAITS.code, TOO_SOON.code].contains(&fault.code) => {
                    let message = fault.hint.into_owned();
                    skipped.push(Skipped { email: email.as_str().to_owned(), code: fault.code, message });
                }
                Err(fault) => return Err(fault),
            }
        }
        let event = Inviting::Several {
            invitations: data.iter().map(|made| made.id).collect(),
            roles: slugs(&roles),
            skipped: i64::try_from(skipped.len()).unwrap_or(i64::MAX),
        };
        Ok(Verdict::Done(Json(Invited { data, skipped, message: "Invitations sent." }), event))
    }
}
