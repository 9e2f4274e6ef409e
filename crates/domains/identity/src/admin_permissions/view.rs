//! How permissions look in the published API.

use crate::permissions::KnownPermission;
use schemars::JsonSchema;
use serde::Serialize;

/// A permission.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PermissionView {
    /// Its number.
    pub id: i64,
    /// Its name for people.
    pub name: String,
    /// Its name in requests: `invoices.approve`.
    pub slug: String,
    /// What it allows.
    pub description: Option<String>,
    /// What it is about: `invoices`.
    pub resource: Option<String>,
    /// What may be done with it: `approve`.
    pub action: Option<String>,
    /// Whether it belongs to the server and can't be changed.
    pub is_system: bool,
    /// Whether the organization made it.
    pub is_custom: bool,
    /// When it was made.
    pub created_at: String,
    /// How many roles grant it; shown of a single permission only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_count: Option<usize>,
}

impl PermissionView {
    /// With how many roles grant it.
    pub fn granted_by(known: KnownPermission, roles: usize) -> Self {
        Self { role_count: Some(roles), ..Self::from(known) }
    }
}

impl From<KnownPermission> for PermissionView {
    fn from(known: KnownPermission) -> Self {
        let named = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: known.number,
            name: known.name,
            slug: known.slug,
            description: known.description,
            resource: named(known.resource),
            action: named(known.action),
            is_system: known.is_system,
            is_custom: !known.is_system,
            created_at: known.created_at.to_iso(),
            role_count: None,
        }
    }
}
