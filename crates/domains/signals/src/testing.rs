//! A small server for the tests of this crate: a real database, a clock and randomness in the test's hand, a guard that
//! believes everybody, and events of the test's own making.

use flow::testing::{FakeClock, StandIn, find_entry, parts};
use flow::{Answer, Body, Catalogue, Incoming, Method, Services};
use kernel::{Actor, ClientId, Clock, Fault, Field, OrgId, Privacy, Rng, Scopes, Severity, Timestamp, UserId};
use ledger::leaf::{Leaf, Outcome, Reference};
use ledger::personal::{SplitFields, split};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{DatabaseUrl, Decision, EventRow, FromRow, Org, Platform, Store, Tx, Writes, args, platform_sql};

/// The whole small server, with the organizations `acme` and `beta`.
pub(crate) struct World {
    pub(crate) services: Arc<Services>,
    pub(crate) acme: Org,
    pub(crate) beta: Org,
    pub(crate) clock: Arc<FakeClock>,
    database: Fresh,
    catalogue: Catalogue,
}

/// The worlds to run a test in: on SQLite, and on PostgreSQL where `LUMOAUTH_TEST_POSTGRES` names a server.
pub(crate) async fn worlds() -> Vec<World> {
    let mut worlds = vec![World::start().await];
    if let Some(server) = postgres_server() {
        worlds.push(World::on(Fresh::postgres(&server).await).await);
    }
    worlds
}

impl World {
    /// On SQLite.
    pub(crate) async fn start() -> Self {
        Self::on(Fresh::sqlite()).await
    }

    async fn on(database: Fresh) -> Self {
        let clock = Arc::new(FakeClock::default());
        let services = services(&database.url, clock.clone()).await;
        services.store.migrate(clock.now()).await.unwrap();
        insert_org(&services.store, "acme", 1).await;
        insert_org(&services.store, "beta", 2).await;
        Self::over(services, clock, database).await
    }

    async fn over(services: Arc<Services>, clock: Arc<FakeClock>, database: Fresh) -> Self {
        let acme = services.store.find_org("acme").await.unwrap().unwrap();
        let beta = services.store.find_org("beta").await.unwrap().unwrap();
        Self { services, acme, beta, clock, database, catalogue: crate::mount(Catalogue::default()) }
    }

    /// The process dies and comes back on the same data.
    pub(crate) async fn restart(self) -> Self {
        let Self { services, clock, database, .. } = self;
        drop(services);
        let services = services_on(&database, &clock).await;
        Self::over(services, clock, database).await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.services.store
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.database.folder.is_some()
    }

    /// The address of the PostgreSQL database.
    pub(crate) fn postgres(&self) -> &str {
        &self.database.address
    }

    /// Append an event.
    pub(crate) async fn append(&self, event: Made) {
        let row = event.row(&*self.services.rng, self.now());
        let work = move |tx: Tx<Platform, Writes>| {
            let row = row.clone();
            async move { (tx, Decision::Keep((), row)) }
        };
        self.store().write(Platform, work).await.unwrap();
    }

    /// Append `count` events to a log at once.
    pub(crate) async fn append_many(&self, org: &Org, count: u64) {
        let make = |n: u64| {
            Made::by(org, "users.seen", &format!("u-{}", n * 7919 % 5000))
                .about("client", &format!("c-{}", n % 37))
                .row(&*self.services.rng, self.now())
        };
        let rows: Arc<Vec<EventRow>> = Arc::new((0..count).map(make).collect());
        let work = move |mut tx: Tx<Platform, Writes>| {
            let rows = rows.clone();
            async move {
                let sql = platform_sql!("INSERT INTO events (org_id, leaf, personal) VALUES (:owner, :leaf, :personal)");
                for row in rows.iter() {
                    tx.execute(sql, args! { owner: &row.org, leaf: &row.leaf, personal: &row.personal }).await.unwrap();
                }
                (tx, Decision::KeepUnrecorded((), "a test's own data"))
            }
        };
        self.store().write(Platform, work).await.unwrap();
    }

    /// Rows of the database.
    pub(crate) async fn rows<T: FromRow + Send>(&self, sql: store::PlatformSql) -> Vec<T> {
        let work = |mut tx: Tx<Platform, store::Reads>| async move {
            let rows = tx.fetch_all::<T>(sql, &[]).await;
            (tx, rows)
        };
        self.store().read(Platform, work).await.unwrap().unwrap()
    }

    /// Change the database behind the server's back (SQLite).
    pub(crate) fn tamper(&self, sql: &str) {
        let DatabaseUrl::Sqlite(path) = &self.database.url else { panic!("only SQLite is tampered with") };
        let changed = rusqlite::Connection::open(path).unwrap().execute(sql, []).unwrap();
        assert!(changed > 0, "nothing was changed: {sql}");
    }

    /// Send a request.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, Fault> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (entry, path_params) = find_entry(&self.catalogue, method.as_str(), path);
        let incoming = Incoming {
            method: method.as_str().to_owned(),
            path: path.to_owned(),
            path_params,
            query: query.to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            ..Incoming::default()
        };
        entry.serve(&self.services, Arc::new(incoming)).await
    }

    /// The JSON answer to a GET below `/orgs/acme/api/v1`.
    pub(crate) async fn get(&self, rest: &str) -> Value {
        let answer = self.send(Method::Get, &format!("/orgs/acme/api/v1{rest}"), None).await.unwrap();
        serde_json::from_str(&text(answer)).unwrap()
    }

    /// The answer to a GET below `/orgs/acme/api/v1`, as it comes.
    pub(crate) async fn get_text(&self, rest: &str) -> String {
        text(self.send(Method::Get, &format!("/orgs/acme/api/v1{rest}"), None).await.unwrap())
    }

    /// The refusal of a GET below `/orgs/acme/api/v1`.
    pub(crate) async fn get_fault(&self, rest: &str) -> Fault {
        self.send(Method::Get, &format!("/orgs/acme/api/v1{rest}"), None).await.unwrap_err()
    }

    /// A person.
    pub(crate) async fn insert_user(&self, id: &'static str, name: &'static str) {
        let org = self.acme.id().clone();
        let work = move |mut tx: Tx<Platform, Writes>| {
            let org = org.clone();
            async move {
                let sql = platform_sql!(
                    "INSERT INTO users (org_id, id, email, email_key, name, created_at, updated_at) \
                     VALUES (:owner, :id, :email, :email, :name, 0, 0)"
                );
                let email = format!("{id}@example.com");
                tx.execute(sql, args! { owner: &org, id: id, email: &email, name: name }).await.unwrap();
                (tx, Decision::KeepUnrecorded((), "a test's own data"))
            }
        };
        self.store().write(Platform, work).await.unwrap();
    }
}

/// The body of an answer.
pub(crate) fn text(answer: Answer) -> String {
    match answer.body {
        Body::Json(text) | Body::Html(text) => text,
        Body::Bytes(_, bytes) => String::from_utf8(bytes).unwrap(),
        Body::Empty => String::new(),
    }
}

/// An event of a test's own making.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) org: OrgId,
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    pub(crate) outcome: Outcome,
    pub(crate) actor: Reference,
    pub(crate) target: Option<Reference>,
    pub(crate) fields: Vec<Field>,
}

impl Made {
    /// By a person, from an address.
    pub(crate) fn by(org: &Org, name: &'static str, user: &str) -> Self {
        Self {
            org: org.id().clone(),
            name,
            severity: Severity::Info,
            outcome: Outcome::Success,
            actor: Reference { kind: "user".into(), id: Some(user.into()) },
            target: None,
            fields: vec![Field { name: "ip_address", privacy: Privacy::Personal, value: "192.0.2.1".into() }],
        }
    }
    pub(crate) fn about(mut self, kind: &str, id: &str) -> Self {
        self.target = Some(Reference { kind: kind.into(), id: Some(id.into()) });
        self
    }
    pub(crate) fn public(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push(Field { name, privacy: Privacy::Public, value: value.into() });
        self
    }
    pub(crate) fn personal(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push(Field { name, privacy: Privacy::Personal, value: value.into() });
        self
    }
    pub(crate) fn row(self, rng: &dyn Rng, at: Timestamp) -> EventRow {
        let SplitFields { public, commitments, personal } = split(self.fields, rng);
        let leaf = Leaf {
            org: self.org.clone(),
            event: UserId::new(at, rng).to_string(),
            at,
            name: self.name.to_owned(),
            severity: self.severity,
            outcome: self.outcome,
            actor: self.actor,
            client: None,
            session: None,
            request_id: Some("r-1".to_owned()),
            target: self.target,
            fields: public,
            commitments,
        };
        let personal: Map<String, Value> = personal.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
        EventRow { org: self.org, leaf: leaf.encode(), personal: Value::Object(personal).to_string() }
    }
}

async fn services(url: &DatabaseUrl, clock: Arc<FakeClock>) -> Arc<Services> {
    let everybody = Actor::Client { client: ClientId::from("client_audit"), scopes: Scopes::default() };
    Services::new(parts(Store::open(url, 4).await.unwrap(), clock, Arc::new(StandIn::of(everybody))))
}

async fn services_on(database: &Fresh, clock: &Arc<FakeClock>) -> Arc<Services> {
    services(&database.url, clock.clone()).await
}

async fn insert_org(store: &Store, slug: &'static str, number: i64) {
    let work = move |mut tx: Tx<Platform, Writes>| async move {
        let sql = platform_sql!(
            "INSERT INTO organizations (id, slug, number, name, created_at, updated_at) VALUES (:id, :slug, :number, :slug, 0, 0)"
        );
        let id = format!("org-{slug}");
        tx.execute(sql, args! { id: &id, slug: slug, number: number }).await.unwrap();
        (tx, Decision::KeepUnrecorded((), "a test's own data"))
    };
    store.write(Platform, work).await.unwrap();
}

/// A database of its own. An SQLite file is removed with it.
struct Fresh {
    url: DatabaseUrl,
    address: String,
    folder: Option<PathBuf>,
}

impl Fresh {
    fn name() -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        format!("signals_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst))
    }
    fn sqlite() -> Self {
        let folder = std::env::temp_dir().join(Self::name());
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        Self { url: DatabaseUrl::Sqlite(folder.join("lumoauth.db")), address: String::new(), folder: Some(folder) }
    }
    async fn postgres(server: &str) -> Self {
        let name = Self::name();
        let client = postgres_client(server).await;
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let (server, query) =
            server.split_once('?').map_or((server, String::new()), |(server, query)| (server, format!("?{query}")));
        let (server, _) = server.rsplit_once('/').unwrap();
        let address = format!("{server}/{name}{query}");
        Self { url: DatabaseUrl::parse(&address).unwrap(), address, folder: None }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the test command says where PostgreSQL is")]
fn postgres_server() -> Option<String> {
    std::env::var("LUMOAUTH_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// A connection past the server.
pub(crate) async fn postgres_client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    // Row-level security shows a connection nothing before it says what it is for.
    client.batch_execute("SET lumoauth.org = '*'").await.unwrap();
    client
}
