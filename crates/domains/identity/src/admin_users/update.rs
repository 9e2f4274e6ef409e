//! Changing a user. PUT and PATCH are the same: what isn't sent stays.

use super::view::UserView;
use crate::administrators::{is_administrator, must_remain};
use crate::change::Change;
use crate::envelope::Changed;
use crate::groups::Group;
use crate::holding;
use crate::named::Key;
use crate::permissions::USERS_WRITE;
use crate::privilege::{must_be_someone_else, subordinate};
use crate::roles::Role;
use crate::users::{
    Address, Birthdate, Email, Gender, Locale, Name, PhoneNumber, Picture, UserRef, Username, WebPage, Zoneinfo, end_access,
    update_user,
};
use flow::{Cx, Json, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, UserId};

flow::input! {
    /// Change a user.
    #[derive(Clone, Debug)]
    pub struct UpdateUser {
        /// Id or e-mail address.
        path "userId" => user: UserRef,
        /// A new address; it isn't verified, unless `emailVerified` comes along.
        body "email" => email: Option<Email>,
        /// Another name to sign in with.
        body "username" => username: Change<Username>,
        /// Full name.
        body "name" => name: Change<Name>,
        /// Given name.
        body "givenName" => given_name: Change<Name>,
        /// Family name.
        body "familyName" => family_name: Change<Name>,
        /// URL of a picture.
        body "picture" => picture: Change<Picture>,
        /// Telephone number; a new one isn't verified, unless `phoneNumberVerified` comes along.
        body "phoneNumber" => phone_number: Change<PhoneNumber>,
        /// Whether the number is known to be theirs.
        body "phoneNumberVerified" => phone_number_verified: Option<bool>,
        /// Middle name.
        body "middleName" => middle_name: Change<Name>,
        /// What friends call them.
        body "nickname" => nickname: Change<Name>,
        /// URL of a page about them.
        body "profile" => profile: Change<WebPage>,
        /// URL of a page of theirs.
        body "website" => website: Change<WebPage>,
        /// Gender, in any words.
        body "gender" => gender: Change<Gender>,
        /// Day of birth: `YYYY-MM-DD`, `YYYY` alone, or with 0000 for the year.
        body "birthdate" => birthdate: Change<Birthdate>,
        /// Postal address: `formatted`, `street_address`, `locality`, `region`, `postal_code`, `country`.
        body "address" => address: Change<Address>,
        /// Language tag.
        body "locale" => locale: Change<Locale>,
        /// Time zone.
        body "zoneinfo" => zoneinfo: Change<Zoneinfo>,
        /// Whether the account may be used. Without it every session and token ends.
        body "isActive" => is_active: Option<bool>,
        /// Whether the address is known to be theirs.
        body "emailVerified" => email_verified: Option<bool>,
        /// All their roles, by slug.
        body "roles" => roles: Option<Vec<Key>>,
        /// All their groups, by slug.
        body "groups" => groups: Option<Vec<Key>>,
    }
}

kernel::events! {
    /// What changing a user records.
    pub enum Update {
        /// A user was changed.
        Updated = "users.updated", Info { about user: UserId, public changed: Vec<&'static str>, personal email: String };
    }
}

impl Operation for UpdateUser {
    const ID: &'static str = "users.update";
    const SUMMARY: &'static str = "Change a user; what isn't sent stays as it is.";
    const ROUTE: Route = Route::put("/orgs/{org}/api/v1/admin/users/{userId}");
    const ALSO: &'static [Route] = &[Route::patch("/orgs/{org}/api/v1/admin/users/{userId}")];
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::users::TAKEN, crate::privilege::ONESELF, crate::administrators::LAST];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = Self;
    type Output = Json<Changed<UserView>>;
    type Event = Update;

    async fn run(mut self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Update>, Fault> {
        let (mut user, rank) = subordinate(&mut cx.tx, &cx.actor, &self.user).await?;
        let (roles, groups) = (self.roles.take(), self.groups.take());
        let was_active = user.is_active;
        let mut changed = self.apply(&mut user);
        if was_active && !user.is_active {
            must_be_someone_else(&cx.actor, &user.id)?;
            end_access(&mut cx.tx, &user.id, cx.now, "user deactivated").await?;
        }
        update_user(&mut cx.tx, &user, cx.now).await?;
        if was_active && !user.is_active && is_administrator(&mut cx.tx, &user.id).await? {
            must_remain(&mut cx.tx).await?;
        }
        if let Some(keys) = roles
            && !holding::change::<Role>(cx, &rank, &user.id, &keys, true).await?.is_empty()
        {
            changed.push("roles");
        }
        if let Some(keys) = groups
            && !holding::change::<Group>(cx, &rank, &user.id, &keys, true).await?.is_empty()
        {
            changed.push("groups");
        }
        let data = UserView::reload(&mut cx.tx, &user.id).await?;
        let event = Update::Updated { user: user.id, changed, email: user.email };
        Ok(Verdict::Done(Json(Changed { data, message: "User updated." }), event))
    }
}
