//! What the server of a test is made of: databases, a guard that knows no tokens, and an organization.

use crate::Mailer;
use flow::testing::{FakeClock, parts};
use flow::{BoxFuture, Caller, Incoming, Outbound, OutboundPolicy, Rooms, Services, ServicesParts, Writes};
use identity::guard::{Guard, ProveClient, ProveToken, ProvenToken, TokenScheme};
use identity::organizations::{NewOrganization, Slug, provision};
use kernel::{Fault, Secret, Timestamp};
use std::sync::Arc;
use store::{DatabaseUrl, Decision, Org, Platform, Store, Tx};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Database {
    Sqlite,
    /// The server named by `LUMOAUTH_TEST_POSTGRES`.
    Postgres,
}

/// The databases to run a test on that asks much of them: PostgreSQL too, where one is given.
pub(crate) fn databases() -> Vec<Database> {
    let postgres = postgres_url().map(|_| Database::Postgres);
    std::iter::once(Database::Sqlite).chain(postgres).collect()
}

#[allow(clippy::disallowed_methods, reason = "the test command says where PostgreSQL is")]
fn postgres_url() -> Option<String> {
    std::env::var("LUMOAUTH_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

pub(super) async fn fresh_database(name: &str) -> DatabaseUrl {
    let server = postgres_url().unwrap();
    store::testing::create_database(&server, name).await.unwrap();
    let (address, _) = server.rsplit_once('/').unwrap();
    DatabaseUrl::parse(&format!("{address}/{name}")).unwrap()
}

pub(super) fn services(store: Store, clock: Arc<FakeClock>, policy: &OutboundPolicy) -> Arc<Services> {
    Services::new(ServicesParts {
        outbound: Outbound::new(policy).unwrap(),
        rooms: crate::rooms(Rooms::default(), Mailer::Caught),
        is_dev: true,
        ..parts(store, clock, Arc::new(Guard::new(Arc::new(Nobody), Arc::new(Nobody))))
    })
}

pub(super) async fn make_org(services: &Arc<Services>, slug: &str) -> Org {
    let new = NewOrganization { slug: Slug::parse(slug).unwrap(), name: "Acme".to_owned() };
    let (now, rng) = (services.clock.now(), services.rng.clone());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let (new, rng) = (new.clone(), rng.clone());
        async move {
            let made = provision(&mut tx, &new, now, &*rng).await;
            (tx, Decision::KeepUnrecorded(made, "a test begins"))
        }
    };
    services.store.write(Platform, work).await.unwrap().unwrap();
    services.store.find_org(slug).await.unwrap().unwrap()
}

/// Nobody has a token or a client's secret here.
struct Nobody;
impl ProveToken for Nobody {
    fn prove<'a>(
        &'a self,
        _: &'a Arc<Services>,
        _: Option<&'a Org>,
        _: TokenScheme,
        _: &'a Secret,
        _: &'a Incoming,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<ProvenToken, Fault>> {
        Box::pin(async { Err(identity::guard::invalid_token("there are none")) })
    }
}
impl ProveClient for Nobody {
    fn prove<'a>(
        &'a self,
        _: &'a Arc<Services>,
        _: &'a Org,
        _: &'a Incoming,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        Box::pin(async { Err(Fault::unauthenticated("invalid_client", "There are none.")) })
    }
}
