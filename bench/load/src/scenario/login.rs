//! Password sign-ins through the real form, each by a visitor the server has never seen.

use anyhow::{Context, Result};
use url::Url;

use super::Sample;
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::{Browser, Credentials};

/// One visitor after another on one connection: page, form, session. One in 256 also walks on to the client's code.
pub struct Login {
    browser: Browser,
    request: Url,
    person: Credentials,
    redirect_uri: String,
    sample: Sample,
}

impl Login {
    /// `count` connections signing in the ordinary user.
    pub fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        std::iter::repeat_with(|| Self::one(server, server.person())).take(count).collect()
    }

    /// A connection signing in `person`.
    pub fn one(server: &Server, person: Credentials) -> Result<Self> {
        Ok(Self {
            browser: Browser::new(server.origin.clone()),
            request: server.authorization_request("openid profile email")?,
            person,
            redirect_uri: server.redirect_uri()?.to_owned(),
            sample: Sample::default(),
        })
    }
}

impl Client for Login {
    async fn exchange(&mut self) -> Result<()> {
        self.browser.forget();
        self.browser.sign_in(&self.request, &self.person, &self.redirect_uri).await?;
        if self.sample.is_due() {
            let code = self.browser.authorize(&self.request, &self.person, &self.redirect_uri).await;
            code.context("the session does not lead to a code")?;
        }
        Ok(())
    }
}
