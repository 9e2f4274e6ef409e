//! Permissions: what the doors of this server are called, and who holds which.

mod held;
mod known;
mod write;

pub use held::{EffectivePermission, effective, grant, holds, list_direct, revoke};
pub use known::{KnownPermission, PermissionRow, find_permission, list_of_role, load_permission, not_found};
pub use write::{NewPermission, TAKEN, delete_permission, insert_permission, is_in_use, list_roles_granting, update_permission};

use kernel::{Permission, Scopes};

/// The slug of the role that may do everything.
pub const ADMIN_ROLE: &str = "admin";
/// The slug of the other role that may do everything.
pub const TENANT_ADMIN_ROLE: &str = "tenant_admin";
/// The slug of the role every person gets.
pub const USER_ROLE: &str = "user";

/// The blanket scope.
pub const ADMIN_SCOPE: &str = "admin";
/// Opens what changes nothing.
pub(crate) const ADMIN_READ_SCOPE: &str = "admin:read";
/// Opens everything.
pub(crate) const ADMIN_WRITE_SCOPE: &str = "admin:write";

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
    /// Take password hashes along in an export of users. Who may look at everything may not look at these.
    USERS_EXPORT_HASHES = "users.export_hashes", "admin:password_hashes", true, "Export password hashes", "Take password hashes along when users are exported.";
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
    /// See companies.
    COMPANIES_READ = "organizations.read", "admin:organizations", false, "Read organizations", "See the organizations one does business with, and their members.";
    /// Change companies.
    COMPANIES_WRITE = "organizations.write", "admin:organizations", true, "Manage organizations", "Create, change and delete organizations, their roles, members and invitations.";
    /// See clients.
    CLIENTS_READ = "clients.read", "admin:clients", false, "Read clients", "See applications.";
    /// Change clients.
    CLIENTS_WRITE = "clients.write", "admin:clients", true, "Manage clients", "Register, change and delete applications.";
    /// Register clients by protocol.
    CLIENTS_REGISTER = "clients.register", "admin:clients:register", true, "Register clients", "Let applications register themselves.";
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
    /// Decide how long the log keeps personal values.
    AUDIT_WRITE = "audit.manage", "admin:audit", true, "Manage the audit log", "Decide how long the audit log keeps personal values.";
    /// See figures about users and sign-ins.
    ANALYTICS_READ = "analytics.read", "admin:analytics", false, "Read analytics", "See how many users there are and how often they sign in.";
    /// See the organization's settings.
    SETTINGS_READ = "settings.read", "admin:settings", false, "Read settings", "See the organization's settings.";
    /// Change the organization's settings.
    SETTINGS_WRITE = "settings.manage", "admin:settings", true, "Manage settings", "Change the organization's settings.";
    /// Decide how mail leaves and what it says. Mail carries links that let people in, so this is worth as much as those.
    MAIL_WRITE = "mail.manage", "admin:mail", true, "Manage mail", "Change how mail leaves, and what it says.";
    /// Ask what others may do.
    AUTHZ_CHECK = "authz.check", "authz:check", false, "Check permissions of others", "Ask what another subject may do.";
    /// Ask what oneself may do.
    AUTHZ_READ = "authz.read", "authz:read", false, "Read own permissions", "List one's own permissions.";
}

/// Whether the scopes of a credential open this door: its own area or the one around it, `admin`, `admin:write`, or `admin:read` if
/// nothing changes.
pub fn scope_opens(scopes: &Scopes, permission: &Permission) -> bool {
    let around = permission.scope.rsplit_once(':').map(|(around, _)| around).filter(|around| around.contains(':'));
    scopes.has(permission.scope)
        || around.is_some_and(|around| scopes.has(around))
        || scopes.has(ADMIN_SCOPE)
        || scopes.has(ADMIN_WRITE_SCOPE)
        || (!permission.writes && scopes.has(ADMIN_READ_SCOPE))
}

#[cfg(test)]
mod tests;
