//! `lumoauth keys`: signing keys, from the command line.

use super::installation::find_org;
use super::{open_installation, say};
use crate::cli::KeysCommand;
use flow::act;
use kernel::Actor;
use op::keys::{RotateKeys, successors};
use std::process::ExitCode;

/// Run it.
///
/// # Errors
/// If it can't be done; nothing has changed then.
pub async fn run(command: KeysCommand) -> anyhow::Result<ExitCode> {
    let KeysCommand::Rotate { installation, org } = command;
    let services = open_installation(&installation).await?;
    let org = find_org(&services, &org).await?;
    let fresh = successors(&services, &org).await?;
    act(&services, Some(org), Actor::Operator, RotateKeys::planned(fresh)).await?;
    say("Done. Successors are published first; run this again an hour later to bring them into use.");
    Ok(ExitCode::SUCCESS)
}
