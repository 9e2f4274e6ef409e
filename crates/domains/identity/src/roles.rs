//! Roles: named sets of permissions, given to users and groups.

mod listed;
mod write;

pub use listed::{ListedRole, RoleUser, count_users, list_users, load_listed};
pub use write::{NewRole, TAKEN, add_permission, delete_role, insert_role, remove_permission, update_role};

use crate::permissions::{ADMIN_ROLE, TENANT_ADMIN_ROLE, USER_ROLE};
use crate::users::tally::{self, Counted};
use kernel::{Fault, RoleId, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use store::{Mode, OneOrg, Topic, Tx, Writes, args, org_sql, rows};

rows! {
    /// A role, as lists show it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Role {
        /// Its id.
        pub id: RoleId,
        /// Its name in requests: `auditor`.
        pub slug: String,
        /// Its name for people.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// Whether it belongs to the server and can't be changed.
        pub is_system: bool,
    }
}

impl Role {
    /// Whether it is one of the two that may do everything, today and after every upgrade.
    pub fn is_admin(&self) -> bool {
        self.is_system && (self.slug == ADMIN_ROLE || self.slug == TENANT_ADMIN_ROLE)
    }
}

/// A role or group where it is only named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NamedRef {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its name in requests.
    pub slug: String,
}

impl From<Role> for NamedRef {
    fn from(role: Role) -> Self {
        Self { id: role.id.to_string(), name: role.name, slug: role.slug }
    }
}

/// What callers are told about a role that isn't there.
pub fn not_found() -> Fault {
    Fault::not_found("roles.not_found", "There is no such role.")
}

/// The role with this id or slug.
pub async fn find_role<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<Role>, Fault> {
    let sql = org_sql!(
        "SELECT id, slug, name, description, is_system FROM roles WHERE org_id = :org AND (slug = :key OR id = :key)
         ORDER BY (slug = :key) DESC LIMIT 1"
    );
    Ok(tx.fetch_optional(sql, args! { key: key }).await?)
}

/// The role with this id or slug.
///
/// # Errors
/// 404 `roles.not_found`.
pub async fn load_role<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Role, Fault> {
    find_role(tx, key).await?.ok_or_else(not_found)
}

/// The roles given to a user directly.
pub async fn list_of_user<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Role>, Fault> {
    let sql = org_sql!(
        "SELECT r.id, r.slug, r.name, r.description, r.is_system FROM user_roles ur
         JOIN roles r ON r.org_id = ur.org_id AND r.id = ur.role_id
         WHERE ur.org_id = :org AND ur.user_id = :user ORDER BY r.slug"
    );
    Ok(tx.fetch_all(sql, args! { user: user }).await?)
}

/// Every role a user has: their own and those of their groups.
pub async fn list_effective<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<Role>, Fault> {
    let sql = org_sql!(
        "SELECT r.id, r.slug, r.name, r.description, r.is_system FROM roles r
         WHERE r.org_id = :org AND r.id IN (
             SELECT role_id FROM user_roles WHERE org_id = :org AND user_id = :user
             UNION
             SELECT gr.role_id FROM group_members gm
             JOIN group_roles gr ON gr.org_id = gm.org_id AND gr.group_id = gm.group_id
             WHERE gm.org_id = :org AND gm.user_id = :user)
         ORDER BY r.slug"
    );
    Ok(tx.fetch_all(sql, args! { user: user }).await?)
}

/// The slugs of the permissions a role grants.
pub async fn list_permissions<M: Mode>(tx: &mut Tx<OneOrg, M>, role: &RoleId) -> Result<Vec<String>, Fault> {
    let sql =
        org_sql!("SELECT permission AS a FROM role_permissions WHERE org_id = :org AND role_id = :role ORDER BY permission");
    Ok(tx.fetch_all::<(String,)>(sql, args! { role: role }).await?.into_iter().map(|(slug,)| slug).collect())
}

/// Give a user a role; `false` if they have it.
pub async fn assign(tx: &mut Tx<OneOrg, Writes>, user: &UserId, role: &RoleId) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO user_roles (org_id, user_id, role_id) VALUES (:org, :user, :role)
         ON CONFLICT (org_id, user_id, role_id) DO NOTHING"
    );
    let is_new = changed(tx, sql, args! { user: user, role: role }).await?;
    tally::add(tx, Counted::Role(role), user, i64::from(is_new)).await?;
    Ok(is_new)
}

/// Give a role to new users, who have none.
pub(crate) async fn assign_to_new(tx: &mut Tx<OneOrg, Writes>, role: &RoleId, users: &[UserId]) -> Result<(), Fault> {
    let sql = org_sql!("INSERT INTO user_roles (org_id, user_id, role_id) VALUES (:org, :user, :role)");
    let rows: Vec<_> = users.iter().map(|user| [store::Arg::from(user), role.into()]).collect();
    let count = tx.execute_each(sql, [":user", ":role"], &rows).await?;
    if let Some(first) = users.first() {
        tally::add(tx, Counted::Role(role), first, i64::try_from(count).unwrap_or(i64::MAX)).await?;
    }
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(())
}

/// Give a new user the role that everybody has.
pub async fn assign_default(tx: &mut Tx<OneOrg, Writes>, user: &UserId) -> Result<(), Fault> {
    if let Some(role) = find_role(tx, USER_ROLE).await? {
        assign(tx, user, &role.id).await?;
    }
    Ok(())
}

/// Take a role from a user; `false` if they didn't have it.
pub async fn unassign(tx: &mut Tx<OneOrg, Writes>, user: &UserId, role: &RoleId) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM user_roles WHERE org_id = :org AND user_id = :user AND role_id = :role");
    let is_gone = changed(tx, sql, args! { user: user, role: role }).await?;
    tally::add(tx, Counted::Role(role), user, -i64::from(is_gone)).await?;
    Ok(is_gone)
}

async fn changed(
    tx: &mut Tx<OneOrg, Writes>,
    sql: store::OrgSql,
    args: &[(&'static str, store::Arg<'_>)],
) -> Result<bool, Fault> {
    let count = tx.execute(sql, args).await?;
    tx.touch(Topic::Permissions(tx.org().id().clone()));
    Ok(count == 1)
}
