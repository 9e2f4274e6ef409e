//! Token introspection (RFC 7662).

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::tokens::by_client_credentials;
use super::{Sample, contains};
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::Connection;
use crate::wire::request::form;

/// One connection asking about one live access token again and again.
pub struct Introspect {
    connection: Connection,
    request: Vec<u8>,
    client_id: String,
    sample: Sample,
}

impl Introspect {
    /// `count` connections, each with an access token of its own.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let tokens = by_client_credentials(server, count).await?;
        let path = server.api("oauth/introspect");
        let one = |token: String| Self {
            connection: Connection::new(server.origin.address()),
            request: server.origin.post_form(&path, &server.service_client_authentication(), &form([("token", token)])),
            client_id: server.dev.service_client.client_id.clone(),
            sample: Sample::default(),
        };
        Ok(tokens.into_iter().map(one).collect())
    }
}

#[derive(Deserialize)]
struct Introspection {
    active: bool,
    client_id: String,
}

impl Client for Introspect {
    async fn exchange(&mut self) -> Result<()> {
        let reply = self.connection.exchange(&self.request).await?.expect(200)?;
        ensure!(contains(reply.body, "\"active\":true"), "a live token is called inactive");
        if self.sample.is_due() {
            let introspection: Introspection = reply.json()?;
            ensure!(introspection.active && introspection.client_id == self.client_id, "another client's token");
        }
        Ok(())
    }
}
