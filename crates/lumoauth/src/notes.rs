//! `dev.json`: what a developer needs to know to use a development server, and what its later starts reuse.

use anyhow::Context;
use jose::random::token;
use kernel::Rng;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// The file's content. It holds secrets in the clear, is readable by its owner alone, and belongs to development.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevNotes {
    /// Where the server is.
    pub base_url: String,
    /// The organization's issuer identifier.
    pub issuer: String,
    /// The organization's slug.
    pub org: String,
    /// An administrator.
    pub admin: Login,
    /// A person without special rights.
    pub user: Login,
    /// An API key of the administrator.
    pub api_key: String,
    /// A confidential web application.
    pub web_client: WebClient,
    /// A public single-page application.
    pub spa_client: SpaClient,
    /// A program.
    pub service_client: ServiceClient,
    /// An AI agent.
    pub agent: AgentClient,
    /// The database.
    pub database_url: String,
    /// With `--tls`: the certificate authority to trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
}

/// Someone who can sign in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Login {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// A confidential client with redirect URIs.
#[derive(Clone, Serialize, Deserialize)]
pub struct WebClient {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
}

/// A public client.
#[derive(Clone, Serialize, Deserialize)]
pub struct SpaClient {
    /// Client id.
    pub client_id: String,
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
}

/// A confidential client without a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct ServiceClient {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
}

/// An agent and the client it authenticates as.
#[derive(Clone, Serialize, Deserialize)]
pub struct AgentClient {
    /// Agent id.
    pub agent_id: String,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
}

/// The organization of a development server.
pub const ORG: &str = "acme-corp";

impl DevNotes {
    /// Fresh secrets for a first start.
    pub fn invent(rng: &dyn Rng) -> Self {
        let word = |bytes| token(rng, bytes);
        let id = |prefix: &str| format!("{prefix}_{}", jose::encoding::hex(random::<10>(rng)));
        Self {
            base_url: String::new(),
            issuer: String::new(),
            org: ORG.to_owned(),
            admin: Login { email: "admin@acme.example".to_owned(), password: word(12) },
            user: Login { email: "demo@acme.example".to_owned(), password: word(12) },
            api_key: String::new(),
            web_client: WebClient { client_id: id("client"), client_secret: word(32), redirect_uris: Vec::new() },
            spa_client: SpaClient { client_id: id("client"), redirect_uris: Vec::new() },
            service_client: ServiceClient { client_id: id("client"), client_secret: word(32) },
            agent: AgentClient { agent_id: id("agt"), client_id: id("client"), client_secret: word(32) },
            database_url: String::new(),
            ca_file: None,
        }
    }

    /// Where this start is reached.
    pub fn locate(&mut self, base_url: &str, database_url: &str, ca_file: Option<&Path>) {
        base_url.clone_into(&mut self.base_url);
        self.issuer = format!("{base_url}/orgs/{}", self.org);
        database_url.clone_into(&mut self.database_url);
        self.ca_file = ca_file.map(|path| path.display().to_string());
        let loopback = ["http://localhost/callback", "http://127.0.0.1/callback"].map(str::to_owned);
        self.web_client.redirect_uris = loopback.to_vec();
        self.spa_client.redirect_uris = loopback.to_vec();
    }

    /// Read the file, if it is there.
    pub fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }

    /// Write the file for its owner's eyes only, whole or not at all.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        write_private(path, text.as_bytes())
    }
}

fn random<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// Write a file only its owner can read, whole or not at all.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished).with_context(|| format!("{} can't be written", unfinished.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path).with_context(|| format!("{} can't be written", path.display()))
}
