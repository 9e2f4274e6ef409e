//! The server under test.

use crate::database::Fresh;
use crate::{Browser, Database, FakeClock, SeededRng, Sending, web_certificate};
use axum::Router;
use edge::{EdgeSettings, Hosts, TrustedProxies};
use flow::{OutboundPolicy, Rates, Services};
use http::Method;
use jose::seal::{MasterKey, MasterKeys};
use lumoauth::assemble::{Plan, assemble, catalogue};
use lumoauth::first_start::provision;
use lumoauth::notes::DevNotes;
use std::sync::Arc;
use std::time::Duration;

/// A whole server over a database of its own, set up as `lumoauth dev` sets it up.
pub struct TestApp {
    /// What the server is made of.
    pub services: Arc<Services>,
    /// The clock, in the test's hand.
    pub clock: Arc<FakeClock>,
    /// Names and secrets of the demo data.
    pub notes: DevNotes,
    router: Router,
    fresh: Arc<Fresh>,
}

const BASE: &str = "http://localhost:8080";

impl TestApp {
    /// On SQLite.
    pub async fn start() -> Self {
        Self::start_on(Database::Sqlite).await
    }

    /// On this kind of database.
    pub async fn start_on(database: Database) -> Self {
        Self::start_with(database, Rates::default()).await
    }

    /// On this kind of database, with limits on how often anyone may knock.
    pub async fn start_with(database: Database, rates: Rates) -> Self {
        let clock = Arc::new(FakeClock::default());
        let rng = Arc::new(SeededRng::new(1));
        let fresh = Arc::new(Fresh::make(database).await);
        let mut notes = DevNotes::invent(&*rng);
        notes.locate(BASE, "test", None);
        let services = Self::assemble(&fresh, clock.clone(), rng, rates).await;
        provision(&services, &mut notes).await.unwrap();
        let router = build_router(services.clone());
        Self { services, clock, notes, router, fresh }
    }

    /// Stop the server and start it again on the same data.
    pub async fn restart(self) -> Self {
        let Self { services, clock, notes, router, fresh } = self;
        drop((router, services));
        let services = Self::assemble(&fresh, clock.clone(), Arc::new(SeededRng::new(2)), Rates::default()).await;
        let router = build_router(services.clone());
        Self { services, clock, notes, router, fresh }
    }

    /// Another server on the same data and clock, as a second node is. SQLite belongs to one process, so this is for PostgreSQL.
    pub async fn beside(&self) -> Self {
        let services = Self::assemble(&self.fresh, self.clock.clone(), Arc::new(SeededRng::new(3)), Rates::default()).await;
        let router = build_router(services.clone());
        let (clock, notes, fresh) = (self.clock.clone(), self.notes.clone(), self.fresh.clone());
        Self { services, clock, notes, router, fresh }
    }

    async fn assemble(fresh: &Fresh, clock: Arc<FakeClock>, rng: Arc<SeededRng>, rates: Rates) -> Arc<Services> {
        let plan = Plan {
            database: fresh.url.clone(),
            connections: 8,
            migrate: true,
            base_url: BASE.to_owned(),
            master_keys: MasterKeys::single(MasterKey::from_bytes(&[7; 32])),
            clock,
            rng,
            hashing_threads: 2,
            hashing_queue: 256,
            outbound: OutboundPolicy {
                allow_hosts: vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
                ca_pem: Some(web_certificate().pem.clone().into_bytes()),
                ..OutboundPolicy::default()
            },
            rates,
            mailer: signin::Mailer::Caught,
            mutual_tls: op::MutualTls { is_offered: true, ..op::MutualTls::default() },
            is_dev: true,
        };
        assemble(plan).await.unwrap()
    }

    /// Start a GET.
    pub fn get(&self, path: &str) -> Sending<'_> {
        Sending::new(self, Method::GET, path)
    }
    /// Start a POST.
    pub fn post(&self, path: &str) -> Sending<'_> {
        Sending::new(self, Method::POST, path)
    }
    /// Start a request of any method.
    pub fn request(&self, method: &str, path: &str) -> Sending<'_> {
        Sending::new(self, Method::from_bytes(method.as_bytes()).unwrap(), path)
    }
    /// A new browser.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// `/orgs/acme-corp/api/v1` and what follows.
    pub fn api(&self, rest: &str) -> String {
        format!("/orgs/{}/api/v1{rest}", self.notes.org)
    }

    /// An access token of the demo service.
    pub async fn service_token(&self, scope: &str) -> String {
        let mut form = vec![("grant_type", "client_credentials")];
        if !scope.is_empty() {
            form.push(("scope", scope));
        }
        let client = &self.notes.service_client;
        let sending = self.post(&self.api("/oauth/token")).basic(&client.client_id, &client.client_secret).form(&form);
        sending.send().await.expect(200).json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Do every job that is due.
    pub async fn work(&self) {
        let jobs = lumoauth::assemble::jobs();
        while jobs.work_once(&self.services).await.unwrap() {}
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }
    pub(crate) fn host() -> &'static str {
        "localhost:8080"
    }
    pub(crate) fn is_here(url: &str) -> bool {
        url.starts_with('/') || url.starts_with(&format!("{BASE}/"))
    }
    pub(crate) fn path_of(url: &str) -> String {
        url.strip_prefix(BASE).unwrap_or(url).to_owned()
    }
}

fn build_router(services: Arc<Services>) -> Router {
    let settings = EdgeSettings {
        hosts: Hosts::new(["localhost:8080".to_owned()]),
        proxies: TrustedProxies::default(),
        max_body: 256 * 1024,
        body_timeout: Duration::from_secs(5),
    };
    edge::router(catalogue(true), services, settings)
}
