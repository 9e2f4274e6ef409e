//! Administration of groups.
//!
//! A group is worth what its roles grant: nobody changes one, or adds anybody to it, who doesn't hold that.

mod change;
mod create;
mod delete;
mod list;
mod members;
mod roles;
mod show;
#[cfg(test)]
mod tests;
mod update;
mod view;

pub use create::CreateGroup;
pub use delete::DeleteGroup;
pub use list::ListGroups;
pub use members::{AddMembers, ListMembers, RemoveMember};
pub use roles::{AddGroupRole, ListGroupRoles, RemoveGroupRole, ReplaceGroupRoles};
pub use show::ShowGroup;
pub use update::UpdateGroup;
pub use view::{GroupDetail, GroupView, MemberRef, MemberRow};

use flow::Catalogue;
use kernel::GroupId;

kernel::events! {
    /// What changing groups records. Members are named by id.
    pub enum GroupChange {
        /// A group was made.
        Created = "groups.created", Info { about group: GroupId, public slug: String, public roles: Vec<String> };
        /// A group was changed.
        Updated = "groups.updated", Info { about group: GroupId, public slug: String, public changed: Vec<&'static str>, public added: Vec<String>, public removed: Vec<String> };
        /// The members of a group changed.
        MembersChanged = "groups.members_changed", Warning { about group: GroupId, public slug: String, public added: Vec<String>, public removed: Vec<String> };
        /// The roles a group gives its members changed.
        RolesChanged = "groups.roles_changed", Warning { about group: GroupId, public slug: String, public added: Vec<String>, public removed: Vec<String> };
        /// A group was deleted; its members lost what it gave them.
        Deleted = "groups.deleted", Warning { about group: GroupId, public slug: String, public roles: Vec<String> };
    }
}

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListGroups>()
        .mount::<CreateGroup>()
        .mount::<ShowGroup>()
        .mount::<UpdateGroup>()
        .mount::<DeleteGroup>()
        .mount::<ListMembers>()
        .mount::<AddMembers>()
        .mount::<RemoveMember>()
        .mount::<ListGroupRoles>()
        .mount::<AddGroupRole>()
        .mount::<ReplaceGroupRoles>()
        .mount::<RemoveGroupRole>()
}
