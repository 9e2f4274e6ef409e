//! A small server for the tests of this crate: a real database, and a guard that believes what it is told.

use flow::{
    Authenticator, Body, BoxFuture, Caller, Catalogue, Hashing, Incoming, Limiter, Outbound, OutboundPolicy, Rates, Rooms,
    Services, ServicesParts,
};
use identity::organizations::{NewOrganization, Slug, provision};
use identity::users::{Email, NewUser, insert_user};
use jose::random::SystemRng;
use jose::seal::{MasterKey, MasterKeys};
use kernel::{Access, Actor, AgentId, ApiKeyId, ClientId, Clock, Fault, OrgId, Scopes, Timestamp, UserId};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use store::{Arg, DatabaseUrl, Decision, OneOrg, Org, Platform, Store, Tx, Writes, org_sql};

/// The whole small server, with the organizations `acme` and `beta`.
pub(crate) struct World {
    services: Arc<Services>,
    pub(crate) acme: Org,
    pub(crate) beta: Org,
    stand_in: Arc<StandIn>,
    catalogue: Catalogue,
    folder: PathBuf,
}

impl World {
    pub(crate) async fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("authz_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(name);
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(folder.join("lumoauth.db")), 1).await.unwrap();
        store.migrate(Noon.now()).await.unwrap();
        let acme = make_org(&store, "acme").await;
        let beta = make_org(&store, "beta").await;
        let stand_in = Arc::new(StandIn(Mutex::new((Actor::Anonymous, acme.clone()))));
        let services = services(store, stand_in.clone());
        Self { services, acme, beta, stand_in, catalogue: crate::mount(Catalogue::default()), folder }
    }

    /// A person with the role everybody has, and these permissions.
    pub(crate) async fn user(&self, org: &Org, email: &'static str, permissions: &'static [&'static str]) -> UserId {
        let work = move |mut tx: Tx<OneOrg, Writes>| async move {
            let new = NewUser::with_email(Email::parse(email).unwrap());
            let user = insert_user(&mut tx, new, Noon.now(), &SystemRng).await.unwrap();
            for slug in permissions {
                identity::permissions::grant(&mut tx, &user.id, slug).await.unwrap();
            }
            (tx, Decision::KeepUnrecorded(user.id, "a test's own data"))
        };
        self.services.store.write(OneOrg::new(org.clone()), work).await.unwrap()
    }

    /// Change an organization's data.
    pub(crate) async fn change(&self, sql: store::OrgSql, args: &[(&'static str, &str)]) {
        let args: Vec<(&'static str, String)> = args.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let work = move |mut tx: Tx<OneOrg, Writes>| {
            let args: Vec<(&'static str, Arg<'static>)> =
                args.iter().map(|(name, value)| (*name, value.clone().into())).collect();
            async move {
                assert!(tx.execute(sql, &args).await.unwrap() > 0);
                (tx, Decision::KeepUnrecorded((), "a test's own data"))
            }
        };
        self.services.store.write(OneOrg::new(self.acme.clone()), work).await.unwrap();
    }

    /// An agent with these capabilities.
    pub(crate) async fn agent(&self, id: &str, capabilities: &str) -> AgentId {
        let client = org_sql!(
            "INSERT INTO clients (org_id, id, name, is_confidential, metadata, created_at, updated_at)
             VALUES (:org, :id, 'Agent', 1, '{}', 0, 0)"
        );
        self.change(client, &[(":id", id)]).await;
        let agent = org_sql!(
            "INSERT INTO agents (org_id, id, client_id, name, capabilities, created_at, updated_at)
             VALUES (:org, :id, :id, 'Agent', :capabilities, 0, 0)"
        );
        self.change(agent, &[(":id", id), (":capabilities", capabilities)]).await;
        AgentId::from(id)
    }

    /// Ask as somebody in acme.
    pub(crate) async fn ask(&self, actor: &Actor, route: &str, body: Value) -> Result<Value, Fault> {
        *self.stand_in.0.lock().unwrap() = (actor.clone(), self.acme.clone());
        let path = format!("/api/v1/authz/{route}");
        let mut entries = self.catalogue.entries().iter();
        let entry = entries.find(|entry| entry.routes.iter().any(|route| route.path == path)).unwrap();
        let is_get = body.is_null();
        let incoming = Incoming {
            method: if is_get { "GET" } else { "POST" }.to_owned(),
            path,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: if is_get { Vec::new() } else { body.to_string().into_bytes() },
            ..Incoming::default()
        };
        let answer = entry.serve(&self.services, Arc::new(incoming)).await?;
        let Body::Json(text) = answer.body else { panic!("the answer is no JSON") };
        Ok(serde_json::from_str(&text).unwrap())
    }

    /// Whether a single check allows it.
    pub(crate) async fn allows(&self, actor: &Actor, permission: &str, subject: Option<Value>) -> bool {
        let mut body = json!({"permission": permission});
        if let Some(subject) = subject {
            body["subject"] = subject;
        }
        self.ask(actor, "check", body).await.unwrap()["allowed"].as_bool().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A person's token.
pub(crate) fn user(id: &UserId, scopes: &str) -> Actor {
    let scopes = Scopes::parse(scopes).unwrap();
    Actor::User { user: id.clone(), client: ClientId::from("client_web"), scopes, session: None }
}
/// A person's API key.
pub(crate) fn key(id: &UserId, scopes: &str) -> Actor {
    Actor::ApiKey { key: ApiKeyId::from("key-1"), user: id.clone(), scopes: Scopes::parse(scopes).unwrap() }
}
/// An application's token.
pub(crate) fn client(scopes: &str) -> Actor {
    Actor::Client { client: ClientId::from("client_sync"), scopes: Scopes::parse(scopes).unwrap() }
}
/// An agent's token.
pub(crate) fn agent(id: &AgentId, scopes: &str) -> Actor {
    Actor::Agent { agent: id.clone(), client: ClientId::from(id.as_str()), scopes: Scopes::parse(scopes).unwrap() }
}

async fn make_org(store: &Store, slug: &'static str) -> Org {
    let work = move |mut tx: Tx<Platform, Writes>| async move {
        let new = NewOrganization { slug: Slug::parse(slug).unwrap(), name: slug.to_owned() };
        provision(&mut tx, &new, Noon.now(), &SystemRng).await.unwrap();
        (tx, Decision::KeepUnrecorded((), "a test begins"))
    };
    store.write(Platform, work).await.unwrap();
    store.find_org(slug).await.unwrap().unwrap()
}

fn services(store: Store, authenticator: Arc<StandIn>) -> Arc<Services> {
    Services::new(ServicesParts {
        store,
        clock: Arc::new(Noon),
        rng: Arc::new(SystemRng),
        hashing: Hashing::start(1, 1).unwrap(),
        outbound: Outbound::new(&OutboundPolicy::default()).unwrap(),
        master_keys: MasterKeys::single(MasterKey::from_bytes(&[1; 32])),
        base_url: "https://id.example.com".to_owned(),
        authenticator,
        limiter: Limiter::new(&Rates::default()),
        rooms: Rooms::default(),
        platform: OrgId::from("platform"),
        is_dev: false,
    })
}

/// It is always the same time.
struct Noon;
impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_795_420_800)
    }
}

/// Believes that everybody is whom the test says; the organization comes from the credential.
struct StandIn(Mutex<(Actor, Org)>);
impl Authenticator for StandIn {
    fn authenticate<'a>(
        &'a self,
        _: &'a Arc<Services>,
        _: Access,
        _: Option<&'a Org>,
        _: &'a Incoming,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Caller, Fault>> {
        let (actor, org) = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(Caller { actor, org: Some(org), single_use: Vec::new() }) })
    }
}
