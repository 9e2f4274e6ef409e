//! Who may register, how many clients, and within which bounds.

use super::{POLICY, REGISTER, TOKENS, manage, open_world, plain, program, register, registered, set_policy, together, with};
use crate::support::{World, text};
use serde_json::{Value, json};
use store::platform_sql;

/// An initial access token, as a header line.
async fn initial_token(world: &World, admin: &str, body: Value) -> (String, String) {
    let made = world.send_json("POST", TOKENS, &[("authorization", admin)], &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    (text(&made.json["data"], "id"), format!("Bearer {}", text(&made.json["data"], "secret")))
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
