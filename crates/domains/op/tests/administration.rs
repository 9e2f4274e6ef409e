//! Administration of clients and keys, and clients that sign their proof.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use flow::testing::play;
use identity::permissions;
use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::{ClientId, Scopes, Secret};
use oauth::ClientMetadata;
use oauth::client::AuthMethod;
use op::provision::NewClient;
use serde_json::{Value, json};
use support::{ISSUER, SECRET, SERVICE, World, basic, claims, text};

const CLIENTS: &str = "/orgs/acme/api/v1/admin/clients";
const TOKEN: &str = "/orgs/acme/api/v1/oauth/token";

/// The bearer line of a program that may administer what its scopes say.
async fn program(world: &World, scopes: &str) -> String {
    let id = format!("client_{}", scopes.replace([' ', ':'], "_"));
    let scopes = Scopes::parse(scopes).unwrap();
    world.add_client(NewClient::service(id.as_str(), "Program", Secret::new(SECRET), scopes)).await;
    format!("Bearer {}", world.client_token(&id).await)
}

#[tokio::test]
async fn a_client_is_registered_used_changed_and_deleted() {
    for world in World::start_on_each().await {
        let bearer = program(&world, "admin").await;
        let as_admin = [("authorization", &*bearer)];
        let body = json!({
            "name": "Reports", "grantTypes": ["client_credentials"], "scopes": ["reports:read"], "isConfidential": true
        });
        let created = world.send_json("POST", CLIENTS, &as_admin, &body).await;
        assert_eq!(created.status, 201, "{created:?}");
        let data = &created.json["data"];
        let (id, secret) = (text(data, "clientId"), text(data, "secret"));
        assert!(id.starts_with("client_") && secret.len() >= 43 && data["_note"].is_string());
        assert!(data["id"].is_i64() && data["createdAt"].is_string());
        assert_eq!((&data["isPublic"], &data["requiresPkce"], &data["isActive"]), (&json!(false), &json!(false), &json!(true)));

        let use_it = async |secret: &str| {
            let form = [("grant_type", "client_credentials")];
            world.post(TOKEN, &[("authorization", &basic(&id, secret))], &form).await
        };
        let token = text(&use_it(&secret).await.json, "access_token");
        let number = data["id"].to_string();
        for key in [id.as_str(), number.as_str()] {
            let shown = world.get(&format!("{CLIENTS}/{key}"), &as_admin).await.json;
            assert_eq!(shown["data"]["scopes"], json!(["reports:read"]));
            assert!(!shown.to_string().contains(&secret) && shown["data"].get("secret").is_none());
        }
        let rotated = world.send_json("POST", &format!("{CLIENTS}/{id}/rotate-secret"), &as_admin, &json!({})).await;
        let new = text(&rotated.json["data"], "secret");
        assert_eq!(use_it(&secret).await.refusal(), (401, "invalid_client"), "the old secret is dead at once");
        assert_eq!(use_it(&new).await.status, 200);

        let patch = json!({ "name": "Better reports", "accessTokenLifetime": 300 });
        let changed = world.send_json("PATCH", &format!("{CLIENTS}/{id}"), &as_admin, &patch).await;
        assert_eq!(changed.json["data"]["name"], "Better reports");
        assert_eq!(changed.json["data"]["grantTypes"], json!(["client_credentials"]), "what is left out stays");
        assert_eq!(use_it(&new).await.json["expires_in"], 300);
        let scopes = world.send_json("PUT", &format!("{CLIENTS}/{id}/scopes"), &as_admin, &json!({ "scopes": ["a", "b"] })).await;
        assert_eq!(scopes.json["data"], json!(["a", "b"]));
        assert_eq!(world.get(&format!("{CLIENTS}/{id}/scopes"), &as_admin).await.json["pagination"]["total"], 2);

        world.send_json("POST", &format!("{CLIENTS}/{id}/disable"), &as_admin, &json!({})).await;
        assert_eq!(use_it(&new).await.refusal(), (401, "invalid_client"));
        assert_eq!(world.userinfo(&token).await.status, 401);
        world.send_json("POST", &format!("{CLIENTS}/{id}/enable"), &as_admin, &json!({})).await;
        assert_eq!(world.userinfo(&token).await.status, 200);
        let deleted = world.request("DELETE", &format!("{CLIENTS}/{id}"), &as_admin, Vec::new()).await;
        assert_eq!((deleted.status, deleted.json["message"].is_string()), (200, true));
        assert_eq!(use_it(&new).await.refusal(), (401, "invalid_client"));
        assert_eq!(world.userinfo(&token).await.status, 401);
        assert_eq!(world.get(&format!("{CLIENTS}/{id}"), &as_admin).await.refusal(), (404, "clients.not_found"));
        let names: Vec<String> = world.events().await.into_iter().map(|(name, _)| name).collect();
        for name in ["created", "updated", "secret_rotated", "scopes_changed", "disabled", "enabled", "deleted"] {
            assert!(names.contains(&format!("clients.{name}")), "{name}");
        }
    }
}

#[tokio::test]
async fn a_list_of_clients_is_a_page_and_leaves_out_the_detail() {
    for world in World::start_on_each().await {
        let bearer = program(&world, "admin:clients").await;
        let list = async |query: &str| world.get(&format!("{CLIENTS}{query}"), &[("authorization", &bearer)]).await.json;
        let page = list("?limit=2&sortBy=name&sortDir=ASC").await;
        assert_eq!((page["data"].as_array().unwrap().len(), &page["meta"]["total"]), (2, &json!(5)));
        assert_eq!(page["meta"], page["pagination"]);
        assert!(page["data"][0].get("redirectUris").is_none());
        let names = |page: &Value| -> Vec<String> {
            page["data"].as_array().unwrap().iter().map(|client| text(client, "name")).collect()
        };
        assert_eq!(names(&page), ["Browser app", "Helper"]);
        assert_eq!(names(&list("?search=SYN").await), ["Sync"]);
        assert_eq!(names(&list("?isActive=false").await), Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_not_registered() {
    let world = World::start().await;
    let bearer = program(&world, "admin").await;
    for (field, body) in [
        ("name", json!({})),
        ("redirectUris", json!({ "name": "x", "redirectUris": ["http://app.example/cb"] })),
        ("redirectUris", json!({ "name": "x", "redirectUris": ["https://*.example/cb"] })),
        ("redirectUris", json!({ "name": "x", "redirectUris": ["https://app.example/cb#f"] })),
        ("postLogoutRedirectUris", json!({ "name": "x", "postLogoutRedirectUris": ["javascript:alert(1)"] })),
        ("grantTypes", json!({ "name": "x", "grantTypes": ["password"] })),
        ("grantTypes", json!({ "name": "x", "isPublic": true, "grantTypes": ["client_credentials"] })),
        ("tokenEndpointAuthMethod", json!({ "name": "x", "isPublic": true, "tokenEndpointAuthMethod": "client_secret_basic" })),
        ("tokenEndpointAuthMethod", json!({ "name": "x", "tokenEndpointAuthMethod": "client_secret_jwt" })),
        ("jwks", json!({ "name": "x", "tokenEndpointAuthMethod": "private_key_jwt" })),
        ("jwks", json!({ "name": "x", "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } })),
        ("idTokenSignedResponseAlg", json!({ "name": "x", "idTokenSignedResponseAlg": "HS256" })),
        ("accessTokenLifetime", json!({ "name": "x", "accessTokenLifetime": 1 })),
        ("authorizationCodeLifetime", json!({ "name": "x", "authorizationCodeLifetime": 601 })),
        ("logoUri", json!({ "name": "x", "logoUri": "javascript:alert(1)" })),
        ("audienceUris", json!({ "name": "x", "audienceUris": ["https://a.example/#x"] })),
        ("redirect_uris", json!({ "name": "x", "redirect_uris": [] })),
    ] {
        let reached = world.send_json("POST", CLIENTS, &[("authorization", &bearer)], &body).await;
        assert_eq!(reached.refusal(), (400, "validation_error"), "{body}");
        assert!(reached.json["fields"].to_string().contains(&format!("\"{field}\"")), "{field}: {}", reached.json);
    }
}

#[tokio::test]
async fn attack_57_nobody_makes_or_takes_over_a_client_that_may_more_than_they() {
    let world = World::start().await;
    let user = world.user.id.clone();
    world
        .play(move |cx| {
            let user = user.clone();
            Box::pin(async move { permissions::grant(&mut cx.tx, &user, "clients.write").await.map(drop) })
        })
        .await;
    let powerful = NewClient::service("client_powerful", "Powerful", Secret::new(SECRET), Scopes::parse("admin:users").unwrap());
    world.add_client(powerful).await;
    world
        .change(store::platform_sql!(
            "UPDATE clients SET metadata = replace(metadata, 'notes:write', 'notes:write admin:clients') WHERE id = 'client_web'"
        ))
        .await;
    let token = text(&world.tokens("openid admin:clients").await, "access_token");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", &*bearer)];
    let harmless = json!({ "name": "Harmless", "grantTypes": ["client_credentials"], "scopes": ["reports:read"] });
    assert_eq!(world.send_json("POST", CLIENTS, &headers, &harmless).await.status, 201);
    let id = "client_powerful";
    for (method, path, body) in [
        ("POST", CLIENTS.to_owned(), json!({ "name": "x", "grantTypes": ["client_credentials"], "scopes": ["admin"] })),
        ("POST", format!("{CLIENTS}/{id}/rotate-secret"), json!({})),
        ("PATCH", format!("{CLIENTS}/{id}"), json!({ "scopes": [] })),
        ("PUT", format!("{CLIENTS}/{id}/scopes"), json!({ "scopes": ["reports:read"] })),
        ("PUT", format!("{CLIENTS}/{SERVICE}/scopes"), json!({ "scopes": ["admin:users"] })),
        ("PATCH", format!("{CLIENTS}/{SERVICE}"), json!({ "allowedScopes": ["admin:write"] })),
        ("DELETE", format!("{CLIENTS}/{id}"), json!({})),
    ] {
        let reached = world.send_json(method, &path, &headers, &body).await;
        assert_eq!(reached.refusal(), (403, "forbidden"), "{method} {path} {body}");
    }
}

#[tokio::test]
async fn clients_of_another_organization_are_not_there() {
    let world = World::start().await;
    let bearer = program(&world, "admin").await;
    let other = world.another_org("other").await;
    play(&world.services, &other, |cx| {
        Box::pin(async move {
            let services = cx.services().clone();
            let new = NewClient::public("client_theirs", "Theirs", Vec::new());
            op::provision::create_client(&mut cx.tx, &services, &new, cx.now).await.map(drop)
        })
    })
    .await
    .unwrap();
    for (method, tail) in [("GET", ""), ("DELETE", ""), ("POST", "/rotate-secret"), ("POST", "/disable"), ("GET", "/scopes")] {
        let path = format!("{CLIENTS}/client_theirs{tail}");
        let reached = world.send_json(method, &path, &[("authorization", &bearer)], &json!({})).await;
        assert_eq!(reached.status, 404, "{method} {tail}");
    }
}

/// A client that signs its proof, and its key.
async fn signing_client(world: &World) -> SigningKey {
    let key = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
    let mut metadata = ClientMetadata::new(ClientId::from("client_signer"));
    metadata.grant_types = vec!["client_credentials".to_owned()];
    metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    metadata.jwks = Some(json!({ "keys": [key.public()] }));
    metadata.scopes = Scopes::parse("x").unwrap();
    world.add_client(NewClient { metadata: Box::new(metadata), secret: None }).await;
    key
}

fn assertion(world: &World, key: &SigningKey, jti: &str, more: &[(&str, Value)]) -> String {
    let mut claims = json!({
        "iss": "client_signer", "sub": "client_signer", "aud": ISSUER, "jti": jti, "exp": world.now().as_secs() + 60
    });
    for (name, value) in more {
        claims[*name] = value.clone();
    }
    sign(key, "JWT", &claims).unwrap()
}

async fn with_assertion(world: &World, assertion: &str) -> support::Reached {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    world.post(TOKEN, &[], &form).await
}

#[tokio::test]
async fn attack_20_a_signed_proof_works_once() {
    for world in World::start_on_each().await {
        let key = signing_client(&world).await;
        let proof = assertion(&world, &key, "j1", &[]);
        let token = text(&with_assertion(&world, &proof).await.json, "access_token");
        assert_eq!(claims(&token)["client_id"], "client_signer");
        assert_eq!(with_assertion(&world, &proof).await.refusal(), (401, "invalid_client"));
        assert_eq!(with_assertion(&world, &assertion(&world, &key, "j2", &[])).await.status, 200);
        // An introspection reads only, and uses up its proof all the same.
        let proof = assertion(&world, &key, "j3", &[]);
        let form = [
            ("token", &*token),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &*proof),
        ];
        let path = "/orgs/acme/api/v1/oauth/introspect";
        assert_eq!(world.post(path, &[], &form).await.json["active"], true);
        assert_eq!(world.post(path, &[], &form).await.refusal(), (401, "invalid_client"));
    }
}

#[tokio::test]
async fn a_signed_proof_must_be_this_clients_for_this_server_and_fresh() {
    let world = World::start().await;
    let key = signing_client(&world).await;
    let stranger = SigningKey::generate(Algorithm::ES256, "k1").unwrap();
    let now = world.now().as_secs();
    for (key, more) in [
        (&stranger, &[][..]),
        (&key, &[("aud", json!("https://other.example"))]),
        (&key, &[("iss", json!("client_web"))]),
        (&key, &[("exp", json!(now - 60))]),
        (&key, &[("exp", json!(now + 86_400))]),
        (&key, &[("jti", json!(""))]),
    ] {
        let reached = with_assertion(&world, &assertion(&world, key, "j", more)).await;
        assert_eq!(reached.refusal(), (401, "invalid_client"), "{more:?}");
    }
    let secret = [("grant_type", "client_credentials")];
    let by_secret = world.post(TOKEN, &[("authorization", &basic("client_signer", SECRET))], &secret).await;
    assert_eq!(by_secret.refusal(), (401, "invalid_client"), "not the method it registered");
}

const KEYS: &str = "/orgs/acme/api/v1/admin/signing-keys";

#[tokio::test]
async fn keys_rotate_without_voiding_what_they_signed() {
    for world in World::start_on_each().await {
        let bearer = program(&world, "admin").await;
        let headers = [("authorization", &*bearer)];
        let token = world.client_token(SERVICE).await;
        let kid = |token: &str| jose::jws::Header::parse(token).unwrap().kid.unwrap();
        let published = async || world.get("/orgs/acme/.well-known/jwks.json", &[]).await.json["keys"].as_array().unwrap().len();
        let rotate = async || world.send_json("POST", &format!("{KEYS}/rotate"), &headers, &json!({})).await.json;

        rotate().await;
        assert_eq!(published().await, 16, "the next keys are shown: RSA for six algorithms, P-256 and P-384 for one each");
        rotate().await;
        assert_eq!(kid(&world.client_token(SERVICE).await), kid(&token), "but not used before everybody can know them");
        world.advance(3600);
        let bearer = format!("Bearer {}", world.client_token("client_admin").await);
        let headers = [("authorization", &*bearer)];
        let token = world.client_token(SERVICE).await;
        let rotated = world.send_json("POST", &format!("{KEYS}/rotate"), &headers, &json!({})).await.json;
        let count = |state: &str| rotated["data"].as_array().unwrap().iter().filter(|key| key["state"] == state).count();
        assert_eq!((count("active"), count("retired"), count("next")), (3, 3, 0));
        assert_ne!(kid(&world.client_token(SERVICE).await), kid(&token));
        assert_eq!(world.userinfo(&token).await.status, 200);
        assert_eq!(published().await, 16);
        assert!(!world.get(KEYS, &headers).await.json.to_string().contains("sealed"));
    }
}

#[tokio::test]
async fn compromised_keys_are_gone_with_everything_they_signed() {
    let world = World::start().await;
    let bearer = program(&world, "admin").await;
    let token = world.client_token(SERVICE).await;
    assert_eq!(world.userinfo(&token).await.status, 200, "its signature is known to be good");
    let body = json!({ "compromised": true });
    let replaced = world.send_json("POST", &format!("{KEYS}/rotate"), &[("authorization", &bearer)], &body).await;
    assert_eq!(replaced.status, 200, "{replaced:?}");
    assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"));
    assert_eq!(world.userinfo(&world.client_token(SERVICE).await).await.status, 200);
    assert_eq!(world.count_events("keys.replaced").await, 1);
}
