//! Refresh grants (RFC 6749, section 6): every connection rotates its own refresh token.

use anyhow::{Context, Result, ensure};

use super::Sample;
use super::tokens::{Tokens, by_code};
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::request::form;
use crate::wire::{Connection, Origin};

/// One connection with one refresh token family.
pub struct Refresh {
    connection: Connection,
    origin: Origin,
    path: String,
    authentication: String,
    token: String,
    sample: Sample,
}

impl Refresh {
    /// `count` connections, each with a refresh token from an authorization code flow of its own.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let tokens = by_code(server, "openid profile email offline_access", count).await?;
        let one = |tokens: Tokens| -> Result<Self> {
            Ok(Self {
                connection: Connection::new(server.origin.address()),
                origin: server.origin.clone(),
                path: server.api("oauth/token"),
                authentication: server.web_client_authentication(),
                token: tokens.refresh_token.context("the code flow gave no refresh token")?,
                sample: Sample::default(),
            })
        };
        tokens.into_iter().map(one).collect()
    }
}

impl Client for Refresh {
    async fn exchange(&mut self) -> Result<()> {
        let body = form([("grant_type", "refresh_token"), ("refresh_token", self.token.as_str())]);
        let request = self.origin.post_form(&self.path, &self.authentication, &body);
        let reply = self.connection.exchange(&request).await?.expect(200)?;
        let next = reply.string_member("refresh_token").context("no refresh token in the answer")?;
        ensure!(next != self.token, "the refresh token was not rotated");
        if self.sample.is_due() {
            let tokens: Tokens = reply.json()?;
            ensure!(tokens.refresh_token.as_deref() == Some(next), "two refresh tokens in one answer");
            ensure!(tokens.access_token.split('.').count() == 3, "the access token is not a JWT");
        }
        next.clone_into(&mut self.token);
        Ok(())
    }
}
