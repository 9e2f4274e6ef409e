//! The time from executing the binary to its first answer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::process::{Recipe, Running, free_address};
use crate::report::table::milliseconds;
use crate::wire::Origin;

/// How to start the measured server.
#[derive(Args, Clone)]
pub struct Binary {
    /// The server
    #[arg(long, default_value = "target/release/lumoauth")]
    pub server: PathBuf,
    /// Its arguments; {data} is a directory, {listen} an address with a port
    #[arg(long, allow_hyphen_values = true, default_value = "dev --data {data} --listen {listen}")]
    pub arguments: String,
    /// What its arguments end with when it works on `PostgreSQL`; {url} is the database
    #[arg(long, default_value = "--database {url}", allow_hyphen_values = true)]
    pub postgres_arguments: String,
}

impl Binary {
    /// The recipe for embedded SQLite, or for the `PostgreSQL` database at `url`.
    pub fn recipe(&self, url: Option<&str>) -> Recipe {
        match url {
            None => Recipe::new(&self.server, &self.arguments),
            Some(url) => {
                let more = self.postgres_arguments.replace("{url}", url);
                Recipe::new(&self.server, &format!("{} {more}", self.arguments))
            }
        }
    }
}

/// A place to keep data and how often to start.
#[derive(Args, Clone)]
pub struct StartArguments {
    #[command(flatten)]
    pub binary: Binary,
    /// Where the server may keep its data
    #[arg(long, default_value = "target/bench/start")]
    pub data: PathBuf,
    /// Starts
    #[arg(long, default_value_t = 10)]
    pub times: usize,
}

/// Starts a server over and over and prints how long its first answer took.
pub async fn start(arguments: StartArguments) -> Result<()> {
    std::fs::create_dir_all(&arguments.data)?;
    let recipe = arguments.binary.recipe(None);
    for _ in 0..arguments.times {
        let (running, _, took) = ready(&recipe, &arguments.data).await?;
        running.stop().await?;
        println!("{} ms", milliseconds(took));
    }
    Ok(())
}

/// Starts the server and waits for the first 200 from its readiness check.
pub async fn ready(recipe: &Recipe, data: &Path) -> Result<(Running, Origin, Duration)> {
    let listen = free_address()?;
    let origin = Origin::resolve(&format!("http://{listen}")).await?;
    let mut running = recipe.start(data, &listen, &data.join("server.log")).context("starting the server")?;
    let took = running.answers(&origin, "/health/ready").await?;
    Ok((running, origin, took))
}
