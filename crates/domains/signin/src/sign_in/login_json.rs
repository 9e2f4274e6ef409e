//! Signing in from a script: a helper of the published contract. It hands out no tokens; it sets the session cookie, and the
//! application goes on at the authorization endpoint.

use super::SigningIn;
use crate::entrance::{self, Settled, SomebodyElse, Tried};
use crate::recovery::renewal;
use flow::{Answer, Body, Cookie, Cx, OneOrg, Operation, Prep, Prepare, Reply, ReplyDoc, Route, Surface, Text, Verdict, Writes};
use identity::settings::Settings;
use kernel::{Access, Denial, Fault, Limit, Secret};
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

flow::input! {
    /// What `login/json` takes.
    #[derive(Clone, Debug)]
    pub struct LoginJsonBody {
        /// Email address or username.
        body "email" => email: Text<1, 254>,
        /// The password.
        body "password" => password: Secret,
        /// Whether to stay signed in.
        body "remember" => remember: Option<bool>,
    }
}

/// Sign in from a script of a trusted origin.
#[derive(Clone, Debug)]
pub struct LoginJson {
    tried: Tried,
    is_remembered: bool,
}

/// The page that asks isn't trusted.
const ORIGIN: Denial = Denial::forbidden("access_denied", "This origin may not sign people in.");
/// The password is right, and too old to come in by.
const TOO_OLD: Denial = Denial::forbidden(
    "password_too_old",
    "This password is due for a change. Whoever signs in on the sign-in page is led to a new one.",
);
/// No such person, or another password.
const NO_MATCH: Denial = Denial::unauthenticated("invalid_credentials", "That email and password don't match.");

impl Prepare<LoginJson> for LoginJsonBody {
    async fn prepare(self, prep: &Prep) -> Result<LoginJson, Fault> {
        // A cross-site form can't send JSON, and a script of another origin says which (RFC 6454 §7).
        let is_json = prep.request.header("content-type").is_some_and(|media| media.contains("json"));
        if !is_json || !is_trusted(prep)? {
            return Err(ORIGIN.into());
        }
        let tried = Tried::by_login(prep, self.email.as_str(), &self.password).await?;
        Ok(LoginJson { tried, is_remembered: self.remember.unwrap_or(false) })
    }
}

/// Whether the request comes from our own pages, or from an origin in the organization's `authentication.trusted_origins`.
fn is_trusted(prep: &Prep) -> Result<bool, Fault> {
    let org = prep.organization()?;
    let Some(origin) = prep.request.header("origin") else { return Ok(false) };
    let is_listed = Settings::of(org).authentication.trusted_origins.iter().any(|known| known.as_str() == origin);
    Ok(is_listed || origin == own_origin(&prep.services().base_url))
}

/// Scheme, host and port of a URL.
fn own_origin(base_url: &str) -> &str {
    let host_at = base_url.find("://").map_or(0, |at| at + 3);
    let end = base_url.get(host_at..).and_then(|rest| rest.find('/')).map_or(base_url.len(), |at| host_at + at);
    base_url.get(..end).unwrap_or(base_url)
}

/// `{"status":"complete"}` and the session cookie.
#[derive(Debug)]
pub struct LoginComplete(Vec<Cookie>);

#[derive(Serialize, JsonSchema)]
struct LoginStatus {
    /// `complete`: the session has begun.
    status: &'static str,
}

impl Reply for LoginComplete {
    fn reply(self) -> Result<Answer, Fault> {
        let body = serde_json::to_string(&LoginStatus { status: "complete" }).map_err(Fault::internal)?;
        Ok(self.0.into_iter().fold(Answer::new(200, Body::Json(body)).no_store(), Answer::cookie))
    }
    fn doc(generator: &mut SchemaGenerator) -> ReplyDoc {
        let schema = Some(generator.subschema_for::<LoginStatus>().to_value());
        ReplyDoc { status: 200, content_type: Some("application/json"), schema }
    }
}

impl Operation for LoginJson {
    const ID: &'static str = "oauth.login_json";
    const SUMMARY: &'static str = "Sign in from a script of a trusted origin; sets the session cookie and hands out no token.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/login/json");
    const SURFACE: Surface = Surface::OAuth;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    const DENIALS: &'static [Denial] = &[ORIGIN, NO_MATCH, TOO_OLD];
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = LoginJsonBody;
    type Output = LoginComplete;
    type Event = SigningIn;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<LoginComplete, SigningIn>, Fault> {
        match self.tried.settle(cx).await? {
            Settled::Accepted(user) if renewal::is_due(cx.services(), cx.org(), &user, cx.now) => {
                Ok(Verdict::Refused(Fault::from(TOO_OLD), SigningIn::too_old(user.id)))
            }
            Settled::Accepted(user) => {
                let (_, cookies) = entrance::enter(cx, &user, self.is_remembered, SomebodyElse::SignsOut).await?;
                let event = SigningIn::SignedIn { user: user.id, client: None, is_remembered: self.is_remembered };
                Ok(Verdict::Done(LoginComplete(cookies), event))
            }
            Settled::Refused(refusal) => {
                let fault = Fault::from(NO_MATCH);
                Ok(Verdict::Refused(fault, SigningIn::refused(refusal)))
            }
            Settled::Locked(fault) => Ok(Verdict::Refused(fault, SigningIn::unusable("locked"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_a_base_url_has_no_path() {
        for (url, origin) in [
            ("https://id.example.com", "https://id.example.com"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://id.example.com/auth", "https://id.example.com"),
        ] {
            assert_eq!(own_origin(url), origin);
        }
    }
}
