//! Signing out at an application's request (OpenID Connect RP-Initiated Logout 1.0).
//!
//! A request by POST without our own form's token is answered by sending the browser here again with GET: when another site posts,
//! browsers keep the session cookie back, and nobody would be signed out.

mod deliver;
mod deliveries;
mod list;
mod tell;

pub use deliver::DeliverLogout;
pub use deliveries::State;
pub use list::ListLogoutDeliveries;
pub use tell::TellClients;

use crate::clients::{self, Client, issuer};
use crate::{families, keys, params, subjects};
use flow::{
    Answer, Catalogue, Cookie, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Verdict,
    Writes,
};
use identity::sessions::{self, Session};
use identity::{browser, users};
use kernel::{Access, Fault, Limit, Secret, UserId};
use oauth::Params;
use oauth::end_session::{self as rules, Decision, Facts, Request, SignedIn, Then};
use oauth::id_token::{self, Hint};
use oauth::pairwise::Subjects;
use pages::SignOut;
use pages::fields::{CSRF, DECISION, SESSION, SIGN_OUT};
use signin::accounts::Accounts;
use signin::farewell::{self, WayBack};
use signin::page::{Page, see_other};
use std::sync::Arc;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<EndSession>().mount::<ListLogoutDeliveries>()
}

const PATH: &str = "api/v1/oauth/logout";
/// The name of the form token in the published contract.
const CONTRACT_CSRF: &str = "_csrf_token";
/// What travels along through the confirmation page.
const CARRIED: [&str; 6] = ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// A logout request, not looked at yet.
#[derive(Clone, Debug)]
pub struct EndSessionRequest(Params);

impl Parse for EndSessionRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(if incoming.method == "POST" { params::of_body(incoming)? } else { params::of_query(incoming)? }))
    }
    fn parameters() -> Vec<Parameter> {
        [
            ("id_token_hint", "An earlier ID token about the person."),
            ("logout_hint", "Whom the application believes to be signed in; proves nothing."),
            ("client_id", "Who asks."),
            ("post_logout_redirect_uri", "Where to go then: a registered address."),
            ("state", "Given back there."),
            ("ui_locales", "Preferred languages."),
        ]
        .map(|(name, description)| Parameter { source: Source::Query, ..crate::token::parameter(name, false, description) })
        .into()
    }
}

/// Sign out.
#[derive(Clone)]
pub enum EndSession {
    /// Come again with GET.
    Again(String),
    /// The person doesn't want to.
    Stay,
    /// Decide.
    Asked(Box<Asked>),
}

/// A request with everything that is known about it.
#[derive(Clone)]
pub struct Asked {
    params: Params,
    request: Request,
    hint: Option<Hint>,
    client: Option<Arc<Client>>,
    /// How that client knows people.
    subjects: Subjects,
    is_confirmed: bool,
    /// The session whose account the confirmation page named.
    shown: Option<String>,
}

impl Prepare<EndSession> for EndSessionRequest {
    async fn prepare(self, prep: &Prep) -> Result<EndSession, Fault> {
        let (services, org, params) = (prep.services(), prep.organization()?, self.0);
        let request = rules::parse(&params)?;
        let csrf = params.one(CSRF)?.or(params.one(CONTRACT_CSRF)?).map(Secret::new);
        if prep.request.method == "POST" {
            let Some(csrf) = &csrf else { return Ok(EndSession::Again(again(org.slug(), &params))) };
            browser::check_csrf(services, org, &prep.request, csrf)?;
            if params.one(DECISION)?.is_some_and(|decision| decision != SIGN_OUT) {
                return Ok(EndSession::Stay);
            }
        }
        let keys = keys::of(services, org).await?;
        let issuer = issuer(services, org);
        let hint = request.id_token_hint.as_ref().and_then(|hint| id_token::check_hint(hint, keys.verifying(), &issuer).ok());
        let client = match request.client_to_load(hint.as_ref()) {
            Some(id) => clients::find(services, org, id).await?.filter(|client| client.is_active()),
            None => None,
        };
        let subjects = match &client {
            Some(client) => subjects::of(services, org, client).await?,
            None => Subjects::Public,
        };
        let is_confirmed = prep.request.method == "POST";
        let shown = params.one(SESSION)?.filter(|_| is_confirmed).map(str::to_owned);
        Ok(EndSession::Asked(Box::new(Asked { params, request, hint, client, subjects, is_confirmed, shown })))
    }
}

fn again(slug: &str, params: &Params) -> String {
    let carried = params.pairs().filter(|(name, _)| CARRIED.contains(name));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(carried).finish();
    if query.is_empty() { format!("/orgs/{slug}/{PATH}") } else { format!("/orgs/{slug}/{PATH}?{query}") }
}

kernel::events! {
    /// What signing out records.
    pub enum SigningOut {
        /// A person signed out.
        SignedOut = "users.signed_out", Info { about user: UserId, public client: Option<kernel::ClientId>, public families: i64 };
        /// A person was asked whether to sign out.
        Asked = "users.sign_out_asked", Info { public client: Option<kernel::ClientId> };
        /// Somebody signed out who wasn't signed in.
        NobodySignedIn = "users.sign_out_ignored", Info { public client: Option<kernel::ClientId> };
    }
}

impl Operation for EndSession {
    const ID: &'static str = "oauth.logout";
    const SUMMARY: &'static str = "Sign out at an application's request.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/logout");
    const ALSO: &'static [Route] = &[Route::post("/orgs/{org}/api/v1/oauth/logout")];
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Standard;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = EndSessionRequest;
    type Output = Answer;
    type Event = SigningOut;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, SigningOut>, Fault> {
        let asked = match self {
            Self::Again(path) => return Ok(Verdict::Done(see_other(path), SigningOut::Asked { client: None })),
            Self::Stay => {
                let account = format!("/orgs/{}/account", cx.org().slug());
                return Ok(Verdict::Done(see_other(account), SigningOut::Asked { client: None }));
            }
            Self::Asked(asked) => asked,
        };
        let (session, removal) = asked.meant(cx).await?;
        let sub = session.as_ref().map(|session| asked.subjects.of_user(&session.user)).unwrap_or_default();
        let facts = Facts {
            hint: asked.hint.as_ref(),
            client: asked.client.as_ref().map(|client| &*client.metadata),
            signed_in: session.as_ref().map(|session| SignedIn { subject: &sub, session: &session.public_id }),
            is_confirmed: asked.is_confirmed,
        };
        match (rules::decide(&asked.request, &facts)?, session) {
            (Decision::Confirm, Some(session)) => asked.confirm(cx, &session).await,
            (Decision::Confirm, None) => Err(Fault::internal("a question without a person")),
            (Decision::SignOut(then), session) => asked.sign_out(cx, session, removal, then).await,
        }
    }
}

impl Asked {
    fn client_id(&self) -> Option<kernel::ClientId> {
        self.client.as_ref().map(|client| client.id().clone())
    }

    fn client_name(&self) -> Option<String> {
        self.client.as_ref().map(|client| client.metadata.client_name.clone())
    }

    /// The session that is to end, and what removes it from the browser: of its accounts the one that the page named; where no page
    /// did, the one the hint proves, else the current one. If the one that was named has ended since, no other ends in its place.
    async fn meant(&self, cx: &mut Cx<OneOrg, Writes>) -> Result<(Option<Session>, Vec<Cookie>), Fault> {
        let Accounts { current, kept } = Accounts::of(cx).await?;
        let is_meant = |session: &Session| match (&self.shown, &self.hint) {
            (Some(shown), _) => session.public_id == *shown,
            (None, Some(hint)) => hint.subject == self.subjects.of_user(&session.user),
            (None, None) => false,
        };
        let is_current = current.as_ref().is_some_and(is_meant);
        let other = kept.into_iter().find(|kept| is_meant(&kept.session)).filter(|_| !is_current);
        Ok(match other {
            Some(kept) => (Some(kept.session.clone()), vec![kept.removal(cx.org())]),
            None if self.shown.is_some() && !is_current && current.is_some() => (None, Vec::new()),
            None => (current, sessions::removal(cx.org()).to_vec()),
        })
    }

    fn page(&self, cx: &Cx<OneOrg, Writes>) -> Page {
        Page::new(cx.services(), cx.org(), &cx.request, self.request.ui_locales.as_deref())
    }

    async fn confirm(&self, cx: &mut Cx<OneOrg, Writes>, session: &Session) -> Result<Verdict<Answer, SigningOut>, Fault> {
        let account = users::load_user(&mut cx.tx, &session.user).await?.email;
        let page = self.page(cx);
        let mut form = page.form(PATH);
        let carried = self.params.pairs().filter(|(name, _)| CARRIED.contains(name));
        form.hidden =
            carried.chain([(SESSION, &*session.public_id)]).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let document = SignOut { shell: page.shell(), form, account, client_name: self.client_name() };
        let (html, policy) = (document.html(), document.policy());
        Ok(Verdict::Done(page.show(200, html, policy), SigningOut::Asked { client: self.client_id() }))
    }

    async fn sign_out(
        &self,
        cx: &mut Cx<OneOrg, Writes>,
        session: Option<Session>,
        removal: Vec<Cookie>,
        then: Then,
    ) -> Result<Verdict<Answer, SigningOut>, Fault> {
        let (services, mut frames) = (cx.services().clone(), Vec::new());
        let event = match session {
            Some(session) => {
                frames = farewell::frames(&mut cx.tx, &services, &session).await?;
                // Counted before the session takes them along.
                let families = families::revoke_of_session(&mut cx.tx, &session.user, &session.id, cx.now).await?;
                sessions::end(&mut cx.tx, &session.id, cx.now).await?;
                let families = i64::try_from(families).unwrap_or(i64::MAX);
                SigningOut::SignedOut { user: session.user, client: self.client_id(), families }
            }
            None => SigningOut::NobodySignedIn { client: self.client_id() },
        };
        let way_back = |uri, leads_on| self.client_name().map(|name| WayBack { to: (name, uri), leads_on });
        let answer = match then {
            Then::Redirect(uri) if frames.is_empty() => see_other(uri),
            Then::Redirect(uri) => farewell::signed_out(self.page(cx), way_back(uri, true), frames),
            Then::Offer(uri) => farewell::signed_out(self.page(cx), way_back(uri, false), frames),
            Then::Page => farewell::signed_out(self.page(cx), None, frames),
        };
        Ok(Verdict::Done(answer.cookie(removal), event))
    }
}
