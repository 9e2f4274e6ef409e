//! How roles look in the published API.

use crate::permissions::{KnownPermission, list_of_role};
use crate::roles::{ListedRole, RoleUser, load_listed};
use kernel::{Fault, RoleId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Mode, OneOrg, Tx};

/// A role.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleView {
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
    /// How many users were given it directly.
    pub user_count: i64,
    /// When it was made.
    pub created_at: String,
    /// What lists leave out.
    #[serde(flatten)]
    pub detail: Option<RoleDetail>,
}

/// What is shown of a single role only.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleDetail {
    /// What it grants.
    pub permissions: Vec<Granted>,
    /// When it last changed.
    pub updated_at: Option<String>,
}

impl RoleView {
    /// With everything that is shown of a single role, as it is now.
    pub async fn load<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &RoleId) -> Result<Self, Fault> {
        let permissions = list_of_role(tx, role).await?.into_iter().map(Granted::from).collect();
        let role = load_listed(tx, role).await?;
        let detail = RoleDetail { permissions, updated_at: Some(role.updated_at.to_iso()) };
        Ok(Self { detail: Some(detail), ..Self::from(role) })
    }
}

impl From<ListedRole> for RoleView {
    fn from(role: ListedRole) -> Self {
        Self {
            id: role.id.to_string(),
            name: role.name,
            slug: role.slug,
            description: role.description,
            is_system: role.is_system,
            user_count: role.user_count,
            created_at: role.created_at.to_iso(),
            detail: None,
        }
    }
}

/// A permission a role grants.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Granted {
    /// Its number.
    pub id: i64,
    /// Its name for people.
    pub name: String,
    /// `invoices.approve`.
    pub slug: String,
    /// What it is about.
    pub resource: Option<String>,
    /// What may be done with it.
    pub action: Option<String>,
}

impl From<KnownPermission> for Granted {
    fn from(known: KnownPermission) -> Self {
        let KnownPermission { number, name, slug, resource, action, .. } = known;
        let named = |text: String| Some(text).filter(|text| !text.is_empty());
        Self { id: number, name, slug, resource: named(resource), action: named(action) }
    }
}

/// A user who has a role.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UserRow {
    /// Their id.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Full name.
    pub name: Option<String>,
}

impl From<RoleUser> for UserRow {
    fn from(user: RoleUser) -> Self {
        Self { id: user.id.to_string(), email: user.email, name: user.name }
    }
}
