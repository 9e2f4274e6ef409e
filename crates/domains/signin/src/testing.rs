//! A small server for the tests of this crate: a real database, identity's own guard, a clock in the test's hand, browsers with
//! cookies, and mail that is caught.

mod browser;
mod parts;

pub(crate) use browser::{Browser, Seen};
pub(crate) use parts::{Database, databases};

use crate::transaction::{self, Display};
use flow::testing::FakeClock;
use flow::{BoxFuture, Catalogue, Jobs, OneOrg, OutboundPolicy, Password, Services, Writes};
use identity::users::{self, Email, NewUser, User};
use kernel::{ClientId, Clock, Fault};
use parts::{fresh_database, make_org, services};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
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

    pub(crate) async fn another_org(&self, slug: &str) -> Org {
        make_org(&self.services, slug).await
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
