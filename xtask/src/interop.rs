//! The interop step: clients that other people wrote, and a browser, against a running server.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::Tool;
use crate::postgres;
use crate::prerequisites;
use crate::server::{Server, Setup};
use crate::workshop::Workshop;

/// One client suite: a script in `suites/interop`.
struct Suite {
    name: &'static str,
    script: Script,
}

#[derive(Clone, Copy)]
enum Script {
    Node(&'static str),
    Python(&'static str),
}

const SUITES: [Suite; 9] = [
    Suite { name: "openid-client", script: Script::Node("openid_client.test.mjs") },
    Suite { name: "fapi", script: Script::Node("fapi.test.mjs") },
    Suite { name: "document", script: Script::Node("document.test.mjs") },
    Suite { name: "handshake", script: Script::Node("handshake.test.mjs") },
    Suite { name: "authlib", script: Script::Python("test_authlib.py") },
    Suite { name: "lumoauth", script: Script::Python("test_lumoauth.py") },
    Suite { name: "browser", script: Script::Node("browser.test.mjs") },
    Suite { name: "console", script: Script::Node("console.test.mjs") },
    Suite { name: "elsewhere", script: Script::Node("elsewhere.test.mjs") },
];

/// Those that change whatever the API lets them change, and so have servers of their own.
const ALONE: [Suite; 2] = [
    Suite { name: "api-client", script: Script::Python("test_api_client.py") },
    Suite { name: "schemathesis", script: Script::Python("test_schemathesis.py") },
];

fn suites() -> impl Iterator<Item = &'static Suite> {
    SUITES.iter().chain(&ALONE)
}

/// One kind of server to run suites against.
struct Round {
    name: &'static str,
    setup: fn(&Workshop) -> Result<Setup>,
    suites: &'static [&'static str],
}

/// Everything over plain HTTP and over TLS, and what leans most on the database over PostgreSQL too.
const ROUNDS: [Round; 5] = [
    Round {
        name: "http",
        setup: |_| Ok(Setup::default()),
        suites: &["openid-client", "document", "authlib", "lumoauth", "browser", "console", "elsewhere"],
    },
    Round {
        name: "tls",
        setup: |_| Ok(Setup { is_tls: true, database: None }),
        suites: &["openid-client", "fapi", "document", "handshake", "authlib", "lumoauth", "browser", "console", "elsewhere"],
    },
    Round {
        name: "postgres",
        setup: |shop| Ok(Setup { is_tls: false, database: Some(database(shop)?) }),
        suites: &["openid-client", "authlib", "lumoauth"],
    },
    Round { name: "api", setup: |_| Ok(Setup::default()), suites: &["api-client", "schemathesis"] },
    Round {
        name: "api-postgres",
        setup: |shop| Ok(Setup { is_tls: false, database: Some(database(shop)?) }),
        suites: &["api-client"],
    },
];

/// Runs every suite of every round.
pub fn run(shop: &Workshop) -> Result<()> {
    only(shop, &[])
}

/// Runs the rounds and suites that the words name; no word for a round or no word for a suite means all of them.
pub fn only(shop: &Workshop, words: &[&str]) -> Result<()> {
    let is_round = |word: &str| ROUNDS.iter().any(|round| round.name == word);
    let is_suite = |word: &str| suites().any(|suite| suite.name == word);
    if let Some(unknown) = words.iter().find(|word| !is_round(word) && !is_suite(word)) {
        bail!("there is no round or suite `{unknown}`");
    }
    let all_rounds = !words.iter().any(|word| is_round(word));
    let all_suites = !words.iter().any(|word| is_suite(word));
    prepare(shop)?;
    let rounds = ROUNDS.iter().filter(|round| all_rounds || words.contains(&round.name));
    let failed: Vec<String> = rounds.flat_map(|round| round.run(shop, |suite| all_suites || words.contains(&suite))).collect();
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    Ok(())
}

/// Photographs the pages of a fresh server into `docs/images/`.
pub fn screenshots(shop: &Workshop) -> Result<()> {
    prepare(shop)?;
    let server = Server::start(shop, "screenshots", Setup::default())?;
    let images = shop.root().join("docs").join("images");
    fs::create_dir_all(&images).context("cannot create docs/images")?;
    let script = Tool::new("node").within(&folder(shop)).arg("screenshots.mjs").arg(images);
    server.introduce(with_browser(script)).run()
}

impl Round {
    /// Starts one server and runs the wanted suites against it; returns a line for each thing that failed.
    fn run(&self, shop: &Workshop, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        println!("\n--- interop round: {}", self.name);
        let folder = format!("interop-{}", self.name);
        let server = match (self.setup)(shop).and_then(|setup| Server::start(shop, &folder, setup)) {
            Ok(server) => server,
            Err(error) => return vec![format!("{}: {error:#}", self.name)],
        };
        let wanted = suites().filter(|suite| self.suites.contains(&suite.name) && is_wanted(suite.name));
        let failed = wanted.filter_map(|suite| suite.script.run(shop, &server).err());
        let failed: Vec<String> = failed.map(|error| format!("{}: {error:#}", self.name)).collect();
        if !failed.is_empty() {
            println!("the end of the server's log:\n{}", server.tail());
        }
        failed
    }
}

impl Script {
    fn run(self, shop: &Workshop, server: &Server) -> Result<()> {
        let tool = match self {
            Self::Node(file) => Tool::new("node").args(["--test", "--test-reporter=spec", file]),
            Self::Python(file) => Tool::new(python(shop)).args(["-m", "pytest", "-q", "-p", "no:cacheprovider", file]),
        };
        server.introduce(with_browser(tool.within(&folder(shop)))).run()
    }
}

/// Builds the server and installs the pinned clients.
fn prepare(shop: &Workshop) -> Result<()> {
    shop.cargo().args(["build", "--locked", "--package", "lumoauth"]).run()?;
    let folder = folder(shop);
    once(&folder.join("package-lock.json"), &folder.join("node_modules"), || {
        Tool::new("npm").within(&folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).run()
    })?;
    once(&folder.join("requirements.txt"), &folder.join(".venv"), || {
        Tool::new("python3").within(&folder).args(["-m", "venv", "--clear", ".venv"]).run()?;
        Tool::new(python(shop))
            .within(&folder)
            .args(["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"])
            .run()
    })
}

/// Runs `install` unless it already ran for this very lock file; a copy of it inside the installation tells.
fn once(lock: &Path, installation: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let wanted = fs::read(lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = installation.join(".installed-from");
    if fs::read(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn database(shop: &Workshop) -> Result<String> {
    postgres::create_database(&shop.postgres_url()?, "lumoauth_interop")
}

fn with_browser(tool: Tool) -> Tool {
    prerequisites::chromium().iter().fold(tool, |tool, browser| tool.env("LUMOAUTH_CHROMIUM", browser))
}

fn folder(shop: &Workshop) -> PathBuf {
    shop.root().join("suites").join("interop")
}

fn python(shop: &Workshop) -> PathBuf {
    folder(shop).join(".venv").join("bin").join("python")
}
