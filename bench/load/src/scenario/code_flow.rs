//! The whole authorization code flow with a session and a remembered consent: authorize, token, userinfo.

use anyhow::{Context, Result, ensure};
use url::Url;

use super::contains;
use super::tokens::Tokens;
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::request::bearer;
use crate::wire::{Browser, Connection};

/// One signed-in browser and its application.
pub struct CodeFlow {
    browser: Browser,
    connection: Connection,
    server: Server,
    request: Url,
    userinfo: String,
}

impl CodeFlow {
    /// `count` browsers, each signed in and with the consent given.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let mut flows = Vec::with_capacity(count);
        for _ in 0..count {
            let mut flow = Self {
                browser: Browser::new(server.origin.clone()),
                connection: Connection::new(server.origin.address()),
                server: server.clone(),
                request: server.authorization_request("openid profile email")?,
                userinfo: server.api("oauth/userinfo"),
            };
            flow.exchange().await?;
            flow.browser.disconnect();
            flow.connection.close();
            flows.push(flow);
        }
        Ok(flows)
    }
}

impl Client for CodeFlow {
    async fn exchange(&mut self) -> Result<()> {
        let code = self.browser.authorize(&self.request, &self.server.person(), self.server.redirect_uri()?).await?;
        let redemption = self.server.code_redemption(&code)?;
        let tokens: Tokens = self.connection.exchange(&redemption).await?.expect(200).context("redeeming a code")?.json()?;
        let request = self.server.origin.get(&self.userinfo, &bearer(&tokens.access_token));
        let reply = self.connection.exchange(&request).await?.expect(200).context("asking for claims")?;
        ensure!(contains(reply.body, &self.server.dev.user.email), "somebody else's claims");
        Ok(())
    }
}
