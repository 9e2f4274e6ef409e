//! The permissions an organization makes for its applications.

use super::{KnownPermission, find_permission, not_found};
use crate::roles::Role;
use crate::slug::DottedSlug;
use kernel::{Denial, Fault, Timestamp};
use store::{Mode, OneOrg, Topic, Tx, Writes, args, org_sql};

/// A permission to be made.
#[derive(Clone, Debug)]
pub struct NewPermission {
    /// Its name in requests.
    pub slug: DottedSlug,
    /// Its name for people.
    pub name: String,
    /// What it allows.
    pub description: Option<String>,
    /// What it is about.
    pub resource: String,
    /// What may be done with it.
    pub action: String,
}

/// The slug is another one's.
pub const TAKEN: Denial = Denial::conflict("permissions.taken", "There is a permission of that slug already.");

/// Make a permission of the organization's own. Nobody holds it yet.
///
/// # Errors
/// 409 `permissions.taken` if there is one of that slug.
pub async fn insert_permission(
    tx: &mut Tx<OneOrg, Writes>,
    new: &NewPermission,
    now: Timestamp,
) -> Result<KnownPermission, Fault> {
    let sql = org_sql!(
        "INSERT INTO permissions (org_id, slug, name, description, resource, action, created_at, updated_at)
         VALUES (:org, :slug, :name, :description, :resource, :action, :now, :now) ON CONFLICT (org_id, slug) DO NOTHING"
    );
    let values = args! {
        slug: new.slug.as_str(),
        name: &new.name,
        description: new.description.as_deref(),
        resource: &new.resource,
        action: &new.action,
        now: now,
    };
    if tx.execute(sql, values).await? != 1 {
        return Err(TAKEN.into());
    }
    find_permission(tx, new.slug.as_str()).await?.ok_or_else(not_found)
}

/// Store what can be changed of a permission of the organization's own. The slug stays: programs ask for it.
///
/// # Errors
/// 404 `permissions.not_found` if it is gone.
pub async fn update_permission(tx: &mut Tx<OneOrg, Writes>, known: &KnownPermission, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE permissions SET name = :name, description = :description, resource = :resource, action = :action, updated_at = :now
         WHERE org_id = :org AND slug = :slug AND is_system = 0"
    );
    let values = args! {
        name: &known.name,
        description: known.description.as_deref(),
        resource: &known.resource,
        action: &known.action,
        now: now,
        slug: &known.slug,
    };
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(not_found()) }
}

/// Remove a permission of the organization's own; whoever held it holds it no more.
///
/// # Errors
/// 404 `permissions.not_found` if it is gone.
pub async fn delete_permission(tx: &mut Tx<OneOrg, Writes>, slug: &str) -> Result<(), Fault> {
    let sql = org_sql!("DELETE FROM permissions WHERE org_id = :org AND slug = :slug AND is_system = 0");
    let gone = tx.execute(sql, args! { slug: slug }).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    if gone == 1 { Ok(()) } else { Err(not_found()) }
}

/// The roles that grant a permission.
pub async fn list_roles_granting<M: Mode>(tx: &mut Tx<OneOrg, M>, slug: &str) -> Result<Vec<Role>, Fault> {
    let sql = org_sql!(
        "SELECT r.id, r.slug, r.name, r.description, r.is_system FROM role_permissions rp
         JOIN roles r ON r.org_id = rp.org_id AND r.id = rp.role_id
         WHERE rp.org_id = :org AND rp.permission = :slug ORDER BY r.slug"
    );
    Ok(tx.fetch_all(sql, args! { slug: slug }).await?)
}

/// Whether a role grants the permission or somebody was given it directly.
pub async fn is_in_use<M: Mode>(tx: &mut Tx<OneOrg, M>, slug: &str) -> Result<bool, Fault> {
    let sql = org_sql!(
        "SELECT permission AS a FROM role_permissions WHERE org_id = :org AND permission = :slug
         UNION ALL
         SELECT permission FROM user_permissions WHERE org_id = :org AND permission = :slug
         LIMIT 1"
    );
    Ok(tx.fetch_optional::<(String,)>(sql, args! { slug: slug }).await?.is_some())
}
