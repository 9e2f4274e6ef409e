//! The permissions an organization knows: the server's own, and those it made for its applications.

use kernel::{Fault, RoleId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

rows! {
    /// A permission the organization knows.
    #[derive(Clone, Debug)]
    pub struct KnownPermission {
        /// Its number.
        pub number: i64,
        /// `users.read`.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// What it allows.
        pub description: Option<String>,
        /// What it is about: `users`.
        pub resource: String,
        /// What may be done with it: `read`.
        pub action: String,
        /// Whether it belongs to the server and can't be changed.
        pub is_system: bool,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

/// A permission where somebody holds it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PermissionRow {
    /// Its number.
    pub id: i64,
    /// Its name for people.
    pub name: String,
    /// `users.read`.
    pub slug: String,
    /// What it allows.
    pub description: Option<String>,
}

impl From<KnownPermission> for PermissionRow {
    fn from(known: KnownPermission) -> Self {
        Self { id: known.number, name: known.name, slug: known.slug, description: known.description }
    }
}

/// What callers are told about a permission that isn't there.
pub fn not_found() -> Fault {
    Fault::not_found("permissions.not_found", "There is no such permission here.")
}

/// The permission with that slug or number.
pub async fn find_permission<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<KnownPermission>, Fault> {
    let by_slug = org_sql!(
        "SELECT number, slug, name, description, resource, action, is_system, created_at FROM permissions
         WHERE org_id = :org AND slug = :key"
    );
    if let Some(found) = tx.fetch_optional(by_slug, args! { key: key }).await? {
        return Ok(Some(found));
    }
    let Ok(number) = key.parse::<i64>() else { return Ok(None) };
    let by_number = org_sql!(
        "SELECT number, slug, name, description, resource, action, is_system, created_at FROM permissions
         WHERE org_id = :org AND number = :number"
    );
    Ok(tx.fetch_optional(by_number, args! { number: number }).await?)
}

/// The permission with that slug or number.
///
/// # Errors
/// 404 `permissions.not_found`.
pub async fn load_permission<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<KnownPermission, Fault> {
    find_permission(tx, key).await?.ok_or_else(not_found)
}

/// What a role grants.
pub async fn list_of_role<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &RoleId) -> Result<Vec<KnownPermission>, Fault> {
    let sql = org_sql!(
        "SELECT p.number, p.slug, p.name, p.description, p.resource, p.action, p.is_system, p.created_at FROM role_permissions rp
         JOIN permissions p ON p.org_id = rp.org_id AND p.slug = rp.permission
         WHERE rp.org_id = :org AND rp.role_id = :role ORDER BY p.slug"
    );
    Ok(tx.fetch_all(sql, args! { role: role }).await?)
}
