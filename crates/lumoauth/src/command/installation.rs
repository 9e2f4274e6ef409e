//! The installation a command works on: a production server's, or a development folder's.

use crate::assemble::{Plan, assemble};
use crate::cli::Installation;
use crate::notes::DevNotes;
use anyhow::Context;
use flow::{OutboundPolicy, Rate, Rates, Services, SystemClock};
use jose::random::SystemRng;
use jose::seal::MasterKeys;
use jose::x509::Authorities;
use op::MutualTls;
use settings::{ClientCertificates, Settings};
use std::path::Path;
use std::sync::Arc;
use store::{DatabaseUrl, Org};

/// Load a configuration, or say everything that is wrong with it.
pub(crate) fn load_settings(file: &Path) -> anyhow::Result<Settings> {
    Settings::load(file, environment()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the configuration needs attention:\n  {}", lines.join("\n  "))
    })
}

/// The environment; what isn't valid text can't be meant for us.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// What a configuration says a server is made of.
pub(crate) fn plan(settings: &Settings) -> anyhow::Result<Plan> {
    let rate = |rate: Option<settings::Rate>| rate.map(|rate| Rate { per_minute: rate.per_minute, burst: rate.burst });
    let limits = settings.limits;
    Ok(Plan {
        database: DatabaseUrl::parse(settings.database.url.expose()).context("database.url is not understood")?,
        connections: settings.database.connections,
        migrate: false,
        base_url: settings.base_url(),
        master_keys: MasterKeys {
            current: settings.master_keys.current.clone(),
            previous: settings.master_keys.previous.clone(),
        },
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        hashing_threads: settings.hashing.threads,
        hashing_queue: settings.hashing.queue,
        outbound: OutboundPolicy {
            allow_hosts: settings.outbound.allow_hosts.clone(),
            deny_hosts: settings.outbound.deny_hosts.clone(),
            ca_pem: settings.outbound.ca_pem.clone(),
            ..OutboundPolicy::default()
        },
        rates: Rates {
            cheap: rate(limits.cheap),
            standard: rate(limits.standard),
            token: rate(limits.token),
            credential: rate(limits.credential),
        },
        mailer: super::mail::mailer(settings.mail.as_ref())?,
        mutual_tls: mutual_tls(settings)?,
        is_dev: false,
    })
}

/// Certificates of clients come over a listener that asks for them, or in a trusted proxy's header.
fn mutual_tls(settings: &Settings) -> anyhow::Result<MutualTls> {
    let asks = settings.tls.as_ref().is_some_and(|tls| tls.client_certificates == ClientCertificates::Request);
    let pem = settings.mtls.authorities_pem.as_deref();
    Ok(MutualTls {
        is_offered: asks || settings.mtls.listen.is_some() || settings.proxy.client_certificate_header.is_some(),
        base_url: settings.mtls.public_url.as_ref().map(|url| url.origin().ascii_serialization()),
        authorities: pem.map(Authorities::parse_pem).transpose().context("mtls.authorities_file")?.unwrap_or_default(),
    })
}

/// What the notes of a development folder say a server is made of.
fn dev_plan(data: &Path) -> anyhow::Result<Plan> {
    let notes = DevNotes::read(&data.join("dev.json"))?
        .with_context(|| format!("{} is not the data folder of a development server", data.display()))?;
    super::dev::plan(data, &notes, None)
}

/// Open the installation a command names. Its schema must be this version's.
pub(crate) async fn open_installation(installation: &Installation) -> anyhow::Result<Arc<Services>> {
    super::log::start("error", super::log::Format::People);
    let plan = plan_of(installation)?;
    assemble(Plan { migrate: false, ..plan }).await
}

/// What the installation is made of.
pub(crate) fn plan_of(installation: &Installation) -> anyhow::Result<Plan> {
    match (&installation.config, &installation.data) {
        (Some(config), _) => plan(&load_settings(config)?),
        (None, Some(data)) => dev_plan(data),
        (None, None) => anyhow::bail!("say which installation is meant: --config FILE or --data DIR"),
    }
}

/// The organization of that name.
pub(crate) async fn find_org(services: &Services, slug: &str) -> anyhow::Result<Org> {
    services.store.find_org(slug).await?.with_context(|| format!("there is no organization {slug}"))
}
