//! A `PostgreSQL` cluster as `initdb` makes it: default settings, every commit durable.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::process::{Recipe, Running, free_address};

/// The role the server signs in with: not a superuser, because row-level security never applies to one.
const ROLE: &str = "lumoauth";

/// A private cluster on a port of its own, stopped when dropped.
pub struct Cluster {
    running: Running,
    url: String,
}

impl Cluster {
    /// Creates a cluster and an empty database in `folder`.
    pub async fn start(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = fs::canonicalize(folder)?;
        let user = user()?;
        if let Some(user) = user {
            chown(&folder, Some(user), None)?;
        }
        let data = folder.join("data");
        initialise(&data, user)?;
        let listen = free_address()?;
        let (host, port) = listen.split_once(':').context("an address without a port")?;
        let mut recipe = Recipe::new(binary("postgres")?, "");
        recipe.arguments = ["-D", "{data}", "-h", host, "-p", port, "-k", ""].map(str::to_owned).to_vec();
        recipe.user = user;
        let running = recipe.start(&data, &listen, &folder.join("postgres.log"))?;
        let administrator = format!("postgres://postgres@{listen}/postgres");
        wait_for(&administrator).await?;
        query(&administrator, &format!("CREATE ROLE {ROLE} LOGIN CREATEROLE"))?;
        query(&administrator, &format!("CREATE DATABASE {ROLE} OWNER {ROLE}"))?;
        Ok(Self { running, url: format!("postgres://{ROLE}@{listen}/{ROLE}") })
    }

    /// The address of the database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the cluster once its clients have left.
    pub async fn stop(self) -> Result<()> {
        self.running.stop().await
    }
}

/// Version and durability of the database at `url`, in words.
///
/// # Errors
/// The database does not make commits durable: its figures would mean nothing.
pub fn describe(url: &str) -> Result<String> {
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value = query(url, &format!("SHOW {setting}"))?;
        ensure!(value == "on", "{setting} is {value}: commits would not be durable");
    }
    let version = query(url, "SHOW server_version")?;
    Ok(format!("{version}; fsync, synchronous_commit and full_page_writes on"))
}

fn initialise(data: &Path, user: Option<u32>) -> Result<()> {
    let mut command = Command::new(binary("initdb")?);
    command.arg("--pgdata").arg(data).args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
    command.arg("--no-instructions").current_dir("/");
    if let Some(user) = user {
        command.uid(user);
    }
    let output = command.output().context("running initdb")?;
    ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

async fn wait_for(url: &str) -> Result<()> {
    for _ in 0..600 {
        if query(url, "SELECT 1").is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    query(url, "SELECT 1").map(drop)
}

/// What a statement answers, by way of `psql`.
pub fn query(url: &str, sql: &str) -> Result<String> {
    let program = binary("psql").unwrap_or_else(|_| PathBuf::from("psql"));
    let output = Command::new(program).args(["-X", "-q", "-A", "-t", "-c", sql, url]).output().context("running psql")?;
    ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A program of the newest installed version; Debian keeps them side by side and off the path.
fn binary(name: &str) -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let newest = debian.map(|(version, path)| (version, path.join("bin").join(name))).filter(|(_, path)| path.is_file()).max();
    match newest {
        Some((_, path)) => Ok(path),
        None => on_path(name).with_context(|| format!("{name} is not installed")),
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Who the cluster runs as: it refuses to run as root, so root lends it to another user.
fn user() -> Result<Option<u32>> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let lent = id(&["-u", "postgres"]).or_else(|| id(&["-u", "nobody"]));
    lent.map(Some).context("no user postgres or nobody to run the cluster as")
}
