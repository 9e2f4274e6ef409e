//! Load generator on loopback: how many grants, refreshes, answers and sign-ins a second, how long they take, how fast the
//! server starts and how much memory it needs.
#![allow(clippy::disallowed_methods, reason = "a load generator measures with the machine's own clock")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing figures is what this program is for")]
#![allow(clippy::cast_precision_loss, reason = "rates and shares are for reading")]

mod command;
mod dev;
mod hash;
mod measure;
mod postgres;
mod process;
mod report;
mod scenario;
mod wire;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use tokio::task::LocalSet;

use command::all::{AllArguments, all};
use command::loads::{self, Against, LoginArguments, MemoryArguments, TokenEndpoint};
use command::proofs::{ProofsArguments, proofs};
use command::start::{StartArguments, start};
use report::machine::cores;
use scenario::client_credentials::ClientCredentials;
use scenario::code_flow::CodeFlow;
use scenario::fapi::{FapiFlow, FapiTokens};
use scenario::introspect::Introspect;
use scenario::refresh::Refresh;
use scenario::token_exchange::TokenExchange;
use scenario::userinfo::UserInfo;

#[derive(Parser)]
#[command(name = "bench-load", about = "Measures an authorization server on this machine")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Client credentials grants
    ClientCredentials(Against),
    /// Client credentials grants of any other server
    TokenEndpoint(TokenEndpoint),
    /// Refresh grants, each connection rotating its own refresh token
    Refresh(Against),
    /// `UserInfo` requests
    Userinfo(Against),
    /// Introspections of live access tokens
    Introspect(Against),
    /// Authorize, token and userinfo with a session and a remembered consent
    CodeFlow(Against),
    /// FAPI 2.0: client credentials grants with `private_key_jwt` and `DPoP`
    FapiTokens(Against),
    /// FAPI 2.0: push, authorize with consent, and token, with `private_key_jwt` and `DPoP`
    FapiFlow(Against),
    /// Token exchanges of a person's access token by its holder
    TokenExchange(Against),
    /// The memory of used proofs alone, filled with millions of them
    UsedProofs(ProofsArguments),
    /// Password sign-ins through the form
    Login(LoginArguments),
    /// Password hashes alone, on every core
    Hash(HashArguments),
    /// Time from executing the binary to its first answer
    Start(StartArguments),
    /// Resident memory before and after creating sessions
    Memory(MemoryArguments),
    /// Everything, on `SQLite` and `PostgreSQL`, beside a mock and node-oidc-provider
    All(Box<AllArguments>),
}

#[derive(Args)]
struct HashArguments {
    #[command(flatten)]
    cost: hash::HashCost,
    /// Seconds measured
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// One thread carries all connections: the generator must leave the other core to the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    LocalSet::new().run_until(run(Cli::parse().command)).await
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::ClientCredentials(against) => {
            against.drive(async |server, count| Ok(ClientCredentials::of(server, count))).await
        }
        Command::TokenEndpoint(arguments) => loads::token_endpoint(arguments).await,
        Command::Refresh(against) => against.drive(Refresh::of).await,
        Command::Userinfo(against) => against.drive(UserInfo::of).await,
        Command::Introspect(against) => against.drive(Introspect::of).await,
        Command::CodeFlow(against) => against.drive(CodeFlow::of).await,
        Command::FapiTokens(against) => against.drive(FapiTokens::of).await,
        Command::FapiFlow(against) => against.drive(FapiFlow::of).await,
        Command::TokenExchange(against) => against.drive(TokenExchange::of).await,
        Command::UsedProofs(arguments) => proofs(arguments).await,
        Command::Login(arguments) => loads::login(arguments).await,
        Command::Hash(arguments) => {
            let rate = hash::hashes_per_second(arguments.cost, cores(), Duration::from_secs(arguments.seconds))?;
            println!("{}/s on {} threads", report::table::grouped(rate), cores());
            Ok(())
        }
        Command::Start(arguments) => start(arguments).await,
        Command::Memory(arguments) => loads::memory(arguments).await,
        Command::All(arguments) => Box::pin(all(*arguments)).await,
    }
}
