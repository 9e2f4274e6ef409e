//! Signing out of this site. (Signing out on behalf of an application is the OpenID provider's business.)

use crate::farewell::{self, signed_out};
use crate::page::{Page, see_other};
use flow::{Answer, Catalogue, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Text, Verdict, Writes};
use identity::{browser, sessions, users};
use kernel::{Access, Fault, Secret, Silent, UserId};
use pages::{Problem, fields};

pub(crate) fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<ShowSignOut>().mount::<SignOut>()
}

flow::input! {
    /// Ask whether to sign out; without a session, say that nobody is signed in.
    #[derive(Clone, Debug)]
    pub struct ShowSignOut {}
}

impl Operation for ShowSignOut {
    const ID: &'static str = "users.show_sign_out";
    const SUMMARY: &'static str = "The sign-out page.";
    const ROUTE: Route = Route::get("/orgs/{org}/signout");
    const ALSO: &'static [Route] = &[Route::get("/orgs/{org}/logout")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let page = Page::of(cx);
        let Some(user) = cx.actor.user().cloned() else {
            return Ok(Verdict::Done(signed_out(page, None, Vec::new()), Silent));
        };
        let account = users::load_user(&mut cx.tx, &user).await?.email;
        Ok(Verdict::Done(ask(page, account, 200, None), Silent))
    }
}

flow::input! {
    /// What the sign-out form sends.
    #[derive(Clone, Debug)]
    pub struct SignOutForm {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
        /// `stay` to remain signed in.
        body "decision" => decision: Option<Text<0, 16>>,
    }
}

/// Sign out.
#[derive(Clone, Debug)]
pub struct SignOut {
    is_ours: bool,
    stays: bool,
}

kernel::events! {
    /// What signing out records.
    pub enum SigningOut {
        /// A person signed out.
        SignedOut = "users.signed_out", Info { about user: UserId };
        /// A person was asked and stays signed in, or there was nobody to sign out.
        Stayed = "users.sign_out_declined", Info { };
        /// A sign-out was refused.
        Refused = "users.sign_out_refused", Info { public reason: &'static str };
    }
}

impl Prepare<SignOut> for SignOutForm {
    async fn prepare(self, prep: &Prep) -> Result<SignOut, Fault> {
        let csrf = self.csrf.unwrap_or_default();
        let is_ours = browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &csrf).is_ok();
        Ok(SignOut { is_ours, stays: self.decision.is_some_and(|decision| decision.as_str() == fields::STAY) })
    }
}

impl Operation for SignOut {
    const ID: &'static str = "users.sign_out";
    const SUMMARY: &'static str = "Sign out.";
    const ROUTE: Route = Route::post("/orgs/{org}/signout");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/logout")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SignOutForm;
    type Output = Answer;
    type Event = SigningOut;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, SigningOut>, Fault> {
        let page = Page::of(cx);
        let (Some(user), Some(session)) = (cx.actor.user().cloned(), cx.actor.session().cloned()) else {
            return Ok(Verdict::Done(see_other(page.path("signout")), SigningOut::Stayed {}));
        };
        if !self.is_ours {
            let account = users::load_user(&mut cx.tx, &user).await?.email;
            let answer = ask(page, account, 403, Some(Problem::FormExpired));
            return Ok(Verdict::RefusedWith(answer, SigningOut::Refused { reason: "csrf" }));
        }
        if self.stays {
            return Ok(Verdict::Done(see_other(page.path("account")), SigningOut::Stayed {}));
        }
        let services = cx.services().clone();
        let frames = match sessions::find(&mut cx.tx, &session, cx.now).await? {
            Some(session) => farewell::frames(&mut cx.tx, &services, &session).await?,
            None => Vec::new(),
        };
        sessions::end(&mut cx.tx, &session, cx.now).await?;
        // Whoever is signed in besides, nobody should believe to be signed out.
        let next = if sessions::list_kept(cx).await?.is_empty() { "signout" } else { "accounts" };
        let answer = if frames.is_empty() { see_other(page.path(next)) } else { signed_out(page, None, frames) };
        Ok(Verdict::Done(answer.cookie(sessions::removal(cx.org())), SigningOut::SignedOut { user }))
    }
}

fn ask(page: Page, account: String, status: u16, problem: Option<Problem>) -> Answer {
    let mut form = page.form("signout");
    form.problem = problem;
    let document = pages::SignOut { shell: page.shell(), form, account, client_name: None };
    page.show(status, document.html(), document.policy())
}
