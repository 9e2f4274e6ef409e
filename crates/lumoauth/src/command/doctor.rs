//! `lumoauth doctor`: check what a running server needs.

use super::installation::{load_settings, plan};
use super::say;
use crate::assemble::Plan;
use anyhow::Context;
use std::path::Path;
use std::process::ExitCode;
use store::Store;

/// Run it.
///
/// # Errors
/// None: what is wrong is said, and the exit code tells.
pub async fn run(config: &Path) -> anyhow::Result<ExitCode> {
    super::log::start("error", super::log::Format::People);
    let mut visit = Visit { is_well: true };
    let settings = visit.check("configuration", load_settings(config).map(|settings| (settings, "complete".to_owned())));
    if let Some(settings) = settings {
        say(format_args!("ok    mail: {}", mail(&settings)));
        for danger in &settings.dangers {
            visit.complain("weakening option", &format!("{danger} is on"));
        }
        visit.check("listening address", free(settings.listen).await);
        if let Some(address) = settings.metrics_listen {
            visit.check("address of metrics", free(address).await);
        }
        if let Some(plan) = visit.check("assembly", plan(&settings).map(|plan| (plan, "fits together".to_owned()))) {
            database(&mut visit, plan).await;
        }
    }
    say(if visit.is_well { "All is well." } else { "Some things need attention." });
    Ok(if visit.is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Visit {
    is_well: bool,
}

impl Visit {
    fn check<T>(&mut self, what: &str, outcome: anyhow::Result<(T, String)>) -> Option<T> {
        match outcome {
            Ok((value, note)) => {
                say(format_args!("ok    {what}: {note}"));
                Some(value)
            }
            Err(error) => {
                self.complain(what, &format!("{error:#}"));
                None
            }
        }
    }
    fn complain(&mut self, what: &str, problem: &str) {
        self.is_well = false;
        say(format_args!("LOOK  {what}: {problem}"));
    }
}

fn mail(settings: &settings::Settings) -> String {
    match &settings.mail {
        Some(mail) => format!("{}:{}", mail.smtp.host, mail.smtp.port),
        None => "off; nobody can reset a password by mail".to_owned(),
    }
}

async fn free(address: std::net::SocketAddr) -> anyhow::Result<((), String)> {
    let listener = tokio::net::TcpListener::bind(address).await;
    match listener {
        Ok(_) => Ok(((), format!("{address} is free"))),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(((), format!("{address} is in use, perhaps by this server")))
        }
        Err(error) => Err(error).with_context(|| format!("can't listen on {address}")),
    }
}

async fn database(visit: &mut Visit, plan: Plan) {
    let store = Store::open(&plan.database, 1).await.context("can't be reached");
    let Some(store) = visit.check("database", store.map(|store| (store, format!("{:?} answers", plan.database)))) else { return };
    match store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => say("ok    schema: up to date"),
        Ok(pending) => visit.complain("schema", &format!("{} steps behind; run `lumoauth migrate`", pending.len())),
        Err(error) => visit.complain("schema", &error.to_string()),
    }
}
