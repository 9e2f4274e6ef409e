//! Signing in from an application's own form: a helper of the published contract. It hands out no tokens; it sets the session
//! cookie, and the application goes on at the authorization endpoint.

use super::SigningIn;
use crate::entrance::{self, Settled, SomebodyElse, Tried};
use crate::onward::{Onward, QUERY_VALUE, TRANSACTION};
use crate::page::see_other;
use crate::recovery::renewal;
use crate::transaction;
use flow::{
    Answer, BodyFields, Cx, Incoming, OneOrg, Operation, Parameter, Parse, Prep, Prepare, Route, Source, Surface, Verdict, Writes,
};
use identity::browser;
use kernel::{Access, Fault, Limit, Secret};
use percent_encoding::utf8_percent_encode;

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
        let is_login = (1..=254).contains(&self.email.len()) && !self.email.chars().any(char::is_control);
        let is_whole = is_login && !self.password.expose().is_empty();
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
            // The sign-in page, which they come to next, leads them to a new one.
            Settled::Accepted(user) if renewal::is_due(cx.services(), cx.org(), &user, cx.now) => {
                Ok(Verdict::RefusedWith(answer, SigningIn::too_old(user.id)))
            }
            Settled::Accepted(user) => {
                let (session, cookies) = entrance::enter(cx, &user, self.is_remembered, SomebodyElse::SignsOut).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

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
