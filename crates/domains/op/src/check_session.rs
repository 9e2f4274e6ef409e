//! The page that applications frame to learn whether a session has changed (OpenID Connect Session Management 1.0 §3).
//!
//! It compares with what the browser holds, without asking anybody: that is what the specification has it for. So a session that was
//! ended elsewhere (by an administrator, or on another device) is `unchanged` here until this browser comes to the authorization
//! endpoint again, for nobody can tell a browser anything before it asks. Asking on every message would make each open application
//! a request every few seconds, and tell the server which of them are open. Applications that must know at once register for
//! Back-Channel Logout, which every end of a session leads to.

use flow::{Answer, Body, Catalogue, Cx, NoInput, OneOrg, Operation, Prep, Prepare, Reads, Route, Surface, Verdict};
use jose::digest::sha256;
use jose::encoding::base64;
use kernel::{Access, Fault, Limit, Silent};
use pages::{CHECK_SESSION_SCRIPT, check_session};
use std::sync::LazyLock;

/// The table of contents.
pub fn mount(catalogue: Catalogue) -> Catalogue {
    catalogue.mount::<CheckSession>()
}

/// It may be framed by whoever wants, and run its own script and no other. Nothing may be loaded or sent.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let script = base64(sha256(CHECK_SESSION_SCRIPT.as_bytes()));
    format!("default-src 'none'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'; {}", flow::FRAMEABLE)
});

/// Show the page.
#[derive(Clone, Copy, Debug)]
pub struct CheckSession;

impl Prepare<CheckSession> for NoInput {
    async fn prepare(self, _: &Prep) -> Result<CheckSession, Fault> {
        Ok(CheckSession)
    }
}

impl Operation for CheckSession {
    const ID: &'static str = "oauth.check_session";
    const SUMMARY: &'static str =
        "The page that tells applications whether a session has changed (OpenID Connect Session Management 1.0).";
    const ROUTE: Route = Route::get("/orgs/{org}/api/v1/oauth/check_session");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Public("it is the same for everybody; what it compares is in the browser");
    const LIMIT: Limit = Limit::Cheap;
    type Scope = OneOrg;
    type Mode = Reads;
    type Input = NoInput;
    type Output = Answer;
    type Event = Silent;

    async fn run(self, _: &mut Cx<OneOrg, Reads>) -> Result<Verdict<Answer, Silent>, Fault> {
        let answer = Answer::new(200, Body::Html(check_session()))
            .header("content-security-policy", &**POLICY)
            .header("cache-control", "public, max-age=3600");
        Ok(Verdict::Done(answer, Silent))
    }
}
