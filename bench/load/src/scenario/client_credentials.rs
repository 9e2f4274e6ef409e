//! Client credentials grants (RFC 6749, section 4.4) answered with ES256 access tokens.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Sample;
use crate::dev::Server;
use crate::measure::Client;
use crate::wire::{Connection, Origin, Reply};

/// One connection asking for one token after another.
pub struct ClientCredentials {
    connection: Connection,
    request: Vec<u8>,
    sample: Sample,
}

impl ClientCredentials {
    /// `count` connections of the service client.
    pub fn of(server: &Server, count: usize) -> Vec<Self> {
        let path = server.api("oauth/token");
        Self::many(&server.origin, &path, &server.service_client_authentication(), count)
    }

    /// `count` connections to the token endpoint at `path`, authenticated by the header lines `authentication`.
    pub fn many(origin: &Origin, path: &str, authentication: &str, count: usize) -> Vec<Self> {
        let request = origin.post_form(path, authentication, "grant_type=client_credentials");
        let one = || Self { connection: Connection::new(origin.address()), request: request.clone(), sample: Sample::default() };
        std::iter::repeat_with(one).take(count).collect()
    }
}

impl Client for ClientCredentials {
    async fn exchange(&mut self) -> Result<()> {
        let reply = self.connection.exchange(&self.request).await?.expect(200)?;
        let token = reply.string_member("access_token").context("no access token")?;
        ensure!(token.bytes().filter(|byte| *byte == b'.').count() == 2, "the access token is not a JWT");
        if self.sample.is_due() { check(reply) } else { Ok(()) }
    }
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    token_type: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct JoseHeader {
    alg: String,
}

fn check(reply: Reply<'_>) -> Result<()> {
    let response: TokenResponse = reply.json()?;
    ensure!(response.token_type == "Bearer" && response.expires_in > 0, "not a usable bearer token");
    let parts: Vec<_> = response.access_token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part)).collect::<Result<_, _>>()?;
    let [header, claims, signature] = parts.as_slice() else { anyhow::bail!("the access token is not a JWS") };
    let header: JoseHeader = serde_json::from_slice(header)?;
    ensure!(header.alg == "ES256" && signature.len() == 64, "not signed with ES256, but {}", header.alg);
    let claims: serde_json::Value = serde_json::from_slice(claims)?;
    ensure!(claims.get("jti").is_some() && claims.get("exp").is_some(), "an access token without jti or exp");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(alg: &str, signature: &[u8]) -> String {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let header = part(format!(r#"{{"alg":"{alg}"}}"#).as_bytes());
        let token = format!("{header}.{}.{}", part(br#"{"jti":"1","exp":2}"#), part(signature));
        format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":300}}"#)
    }

    #[test]
    fn only_a_token_signed_with_es256_is_accepted() {
        let checked = |body: &str| check(Reply { status: 200, head: b"", body: body.as_bytes() });
        assert!(checked(&answer("ES256", &[7; 64])).is_ok());
        assert!(checked(&answer("RS256", &[7; 64])).is_err());
        assert!(checked(&answer("ES256", &[7; 63])).is_err());
        assert!(checked(r#"{"access_token":"opaque","token_type":"Bearer","expires_in":300}"#).is_err());
    }
}
