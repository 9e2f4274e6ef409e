//! The authorization endpoint, and the consent page behind it.
//!
//! A request comes by GET, or by POST, which is stored and continued by GET: browsers keep the session cookie back when another site
//! posts. Whoever has to sign in or consent first goes to a page of its own, carrying a handle of the stored request, and comes
//! back with it. What is wrong with client or redirect URI is shown here and never redirected anywhere.

mod accounts;
mod asked;
mod codes;
mod company;
mod consent;
mod deliver;
mod envelope;
mod grant;
mod object;
mod proceed;
mod pushed;
mod reference;
mod session_state;

pub use accounts::{AccountForm, ChooseAccount, ShowAccounts};
pub(crate) use asked::judge;
pub use company::{ChooseCompany, CompanyForm, ShowCompanies};
pub use consent::{ConsentForm, DecideConsent, ShowConsent};
pub use deliver::{Answered, Outcome};
pub(crate) use object::{Effective, claim as claim_object, resolve};
pub(crate) use pushed::insert as insert_pushed;
pub(crate) use reference::KnownObjects;

use crate::params;
use asked::{Asked, Found, Waiting, waiting};
use deliver::WayBack;
use flow::{
    Catalogue, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Verdict, Writes,
};
use kernel::{Access, ClientId, FamilyId, Fault, Limit, Scopes, UserId};
use oauth::Params;
use pushed::Pushed;
use signin::page::see_other;
use signin::transaction;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue
        .mount::<Authorize>()
        .mount::<SubmitAuthorization>()
        .mount::<ShowConsent>()
        .mount::<DecideConsent>()
        .mount::<ShowAccounts>()
        .mount::<ChooseAccount>()
        .mount::<ShowCompanies>()
        .mount::<ChooseCompany>()
}

kernel::events! {
    /// What the authorization endpoint records.
    pub enum Authorization {
        /// A client got what it asked for about a person: an authorization code, tokens or both.
        Granted = "authorization.granted", Info {
            about client: ClientId, public subject: UserId, public scopes: Scopes, public response_type: &'static str,
            public family: FamilyId, public jti: Option<String>
        };
        /// A person allowed a client what it asked for, and the client got it: an authorization code, tokens or both.
        Consented = "authorization.consented", Info {
            about client: ClientId, public subject: UserId, public scopes: Scopes, public response_type: &'static str,
            public family: FamilyId, public jti: Option<String>, public authorization_details_types: Option<String>
        };
        /// An authorization request waits for a person to sign in or consent.
        Waiting = "authorization.waiting", Info { about client: ClientId, public step: &'static str };
        /// A person chose with which account of their browser to go on, or the client named it.
        AccountChosen = "authorization.account_chosen", Info {
            about client: ClientId, public subject: UserId, public by: &'static str
        };
        /// A client was told why it gets nothing.
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

/// A client asks for a code or tokens.
#[derive(Clone)]
pub struct Authorize {
    step: Step,
    back: WayBack,
}

#[derive(Clone)]
enum Step {
    /// A new request.
    Fresh(Box<Asked>),
    /// A request that was pushed before.
    Pushed(Box<Pushed>),
    /// A request that waited for its person.
    Resumed(Box<Waiting>),
    /// The person called the sign-in off.
    Cancelled(Box<Waiting>),
}

impl From<Found> for Step {
    fn from(found: Found) -> Self {
        match found {
            Found::Asked(asked) => Self::Fresh(Box::new(asked)),
            Found::Pushed(pushed) => Self::Pushed(Box::new(pushed)),
        }
    }
}

impl Prepare<Authorize> for AuthorizeRequest {
    async fn prepare(self, prep: &Prep) -> Result<Authorize, Fault> {
        let (step, back) = if let Some(handle) = self.0.one("transaction")? {
            let waiting = Box::new(waiting(prep, handle).await?);
            let back = WayBack::of(prep, waiting.client.clone(), &waiting.request).await?;
            let is_cancelled = self.0.one("decision")? == Some(pages::fields::CANCEL);
            (if is_cancelled { Step::Cancelled(waiting) } else { Step::Resumed(waiting) }, back)
        } else {
            let found = Found::read(prep, &self.0).await?;
            let back = found.way_back(prep).await?;
            (found.into(), back)
        };
        Ok(Authorize { step, back })
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
    type Output = Outcome;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let Self { step, back } = self;
        match step {
            Step::Fresh(asked) => match asked.claim(cx).await? {
                Ok(request) => proceed::fresh(cx, &back, &request).await,
                Err(error) => Ok(deliver::refuse(cx, &back, error)),
            },
            Step::Pushed(pushed) => {
                let waiting = pushed.begin(cx).await?;
                proceed::resumed(cx, &back, &waiting).await
            }
            Step::Resumed(waiting) => proceed::resumed(cx, &back, &waiting).await,
            Step::Cancelled(waiting) => proceed::cancel(cx, &back, &waiting).await,
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

/// A client asks by POST: the request is stored and continued by GET.
#[derive(Clone)]
pub struct SubmitAuthorization {
    found: Box<Found>,
    back: WayBack,
}

impl Prepare<SubmitAuthorization> for SubmittedRequest {
    async fn prepare(self, prep: &Prep) -> Result<SubmitAuthorization, Fault> {
        let found = Box::new(Found::read(prep, &self.0).await?);
        let back = found.way_back(prep).await?;
        Ok(SubmitAuthorization { found, back })
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
    type Output = Outcome;
    type Event = Authorization;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Outcome, Authorization>, Fault> {
        let Self { found, back } = self;
        let client = found.client().id().clone();
        let handle = match *found {
            Found::Pushed(pushed) => pushed.begin(cx).await?.handle,
            Found::Asked(asked) => {
                let client = asked.client.clone();
                match asked.claim(cx).await? {
                    Ok(request) => proceed::store(cx, &client, &request, false).await?,
                    Err(error) => return Ok(deliver::refuse(cx, &back, error)),
                }
            }
        };
        let event = Authorization::Waiting { client, step: "posted" };
        let path = transaction::resume_path(cx.org().slug(), &handle);
        Ok(Verdict::Done(Outcome::Onward(see_other(path)), event))
    }
}

/// What a request can hold, for documentation.
pub(crate) fn parameters(source: Source) -> Vec<Parameter> {
    [
        ("response_type", true, "`code`, or what else the organization has switched on: words in any order."),
        ("client_id", true, "Who asks."),
        ("redirect_uri", false, "Where the answer goes: a registered address."),
        ("scope", false, "What is asked for."),
        ("state", false, "Given back as it came."),
        (
            "response_mode",
            false,
            "`query`, `fragment` or `form_post`, or one of `jwt`, `query.jwt`, `fragment.jwt`, `form_post.jwt` (JARM).",
        ),
        ("nonce", false, "Repeated in the ID token."),
        ("prompt", false, "`none`, `login`, `consent`, `select_account`, `create`."),
        ("access_type", false, "`offline` asks for `offline_access` too, if the client may have it."),
        ("max_age", false, "Seconds that may have passed since the person signed in."),
        ("display", false, "How pages are to look; they look alike everywhere."),
        ("login_hint", false, "Whom the client expects."),
        ("ui_locales", false, "Preferred languages."),
        ("id_token_hint", false, "An earlier ID token about the person."),
        ("acr_values", false, "Wanted authentication context classes."),
        ("claims", false, "Single claims asked for (OpenID Connect Core §5.5)."),
        ("code_challenge", false, "The PKCE challenge."),
        ("code_challenge_method", false, "`S256`."),
        ("dpop_jkt", false, "The thumbprint of the key that is to redeem the code (RFC 9449 §10)."),
        ("resource", false, "Resource servers the tokens are for (RFC 8707)."),
        ("authorization_details", false, "What exactly is to be allowed: a JSON array of objects with a type each (RFC 9396)."),
        ("request", false, "The request as an object that the client signed (RFC 9101)."),
        ("request_uri", false, "A request that was pushed before (RFC 9126), or the registered address of a request object."),
    ]
    .map(|(name, is_required, description)| Parameter { source, ..crate::token::parameter(name, is_required, description) })
    .into()
}
