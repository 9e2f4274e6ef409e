//! The server put together from its rooms: one place for `dev`, `serve`, the command line and the tests.

use crate::first_start;
use anyhow::Context;
use flow::{Catalogue, Hashing, Jobs, Limiter, Outbound, OutboundPolicy, Rates, Rooms, Services, ServicesParts};
use identity::guard::Guard;
use jose::seal::MasterKeys;
use kernel::{Clock, OrgId, Rng};
use op::Provider;
use std::sync::Arc;
use std::time::Duration;
use store::{DatabaseUrl, Store, StoreError};

/// What a server is to be made of.
pub struct Plan {
    /// The database.
    pub database: DatabaseUrl,
    /// PostgreSQL connections of each kind.
    pub connections: usize,
    /// Whether to bring the schema up to date; otherwise an old schema is an error.
    pub migrate: bool,
    /// The public base URL.
    pub base_url: String,
    /// Keys that seal secrets at rest.
    pub master_keys: MasterKeys,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// Threads of the hashing pool.
    pub hashing_threads: usize,
    /// Password hashes that may wait.
    pub hashing_queue: usize,
    /// Where the server may fetch from.
    pub outbound: OutboundPolicy,
    /// How often anyone may knock.
    pub rates: Rates,
    /// How mail leaves.
    pub mailer: signin::Mailer,
    /// How certificates of clients get here, and which authorities are believed.
    pub mutual_tls: op::MutualTls,
    /// Whether this is a development server.
    pub is_dev: bool,
}

/// Every endpoint.
pub fn catalogue(is_dev: bool) -> Catalogue {
    let catalogue = Catalogue::default()
        .with(identity::mount)
        .with(signin::mount)
        .with(op::mount)
        .with(authz::mount)
        .with(signals::mount)
        .with(console::mount);
    if is_dev { catalogue.with(signin::mount_dev).with(op::mount_dev) } else { catalogue }
}

/// Every kind of job.
pub fn jobs() -> Jobs {
    op::jobs(signin::jobs(identity::jobs(Jobs::default())))
}

/// Put it together.
///
/// # Errors
/// If the database can't be reached or its schema is not this version's.
pub async fn assemble(plan: Plan) -> anyhow::Result<Arc<Services>> {
    let store = Store::open(&plan.database, plan.connections).await.context("the database can't be opened")?;
    let now = plan.clock.now();
    if plan.migrate {
        store.migrate(now).await?;
    } else if let Some(step) = store.pending_migrations().await?.first() {
        anyhow::bail!("the database lacks step {} ({}); run `lumoauth migrate` first", step.number, step.name);
    }
    let fresh = OrgId::new(now, &*plan.rng);
    let platform = OrgId::from(store.installation_value("platform", fresh.to_string()).await?);
    let check = jose::encoding::hex(plan.master_keys.current.id());
    let known = store.installation_value("master_key", check.clone()).await?;
    if known != check && !plan.master_keys.previous.iter().any(|key| jose::encoding::hex(key.id()) == known) {
        anyhow::bail!("this is not the master key the database was set up with");
    }
    let rooms = Rooms::default();
    let rooms = signin::rooms(rooms, plan.mailer);
    let rooms = op::rooms(rooms, &store).with(plan.mutual_tls).with(signals::Summaries::of(&catalogue(plan.is_dev)));
    let services = Services::new(ServicesParts {
        authenticator: Arc::new(Guard::new(Arc::new(Provider), Arc::new(Provider))),
        hashing: Hashing::start(plan.hashing_threads, plan.hashing_queue)?,
        outbound: Outbound::new(&plan.outbound)?,
        limiter: Limiter::new(&plan.rates),
        store,
        clock: plan.clock,
        rng: plan.rng,
        master_keys: plan.master_keys,
        base_url: plan.base_url,
        rooms,
        platform,
        is_dev: plan.is_dev,
    });
    first_start::platform(&services).await?;
    Ok(services)
}

/// What runs beside the requests: jobs, the log's sequencer, clean-up. Ends with the process.
pub fn start_background(services: &Arc<Services>) -> tokio::task::JoinSet<()> {
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(jobs().work(services.clone()));
    tasks.spawn(signals::sequencer::run(services.clone()));
    tasks.spawn(housekeeping(services.clone()));
    tasks.spawn(remove_overdue_registrations(services.clone()));
    tasks.spawn(write_down_tokens(services.clone()));
    tasks
}

async fn write_down_tokens(services: Arc<Services>) {
    if let Err(fault) = op::issued::write_down(&services).await {
        tracing::error!(?fault, "issued tokens are not written down");
    }
}

/// Rows that expired leave in small batches; the write-ahead log is folded into the database file.
async fn housekeeping(services: Arc<Services>) {
    const ROUNDS_BETWEEN_CLEAN_UPS: u32 = 30;
    let mut round = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let store = services.store.clone();
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || store.checkpoint()).await {
            tracing::warn!(%error, "the write-ahead log could not be folded in");
        }
        round = (round + 1) % ROUNDS_BETWEEN_CLEAN_UPS;
        if round == 0 {
            services.limiter.tidy();
            if let Err(error) = delete_expired(&services).await {
                tracing::warn!(%error, "expired rows could not be removed");
            }
        }
    }
}

/// Accounts nobody confirmed leave, organization by organization.
async fn remove_overdue_registrations(services: Arc<Services>) {
    loop {
        tokio::time::sleep(Duration::from_mins(10)).await;
        if let Err(fault) = signin::register::remove_overdue(&services).await {
            tracing::warn!(?fault, "unconfirmed registrations could not be removed");
        }
    }
}

/// Small batches, so that nothing else waits for them for long.
async fn delete_expired(services: &Services) -> Result<(), StoreError> {
    const BATCH: u32 = 500;
    while services.store.delete_expired(services.clock.now(), BATCH).await? >= u64::from(BATCH) {}
    Ok(())
}
