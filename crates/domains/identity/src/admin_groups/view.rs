//! How groups look in the published API.

use crate::groups::{ListedGroup, Member, list_members, list_roles, load_listed};
use crate::roles::NamedRef;
use kernel::{Fault, GroupId, PageRequest};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Mode, OneOrg, Tx};

/// As many members as a single group shows; the list of members has the others.
const SHOWN: PageRequest = PageRequest { page: 1, limit: 100 };

/// A group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its name in requests.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it belongs to the server and can't be changed.
    pub is_system: bool,
    /// How many users belong to it.
    pub member_count: i64,
    /// How many roles it gives them.
    pub role_count: i64,
    /// When it was made.
    pub created_at: String,
    /// What lists leave out.
    #[serde(flatten)]
    pub detail: Option<GroupDetail>,
}

/// What is shown of a single group only.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupDetail {
    /// Roles it gives its members.
    pub roles: Vec<NamedRef>,
    /// Its first hundred members.
    pub members: Vec<MemberRef>,
    /// When it last changed.
    pub updated_at: Option<String>,
}

impl GroupView {
    /// With everything that is shown of a single group, as it is now.
    pub async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>, group: &GroupId) -> Result<Self, Fault> {
        let roles = list_roles(tx, group).await?.into_iter().map(NamedRef::from).collect();
        let members = list_members(tx, group, SHOWN).await?.items.into_iter().map(MemberRef::from).collect();
        let group = load_listed(tx, group).await?;
        let detail = GroupDetail { roles, members, updated_at: Some(group.updated_at.to_iso()) };
        Ok(Self { detail: Some(detail), ..Self::from(group) })
    }
}

impl From<ListedGroup> for GroupView {
    fn from(group: ListedGroup) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name,
            slug: group.slug,
            description: group.description,
            is_system: group.is_system,
            member_count: group.member_count,
            role_count: group.role_count,
            created_at: group.created_at.to_iso(),
            detail: None,
        }
    }
}

/// A member where they are only named.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MemberRef {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Full name.
    pub name: Option<String>,
}

impl From<Member> for MemberRef {
    fn from(member: Member) -> Self {
        Self { id: member.id.to_string(), email: member.email, name: member.name }
    }
}

/// A member in the list of members.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MemberRow {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Full name.
    pub name: Option<String>,
    /// Another name they sign in with.
    pub username: Option<String>,
}

impl From<Member> for MemberRow {
    fn from(member: Member) -> Self {
        Self { id: member.id.to_string(), email: member.email, name: member.name, username: member.username }
    }
}
