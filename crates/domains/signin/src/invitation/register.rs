//! An account for the address an invitation was sent to. The link proves the address, so the account is in use at once; and whoever
//! invited decided that the person may have one, whether the organization lets people register or not.

use super::view::{Join, gone};
use super::{Answering, accept, find, may_register};
use crate::entrance::{self, SomebodyElse, read};
use crate::links::Opening;
use crate::page::{Page, see_other};
use crate::policy::Policy;
use crate::register::{activate, full_name, is_pending, register_anew};
use flow::{Answer, Cx, OneOrg, Operation, PasswordHash, Prep, Prepare, Route, SensitiveReads, Surface, Text, Verdict, Writes};
use identity::invitations::{Offer, find_offer};
use identity::users::{self, Email, NewUser, Profile, User};
use identity::{browser, roles};
use kernel::{Access, Fault, Limit, Secret};
use pages::Problem;

flow::input! {
    /// Show where to register by invitation.
    #[derive(Clone, Debug)]
    pub struct ShowJoin {
        /// The token of the link.
        query "token" => token: Option<Secret>,
    }
    /// What the form to register by invitation sends.
    #[derive(Clone, Debug)]
    pub struct JoinForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The token of the link.
        body "token" => token: Option<Secret>,
        /// First name.
        body "given_name" => given_name: Option<Text<0, 100>>,
        /// Last name.
        body "family_name" => family_name: Option<Text<0, 100>>,
        /// The password.
        body "password" => password: Option<Secret>,
    }
}

impl Operation for ShowJoin {
    const ID: &'static str = "companies.show_registration";
    const SUMMARY: &'static str = "The page to register by invitation.";
    const ROUTE: Route = Route::get("/orgs/{org}/invitation/register");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = SensitiveReads;
    type Input = Self;
    type Output = Answer;
    type Event = Opening;

    async fn run(self, cx: &mut Cx<OneOrg, SensitiveReads>) -> Result<Verdict<Answer, Opening>, Fault> {
        let token = self.token.unwrap_or_default();
        let purpose = "company_invitation";
        Ok(match find(cx, &token).await? {
            Some(offer) if may_register(cx, &offer) => {
                Verdict::Done(Join::with_name_of(&offer).answer(cx, &token, &offer), Opening::Opened { purpose })
            }
            Some(_) | None => Verdict::RefusedWith(gone(cx), Opening::Refused { purpose }),
        })
    }
}

/// Make an account by invitation, and accept it.
#[derive(Clone, Debug)]
pub struct JoinByInvitation {
    step: Step,
    token: Secret,
    given_name: String,
    family_name: String,
}

#[derive(Clone, Debug)]
enum Step {
    Stale,
    Gone,
    Unfit(Problem),
    Fit(PasswordHash),
}

impl Prepare<JoinByInvitation> for JoinForm {
    async fn prepare(self, prep: &Prep) -> Result<JoinByInvitation, Fault> {
        let csrf = self.csrf.unwrap_or_default();
        let is_ours = browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf).is_ok();
        let typed = |text: Option<Text<0, 100>>| text.map(Text::into_string).unwrap_or_default().trim().to_owned();
        let (token, given_name, family_name) = (self.token.unwrap_or_default(), typed(self.given_name), typed(self.family_name));
        let step = if is_ours {
            fit(prep, &token, &full_name(&given_name, &family_name), &self.password.unwrap_or_default()).await?
        } else {
            Step::Stale
        };
        Ok(JoinByInvitation { step, token, given_name, family_name })
    }
}

/// Judge and hash the password; costly, so only for a good link.
async fn fit(prep: &Prep, token: &Secret, name: &str, chosen: &Secret) -> Result<Step, Fault> {
    let (services, wanted, now) = (prep.services().clone(), token.clone(), prep.now);
    let offer = read(prep, move |mut tx| {
        let (services, wanted) = (services.clone(), wanted.clone());
        async move {
            let offer = find_offer(&mut tx, &services, &wanted, now).await;
            (tx, offer)
        }
    });
    let Some(offer) = offer.await? else { return Ok(Step::Gone) };
    let org = prep.organization()?;
    match Policy::of(prep.services(), org).new_password(org, chosen, &[&offer.email, name]) {
        Ok(password) => prep.hashing().hash(password, prep.rng()).await.map(Step::Fit),
        Err(problem) => Ok(Step::Unfit(problem)),
    }
}

impl Operation for JoinByInvitation {
    const ID: &'static str = "companies.register";
    const SUMMARY: &'static str = "Make an account by invitation, and accept it.";
    const ROUTE: Route = Route::post("/orgs/{org}/invitation/register");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = JoinForm;
    type Output = Answer;
    type Event = Answering;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Answering>, Fault> {
        let refused = |answer, reason| Ok(Verdict::RefusedWith(answer, Answering::Refused { reason }));
        let Some(offer) = find(cx, &self.token).await? else { return refused(gone(cx), "expired") };
        if !may_register(cx, &offer) {
            return refused(gone(cx), "makes_account");
        }
        let hash = match &self.step {
            Step::Gone => return refused(gone(cx), "expired"),
            Step::Stale => return refused(self.again(cx, &offer, Problem::FormExpired), "csrf"),
            Step::Unfit(problem) => return refused(self.again(cx, &offer, problem.clone()), "unfit"),
            Step::Fit(hash) => hash.clone(),
        };
        // Whoever holds the link reads the mail of that address, and may know that there is an account for it.
        let Some(user) = self.account(cx, &offer, hash).await? else {
            return refused(self.again(cx, &offer, Problem::EmailTaken), "account_exists");
        };
        let Some(event) = accept(cx, &offer, &user).await? else { return Err(crate::links::expired()) };
        let (_, cookies) = entrance::enter(cx, &user, false, SomebodyElse::SignsOut).await?;
        let answer = see_other(Page::of(cx).path("account?notice=joined"));
        Ok(Verdict::Done(cookies.into_iter().fold(answer, Answer::cookie), event))
    }
}

impl JoinByInvitation {
    /// The account for the address; `None` if there is one in use. One that somebody registered and never confirmed is taken over,
    /// without the password and the name they gave it.
    async fn account(&self, cx: &mut Cx<OneOrg, Writes>, offer: &Offer, hash: PasswordHash) -> Result<Option<User>, Fault> {
        let email = Email::parse(&offer.email).ok_or_else(|| Fault::internal("an invitation to no address"))?;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let name = some(&full_name(&self.given_name, &self.family_name));
        let (given_name, family_name) = (some(&self.given_name), some(&self.family_name));
        if let Some(known) = users::find_user_by_email(&mut cx.tx, &email.key()).await? {
            if !is_pending(&mut cx.tx, &known).await? {
                return Ok(None);
            }
            let user = User { name, given_name, family_name, ..known };
            register_anew(&mut cx.tx, &user, &hash, cx.now).await?;
            let is_active = activate(&mut cx.tx, &user.id, cx.now).await?;
            return Ok(Some(user).filter(|_| is_active));
        }
        let profile = Profile { name, given_name, family_name, ..Profile::default() };
        let new = NewUser { password: Some(hash), email_verified: true, profile, ..NewUser::with_email(email) };
        let services = cx.services().clone();
        let user = users::insert_user(&mut cx.tx, new, cx.now, &*services.rng).await?;
        roles::assign_default(&mut cx.tx, &user.id).await?;
        Ok(Some(user))
    }

    fn again(&self, cx: &Cx<OneOrg, Writes>, offer: &Offer, problem: Problem) -> Answer {
        let (given_name, family_name) = (self.given_name.clone(), self.family_name.clone());
        Join { given_name, family_name, problem: Some(problem) }.answer(cx, &self.token, offer)
    }
}
