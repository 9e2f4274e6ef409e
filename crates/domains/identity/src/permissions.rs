//! Permissions: what the doors of this server are called, and who holds which.

use kernel::{Fault, Permission, Scopes, UserId};
use serde::Serialize;
use std::collections::HashSet;
use store::{Mode, OneOrg, Tx, args, org_sql, rows};

/// The slug of the role that may do everything.
pub const ADMIN_ROLE: &str = "admin";
/// The slug of the other role that may do everything.
pub const TENANT_ADMIN_ROLE: &str = "tenant_admin";
/// The slug of the role every person gets.
pub const USER_ROLE: &str = "user";

/// The blanket scope.
pub const ADMIN_SCOPE: &str = "admin";
/// Opens what changes nothing.
const ADMIN_READ_SCOPE: &str = "admin:read";
/// Opens everything.
const ADMIN_WRITE_SCOPE: &str = "admin:write";

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $scope:literal, $writes:literal, $title:literal, $description:literal;)*) => {
        $($(#[$doc])* pub const $name: Permission = Permission { slug: $slug, scope: $scope, writes: $writes };)*
        /// Every permission this server itself asks for.
        pub const SYSTEM_PERMISSIONS: &[SystemPermission] = &[
            $(SystemPermission { permission: $name, name: $title, description: $description }),*
        ];
    };
}

/// A permission of the server itself, as every organization has it.
#[derive(Clone, Copy, Debug)]
pub struct SystemPermission {
    /// The permission.
    pub permission: Permission,
    /// Its name for people.
    pub name: &'static str,
    /// What it allows.
    pub description: &'static str,
}

impl SystemPermission {
    /// What it is about: the part of the slug before the dot.
    pub fn resource(&self) -> &'static str {
        self.permission.slug.split_once('.').map_or(self.permission.slug, |(resource, _)| resource)
    }
    /// What may be done: the part of the slug after the dot.
    pub fn action(&self) -> &'static str {
        self.permission.slug.split_once('.').map_or("", |(_, action)| action)
    }
}

permissions! {
    /// See users.
    USERS_READ = "users.read", "admin:users", false, "Read users", "See users and what they hold.";
    /// Change users.
    USERS_WRITE = "users.write", "admin:users", true, "Manage users", "Create, change, block and delete users.";
    /// Take password hashes along in an export of users.
    USERS_EXPORT_HASHES = "users.export_hashes", "admin:password_hashes", false, "Export password hashes", "Take password hashes along when users are exported.";
    /// See roles.
    ROLES_READ = "roles.read", "admin:roles", false, "Read roles", "See roles and what they grant.";
    /// Change roles.
    ROLES_WRITE = "roles.write", "admin:roles", true, "Manage roles", "Create, change and delete roles.";
    /// See permissions.
    PERMISSIONS_READ = "permissions.read", "admin:roles", false, "Read permissions", "See permissions and who grants them.";
    /// Change permissions.
    PERMISSIONS_WRITE = "permissions.write", "admin:roles", true, "Manage permissions", "Create, change and delete permissions.";
    /// See groups.
    GROUPS_READ = "groups.read", "admin:groups", false, "Read groups", "See groups and their members.";
    /// Change groups.
    GROUPS_WRITE = "groups.write", "admin:groups", true, "Manage groups", "Create, change and delete groups and their members.";
    /// See clients.
    CLIENTS_READ = "clients.read", "admin:clients", false, "Read clients", "See applications.";
    /// Change clients.
    CLIENTS_WRITE = "clients.write", "admin:clients", true, "Manage clients", "Register, change and delete applications.";
    /// See sessions and tokens.
    SESSIONS_READ = "sessions.read", "admin:sessions", false, "Read sessions", "See sessions and tokens.";
    /// End sessions and tokens.
    SESSIONS_WRITE = "sessions.write", "admin:sessions", true, "Manage sessions", "End sessions and revoke tokens.";
    /// See API keys.
    API_KEYS_READ = "api_keys.read", "admin:api_keys", false, "Read API keys", "See API keys, never their secrets.";
    /// Change API keys.
    API_KEYS_WRITE = "api_keys.write", "admin:api_keys", true, "Manage API keys", "Create and revoke API keys.";
    /// See signing keys.
    KEYS_READ = "keys.read", "admin:keys", false, "Read signing keys", "See the public part of signing keys.";
    /// Change signing keys.
    KEYS_WRITE = "keys.write", "admin:keys", true, "Manage signing keys", "Rotate and retire signing keys.";
    /// See the audit log.
    AUDIT_READ = "audit.read", "admin:audit", false, "Read the audit log", "See, prove and export what happened.";
    /// See the organization's settings.
    SETTINGS_READ = "settings.read", "admin:settings", false, "Read settings", "See the organization's settings.";
    /// Change the organization's settings.
    SETTINGS_WRITE = "settings.manage", "admin:settings", true, "Manage settings", "Change the organization's settings.";
    /// Ask what others may do.
    AUTHZ_CHECK = "authz.check", "authz:check", false, "Check permissions of others", "Ask what another subject may do.";
    /// Ask what oneself may do.
    AUTHZ_READ = "authz.read", "authz:read", false, "Read own permissions", "List one's own permissions.";
}

/// Whether the scopes of a credential open this door: its own area, `admin`, `admin:write`, or `admin:read` if nothing changes.
pub fn scope_opens(scopes: &Scopes, permission: &Permission) -> bool {
    scopes.has(permission.scope)
        || scopes.has(ADMIN_SCOPE)
        || scopes.has(ADMIN_WRITE_SCOPE)
        || (!permission.writes && scopes.has(ADMIN_READ_SCOPE))
}

/// A permission somebody holds, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct EffectivePermission {
    /// `users.read`.
    pub slug: String,
    /// What it allows.
    pub description: Option<String>,
    /// `direct`, or `role:<slug>` of the role that grants it.
    pub source: String,
}

rows! {
    struct HeldRow { slug: String, description: Option<String>, role: Option<String> }
}

/// Everything a user holds: directly, through roles, and through the roles of their groups. Each permission once, by slug; a
/// direct grant is named before a role. It doesn't ask whether the user is active: see [`holds`].
pub async fn effective<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<EffectivePermission>, Fault> {
    let held = tx
        .fetch_all::<HeldRow>(
            org_sql!(
                "WITH held AS (
                     SELECT role_id FROM user_roles WHERE org_id = :org AND user_id = :user
                     UNION
                     SELECT gr.role_id FROM group_members gm
                     JOIN group_roles gr ON gr.org_id = gm.org_id AND gr.group_id = gm.group_id
                     WHERE gm.org_id = :org AND gm.user_id = :user
                 )
                 SELECT p.slug AS slug, p.description AS description, NULL AS role, 0 AS via
                 FROM user_permissions up JOIN permissions p ON p.org_id = up.org_id AND p.slug = up.permission
                 WHERE up.org_id = :org AND up.user_id = :user
                 UNION ALL
                 SELECT p.slug, p.description, r.slug, 1
                 FROM held JOIN roles r ON r.org_id = :org AND r.id = held.role_id
                 JOIN role_permissions rp ON rp.org_id = r.org_id AND rp.role_id = r.id
                 JOIN permissions p ON p.org_id = rp.org_id AND p.slug = rp.permission
                 ORDER BY slug, via, role"
            ),
            args! { user: user },
        )
        .await?;
    let mut seen = HashSet::new();
    Ok(held
        .into_iter()
        .filter(|row| seen.insert(row.slug.clone()))
        .map(|row| EffectivePermission {
            slug: row.slug,
            description: row.description,
            source: row.role.map_or_else(|| "direct".to_owned(), |role| format!("role:{role}")),
        })
        .collect())
}

/// Whether an active user who isn't blocked holds the permission.
pub async fn holds<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId, slug: &str) -> Result<bool, Fault> {
    let found = tx
        .fetch_optional::<(i64,)>(
            org_sql!(
                "SELECT u.number AS a FROM users u
                 WHERE u.org_id = :org AND u.id = :user AND u.is_active = 1 AND u.is_blocked = 0 AND (
                     EXISTS (SELECT 1 FROM user_permissions up WHERE up.org_id = :org AND up.user_id = :user AND up.permission = :slug)
                     OR EXISTS (SELECT 1 FROM user_roles ur
                         JOIN role_permissions rp ON rp.org_id = ur.org_id AND rp.role_id = ur.role_id
                         WHERE ur.org_id = :org AND ur.user_id = :user AND rp.permission = :slug)
                     OR EXISTS (SELECT 1 FROM group_members gm
                         JOIN group_roles gr ON gr.org_id = gm.org_id AND gr.group_id = gm.group_id
                         JOIN role_permissions rp ON rp.org_id = gr.org_id AND rp.role_id = gr.role_id
                         WHERE gm.org_id = :org AND gm.user_id = :user AND rp.permission = :slug)
                 )"
            ),
            args! { user: user, slug: slug },
        )
        .await?;
    Ok(found.is_some())
}

/// A permission somebody holds directly.
pub async fn grant(tx: &mut Tx<OneOrg, store::Writes>, user: &UserId, slug: &str) -> Result<bool, Fault> {
    let sql = org_sql!(
        "INSERT INTO user_permissions (org_id, user_id, permission) VALUES (:org, :user, :slug)
         ON CONFLICT (org_id, user_id, permission) DO NOTHING"
    );
    let added = tx.execute(sql, args! { user: user, slug: slug }).await?;
    tx.touch(store::Topic::Permissions(tx.org().id().clone()));
    Ok(added == 1)
}

/// Take back a direct grant; `false` if there was none.
pub async fn revoke(tx: &mut Tx<OneOrg, store::Writes>, user: &UserId, slug: &str) -> Result<bool, Fault> {
    let sql = org_sql!("DELETE FROM user_permissions WHERE org_id = :org AND user_id = :user AND permission = :slug");
    let removed = tx.execute(sql, args! { user: user, slug: slug }).await?;
    tx.touch(store::Topic::Permissions(tx.org().id().clone()));
    Ok(removed == 1)
}

rows! {
    /// A permission the organization knows.
    #[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
    pub struct PermissionRow {
        /// Its number.
        #[serde(rename = "id")]
        pub number: i64,
        /// Its name for people.
        pub name: String,
        /// `users.read`.
        pub slug: String,
        /// What it allows.
        pub description: Option<String>,
    }
}

/// The permission with that slug or number.
pub async fn find_permission<M: Mode>(tx: &mut Tx<OneOrg, M>, key: &str) -> Result<Option<PermissionRow>, Fault> {
    let by_slug = org_sql!("SELECT number, name, slug, description FROM permissions WHERE org_id = :org AND slug = :key");
    if let Some(found) = tx.fetch_optional(by_slug, args! { key: key }).await? {
        return Ok(Some(found));
    }
    let Ok(number) = key.parse::<i64>() else { return Ok(None) };
    let by_number = org_sql!("SELECT number, name, slug, description FROM permissions WHERE org_id = :org AND number = :number");
    Ok(tx.fetch_optional(by_number, args! { number: number }).await?)
}

/// What was granted to a user directly.
pub async fn list_direct<M: Mode>(tx: &mut Tx<OneOrg, M>, user: &UserId) -> Result<Vec<PermissionRow>, Fault> {
    let sql = org_sql!(
        "SELECT p.number, p.name, p.slug, p.description FROM user_permissions up
         JOIN permissions p ON p.org_id = up.org_id AND p.slug = up.permission
         WHERE up.org_id = :org AND up.user_id = :user ORDER BY p.slug"
    );
    Ok(tx.fetch_all(sql, args! { user: user }).await?)
}

#[cfg(test)]
mod tests;
