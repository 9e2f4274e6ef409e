//! `lumoauth serve`: production.

use super::installation::{load_settings, plan};
use super::{asked_to_stop, listen, log, say};
use crate::assemble::{assemble, catalogue, start_background};
use anyhow::Context;
use edge::{ClientCertificates, Connections, EdgeSettings, Hosts, Routers, ServerTls, TrustedProxies};
use settings::{LogFormat, Settings, Tls};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use url::Url;

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
    let tls = settings.tls.as_ref().map(|tls| server_tls(tls, asks(tls))).transpose()?;
    let second_tls = settings.tls.as_ref().map(|tls| server_tls(tls, ClientCertificates::Request)).transpose()?;
    let services = assemble(plan(&settings)?).await?;
    let listener = listen(settings.listen).await?;
    let mut background = start_background(&services);
    for tls in [tls.clone(), second_tls.clone()].into_iter().flatten() {
        background.spawn(watch_certificate(tls, settings.tls.clone()));
    }
    let Routers { public: router, watching } = edge::routers(catalogue(false), services, edge_settings(&settings));
    let metrics = match settings.metrics_listen {
        Some(address) => Some(edge::serve(listen(address).await?, None, watching, Connections::default(), asked_to_stop())),
        None => None,
    };
    say(format_args!("LumoAuth {} listens on {} for {}", env!("CARGO_PKG_VERSION"), settings.listen, settings.base_url()));
    let connections = Connections { max: settings.limits.connections, ..Connections::default() };
    let first = edge::serve(listener, tls, router.clone(), connections, asked_to_stop());
    let second = match settings.mtls.listen {
        Some(address) => Some(edge::serve(listen(address).await?, second_tls, router, connections, asked_to_stop())),
        None => None,
    };
    tokio::join!(first, if_any(second), if_any(metrics));
    drop(background);
    Ok(ExitCode::SUCCESS)
}

async fn if_any(serving: Option<impl Future<Output = ()>>) {
    if let Some(serving) = serving {
        serving.await;
    }
}

fn edge_settings(settings: &Settings) -> EdgeSettings {
    let header = settings.proxy.client_certificate_header.clone();
    let authority = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    };
    EdgeSettings {
        hosts: Hosts::new(std::iter::once(&settings.public_url).chain(&settings.mtls.public_url).map(authority)),
        proxies: TrustedProxies::new(settings.proxy.trusted.clone()).with_certificate_header(header),
        max_body: settings.limits.body,
        body_timeout: Duration::from_secs(15),
    }
}

/// Whether the first listener asks for certificates.
fn asks(tls: &Tls) -> ClientCertificates {
    match tls.client_certificates {
        settings::ClientCertificates::Off => ClientCertificates::Off,
        settings::ClientCertificates::Request => ClientCertificates::Request,
    }
}

fn server_tls(tls: &Tls, clients: ClientCertificates) -> anyhow::Result<Arc<ServerTls>> {
    let (chain, key) = certificate_files(tls)?;
    ServerTls::new(&chain, &key, clients).context("tls.certificate and tls.private_key can't be used")
}

fn certificate_files(tls: &Tls) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("{} can't be read", path.display()));
    Ok((read(&tls.certificate)?, read(&tls.private_key)?))
}

/// Certificates are renewed while the server runs: use the new one as soon as its file changes.
async fn watch_certificate(tls: Arc<ServerTls>, files: Option<Tls>) {
    let Some(files) = files else { return };
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
