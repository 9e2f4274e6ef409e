//! Making and changing roles.

use super::{Role, changed, not_found};
use crate::slug::PlainSlug;
use crate::users::tally::{self, Counted};
use kernel::{Denial, Fault, Rng, RoleId, Timestamp};
use store::{OneOrg, Topic, Tx, Writes, args, org_sql};

/// A role to be made.
#[derive(Clone, Debug)]
pub struct NewRole {
    /// Its name in requests.
    pub slug: PlainSlug,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// The slug is another one's.
pub const TAKEN: Denial = Denial::conflict("roles.taken", "There is a role of that slug already.");

/// Make a role of the organization's own.
///
/// # Errors
/// 409 `roles.taken` if there is one of that slug.
pub async fn insert_role(tx: &mut Tx<OneOrg, Writes>, new: NewRole, now: Timestamp, rng: &dyn Rng) -> Result<Role, Fault> {
    let id = RoleId::new(now, rng);
    let sql = org_sql!(
        "INSERT INTO roles (org_id, id, slug, name, description, created_at, updated_at)
         VALUES (:org, :id, :slug, :name, :description, :now, :now) ON CONFLICT DO NOTHING"
    );
    let NewRole { slug, name, description } = new;
    let values = args! { id: &id, slug: slug.as_str(), name: &name, description: description.as_deref(), now: now };
    if tx.execute(sql, values).await? != 1 {
        return Err(TAKEN.into());
    }
    Ok(Role { id, slug: slug.into_string(), name, description, is_system: false })
}

/// Store name and description of a role of the organization's own. The slug stays: programs know the role by it.
///
/// # Errors
/// 404 `roles.not_found` if it is gone.
pub async fn update_role(tx: &mut Tx<OneOrg, Writes>, role: &Role, now: Timestamp) -> Result<(), Fault> {
    let sql = org_sql!(
        "UPDATE roles SET name = :name, description = :description, updated_at = :now
         WHERE org_id = :org AND id = :id AND is_system = 0"
    );
    let values = args! { name: &role.name, description: role.description.as_deref(), now: now, id: &role.id };
    if tx.execute(sql, values).await? == 1 { Ok(()) } else { Err(not_found()) }
}

/// Remove a role of the organization's own; whoever had it has it no more.
///
/// # Errors
/// 404 `roles.not_found` if it is gone.
pub async fn delete_role(tx: &mut Tx<OneOrg, Writes>, role: &RoleId) -> Result<(), Fault> {
    let sql = org_sql!("DELETE FROM roles WHERE org_id = :org AND id = :id AND is_system = 0");
    let gone = tx.execute(sql, args! { id: role }).await?;
    tally::forget(tx, Counted::Role(role)).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    if gone == 1 { Ok(()) } else { Err(not_found()) }
}

/// Let a role grant a permission; `false` if it did.
pub async fn add_permission(tx: &mut Tx<OneOrg, Writes>, role: &RoleId, permission: &str) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO role_permissions (org_id, role_id, permission) VALUES (:org, :role, :permission)
         ON CONFLICT (org_id, role_id, permission) DO NOTHING"
    );
    changed(tx, sql, args! { role: role, permission: permission }).await
}

/// Let a role grant a permission no more; `false` if it didn't.
pub async fn remove_permission(tx: &mut Tx<OneOrg, Writes>, role: &RoleId, permission: &str) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM role_permissions WHERE org_id = :org AND role_id = :role AND permission = :permission");
    changed(tx, sql, args! { role: role, permission: permission }).await
}
