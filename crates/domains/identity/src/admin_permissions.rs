//! Administration of permissions, and of the scopes applications may ask for.
//!
//! The server's own permissions stay as they are. One that an organization made is worth something to whoever holds it: once it
//! is in use, nobody changes it or takes it away who doesn't hold it.

mod change;
mod create;
mod delete;
mod list;
mod scope_view;
mod scopes;
mod show;
#[cfg(test)]
mod tests;
mod update;
mod usage;
mod view;

pub use create::CreatePermission;
pub use delete::DeletePermission;
pub use list::ListPermissions;
pub use scope_view::{ScopeList, ScopeView};
pub use scopes::{CreateScope, DeleteScope, ListScopes};
pub use show::ShowPermission;
pub use update::UpdatePermission;
pub use usage::{ShowUsage, Usage};
pub use view::PermissionView;

use flow::Catalogue;

kernel::events! {
    /// What changing permissions records.
    pub enum PermissionsChange {
        /// A permission was made.
        Created = "permissions.created", Info { about permission: String, public name: String };
        /// A permission was changed.
        Updated = "permissions.updated", Info { about permission: String, public changed: Vec<&'static str> };
        /// A permission was deleted, and taken from whoever held it.
        Deleted = "permissions.deleted", Warning { about permission: String, public roles: Vec<String> };
    }
}

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListPermissions>()
        .mount::<CreatePermission>()
        .mount::<ShowPermission>()
        .mount::<UpdatePermission>()
        .mount::<DeletePermission>()
        .mount::<ShowUsage>()
        .mount::<ListScopes>()
        .mount::<CreateScope>()
        .mount::<DeleteScope>()
}
