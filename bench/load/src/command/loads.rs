//! One load against a server that is already running.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use crate::dev::Server;
use crate::measure::{Client, Plan, Run, closed, open};
use crate::process::resident_memory;
use crate::report::table::{grouped, milliseconds};
use crate::scenario::client_credentials::ClientCredentials;
use crate::scenario::login::Login;
use crate::scenario::sessions;
use crate::wire::Origin;
use crate::wire::request::basic;

/// How hard and how long.
#[derive(Args, Clone)]
pub struct Load {
    /// Connections
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Seconds measured
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
    /// Seconds before anything is counted
    #[arg(long, default_value_t = 2)]
    pub warm_up: u64,
    /// Requests per second (open loop) instead of as many as are answered (closed loop)
    #[arg(long)]
    pub rate: Option<u64>,
}

impl Load {
    /// The times of a run.
    pub fn plan(&self) -> Plan {
        Plan { warm_up: Duration::from_secs(self.warm_up), measured: Duration::from_secs(self.seconds) }
    }

    async fn run<C: Client + 'static>(&self, clients: Vec<C>) -> Result<Run> {
        let (run, _) = match self.rate {
            Some(rate) => open(clients, rate, self.plan()).await?,
            None => closed(clients, self.plan()).await?,
        };
        Ok(run)
    }
}

/// A server and a load.
#[derive(Args, Clone)]
pub struct Against {
    /// The dev.json of the running server
    #[arg(long)]
    pub dev: PathBuf,
    #[command(flatten)]
    pub load: Load,
}

impl Against {
    /// Reads dev.json, makes the clients and runs them.
    pub async fn drive<C: Client + 'static>(self, clients: impl AsyncFnOnce(&Server, usize) -> Result<Vec<C>>) -> Result<()> {
        let server = Server::read(&self.dev).await?;
        let clients = clients(&server, self.load.connections).await?;
        println!("{}", line(&self.load.run(clients).await?));
        Ok(())
    }
}

/// Any token endpoint that takes HTTP Basic client authentication.
#[derive(Args, Clone)]
pub struct TokenEndpoint {
    /// The token endpoint
    #[arg(long)]
    pub url: String,
    #[arg(long, default_value = "bench")]
    pub client_id: String,
    #[arg(long, default_value = "bench")]
    pub client_secret: String,
    #[command(flatten)]
    pub load: Load,
}

/// Client credentials grants from any server.
pub async fn token_endpoint(arguments: TokenEndpoint) -> Result<()> {
    let origin = Origin::resolve(&arguments.url).await?;
    let path = origin.join(&arguments.url)?.path().to_owned();
    let authentication = basic(&arguments.client_id, &arguments.client_secret);
    let clients = ClientCredentials::many(&origin, &path, &authentication, arguments.load.connections);
    println!("{}", line(&arguments.load.run(clients).await?));
    Ok(())
}

/// Sign-ins, alone or beside grants.
#[derive(Args, Clone)]
pub struct LoginArguments {
    #[command(flatten)]
    pub against: Against,
    /// Client credentials grants per second at the same time
    #[arg(long)]
    pub with_grants: Option<u64>,
}

/// Password sign-ins per second.
pub async fn login(arguments: LoginArguments) -> Result<()> {
    let Some(grants) = arguments.with_grants else {
        return arguments.against.drive(async |server, count| Login::of(server, count)).await;
    };
    let server = Server::read(&arguments.against.dev).await?;
    let load = &arguments.against.load;
    ensure!(load.rate.is_none(), "--with-grants measures sign-ins in a closed loop: leave --rate out");
    let (logins, grants) = mixed(&server, load.connections, grants, load.plan()).await?;
    println!("sign-ins: {}\ngrants:   {}", line(&logins), line(&grants));
    Ok(())
}

/// As many sign-ins as `connections` can make, and `grants` client credentials grants per second beside them.
pub async fn mixed(server: &Server, connections: usize, grants: u64, plan: Plan) -> Result<(Run, Run)> {
    let logins = closed(Login::of(server, connections)?, plan);
    let grants = open(ClientCredentials::of(server, 16), grants, plan);
    let ((logins, _), (grants, _)) = tokio::try_join!(logins, grants)?;
    Ok((logins, grants))
}

/// A process and the sessions to create in it.
#[derive(Args, Clone)]
pub struct MemoryArguments {
    /// The dev.json of the running server
    #[arg(long)]
    pub dev: PathBuf,
    /// Its process id
    #[arg(long)]
    pub pid: u32,
    /// Sessions to create, each by a sign-in
    #[arg(long, default_value_t = 100_000)]
    pub sessions: u64,
    #[arg(long, default_value_t = 8)]
    pub connections: usize,
}

/// Resident memory before and after creating sessions.
pub async fn memory(arguments: MemoryArguments) -> Result<()> {
    let server = Server::read(&arguments.dev).await?;
    let show = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    println!("before: {}", show(resident_memory(arguments.pid)?));
    sessions::create(&server, arguments.sessions, arguments.connections).await?;
    println!("with {} more sessions: {}", arguments.sessions, show(resident_memory(arguments.pid)?));
    Ok(())
}

fn line(run: &Run) -> String {
    let quantile = |per_mille| milliseconds(run.latency.quantile(per_mille));
    format!(
        "{}/s; p50 {} ms, p90 {} ms, p99 {} ms, p99.9 {} ms, max {} ms",
        grouped(run.rate),
        quantile(500),
        quantile(900),
        quantile(990),
        quantile(999),
        milliseconds(run.latency.max())
    )
}
