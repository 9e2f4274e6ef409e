//! An invitation as answers show it.

use crate::invitations::Invitation;
use crate::roles::Role;
use kernel::{Fault, Page, RoleId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

/// An invitation into the organization.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserInvitationView {
    /// Its number.
    pub id: i64,
    /// The address that is invited.
    pub email: String,
    /// What the person is called, if that was said.
    pub name: Option<String>,
    /// The roles it gives.
    pub roles: Vec<InvitedRole>,
    /// `pending`, `accepted`, `revoked` (or declined) or `expired`.
    pub status: &'static str,
    /// Address of whoever invited.
    pub invited_by: Option<String>,
    /// Since when.
    pub created_at: String,
    /// When it was sent last.
    pub sent_at: String,
    /// Until when it can be accepted.
    pub expires_at: String,
}

/// A role that an invitation gives.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InvitedRole {
    /// Its id.
    pub id: String,
    /// Its name in requests.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

impl From<&Role> for InvitedRole {
    fn from(role: &Role) -> Self {
        Self { id: role.id.to_string(), slug: role.slug.clone(), name: role.name.clone() }
    }
}

impl UserInvitationView {
    /// As it stands at that moment.
    pub fn at(invitation: Invitation, roles: Vec<InvitedRole>, now: Timestamp) -> Self {
        Self {
            id: invitation.number,
            status: invitation.state(now),
            email: invitation.email,
            name: invitation.name,
            roles,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at.to_iso(),
            sent_at: invitation.sent_at.to_iso(),
            expires_at: invitation.expires_at.to_iso(),
        }
    }

    /// A page that is sorted by number, as it stands at that moment.
    pub(super) async fn page<M: Mode>(
        tx: &mut Tx<OneOrg, M>,
        page: Page<Invitation>,
        now: Timestamp,
    ) -> Result<Page<Self>, Fault> {
        let numbers = || page.items.iter().map(|invitation| invitation.number);
        let given = match numbers().min().zip(numbers().max()) {
            Some((first, last)) => list_given(tx, first, last).await?,
            None => Vec::new(),
        };
        let views = page.items.into_iter().map(|invitation| {
            let own = given.iter().filter(|given| given.invitation == invitation.number);
            let roles =
                own.map(|given| InvitedRole { id: given.id.to_string(), slug: given.slug.clone(), name: given.name.clone() });
            let roles = roles.collect();
            Self::at(invitation, roles, now)
        });
        Ok(Page { items: views.collect(), total: page.total, request: page.request })
    }
}

rows! {
    struct Given {
        invitation: i64,
        id: RoleId,
        slug: String,
        name: String,
    }
}

/// The roles that the invitations between these numbers give.
async fn list_given<M: Mode>(tx: &mut Tx<OneOrg, M>, first: i64, last: i64) -> Result<Vec<Given>, Fault> {
    let sql = org_sql!(
        "SELECT i.invitation, r.id, r.slug, r.name FROM invitation_roles i
         JOIN roles r ON r.org_id = i.org_id AND r.id = i.role_id
         WHERE i.org_id = :org AND i.invitation BETWEEN :first AND :last ORDER BY i.invitation, r.slug"
    );
    Ok(tx.fetch_all(sql, args! { first: first, last: last }).await?)
}
