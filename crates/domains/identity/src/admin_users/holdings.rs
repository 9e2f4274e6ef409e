//! The roles of a user, and the groups they belong to: listed, added to, replaced, taken away.

use super::view::{NamedRow, UserView};
use crate::change::Difference;
use crate::envelope::{Changed, Whole};
use crate::groups::Group;
use crate::holding::{self, Holding};
use crate::named::{Key, keys};
use crate::permissions::{USERS_READ, USERS_WRITE};
use crate::privilege::subordinate;
use crate::roles::Role;
use crate::users::{UserRef, load_user_by};
use flow::{Cx, Json, OneOrg, Operation, Reads, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, Silent, UserId};

kernel::events! {
    /// What changing a user's roles records.
    pub enum RolesOfUser {
        /// The roles of a user changed.
        Changed = "users.roles_changed", Warning { about user: UserId, public added: Vec<String>, public removed: Vec<String>, personal email: String };
    }
    /// What changing a user's groups records.
    pub enum GroupsOfUser {
        /// The groups of a user changed.
        Changed = "users.groups_changed", Warning { about user: UserId, public added: Vec<String>, public removed: Vec<String>, personal email: String };
    }
}

/// The four operations on one kind of [`Holding`].
macro_rules! operations {
    ($($held:ident as $many:literal, $one:literal, $key:literal: $list:ident $add:ident $replace:ident $remove:ident $event:ident;)*) => {$(
        flow::input! {
            /// List them.
            #[derive(Clone, Debug)]
            pub struct $list {
                /// Id or e-mail address.
                path "userId" => user: UserRef,
            }
            /// Add some.
            #[derive(Clone, Debug)]
            pub struct $add {
                /// Id or e-mail address.
                path "userId" => user: UserRef,
                /// Several, by slug or id.
                body $many => several: Option<Vec<Key>>,
                /// A single one.
                body $one => single: Option<Key>,
                /// The same.
                body $key => key: Option<Key>,
            }
            /// Replace all.
            #[derive(Clone, Debug)]
            pub struct $replace {
                /// Id or e-mail address.
                path "userId" => user: UserRef,
                /// All that remain or come, by slug or id.
                body $many => several: Vec<Key>,
            }
            /// Take one away.
            #[derive(Clone, Debug)]
            pub struct $remove {
                /// Id or e-mail address.
                path "userId" => user: UserRef,
                /// Id or slug.
                path $key => key: Key,
            }
        }

        impl Operation for $list {
            const ID: &'static str = concat!("users.list_", $many);
            const SUMMARY: &'static str = concat!("The ", $many, " of a user.");
            const ROUTE: Route = Route::get(concat!("/orgs/{org}/api/v1/admin/users/{userId}/", $many));
            const SURFACE: Surface = Surface::Api;
            const ACCESS: Access = Access::Permission(USERS_READ);
            type Scope = OneOrg;
            type Mode = Reads;
            type Input = Self;
            type Output = Json<Whole<NamedRow>>;
            type Event = Silent;

            async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Self::Output, Silent>, Fault> {
                let user = load_user_by(&mut cx.tx, &self.user).await?;
                let held = $held::list_of_user(&mut cx.tx, &user.id).await?;
                Ok(Verdict::Done(Json(Whole::new(held.into_iter().map(NamedRow::from).collect())), Silent))
            }
        }

        impl Operation for $add {
            const ID: &'static str = concat!("users.add_", $many);
            const SUMMARY: &'static str = concat!("Add to the ", $many, " of a user.");
            const ROUTE: Route = Route::post(concat!("/orgs/{org}/api/v1/admin/users/{userId}/", $many));
            const SURFACE: Surface = Surface::Api;
            const ACCESS: Access = Access::Permission(USERS_WRITE);
            type Scope = OneOrg;
            type Mode = Writes;
            type Input = Self;
            type Output = Json<Changed<UserView>>;
            type Event = $event;

            async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, $event>, Fault> {
                let keys = keys($many, self.several, [self.single, self.key])?;
                let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
                let difference = holding::change::<$held>(cx, &rank, &user.id, &keys, false).await?;
                $event::answer(cx, user.id, difference).await
            }
        }

        impl Operation for $replace {
            const ID: &'static str = concat!("users.replace_", $many);
            const SUMMARY: &'static str = concat!("Replace all ", $many, " of a user.");
            const ROUTE: Route = Route::put(concat!("/orgs/{org}/api/v1/admin/users/{userId}/", $many));
            const SURFACE: Surface = Surface::Api;
            const ACCESS: Access = Access::Permission(USERS_WRITE);
            const DENIALS: &'static [Denial] = &[crate::administrators::LAST];
            type Scope = OneOrg;
            type Mode = Writes;
            type Input = Self;
            type Output = Json<Changed<UserView>>;
            type Event = $event;

            async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, $event>, Fault> {
                let (user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
                let difference = holding::change::<$held>(cx, &rank, &user.id, &self.several, true).await?;
                $event::answer(cx, user.id, difference).await
            }
        }

        impl Operation for $remove {
            const ID: &'static str = concat!("users.remove_", $one);
            const SUMMARY: &'static str = concat!("Take one of the ", $many, " of a user away.");
            const ROUTE: Route = Route::delete(concat!("/orgs/{org}/api/v1/admin/users/{userId}/", $many, "/{", $key, "}"));
            const SURFACE: Surface = Surface::Api;
            const ACCESS: Access = Access::Permission(USERS_WRITE);
            const DENIALS: &'static [Denial] = &[crate::administrators::LAST];
            type Scope = OneOrg;
            type Mode = Writes;
            type Input = Self;
            type Output = Json<Changed<UserView>>;
            type Event = $event;

            async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, $event>, Fault> {
                let (user, _) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
                let held = $held::find(&mut cx.tx, self.key.as_str()).await?.ok_or_else($held::not_found)?;
                if !holding::take(cx, &user.id, &held).await? {
                    return Err($held::not_found());
                }
                $event::answer(cx, user.id, Difference::without(held.slug)).await
            }
        }

        impl $event {
            async fn answer(
                cx: &mut Cx<OneOrg, Writes>,
                user: UserId,
                difference: Difference,
            ) -> Result<Verdict<Json<Changed<UserView>>, Self>, Fault> {
                let data = UserView::reload(&mut cx.tx, &user).await?;
                let Difference { added, removed } = difference;
                let event = Self::Changed { user, added, removed, email: data.email.clone() };
                Ok(Verdict::Done(Json(Changed { data, message: concat!("The ", $many, " of the user changed.") }), event))
            }
        }
    )*};
}

operations! {
    Role as "roles", "role", "roleId": ListUserRoles AddUserRoles ReplaceUserRoles RemoveUserRole RolesOfUser;
    Group as "groups", "group", "groupId": ListUserGroups AddUserGroups ReplaceUserGroups RemoveUserGroup GroupsOfUser;
}
