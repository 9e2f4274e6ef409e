//! Attacks across tenants and up the ladder that must fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use flow::{Entry, Method, Route};
use identity::permissions::{SYSTEM_PERMISSIONS, scope_opens};
use kernel::{Access, Permission, Scopes};
use serde_json::{Map, Value, json};
use suite_journeys::admin::{call, get, login, make_client, make_user, user_id};
use suite_journeys::code::{Ask, authorize};
use suite_journeys::organizations::{another, api_key};
use suite_journeys::pages::{at, field, is_signed_in, sign_in};
use suite_journeys::tokens::{Client, Tokens, web_tokens};
use suite_sweeps::{body, entries, sample, with_body};
use testkit::{Answered, TestApp, databases};

/// What belongs to one organization, by the name its id has in paths.
struct Belongings {
    user: String,
    role: String,
    group: String,
    permission: String,
    scope: String,
    client: String,
}

impl Belongings {
    async fn of(app: &TestApp) -> Self {
        let user = make_user(app, &login("belongs"), json!({})).await;
        let role = call(app, "POST", "/admin/roles", Some(&json!({ "name": "Belongs" }))).await.expect(201).json();
        let (client, _) =
            make_client(app, json!({ "name": "Belongs", "scopes": ["openid"], "redirectUris": ["https://a.example/cb"] })).await;
        let role = role["data"]["id"].as_str().unwrap().to_owned();
        let group = call(app, "POST", "/admin/groups", Some(&json!({ "name": "Belongs" }))).await.expect(201).json();
        let group = group["data"]["id"].as_str().unwrap().to_owned();
        let permission = call(app, "POST", "/admin/permissions", Some(&json!({ "name": "belongs" }))).await.expect(201).json();
        let permission = permission["data"]["id"].to_string();
        let scope = call(app, "POST", "/admin/scopes", Some(&json!({ "name": "belongs" }))).await.expect(201).json();
        let scope = scope["data"]["id"].to_string();
        Self { user, role, group, permission, scope, client: client.id }
    }
    fn id(&self, placeholder: &str) -> Option<&str> {
        match placeholder {
            "{userId}" => Some(&self.user),
            "{roleId}" => Some(&self.role),
            "{groupId}" => Some(&self.group),
            "{clientId}" => Some(&self.client),
            "{scopeId}" => Some(&self.scope),
            "{permissionId}" => Some(&self.permission),
            _ => None,
        }
    }
}

/// A body the operation would take if the ids were right.
fn good_body(entry: &Entry) -> Map<String, Value> {
    let known: &[(&str, Value)] = &[
        ("password", json!("a long password of somebody 5")),
        ("email", json!("changed@people.example")),
        ("roles", json!(["user"])),
        ("groups", json!(["no-group-of-that-name"])),
        ("role", json!("user")),
        ("roleId", json!("user")),
        ("userId", json!("somebody@people.example")),
        ("userIds", json!(["somebody@people.example"])),
        ("permission", json!("users.read")),
        ("permissions", json!(["users.read"])),
        ("name", json!("Changed")),
        ("type", json!("saml")),
        ("idp_id", json!(1)),
        ("name_id", json!("changed@people.example")),
        ("scopes", json!(["openid"])),
    ];
    let all = body(&(entry.parameters)(), sample);
    known.iter().filter(|(name, _)| all.contains_key(*name)).map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

async fn knock(app: &TestApp, entry: &Entry, route: Route, key: &str, id: impl Fn(usize, &str) -> String) -> Answered {
    let mut count = 0;
    let parts = route.path.split('/').map(|part| match part {
        "{org}" => app.notes.org.clone(),
        _ if part.starts_with('{') => {
            count += 1;
            id(count - 1, part)
        }
        _ => part.to_owned(),
    });
    let path = parts.collect::<Vec<_>>().join("/");
    let sending = app.request(route.method.as_str(), &path).api_key(key);
    match route.method {
        Method::Get | Method::Delete => sending.send().await,
        _ => sending.json(&Value::Object(good_body(entry))).send().await,
    }
}

fn placeholders(route: Route) -> Vec<&'static str> {
    route.path.split('/').filter(|part| part.starts_with('{') && *part != "{org}").collect()
}

#[tokio::test]
async fn f56_ids_of_another_organization_are_not_found() {
    for database in databases() {
        let mut app = TestApp::start_on(database).await;
        let acme = app.notes.clone();
        let own = Belongings::of(&app).await;
        app.notes = another(&app, "globex").await;
        let foreign = Belongings::of(&app).await;
        let before = everything(&app).await;
        let globex = std::mem::replace(&mut app.notes, acme);
        let mut tried = 0;
        for entry in entries().iter().filter(|entry| matches!(entry.access, Access::Permission(_))) {
            for route in &entry.routes {
                let names = placeholders(*route);
                if names.is_empty() || !names.iter().all(|name| foreign.id(name).is_some()) {
                    continue;
                }
                // All ids foreign; then each of them alone among own ones.
                let masks = if names.len() == 1 {
                    vec![vec![true]]
                } else {
                    vec![vec![true, true], vec![true, false], vec![false, true]]
                };
                for mask in masks {
                    let pick =
                        |index: usize, name: &str| if mask[index] { foreign.id(name) } else { own.id(name) }.unwrap().to_owned();
                    let answered = knock(&app, entry, *route, &app.notes.api_key, pick).await;
                    let is_gone = answered.status == 410 && entry.id == "users.reset_mfa";
                    assert!(
                        answered.status == 404 || is_gone,
                        "{database:?} {} {mask:?}: {} {}",
                        entry.id,
                        answered.status,
                        answered.text()
                    );
                    tried += 1;
                }
            }
        }
        assert!(tried > 30, "only {tried} endpoints were tried");
        app.notes = globex;
        assert_eq!(everything(&app).await, before, "{database:?}: something changed over there");
    }
}

/// Everything of an organization that administration shows.
async fn everything(app: &TestApp) -> String {
    let mut all = String::new();
    for path in [
        "/admin/users?limit=100",
        "/admin/clients?limit=100",
        "/admin/roles?limit=100",
        "/admin/groups?limit=100",
        "/admin/permissions?limit=100",
    ] {
        all.push_str(&get(app, path).await.expect(200).text());
    }
    all
}

#[tokio::test]
async fn f56_lists_hold_nothing_of_another_organization() {
    for database in databases() {
        let mut app = TestApp::start_on(database).await;
        let globex = another(&app, "globex").await;
        let acme = std::mem::replace(&mut app.notes, globex);
        let stranger = make_user(&app, &login("only-in-globex"), json!({})).await;
        make_client(&app, json!({ "name": "Only in Globex", "scopes": ["openid"] })).await;
        app.notes = acme;
        for path in [
            "/admin/users?limit=100",
            "/admin/users?search=only-in-globex",
            "/admin/clients?limit=100",
            "/admin/audit-logs?limit=100",
            "/admin/audit-logs/export?format=json",
        ] {
            let text = get(&app, path).await.expect(200).text();
            let echo = path.contains("search=");
            assert!(
                !text.contains(&stranger) && !text.contains("Only in Globex") && (echo || !text.contains("only-in-globex")),
                "{database:?} {path}"
            );
        }
        let by_address = get(&app, "/admin/users/only-in-globex%40people.example").await;
        assert_eq!(by_address.status, 404);
    }
}

#[tokio::test]
async fn f56_people_reach_only_their_own_sessions_and_applications() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid offline_access").await;
    let (mut victim, mut other) = (app.browser(), app.browser());
    sign_in(&app, &mut victim, &app.notes.user).await;
    sign_in(&app, &mut other, &app.notes.admin).await;
    let page = other.open(&at(&app, "account")).await.expect(200);
    let csrf = field(&page, "csrf");
    for session in 0..20 {
        let fields = [("csrf".to_owned(), csrf.clone()), ("session".to_owned(), session.to_string())];
        let answered = other.post(&at(&app, "account/sessions/revoke"), &fields).await;
        assert_eq!(answered.status, 404, "session {session}: {}", answered.text());
    }
    for (path, name) in [("account/sessions/revoke", "session"), ("account/apps/disconnect", "app")] {
        for value in ["others", app.notes.web_client.client_id.as_str(), "", "-1", "' OR 1=1"] {
            let fields = [("csrf".to_owned(), csrf.clone()), (name.to_owned(), value.to_owned())];
            let answered = other.post(&at(&app, path), &fields).await;
            assert!(answered.status < 500, "{path} {value}: {}", answered.text());
        }
    }
    assert!(is_signed_in(&app, &mut victim).await);
    Tokens::of(Client::web(&app).refresh(&app, tokens.refresh()).await);
}

/// Endpoints of administration, each with the permission it asks for.
fn guarded() -> Vec<(Entry, Permission)> {
    let guarded = entries().into_iter().filter_map(|entry| match entry.access {
        Access::Permission(permission) => Some((entry, permission)),
        _ => None,
    });
    guarded.collect()
}

/// Whether the guard let a request through to the operation, whatever came of it there.
fn came_through(answered: &Answered) -> bool {
    match answered.status {
        401 => panic!("the credential is not good: {}", answered.text()),
        403 => false,
        _ => true,
    }
}

#[tokio::test]
async fn f57_each_permission_opens_its_own_doors_and_no_other() {
    let app = TestApp::start().await;
    let doors = guarded();
    let mut wrong = Vec::new();
    let mut held: Vec<Option<Permission>> = SYSTEM_PERMISSIONS.iter().map(|known| Some(known.permission)).collect();
    held.push(None);
    for (n, permission) in held.into_iter().enumerate() {
        let person = login(&format!("delegate-{n}"));
        let id = make_user(&app, &person, json!({})).await;
        if let Some(permission) = permission {
            let grant = json!({ "permission": permission.slug });
            call(&app, "POST", &format!("/admin/users/{id}/permissions"), Some(&grant)).await.expect(200);
        }
        let code = authorize(&app, &mut app.browser(), &person, &Ask::web(&app).with("scope", "openid admin")).await.code();
        let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
        for (entry, needed) in &doors {
            for route in &entry.routes {
                // With ids nobody has, so that nothing is changed by those who may.
                let sending = with_body(&app, entry, *route, &app.notes.org, "none", &Map::new()).bearer(tokens.access());
                let through = came_through(&sending.send().await);
                let expected = permission.is_some_and(|permission| permission.slug == needed.slug);
                if through != expected {
                    wrong.push(format!(
                        "{:?} at {} (needs {}): {through}",
                        permission.map(|held| held.slug),
                        entry.id,
                        needed.slug
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn f57_each_scope_opens_its_own_doors_and_no_other() {
    let app = TestApp::start().await;
    let doors = guarded();
    let mut areas: Vec<&str> = SYSTEM_PERMISSIONS.iter().map(|known| known.permission.scope).collect();
    areas.extend(["admin", "admin:read", "admin:write"]);
    // Only people's own tokens read their permissions.
    areas.retain(|area| *area != "authz:read");
    areas.sort_unstable();
    areas.dedup();
    let mut wrong = Vec::new();
    for area in areas {
        let key = api_key(&app, &app.notes.admin.email, area).await;
        let scopes = Scopes::from(area.to_owned());
        for (entry, needed) in &doors {
            for route in &entry.routes {
                let sending = with_body(&app, entry, *route, &app.notes.org, "none", &Map::new()).api_key(&key);
                let through = came_through(&sending.send().await);
                if through != scope_opens(&scopes, needed) {
                    wrong.push(format!("{area} at {} (needs {}): {through}", entry.id, needed.scope));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A token of somebody who holds these permissions and nothing else.
async fn delegate(app: &TestApp, name: &str, permissions: &[&str]) -> (String, String) {
    let person = login(name);
    let id = make_user(app, &person, json!({})).await;
    let grant = json!({ "permissions": permissions });
    call(app, "POST", &format!("/admin/users/{id}/permissions"), Some(&grant)).await.expect(200);
    let code = authorize(app, &mut app.browser(), &person, &Ask::web(app).with("scope", "openid admin")).await.code();
    (id, Tokens::of(Client::web(app).redeem(app, &code).await).access().to_owned())
}

async fn with_token(app: &TestApp, token: &str, method: &str, path: &str, body: &Value) -> Answered {
    let sending = app.request(method, &app.api(path)).bearer(token);
    if method == "GET" || method == "DELETE" { sending.send().await } else { sending.json(body).send().await }
}

#[tokio::test]
async fn f57_who_manages_users_cannot_become_or_touch_an_administrator() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (own, token) = delegate(&app, "helpdesk", &["users.read", "users.write"]).await;
        let admin = user_id(&app, &app.notes.admin.email).await;
        let person = user_id(&app, &app.notes.user.email).await;
        let before = get(&app, &format!("/admin/users/{admin}")).await.json();
        let none = json!({});
        let attempts = [
            ("POST", format!("/admin/users/{own}/roles"), json!({ "role": "admin" })),
            ("POST", format!("/admin/users/{own}/roles"), json!({ "role": "tenant_admin" })),
            ("PUT", format!("/admin/users/{own}/roles"), json!({ "roles": ["user", "admin"] })),
            ("PATCH", format!("/admin/users/{own}"), json!({ "roles": ["admin"] })),
            ("PATCH", format!("/admin/users/{person}"), json!({ "roles": ["admin"] })),
            ("POST", format!("/admin/users/{own}/permissions"), json!({ "permission": "clients.write" })),
            ("POST", format!("/admin/users/{person}/permissions"), json!({ "permissions": ["users.read", "settings.manage"] })),
            (
                "POST",
                "/admin/users".to_owned(),
                json!({ "email": "shadow@people.example", "password": "a long password of shadow 1", "roles": ["admin"] }),
            ),
            ("PUT", format!("/admin/users/{admin}/password"), json!({ "password": "chosen by the helpdesk 1" })),
            ("POST", format!("/admin/users/{admin}/password"), json!({ "password": "chosen by the helpdesk 1" })),
            ("PATCH", format!("/admin/users/{admin}"), json!({ "email": "helpdesk@people.example" })),
            ("PATCH", format!("/admin/users/{admin}"), json!({ "isActive": false })),
            ("PUT", format!("/admin/users/{admin}/roles"), json!({ "roles": ["user"] })),
            ("DELETE", format!("/admin/users/{admin}/roles/admin"), none.clone()),
            ("POST", format!("/admin/users/{admin}/block"), none.clone()),
            ("POST", format!("/admin/users/{admin}/mark-verified"), none.clone()),
            ("DELETE", format!("/admin/users/{admin}"), none.clone()),
        ];
        for (method, path, body) in &attempts {
            let answered = with_token(&app, &token, method, path, body).await;
            assert_eq!(answered.status, 403, "{database:?} {method} {path} {body}: {}", answered.text());
        }
        assert_eq!(get(&app, &format!("/admin/users/{admin}")).await.json(), before);
        assert_eq!(
            get(&app, "/admin/users/shadow%40people.example").await.status,
            404,
            "a refused request leaves nothing behind"
        );
        let roles = get(&app, &format!("/admin/users/{own}/roles")).await.json();
        assert!(!roles.to_string().contains("admin"), "{roles}");
        // What is theirs to do, they can.
        with_token(&app, &token, "POST", &format!("/admin/users/{person}/block"), &none).await.expect(200);
        with_token(&app, &token, "POST", &format!("/admin/users/{person}/permissions"), &json!({ "permission": "users.read" }))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn f57_who_manages_clients_gets_no_stronger_client() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (_, token) = delegate(&app, "integrator", &["clients.read", "clients.write"]).await;
        let strong = app.notes.web_client.client_id.clone();
        let weak = json!({ "name": "Weak", "scopes": ["openid", "reports:read"], "redirectUris": ["https://weak.example/cb"] });
        let made = with_token(&app, &token, "POST", "/admin/clients", &weak).await.expect(201).json();
        let weak = made["data"]["clientId"].as_str().unwrap();
        let before = get(&app, &format!("/admin/clients/{strong}")).await.json();
        let none = json!({});
        let attempts = [
            (
                "POST",
                "/admin/clients".to_owned(),
                json!({ "name": "Strong", "scopes": ["admin"], "grantTypes": ["client_credentials"] }),
            ),
            (
                "POST",
                "/admin/clients".to_owned(),
                json!({ "name": "Strong", "scopes": ["admin:users"], "grantTypes": ["client_credentials"] }),
            ),
            ("PATCH", format!("/admin/clients/{weak}"), json!({ "scopes": ["openid", "admin:write"] })),
            ("PUT", format!("/admin/clients/{weak}/scopes"), json!({ "scopes": ["openid", "admin:users"] })),
            ("PATCH", format!("/admin/clients/{strong}"), json!({ "redirectUris": ["https://thief.example/cb"] })),
            ("POST", format!("/admin/clients/{strong}/rotate-secret"), none.clone()),
        ];
        for (method, path, body) in &attempts {
            let answered = with_token(&app, &token, method, path, body).await;
            assert_eq!(answered.status, 403, "{database:?} {method} {path} {body}: {}", answered.text());
        }
        assert_eq!(get(&app, &format!("/admin/clients/{strong}")).await.json(), before);
        let weak_now = get(&app, &format!("/admin/clients/{weak}")).await.json();
        assert_eq!(weak_now["data"]["scopes"], json!(["openid", "reports:read"]));
    }
}

#[tokio::test]
async fn f57_a_narrow_key_of_an_administrator_is_no_way_to_a_wide_one() {
    let app = TestApp::start().await;
    let key = api_key(&app, &app.notes.admin.email, "admin:users").await;
    let person = user_id(&app, &app.notes.user.email).await;
    let attempts = [
        ("POST", format!("/admin/users/{person}/roles"), json!({ "role": "admin" }), 403),
        ("POST", format!("/admin/users/{person}/permissions"), json!({ "permission": "clients.write" }), 403),
        ("POST", "/admin/clients".to_owned(), json!({ "name": "Strong", "scopes": ["admin"] }), 403),
        ("POST", format!("/admin/users/{person}/block"), json!({}), 200),
    ];
    for (method, path, body, status) in attempts {
        let answered = app.request(method, &app.api(&path)).api_key(&key).json(&body).send().await;
        assert_eq!(answered.status, status, "{method} {path}: {}", answered.text());
    }
}

#[tokio::test]
async fn f57_a_token_carries_no_more_than_its_person_holds() {
    let app = TestApp::start().await;
    // The demo user holds nothing, whatever scopes the application was given.
    let tokens = web_tokens(&app, "openid admin authz:check").await;
    for path in ["/admin/users", "/admin/clients", "/admin/audit-logs"] {
        assert_eq!(with_token(&app, tokens.access(), "GET", path, &Value::Null).await.status, 403, "{path}");
    }
    // An administrator whose role is taken away loses it in every token that is out.
    let (id, token) = delegate(&app, "was-admin", &["users.read"]).await;
    with_token(&app, &token, "GET", "/admin/users", &Value::Null).await.expect(200);
    call(&app, "DELETE", &format!("/admin/users/{id}/permissions/users.read"), None).await.expect(200);
    assert_eq!(with_token(&app, &token, "GET", "/admin/users", &Value::Null).await.status, 403);
}

#[tokio::test]
async fn f57_an_administrators_session_is_no_credential_for_other_sites() {
    let app = TestApp::start().await;
    let mut admin = app.browser();
    sign_in(&app, &mut admin, &app.notes.admin).await;
    let cookie = format!("lumoauth_session={}", admin.cookie("lumoauth_session").unwrap());
    let person = user_id(&app, &app.notes.user.email).await;
    for (media, body) in [("application/x-www-form-urlencoded", "reason=x"), ("text/plain", "{}"), ("application/json", "{}")] {
        let path = app.api(&format!("/admin/users/{person}/block"));
        let sending = app.post(&path).header("cookie", &cookie).header("origin", "https://evil.example").body(media, body);
        let answered = sending.send().await;
        assert!((400..500).contains(&answered.status), "{media}: {}", answered.text());
    }
    let shown = get(&app, &format!("/admin/users/{person}")).await.json();
    assert_eq!(shown["data"]["blocked"], false);
}
