//! The permissions given to a user directly.

use crate::envelope::{Message, Whole};
use crate::named::{Key, NumberOrKey, keys};
use crate::permissions::{self, PermissionRow, USERS_READ, USERS_WRITE};
use crate::privilege::{Rank, must_cover, subordinate};
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Fault, Silent, UserId};

flow::input! {
    /// List a user's direct permissions.
    #[derive(Clone, Debug)]
    pub struct ListUserPermissions {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
    }
    /// Give a user permissions.
    #[derive(Clone, Debug)]
    pub struct AddUserPermissions {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// Permissions, by slug or number.
        body "permissions" => permissions: Option<Vec<Key>>,
        /// A single permission.
        body "permission" => permission: Option<Key>,
        /// Its number.
        body "permissionId" => permission_id: Option<NumberOrKey>,
    }
    /// Take a permission from a user.
    #[derive(Clone, Debug)]
    pub struct RemoveUserPermission {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// The permission's number or slug.
        path "permissionId" => permission: Key,
    }
}

kernel::events! {
    /// What changing a user's permissions records.
    pub enum PermissionChange {
        /// Permissions were given to a user directly.
        Granted = "users.permissions_granted", Warning { about user: UserId, public permissions: Vec<String>, personal email: String };
        /// A permission was taken from a user.
        Revoked = "users.permission_revoked", Warning { about user: UserId, public permission: String, personal email: String };
    }
}

impl Operation for ListUserPermissions {
    const ID: &'static str = "users.list_permissions";
    const SUMMARY: &'static str = "The permissions given to a user directly.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/admin/users/{userId}/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_READ);
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Json<Whole<PermissionRow>>;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
        let user = load_user_by(&mut cx.tx, &self.user).await?;
        let held = permissions::list_direct(&mut cx.tx, &user.id).await?;
        Ok(Verdict::Done(Json(Whole::new(held.into_iter().map(PermissionRow::from).collect())), Silent))
    }
}

impl Operation for AddUserPermissions {
    const ID: &'static str = "users.add_permissions";
    const SUMMARY: &'static str = "Give a user permissions directly.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users/{userId}/permissions");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = PermissionChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PermissionChange>, Fault> {
        let number = self.permission_id.map(|NumberOrKey(key)| key);
        let keys = keys("permissions", self.permissions, [self.permission, number])?;
        let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let mut granted = Vec::new();
        for key in keys {
            let found = permissions::load_permission(&mut cx.tx, key.as_str()).await?;
            must_cover(&rank, &Rank::of_permission(&found.slug))?;
            if permissions::grant(&mut cx.tx, &user.id, &found.slug).await? {
                granted.push(found.slug);
            }
        }
        let event = PermissionChange::Granted { user: user.id, permissions: granted, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "Permissions granted." }), event))
    }
}

impl Operation for RemoveUserPermission {
    const ID: &'static str = "users.remove_permission";
    const SUMMARY: &'static str = "Take a directly given permission from a user.";
    const ROUTE: Route = Route::delete("/orgs/{org}/api/v1/admin/users/{userId}/permissions/{permissionId}");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Message>;
    type Event = PermissionChange;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, PermissionChange>, Fault> {
        let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let found = permissions::load_permission(&mut cx.tx, self.permission.as_str()).await?;
        if !permissions::revoke(&mut cx.tx, &user.id, &found.slug).await? {
            return Err(permissions::not_found());
        }
        let event = PermissionChange::Revoked { user: user.id, permission: found.slug, email: user.email };
        Ok(Verdict::Done(Json(Message { message: "Permission revoked." }), event))
    }
}
