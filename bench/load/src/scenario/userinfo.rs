//! Claims about the person an access token stands for (OIDC Core, section 5.3).

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::tokens::by_code;
use super::{Sample, contains};
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::Connection;
use crate::wire::request::bearer;

/// One connection presenting one access token again and again.
pub struct UserInfo {
    connection: Connection,
    request: Vec<u8>,
    email: String,
    sample: Sample,
}

impl UserInfo {
    /// `count` connections, each with an access token of its own.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let tokens = by_code(server, "openid profile email", count).await?;
        let path = server.api("oauth/userinfo");
        let one = |token: String| Self {
            connection: Connection::new(server.origin.address()),
            request: server.origin.get(&path, &bearer(&token)),
            email: server.dev.user.email.clone(),
            sample: Sample::default(),
        };
        Ok(tokens.into_iter().map(|tokens| one(tokens.access_token)).collect())
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    email: String,
}

impl Client for UserInfo {
    async fn exchange(&mut self) -> Result<()> {
        let reply = self.connection.exchange(&self.request).await?.expect(200)?;
        ensure!(contains(reply.body, &self.email), "somebody else's claims");
        if self.sample.is_due() {
            let claims: Claims = reply.json()?;
            ensure!(!claims.sub.is_empty() && claims.email == self.email, "somebody else's claims");
        }
        Ok(())
    }
}
