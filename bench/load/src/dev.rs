//! What `lumoauth dev` says about the server it started: addresses and credentials of its ready-made organization.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::wire::request::{basic, form};
use crate::wire::{Connection, Credentials, Origin};

/// The part of `dev.json` that is needed here.
#[derive(Deserialize, Clone)]
pub struct DevFile {
    pub base_url: String,
    pub issuer: String,
    pub org: String,
    pub user: Person,
    pub api_key: String,
    pub web_client: WebClient,
    pub service_client: ServiceClient,
}

/// A person with a password.
#[derive(Deserialize, Clone)]
pub struct Person {
    pub email: String,
    pub password: String,
}

/// The confidential client of a web application.
#[derive(Deserialize, Clone)]
pub struct WebClient {
    pub client_id: String,
    pub client_secret: String,
    pub redirect_uris: Vec<String>,
}

/// The client of a service that acts for itself.
#[derive(Deserialize, Clone)]
pub struct ServiceClient {
    pub client_id: String,
    pub client_secret: String,
}

/// A running server with what is needed to use it.
#[derive(Clone)]
pub struct Server {
    pub dev: DevFile,
    pub origin: Origin,
}

/// The PKCE pair of RFC 7636, appendix B. It protects nobody here, and saves a hash per request.
pub const CODE_VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CODE_CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl Server {
    /// Reads the file and resolves the server's address.
    pub async fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let dev: DevFile = serde_json::from_slice(&text).with_context(|| format!("{} is not as expected", path.display()))?;
        let origin = Origin::resolve(&dev.base_url).await?;
        Ok(Self { dev, origin })
    }

    /// The path of an endpoint of the organization's API.
    pub fn api(&self, endpoint: &str) -> String {
        format!("/orgs/{}/api/v1/{endpoint}", self.dev.org)
    }

    /// What the organization's API key reads at an administrative endpoint.
    pub async fn administer<T: DeserializeOwned>(&self, endpoint: &str) -> Result<T> {
        let request = self.origin.get(&self.api(endpoint), &self.api_key());
        let mut connection = Connection::new(self.origin.address());
        connection.exchange(&request).await?.expect(200).with_context(|| endpoint.to_owned())?.json()
    }

    /// The header line of the organization's API key.
    pub fn api_key(&self) -> String {
        format!("x-api-key: {}\r\n", self.dev.api_key)
    }

    /// The authorization request of the web client for `scope`.
    pub fn authorization_request(&self, scope: &str) -> Result<Url> {
        let query = form([
            ("response_type", "code"),
            ("client_id", self.dev.web_client.client_id.as_str()),
            ("redirect_uri", self.redirect_uri()?),
            ("scope", scope),
            ("state", "bench"),
            ("nonce", "bench"),
            ("code_challenge", CODE_CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        self.origin.join(&format!("{}?{query}", self.api("oauth/authorize")))
    }

    /// The request that redeems `code`.
    pub fn code_redemption(&self, code: &str) -> Result<Vec<u8>> {
        let body = form([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect_uri()?),
            ("code_verifier", CODE_VERIFIER),
        ]);
        Ok(self.origin.post_form(&self.api("oauth/token"), &self.web_client_authentication(), &body))
    }

    /// The redirect URI the web client uses here.
    pub fn redirect_uri(&self) -> Result<&str> {
        self.dev.web_client.redirect_uris.first().map(String::as_str).context("the web client has no redirect URI")
    }

    /// The `Authorization` line of the web client.
    pub fn web_client_authentication(&self) -> String {
        basic(&self.dev.web_client.client_id, &self.dev.web_client.client_secret)
    }

    /// The `Authorization` line of the service client.
    pub fn service_client_authentication(&self) -> String {
        basic(&self.dev.service_client.client_id, &self.dev.service_client.client_secret)
    }

    /// The ordinary user's credentials.
    pub fn person(&self) -> Credentials {
        Credentials { identifier: self.dev.user.email.clone(), password: self.dev.user.password.clone() }
    }
}
