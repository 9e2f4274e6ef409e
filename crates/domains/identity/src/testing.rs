//! A small server for the tests of this crate: a real database, a clock and randomness in the test's hand, and a guard that
//! believes what it is told.

mod office;

pub(crate) use office::{Office, column};

use crate::organizations::{NewOrganization, Slug, provision};
use crate::users::{Email, NewUser, User, insert_user};
use crate::{permissions, roles};
use flow::testing::{FakeClock, StandIn, find_entry, parts};
use flow::{Answer, Body, BoxFuture, Catalogue, Cx, Incoming, OneOrg, Services, ServicesParts, Writes};
use jose::seal::{MasterKey, MasterKeys};
use kernel::{Actor, ClientId, Clock, Fault, Scopes, Timestamp, UserId};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{DatabaseUrl, Decision, Org, Platform, Store, Tx, platform_sql};

/// The whole small server.
pub(crate) struct World {
    pub(crate) services: Arc<Services>,
    pub(crate) org: Org,
    pub(crate) clock: Arc<FakeClock>,
    stand_in: Arc<StandIn>,
    catalogue: Catalogue,
    folder: PathBuf,
}

impl World {
    pub(crate) async fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("identity_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let folder = std::env::temp_dir().join(name);
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(folder.join("test.db")), 4).await.unwrap();
        let (clock, stand_in) = (Arc::new(FakeClock::default()), Arc::new(StandIn::default()));
        store.migrate(clock.now()).await.unwrap();
        let keys = MasterKeys::single(MasterKey::from_bytes(&[1; 32]));
        let services = services(store, clock.clone(), stand_in.clone(), keys);
        let org = make_org(&services, "acme-corp").await;
        let catalogue = crate::mount(Catalogue::default());
        Self { services, org, clock, stand_in, catalogue, folder }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn another_org(&self, slug: &str) -> Org {
        make_org(&self.services, slug).await
    }

    /// The same data under a new master key that still knows the old one.
    pub(crate) fn with_rotated_master_key(&self) -> Arc<Services> {
        let previous = vec![self.services.master_keys.current.clone()];
        let keys = MasterKeys { current: MasterKey::from_bytes(&[2; 32]), previous };
        services(self.services.store.clone(), self.clock.clone(), self.stand_in.clone(), keys)
    }

    /// Do something in a writing transaction.
    pub(crate) async fn play<T, F>(&self, org: &Org, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Cx<OneOrg, Writes>) -> BoxFuture<'a, Result<T, Fault>> + Send + Sync + 'static,
    {
        flow::testing::play(&self.services, org, work).await
    }

    /// A user without a password, with the role everybody has.
    pub(crate) async fn user(&self, email: &'static str) -> User {
        let made = self.play(&self.org, move |cx| {
            Box::pin(async move {
                let services = cx.services().clone();
                let new = NewUser::with_email(Email::parse(email).unwrap());
                let user = insert_user(&mut cx.tx, new, cx.now, &*services.rng).await?;
                roles::assign_default(&mut cx.tx, &user.id).await?;
                Ok(user)
            })
        });
        made.await.unwrap()
    }

    /// A user with this role.
    pub(crate) async fn user_with_role(&self, email: &'static str, role: &'static str) -> User {
        let user = self.user(email).await;
        let id = user.id.clone();
        let assigned = self.play(&self.org, move |cx| {
            let id = id.clone();
            Box::pin(async move {
                let role = roles::find_role(&mut cx.tx, role).await?.ok_or_else(roles::not_found)?;
                roles::assign(&mut cx.tx, &id, &role.id).await
            })
        });
        assert!(assigned.await.unwrap());
        user
    }

    /// A user with these permissions, given directly.
    pub(crate) async fn user_with_permissions(&self, email: &'static str, slugs: &'static [&'static str]) -> User {
        let user = self.user(email).await;
        let id = user.id.clone();
        let granted = self.play(&self.org, move |cx| {
            let id = id.clone();
            Box::pin(async move {
                for slug in slugs {
                    permissions::grant(&mut cx.tx, &id, slug).await?;
                }
                Ok(())
            })
        });
        granted.await.unwrap();
        user
    }

    /// A permission of the organization's own.
    pub(crate) async fn custom_permission(&self, slug: &'static str) {
        let made = self.play(&self.org, move |cx| {
            Box::pin(async move {
                let sql = store::org_sql!(
                    "INSERT INTO permissions (org_id, slug, name, resource, action, created_at, updated_at)
                     VALUES (:org, :slug, :slug, 'orders', 'x', 0, 0)"
                );
                Ok(cx.tx.execute(sql, store::args! { slug: slug }).await?)
            })
        });
        assert_eq!(made.await.unwrap(), 1);
    }

    /// A provider people come from; returns its number.
    pub(crate) async fn provider(&self, kind: &'static str, name: &'static str, domains: &'static str) -> i64 {
        let made = self.play(&self.org, move |cx| {
            Box::pin(async move {
                let insert = store::org_sql!(
                    "INSERT INTO identity_providers (org_id, kind, name, email_domains, created_at, updated_at)
                     VALUES (:org, :kind, :name, :domains, 0, 0)"
                );
                cx.tx.execute(insert, store::args! { kind: kind, name: name, domains: domains }).await?;
                let find =
                    store::org_sql!("SELECT MAX(number) AS a FROM identity_providers WHERE org_id = :org AND kind = :kind");
                Ok(cx.tx.fetch_one::<(i64,)>(find, store::args! { kind: kind }).await?.0)
            })
        });
        made.await.unwrap()
    }

    /// Call an operation as somebody.
    pub(crate) async fn call(&self, actor: &Actor, method: &str, path: &str, body: Value) -> Result<Value, Fault> {
        let answer = self.serve(actor, method, path, body).await?;
        Ok(match answer.body {
            Body::Json(text) => serde_json::from_str(&text).unwrap(),
            _ => Value::Null,
        })
    }

    /// Call an operation as somebody; the whole answer. The path is that within the organization's API.
    pub(crate) async fn serve(&self, actor: &Actor, method: &str, path: &str, body: Value) -> Result<Answer, Fault> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(actor, method, path, ("application/json", &body)).await
    }

    /// Call an operation as somebody with a body of any type.
    pub(crate) async fn send(
        &self,
        actor: &Actor,
        method: &str,
        path: &str,
        (media, body): (&str, &str),
    ) -> Result<Answer, Fault> {
        self.stand_in.becomes(actor.clone(), None);
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = format!("/orgs/{}/api/v1{path}", self.org.slug());
        let (entry, path_params) = find_entry(&self.catalogue, method, &path);
        let mut incoming =
            Incoming { method: method.to_owned(), path, path_params, query: query.to_owned(), ..Incoming::default() };
        if !body.is_empty() {
            incoming.headers.push(("content-type".to_owned(), media.to_owned()));
            incoming.body = body.as_bytes().to_vec();
        }
        entry.serve(&self.services, Arc::new(incoming)).await
    }

    /// Settings of the organization, put there behind the server's back.
    pub(crate) async fn keep_settings(&self, document: &str) {
        let document = document.to_owned();
        let kept = self.play(&self.org, move |cx| {
            let document = document.clone();
            Box::pin(async move {
                let sql = store::org_sql!("UPDATE organizations SET settings = :settings WHERE id = :org");
                let org = cx.org().id().clone();
                cx.tx.touch(store::Topic::Organization(org));
                Ok(cx.tx.execute(sql, store::args! { settings: &document }).await?)
            })
        });
        assert_eq!(kept.await.unwrap(), 1);
    }

    /// How many rows of the organization a table holds.
    pub(crate) async fn count(&self, org: &Org, table: &'static str) -> i64 {
        let sql = match table {
            "users" => platform_sql!("SELECT count(*) AS a FROM users WHERE org_id = :owner"),
            "roles" => platform_sql!("SELECT count(*) AS a FROM roles WHERE org_id = :owner"),
            "permissions" => platform_sql!("SELECT count(*) AS a FROM permissions WHERE org_id = :owner"),
            "identities" => platform_sql!("SELECT count(*) AS a FROM identities WHERE org_id = :owner"),
            "companies" => platform_sql!("SELECT count(*) AS a FROM companies WHERE org_id = :owner"),
            "company_roles" => platform_sql!("SELECT count(*) AS a FROM company_roles WHERE org_id = :owner"),
            "company_members" => platform_sql!("SELECT count(*) AS a FROM company_members WHERE org_id = :owner"),
            "invitations" => platform_sql!("SELECT count(*) AS a FROM invitations WHERE org_id = :owner"),
            "sessions" => platform_sql!("SELECT count(*) AS a FROM sessions WHERE org_id = :owner"),
            "api_keys" => platform_sql!("SELECT count(*) AS a FROM api_keys WHERE org_id = :owner"),
            "password_history" => platform_sql!("SELECT count(*) AS a FROM password_history WHERE org_id = :owner"),
            "jobs" => platform_sql!("SELECT count(*) AS a FROM jobs WHERE org_id = :owner"),
            "events" => platform_sql!("SELECT count(*) AS a FROM events WHERE org_id = :owner"),
            _ => panic!("{table} is not counted"),
        };
        let id = org.id().clone();
        let counted = self.services.store.read(Platform, move |mut tx| {
            let id = id.clone();
            async move {
                let counted = tx.fetch_one::<(i64,)>(sql, store::args! { owner: &id }).await;
                (tx, counted)
            }
        });
        counted.await.unwrap().unwrap().0
    }

    /// The names of the organization's events so far, in order.
    pub(crate) async fn event_names(&self) -> Vec<String> {
        self.leaves().await.into_iter().map(|leaf| leaf["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The organization's events so far, in order.
    pub(crate) async fn leaves(&self) -> Vec<Value> {
        let id = self.org.id().clone();
        let leaves = self.services.store.read(Platform, move |mut tx| {
            let id = id.clone();
            async move {
                let sql = platform_sql!("SELECT leaf AS a FROM events WHERE org_id = :owner ORDER BY seq");
                let leaves = tx.fetch_all::<(String,)>(sql, store::args! { owner: &id }).await;
                (tx, leaves)
            }
        });
        leaves.await.unwrap().unwrap().into_iter().map(|(leaf,)| serde_json::from_str(&leaf).unwrap()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A person's session as an actor.
pub(crate) fn as_user(user: &User) -> Actor {
    as_user_with_scopes(user, "admin")
}

/// A person's token as an actor.
pub(crate) fn as_user_with_scopes(user: &User, scopes: &str) -> Actor {
    let scopes = Scopes::parse(scopes).unwrap();
    Actor::User { user: user.id.clone(), client: ClientId::from("client_web"), scopes, session: None }
}

/// A program as an actor.
pub(crate) fn as_client(scopes: &str) -> Actor {
    Actor::Client { client: ClientId::from("client_sync"), scopes: Scopes::parse(scopes).unwrap() }
}

fn services(store: Store, clock: Arc<FakeClock>, stand_in: Arc<StandIn>, master_keys: MasterKeys) -> Arc<Services> {
    Services::new(ServicesParts { master_keys, ..parts(store, clock, stand_in) })
}

async fn make_org(services: &Arc<Services>, slug: &str) -> Org {
    let new = NewOrganization { slug: Slug::parse(slug).unwrap(), name: slug.to_uppercase() };
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

/// A user id nobody has.
pub(crate) fn nobody() -> UserId {
    UserId::from("01999999-0000-7000-8000-000000000000")
}

/// Do something in a writing transaction of the world's organization; the names are cloned into it.
macro_rules! play {
    ($world:expr, |$cx:ident $(, $name:ident)*| $body:expr) => {{
        $(let $name = $name.clone();)*
        $world
            .play(&$world.org.clone(), move |$cx| {
                $(let $name = $name.clone();)*
                Box::pin(async move { $body })
            })
            .await
    }};
}
pub(crate) use play;
