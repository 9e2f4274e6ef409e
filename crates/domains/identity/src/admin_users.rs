//! Administration of users.

mod apply;
mod block;
mod create;
mod delete;
mod holdings;
mod identities;
mod identity_links;
mod legacy_saml;
mod legacy_saml_view;
mod list;
mod mfa;
mod password;
mod permissions;
mod show;
mod update;
mod verification;
mod view;

pub use block::{BlockUser, UnblockUser};
pub use create::{CreateUser, CreateUserForm};
pub use delete::DeleteUser;
pub use holdings::{
    AddUserGroups, AddUserRoles, GroupsOfUser, ListUserGroups, ListUserRoles, RemoveUserGroup, RemoveUserRole, ReplaceUserGroups,
    ReplaceUserRoles, RolesOfUser,
};
pub use identities::{Binding, Identities, ListIdentities};
pub use identity_links::{LinkIdentity, UnlinkIdentity};
pub use legacy_saml::{RelinkLegacySaml, ReportLegacySaml};
pub use legacy_saml_view::{Idp, LegacyReport, LegacyUser, Relinked, RelinkedUser, SkippedUser};
#[doc(hidden)]
pub use list::page_statements;
pub use list::{Cursor, ListUsers, UserSort};
pub use mfa::ResetMfa;
pub use password::{SendPasswordReset, SetPassword, SetPasswordForm};
pub use permissions::{AddUserPermissions, ListUserPermissions, RemoveUserPermission};
pub use show::ShowUser;
pub use update::UpdateUser;
pub use verification::{MarkVerified, SendVerification};
pub use view::{NamedRow, UserDetail, UserView};

use flow::Catalogue;

/// The operations of this module.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<ListUsers>()
        .mount::<CreateUser>()
        .mount::<ShowUser>()
        .mount::<UpdateUser>()
        .mount::<DeleteUser>()
        .mount::<BlockUser>()
        .mount::<UnblockUser>()
        .mount::<SetPassword>()
        .mount::<SendPasswordReset>()
        .mount::<MarkVerified>()
        .mount::<SendVerification>()
        .mount::<ListUserRoles>()
        .mount::<AddUserRoles>()
        .mount::<ReplaceUserRoles>()
        .mount::<RemoveUserRole>()
        .mount::<ListUserGroups>()
        .mount::<AddUserGroups>()
        .mount::<ReplaceUserGroups>()
        .mount::<RemoveUserGroup>()
        .mount::<ListUserPermissions>()
        .mount::<AddUserPermissions>()
        .mount::<RemoveUserPermission>()
        .mount::<ListIdentities>()
        .mount::<LinkIdentity>()
        .mount::<UnlinkIdentity>()
        .mount::<ReportLegacySaml>()
        .mount::<RelinkLegacySaml>()
        .mount::<ResetMfa>()
}

#[cfg(test)]
mod tests;
