//! How companies, their roles, members and invitations look in the published API.

use crate::companies::{Company, CompanyRole, Member};
use crate::envelope::Pagination;
use crate::invitations::Invitation;
use kernel::{Page, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A company.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompanyView {
    /// Its id.
    pub id: String,
    /// Its name in requests.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its name as people see it.
    pub display_name: Option<String>,
    /// What there is to say about it.
    pub description: Option<String>,
    /// Its logo.
    pub logo_url: Option<String>,
    /// Whether its members act for it.
    pub is_active: bool,
    /// How many people belong to it.
    pub member_count: i64,
    /// What applications keep with it.
    pub metadata: Option<Map<String, Value>>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: Option<String>,
}

impl From<Company> for CompanyView {
    fn from(company: Company) -> Self {
        Self {
            id: company.id.to_string(),
            slug: company.slug,
            name: company.name,
            display_name: company.display_name,
            description: company.description,
            logo_url: company.logo_url,
            is_active: company.is_active,
            member_count: company.member_count,
            metadata: company.metadata.and_then(|text| serde_json::from_str(&text).ok()),
            created_at: company.created_at.to_iso(),
            updated_at: Some(company.updated_at.to_iso()),
        }
    }
}

/// A role of a company.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleView {
    /// Its number.
    pub id: i64,
    /// Its name in requests.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether people get it when nobody says otherwise.
    pub is_default: bool,
    /// Whether the company must always have somebody with it.
    pub is_owner: bool,
    /// Whether it came with the company and keeps its name.
    pub is_system: bool,
}

impl From<CompanyRole> for RoleView {
    fn from(role: CompanyRole) -> Self {
        Self {
            id: role.number,
            slug: role.slug,
            name: role.name,
            description: role.description,
            is_default: role.is_default,
            is_owner: role.is_owner,
            is_system: role.is_system,
        }
    }
}

/// Somebody's place in a company.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberView {
    /// Its number.
    pub id: i64,
    /// Who.
    pub user: MemberUser,
    /// Their role.
    pub role: Option<MemberRole>,
    /// `active` or `suspended`.
    pub status: String,
    /// Since when.
    pub joined_at: String,
}

/// Who a member is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MemberUser {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Full name.
    pub name: Option<String>,
}

/// The role of a member.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MemberRole {
    /// Its number.
    pub id: i64,
    /// Its name in requests.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        Self {
            id: member.number,
            user: MemberUser { id: member.user_id.to_string(), email: member.email, name: member.name },
            role: Some(MemberRole { id: member.role, slug: member.role_slug, name: member.role_name }),
            status: member.status,
            joined_at: member.joined_at.to_iso(),
        }
    }
}

/// An invitation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvitationView {
    /// Its number.
    pub id: i64,
    /// The address that is invited.
    pub email: String,
    /// The role it gives.
    pub role: Option<InvitationRole>,
    /// `pending`, `accepted`, `revoked` (or declined) or `expired`.
    pub status: &'static str,
    /// Address of whoever invited.
    pub invited_by: Option<String>,
    /// Since when.
    pub created_at: String,
    /// Until when it can be accepted.
    pub expires_at: String,
}

/// The role an invitation gives.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InvitationRole {
    /// Its number.
    pub id: i64,
    /// Its name in requests.
    pub slug: String,
}

impl InvitationView {
    /// As it stands at that moment.
    pub fn at(invitation: Invitation, now: Timestamp) -> Self {
        Self {
            id: invitation.number,
            status: invitation.state(now),
            role: invitation.role.zip(invitation.role_slug).map(|(id, slug)| InvitationRole { id, slug }),
            email: invitation.email,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at.to_iso(),
            expires_at: invitation.expires_at.to_iso(),
        }
    }
}

/// A page of invitations. The published API gives it no `meta`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Invitations {
    /// The rows of this page.
    pub data: Vec<InvitationView>,
    /// Where the page lies.
    pub pagination: Pagination,
}

impl Invitations {
    /// A page, as it stands at that moment.
    pub fn at(page: Page<Invitation>, now: Timestamp) -> Self {
        let pagination = Pagination::of(&page);
        Self { data: page.items.into_iter().map(|invitation| InvitationView::at(invitation, now)).collect(), pagination }
    }
}
