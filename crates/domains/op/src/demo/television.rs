//! The demonstration television of development servers: a device that shows a code and waits (RFC 8628), in a page that comes again by
//! itself.
//!
//! Like the demo application it speaks to the provider over HTTP alone, and keeps what it knows in one sealed cookie.

mod wait;

use super::memory::{Jar, Trouble};
use super::provider::Provider;
use super::{issuer, refuse_outside_development, shell};
use flow::{Answer, Cx, Incoming, Operation, Platform, Prep, Prepare, Reads, Route, Services, Surface, Verdict};
use kernel::{Access, Fault, Rng, Silent, Timestamp};
use pages::{Qr, TelevisionCode, TelevisionOff, TelevisionOn};
use serde::{Deserialize, Serialize};
use signin::page::{document, see_other};
use std::time::Duration;
use wait::Waiting;

/// Its client id.
pub const CLIENT_ID: &str = "lumoauth-tv";
/// What it asks for.
pub const SCOPES: &str = "openid profile email";
/// Where it is.
pub const PATH: &str = "/dev/tv";

const REASON: &str = "The demonstration television exists on development servers only.";
const JAR: Jar = Jar { cookie: "lumoauth_tv", context: "demonstration television", path: PATH };
const KEPT: Duration = Duration::from_hours(1);

/// What is on.
#[derive(Clone, Serialize, Deserialize)]
enum Screen {
    /// Its code.
    Waiting(Waiting),
    /// Why nobody is connected.
    Failed(Trouble),
    /// Who is.
    Connected { name: String, claims: Vec<(String, String)> },
}

impl Screen {
    fn recall(services: &Services, request: &Incoming, now: Timestamp) -> Option<Self> {
        JAR.recall(&services.master_keys, request, now)
    }
}

flow::input! {
    /// Look at the television.
    #[derive(Clone, Debug)]
    pub struct Look {}
}

/// Show what is on. A television that waits asks the provider first, whenever it is time to.
#[derive(Clone)]
pub struct ShowTelevision(Option<Screen>);

impl Prepare<ShowTelevision> for Look {
    async fn prepare(self, prep: &Prep) -> Result<ShowTelevision, Fault> {
        refuse_outside_development(prep.services())?;
        let screen = Screen::recall(prep.services(), &prep.request, prep.now);
        Ok(ShowTelevision(match screen {
            Some(Screen::Waiting(waiting)) => Some(waiting.ask(&provider(prep)).await),
            other => other,
        }))
    }
}

impl Operation for ShowTelevision {
    const ID: &'static str = "demo.television";
    const SUMMARY: &'static str = "The demonstration television.";
    const ROUTE: Route = Route::get(PATH);
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = Look;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let (services, shell) = (cx.services(), shell(&cx.request));
        // In full: the cookie must be set for the host that the provider knows.
        let connect_url = format!("{}{PATH}/connect", services.base_url);
        let answer = match &self.0 {
            Some(Screen::Waiting(waiting)) => {
                let page = TelevisionCode {
                    shell,
                    user_code: waiting.user_code().to_owned(),
                    address: waiting.address().to_owned(),
                    qr: Qr::of(waiting.address_with_code()),
                    interval: waiting.interval(),
                };
                document(200, page.html(), page.policy())
            }
            Some(Screen::Connected { name, claims }) => {
                let page = TelevisionOn { shell, name: name.clone(), claims: claims.clone(), connect_url };
                document(200, page.html(), page.policy())
            }
            Some(Screen::Failed(trouble)) => {
                let error = Some((trouble.code.clone(), trouble.description.clone()));
                let page = TelevisionOff { shell, connect_url, error };
                document(200, page.html(), page.policy()).cookie(JAR.removal())
            }
            None => {
                let page = TelevisionOff { shell, connect_url, error: None };
                document(200, page.html(), page.policy())
            }
        };
        let answer = match self.0 {
            Some(kept @ (Screen::Waiting(_) | Screen::Connected { .. })) => {
                answer.cookie(kept_as(kept, services, cx.now, cx.rng())?)
            }
            Some(Screen::Failed(_)) | None => answer,
        };
        Ok(Verdict::Done(answer, Silent))
    }
}

fn kept_as(screen: Screen, services: &Services, now: Timestamp, rng: &dyn Rng) -> Result<flow::Cookie, Fault> {
    JAR.keep(screen, KEPT, &services.master_keys, rng, now)
}

fn provider(prep: &Prep) -> Provider<'_> {
    Provider { prep, issuer: issuer(prep.services()) }
}

flow::input! {
    /// Switch the television on.
    #[derive(Clone, Debug)]
    pub struct SwitchOn {}
}

/// Ask the provider for a code.
#[derive(Clone)]
pub struct Connect(Screen);

impl Prepare<Connect> for SwitchOn {
    async fn prepare(self, prep: &Prep) -> Result<Connect, Fault> {
        refuse_outside_development(prep.services())?;
        Ok(Connect(Waiting::begin(&provider(prep)).await.map_or_else(Screen::Failed, Screen::Waiting)))
    }
}

impl Operation for Connect {
    const ID: &'static str = "demo.connect_television";
    const SUMMARY: &'static str = "Switch the demonstration television on: it asks for a code.";
    const ROUTE: Route = Route::get("/dev/tv/connect");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public(REASON);
    type Scope = Platform;
    type Mode = Reads;
    type Input = SwitchOn;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, cx: &mut Cx<Platform, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let home = see_other(format!("{}{PATH}", cx.services().base_url));
        let kept = kept_as(self.0, cx.services(), cx.now, cx.rng())?;
        Ok(Verdict::Done(home.cookie(kept), Silent))
    }
}
