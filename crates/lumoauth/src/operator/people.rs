//! People, as the operator makes them.

use flow::{Answer, Body, Cx, NoInput, OneOrg, Operation, PasswordHash, Prep, Prepare, Route, Surface, Verdict, Writes};
use identity::roles::{assign, assign_default, find_role};
use identity::users::{Email, NewUser, find_user_by_email, insert_user, set_password_hash};
use identity::{roles, users};
use kernel::{Access, Fault, UserId};
use store::Topic;

/// Make a person with roles.
#[derive(Clone)]
pub struct MakePerson {
    /// Who.
    pub email: Email,
    /// Their name.
    pub name: Option<String>,
    /// Their password, hashed.
    pub password: PasswordHash,
    /// Roles beside the one everybody has, by slug.
    pub roles: Vec<String>,
}

kernel::events! {
    /// What making a person records.
    pub enum PersonMade {
        /// The operator made a person.
        Created = "users.created_by_operator", Info { about user: UserId, public roles: Vec<String>, personal email: String };
    }
    /// What setting a password records.
    pub enum PasswordSet {
        /// The operator set a person's password and ended their sessions.
        Set = "users.password_set_by_operator", Warning { about user: UserId };
    }
}

impl Operation for MakePerson {
    const ID: &'static str = "users.create_by_operator";
    const SUMMARY: &'static str = "Make a person.";
    const ROUTE: Route = Route::post("operator/users");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = PersonMade;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, PersonMade>, Fault> {
        let services = cx.services().clone();
        let email = self.email.as_str().to_owned();
        let mut new = NewUser { password: Some(self.password), email_verified: true, ..NewUser::with_email(self.email) };
        new.profile.name = self.name;
        let user = insert_user(&mut cx.tx, new, cx.now, &*services.rng).await?;
        assign_default(&mut cx.tx, &user.id).await?;
        for slug in &self.roles {
            let role = find_role(&mut cx.tx, slug).await?.ok_or_else(roles::not_found)?;
            assign(&mut cx.tx, &user.id, &role.id).await?;
        }
        let org = cx.org().id().clone();
        cx.tx.touch(Topic::Permissions(org));
        Ok(Verdict::Done(Answer::new(201, Body::Empty), PersonMade::Created { user: user.id, roles: self.roles, email }))
    }
}

/// Set a person's password and end their sessions, grants and tokens.
#[derive(Clone)]
pub struct SetPassword {
    /// Who.
    pub email: Email,
    /// The new password, hashed.
    pub password: PasswordHash,
}

impl Operation for SetPassword {
    const ID: &'static str = "users.set_password_by_operator";
    const SUMMARY: &'static str = "Set a person's password.";
    const ROUTE: Route = Route::post("operator/users/password");
    const SURFACE: Surface = Surface::Api;
    const ACCESS: Access = Access::Operator;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = NoInput;
    type Output = Answer;
    type Event = PasswordSet;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, PasswordSet>, Fault> {
        let user = find_user_by_email(&mut cx.tx, &self.email.key()).await?.ok_or_else(users::not_found)?;
        set_password_hash(&mut cx.tx, &user.id, &self.password, cx.now).await?;
        users::end_access(&mut cx.tx, &user.id, cx.now, "password set by operator").await?;
        Ok(Verdict::Done(Answer::new(200, Body::Empty), PasswordSet::Set { user: user.id }))
    }
}

impl Prepare<MakePerson> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<MakePerson, Fault> {
        Err(super::not_over_the_network())
    }
}
impl Prepare<SetPassword> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<SetPassword, Fault> {
        Err(super::not_over_the_network())
    }
}
