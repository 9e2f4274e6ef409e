//! Administration of companies: what the published API calls organizations, with their roles, members and invitations.
//!
//! What somebody is in a company opens nothing on this server, so whoever may manage companies may give any of their roles.

mod create;
mod delete;
mod input;
pub(crate) mod invitations;
mod invite;
mod list;
mod list_members;
mod members;
mod role_changes;
mod roles;
mod show;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use create::CreateCompany;
pub use delete::DeleteCompany;
pub use input::{InvitationState, LogoUrl, Metadata};
pub use invitations::{ListInvitations, ResendInvitation, RevokeInvitation};
pub use invite::Invite;
pub use list::ListCompanies;
pub use list_members::{ListCompanyMembers, MemberSort};
pub use members::{AddCompanyMember, RemoveCompanyMember, UpdateCompanyMember};
pub use role_changes::{DeleteCompanyRole, UpdateCompanyRole};
pub use roles::{CreateCompanyRole, ListCompanyRoles};
pub use show::ShowCompany;
pub use update::UpdateCompany;
pub use view::{CompanyView, InvitationRole, InvitationView, Invitations, MemberRole, MemberUser, MemberView, RoleView};

use flow::Catalogue;
use kernel::{CompanyId, UserId};

kernel::events! {
    /// What changing companies records.
    pub enum CompanyChange {
        /// A company was made.
        Created = "companies.created", Info { about company: CompanyId, public slug: String };
        /// A company was changed.
        Updated = "companies.updated", Info { about company: CompanyId, public slug: String, public changed: Vec<&'static str> };
        /// A company was deleted, with its roles, memberships and invitations.
        Deleted = "companies.deleted", Warning { about company: CompanyId, public slug: String, public members: i64 };
    }

    /// What changing the roles of companies records.
    pub enum CompanyRoleChange {
        /// A role of a company was made.
        Created = "companies.role_created", Info { about company: CompanyId, public role: String, public is_default: bool };
        /// A role of a company was changed.
        Updated = "companies.role_updated", Info { about company: CompanyId, public role: String, public changed: Vec<&'static str> };
        /// A role of a company was deleted.
        Deleted = "companies.role_deleted", Info { about company: CompanyId, public role: String };
    }

    /// What changing the people of companies records. They are named by id.
    pub enum MembershipChange {
        /// Somebody was made a member of a company.
        Added = "companies.member_added", Info { about company: CompanyId, public member: UserId, public role: String };
        /// Role or status of a company's member changed.
        Updated = "companies.member_updated", Info { about company: CompanyId, public member: UserId, public role: String, public status: String };
        /// Somebody was taken out of a company.
        Removed = "companies.member_removed", Warning { about company: CompanyId, public member: UserId };
    }

    /// What inviting into companies records.
    pub enum InvitationChange {
        /// An address was invited into a company.
        Invited = "companies.invited", Info { about company: CompanyId, public invitation: i64, public role: String, personal email: String };
        /// An invitation was sent again; the link before it opens nothing any more.
        Resent = "companies.invitation_resent", Info { about company: CompanyId, public invitation: i64, personal email: String };
        /// An invitation was taken back.
        Revoked = "companies.invitation_revoked", Info { about company: CompanyId, public invitation: i64, personal email: String };
    }
}

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListCompanies>()
        .mount::<CreateCompany>()
        .mount::<ShowCompany>()
        .mount::<UpdateCompany>()
        .mount::<DeleteCompany>()
        .mount::<ListCompanyMembers>()
        .mount::<AddCompanyMember>()
        .mount::<UpdateCompanyMember>()
        .mount::<RemoveCompanyMember>()
        .mount::<ListInvitations>()
        .mount::<Invite>()
        .mount::<ResendInvitation>()
        .mount::<RevokeInvitation>()
        .mount::<ListCompanyRoles>()
        .mount::<CreateCompanyRole>()
        .mount::<UpdateCompanyRole>()
        .mount::<DeleteCompanyRole>()
}
