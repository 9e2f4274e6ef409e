//! A device without a keyboard, and the person who grants it something on another one (RFC 8628).

use crate::holder::public;
use crate::pages::{expect_id, has_id, press};
use crate::tokens::{Client, Tokens};
use lumoauth::notes::Login;
use oauth::ClientMetadata;
use oauth::grant::{DEVICE_CODE, REFRESH_TOKEN};
use serde_json::Value;
use testkit::{Answered, Browser, TestApp};

/// A device that has asked.
#[derive(Clone, Debug)]
pub struct Device {
    /// The application it runs.
    pub client: Client,
    /// What it was answered.
    pub begun: Value,
}

/// A public client that may run on devices, after `change`.
pub async fn television(app: &TestApp, id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Client {
    let device = |metadata: &mut ClientMetadata| {
        metadata.grant_types = vec![DEVICE_CODE.to_owned(), REFRESH_TOKEN.to_owned()];
        metadata.response_types.clear();
        metadata.redirect_uris.clear();
        "Living room TV".clone_into(&mut metadata.client_name);
        change(metadata);
    };
    public(app, id, device).await
}

impl Device {
    /// Ask with these parameters; the answer must be a good one.
    pub async fn asking(app: &TestApp, client: &Client, pairs: &[(&str, &str)]) -> Self {
        let begun = client.post(app, "/oauth/device_authorization", pairs).await.expect(200).json();
        Self { client: client.clone(), begun }
    }
    /// One of the texts it was answered.
    pub fn text(&self, name: &str) -> &str {
        self.begun[name].as_str().unwrap()
    }
    /// The code it shows.
    pub fn user_code(&self) -> &str {
        self.text("user_code")
    }
    /// Ask for tokens, with these parameters besides.
    pub async fn poll_with(&self, app: &TestApp, more: &[(&str, &str)]) -> Answered {
        let form = [&[("grant_type", DEVICE_CODE), ("device_code", self.text("device_code"))], more].concat();
        self.client.post(app, "/oauth/token", &form).await
    }
    /// Ask for tokens.
    pub async fn poll(&self, app: &TestApp) -> Answered {
        self.poll_with(app, &[]).await
    }
    /// Have it approved by this person and fetch the tokens.
    pub async fn tokens(&self, app: &TestApp, login: &Login) -> Tokens {
        decide(app, &mut app.browser(), login, self.user_code(), "allow").await;
        Tokens::of(self.poll(app).await)
    }
}

/// Type a code, sign in if asked, and end at the page that says what the device asks for.
pub async fn question(app: &TestApp, browser: &mut Browser<'_>, login: &Login, code: &str) -> Answered {
    let page = expect_id(browser.open(&app.api("/oauth/device")).await.expect(200), "device-form");
    let sent = press(browser, &page, "device-form", &[("user_code", code)]).await;
    let page = browser.follow(sent).await;
    if !has_id(&page, "sign-in-form") {
        return page;
    }
    let filled = [("identifier", login.email.as_str()), ("password", login.password.as_str())];
    let sent = press(browser, &page, "sign-in-form", &filled).await.expect(303);
    browser.follow(sent).await
}

/// Type a code and decide; ends at the page that says what came of it.
pub async fn decide(app: &TestApp, browser: &mut Browser<'_>, login: &Login, code: &str, decision: &str) -> Answered {
    let page = expect_id(question(app, browser, login, code).await.expect(200), "allow");
    let sent = press(browser, &page, "consent-form", &[("decision", decision)]).await;
    let result = if decision == "allow" { "device-approved" } else { "device-denied" };
    expect_id(browser.follow(sent).await.expect(200), result)
}
