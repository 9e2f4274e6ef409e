//! `lumoauth api-key`: API keys, from the command line.

use super::installation::find_org;
use super::user::address;
use super::{open_installation, say};
use crate::cli::ApiKeyCommand;
use crate::operator::MakeApiKey;
use anyhow::Context;
use flow::{Body, act};
use kernel::{Actor, Scopes};
use std::process::ExitCode;

/// Run it.
///
/// # Errors
/// If it can't be done; nothing has changed then.
pub async fn run(command: ApiKeyCommand) -> anyhow::Result<ExitCode> {
    let ApiKeyCommand::Create { installation, org, user, name, scopes } = command;
    let services = open_installation(&installation).await?;
    let org = find_org(&services, &org).await?;
    let scopes = Scopes::parse(&scopes.join(" ")).context("a scope has a character that is not allowed")?;
    let answer = act(&services, Some(org), Actor::Operator, MakeApiKey { user: address(&user)?, name, scopes }).await?;
    if let Body::Bytes(_, key) = answer.body {
        say(String::from_utf8_lossy(&key));
    }
    Ok(ExitCode::SUCCESS)
}
