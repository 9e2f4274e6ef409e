//! The authorization code flow as applications and people see it.

use crate::pages::{has_id, press};
use jose::digest::sha256;
use jose::encoding::base64url;
use lumoauth::notes::Login;
use std::collections::BTreeMap;
use testkit::{Answered, Browser, TestApp, forms};
use url::Url;

/// The PKCE verifier of every request here.
pub const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters-0123456789";
/// Where the demo applications wait for the answer.
pub const CALLBACK: &str = "http://localhost/callback";
/// The `state` of every request here.
pub const STATE: &str = "state-of-the-test";
/// The `nonce` of every request here.
pub const NONCE: &str = "nonce-of-the-test";

/// The challenge that belongs to [`VERIFIER`].
pub fn challenge() -> String {
    base64url(sha256(VERIFIER.as_bytes()))
}

/// An authorization request.
#[derive(Clone, Debug, Default)]
pub struct Ask(Vec<(String, String)>);

impl Ask {
    /// Of this client: `openid`, with PKCE, state and nonce.
    pub fn of(client_id: &str, redirect_uri: &str) -> Self {
        let ask = Self(Vec::new()).with("response_type", "code").with("client_id", client_id).with("redirect_uri", redirect_uri);
        ask.with("scope", "openid").with("state", STATE).with("nonce", NONCE).with_pkce()
    }
    /// Of the demo web application.
    pub fn web(app: &TestApp) -> Self {
        Self::of(&app.notes.web_client.client_id, CALLBACK)
    }
    /// Of the demo single-page application, which has no secret.
    pub fn spa(app: &TestApp) -> Self {
        Self::of(&app.notes.spa_client.client_id, CALLBACK)
    }
    /// With this parameter; it takes the place of one of that name.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let mut pairs = self.without(name).0;
        pairs.push((name.to_owned(), value.to_owned()));
        Self(pairs)
    }
    /// With this parameter once more.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }
    /// Without this parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }
    /// Without PKCE.
    #[must_use]
    pub fn without_pkce(self) -> Self {
        self.without("code_challenge").without("code_challenge_method")
    }
    /// With the parameters in the opposite order.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.0.reverse();
        self
    }
    fn with_pkce(self) -> Self {
        self.with("code_challenge", &challenge()).with("code_challenge_method", "S256")
    }
    /// Its parameters.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
    /// The path it is sent to, with its query.
    pub fn path(&self, app: &TestApp) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish();
        format!("{}?{query}", app.api("/oauth/authorize"))
    }
}

/// What an application finds at its redirect URI.
#[derive(Clone, Debug)]
pub struct Returned {
    /// The redirect URI, without what was added.
    pub to: String,
    /// What was added.
    pub params: BTreeMap<String, String>,
    /// The whole address.
    pub url: String,
    /// Whether it is carried there by a form that posts itself.
    pub is_posted: bool,
}

impl Returned {
    /// Read an answer that leaves this server.
    pub fn of(answered: &Answered) -> Self {
        if answered.status == 200 && has_id(answered, "form-post") {
            return Self::of_form(answered);
        }
        let text = answered.location().to_owned();
        let url = Url::parse(&text).unwrap_or_else(|error| panic!("{text} is no absolute URL: {error}"));
        let in_fragment = url.fragment().map(str::to_owned).unwrap_or_default();
        let pairs = url.query_pairs().chain(url::form_urlencoded::parse(in_fragment.as_bytes()));
        let params = pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Self { to: text.split(['?', '#']).next().unwrap_or_default().to_owned(), params, url: text, is_posted: false }
    }
    fn of_form(answered: &Answered) -> Self {
        let form = forms(&answered.text()).remove(0);
        Self { to: form.action.clone(), params: form.fields.into_iter().collect(), url: form.action, is_posted: true }
    }
    /// A parameter, or nothing.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }
    /// The code; an error is a surprise.
    pub fn code(&self) -> String {
        assert!(self.params.contains_key("code"), "no code: {}", self.url);
        self.param("code").to_owned()
    }
    /// Insist on an error.
    pub fn expect_error(self, error: &str) -> Self {
        assert_eq!(self.param("error"), error, "{}", self.url);
        assert!(!self.params.contains_key("code"), "an error with a code: {}", self.url);
        self
    }
}

/// Open a request, and follow redirects within this server.
pub async fn visit(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Answered {
    let answered = browser.open(&ask.path(app)).await;
    browser.follow(answered).await
}

/// Do what pages ask until none asks any more: sign in, and allow.
pub async fn go_on(browser: &mut Browser<'_>, login: &Login, page: Answered) -> Answered {
    let mut page = page;
    for _ in 0..4 {
        let sent = if has_id(&page, "sign-in-form") && page.status == 200 {
            let filled = [("identifier", login.email.as_str()), ("password", login.password.as_str())];
            press(browser, &page, "sign-in-form", &filled).await.expect(303)
        } else if has_id(&page, "consent-form") {
            press(browser, &page, "consent-form", &[("decision", "allow")]).await
        } else {
            return page;
        };
        page = browser.follow(sent).await;
    }
    panic!("the pages ask without end:\n{}", page.text());
}

/// From the request to the answer at the redirect URI, signing in and allowing where asked.
pub async fn authorize(app: &TestApp, browser: &mut Browser<'_>, login: &Login, ask: &Ask) -> Returned {
    let page = visit(app, browser, ask).await;
    Returned::of(&go_on(browser, login, page).await)
}

/// Open a request that needs nobody: its answer is at the redirect URI at once.
pub async fn silently(app: &TestApp, browser: &mut Browser<'_>, ask: &Ask) -> Returned {
    Returned::of(&visit(app, browser, ask).await)
}

/// A code for the demo user, from a browser of its own.
pub async fn code_for_user(app: &TestApp, ask: &Ask) -> String {
    authorize(app, &mut app.browser(), &app.notes.user, ask).await.code()
}
