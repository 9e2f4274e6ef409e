//! Administration of roles.
//!
//! A role is worth what it grants: nobody changes one, or gives it away, who doesn't hold that. The server's own roles stay as
//! they are, but for who has them.

mod change;
mod create;
mod delete;
mod list;
mod permissions;
mod show;
#[cfg(test)]
mod tests;
mod update;
mod users;
mod view;

pub use create::CreateRole;
pub use delete::DeleteRole;
pub use list::ListRoles;
pub use permissions::{AddRolePermissions, ListRolePermissions, RemoveRolePermission, ReplaceRolePermissions};
pub use show::ShowRole;
pub use update::UpdateRole;
pub use users::{AddRoleUser, ListRoleUsers, RemoveRoleUser};
pub use view::{Granted, RoleDetail, RoleView, UserRow};

use flow::Catalogue;
use kernel::RoleId;

kernel::events! {
    /// What changing roles records.
    pub enum RoleChange {
        /// A role was made.
        Created = "roles.created", Info { about role: RoleId, public slug: String, public permissions: Vec<String> };
        /// A role was changed.
        Updated = "roles.updated", Info { about role: RoleId, public slug: String, public changed: Vec<&'static str>, public added: Vec<String>, public removed: Vec<String> };
        /// What a role grants changed.
        PermissionsChanged = "roles.permissions_changed", Warning { about role: RoleId, public slug: String, public added: Vec<String>, public removed: Vec<String> };
        /// A role was deleted, and taken from whoever had it.
        Deleted = "roles.deleted", Warning { about role: RoleId, public slug: String, public permissions: Vec<String> };
    }
}

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListRoles>()
        .mount::<CreateRole>()
        .mount::<ShowRole>()
        .mount::<UpdateRole>()
        .mount::<DeleteRole>()
        .mount::<ListRolePermissions>()
        .mount::<AddRolePermissions>()
        .mount::<ReplaceRolePermissions>()
        .mount::<RemoveRolePermission>()
        .mount::<ListRoleUsers>()
        .mount::<AddRoleUser>()
        .mount::<RemoveRoleUser>()
}
