//! `lumoauth user`: people, from the command line.

use super::installation::find_org;
use super::{open_installation, say, user_transfer};
use crate::cli::UserCommand;
use crate::operator::{MakePerson, SetPassword};
use anyhow::Context;
use flow::{Password, PasswordHash, Services, act};
use identity::settings::Settings;
use identity::users::Email;
use kernel::{Actor, Secret};
use std::process::ExitCode;
use store::Org;

/// Run it.
///
/// # Errors
/// If it can't be done; nothing has changed then.
pub async fn run(command: UserCommand) -> anyhow::Result<ExitCode> {
    match command {
        UserCommand::Create { installation, org, email, roles } => {
            let services = open_installation(&installation).await?;
            let org = find_org(&services, &org).await?;
            let (email, password) = with_password(&services, &org, &email).await?;
            act(&services, Some(org), Actor::Operator, MakePerson { email, name: None, password, roles }).await?;
            say("Created.");
        }
        UserCommand::ResetPassword { installation, org, email } => {
            let services = open_installation(&installation).await?;
            let org = find_org(&services, &org).await?;
            let (email, password) = with_password(&services, &org, &email).await?;
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

async fn with_password(services: &Services, org: &Org, email: &str) -> anyhow::Result<(Email, PasswordHash)> {
    let email = address(email)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("the password is read from standard input")?;
    let chosen = Secret::new(line.trim_end_matches(['\r', '\n']));
    let hash = hash(services, org, email.as_str(), &chosen).await?;
    Ok((email, hash))
}

/// Hash a password that obeys the organization's policy.
pub(crate) async fn hash(services: &Services, org: &Org, email: &str, chosen: &Secret) -> anyhow::Result<PasswordHash> {
    let policy = &Settings::of(org).authentication.password_policy;
    let password: Password = policy.accept_field(org, "password", chosen, &[email]).map_err(|fault| {
        anyhow::anyhow!("the password {}", fault.fields.first().map_or("is not allowed", |(_, problem)| problem))
    })?;
    Ok(services.hashing.hash(password, &*services.rng).await?)
}
