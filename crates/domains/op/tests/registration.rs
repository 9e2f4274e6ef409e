//! Clients that register themselves, and who lets them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::{Scopes, Secret};
use op::provision::NewClient;
use serde_json::{Value, json};
use std::task::Poll;
use store::platform_sql;
use support::{Reached, SECRET, World, basic, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const REGISTER: &str = "/orgs/acme/api/v1/connect/register";
const TOKENS: &str = "/orgs/acme/api/v1/admin/initial-access-tokens";
const POLICY: &str = "/orgs/acme/api/v1/admin/settings/client-registration";
const TOKEN: &str = "/orgs/acme/api/v1/oauth/token";

/// The bearer line of a program that may administer what its scopes say.
async fn program(world: &World, scopes: &str) -> String {
    let id = format!("client_{}", scopes.replace([' ', ':'], "_"));
    let scopes = Scopes::parse(scopes).unwrap();
    world.add_client(NewClient::service(id.as_str(), "Program", Secret::new(SECRET), scopes)).await;
    format!("Bearer {}", world.client_token(&id).await)
}

async fn set_policy(world: &World, bearer: &str, policy: Value) {
    let reached = world.send_json("PUT", POLICY, &[("authorization", bearer)], &policy).await;
    assert_eq!(reached.status, 200, "{reached:?}");
}

/// A world in which anyone may register.
async fn open_world() -> World {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(&world, &admin, json!({ "mode": "open" })).await;
    world
}

fn plain() -> Value {
    json!({ "redirect_uris": ["https://client.example.org/callback"], "client_name": "My Example Client" })
}

#[allow(clippy::needless_pass_by_value, reason = "literals read better where they are used")]
fn with(more: Value) -> Value {
    let mut document = plain();
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    document
}

async fn register(world: &World, bearer: Option<&str>, document: &Value) -> Reached {
    let headers: Vec<(&str, &str)> = bearer.into_iter().map(|bearer| ("authorization", bearer)).collect();
    world.send_json("POST", REGISTER, &headers, document).await
}

/// A registered client: its id, its secret and the line that manages it.
async fn registered(world: &World, document: &Value) -> (String, String, String) {
    let reached = register(world, None, document).await;
    assert_eq!(reached.status, 201, "{reached:?}");
    let secret = reached.json["client_secret"].as_str().unwrap_or_default().to_owned();
    let manage = format!("Bearer {}", text(&reached.json, "registration_access_token"));
    (text(&reached.json, "client_id"), secret, manage)
}

async fn manage(world: &World, method: &str, id: &str, bearer: &str, document: Option<&Value>) -> Reached {
    let (path, headers) = (format!("{REGISTER}/{id}"), [("authorization", bearer)]);
    match document {
        Some(document) => world.send_json(method, &path, &headers, document).await,
        None => world.request(method, &path, &headers, Vec::new()).await,
    }
}

/// An initial access token, as a header line.
async fn initial_token(world: &World, admin: &str, body: Value) -> (String, String) {
    let made = world.send_json("POST", TOKENS, &[("authorization", admin)], &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    (text(&made.json["data"], "id"), format!("Bearer {}", text(&made.json["data"], "secret")))
}

/// Run these a step at a time, so that they meet in the middle.
async fn together<F: Future>(asks: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = asks.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        running.retain_mut(|one| match one.as_mut().poll(cx) {
            Poll::Ready(outcome) => {
                done.push(outcome);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done
}

/// Serves one document; its address.
async fn publish(status: u16, document: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/document", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", document.len());
            let answer = head + &document;
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    uri
}

#[tokio::test]
async fn a_client_registers_itself_reads_replaces_and_removes_its_registration() {
    for world in World::start_on_each().await {
        let admin = program(&world, "admin").await;
        set_policy(&world, &admin, json!({ "mode": "open", "grant_types": ["authorization_code", "client_credentials"] })).await;
        let document = with(json!({ "client_name#de": "Mein Beispiel", "unheard_of": 1, "grant_types": ["authorization_code"] }));
        let made = register(&world, None, &document).await;
        assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")), "{made:?}");
        assert_eq!(made.json["client_name"], "My Example Client");
        assert_eq!(made.json["client_name#de"], "Mein Beispiel");
        assert_eq!(made.json["scope"], "address email offline_access openid phone profile");
        assert_eq!((&made.json["client_secret_expires_at"], &made.json["application_type"]), (&json!(0), &json!("web")));
        assert_eq!(made.json["client_id_issued_at"], world.now().as_secs());
        assert!(made.json.get("unheard_of").is_none());
        let (id, secret) = (text(&made.json, "client_id"), text(&made.json, "client_secret"));
        let (place, line) =
            (text(&made.json, "registration_client_uri"), format!("Bearer {}", text(&made.json, "registration_access_token")));
        assert_eq!(place, format!("https://id.example.com{REGISTER}/{id}"));

        let shown = world.get(&place, &[("authorization", &line)]).await;
        assert_eq!((shown.status, shown.header("cache-control")), (200, Some("no-store")));
        assert!(shown.json.get("client_secret").is_none());
        for name in ["client_id", "redirect_uris", "client_name", "registration_client_uri", "registration_access_token"] {
            assert_eq!(shown.json[name], made.json[name], "{name}");
        }

        let update =
            with(json!({ "client_id": id, "client_secret": secret, "grant_types": ["client_credentials"], "scope": "email" }));
        let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!((&changed.json["response_types"], &changed.json["scope"]), (&json!([]), &json!("email")));
        assert!(changed.json.get("client_name#de").is_none() && changed.json.get("client_secret").is_none());
        assert_eq!(manage(&world, "GET", &id, &line, None).await.refusal(), (401, "invalid_token"), "the token was rotated");
        let line = format!("Bearer {}", text(&changed.json, "registration_access_token"));
        assert_eq!(manage(&world, "GET", &id, &line, None).await.json["scope"], "email");
        let form = [("grant_type", "client_credentials")];
        assert_eq!(world.post(TOKEN, &[("authorization", &basic(&id, &secret))], &form).await.status, 200);

        assert_eq!(manage(&world, "DELETE", &id, &line, None).await.status, 204);
        assert_eq!(world.post(TOKEN, &[("authorization", &basic(&id, &secret))], &form).await.refusal(), (401, "invalid_client"));
        assert_eq!(manage(&world, "GET", &id, &line, None).await.refusal(), (401, "invalid_token"));
        let events = world.events().await;
        for name in ["clients.registered", "clients.registration_replaced", "clients.deregistered"] {
            assert!(events.iter().any(|(known, _)| known == name), "{name}");
        }
        let log = serde_json::to_string(&events.iter().map(|(_, leaf)| leaf).collect::<Vec<_>>()).unwrap();
        assert!(!log.contains(&secret) && !log.contains(line.trim_start_matches("Bearer ")), "no secret is in the log");
    }
}

#[tokio::test]
async fn who_may_register_is_what_the_organization_says() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    let registrar = program(&world, "admin:clients:register").await;
    let clerk = program(&world, "admin:users").await;
    let (_, initial) = initial_token(&world, &admin, json!({ "name": "CI" })).await;
    let callers = [None, Some(&*initial), Some(&*registrar), Some(&*clerk), Some("Bearer nonsense")];
    for (mode, expected) in [
        (None, [(403, "registration_not_allowed"), (403, "registration_not_allowed"), (403, "registration_not_allowed")]),
        (Some("off"), [(403, "registration_not_allowed"), (403, "registration_not_allowed"), (403, "registration_not_allowed")]),
        (Some("permission"), [(401, "unauthorized"), (403, "registration_not_allowed"), (201, "")]),
        (Some("token"), [(401, "unauthorized"), (201, ""), (201, "")]),
        (Some("open"), [(201, ""), (201, ""), (201, "")]),
    ] {
        if let Some(mode) = mode {
            set_policy(&world, &admin, json!({ "mode": mode })).await;
        }
        let expected = expected.into_iter().chain([(403, "forbidden"), (401, "invalid_token")]);
        for (caller, expected) in callers.into_iter().zip(expected) {
            let reached = register(&world, caller, &plain()).await;
            assert_eq!(reached.refusal(), expected, "{mode:?} {caller:?} {reached:?}");
        }
        let is_on = !matches!(mode, None | Some("off"));
        let document = world.get("/orgs/acme/.well-known/openid-configuration", &[]).await.json;
        assert_eq!(document.get("registration_endpoint").is_some(), is_on, "{mode:?}");
        if is_on {
            assert_eq!(document["registration_endpoint"], format!("https://id.example.com{REGISTER}"));
        }
    }
}

#[tokio::test]
async fn a_token_for_a_number_of_clients_is_good_for_no_more_however_many_ask_at_once() {
    for world in World::start_on_each().await {
        let admin = program(&world, "admin").await;
        set_policy(&world, &admin, json!({ "mode": "token" })).await;
        let (id, initial) = initial_token(&world, &admin, json!({ "name": "Three", "maxUses": 3 })).await;
        let document = plain();
        let outcomes = together((0..12).map(|_| register(&world, Some(&initial), &document))).await;
        let count = |wanted: (u16, &str)| outcomes.iter().filter(|reached| reached.refusal() == wanted).count();
        assert_eq!((count((201, "")), count((401, "invalid_token"))), (3, 9), "{outcomes:?}");
        let listed = world.get(TOKENS, &[("authorization", &admin)]).await.json;
        assert_eq!((&listed["data"][0]["id"], &listed["data"][0]["uses"]), (&json!(id), &json!(3)));
        assert!(!listed.to_string().contains(initial.trim_start_matches("Bearer ")));
        assert_eq!(world.count_events("clients.registered").await, 3);
    }
}

#[tokio::test]
async fn of_two_updates_with_the_same_token_one_comes_through() {
    for world in World::start_on_each().await {
        let admin = program(&world, "admin").await;
        set_policy(&world, &admin, json!({ "mode": "open" })).await;
        let (id, _, line) = registered(&world, &plain()).await;
        let update = with(json!({ "client_id": id }));
        let outcomes = together((0..6).map(|_| manage(&world, "PUT", &id, &line, Some(&update)))).await;
        let good: Vec<&Reached> = outcomes.iter().filter(|reached| reached.status == 200).collect();
        assert_eq!(good.len(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|reached| [(200, ""), (401, "invalid_token")].contains(&reached.refusal())));
        let line = format!("Bearer {}", text(&good[0].json, "registration_access_token"));
        let gone = together((0..4).map(|_| manage(&world, "DELETE", &id, &line, None))).await;
        assert_eq!(gone.iter().filter(|reached| reached.status == 204).count(), 1, "{gone:?}");
    }
}

#[tokio::test]
async fn an_initial_access_token_ends_and_can_be_revoked() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(&world, &admin, json!({ "mode": "token" })).await;
    let at = world.now().plus(std::time::Duration::from_mins(1)).to_iso();
    let (_, short) = initial_token(&world, &admin, json!({ "name": "Short", "expiresAt": at })).await;
    let (id, long) = initial_token(&world, &admin, json!({ "name": "Long" })).await;
    assert_eq!(register(&world, Some(&short), &plain()).await.status, 201);
    world.advance(61);
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    assert_eq!(register(&world, Some(&short), &plain()).await.refusal(), (401, "invalid_token"));
    assert_eq!(register(&world, Some(&long), &plain()).await.status, 201);
    let path = format!("{TOKENS}/{id}");
    let revoke = async || world.request("DELETE", &path, &[("authorization", &admin)], Vec::new()).await;
    assert_eq!(revoke().await.status, 200);
    assert_eq!(register(&world, Some(&long), &plain()).await.refusal(), (401, "invalid_token"));
    assert_eq!(revoke().await.refusal(), (404, "initial_access_tokens.not_found"));
    for (name, body) in [
        ("name", json!({})),
        ("maxUses", json!({ "name": "x", "maxUses": 0 })),
        ("expiresAt", json!({ "name": "x", "expiresAt": "2020-01-01T00:00:00Z" })),
        ("redirectHosts", json!({ "name": "x", "redirectHosts": ["https://app.example"] })),
        ("scopes", json!({ "name": "x", "scopes": "openid admin:users" })),
    ] {
        let reached = world.send_json("POST", TOKENS, &[("authorization", &admin)], &body).await;
        assert_eq!(reached.refusal(), (400, "validation_error"), "{body}");
        assert!(reached.json["fields"].to_string().contains(name), "{body}");
    }
}

#[tokio::test]
async fn a_registrar_stays_within_bounds_at_registration_and_after_it() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(
        &world,
        &admin,
        json!({ "mode": "open", "scopes": "openid notes:read", "redirect_hosts": ["client.example.org"] }),
    )
    .await;
    let bounds = json!({ "name": "x", "redirectHosts": ["*.partner.example"], "scopes": "openid partner:read" });
    let (_, initial) = initial_token(&world, &admin, bounds).await;
    let at = |uri: &str, more: Value| {
        let mut document = with(more);
        document["redirect_uris"] = json!([uri]);
        document
    };
    for (caller, uri, more, expected) in [
        (None, "https://client.example.org/cb", json!({}), Ok("notes:read openid")),
        (None, "https://client.example.org/cb", json!({ "scope": "openid admin email" }), Ok("openid")),
        (None, "https://evil.example/cb", json!({}), Err("invalid_redirect_uri")),
        (
            None,
            "https://client.example.org/cb",
            json!({ "post_logout_redirect_uris": ["https://evil.example/"] }),
            Err("invalid_client_metadata"),
        ),
        (None, "https://client.example.org/cb", json!({ "grant_types": ["client_credentials"] }), Err("invalid_client_metadata")),
        (None, "https://client.example.org/cb", json!({ "response_types": ["id_token"] }), Err("invalid_client_metadata")),
        (Some(&*initial), "https://a.partner.example/cb", json!({}), Ok("openid partner:read")),
        (
            Some(&*initial),
            "https://a.partner.example/cb",
            json!({ "grant_types": ["client_credentials"] }),
            Ok("openid partner:read"),
        ),
        (Some(&*initial), "https://client.example.org/cb", json!({}), Err("invalid_redirect_uri")),
    ] {
        let reached = register(&world, caller, &at(uri, more.clone())).await;
        match expected {
            Ok(scope) => assert_eq!((reached.status, &reached.json["scope"]), (201, &json!(scope)), "{uri} {more}"),
            Err(code) => assert_eq!(reached.refusal(), (400, code), "{uri} {more}"),
        }
    }
    let (id, _, line) = registered(&world, &at("https://client.example.org/cb", json!({ "scope": "openid" }))).await;
    let update =
        at("https://client.example.org/cb", json!({ "client_id": id, "scope": "openid notes:read admin:users partner:read" }));
    let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!(changed.json["scope"], "notes:read openid");
    let line = format!("Bearer {}", text(&changed.json, "registration_access_token"));
    let away = at("https://evil.example/cb", json!({ "client_id": id }));
    assert_eq!(manage(&world, "PUT", &id, &line, Some(&away)).await.refusal(), (400, "invalid_redirect_uri"));
}

#[tokio::test]
async fn a_program_registers_what_it_holds_itself_and_the_client_never_more() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(&world, &admin, json!({ "mode": "permission" })).await;
    let made = register(&world, Some(&admin), &with(json!({ "scope": "openid admin:users" }))).await;
    assert_eq!(made.json["scope"], "admin:users openid");
    let (id, line) = (text(&made.json, "client_id"), format!("Bearer {}", text(&made.json, "registration_access_token")));
    let update = with(json!({ "client_id": id, "scope": "openid admin:users admin:clients" }));
    assert_eq!(manage(&world, "PUT", &id, &line, Some(&update)).await.json["scope"], "admin:users openid");
    let registrar = program(&world, "admin:clients:register").await;
    let refused = register(&world, Some(&registrar), &with(json!({ "scope": "openid admin:users" }))).await;
    assert_eq!(refused.refusal(), (403, "forbidden"));
    assert_eq!(register(&world, Some(&registrar), &with(json!({ "scope": "openid" }))).await.status, 201);
}

#[tokio::test]
async fn no_organization_sees_anothers_clients_and_tokens() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(&world, &admin, json!({ "mode": "open" })).await;
    world.another_org("globex").await;
    world
        .change(platform_sql!(
            "UPDATE organizations SET settings = '{\"oauth\":{\"registration\":{\"mode\":\"open\"}}}' WHERE slug = 'globex'"
        ))
        .await;
    let (id, _, line) = registered(&world, &plain()).await;
    let (_, initial) = initial_token(&world, &admin, json!({ "name": "Acme's" })).await;
    let theirs = "/orgs/globex/api/v1/connect/register";
    for method in ["GET", "PUT", "DELETE"] {
        let update = with(json!({ "client_id": id }));
        let reached = world.send_json(method, &format!("{theirs}/{id}"), &[("authorization", &line)], &update).await;
        assert_eq!(reached.refusal(), (401, "invalid_token"), "{method}");
    }
    let reached = world.send_json("POST", theirs, &[("authorization", &initial)], &plain()).await;
    assert_eq!(reached.refusal(), (401, "invalid_token"));
    let reached = world.send_json("POST", theirs, &[("authorization", &admin)], &plain()).await;
    assert_eq!(reached.refusal(), (401, "invalid_token"));
    assert_eq!(manage(&world, "GET", &id, &line, None).await.status, 200);
}

#[tokio::test]
async fn what_manages_a_registration_opens_nothing_else_and_nothing_else_manages_it() {
    let world = open_world().await;
    let (id, secret, line) = registered(&world, &plain()).await;
    let (other, _, other_line) = registered(&world, &plain()).await;
    let (web, service) = (basic(&id, &secret), format!("Bearer {}", world.client_token(support::SERVICE).await));
    for (id, line) in [
        (&*id, &*other_line),
        (&*other, &*line),
        (&*id, &*web),
        (&*id, &*service),
        ("client_nobody", &*line),
        (support::WEB, &*line),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let reached = manage(&world, method, id, line, Some(&with(json!({ "client_id": id })))).await;
            assert_eq!(reached.refusal(), (401, "invalid_token"), "{method} {id}");
        }
    }
    assert_eq!(world.get("/orgs/acme/api/v1/oauth/userinfo", &[("authorization", &line)]).await.status, 401);
    assert_eq!(world.get(TOKENS, &[("authorization", &line)]).await.refusal(), (401, "invalid_token"));
    assert_eq!(register(&world, Some(&line), &plain()).await.refusal(), (401, "invalid_token"));
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    world
        .send_json("POST", &format!("/orgs/acme/api/v1/admin/clients/{id}/disable"), &[("authorization", &admin)], &json!({}))
        .await;
    assert_eq!(manage(&world, "GET", &id, &line, None).await.refusal(), (401, "invalid_token"), "it is switched off");
}

#[tokio::test]
async fn an_update_says_whom_it_is_for_and_nothing_that_only_the_server_says() {
    let world = open_world().await;
    let (id, secret, line) = registered(&world, &plain()).await;
    let said = |more: Value| {
        let mut update = with(json!({ "client_id": id }));
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        update
    };
    for (update, code) in [
        (plain(), "invalid_request"),
        (said(json!({ "client_id": "client_other" })), "invalid_request"),
        (said(json!({ "client_secret": "another-one" })), "invalid_request"),
        (said(json!({ "client_secret": 1 })), "invalid_request"),
        (said(json!({ "registration_access_token": "x" })), "invalid_request"),
        (said(json!({ "registration_client_uri": "https://x.example" })), "invalid_request"),
        (said(json!({ "client_secret_expires_at": 0 })), "invalid_request"),
        (said(json!({ "client_id_issued_at": 0 })), "invalid_request"),
        (said(json!({ "redirect_uris": [] })), "invalid_redirect_uri"),
        (said(json!({ "logo_uri": "javascript:alert(1)" })), "invalid_client_metadata"),
        (json!({}), "invalid_request"),
    ] {
        assert_eq!(manage(&world, "PUT", &id, &line, Some(&update)).await.refusal(), (400, code), "{update}");
    }
    let untouched = manage(&world, "GET", &id, &line, None).await;
    assert_eq!(untouched.status, 200, "a refused update changes nothing, the token neither");
    assert_eq!(manage(&world, "PUT", &id, &line, Some(&said(json!({ "client_secret": secret })))).await.status, 200);
}

#[tokio::test]
async fn a_client_is_not_released_from_a_fapi_profile_by_its_own_update() {
    let world = open_world().await;
    // RFC 7517, appendix A.1.
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" });
    let bound = with(json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key] },
        "dpop_bound_access_tokens": true, "require_pushed_authorization_requests": true, "grant_types": ["authorization_code"] }));
    let mut submitted = bound.clone();
    submitted["fapi_profile"] = json!("fapi2_security");
    let (id, _, line) = registered(&world, &submitted).await;
    let mut update = bound.clone();
    update["client_id"] = json!(id);
    let kept = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!((kept.status, &kept.json["fapi_profile"]), (200, &json!("fapi2_security")), "{kept:?}");
    update["fapi_profile"] = json!("none");
    let line = format!("Bearer {}", text(&kept.json, "registration_access_token"));
    let refused = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!(refused.refusal(), (400, "invalid_client_metadata"));
}

#[tokio::test]
async fn a_secret_comes_and_goes_with_the_method_that_uses_it() {
    let world = open_world().await;
    let public = with(json!({ "token_endpoint_auth_method": "none" }));
    let made = register(&world, None, &public).await;
    assert!(made.json.get("client_secret").is_none() && made.json.get("client_secret_expires_at").is_none());
    let (id, line) = (text(&made.json, "client_id"), format!("Bearer {}", text(&made.json, "registration_access_token")));
    let update = with(json!({ "client_id": id, "token_endpoint_auth_method": "client_secret_post" }));
    let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
    let secret = text(&changed.json, "client_secret");
    let probe = async |secret: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "none"), ("client_id", &*id), ("client_secret", secret)];
        world.post(TOKEN, &[], &form).await.code
    };
    assert_ne!(probe(&secret).await, "invalid_client");
    let line = format!("Bearer {}", text(&changed.json, "registration_access_token"));
    let back = with(json!({ "client_id": id, "token_endpoint_auth_method": "none" }));
    assert!(manage(&world, "PUT", &id, &line, Some(&back)).await.json.get("client_secret").is_none());
    assert_eq!(probe(&secret).await, "invalid_client");
}

#[tokio::test]
async fn a_secret_ends_when_it_was_said_to_and_an_update_brings_a_new_one() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(
        &world,
        &admin,
        json!({ "mode": "open", "secret_lifetime": 3600, "grant_types": ["client_credentials"], "scopes": "notes:read" }),
    )
    .await;
    let document = json!({ "grant_types": ["client_credentials"] });
    let made = register(&world, None, &document).await;
    let (id, secret) = (text(&made.json, "client_id"), text(&made.json, "client_secret"));
    assert_eq!(made.json["client_secret_expires_at"], world.now().as_secs() + 3600);
    let line = format!("Bearer {}", text(&made.json, "registration_access_token"));
    let form = [("grant_type", "client_credentials")];
    let try_it =
        async |secret: &str| world.post(TOKEN, &[("authorization", &basic(&id, secret))], &form).await.refusal().1.to_owned();
    assert_eq!(try_it(&secret).await, "");
    world.advance(3600);
    assert_eq!(try_it(&secret).await, "invalid_client");
    let update = json!({ "client_id": id, "grant_types": ["client_credentials"] });
    let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!(try_it(&text(&changed.json, "client_secret")).await, "");
    assert_eq!(changed.json["client_secret_expires_at"], world.now().as_secs() + 3600);
}

#[tokio::test]
async fn a_rotated_secret_overlaps_as_long_as_was_said_and_no_longer_than_it_would_have_lived() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    let path = format!("/orgs/acme/api/v1/admin/clients/{}/rotate-secret", support::SERVICE);
    let rotate = async |bearer: &str, body: Value| world.send_json("POST", &path, &[("authorization", bearer)], &body).await;
    let form = [("grant_type", "client_credentials")];
    let is_good =
        async |secret: &str| world.post(TOKEN, &[("authorization", &basic(support::SERVICE, secret))], &form).await.status == 200;
    let first = rotate(&admin, json!({ "overlapSeconds": 600, "expiresIn": 3600 })).await.json["data"].clone();
    let one = text(&first, "secret");
    assert!(first["previousValidUntil"].is_string() && first["expiresAt"].is_string());
    assert!(is_good(SECRET).await && is_good(&one).await);
    world.advance(600);
    assert!(!is_good(SECRET).await && is_good(&one).await);
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    let two = text(&rotate(&admin, json!({ "overlapSeconds": 604_800 })).await.json["data"], "secret");
    assert!(is_good(&one).await && is_good(&two).await);
    world.advance(3000);
    assert!(!is_good(&one).await && is_good(&two).await, "its own end came first");
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    for bad in [json!({ "overlapSeconds": 604_801 }), json!({ "expiresIn": 1 }), json!({ "overlapSeconds": -1 })] {
        assert_eq!(rotate(&admin, bad.clone()).await.refusal(), (400, "validation_error"), "{bad}");
    }
}

#[tokio::test]
async fn a_software_statement_counts_if_its_publisher_is_trusted_and_goes_before_the_rest() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    let (key, other) =
        (SigningKey::generate(Algorithm::ES256, "k").unwrap(), SigningKey::generate(Algorithm::ES256, "k").unwrap());
    let served = publish(200, json!({ "keys": [key.public()] }).to_string()).await;
    let trusted = json!([
        { "issuer": "https://trust.example", "jwks": { "keys": [key.public()] } },
        { "issuer": "https://far.example", "jwks_uri": served }
    ]);
    set_policy(&world, &admin, json!({ "mode": "open", "trusted_issuers": trusted })).await;
    let statement = |key: &SigningKey, issuer: &str| {
        sign(key, "JWT", &json!({ "iss": issuer, "software_id": "4NRB1", "client_name": "Example Statement-based Client" }))
            .unwrap()
    };
    for issuer in ["https://trust.example", "https://far.example"] {
        let signed = statement(&key, issuer);
        let made = register(&world, None, &with(json!({ "software_statement": signed }))).await;
        assert_eq!((made.status, &made.json["client_name"]), (201, &json!("Example Statement-based Client")), "{made:?}");
        assert_eq!((&made.json["software_statement"], &made.json["software_id"]), (&json!(signed), &json!("4NRB1")));
        let line = format!("Bearer {}", text(&made.json, "registration_access_token"));
        let shown = manage(&world, "GET", &text(&made.json, "client_id"), &line, None).await;
        assert_eq!(shown.json["software_statement"], json!(signed));
    }
    for bad in [
        json!(statement(&other, "https://trust.example")),
        json!(statement(&key, "https://stranger.example")),
        json!("a.b.c"),
        json!("x".repeat(20_000)),
        json!(1),
    ] {
        let reached = register(&world, None, &with(json!({ "software_statement": bad }))).await;
        assert_eq!(reached.refusal(), (400, "invalid_software_statement"), "{bad}");
    }
    set_policy(&world, &admin, json!({ "requires_software_statement": true })).await;
    assert_eq!(register(&world, None, &plain()).await.refusal(), (400, "invalid_software_statement"));
}

#[tokio::test]
async fn keys_and_sectors_elsewhere_are_looked_at_before_anything_is_stored() {
    let world = open_world().await;
    let key = SigningKey::generate(Algorithm::ES256, "k").unwrap();
    let keys = publish(200, json!({ "keys": [key.public()] }).to_string()).await;
    let private = publish(200, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#.to_owned()).await;
    let missing = publish(404, "{}".to_owned()).await;
    let large = publish(200, " ".repeat(300_000)).await;
    let sector = publish(200, json!(["https://client.example.org/callback", "https://b.example/cb"]).to_string()).await;
    let two = json!(["https://client.example.org/callback", "https://c.example/cb"]);
    for (more, expected) in [
        (json!({ "jwks_uri": keys, "token_endpoint_auth_method": "private_key_jwt" }), Ok(())),
        (json!({ "jwks_uri": private }), Err("jwks_uri")),
        (json!({ "jwks_uri": missing }), Err("jwks_uri")),
        (json!({ "jwks_uri": large }), Err("jwks_uri")),
        (json!({ "jwks_uri": "https://10.0.0.1/keys" }), Err("jwks_uri")),
        (json!({ "sector_identifier_uri": sector }), Ok(())),
        (json!({ "sector_identifier_uri": sector, "redirect_uris": two }), Err("sector_identifier_uri")),
        (json!({ "sector_identifier_uri": keys }), Err("sector_identifier_uri")),
        (json!({ "sector_identifier_uri": missing }), Err("sector_identifier_uri")),
    ] {
        let reached = register(&world, None, &with(more.clone())).await;
        match expected {
            Ok(()) => assert_eq!(reached.status, 201, "{more} {reached:?}"),
            Err(member) => {
                assert_eq!(reached.refusal(), (400, "invalid_client_metadata"), "{more}");
                assert!(reached.html.contains(member), "{reached:?}");
            }
        }
    }
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    let clients = "/orgs/acme/api/v1/admin/clients";
    let body = json!({ "name": "x", "jwksUri": private });
    let reached = world.send_json("POST", clients, &[("authorization", &admin)], &body).await;
    assert!(reached.json["fields"].to_string().contains("jwksUri"), "{reached:?}");
    let path = format!("{clients}/{}", support::WEB);
    for (body, expected) in [
        (json!({ "jwksUri": missing }), 400),
        (json!({ "jwksUri": keys }), 200),
        (json!({ "sectorIdentifierUri": sector }), 400),
        (json!({ "sectorIdentifierUri": sector, "redirectUris": ["https://b.example/cb"] }), 200),
        (json!({ "redirectUris": ["https://b.example/cb", "https://d.example/cb"] }), 400),
    ] {
        assert_eq!(world.send_json("PATCH", &path, &[("authorization", &admin)], &body).await.status, expected, "{body}");
    }
}

#[tokio::test]
async fn anyone_registers_no_more_clients_than_there_may_be() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    set_policy(&world, &admin, json!({ "mode": "open", "max_clients": 2 })).await;
    for expected in [(201, ""), (201, ""), (403, "registration_not_allowed")] {
        assert_eq!(register(&world, None, &plain()).await.refusal(), expected);
    }
    assert_eq!(register(&world, Some(&admin), &plain()).await.status, 201);
}

#[tokio::test]
async fn what_is_no_registration_is_refused_as_one() {
    let world = open_world().await;
    let post = async |media: &str, body: &str| {
        world.request("POST", REGISTER, &[("content-type", media)], body.as_bytes().to_vec()).await
    };
    for (media, body, expected) in [
        ("application/json", "", (400, "invalid_client_metadata")),
        ("application/json", "{", (400, "invalid_client_metadata")),
        ("application/json", "[]", (400, "invalid_client_metadata")),
        ("application/json", r#"{"client_name":"a","client_name":"b"}"#, (400, "invalid_client_metadata")),
        ("application/json", "{}", (400, "invalid_redirect_uri")),
        ("application/x-www-form-urlencoded", "redirect_uris=https://a.example/", (415, "invalid_request")),
        ("text/plain", "{}", (415, "invalid_request")),
    ] {
        assert_eq!(post(media, body).await.refusal(), expected, "{media} {body}");
    }
    assert_eq!(world.count_events("clients.registered").await, 0);
    assert_eq!(post("application/json; charset=utf-8", &plain().to_string()).await.status, 201);
}

#[tokio::test]
async fn the_policy_is_set_by_those_who_set_settings_and_takes_nothing_it_does_not_know() {
    let world = World::start().await;
    let (admin, clerk) = (program(&world, "admin").await, program(&world, "admin:clients").await);
    let shown = world.get(POLICY, &[("authorization", &admin)]).await.json;
    assert_eq!((&shown["data"]["mode"], &shown["data"]["max_clients"]), (&json!("off"), &json!(10_000)));
    assert_eq!(
        world.send_json("PUT", POLICY, &[("authorization", &clerk)], &json!({ "mode": "open" })).await.refusal(),
        (403, "forbidden")
    );
    for (field, body) in [
        ("mode", json!({ "mode": "wide open" })),
        ("scopes", json!({ "scopes": "openid admin" })),
        ("grant_types", json!({ "grant_types": ["password"] })),
        ("redirect_hosts", json!({ "redirect_hosts": ["*"] })),
        ("secret_lifetime", json!({ "secret_lifetime": 60 })),
        ("trusted_issuers", json!({ "trusted_issuers": [{ "issuer": "x" }] })),
        ("modes", json!({ "modes": "open" })),
    ] {
        let reached = world.send_json("PATCH", POLICY, &[("authorization", &admin)], &body).await;
        assert_eq!(reached.refusal(), (400, "validation_error"), "{body}");
        assert!(reached.json["fields"].to_string().contains(&format!("\"{field}\"")), "{body}");
    }
    set_policy(&world, &admin, json!({ "mode": "open", "secret_lifetime": 7200 })).await;
    set_policy(&world, &admin, json!({ "secret_lifetime": null })).await;
    let shown = world.get(POLICY, &[("authorization", &admin)]).await.json;
    assert_eq!((&shown["data"]["mode"], shown["data"].get("secret_lifetime")), (&json!("open"), None));
}

#[tokio::test]
async fn a_client_can_not_be_public_and_confidential() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    for both in [true, false] {
        let body = json!({ "name": "x", "isPublic": both, "isConfidential": both });
        let reached = world.send_json("POST", "/orgs/acme/api/v1/admin/clients", &[("authorization", &admin)], &body).await;
        assert_eq!(reached.refusal(), (400, "validation_error"));
        assert!(reached.json["fields"].to_string().contains("isPublic"));
    }
}

#[tokio::test]
async fn a_client_id_metadata_document_is_judged_by_its_address_first() {
    let world = World::start().await;
    let admin = program(&world, "admin").await;
    let path = "/orgs/acme/api/v1/admin/clients/cimd/check";
    let check = async |client_id: &str| {
        world.send_json("POST", path, &[("authorization", &admin)], &json!({ "client_id": client_id, "refresh": true })).await
    };
    for bad in ["http://app.example/c", "https://app.example", "client_web", "https://app.example/c#f"] {
        let reached = check(bad).await;
        assert_eq!(reached.refusal(), (422, "clients.cimd_client_id"), "{bad}");
        assert!(reached.json["fields"].to_string().contains("client_id"));
    }
    let data = check("https://10.0.0.1/client.json").await.json["data"].clone();
    assert_eq!((&data["ok"], &data["enabled"], &data["reason"]), (&json!(false), &json!(false), &json!("address_not_allowed")));
    assert!(
        data["message"].is_string() && data["warnings"].is_array() && data["effective"].is_null() && data["document"].is_null()
    );
    world
        .change(platform_sql!(
            "UPDATE organizations SET settings = '{\"authentication\":{\"cimd_allowed_domains\":[\"app.example\"]}}' WHERE slug = 'acme'"
        ))
        .await;
    assert_eq!(check("https://other.example/client.json").await.json["data"]["reason"], "domain_not_allowed");
    assert_eq!(check("").await.refusal(), (400, "validation_error"));
}

#[tokio::test]
async fn whoever_registers_without_leave_calls_on_nobody_and_asks_for_no_details() {
    const CIBA: &str = "urn:openid:params:grant-type:ciba";
    const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let world = open_world().await;
    let calling = with(json!({ "grant_types": [CIBA], "response_types": [], "backchannel_token_delivery_mode": "poll" }));
    let device = with(json!({ "grant_types": [DEVICE], "response_types": [] }));
    let paying = with(json!({ "authorization_details_types": ["payment"] }));
    for document in [&calling, &device, &paying] {
        assert_eq!(register(&world, None, document).await.refusal(), (400, "invalid_client_metadata"), "{document}");
    }
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    let policy = json!({ "grant_types": [CIBA, DEVICE, "authorization_code"], "authorization_details_types": ["payment"] });
    set_policy(&world, &admin, policy).await;
    for document in [&calling, &device, &paying] {
        let (id, _, bearer) = registered(&world, document).await;
        let more = json!({ "client_id": id, "authorization_details_types": ["payment", "account"] });
        let mut update = document.clone();
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reached = manage(&world, "PUT", &id, &bearer, Some(&update)).await;
        assert_eq!(reached.refusal(), (400, "invalid_client_metadata"), "nor later");
    }
}

#[tokio::test]
async fn a_token_for_other_resource_servers_opens_nothing_here() {
    const OTHER: &str = "https://notes.example/api";
    const API: &str = "https://id.example.com/orgs/acme/api/v1";
    for world in World::start_on_each().await {
        let mut admin = NewClient::service("client_admin", "Program", Secret::new(SECRET), Scopes::parse("admin").unwrap());
        admin.metadata.audience_uris = vec![OTHER.to_owned(), API.to_owned()];
        world.add_client(admin).await;
        for (resources, is_ours) in [(&[][..], true), (&[API], true), (&[OTHER, API], true), (&[OTHER], false)] {
            let mut form = vec![("grant_type", "client_credentials")];
            form.extend(resources.iter().map(|resource| ("resource", *resource)));
            let token = text(&world.token("client_admin", &form).await.json, "access_token");
            let (bearer, asked) = (format!("Bearer {token}"), world.introspect(&token).await);
            assert_eq!(asked["active"], true, "{resources:?}: wherever it is for, it is alive");
            let userinfo = world.userinfo(&token).await;
            let reached = world.get(POLICY, &[("authorization", &bearer)]).await;
            let expected = if is_ours { (200, 200) } else { (401, 401) };
            assert_eq!((userinfo.status, reached.status), expected, "{resources:?} {reached:?}");
            if !is_ours {
                assert_eq!((userinfo.code, reached.code), ("invalid_token", "invalid_token"));
            }
        }
    }
}
