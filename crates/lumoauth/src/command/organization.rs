//! `lumoauth organization`: organizations, from the command line.

use super::{open_installation, say};
use crate::cli::OrganizationCommand;
use crate::first_start::organization;
use std::process::ExitCode;

/// Run it.
///
/// # Errors
/// If it can't be done; nothing has changed then.
pub async fn run(command: OrganizationCommand) -> anyhow::Result<ExitCode> {
    let OrganizationCommand::Create { installation, slug, name } = command;
    let services = open_installation(&installation).await?;
    let org = organization(&services, &slug, &name).await?;
    say(format_args!("{} is ready. Its issuer is {}", org.name(), services.issuer(org.slug())));
    Ok(ExitCode::SUCCESS)
}
