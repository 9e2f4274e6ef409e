//! `lumoauth user`: people, from the command line.

use super::installation::find_org;
use super::{open_installation, say, user_transfer};
use crate::cli::UserCommand;
use crate::operator::{MakePerson, SetPassword};
use anyhow::Context;
use flow::{Password, PasswordHash, Services, act};
use identity::users::Email;
use kernel::{Actor, Secret};
use std::process::ExitCode;

/// Run it.
///
/// # Errors
/// If it can't be done; nothing has changed then.
pub async fn run(command: UserCommand) -> anyhow::Result<ExitCode> {
    match command {
        UserCommand::Create { installation, org, email, roles } => {
            let services = open_installation(&installation).await?;
            let org = find_org(&services, &org).await?;
            let (email, password) = (address(&email)?, read_password(&services).await?);
            act(&services, Some(org), Actor::Operator, MakePerson { email, name: None, password, roles }).await?;
            say("Created.");
        }
        UserCommand::ResetPassword { installation, org, email } => {
            let services = open_installation(&installation).await?;
            let org = find_org(&services, &org).await?;
            let (email, password) = (address(&email)?, read_password(&services).await?);
            act(&services, Some(org), Actor::Operator, SetPassword { email, password }).await?;
            say("The password is set; their sessions have ended.");
        }
        UserCommand::Import { installation, org, on_existing, file } => {
            let services = open_installation(&installation).await?;
            let org = find_org(&services, &org).await?;
            return user_transfer::import(&services, &org, &on_existing, &file).await;
        }
        UserCommand::Export { installation, org, password_hashes, output } => {
            let services = open_installation(&installation).await?;
            let org = find_org(&services, &org).await?;
            user_transfer::export(&services, &org, password_hashes, &output).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn address(text: &str) -> anyhow::Result<Email> {
    Email::parse(text).with_context(|| format!("{text} is not an e-mail address"))
}

async fn read_password(services: &Services) -> anyhow::Result<PasswordHash> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password is read from standard input")?;
    let chosen = Secret::new(line.trim_end_matches(['\r', '\n']));
    hash(services, &chosen).await
}

/// Hash a password that obeys the policy.
pub(crate) async fn hash(services: &Services, chosen: &Secret) -> anyhow::Result<PasswordHash> {
    let password: Password = identity::users::new_password("password", chosen).map_err(|fault| {
        anyhow::anyhow!("the password {}", fault.fields.first().map_or("is not allowed", |(_, problem)| problem))
    })?;
    Ok(services.hashing.hash(password, &*services.rng).await?)
}
