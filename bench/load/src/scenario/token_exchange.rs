//! Token exchange (RFC 8693): an application trades a person's access token for a narrower one of its own.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::contains;
use super::tokens::by_code;
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::Connection;
use crate::wire::request::form;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// One connection exchanging the same token over and over.
pub struct TokenExchange {
    connection: Connection,
    request: Vec<u8>,
}

impl TokenExchange {
    /// `count` connections of the web client, which is allowed to exchange for it.
    pub async fn of(server: &Server, count: usize) -> Result<Vec<Self>> {
        let mut connection = Connection::new(server.origin.address());
        let client = &server.dev.web_client.client_id;
        let grants = json!({ "grantTypes": ["authorization_code", "refresh_token", GRANT_TYPE] });
        for (endpoint, change) in [
            ("admin/settings/oauth".to_owned(), json!({ "token_exchange": "impersonation" })),
            (format!("admin/clients/{client}"), grants),
        ] {
            let request = server.origin.patch_json(&server.api(&endpoint), &server.api_key(), &change.to_string());
            connection.exchange(&request).await?.expect(200).context(endpoint)?;
        }
        let subject = by_code(server, "openid profile email", 1).await?.pop().context("no token to exchange")?;
        let body = form([
            ("grant_type", GRANT_TYPE),
            ("subject_token", subject.access_token.as_str()),
            ("subject_token_type", ACCESS_TOKEN),
            ("scope", "openid"),
        ]);
        let request = server.origin.post_form(&server.api("oauth/token"), &server.web_client_authentication(), &body);
        let one = || Self { connection: Connection::new(server.origin.address()), request: request.clone() };
        Ok(std::iter::repeat_with(one).take(count).collect())
    }
}

impl Client for TokenExchange {
    async fn exchange(&mut self) -> Result<()> {
        let reply = self.connection.exchange(&self.request).await?.expect(200)?;
        ensure!(
            contains(reply.body, r#""issued_token_type""#) && contains(reply.body, r#""access_token""#),
            "nothing was issued"
        );
        Ok(())
    }
}
