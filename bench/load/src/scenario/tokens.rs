//! Tokens to measure with, obtained the way any client obtains them.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::dev::Server;
use crate::wire::{Browser, Connection};

/// What the token endpoint answers to a code.
#[derive(Deserialize, Clone)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: Option<String>,
}

/// `count` token sets from one sign-in and `count` authorization requests of the web client.
pub async fn by_code(server: &Server, scope: &str, count: usize) -> Result<Vec<Tokens>> {
    let mut browser = Browser::new(server.origin.clone());
    let mut connection = Connection::new(server.origin.address());
    let request = server.authorization_request(scope)?;
    let mut tokens = Vec::with_capacity(count);
    for _ in 0..count {
        let code = browser.authorize(&request, &server.person(), server.redirect_uri()?).await?;
        let reply = connection.exchange(&server.code_redemption(&code)?).await?.expect(200).context("redeeming a code")?;
        tokens.push(reply.json()?);
    }
    Ok(tokens)
}

/// `count` access tokens of the service client.
pub async fn by_client_credentials(server: &Server, count: usize) -> Result<Vec<String>> {
    let path = server.api("oauth/token");
    let request = server.origin.post_form(&path, &server.service_client_authentication(), "grant_type=client_credentials");
    let mut connection = Connection::new(server.origin.address());
    let mut tokens = Vec::with_capacity(count);
    for _ in 0..count {
        let issued: Tokens = connection.exchange(&request).await?.expect(200)?.json()?;
        tokens.push(issued.access_token);
    }
    Ok(tokens)
}
