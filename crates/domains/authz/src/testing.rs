//! A small server for the tests of this crate: a real database, and a guard that believes what it is told.

use flow::testing::{FakeClock, StandIn, parts, play};
use flow::{Body, Catalogue, Incoming, Services};
use identity::organizations::{NewOrganization, Slug, provision};
use identity::users::{Email, NewUser, insert_user};
use kernel::{Actor, AgentId, ApiKeyId, ClientId, Clock, Fault, Scopes, UserId};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
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
        let (clock, stand_in) = (Arc::new(FakeClock::default()), Arc::new(StandIn::default()));
        store.migrate(clock.now()).await.unwrap();
        let services = Services::new(parts(store, clock, stand_in.clone()));
        let (acme, beta) = (make_org(&services, "acme").await, make_org(&services, "beta").await);
        Self { services, acme, beta, stand_in, catalogue: crate::mount(Catalogue::default()), folder }
    }

    /// A person with the role everybody has, and these permissions.
    pub(crate) async fn user(&self, org: &Org, email: &'static str, permissions: &'static [&'static str]) -> UserId {
        let made = play(&self.services, org, move |cx| {
            Box::pin(async move {
                let services = cx.services().clone();
                let new = NewUser::with_email(Email::parse(email).unwrap());
                let user = insert_user(&mut cx.tx, new, cx.now, &*services.rng).await?;
                for slug in permissions {
                    identity::permissions::grant(&mut cx.tx, &user.id, slug).await?;
                }
                Ok(user.id)
            })
        });
        made.await.unwrap()
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
        self.stand_in.becomes(actor.clone(), Some(self.acme.clone()));
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

async fn make_org(services: &Arc<Services>, slug: &'static str) -> Org {
    let (now, rng) = (services.clock.now(), services.rng.clone());
    let work = move |mut tx: Tx<Platform, Writes>| {
        let rng = rng.clone();
        async move {
            let new = NewOrganization { slug: Slug::parse(slug).unwrap(), name: slug.to_owned() };
            provision(&mut tx, &new, now, &*rng).await.unwrap();
            (tx, Decision::KeepUnrecorded((), "a test begins"))
        }
    };
    services.store.write(Platform, work).await.unwrap();
    services.store.find_org(slug).await.unwrap().unwrap()
}
