//! A small server for the tests of this crate: a real database, identity's own guard, a clock in the test's hand, browsers with
//! cookies, and mail that is caught.

use crate::Mailer;
use crate::transaction::{self, Display};
use flow::{
    Answer, Body, BoxFuture, Caller, Catalogue, Hashing, Incoming, Jobs, Limiter, OneOrg, Outbound, OutboundPolicy, Password,
    Peer, Rates, Rooms, Route, Services, ServicesParts, Writes,
};
use identity::guard::{Guard, ProveClient, ProveToken, ProvenToken, TokenScheme};
use identity::organizations::{NewOrganization, Slug, provision};
use identity::users::{self, Email, NewUser, User};
use jose::digest::sha256;
use jose::seal::{MasterKey, MasterKeys};
use kernel::{ClientId, Clock, Fault, OrgId, Rng, Secret, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use store::{Arg, DatabaseUrl, Decision, Org, Platform, PlatformSql, Store, Tx, platform_sql, rows};

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ADA: &str = "ada@example.com";

pub(crate) struct World {
    pub(crate) services: Arc<Services>,
    pub(crate) org: Org,
    pub(crate) clock: Arc<FakeClock>,
    catalogue: Catalogue,
    folder: PathBuf,
}

rows! {
    pub(crate) struct Caught { pub(crate) recipient: String, pub(crate) subject: String, pub(crate) text_body: String }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_on(Database::Sqlite).await
    }

    pub(crate) async fn start_on(database: Database) -> Self {
        Self::start_with(database, &OutboundPolicy::default()).await
    }

    /// A server whose operator says that about outbound traffic.
    pub(crate) async fn start_with(database: Database, policy: &OutboundPolicy) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("signin_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(&name);
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let url = match database {
            Database::Sqlite => DatabaseUrl::Sqlite(folder.join("test.db")),
            Database::Postgres => fresh_database(&format!("lumoauth_test_{name}")).await,
        };
        let store = Store::open(&url, 8).await.unwrap();
        let clock = Arc::new(FakeClock::default());
        store.migrate(clock.now()).await.unwrap();
        let services = services(store, clock.clone(), policy);
        let org = make_org(&services, "acme-corp").await;
        let catalogue = crate::mount_dev(crate::mount(Catalogue::default()));
        Self { services, org, clock, catalogue, folder }
    }

    /// With one person: [`ADA`], who signs in with [`PASSWORD`].
    pub(crate) async fn with_ada() -> Self {
        Self::with_ada_on(Database::Sqlite).await
    }

    pub(crate) async fn with_ada_on(database: Database) -> Self {
        let world = Self::start_on(database).await;
        world.person(ADA, PASSWORD).await;
        world
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: BTreeMap::new(), ip: "192.0.2.1".parse().unwrap(), headers: Vec::new() }
    }

    /// A browser in which that person is signed in.
    pub(crate) async fn signed_in(&self, email: &str) -> Browser<'_> {
        let mut browser = self.browser();
        assert_eq!(browser.sign_in(email, PASSWORD).await.status, 303);
        browser
    }

    /// An active person whose address is confirmed.
    pub(crate) async fn person(&self, email: &str, password: &str) -> User {
        let password = Password::parse(password).unwrap();
        let hash = self.services.hashing.hash(password, &*self.services.rng).await.unwrap();
        let mut new = NewUser::with_email(Email::parse(email).unwrap());
        (new.email_verified, new.password) = (true, Some(hash));
        let (now, rng) = (self.clock.now(), self.services.rng.clone());
        self.write(move |mut tx| {
            let (new, rng) = (new.clone(), rng.clone());
            Box::pin(async move {
                let made = users::insert_user(&mut tx, new, now, &*rng).await;
                (tx, made)
            })
        })
        .await
    }

    pub(crate) async fn user(&self, email: &str) -> Option<User> {
        let key = Email::parse(email).unwrap().key();
        self.write(move |mut tx| {
            let key = key.clone();
            Box::pin(async move {
                let found = users::find_user_by_email(&mut tx, &key).await;
                (tx, found)
            })
        })
        .await
    }

    /// Do something in a writing transaction of the organization.
    pub(crate) async fn write<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: Fn(Tx<OneOrg, Writes>) -> BoxFuture<'static, (Tx<OneOrg, Writes>, Result<T, Fault>)> + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let scope = OneOrg::new(self.org.clone());
        let outcome = self.services.store.write(scope, move |tx| {
            let work = work.clone();
            async move {
                let (tx, outcome) = work(tx).await;
                (tx, Decision::KeepUnrecorded(outcome, "a test does it"))
            }
        });
        outcome.await.unwrap().unwrap()
    }

    /// Change the database behind the server's back.
    pub(crate) async fn sql(&self, sql: PlatformSql, values: &[(&'static str, String)]) -> u64 {
        let values = values.to_vec();
        let outcome = self.services.store.write(Platform, move |mut tx: Tx<Platform, Writes>| {
            let values = values.clone();
            async move {
                let bound: Vec<(&'static str, Arg<'_>)> = values.iter().map(|(name, value)| (*name, Arg::from(value))).collect();
                tx.touch(store::Topic::Everything);
                let changed = tx.execute(sql, &bound).await;
                (tx, Decision::KeepUnrecorded(changed, "a test does it"))
            }
        });
        outcome.await.unwrap().unwrap()
    }

    /// Settings of the organization.
    pub(crate) async fn settings(&self, json: &str) {
        let sql = platform_sql!("UPDATE organizations SET settings = :settings WHERE slug = 'acme-corp'");
        assert_eq!(self.sql(sql, &[(":settings", json.to_owned())]).await, 1);
    }

    /// A client that may be asked for in the organization.
    pub(crate) async fn client(&self, id: &str, name: &str) {
        let sql = platform_sql!(
            "INSERT INTO clients (org_id, id, name, is_confidential, metadata, created_at, updated_at)
             VALUES (:owner, :id, :name, 0, '{\"logo_uri\":\"https://app.example/logo.png\"}', 0, 0)"
        );
        let values = [(":owner", self.org.id().to_string()), (":id", id.to_owned()), (":name", name.to_owned())];
        assert_eq!(self.sql(sql, &values).await, 1);
    }

    /// An authorization request of the client `notes` that waits; its handle.
    pub(crate) async fn waiting_request(&self, display: Display) -> String {
        let (services, now) = (self.services.clone(), self.clock.now());
        let begun = self.write(move |mut tx| {
            let (services, display) = (services.clone(), display.clone());
            Box::pin(async move {
                let (client, request) = (ClientId::from("notes"), serde_json::json!({ "scope": "openid" }));
                let begun = transaction::begin(&mut tx, &services, &client, &request, &display, now).await;
                (tx, begun.map_err(Into::into))
            })
        });
        begun.await
    }

    /// A number out of the database.
    pub(crate) async fn number(&self, sql: PlatformSql) -> i64 {
        let found = self.services.store.read(Platform, move |mut tx| async move {
            let found = tx.fetch_one::<(i64,)>(sql, &[]).await;
            (tx, found)
        });
        found.await.unwrap().unwrap().0
    }

    /// Do every job that is due.
    pub(crate) async fn work(&self) {
        let jobs = identity::jobs(crate::jobs(Jobs::default()));
        while jobs.work_once(&self.services).await.unwrap() {}
    }

    /// Every mail so far, oldest first.
    pub(crate) async fn mails(&self) -> Vec<Caught> {
        self.work().await;
        let found = self.services.store.read(Platform, |mut tx| async move {
            let sql = platform_sql!("SELECT recipient, subject, text_body FROM mailbox ORDER BY id");
            let found = tx.fetch_all::<Caught>(sql, &[]).await;
            (tx, found)
        });
        found.await.unwrap().unwrap()
    }

    /// The HTML of the latest mail.
    pub(crate) async fn html_of_latest_mail(&self) -> String {
        let found = self.services.store.read(Platform, |mut tx| async move {
            let sql = platform_sql!("SELECT html_body AS a FROM mailbox ORDER BY id DESC LIMIT 1");
            let found = tx.fetch_one::<(String,)>(sql, &[]).await;
            (tx, found)
        });
        found.await.unwrap().unwrap().0
    }

    /// The link in the latest mail, as a path of this site.
    pub(crate) async fn latest_link(&self) -> String {
        let mails = self.mails().await;
        mails.last().expect("no mail").link()
    }

    /// Every event so far: name, outcome, and the whole leaf.
    pub(crate) async fn events(&self) -> Vec<(String, String, Value)> {
        let leaves = self.services.store.read(Platform, |mut tx| async move {
            let leaves = tx.fetch_all::<(String,)>(platform_sql!("SELECT leaf AS a FROM events ORDER BY seq"), &[]).await;
            (tx, leaves)
        });
        let read = |(leaf,): (String,)| {
            let leaf: Value = serde_json::from_str(&leaf).unwrap();
            let text = |name: &str| leaf[name].as_str().unwrap_or_default().to_owned();
            (text("name"), text("outcome"), leaf)
        };
        leaves.await.unwrap().unwrap().into_iter().map(read).collect()
    }

    /// Names and outcomes of the latest events, oldest first.
    pub(crate) async fn latest_events(&self, count: usize) -> Vec<String> {
        let events = self.events().await;
        events[events.len() - count..].iter().map(|(name, outcome, _)| format!("{name} {outcome}")).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Caught {
    pub(crate) fn link(&self) -> String {
        let url = self.text_body.lines().find(|line| line.starts_with("https://id.example.com/")).expect("no link");
        url.strip_prefix("https://id.example.com").unwrap().to_owned()
    }
}

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

async fn fresh_database(name: &str) -> DatabaseUrl {
    let server = postgres_url().unwrap();
    store::testing::create_database(&server, name).await.unwrap();
    let (address, _) = server.rsplit_once('/').unwrap();
    DatabaseUrl::parse(&format!("{address}/{name}")).unwrap()
}

/// Drive all of them, each a step at a time, so that they meet in the middle.
pub(crate) async fn together<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        running.retain_mut(|one| match one.as_mut().poll(cx) {
            Poll::Ready(value) => {
                done.push(value);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}

/// A browser without scripts.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    world: &'a World,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) ip: IpAddr,
    pub(crate) headers: Vec<(String, String)>,
}

impl Browser<'_> {
    pub(crate) async fn get(&mut self, path: &str) -> Seen {
        self.try_send("GET", path, None).await.unwrap_or_else(|fault| panic!("GET {path}: {fault:?}"))
    }
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.try_post(path, fields).await.unwrap_or_else(|fault| panic!("POST {path}: {fault:?}"))
    }
    pub(crate) async fn try_get(&mut self, path: &str) -> Result<Seen, Fault> {
        self.try_send("GET", path, None).await
    }
    pub(crate) async fn try_post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Seen, Fault> {
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.try_send("POST", path, Some(("application/x-www-form-urlencoded", body.join("&")))).await
    }
    pub(crate) async fn try_json(&mut self, path: &str, body: &Value) -> Result<Seen, Fault> {
        self.try_send("POST", path, Some(("application/json", body.to_string()))).await
    }

    /// Open a page and send its form with these fields filled in.
    pub(crate) async fn fill(&mut self, path: &str, filled: &[(&str, &str)]) -> Seen {
        let page = self.get(path).await;
        self.submit(&page, filled).await
    }
    /// Send the form of a page with these fields filled in.
    pub(crate) async fn submit(&mut self, page: &Seen, filled: &[(&str, &str)]) -> Seen {
        let (action, hidden) = page.form();
        let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.extend(filled);
        self.post(&action, &fields).await
    }
    pub(crate) async fn sign_in(&mut self, identifier: &str, password: &str) -> Seen {
        self.fill("/orgs/acme-corp/signin", &[("identifier", identifier), ("password", password)]).await
    }

    async fn try_send(&mut self, method: &str, path: &str, body: Option<(&str, String)>) -> Result<Seen, Fault> {
        // No two requests come at the same time, so that what they make has an order.
        self.world.clock.advance(Duration::from_millis(1));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let entries = self.world.catalogue.entries();
        let (entry, path_params) = entries
            .iter()
            .find_map(|entry| entry.routes.iter().find_map(|route| matched(route, method, path)).map(|params| (entry, params)))
            .unwrap_or_else(|| panic!("no route for {method} {path}"));
        let mut headers = self.headers.clone();
        headers.extend(self.cookies.iter().map(|(name, value)| ("cookie".to_owned(), format!("{name}={value}"))));
        let (media, body) = body.unwrap_or_default();
        if !media.is_empty() {
            headers.push(("content-type".to_owned(), media.to_owned()));
        }
        let incoming = Incoming {
            method: method.to_owned(),
            path: path.to_owned(),
            path_params,
            query: query.to_owned(),
            headers,
            body: body.into_bytes(),
            peer: Peer { ip: self.ip, ..Peer::default() },
            request_id: "r1".to_owned(),
        };
        let answer = entry.serve(&self.world.services, Arc::new(incoming)).await?;
        Ok(self.see(answer))
    }

    fn see(&mut self, answer: Answer) -> Seen {
        for cookie in &answer.cookies {
            if cookie.value.expose().is_empty() {
                self.cookies.remove(cookie.name);
            } else {
                self.cookies.insert(cookie.name.to_owned(), cookie.value.expose().to_owned());
            }
        }
        let text = match answer.body {
            Body::Html(text) | Body::Json(text) => text,
            Body::Empty => String::new(),
            Body::Bytes(..) => panic!("bytes"),
        };
        if text.starts_with('<') {
            let header = |name: &str| answer.headers.iter().any(|(known, _)| *known == name);
            assert!(header("content-security-policy") && header("cache-control"), "a page without its headers");
        }
        Seen { status: answer.status, headers: answer.headers, text }
    }
}

/// What a browser sees of an answer.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) text: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text);
        self.header("location")
    }
    /// Where the page's last form goes (the account page has one above all others), and what it carries.
    pub(crate) fn form(&self) -> (String, Vec<(String, String)>) {
        self.form_at(None)
    }
    /// Where the form with that id goes, and what it carries.
    pub(crate) fn form_at(&self, id: Option<&str>) -> (String, Vec<(String, String)>) {
        let form = self.text.split("<form").skip(1).find(|form| id.is_none_or(|id| form.contains(&format!("id=\"{id}\""))));
        let form = form.unwrap_or_else(|| panic!("no form in {}", self.text)).split("</form>").next().unwrap();
        let attribute = |tag: &str, name: &str| {
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(value.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<"))
        };
        let hidden = form.split("<input").skip(1).filter(|input| input.starts_with(" type=\"hidden\""));
        let hidden = hidden.filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?))).collect();
        (attribute(form, "action").unwrap(), hidden)
    }
    pub(crate) fn hidden(&self, name: &str) -> String {
        let (_, hidden) = self.form();
        hidden.into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no field {name}")).1
    }
    pub(crate) fn shows(&self, id: &str) -> bool {
        self.text.contains(&format!("id=\"{id}\""))
    }
}

fn matched(route: &Route, method: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (pattern, actual): (Vec<&str>, Vec<&str>) = (route.path.split('/').collect(), path.split('/').collect());
    if route.method.as_str() != method || pattern.len() != actual.len() {
        return None;
    }
    let mut params = Vec::new();
    for (pattern, actual) in pattern.into_iter().zip(actual) {
        match pattern.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => params.push((name.to_owned(), actual.to_owned())),
            None if pattern == actual => {}
            None => return None,
        }
    }
    Some(params)
}

fn services(store: Store, clock: Arc<FakeClock>, policy: &OutboundPolicy) -> Arc<Services> {
    Services::new(ServicesParts {
        store,
        clock,
        rng: Arc::new(Counting::default()),
        hashing: Hashing::start(2, 256).unwrap(),
        outbound: Outbound::new(policy).unwrap(),
        master_keys: MasterKeys::single(MasterKey::from_bytes(&[1; 32])),
        base_url: "https://id.example.com".to_owned(),
        authenticator: Arc::new(Guard::new(Arc::new(Nobody), Arc::new(Nobody))),
        limiter: Limiter::new(&Rates::default()),
        rooms: crate::rooms(Rooms::default(), Mailer::Caught),
        platform: OrgId::from("platform"),
        is_dev: true,
    })
}

async fn make_org(services: &Arc<Services>, slug: &str) -> Org {
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

/// A clock that moves when told.
pub(crate) struct FakeClock(AtomicI64);
impl Default for FakeClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_795_420_800_000_000))
    }
}
impl FakeClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Hashes of a counter.
#[derive(Default)]
struct Counting(AtomicU64);
impl Rng for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let hash = sha256(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            chunk.copy_from_slice(&hash[..chunk.len()]);
        }
    }
}
