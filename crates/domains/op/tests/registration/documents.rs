//! What is registered: documents, statements about software, and what lies elsewhere.

use super::{REGISTER, manage, open_world, plain, program, register, set_policy, with};
use crate::support::{WEB, World, text};
use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use serde_json::json;
use store::platform_sql;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

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
    let path = format!("{clients}/{WEB}");
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
