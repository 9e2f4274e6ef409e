//! `lumoauth serve`: production.

use super::installation::{load_settings, plan};
use super::{asked_to_stop, listen, log, say};
use crate::assemble::{assemble, catalogue, start_background};
use anyhow::Context;
use edge::{ClientCertificates, Connections, EdgeSettings, Hosts, ServerTls, TrustedProxies};
use settings::{LogFormat, Settings, Tls};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Run it until it is asked to stop.
///
/// # Errors
/// If the configuration is incomplete or the server can't start.
pub async fn run(config: &Path) -> anyhow::Result<ExitCode> {
    let settings = load_settings(config)?;
    let format = if settings.log.format == LogFormat::Json { log::Format::Json } else { log::Format::People };
    log::start(settings.log.level, format);
    for danger in &settings.dangers {
        tracing::warn!("{danger} is on: this server is weaker than it should be");
    }
    let tls = settings.tls.as_ref().map(server_tls).transpose()?;
    let services = assemble(plan(&settings)?).await?;
    let listener = listen(settings.listen).await?;
    let mut background = start_background(&services);
    if let (Some(tls), Some(files)) = (tls.clone(), settings.tls.clone()) {
        background.spawn(watch_certificate(tls, files));
    }
    let router = edge::router(catalogue(false), services, edge_settings(&settings));
    say(format_args!("LumoAuth {} listens on {} for {}", env!("CARGO_PKG_VERSION"), settings.listen, settings.base_url()));
    let connections = Connections { max: settings.limits.connections, ..Connections::default() };
    edge::serve(listener, tls, router, connections, asked_to_stop()).await;
    drop(background);
    Ok(ExitCode::SUCCESS)
}

fn edge_settings(settings: &Settings) -> EdgeSettings {
    let host = settings.public_url.host_str().unwrap_or_default();
    let authority = settings.public_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    EdgeSettings {
        hosts: Hosts::new([authority]),
        proxies: TrustedProxies::new(settings.proxy.trusted.clone()),
        max_body: settings.limits.body,
        body_timeout: Duration::from_secs(15),
    }
}

fn server_tls(tls: &Tls) -> anyhow::Result<Arc<ServerTls>> {
    let (chain, key) = certificate_files(tls)?;
    let clients = match tls.client_certificates {
        settings::ClientCertificates::Off => ClientCertificates::Off,
        settings::ClientCertificates::Request => ClientCertificates::Request,
    };
    ServerTls::new(&chain, &key, clients).context("tls.certificate and tls.private_key can't be used")
}

fn certificate_files(tls: &Tls) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("{} can't be read", path.display()));
    Ok((read(&tls.certificate)?, read(&tls.private_key)?))
}

/// Certificates are renewed while the server runs: use the new one as soon as its file changes.
async fn watch_certificate(tls: Arc<ServerTls>, files: Tls) {
    let changed = |files: &Tls| -> Option<SystemTime> { std::fs::metadata(&files.certificate).ok()?.modified().ok() };
    let mut seen = changed(&files);
    loop {
        tokio::time::sleep(Duration::from_mins(1)).await;
        let now = changed(&files);
        if now == seen {
            continue;
        }
        let replaced = certificate_files(&files).and_then(|(chain, key)| Ok(tls.replace(&chain, &key)?));
        match replaced {
            Ok(()) => tracing::info!("the certificate was replaced"),
            Err(error) => tracing::error!(%error, "the new certificate can't be used; the old one stays"),
        }
        seen = now;
    }
}
