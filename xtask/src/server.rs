//! A `lumoauth dev` server for the interop suites.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::Tool;
use crate::leash::{Leash, free_port, wait_until};
use crate::workshop::Workshop;

/// How a server differs from the default, which is plain HTTP over an embedded database.
#[derive(Default)]
pub struct Setup {
    pub is_tls: bool,
    pub database: Option<String>,
}

/// A running server with fresh data. Dropping it stops it; data and log stay to look at.
pub struct Server {
    folder: PathBuf,
    ca_file: Option<String>,
    _leash: Leash,
}

impl Server {
    /// Starts the built binary in the named scratch folder and waits until it says that it runs.
    pub fn start(shop: &Workshop, name: &str, setup: Setup) -> Result<Self> {
        let folder = shop.scratch(name)?;
        fs::remove_dir_all(&folder).and_then(|()| fs::create_dir_all(&folder)).context("cannot clear the server's folder")?;
        let port = free_port()?;
        let log = fs::File::create(folder.join("server.log"))?;
        let mut tool =
            Tool::new(shop.binary()).within(&folder).args(["dev", "--listen", &format!("127.0.0.1:{port}"), "--data", "data"]);
        if setup.is_tls {
            tool = tool.arg("--tls");
        }
        if let Some(database) = setup.database {
            tool = tool.arg("--database").arg(database);
        }
        let mut command = tool.into_inner();
        command.stdout(log.try_clone()?).stderr(log);
        let mut leash = Leash::start(command, "TERM", None)?;
        let file = folder.join("data").join("dev.json");
        // It listens, and has begun to write dev.json, before everything in it is made: only its greeting says that all is there.
        let is_up = || fs::read_to_string(folder.join("server.log")).is_ok_and(|log| log.contains("LumoAuth is running."));
        wait_until(&mut leash, Duration::from_mins(1), "the server", is_up).with_context(|| tail(&folder))?;
        let ca_file = ca_file(&file)?;
        println!("lumoauth dev runs on port {port}; its log is {}", folder.join("server.log").display());
        Ok(Self { folder, ca_file, _leash: leash })
    }

    /// Gives a client suite what it needs to find and trust this server.
    pub fn introduce(&self, tool: Tool) -> Tool {
        let tool = tool.env("LUMOAUTH_DEV_JSON", self.folder.join("data").join("dev.json"));
        let trust = ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];
        self.ca_file.iter().fold(tool, |tool, file| trust.iter().fold(tool, |tool, name| tool.env(name, file)))
    }

    /// The last lines of the log, for a person who asks why a suite failed.
    pub fn tail(&self) -> String {
        tail(&self.folder)
    }
}

fn ca_file(dev_json: &Path) -> Result<Option<String>> {
    let text = fs::read_to_string(dev_json).context("cannot read dev.json")?;
    let dev: Value = serde_json::from_str(&text).context("dev.json holds no JSON")?;
    let Some(file) = dev.get("ca_file").and_then(Value::as_str) else {
        return Ok(None);
    };
    let folder = dev_json.ancestors().nth(2).context("dev.json lies in the data folder")?;
    Ok(Some(folder.join(file).to_string_lossy().into_owned()))
}

fn tail(folder: &Path) -> String {
    let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let last: Vec<&str> = lines.iter().skip(lines.len().saturating_sub(40)).copied().collect();
    last.join("\n")
}
