//! The demo application of development servers: a client of the provider like any other. Beside it stands a television.
//!
//! It speaks to the provider over HTTP alone, as a public client with PKCE, and keeps what it knows of its visitor in one sealed
//! cookie.

mod callback;
mod memory;
mod provider;
pub mod television;

use flow::{Answer, Catalogue, Cx, Incoming, Operation, Platform, Reads, Route, Services, Surface, Verdict};
use jose::digest::{constant_time_eq, sha256};
use jose::encoding::base64url;
use kernel::{Access, Fault, Secret, Silent};
use memory::{Memory, Pending, Trouble, Visitor};
use oauth::Issuer;
use pages::{Brand, DemoHome, DemoSignedIn, Form, Shell, Words};
use signin::page::{document, see_other};
use url::form_urlencoded::Serializer;

/// The organization it belongs to.
pub const ORG: &str = "acme-corp";
/// Its client id.
pub const CLIENT_ID: &str = "lumoauth-demo";
/// What it asks for.
pub const SCOPES: &str = "openid profile email";
/// Where it is; also where people come back to after signing out.
pub const PATH: &str = "/dev/app";

const REASON: &str = "The demo application exists on development servers only.";

/// Its pages; for development servers only.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    let catalogue = catalogue.mount::<Home>().mount::<Login>().mount::<callback::Callback>().mount::<Logout>();
    catalogue.mount::<television::ShowTelevision>().mount::<television::Connect>()
}

/// Where the provider sends people back to.
pub fn redirect_uri(base_url: &str) -> String {
    format!("{base_url}{PATH}/callback")
}

/// Where people come back to after signing out.
pub fn post_logout_redirect_uri(base_url: &str) -> String {
    format!("{base_url}{PATH}")
}

flow::input! {
    /// The home page.
    #[derive(Clone, Debug)]
    pub struct Home {}
}

impl Operation for Home {
    const ID: &'static str = "demo.home";
    const SUMMARY: &'static str = "The demo application.";
    const ROUTE: Route = Route::get(PATH);
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        refuse_outside_development(cx.services())?;
        let answer = match recall(cx) {
            Some(Memory::SignedIn(visitor)) => signed_in(&cx.request, visitor),
            // Told once, then forgotten.
            Some(Memory::Failed(trouble)) => signed_out(cx, Some(trouble)).cookie(memory::removal()),
            Some(Memory::SigningIn(_)) | None => signed_out(cx, None),
        };
        Ok(Verdict::Done(answer, Silent))
    }
}

fn signed_in(request: &Incoming, visitor: Visitor) -> Answer {
    let logout = Form::new(format!("{PATH}/logout"), visitor.csrf);
    let page = DemoSignedIn { shell: shell(request), name: visitor.name, claims: visitor.claims, logout };
    document(200, page.html(), page.policy())
}

fn signed_out(cx: &Cx<Platform, Reads>, trouble: Option<Trouble>) -> Answer {
    let page = DemoHome {
        shell: shell(&cx.request),
        // In full: the cookie must be set for the host that people come back to.
        login_url: format!("{}{PATH}/login", cx.services().base_url),
        error: trouble.map(|trouble| (trouble.code, trouble.description)),
    };
    document(200, page.html(), page.policy())
}

flow::input! {
    /// The way to the provider.
    #[derive(Clone, Debug)]
    pub struct Login {}
}

impl Operation for Login {
    const ID: &'static str = "demo.login";
    const SUMMARY: &'static str = "Send the visitor of the demo application to the provider.";
    const ROUTE: Route = Route::get("/dev/app/login");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        refuse_outside_development(cx.services())?;
        let services = cx.services();
        let pending = Pending::new(&*services.rng);
        let location = with_query(
            &issuer(services).endpoint("oauth/authorize"),
            &[
                ("response_type", "code"),
                ("client_id", CLIENT_ID),
                ("redirect_uri", &redirect_uri(&services.base_url)),
                ("scope", SCOPES),
                ("state", &pending.state),
                ("nonce", &pending.nonce),
                ("code_challenge", &base64url(sha256(pending.verifier.as_bytes()))),
                ("code_challenge_method", "S256"),
            ],
        );
        let cookie = Memory::SigningIn(pending).cookie(&services.master_keys, &*services.rng, cx.now)?;
        Ok(Verdict::Done(see_other(location).cookie(cookie), Silent))
    }
}

flow::input! {
    /// The button of the signed-in page.
    #[derive(Clone, Debug)]
    pub struct Logout {
        /// The anti-forgery token.
        body "csrf" => csrf: Option<Secret>,
    }
}

impl Operation for Logout {
    const ID: &'static str = "demo.logout";
    const SUMMARY: &'static str = "Sign out of the demo application, and of the provider.";
    const ROUTE: Route = Route::post("/dev/app/logout");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = Self;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        refuse_outside_development(cx.services())?;
        let services = cx.services();
        let home = post_logout_redirect_uri(&services.base_url);
        let Some(Memory::SignedIn(visitor)) = recall(cx) else { return Ok(Verdict::Done(see_other(home), Silent)) };
        let sent = self.csrf.unwrap_or_default();
        if !constant_time_eq(sent.expose().as_bytes(), visitor.csrf.as_bytes()) {
            return Err(Fault::forbidden("csrf", "This form has expired. Please go back, reload the page and try again."));
        }
        let location = with_query(
            &issuer(services).endpoint("oauth/logout"),
            &[("id_token_hint", &visitor.id_token), ("client_id", CLIENT_ID), ("post_logout_redirect_uri", &home)],
        );
        Ok(Verdict::Done(see_other(location).cookie(memory::removal()), Silent))
    }
}

fn recall(cx: &Cx<Platform, Reads>) -> Option<Memory> {
    Memory::recall(&cx.services().master_keys, &cx.request, cx.now)
}

fn issuer(services: &Services) -> Issuer {
    Issuer::of_org(&services.base_url, ORG)
}

fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    format!("{url}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn shell(request: &Incoming) -> Shell {
    Shell::new(Words::choose(None, request.header("accept-language")), Brand::named("LumoAuth"))
}

/// Mounted by mistake, the application still isn't there.
fn refuse_outside_development(services: &Services) -> Result<(), Fault> {
    if services.is_dev { Ok(()) } else { Err(Fault::not_found("demo.not_found", REASON)) }
}
