//! One file per command.

pub mod api_key;
pub mod audit;
pub mod config;
pub mod dev;
pub mod doctor;
pub mod generate;
mod installation;
pub mod keys;
mod log;
mod mail;
pub mod migrate;
pub mod organization;
pub mod serve;
pub mod user;
mod user_transfer;

pub(crate) use installation::open_installation;

use anyhow::Context;
use std::io::Write;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Say something to the person at the command line. If nobody listens any more (`lumoauth … | head`), that is no failure.
pub(crate) fn say(text: impl std::fmt::Display) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address}: is something else running there? Choose another with --listen"))
}

/// Until SIGTERM or Ctrl-C.
async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    drop(tokio::signal::ctrl_c().await);
}
