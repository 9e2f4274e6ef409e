//! `lumoauth dev`: everything on one machine, to try and develop with.

use super::{listen, log, say};
use crate::assemble::{Plan, assemble, catalogue, start_background};
use crate::cli::Dev;
use crate::first_start::provision;
use crate::notes::{DevNotes, write_private};
use crate::{dev_tls, notes};
use anyhow::Context;
use edge::{ClientCertificates, Connections, EdgeSettings, Hosts, ServerTls, TrustedProxies};
use flow::{OutboundPolicy, Rates, SystemClock};
use jose::random::SystemRng;
use jose::seal::{MasterKey, MasterKeys};
use kernel::Rng;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::DatabaseUrl;

/// Run it until it is asked to stop.
///
/// # Errors
/// If the server can't start.
pub async fn run(options: Dev) -> anyhow::Result<ExitCode> {
    log::start("warn", log::Format::People);
    make_private_folder(&options.data)?;
    let listener = listen(options.listen).await?;
    let tls = options.tls.then(|| dev_tls::load_or_make(&options.data)).transpose()?;
    let port = listener.local_addr()?.port();
    let scheme = if options.tls { "https" } else { "http" };
    let base_url = format!("{scheme}://localhost:{port}");

    let embedded = || format!("sqlite:{}", options.data.join("lumoauth.db").display());
    let database_url = options.database.clone().unwrap_or_else(embedded);
    let notes_file = options.data.join("dev.json");
    let known = DevNotes::read(&notes_file)?;
    let is_first = known.is_none();
    let mut notes = known.unwrap_or_else(|| DevNotes::invent(&SystemRng));
    notes.locate(&base_url, &database_url, tls.as_ref().map(|tls| tls.ca_file.as_path()));
    if is_first {
        // Written before the database learns these secrets, so that a start that breaks off can be taken up again.
        notes.write(&notes_file)?;
    }
    let services = assemble(plan(&options.data, &notes, Some(port))?).await?;
    provision(&services, &mut notes).await?;
    notes.write(&notes_file)?;

    let server_tls = tls.map(|tls| ServerTls::new(&tls.chain, &tls.key, ClientCertificates::Request)).transpose()?;
    let background = start_background(&services);
    let router = edge::router(catalogue(true), services.clone(), edge_settings(port));
    say(banner(&notes, &notes_file, options.tls));
    edge::serve(listener, server_tls, router, Connections::default(), super::asked_to_stop()).await;
    drop(background);
    say("Stopped.");
    Ok(ExitCode::SUCCESS)
}

/// What the server of a development folder is made of. With a port it may fetch from itself.
pub(super) fn plan(data: &Path, notes: &DevNotes, port: Option<u16>) -> anyhow::Result<Plan> {
    Ok(Plan {
        database: DatabaseUrl::parse(&notes.database_url).context("--database takes postgres://user:password@host/name")?,
        connections: 16,
        migrate: true,
        base_url: notes.base_url.clone(),
        master_keys: MasterKeys::single(master_key(data)?),
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        hashing_threads: std::thread::available_parallelism().map_or(2, usize::from),
        hashing_queue: 1024,
        outbound: outbound(port, notes.ca_file.as_deref().map(Path::new))?,
        rates: Rates::default(),
        mailer: signin::Mailer::Caught,
        mutual_tls: op::MutualTls { is_offered: notes.base_url.starts_with("https:"), ..op::MutualTls::default() },
        is_dev: true,
    })
}

fn edge_settings(port: u16) -> EdgeSettings {
    EdgeSettings {
        hosts: Hosts::new(["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}"))),
        proxies: TrustedProxies::default(),
        max_body: 1024 * 1024,
        body_timeout: Duration::from_secs(15),
    }
}

/// A development server may fetch from this machine, and trusts its own authority.
fn outbound(port: Option<u16>, ca_file: Option<&Path>) -> anyhow::Result<OutboundPolicy> {
    let ca_pem = ca_file.map(std::fs::read).transpose()?;
    let hosts = ["localhost", "127.0.0.1", "[::1]"];
    let with_port = port.iter().flat_map(|port| hosts.iter().map(move |host| format!("{host}:{port}")));
    let allow_hosts = hosts.iter().map(ToString::to_string).chain(with_port).collect();
    Ok(OutboundPolicy { allow_hosts, ca_pem, ..OutboundPolicy::default() })
}

fn master_key(data: &Path) -> anyhow::Result<MasterKey> {
    let file = data.join("master.key");
    if !file.exists() {
        let mut bytes = [0; 32];
        SystemRng.fill(&mut bytes);
        write_private(&file, jose::encoding::hex(bytes).as_bytes())?;
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
    MasterKey::parse(text.trim()).with_context(|| format!("{} is damaged", file.display()))
}

/// The folder holds keys and secrets: its owner alone may look inside.
fn make_private_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("{} can't be made", path.display()))
}

fn banner(notes: &DevNotes, file: &Path, tls: bool) -> String {
    let notes::Login { email, password } = &notes.user;
    let trust = notes.ca_file.as_ref().filter(|_| tls).map_or_else(String::new, |ca| format!("  Trust this authority    {ca}\n"));
    format!(
        "\nLumoAuth is running.\n\n  \
           Open this first         {base}/dev/app\n  \
           Sign in as              {email}\n  \
           with the password       {password}\n\n  \
           Administrator           {admin}  {admin_password}\n  \
           Console                 {base}/orgs/{org}/portal\n  \
           Demo television         {base}/dev/tv\n  \
           Account page            {base}/orgs/{org}/account\n  \
           Mailbox                 {base}/dev/mailbox\n  \
           Discovery               {issuer}/.well-known/openid-configuration\n  \
           Clients and secrets     {file}\n{trust}\n\
         Press Ctrl-C to stop.\n",
        base = notes.base_url,
        org = notes.org,
        issuer = notes.issuer,
        admin = notes.admin.email,
        admin_password = notes.admin.password,
        file = file.display(),
    )
}
