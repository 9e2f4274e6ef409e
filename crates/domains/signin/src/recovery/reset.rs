//! A new password by a link. The link is worth as much as the password it replaces: it is used up by one statement, lives for an
//! hour, and everything that was opened with the old password ends.

use super::new_hash;
use super::view::{form, gone};
use crate::entrance::read;
use crate::links::{self, Link, Opening, Purpose};
use crate::mail::tell_password_changed;
use crate::onward::Onward;
use crate::page::{language_here, see_other};
use flow::{Answer, Cx, Mode, OneOrg, Operation, PasswordHash, Prep, Prepare, Route, SensitiveReads, Surface, Verdict, Writes};
use identity::browser;
use identity::guesses::{self, Subject};
use identity::users::{self, User};
use kernel::{Access, Fault, Limit, Secret, UserId};
use pages::Problem;

flow::input! {
    /// Show where to choose a new password.
    #[derive(Clone, Debug)]
    pub struct ShowResetPassword {
        /// The token of the link.
        query "token" => token: Option<Secret>,
    }
}

impl Operation for ShowResetPassword {
    const ID: &'static str = "users.show_password_reset";
    const SUMMARY: &'static str = "The page a reset link leads to.";
    const ROUTE: Route = Route::get("/orgs/{org}/reset-password");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = SensitiveReads;
    type Input = Self;
    type Output = Answer;
    type Event = Opening;

    async fn run(self, cx: &mut Cx<OneOrg, SensitiveReads>) -> Result<Verdict<Answer, Opening>, Fault> {
        let token = self.token.unwrap_or_default();
        Ok(match find(cx, &token).await? {
            Some((link, user)) => {
                Verdict::Done(form(cx, &token, &link, &user.email, None), Opening::Opened { purpose: link.purpose.as_str() })
            }
            None => Verdict::RefusedWith(gone(cx), Opening::Refused { purpose: "reset_password" }),
        })
    }
}

flow::input! {
    /// What the form for a new password sends.
    #[derive(Clone, Debug)]
    pub struct ResetForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The token of the link.
        body "token" => token: Option<Secret>,
        /// The new password.
        body "password" => password: Option<Secret>,
    }
}

/// Choose a new password by a link.
#[derive(Clone, Debug)]
pub struct ResetPassword {
    step: Step,
    token: Secret,
}

#[derive(Clone, Debug)]
enum Step {
    Stale,
    Gone,
    Unfit(Problem),
    Fit(PasswordHash),
}

kernel::events! {
    /// What a new password by link records.
    pub enum Resetting {
        /// A person chose a new password by a link; their sessions and grants ended.
        Reset = "users.password_reset", Warning { about user: UserId, public ended_sessions: u64 };
        /// A new password by link was refused.
        Refused = "users.password_reset_refused", Info { public reason: &'static str };
    }
}

impl Prepare<ResetPassword> for ResetForm {
    async fn prepare(self, prep: &Prep) -> Result<ResetPassword, Fault> {
        let token = self.token.unwrap_or_default();
        let is_ours =
            browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &self.csrf.unwrap_or_default()).is_ok();
        let step = if is_ours { fit(prep, &token, &self.password.unwrap_or_default()).await? } else { Step::Stale };
        Ok(ResetPassword { step, token })
    }
}

/// Judge and hash the password; costly, so only for a good link.
async fn fit(prep: &Prep, token: &Secret, chosen: &Secret) -> Result<Step, Fault> {
    let (services, wanted, now) = (prep.services().clone(), token.clone(), prep.now);
    let found = read(prep, move |mut tx| {
        let (services, wanted) = (services.clone(), wanted.clone());
        async move {
            let found = async {
                let link = links::find(&mut tx, &services, &wanted, now).await?;
                let Some(link) = link.filter(|link| link.purpose.is_for_password()) else { return Ok(None) };
                let user = users::load_user(&mut tx, &link.user).await?;
                let recent = users::recent_password_hashes(&mut tx, &link.user).await?;
                Ok(Some((user, recent)))
            };
            let found = found.await;
            (tx, found)
        }
    });
    let Some((user, recent)) = found.await?.filter(|(user, _)| user.may_enter()) else { return Ok(Step::Gone) };
    new_hash(prep, chosen, &user, &recent).await.map(|fit| match fit {
        Ok(hash) => Step::Fit(hash),
        Err(problem) => Step::Unfit(problem),
    })
}

impl Operation for ResetPassword {
    const ID: &'static str = "users.reset_password";
    const SUMMARY: &'static str = "Choose a new password by a link.";
    const ROUTE: Route = Route::post("/orgs/{org}/reset-password");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ResetForm;
    type Output = Answer;
    type Event = Resetting;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Resetting>, Fault> {
        let refuse = |answer, reason| Ok(Verdict::RefusedWith(answer, Resetting::Refused { reason }));
        let Some((link, user)) = find(cx, &self.token).await? else { return refuse(gone(cx), "expired") };
        let hash = match self.step {
            Step::Gone => return refuse(gone(cx), "expired"),
            Step::Stale => return refuse(form(cx, &self.token, &link, &user.email, Some(Problem::FormExpired)), "csrf"),
            Step::Unfit(problem) => return refuse(form(cx, &self.token, &link, &user.email, Some(problem)), "unfit"),
            Step::Fit(hash) => hash,
        };
        if !links::claim(&mut cx.tx, &link, cx.now).await? {
            return refuse(gone(cx), "expired");
        }
        let ended_sessions = replace(cx, &link, &user, &hash).await?;
        let onward = Onward::of(cx.org().slug(), None, link.continue_to.as_deref());
        let answer = see_other(back_to_sign_in(cx.org().slug(), &onward));
        // Somebody else who is signed in here stays so.
        let is_somebody_else = cx.actor.user().is_some_and(|current| *current != user.id);
        let answer = if is_somebody_else { answer } else { answer.cookie(identity::sessions::removal(cx.org())) };
        Ok(Verdict::Done(answer, Resetting::Reset { user: user.id, ended_sessions }))
    }
}

/// The new password counts, and nothing that was opened with the old one.
async fn replace(cx: &mut Cx<OneOrg, Writes>, link: &Link, user: &User, hash: &PasswordHash) -> Result<u64, Fault> {
    let services = cx.services().clone();
    users::set_password_hash(&mut cx.tx, &user.id, hash, cx.now).await?;
    let ended = users::end_access(&mut cx.tx, &user.id, cx.now, "password reset").await?;
    if link.purpose == Purpose::ResetPassword {
        // The link came by mail, so the address is theirs.
        users::mark_email_verified(&mut cx.tx, &user.id, cx.now).await?;
    }
    // Guesses at the old password no longer keep them out.
    let account = Subject::account(&services, cx.org(), Some(&user.id), &user.email, &cx.request);
    guesses::record_success(&mut cx.tx, &[account]).await?;
    let words = language_here(cx);
    tell_password_changed(&mut cx.tx, &services, user, words, cx.now).await?;
    Ok(ended)
}

/// The link of a token and its person, if both are still good.
async fn find<M: Mode>(cx: &mut Cx<OneOrg, M>, token: &Secret) -> Result<Option<(Link, User)>, Fault> {
    let services = cx.services().clone();
    let link = links::find(&mut cx.tx, &services, token, cx.now).await?;
    let Some(link) = link.filter(|link| link.purpose.is_for_password()) else { return Ok(None) };
    let user = users::find_user(&mut cx.tx, &link.user).await?.filter(User::may_enter);
    Ok(user.map(|user| (link, user)))
}

fn back_to_sign_in(slug: &str, onward: &Onward) -> String {
    let path = onward.path().map_or_else(|| format!("/orgs/{slug}/signin"), str::to_owned);
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}notice=password_saved")
}
