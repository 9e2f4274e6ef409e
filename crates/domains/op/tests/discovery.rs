//! What clients find out before they know anything.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use support::{ISSUER, World, text};

const OPENID: [&str; 3] = [
    "/orgs/acme/.well-known/openid-configuration",
    "/orgs/acme/api/v1/.well-known/openid-configuration",
    "/.well-known/openid-configuration/orgs/acme",
];
const OAUTH: [&str; 3] = [
    "/orgs/acme/.well-known/oauth-authorization-server",
    "/orgs/acme/api/v1/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/orgs/acme",
];
const KEYS: [&str; 2] = ["/orgs/acme/.well-known/jwks.json", "/orgs/acme/api/v1/.well-known/jwks.json"];

#[tokio::test]
async fn each_document_is_the_same_in_all_its_places_and_may_be_kept_for_an_hour() {
    let world = World::start().await;
    for places in [&OPENID[..], &OAUTH, &KEYS] {
        let first = world.get(places[0], &[]).await;
        for place in places {
            let reached = world.get(place, &[]).await;
            assert_eq!((reached.status, reached.header("cache-control")), (200, Some("public, max-age=3600")), "{place}");
            assert_eq!(reached.json, first.json, "{place}");
        }
    }
}

#[tokio::test]
async fn an_organization_that_is_not_there_has_no_documents() {
    let world = World::start().await;
    for place in OPENID.iter().chain(&OAUTH).chain(&KEYS) {
        let reached = world.get(&place.replace("acme", "globex"), &[]).await;
        assert_eq!(reached.refusal(), (404, "organizations.not_found"), "{place}");
    }
}

#[tokio::test]
async fn the_documents_promise_only_what_is_there() {
    let world = World::start().await;
    for place in [OPENID[0], OAUTH[0]] {
        let document = world.get(place, &[]).await.json;
        assert_eq!(document["issuer"], ISSUER);
        for (name, value) in document.as_object().unwrap() {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                let path = value.as_str().unwrap().strip_prefix("https://id.example.com").unwrap();
                let posted = [
                    "token_endpoint",
                    "introspection_endpoint",
                    "revocation_endpoint",
                    "pushed_authorization_request_endpoint",
                    "device_authorization_endpoint",
                    "backchannel_authentication_endpoint",
                ];
                let is_posted = posted.contains(&name.as_str());
                let reached = if is_posted { world.post(path, &[], &[]).await } else { world.get(path, &[]).await };
                assert_ne!(reached.status, 404, "{name}: {reached:?}");
            }
        }
    }
    let document = world.get(OPENID[0], &[]).await.json;
    assert_eq!(document["acr_values_supported"], serde_json::json!(["urn:lumoauth:acr:1fa"]));
}

#[tokio::test]
async fn published_keys_verify_and_are_of_the_kinds_that_clients_in_use_understand() {
    let world = World::start().await;
    let set = world.get(KEYS[0], &[]).await.json;
    let keys = set["keys"].as_array().unwrap();
    for key in keys {
        assert!(["RSA", "EC"].contains(&&*text(key, "kty")), "{key}");
        assert!(!text(key, "kid").is_empty());
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
    let parsed = jose::jwks::Jwks::from_value(&set).unwrap();
    let token = world.client_token(support::SERVICE).await;
    let issuer = oauth::Issuer::of_org("https://id.example.com", "acme");
    assert!(oauth::access_token::verify(&token, &parsed, &issuer, world.now()).is_ok());
    let other = world.another_org("globex").await;
    assert_eq!(world.get(&KEYS[0].replace("acme", other.slug()), &[]).await.status, 200);
}
