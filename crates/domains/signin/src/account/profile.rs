//! Changing one's profile.

use super::check;
use super::show::{back, caller, news};
use crate::links::{NewLink, Purpose};
use crate::mail::{Writing, send_link};
use crate::page::language_here;
use crate::register::full_name;
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Route, Surface, Text, Verdict, Writes};
use identity::users;
use kernel::{Access, Fault, Limit, Secret, UserId};

flow::input! {
    /// What the profile form sends.
    #[derive(Clone, Debug)]
    pub struct ProfileForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// First name.
        body "given_name" => given_name: Option<Text<0, 100>>,
        /// Last name.
        body "family_name" => family_name: Option<Text<0, 100>>,
    }
}

/// Change one's own name.
#[derive(Clone, Debug)]
pub struct UpdateProfile {
    given_name: String,
    family_name: String,
}

kernel::events! {
    /// What changing one's profile records.
    pub enum Editing {
        /// A person changed their profile.
        Updated = "users.profile_changed", Info { about user: UserId, public fields: Vec<&'static str> };
        /// A person asked for a link to confirm their address.
        Asked = "users.own_verification_requested", Info { about user: UserId, public sent: bool };
    }
}

impl Prepare<UpdateProfile> for ProfileForm {
    async fn prepare(self, prep: &Prep) -> Result<UpdateProfile, Fault> {
        check(prep, self.csrf)?;
        let trimmed = |text: Option<Text<0, 100>>| text.map(Text::into_string).unwrap_or_default().trim().to_owned();
        Ok(UpdateProfile { given_name: trimmed(self.given_name), family_name: trimmed(self.family_name) })
    }
}

impl Operation for UpdateProfile {
    const ID: &'static str = "account.update_profile";
    const SUMMARY: &'static str = "Change one's own name.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/profile");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ProfileForm;
    type Output = Answer;
    type Event = Editing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Editing>, Fault> {
        let (id, _) = caller(cx)?;
        let mut user = users::load_user(&mut cx.tx, &id).await?;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut fields = Vec::new();
        let name = full_name(&self.given_name, &self.family_name);
        for (field, stored, new) in [
            ("given_name", &mut user.given_name, some(&self.given_name)),
            ("family_name", &mut user.family_name, some(&self.family_name)),
            ("name", &mut user.name, some(&name)),
        ] {
            if *stored != new {
                *stored = new;
                fields.push(field);
            }
        }
        if !fields.is_empty() {
            users::update_user(&mut cx.tx, &user, cx.now).await?;
        }
        Ok(Verdict::Done(back(cx.org().slug(), news::PROFILE_SAVED), Editing::Updated { user: id, fields }))
    }
}

flow::input! {
    /// What the button below an unconfirmed address sends.
    #[derive(Clone, Debug)]
    pub struct ConfirmationForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
    }
}

/// Ask for a link to confirm one's own address.
#[derive(Clone, Debug)]
pub struct ResendConfirmation;

impl Prepare<ResendConfirmation> for ConfirmationForm {
    async fn prepare(self, prep: &Prep) -> Result<ResendConfirmation, Fault> {
        check(prep, self.csrf)?;
        Ok(ResendConfirmation)
    }
}

impl Operation for ResendConfirmation {
    const ID: &'static str = "account.confirm_email";
    const SUMMARY: &'static str = "Ask for a link to confirm one's own address.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/confirm-email");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ConfirmationForm;
    type Output = Answer;
    type Event = Editing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Editing>, Fault> {
        let (id, _) = caller(cx)?;
        let user = users::load_user(&mut cx.tx, &id).await?;
        let (services, words) = (cx.services().clone(), language_here(cx));
        let continue_to = format!("/orgs/{}/account", cx.org().slug());
        let link = NewLink { purpose: Purpose::VerifyEmail, user: &user, continue_to: Some(&continue_to), browser: None };
        let sent = !user.email_verified && send_link(&mut cx.tx, &services, &link, Writing::ToConfirm, words, cx.now).await?;
        Ok(Verdict::Done(back(cx.org().slug(), news::MAIL_SENT), Editing::Asked { user: id, sent }))
    }
}
