//! Invitations: into a company, or into the organization itself. One is bound to an address, and its link is good once: accepting it
//! is one conditional statement. Whether somebody has an account makes no difference to the link and the page behind it.
//!
//! Into a company an invitation gives one role there, which opens nothing on this server. Into the organization it makes an
//! account, and may give it roles.

mod inviter;
mod link;
mod mail;
mod opening;
mod write;

pub use inviter::{rank_of_inviter, vouch};
pub use link::{Offer, find_offer, write_invitation};
pub use mail::{InvitationMail, InvitationMailer, SendInvitation};
pub use opening::{MAKES_ACCOUNT, must_open, opens_accounts};
pub use write::{NewInvitation, RESEND_INTERVAL, TOO_SOON, claim_invitation, insert_invitation, renew_invitation};

use crate::roles::Role;
use kernel::{CompanyId, Fault, RoleId, Timestamp};
use std::time::Duration;
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

/// How long an invitation can be accepted, where nothing else was said.
pub const INVITATION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// What somebody is invited into.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The organization: whoever accepts gets these roles.
    Organization {
        /// The roles' ids.
        roles: &'a [RoleId],
    },
    /// A company.
    Company {
        /// Its id.
        company: &'a CompanyId,
        /// Number of the role there.
        role: i64,
    },
}

impl Target<'_> {
    fn company(&self) -> Option<&CompanyId> {
        match self {
            Self::Organization { .. } => None,
            Self::Company { company, .. } => Some(company),
        }
    }
}

rows! {
    /// An invitation, as lists show it.
    #[derive(Clone, Debug)]
    pub struct Invitation {
        /// Its number.
        pub number: i64,
        /// The address that is invited.
        pub email: String,
        /// What the person is called, if that was said.
        pub name: Option<String>,
        /// Number of the role it gives in a company, if that is still there.
        pub role: Option<i64>,
        /// Slug of the role it gives in a company.
        pub role_slug: Option<String>,
        /// `pending`, `accepted`, `declined`, `revoked` or `replaced`. Whether it has run out, `expires_at` says.
        pub status: String,
        /// Address of whoever invited, if they are still there.
        pub invited_by: Option<String>,
        /// Since when.
        pub created_at: Timestamp,
        /// When it was sent last.
        pub sent_at: Timestamp,
        /// Until when it can be accepted.
        pub expires_at: Timestamp,
    }
}

impl Invitation {
    /// What the published API calls its state.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match self.status.as_str() {
            "pending" if self.expires_at > now => "pending",
            "accepted" => "accepted",
            "pending" | "replaced" => "expired",
            _ => "revoked",
        }
    }
}

/// One invitation, into this company or, where none is named, into the organization.
pub async fn find_invitation<M: Mode>(
    tx: &mut Tx<OneOrg, M>,
    company: Option<&CompanyId>,
    number: i64,
) -> Result<Option<Invitation>, Fault> {
    let sql = org_sql!(
        "SELECT i.number, i.email, i.name, r.number AS role, r.slug AS role_slug, i.status, u.email AS invited_by, i.created_at,
             i.sent_at, i.expires_at
         FROM invitations i
         LEFT JOIN company_roles r ON r.org_id = i.org_id AND r.company_id = i.company_id AND r.number = i.role
         LEFT JOIN users u ON u.org_id = i.org_id AND u.id = i.invited_by
         WHERE i.org_id = :org AND i.number = :number AND COALESCE(i.company_id, '') = COALESCE(:company, '')"
    );
    Ok(tx.fetch_optional(sql, args! { company: company, number: number }).await?)
}

/// The roles an invitation into the organization gives.
pub async fn list_roles<M: Mode>(tx: &mut Tx<OneOrg, M>, number: i64) -> Result<Vec<Role>, Fault> {
    let sql = org_sql!(
        "SELECT r.id, r.slug, r.name, r.description, r.is_system FROM invitation_roles i
         JOIN roles r ON r.org_id = i.org_id AND r.id = i.role_id
         WHERE i.org_id = :org AND i.invitation = :number ORDER BY r.slug"
    );
    Ok(tx.fetch_all(sql, args! { number: number }).await?)
}
