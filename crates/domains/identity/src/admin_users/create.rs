//! A new user.

mod form;

pub use form::CreateUserForm;

use super::view::UserView;
use crate::envelope::Changed;
use crate::groups::Group;
use crate::holding;
use crate::named::Key;
use crate::permissions::USERS_WRITE;
use crate::privilege::Rank;
use crate::roles::{self, Role};
use crate::users::{NewUser, insert_user};
use flow::{Created, Cx, OneOrg, Operation, Route, Surface, Verdict, Writes};
use kernel::{Access, Denial, Fault, UserId};

/// Create a user.
#[derive(Clone, Debug)]
pub struct CreateUser {
    new: NewUser,
    roles: Option<Vec<Key>>,
    groups: Vec<Key>,
}

kernel::events! {
    /// What creating a user records.
    pub enum Creation {
        /// A user was created.
        Created = "users.created", Info { about user: UserId, public roles: Vec<String>, public groups: Vec<String>, personal email: String };
    }
}

impl Operation for CreateUser {
    const ID: &'static str = "users.create";
    const SUMMARY: &'static str = "Create a user.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/admin/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Permission(USERS_WRITE);
    const DENIALS: &'static [Denial] = &[crate::users::TAKEN];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = CreateUserForm;
    type Output = Created<Changed<UserView>>;
    type Event = Creation;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Self::Output, Creation>, Fault> {
        let services = cx.services().clone();
        let user = insert_user(&mut cx.tx, self.new, cx.now, &*services.rng).await?;
        let rank = Rank::of_actor(&mut cx.tx, &cx.actor).await?;
        let roles = if let Some(keys) = &self.roles {
            holding::change::<Role>(cx, &rank, &user.id, keys, false).await?.added
        } else {
            roles::assign_default(&mut cx.tx, &user.id).await?;
            vec![crate::permissions::USER_ROLE.to_owned()]
        };
        let groups = holding::change::<Group>(cx, &rank, &user.id, &self.groups, false).await?.added;
        let event = Creation::Created { user: user.id.clone(), roles, groups, email: user.email.clone() };
        let data = UserView::detailed(&mut cx.tx, user).await?;
        Ok(Verdict::Done(Created(Changed { data, message: "User created." }), event))
    }
}
