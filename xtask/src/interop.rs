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
#[derive(Clone, Copy)]
enum Suite {
    Node(&'static str),
    Python(&'static str),
}

const OPENID_CLIENT: Suite = Suite::Node("openid_client.test.mjs");
const AUTHLIB: Suite = Suite::Python("test_authlib.py");
const SDK: Suite = Suite::Python("test_lumoauth.py");
const BROWSER: Suite = Suite::Node("browser.test.mjs");

/// Runs every suite over plain HTTP and over TLS, and those that lean most on the database over PostgreSQL too.
pub fn run(shop: &Workshop) -> Result<()> {
    prepare(shop)?;
    let everything = [OPENID_CLIENT, AUTHLIB, SDK, BROWSER];
    let core = [OPENID_CLIENT, AUTHLIB, SDK];
    let mut failed = Vec::new();
    failed.extend(round(shop, "interop-http", || Ok(Setup::default()), &everything));
    failed.extend(round(shop, "interop-tls", || Ok(Setup { is_tls: true, database: None }), &everything));
    failed.extend(round(shop, "interop-postgres", || Ok(Setup { is_tls: false, database: Some(database(shop)?) }), &core));
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

/// Starts one server and runs the suites against it; returns a line for each thing that failed.
fn round(shop: &Workshop, name: &str, setup: impl FnOnce() -> Result<Setup>, suites: &[Suite]) -> Vec<String> {
    println!("\n--- {name}");
    let server = match setup().and_then(|setup| Server::start(shop, name, setup)) {
        Ok(server) => server,
        Err(error) => return vec![format!("{name}: {error:#}")],
    };
    let failed = suites.iter().filter_map(|suite| suite.run(shop, &server).err());
    let failed: Vec<String> = failed.map(|error| format!("{name}: {error:#}")).collect();
    if !failed.is_empty() {
        println!("the end of the server's log:\n{}", server.tail());
    }
    failed
}

impl Suite {
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
