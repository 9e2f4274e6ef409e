//! `lumoauth migrate`: bring the database to this version's schema.

use super::installation::plan_of;
use super::say;
use crate::cli::Migrate;
use anyhow::Context;
use std::process::ExitCode;
use store::Store;

/// Run it.
///
/// # Errors
/// If the database can't be reached or a step fails; steps before it stay.
pub async fn run(options: &Migrate) -> anyhow::Result<ExitCode> {
    super::log::start("warn", super::log::Format::People);
    let plan = plan_of(&options.installation)?;
    let store = Store::open(&plan.database, plan.connections).await.context("the database can't be opened")?;
    let pending = store.pending_migrations().await?;
    if pending.is_empty() {
        say("The schema is up to date.");
        return Ok(ExitCode::SUCCESS);
    }
    for step in &pending {
        say(format_args!("{} step {}: {}", if options.plan { "would take" } else { "taking" }, step.number, step.name));
    }
    if !options.plan {
        store.migrate(plan.clock.now()).await?;
        say("Done.");
    }
    Ok(ExitCode::SUCCESS)
}
