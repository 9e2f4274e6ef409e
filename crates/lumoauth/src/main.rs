//! The `lumoauth` program.

use clap::{CommandFactory, Parser};
use lumoauth::cli::{Cli, Command};
use lumoauth::command;
use std::process::ExitCode;

/// Requests are many small allocations on several threads; the system's allocator spends a tenth of the time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(Cli::parse())) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Dev(dev) => command::dev::run(dev).await,
        Command::Serve(file) => command::serve::run(&file.config).await,
        Command::Migrate(migrate) => command::migrate::run(&migrate).await,
        Command::Config(config) => command::config::run(&config),
        Command::Doctor(file) => command::doctor::run(&file.config).await,
        Command::Audit(audit) => command::audit::run(audit).await,
        Command::Keys(keys) => command::keys::run(keys).await,
        Command::Organization(organization) => command::organization::run(organization).await,
        Command::User(user) => command::user::run(user).await,
        Command::ApiKey(key) => command::api_key::run(key).await,
        Command::Generate(generate) => command::generate::run(&generate),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "lumoauth", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[allow(clippy::print_stderr, reason = "the command line speaks to people")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("lumoauth: {error:#}");
    ExitCode::FAILURE
}
