//! The authorization endpoint, and the consent page behind it.
//!
//! A request comes by GET, or by POST, which is stored and continued by GET: browsers keep the session cookie back when another site
//! posts. Whoever has to sign in or consent first goes to a page of its own, carrying a handle of the stored request, and comes
//! back with it. What is wrong with client or redirect URI is shown here and never redirected anywhere.

mod asked;
mod codes;
mod consent;
mod deliver;
mod proceed;

pub use consent::{ConsentForm, DecideConsent, ShowConsent};

use crate::params;
use asked::{Asked, Waiting, waiting};
use flow::{
    Answer, Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Verdict, Writes,
};
use kernel::{Access, ClientId, Fault, Limit, Scopes, UserId};
use oauth::Params;
use signin::page::see_other;
use signin::transaction;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<Authorize>().mount::<SubmitAuthorization>().mount::<ShowConsent>().mount::<DecideConsent>()
}

kernel::events! {
    /// What the authorization endpoint records.
    pub enum Authorization {
        /// A client got an authorization code for a person.
        Granted = "authorization.granted", Info { about client: ClientId, public subject: UserId, public scopes: Scopes };
        /// A person allowed a client what it asked for, and the client got an authorization code.
        Consented = "authorization.consented", Info { about client: ClientId, public subject: UserId, public scopes: Scopes };
        /// An authorization request waits for a person to sign in or consent.
        Waiting = "authorization.waiting", Info { about client: ClientId, public step: &'static str };
        /// A client was told why it gets no authorization code.
        Refused = "authorization.refused", Info { about client: ClientId, public code: &'static str };
    }
}

/// An authorization request in the query, or the handle of one that waited.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest(Params);

impl Parse for AuthorizeRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(params::of_query(incoming)?))
    }
    fn parameters() -> Vec<Parameter> {
        parameters(Source::Query)
    }
}

/// A client asks for a code.
#[derive(Clone)]
pub enum Authorize {
    /// A new request.
    Fresh(Box<Asked>),
    /// A request that waited for its person.
    Resumed {
        /// The request.
        waiting: Box<Waiting>,
        /// The person called the sign-in off.
        is_cancelled: bool,
    },
}

impl Prepare<Authorize> for AuthorizeRequest {
    async fn prepare(self, prep: &Prep) -> Result<Authorize, Fault> {
        match self.0.one("transaction")? {
            Some(handle) => {
                let is_cancelled = self.0.one("decision")? == Some(pages::fields::CANCEL);
                Ok(Authorize::Resumed { waiting: Box::new(waiting(prep, handle).await?), is_cancelled })
            }
            None => Ok(Authorize::Fresh(Box::new(Asked::read(prep, &self.0).await?))),
        }
    }
}

impl Operation for Authorize {
    const ID: &'static str = "oauth.authorize";
    const SUMMARY: &'static str = "The authorization endpoint (RFC 6749 §3.1): for browsers.";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/authorize");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Standard;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = AuthorizeRequest;
    type Output = Answer;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Authorization>, Fault> {
        match self {
            Self::Fresh(asked) => match &asked.request {
                Ok(request) => proceed::fresh(cx, &asked.client, request).await,
                Err(error) => Ok(deliver::refuse(cx, &asked.client, &asked.return_address, error)),
            },
            Self::Resumed { waiting, is_cancelled: true } => proceed::cancel(cx, &waiting).await,
            Self::Resumed { waiting, is_cancelled: false } => proceed::resumed(cx, &waiting).await,
        }
    }
}

/// An authorization request in a form.
#[derive(Clone, Debug)]
pub struct SubmittedRequest(Params);

impl Parse for SubmittedRequest {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        Ok(Self(params::of_body(incoming)?))
    }
    fn parameters() -> Vec<Parameter> {
        parameters(Source::Body)
    }
}

/// A client asks for a code by POST: the request is stored and continued by GET.
#[derive(Clone)]
pub struct SubmitAuthorization(Box<Asked>);

impl Prepare<SubmitAuthorization> for SubmittedRequest {
    async fn prepare(self, prep: &Prep) -> Result<SubmitAuthorization, Fault> {
        Ok(SubmitAuthorization(Box::new(Asked::read(prep, &self.0).await?)))
    }
}

impl Operation for SubmitAuthorization {
    const ID: &'static str = "oauth.submit_authorization";
    const SUMMARY: &'static str = "The authorization endpoint, by POST.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/authorize");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Standard;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = SubmittedRequest;
    type Output = Answer;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, Authorization>, Fault> {
        let asked = self.0;
        match &asked.request {
            Err(error) => Ok(deliver::refuse(cx, &asked.client, &asked.return_address, error)),
            Ok(request) => {
                let handle = proceed::store(cx, &asked.client, request, false).await?;
                let event = Authorization::Waiting { client: asked.client.id().clone(), step: "posted" };
                Ok(Verdict::Done(see_other(transaction::resume_path(cx.org().slug(), &handle)), event))
            }
        }
    }
}

fn parameters(source: Source) -> Vec<Parameter> {
    [
        ("response_type", true, "`code`."),
        ("client_id", true, "Who asks."),
        ("redirect_uri", false, "Where the answer goes: a registered address."),
        ("scope", false, "What is asked for."),
        ("state", false, "Given back as it came."),
        ("response_mode", false, "`query`, `fragment` or `form_post`."),
        ("nonce", false, "Repeated in the ID token."),
        ("prompt", false, "`none`, `login`, `consent`, `select_account`, `create`."),
        ("max_age", false, "Seconds that may have passed since the person signed in."),
        ("login_hint", false, "Whom the client expects."),
        ("ui_locales", false, "Preferred languages."),
        ("id_token_hint", false, "An earlier ID token about the person."),
        ("acr_values", false, "Wanted authentication context classes."),
        ("claims", false, "Single claims asked for (OpenID Connect Core §5.5)."),
        ("code_challenge", false, "The PKCE challenge."),
        ("code_challenge_method", false, "`S256`."),
        ("resource", false, "Resource servers the tokens are for (RFC 8707)."),
    ]
    .map(|(name, is_required, description)| Parameter { source, ..crate::token::parameter(name, is_required, description) })
    .into()
}
