//! The consent page: what an application asks for, and the person's decision.

use super::Authorization;
use super::asked::{Waiting, waiting};
use super::deliver::{Outcome, WayBack};
use super::proceed::{Scene, cancel, session};
use crate::decoupled::details_in_words;
use flow::{Answer, Cx, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict, Writes};
use identity::{browser, scopes, sessions, users};
use kernel::{Access, Fault, Limit, Scopes, Secret, Silent};
use oauth::interaction::Decision;
use pages::Scope;
use pages::fields::{ALLOW, DENY};
use signin::page::{self, Page, see_other};
use signin::transaction;
use std::collections::HashMap;

flow::input! {
    /// Ask for the consent page.
    #[derive(Clone, Debug)]
    pub struct ConsentQuery {
        /// The handle of the request that waits.
        query "transaction" => handle: String,
    }

    /// What the consent page sends.
    #[derive(Clone, Debug)]
    pub struct ConsentForm {
        /// Against forgery.
        body "csrf" => csrf: Secret,
        /// The handle of the request that waits.
        body "transaction" => handle: String,
        /// `allow` or `deny`.
        body "decision" => decision: String,
    }
}

/// Show what an application asks for.
#[derive(Clone)]
pub struct ShowConsent(Box<Waiting>);

impl Prepare<ShowConsent> for ConsentQuery {
    async fn prepare(self, prep: &Prep) -> Result<ShowConsent, Fault> {
        Ok(ShowConsent(Box::new(waiting(prep, &self.handle).await?)))
    }
}

impl Operation for ShowConsent {
    const ID: &'static str = "oauth.show_consent";
    const SUMMARY: &'static str = "The consent page.";
    const ROUTE: Route = Route::get("/orgs/{org}/consent");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = ConsentQuery;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let waiting = self.0;
        let session = session(cx).await?;
        let decision = Scene::of(&waiting).decide(cx, session.as_ref()).await?;
        let (Decision::Consent { scopes: asked, .. }, Some(session)) = (decision, session) else {
            // Whatever else is due, the authorization endpoint knows.
            return Ok(Verdict::Done(see_other(transaction::resume_path(cx.org().slug(), &waiting.handle)), Silent));
        };
        let account = users::load_user(&mut cx.tx, &session.user).await?.email;
        let has_kept = !sessions::list_kept(cx).await?.is_empty();
        let (slug, handle) = (cx.org().slug(), &waiting.handle);
        let other_account =
            if has_kept { transaction::choose_account_path(slug, handle) } else { transaction::other_account_path(slug, handle) };
        let page = Page::new(cx.services(), cx.org(), &cx.request, waiting.display.ui_locales.as_deref());
        let mut form = page.form("consent");
        form.hidden = vec![("transaction".to_owned(), waiting.handle.clone())];
        let document = pages::Consent {
            shell: page.consent_shell(),
            form,
            client: page::client(&waiting.display),
            account,
            switch_url: Some(other_account),
            scopes: in_own_words(cx, &asked).await?,
            details: details_in_words(cx.org(), &waiting.request.authorization_details),
        };
        let (html, policy) = (document.html(), document.policy());
        Ok(Verdict::Done(page.show(200, html, policy), Silent))
    }
}

/// The scopes, each with what the organization says it means.
async fn in_own_words(cx: &mut Cx<OneOrg, Reads>, asked: &Scopes) -> Result<Vec<Scope>, Fault> {
    let mut own: HashMap<String, Option<String>> =
        scopes::list(&mut cx.tx).await?.into_iter().map(|scope| (scope.name, scope.description)).collect();
    Ok(asked.iter().map(|name| Scope { name: name.to_owned(), description: own.remove(name).flatten() }).collect())
}

/// The person's decision.
#[derive(Clone)]
pub struct DecideConsent {
    waiting: Box<Waiting>,
    back: WayBack,
    is_allowed: bool,
}

impl Prepare<DecideConsent> for ConsentForm {
    async fn prepare(self, prep: &Prep) -> Result<DecideConsent, Fault> {
        browser::check_csrf(prep.services(), prep.organization()?, &prep.request, &self.csrf)?;
        let is_allowed = match self.decision.as_str() {
            ALLOW => true,
            DENY => false,
            _ => return Err(Fault::invalid("invalid_request", "The decision must be allow or deny.")),
        };
        let waiting = waiting(prep, &self.handle).await?;
        let back = WayBack::of(prep, waiting.client.clone(), &waiting.request).await?;
        Ok(DecideConsent { waiting: Box::new(waiting), back, is_allowed })
    }
}

impl Operation for DecideConsent {
    const ID: &'static str = "oauth.decide_consent";
    const SUMMARY: &'static str = "Allow or deny what an application asks for.";
    const ROUTE: Route = Route::post("/orgs/{org}/consent");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Standard;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = ConsentForm;
    type Output = Outcome;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Outcome, Authorization>, Fault> {
        if !self.is_allowed {
            return cancel(cx, &self.back, &self.waiting).await;
        }
        let allowed = Some(&self.waiting.request.scopes);
        Scene { allowed, ..Scene::of(&self.waiting) }.proceed(cx, &self.back).await
    }
}
