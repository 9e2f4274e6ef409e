//! The same grant by others, in the same run: the ceiling (a mock) and the best-known peer (node-oidc-provider).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use super::loads::Load;
use crate::measure::{Run, closed};
use crate::process::{Recipe, free_address};
use crate::report::machine::cores;
use crate::report::table::grouped;
use crate::report::{Row, Table};
use crate::scenario::client_credentials::ClientCredentials;
use crate::wire::Origin;
use crate::wire::request::basic;

/// Where the others are.
#[derive(Args, Clone)]
pub struct Others {
    /// The mock's binary
    #[arg(long, default_value = "bench/mock/target/release/bench-mock")]
    pub mock: PathBuf,
    /// The folder of the node-oidc-provider peer
    #[arg(long, default_value = "bench/peers/node-oidc-provider")]
    pub peer: PathBuf,
    /// The program that runs the peer
    #[arg(long, default_value = "node")]
    pub node: PathBuf,
}

const CLIENT_ID: &str = "bench";
const CLIENT_SECRET: &str = "known-to-everybody-and-good-for-nothing";

/// Measures both and adds their figures, with the ratios to `ours` (grants per second), to a new table.
pub async fn compare(others: &Others, ours: &[(String, f64)], load: &Load, data: &Path) -> Table {
    let mut table = Table::new("Client credentials beside others");
    for (name, rate) in ours {
        table.add(Row::note(name, format!("{}/s", grouped(*rate))));
    }
    match mock(others, load, data).await {
        Ok(run) => {
            table.add(Row::rate("Mock: three SQLite reads and one ES256 signature, nothing logged", &run, 0.0));
            ratios(&mut table, ours, "the mock", run.rate);
        }
        Err(error) => table.add(Row::failed("Mock", &error)),
    }
    match peer(others, load, data, &mut table).await {
        Ok(best) => ratios(&mut table, ours, "node-oidc-provider (its best)", best),
        Err(error) => table.add(Row::failed("node-oidc-provider", &error)),
    }
    table
}

fn ratios(table: &mut Table, ours: &[(String, f64)], other: &str, rate: f64) {
    for (name, own) in ours {
        table.add(Row::note(&format!("{name} ÷ {other}"), format!("{:.2}", own / rate)));
    }
}

async fn mock(others: &Others, load: &Load, data: &Path) -> Result<Run> {
    ensure!(others.mock.exists(), "{} is not built: cargo build --release in bench/mock", others.mock.display());
    let recipe = Recipe::new(&others.mock, "{data} {listen}");
    grants(&recipe, "/health/ready", load, data).await
}

/// The rate of the better of one process and one process per core.
async fn peer(others: &Others, load: &Load, data: &Path, table: &mut Table) -> Result<f64> {
    if !others.peer.join("node_modules").exists() {
        let status = Command::new("npm").arg("ci").current_dir(&others.peer).status().context("running npm ci")?;
        ensure!(status.success(), "npm ci failed");
    }
    let mut best = 0.0_f64;
    let mut counts = vec![1, cores()];
    counts.dedup();
    for workers in counts {
        let script = others.peer.join("server.mjs").to_str().context("a path that is not UTF-8")?.to_owned();
        let mut recipe = Recipe::new(&others.node, "");
        recipe.arguments = vec![script, "{listen}".to_owned()];
        let settings = [("NODE_ENV", "production"), ("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)];
        recipe.environment = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        recipe.environment.push(("WORKERS".to_owned(), workers.to_string()));
        let run = grants(&recipe, "/.well-known/openid-configuration", load, data).await?;
        let processes = if workers == 1 { "one process".to_owned() } else { format!("{workers} processes") };
        let version = runtime(&others.node)?;
        table.add(Row::rate(&format!("node-oidc-provider in memory, no log, {processes} of node {version}"), &run, 0.0));
        best = best.max(run.rate);
    }
    Ok(best)
}

async fn grants(recipe: &Recipe, ready: &str, load: &Load, data: &Path) -> Result<Run> {
    let listen = free_address()?;
    let origin = Origin::resolve(&format!("http://{listen}")).await?;
    let mut running = recipe.start(data, &listen, &data.join("others.log"))?;
    running.answers(&origin, ready).await?;
    let clients = ClientCredentials::many(&origin, "/token", &basic(CLIENT_ID, CLIENT_SECRET), load.connections);
    let (run, _) = closed(clients, load.plan()).await?;
    running.stop().await?;
    Ok(run)
}

fn runtime(node: &Path) -> Result<String> {
    let output = Command::new(node).arg("--version").output().context("running node")?;
    if !output.status.success() {
        bail!("{} --version failed", node.display());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned())
}
