//! Changing one's own password: the one so far is asked for, and guesses at it count like guesses at the door.

use super::proof::{self, Denied, Step};
use super::show::{back, caller, news};
use crate::entrance::{by_password, own_session, read};
use crate::links::{self, Purpose};
use crate::mail::tell_password_changed;
use crate::page::{Page, language_here};
use crate::recovery::new_hash;
use flow::{Answer, Cx, Mode, OneOrg, Operation, PasswordHash, Prep, Prepare, Reads, Route, Surface, Verdict, Writes};
use identity::{sessions, users};
use kernel::{Access, Fault, Limit, Secret, Silent, UserId};
use pages::{Problem, fields};

flow::input! {
    /// Show where to change the password.
    #[derive(Clone, Debug)]
    pub struct ShowChangePassword {}
}

impl Operation for ShowChangePassword {
    const ID: &'static str = "account.show_password";
    const SUMMARY: &'static str = "The page to change one's own password.";
    const ROUTE: Route = Route::get("/orgs/{org}/account/password");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        Ok(Verdict::Done(form(cx, 200, None).await?, Silent))
    }
}

flow::input! {
    /// What the form to change a password sends.
    #[derive(Clone, Debug)]
    pub struct ChangeForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// The password so far.
        body "current_password" => current: Option<Secret>,
        /// The new one.
        body "password" => chosen: Option<Secret>,
    }
}

/// Change one's own password.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    step: Step<Result<PasswordHash, Problem>>,
}

kernel::events! {
    /// What changing a password records.
    pub enum Changing {
        /// A person changed their password; their other sessions ended, and what was granted in them.
        Changed = "users.password_changed", Info { about user: UserId, public ended_sessions: u64 };
        /// A change of password was refused.
        Refused = "users.password_change_refused", Warning { about user: UserId, public reason: &'static str, public locked: bool };
    }
}

impl Prepare<ChangePassword> for ChangeForm {
    async fn prepare(self, prep: &Prep) -> Result<ChangePassword, Fault> {
        let filled = match proof::fill(prep, self.csrf, self.current, (fields::PASSWORD, self.chosen)).await? {
            Ok(filled) => filled,
            Err(step) => return Ok(ChangePassword { step }),
        };
        let new = if filled.is_right() {
            hash_new(prep, filled.user.clone(), &filled.chosen).await?
        } else {
            Err(Problem::PasswordWrong)
        };
        Ok(ChangePassword { step: filled.with(new) })
    }
}

async fn hash_new(prep: &Prep, id: UserId, chosen: &Secret) -> Result<Result<PasswordHash, Problem>, Fault> {
    let found = read(prep, move |mut tx| {
        let id = id.clone();
        async move {
            let found = async {
                let user = users::load_user(&mut tx, &id).await?;
                let recent = users::recent_password_hashes(&mut tx, &id).await?;
                Ok((user, recent))
            };
            let found = found.await;
            (tx, found)
        }
    });
    let (user, recent) = found.await?;
    new_hash(prep, chosen, &user, &recent).await
}

impl Operation for ChangePassword {
    const ID: &'static str = "account.change_password";
    const SUMMARY: &'static str = "Change one's own password.";
    const ROUTE: Route = Route::post("/orgs/{org}/account/password");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Session;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ChangeForm;
    type Output = Answer;
    type Event = Changing;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Changing>, Fault> {
        let (user, _) = caller(cx)?;
        match self.step.settle(cx).await? {
            Err(denied) => refuse(cx, user, denied).await,
            Ok((_, Err(problem))) => refuse(cx, user, Denied::unfit(problem)).await,
            Ok((person, Ok(hash))) => change(cx, &person, &hash).await,
        }
    }
}

async fn change(
    cx: &mut Cx<OneOrg, Writes>,
    user: &users::User,
    hash: &PasswordHash,
) -> Result<Verdict<Answer, Changing>, Fault> {
    let (_, own) = caller(cx)?;
    users::set_password_hash(&mut cx.tx, &user.id, hash, cx.now).await?;
    let ended_sessions = users::end_access_elsewhere(&mut cx.tx, &user.id, &own, cx.now, "password changed").await?;
    links::void(&mut cx.tx, &user.id, &[Purpose::ResetPassword, Purpose::RenewPassword], cx.now).await?;
    let services = cx.services().clone();
    let words = language_here(cx);
    tell_password_changed(&mut cx.tx, &services, user, words, cx.now).await?;
    let session = own_session(cx).await?.ok_or_else(sessions::session_required)?;
    let (_, cookies) = sessions::rotate(cx, session, by_password(cx.now)).await?;
    let answer = back(cx.org().slug(), news::PASSWORD_SAVED).cookie(cookies);
    Ok(Verdict::Done(answer, Changing::Changed { user: user.id.clone(), ended_sessions }))
}

async fn refuse(cx: &mut Cx<OneOrg, Writes>, user: UserId, denied: Denied) -> Result<Verdict<Answer, Changing>, Fault> {
    let Denied { status, problem, reason, locked } = denied;
    let answer = form(cx, status, Some(problem)).await?;
    Ok(Verdict::RefusedWith(answer, Changing::Refused { user, reason, locked }))
}

async fn form<M: Mode>(cx: &mut Cx<OneOrg, M>, status: u16, problem: Option<Problem>) -> Result<Answer, Fault> {
    let (user, _) = caller(cx)?;
    let account = users::load_user(&mut cx.tx, &user).await?.email;
    let page = Page::of(cx);
    let mut form = page.form("account/password");
    form.problem = problem;
    let document = pages::ChangePassword {
        shell: page.shell(),
        form,
        account,
        least_password: page.policy.least_password(),
        back_url: page.path("account"),
    };
    Ok(page.show(status, document.html(), document.policy()))
}
