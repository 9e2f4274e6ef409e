//! Signing in for applications that bring their own form: the two helpers of the published contract. Neither hands out tokens;
//! both set the session cookie, and the application goes on at the authorization endpoint.

use super::SigningIn;
use crate::entrance::{self, Settled, Tried};
use crate::onward::{Onward, QUERY_VALUE, TRANSACTION};
use crate::page::see_other;
use crate::transaction;
use flow::{
    Answer, Body, BodyFields, Cookie, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Reply, ReplyDoc, Route,
    Source, Surface, Text, Verdict, Writes,
};
use identity::browser;
use kernel::{Access, Fault, Limit, Secret};
use percent_encoding::utf8_percent_encode;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

/// Fields of the form that are not part of the authorization request.
const OWN_FIELDS: [&str; 5] = ["email", "password", "csrf", "_csrf_token", "remember"];

/// What `login/submit` takes: address, password and token, and beside them the parameters of the authorization request.
#[derive(Clone, Debug)]
pub struct LoginForm {
    email: String,
    password: Secret,
    csrf: Secret,
    is_remembered: bool,
    request: Vec<(String, String)>,
}

impl Parse for LoginForm {
    fn parse(incoming: &Incoming) -> Result<Self, Fault> {
        let pairs = match incoming.body_fields()? {
            BodyFields::Form(pairs) => pairs,
            BodyFields::Empty => Vec::new(),
            BodyFields::Json(_) => return Err(Fault::invalid("invalid_request", "Please send a form.")),
        };
        let field =
            |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let csrf = Some(field("csrf")).filter(|token| !token.is_empty()).unwrap_or_else(|| field("_csrf_token"));
        Ok(Self {
            email: field("email"),
            password: field("password").into(),
            csrf: csrf.into(),
            is_remembered: field("remember") == "1",
            request: pairs.iter().filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str())).cloned().collect(),
        })
    }
    fn parameters() -> Vec<Parameter> {
        let text = |name, description, is_required| Parameter {
            name,
            source: Source::Body,
            is_required,
            schema: serde_json::json!({ "type": "string" }),
            description,
        };
        vec![
            text("email", "Email address or username.", false),
            text("password", "The password.", false),
            text("csrf", "The anti-forgery token of the browser; `_csrf_token` is the same.", false),
            text("remember", "`1` to stay signed in.", false),
            text("transaction", "The authorization request that waits; or its parameters as further fields.", false),
        ]
    }
}

/// Sign in from an application's own form. The answer leads back to the authorization endpoint, whatever the outcome.
#[derive(Clone, Debug)]
pub struct LoginSubmit {
    tried: Option<Tried>,
    is_remembered: bool,
    onward: Onward,
    back: String,
}

impl Prepare<LoginSubmit> for LoginForm {
    async fn prepare(self, prep: &Prep) -> Result<LoginSubmit, Fault> {
        let org = prep.organization()?;
        let is_ours = browser::check_csrf(prep.services(), org, &prep.request, &self.csrf).is_ok();
        let is_whole = !self.email.is_empty() && !self.password.expose().is_empty() && self.email.len() <= 254;
        let tried = if is_ours && is_whole { Some(Tried::by_login(prep, &self.email, &self.password).await?) } else { None };
        let handle = self.request.iter().find(|(name, _)| name == TRANSACTION).map(|(_, value)| value.as_str());
        let onward = Onward::of(org.slug(), handle, None);
        Ok(LoginSubmit { tried, is_remembered: self.is_remembered, onward, back: back(org.slug(), &self.request) })
    }
}

/// The authorization endpoint with the request's own parameters.
fn back(slug: &str, request: &[(String, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, QUERY_VALUE).to_string();
    let query: Vec<String> = request.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("/orgs/{slug}/api/v1/oauth/authorize?{}", query.join("&"))
}

impl Operation for LoginSubmit {
    const ID: &'static str = "oauth.login_submit";
    const SUMMARY: &'static str = "Sign in from an application's own form, and go back to the authorization endpoint.";
    const ROUTE: Route = Route::post("/orgs/{org}/api/v1/oauth/login/submit");
    const SURFACE: Surface = Surface::Page;
    const ACCESS: Access = Access::Browser;
    const LIMIT: Limit = Limit::Credential;
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = LoginForm;
    type Output = Answer;
    type Event = SigningIn;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<Answer, SigningIn>, Fault> {
        let answer = see_other(self.back);
        let Some(tried) = self.tried else { return Ok(Verdict::RefusedWith(answer, SigningIn::unusable("incomplete"))) };
        match tried.settle(cx).await? {
            Settled::Refused(refusal) => Ok(Verdict::RefusedWith(answer, SigningIn::refused(refusal))),
            Settled::Locked(_) => Ok(Verdict::RefusedWith(answer, SigningIn::unusable("locked"))),
            Settled::Accepted(user) => {
                let (session, cookies) = entrance::enter(cx, &user, self.is_remembered).await?;
                let services = cx.services().clone();
                let waiting = match self.onward.transaction() {
                    Some(handle) => transaction::find(&mut cx.tx, &services, handle, cx.now).await?,
                    None => None,
                };
                if let Some(waiting) = &waiting {
                    transaction::note_session(&mut cx.tx, &waiting.id, &session.id).await?;
                }
                let client = waiting.map(|waiting| waiting.client_id);
                let event = SigningIn::SignedIn { user: user.id, client, is_remembered: self.is_remembered };
                Ok(Verdict::Done(cookies.into_iter().fold(answer, Answer::cookie), event))
            }
        }
    }
}

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

impl Prepare<LoginJson> for LoginJsonBody {
    async fn prepare(self, prep: &Prep) -> Result<LoginJson, Fault> {
        // A cross-site form can't send JSON, and a script of another origin says which (RFC 6454 §7).
        let is_json = prep.request.header("content-type").is_some_and(|media| media.contains("json"));
        if !is_json || !is_trusted(prep)? {
            return Err(Fault::forbidden("access_denied", "This origin may not sign people in."));
        }
        let tried = Tried::by_login(prep, self.email.as_str(), &self.password).await?;
        Ok(LoginJson { tried, is_remembered: self.remember.unwrap_or(false) })
    }
}

/// Whether the request comes from our own pages, or from an origin in the organization's `authentication.trusted_origins`.
fn is_trusted(prep: &Prep) -> Result<bool, Fault> {
    let org = prep.organization()?;
    let Some(origin) = prep.request.header("origin") else { return Ok(false) };
    let settings: Value = serde_json::from_str(org.settings()).unwrap_or_default();
    let listed = settings.pointer("/authentication/trusted_origins").and_then(Value::as_array);
    let is_listed = listed.is_some_and(|origins| origins.iter().any(|known| known.as_str() == Some(origin)));
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
    type Scope = OneOrg;
    type Mode = Writes;
    type Input = LoginJsonBody;
    type Output = LoginComplete;
    type Event = SigningIn;

    async fn run(self, cx: &mut Cx<OneOrg, Writes>) -> Result<Verdict<LoginComplete, SigningIn>, Fault> {
        match self.tried.settle(cx).await? {
            Settled::Accepted(user) => {
                let (_, cookies) = entrance::enter(cx, &user, self.is_remembered).await?;
                let event = SigningIn::SignedIn { user: user.id, client: None, is_remembered: self.is_remembered };
                Ok(Verdict::Done(LoginComplete(cookies), event))
            }
            Settled::Refused(refusal) => {
                let fault = Fault::unauthenticated("invalid_credentials", "That email and password don't match.");
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

    #[test]
    fn the_way_back_keeps_the_request_and_nothing_else() {
        let incoming = Incoming {
            headers: vec![("content-type".into(), "application/x-www-form-urlencoded".into())],
            body: "email=a%40b.c&password=pw&_csrf_token=t&client_id=web&scope=openid+email&state=a%26b".into(),
            ..Incoming::default()
        };
        let form = LoginForm::parse(&incoming).unwrap();
        assert_eq!(form.csrf.expose(), "t");
        assert_eq!(
            back("acme", &form.request),
            "/orgs/acme/api/v1/oauth/authorize?client_id=web&scope=openid%20email&state=a%26b"
        );
    }
}
