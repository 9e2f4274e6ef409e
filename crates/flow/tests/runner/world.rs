//! A server without a network: a database in a folder of its own, a clock that is set by hand, callers who say who they are.

use flow::testing::{FakeClock, parts};
use flow::{
    Answer, Authenticator, BoxFuture, Caller, Catalogue, Entry, Incoming, Limiter, Rate, Rates, Services, ServicesParts,
    SingleUse,
};
use kernel::{Access, Actor, ClientId, Fault, Scopes, Timestamp};
use ledger::leaf::Leaf;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use store::{Arg, DatabaseUrl, Decision, FromRow, Org, Platform, PlatformSql, Reads, Store, Tx, Writes};

pub const NOON: Timestamp = Timestamp::from_secs(1_800_000_000);

pub struct World {
    pub services: Arc<Services>,
    pub clock: Arc<FakeClock>,
    folder: PathBuf,
}

impl Drop for World {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl World {
    pub async fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let folder =
            std::env::temp_dir().join(format!("lumoauth-flow-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&folder).unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(folder.join("flow.db")), 1).await.unwrap();
        store.migrate(NOON).await.unwrap();
        let clock = Arc::new(FakeClock::at(NOON));
        let world = Self { services: services(store, clock.clone()), clock, folder };
        for slug in ["acme", "other"] {
            world.organization(slug).await;
        }
        world
    }

    async fn organization(&self, slug: &'static str) {
        let insert = "INSERT INTO organizations (id, slug, number, name, created_at, updated_at) \
                      SELECT :id, :slug, COALESCE(max(number), 0) + 1, :slug, 0, 0 FROM organizations";
        let id = format!("id-of-{slug}");
        self.run(insert, vec![(":id", id.into()), (":slug", slug.into())]).await;
    }

    pub async fn org(&self, slug: &str) -> Org {
        self.services.store.find_org(slug).await.unwrap().unwrap()
    }

    /// Serve one request by the only endpoint of a catalogue.
    pub async fn serve(&self, catalogue: Catalogue, incoming: Incoming) -> Result<Answer, Fault> {
        let entries: Vec<Entry> = catalogue.into_entries();
        assert_eq!(entries.len(), 1);
        entries[0].admit(&self.services, &incoming).await?;
        entries[0].serve(&self.services, Arc::new(incoming)).await
    }

    /// Every event, in the order in which they were appended.
    pub async fn log(&self) -> Vec<Leaf> {
        let rows = self.all::<(String,)>("SELECT leaf AS a FROM events ORDER BY seq").await;
        rows.into_iter().map(|(leaf,)| Leaf::parse(&leaf).unwrap()).collect()
    }

    /// Every event as `organization name outcome`.
    pub async fn story(&self) -> Vec<String> {
        self.log().await.into_iter().map(|leaf| format!("{} {} {}", leaf.org, leaf.name, leaf.outcome.as_str())).collect()
    }

    /// What operations of these tests left behind.
    pub async fn marks(&self) -> Vec<String> {
        let rows = self.all::<(String,)>("SELECT subject AS a FROM guess_counters ORDER BY subject").await;
        rows.into_iter().map(|(subject,)| subject).collect()
    }

    pub async fn all<T: FromRow + Send>(&self, text: &'static str) -> Vec<T> {
        let work = |mut tx: Tx<Platform, Reads>| async move {
            let rows = tx.fetch_all::<T>(PlatformSql::new(text), &[]).await;
            (tx, rows)
        };
        self.services.store.read(Platform, work).await.unwrap().unwrap()
    }

    pub async fn run(&self, text: &'static str, args: Vec<(&'static str, Arg<'static>)>) {
        let work = move |mut tx: Tx<Platform, Writes>| {
            let args = args.clone();
            async move {
                let changed = tx.execute(PlatformSql::new(text), &args).await;
                (tx, Decision::KeepUnrecorded(changed, "a test's own"))
            }
        };
        self.services.store.write(Platform, work).await.unwrap().unwrap();
    }
}

fn services(store: Store, clock: Arc<FakeClock>) -> Arc<Services> {
    let two = NonZeroU32::new(2).unwrap();
    let limiter = Limiter::new(&Rates { credential: Some(Rate { per_minute: two, burst: two }), ..Rates::default() });
    Services::new(ServicesParts { limiter, ..parts(store, clock, Arc::new(ByHeader)) })
}

/// Callers say who they are: `x-client` names a client, `x-org` the organization of its credential, `x-proof` a value that counts once;
/// `x-refused` says that the credential is no good.
struct ByHeader;
impl Authenticator for ByHeader {
    fn authenticate<'a>(
        &'a self,
        services: &'a Arc<Services>,
        _: Access,
        _: Option<&'a Org>,
        incoming: &'a Incoming,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        Box::pin(async move {
            if incoming.header("x-refused").is_some() {
                return Err(Fault::unauthenticated("invalid_client", "No."));
            }
            let org = match incoming.header("x-org") {
                Some(slug) => services.store.find_org(slug).await?,
                None => None,
            };
            let actor = incoming
                .header("x-client")
                .map_or(Actor::Anonymous, |client| Actor::Client { client: ClientId::from(client), scopes: Scopes::default() });
            let proof = |value: &str| SingleUse {
                kind: "proof",
                value: value.to_owned(),
                expires_at: now.plus(Duration::from_mins(1)),
                signed_at: value.starts_with("signed").then_some(now),
                fault: Fault::unauthenticated("replayed", "That was used before."),
            };
            Ok(Caller { actor, org, single_use: incoming.header("x-proof").map(proof).into_iter().collect() })
        })
    }
}

/// A request to `/orgs/{org}/…` with a JSON body, and headers.
pub fn request(org: &str, body: &str, headers: &[(&str, &str)]) -> Incoming {
    let mut all =
        vec![("content-type".to_owned(), "application/json".to_owned()), ("user-agent".to_owned(), "test/1".to_owned())];
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Incoming {
        path_params: vec![("org".to_owned(), org.to_owned())],
        headers: all,
        body: body.as_bytes().to_vec(),
        request_id: "req-1".to_owned(),
        peer: flow::Peer { ip: "192.0.2.7".parse().unwrap(), ..flow::Peer::default() },
        ..Incoming::default()
    }
}

/// The same, where the path names no organization.
pub fn request_without_org(body: &str, headers: &[(&str, &str)]) -> Incoming {
    Incoming { path_params: Vec::new(), ..request("", body, headers) }
}
