//! A small server for the tests of this crate: a real database, the real guard, a clock in the test's hand.
#![allow(dead_code, unused_imports, reason = "each test binary uses another part")]

mod making;
mod reached;

pub use reached::{Reached, claims, hidden, param, text};

use flow::testing::{FakeClock, find_entry, play};
use flow::{BoxFuture, Catalogue, Cx, Incoming, OneOrg, Services, Writes};
use identity::sessions::{self, NewSession};
use identity::users::User;
use jose::encoding::base64;
use kernel::{AgentId, Authentication, Clock, Fault, Scopes, Secret, Timestamp};
use making::{make_org, make_user, new_place, postgres_server, services};
use oauth::ClientMetadata;
use op::clients::{Agent, load_for_update, update};
use op::provision::{NewClient, create_agent, create_client};
use reached::reached;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::{DatabaseUrl, Decision, Org, Platform, Store, Tx, platform_sql};

pub const BASE: &str = "https://id.example.com";
pub const ISSUER: &str = "https://id.example.com/orgs/acme";
pub const CALLBACK: &str = "https://app.example/cb";
pub const BYE: &str = "https://app.example/bye";
pub const SPA_CALLBACK: &str = "http://127.0.0.1/cb";
pub const SECRET: &str = "a-secret-of-the-web-client-that-is-long-enough";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const WEB: &str = "client_web";
pub const SPA: &str = "client_spa";
pub const SERVICE: &str = "client_service";
pub const AGENT: &str = "client_agent";

/// The whole small server.
pub struct World {
    pub services: Arc<Services>,
    pub org: Org,
    pub clock: Arc<FakeClock>,
    pub user: User,
    catalogue: Catalogue,
    folder: PathBuf,
    /// A PostgreSQL server and the database on it.
    place: Option<(String, String)>,
}

impl World {
    pub async fn start() -> Self {
        let (_, folder) = new_place();
        std::fs::create_dir_all(&folder).unwrap();
        Self::start_on(&DatabaseUrl::Sqlite(folder.join("test.db")), folder, None).await
    }

    /// On every database there is: SQLite always, PostgreSQL where the test command names one.
    pub async fn start_on_each() -> Vec<Self> {
        let mut worlds = vec![Self::start().await];
        if let Some(server) = postgres_server() {
            let (name, folder) = new_place();
            store::testing::create_database(&server, &name).await.unwrap();
            let mut url = url::Url::parse(&server).unwrap();
            url.set_path(&name);
            let url = DatabaseUrl::parse(url.as_str()).unwrap();
            worlds.push(Self::start_on(&url, folder, Some((server, name))).await);
        }
        worlds
    }

    async fn start_on(url: &DatabaseUrl, folder: PathBuf, place: Option<(String, String)>) -> Self {
        let store = Store::open(url, 4).await.unwrap();
        let clock = Arc::new(FakeClock::at(Timestamp::from_micros(1_795_420_800_123_456)));
        store.migrate(clock.now()).await.unwrap();
        let services = services(store, clock.clone());
        let org = make_org(&services, "acme").await;
        let user = make_user(&services, &org, "mia@example.com").await;
        let catalogue = op::mount(Catalogue::default());
        let world = Self { services, org, clock, user, catalogue, folder, place };
        world.make_clients().await;
        world
    }

    async fn make_clients(&self) {
        let text = |text: &str| text.to_owned();
        let scopes = |text| Scopes::parse(text).unwrap();
        let secret = || Secret::new(SECRET);
        let web = NewClient::web(WEB, "Notes", secret(), vec![text(CALLBACK), text("https://app.example/other")])
            .with_scopes(scopes("openid profile email phone address offline_access notes:write"))
            .with_post_logout_redirect_uris(vec![text(BYE)]);
        let mut service = NewClient::service(SERVICE, "Sync", secret(), scopes("reports:read reports:write"));
        service.metadata.audience_uris = vec![text("https://api.example/reports")];
        let spa = NewClient::public(SPA, "Browser app", vec![text(SPA_CALLBACK)]);
        for client in [web, spa, service] {
            self.add_client(client).await;
        }
        let agent = Agent {
            id: AgentId::from("agt_helper"),
            name: text("Helper"),
            capabilities: scopes("calendar:read"),
            budget_policy: Some(text(r#"{"max_tokens_per_day":10}"#)),
        };
        let new = NewClient::service(AGENT, "Helper", secret(), scopes("calendar:read"));
        self.play(move |cx| {
            let (new, agent) = (new.clone(), agent.clone());
            Box::pin(async move {
                let services = cx.services().clone();
                create_agent(&mut cx.tx, &services, &new, &agent, cx.now).await.map(drop)
            })
        })
        .await;
    }

    pub async fn add_client(&self, new: NewClient) {
        self.play(move |cx| {
            let new = new.clone();
            Box::pin(async move {
                let services = cx.services().clone();
                create_client(&mut cx.tx, &services, &new, cx.now).await.map(drop)
            })
        })
        .await;
    }

    /// Register a client anew with something changed.
    pub async fn change_client(&self, id: &'static str, change: impl Fn(&mut ClientMetadata) + Send + Sync + 'static) {
        let change = Arc::new(change);
        self.play(move |cx| {
            let change = change.clone();
            Box::pin(async move {
                let mut client = load_for_update(&mut cx.tx, id).await?;
                change(&mut client.metadata);
                update(&mut cx.tx, &client.metadata, cx.now).await
            })
        })
        .await;
    }

    /// Do something in a writing transaction.
    pub async fn play<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Cx<OneOrg, Writes>) -> BoxFuture<'a, Result<T, Fault>> + Send + Sync + 'static,
    {
        play(&self.services, &self.org, work).await.unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Change a row, as an administrator of another part of the server would.
    pub async fn change(&self, sql: store::PlatformSql) {
        let work = move |mut tx: Tx<Platform, Writes>| async move {
            let changed = tx.execute(sql, &[]).await;
            tx.touch(store::Topic::Everything);
            (tx, Decision::KeepUnrecorded(changed, "a test"))
        };
        assert!(self.services.store.write(Platform, work).await.unwrap().unwrap() >= 1);
    }

    pub async fn another_org(&self, slug: &str) -> Org {
        make_org(&self.services, slug).await
    }

    /// A cookie line of a browser in which this person signed in.
    pub async fn sign_in(&self, user: &User) -> String {
        let id = user.id.clone();
        self.play(move |cx| {
            let user = id.clone();
            Box::pin(async move {
                let acr = "urn:lumoauth:acr:1fa".to_owned();
                let authentication = Authentication { at: cx.now, acr, amr: vec!["pwd".to_owned()] };
                let (_, [cookie, _]) = sessions::create(cx, NewSession { user, authentication, is_remembered: false }).await?;
                Ok(format!("{}={}", cookie.name, cookie.value.expose()))
            })
        })
        .await
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reached {
        self.request("GET", path, headers, Vec::new()).await
    }
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Reached {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/x-www-form-urlencoded"));
        self.request("POST", path, &headers, body.into_bytes()).await
    }
    pub async fn send_json(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Reached {
        let mut headers = headers.to_vec();
        headers.push(("content-type", "application/json"));
        self.request(method, path, &headers, body.to_string().into_bytes()).await
    }

    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reached {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = path.strip_prefix(BASE).unwrap_or(path);
        let (entry, path_params) = find_entry(&self.catalogue, method, path);
        let incoming = Incoming {
            method: method.to_owned(),
            path: path.to_owned(),
            path_params,
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body,
            ..Incoming::default()
        };
        reached(entry.serve(&self.services, Arc::new(incoming)).await)
    }

    pub async fn token(&self, client: &str, form: &[(&str, &str)]) -> Reached {
        self.post("/orgs/acme/api/v1/oauth/token", &[("authorization", &basic(client, SECRET))], form).await
    }
    pub async fn client_token(&self, client: &str) -> String {
        text(&self.token(client, &[("grant_type", "client_credentials")]).await.json, "access_token")
    }
    pub async fn userinfo(&self, token: &str) -> Reached {
        self.get("/orgs/acme/api/v1/oauth/userinfo", &[("authorization", &format!("Bearer {token}"))]).await
    }
    pub async fn introspect(&self, token: &str) -> Value {
        let headers = [("authorization", &*basic(WEB, SECRET))];
        let reached = self.post("/orgs/acme/api/v1/oauth/introspect", &headers, &[("token", token)]).await;
        assert_eq!(reached.status, 200, "{reached:?}");
        reached.json
    }
    pub async fn revoke(&self, client: &str, token: &str) -> Reached {
        let headers = [("authorization", &*basic(client, SECRET))];
        self.post("/orgs/acme/api/v1/oauth/revoke", &headers, &[("token", token)]).await
    }

    /// The authorization endpoint with the usual request of the web client, and more.
    pub async fn authorize(&self, cookie: &str, more: &[(&str, &str)]) -> Reached {
        self.get(&authorize_path(more), &[("cookie", cookie)]).await
    }

    /// A code of the web client for a person who allows everything.
    pub async fn code(&self, cookie: &str, more: &[(&str, &str)]) -> String {
        let mut reached = self.authorize(cookie, more).await;
        if reached.location().contains("/consent?") {
            reached = self.decide(&reached.location(), cookie, "allow").await;
        }
        param(&reached.location(), "code").unwrap_or_else(|| panic!("no code: {reached:?}"))
    }

    /// Press a button of the consent page.
    pub async fn decide(&self, consent: &str, cookie: &str, decision: &str) -> Reached {
        let page = self.get(consent, &[("cookie", cookie)]).await;
        assert_eq!(page.status, 200, "{page:?}");
        let cookies = page.cookies.iter().fold(cookie.to_owned(), |line, (name, value)| format!("{line}; {name}={value}"));
        let form = [
            ("csrf", &*hidden(&page.html, "csrf")),
            ("transaction", &*hidden(&page.html, "transaction")),
            ("decision", decision),
        ];
        self.post("/orgs/acme/consent", &[("cookie", &cookies)], &form).await
    }

    pub async fn redeem(&self, code: &str) -> Reached {
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        self.token(WEB, &form).await
    }
    pub async fn refresh(&self, token: &str) -> Reached {
        self.token(WEB, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Tokens of the web client for a person who is signed in.
    pub async fn tokens(&self, scope: &str) -> Value {
        let cookie = self.sign_in(&self.user).await;
        let code = self.code(&cookie, &[("scope", scope)]).await;
        let reached = self.redeem(&code).await;
        assert_eq!(reached.status, 200, "{reached:?}");
        reached.json
    }

    /// The names of the organization's events so far, in order.
    pub async fn events(&self) -> Vec<(String, Value)> {
        let id = self.org.id().clone();
        let leaves = self.services.store.read(Platform, move |mut tx| {
            let id = id.clone();
            async move {
                let sql = platform_sql!("SELECT leaf AS a FROM events WHERE org_id = :owner ORDER BY seq");
                let leaves = tx.fetch_all::<(String,)>(sql, store::args! { owner: &id }).await;
                (tx, leaves)
            }
        });
        let named = |(leaf,): (String,)| {
            let leaf: Value = serde_json::from_str(&leaf).unwrap();
            (leaf["name"].as_str().unwrap().to_owned(), leaf)
        };
        leaves.await.unwrap().unwrap().into_iter().map(named).collect()
    }
    pub async fn count_events(&self, name: &str) -> usize {
        self.events().await.iter().filter(|(known, _)| known == name).count()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
        if let Some((server, name)) = self.place.take() {
            // A test's own runtime can't be waited for in here.
            let work = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                drop(runtime.block_on(store::testing::drop_database(&server, &name)));
            };
            drop(std::thread::spawn(work).join());
        }
    }
}

pub fn basic(client: &str, secret: &str) -> String {
    format!("Basic {}", base64(format!("{client}:{secret}")))
}

pub fn authorize_path(more: &[(&str, &str)]) -> String {
    let usual = [
        ("response_type", "code"),
        ("client_id", WEB),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email"),
        ("state", "s t"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let given = |name: &str| more.iter().any(|(known, _)| *known == name);
    let pairs = usual.into_iter().filter(|(name, _)| !given(name)).chain(more.iter().copied());
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/orgs/acme/api/v1/oauth/authorize?{query}")
}
