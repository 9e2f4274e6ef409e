//! Discovery, client credentials, introspection and userinfo of programs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use kernel::{Scopes, Secret};
use op::provision::NewClient;
use serde_json::json;
use support::{AGENT, ISSUER, SECRET, SERVICE, SPA, WEB, World, basic, claims, text};

const TOKEN: &str = "/orgs/acme/api/v1/oauth/token";

#[tokio::test]
async fn a_service_gets_a_token_that_says_what_it_is() {
    let world = World::start().await;
    let before = world.events().await.len();
    let reached = world.token(SERVICE, &[("grant_type", "client_credentials")]).await;
    assert_eq!(reached.status, 200, "{reached:?}");
    assert_eq!(reached.header("cache-control"), Some("no-store"));
    assert_eq!(reached.json["token_type"], "Bearer");
    assert_eq!(reached.json["expires_in"], 3600);
    assert_eq!(reached.json["scope"], "reports:read reports:write");
    assert!(reached.json.get("refresh_token").is_none() && reached.json.get("id_token").is_none());
    let token = text(&reached.json, "access_token");
    let said = claims(&token);
    assert_eq!((&said["iss"], &said["sub"], &said["aud"]), (&json!(ISSUER), &json!(SERVICE), &json!(SERVICE)));
    let header = jose::jws::Header::parse(&token).unwrap();
    assert_eq!((header.algorithm.name(), header.typ.as_deref()), ("ES256", Some("at+jwt")));
    let events = world.events().await;
    assert_eq!(events.len(), before + 1, "one event and nothing more");
    let (name, leaf) = &events[before];
    assert_eq!(name, "tokens.issued");
    let leaf = leaf.to_string();
    for part in [SERVICE, "client_credentials", said["jti"].as_str().unwrap(), "reports:read reports:write"] {
        assert!(leaf.contains(part), "{part} in {leaf}");
    }
    assert!(!leaf.contains(&token) && !leaf.contains(SECRET));
}

#[tokio::test]
async fn a_token_request_may_be_json_and_authenticate_in_the_body() {
    let world = World::start().await;
    let body = json!({ "grant_type": "client_credentials", "client_id": SERVICE, "client_secret": SECRET });
    assert_eq!(world.send_json("POST", TOKEN, &[], &body).await.status, 200);
    let form = [("grant_type", "client_credentials"), ("client_id", SERVICE), ("client_secret", SECRET)];
    assert_eq!(world.post(TOKEN, &[], &form).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_and_who_failed_to_authenticate_learns_nothing() {
    let world = World::start().await;
    let good = basic(SERVICE, SECRET);
    let grant = ("grant_type", "client_credentials");
    let huge = format!("Basic {}", "a".repeat(1 << 20));
    for (authorization, form, refusal) in [
        (Some(&*good), &[][..], (400, "invalid_request")),
        (Some(&good), &[("grant_type", "password")], (400, "unsupported_grant_type")),
        (Some(&good), &[grant, ("scope", "admin")], (400, "invalid_scope")),
        (Some(&good), &[grant, ("resource", "https://evil.example")], (400, "invalid_target")),
        (Some(&good), &[grant, ("client_secret", SECRET)], (400, "invalid_request")),
        (Some(&good), &[grant, grant], (400, "invalid_request")),
        (Some(&good), &[grant, ("client_id", WEB)], (401, "invalid_client")),
        (Some(&basic(SERVICE, "wrong")), &[grant], (401, "invalid_client")),
        (Some(&basic(SERVICE, "")), &[grant], (401, "invalid_client")),
        (Some(&basic("client_nobody", SECRET)), &[grant], (401, "invalid_client")),
        (Some("Basic ???"), &[grant], (401, "invalid_client")),
        (Some(&huge), &[grant], (401, "invalid_client")),
        (None, &[grant], (400, "invalid_request")),
        (None, &[grant, ("client_id", SERVICE)], (401, "invalid_client")),
        (None, &[grant, ("client_id", SPA)], (400, "unauthorized_client")),
        (Some(&basic(WEB, SECRET)), &[grant], (400, "unauthorized_client")),
    ] {
        let headers: Vec<(&str, &str)> = authorization.iter().map(|value| ("authorization", *value)).collect();
        let reached = world.post(TOKEN, &headers, form).await;
        assert_eq!(reached.refusal(), refusal, "{form:?} {reached:?}");
    }
    let twice = [("authorization", &*good), ("authorization", &*good)];
    assert_eq!(world.post(TOKEN, &twice, &[grant]).await.refusal(), (400, "invalid_request"));
}

#[tokio::test]
async fn every_failure_to_authenticate_looks_the_same() {
    let world = World::start().await;
    let mut shown = Vec::new();
    for (client, secret) in [(SERVICE, "wrong"), ("client_nobody", SECRET), ("agt_nobody", SECRET), (SPA, SECRET)] {
        let reached = world.post(TOKEN, &[("authorization", &basic(client, secret))], &[("grant_type", "x")]).await;
        // The part in brackets is for the operator alone.
        shown.push(reached.html.split(" (").next().unwrap().to_owned());
    }
    shown.dedup();
    assert_eq!(shown, ["Unauthenticated invalid_client: Client authentication failed."]);
}

#[tokio::test]
async fn an_agent_authenticates_by_either_of_its_ids_and_may_ask_again_for_what_it_got() {
    let world = World::start().await;
    for id in ["agt_helper", AGENT] {
        let reached = world.token(id, &[("grant_type", "client_credentials")]).await;
        assert_eq!(reached.json["scope"], "calendar:read", "{reached:?}");
        let again = [("grant_type", "client_credentials"), ("scope", "calendar:read")];
        assert_eq!(world.token(id, &again).await.status, 200);
        let info = world.userinfo(&text(&reached.json, "access_token")).await.json;
        assert_eq!(info["sub"], "agent_agt_helper");
        assert_eq!(info["identity_type"], "agent");
        assert_eq!(info["agent_id"], "agt_helper");
        assert_eq!(info["capabilities"], json!(["calendar:read"]));
        assert_eq!(info["budget_policy"]["max_tokens_per_day"], 10);
        assert_eq!(world.introspect(&text(&reached.json, "access_token")).await["sub"], "agent_agt_helper");
    }
}

#[tokio::test]
async fn a_suspended_agent_is_dead_at_once() {
    let world = World::start().await;
    let token = world.client_token("agt_helper").await;
    world.change(store::platform_sql!("UPDATE agents SET status = 'suspended'")).await;
    assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"));
    assert_eq!(world.introspect(&token).await, json!({ "active": false }));
    assert_eq!(world.token("agt_helper", &[("grant_type", "client_credentials")]).await.refusal(), (401, "invalid_client"));
}

#[tokio::test]
async fn a_service_learns_who_it_is() {
    let world = World::start().await;
    let info = world.userinfo(&world.client_token(SERVICE).await).await.json;
    assert_eq!(info["sub"], format!("client_{SERVICE}"));
    assert_eq!((&info["identity_type"], &info["tenant"]), (&json!("client"), &json!("acme")));
}

#[tokio::test]
async fn a_token_is_described_until_it_is_revoked_or_ends() {
    let world = World::start().await;
    let token = world.client_token(SERVICE).await;
    let described = world.introspect(&token).await;
    assert_eq!(described["active"], true);
    assert_eq!((&described["iss"], &described["client_id"]), (&json!(ISSUER), &json!(SERVICE)));
    assert_eq!(described["scope"], "reports:read reports:write");
    assert_eq!(described["jti"], claims(&token)["jti"]);
    assert_eq!(world.revoke(WEB, &token).await.json, json!({}), "not WEB's token: nothing happens");
    assert_eq!(world.introspect(&token).await["active"], true);
    assert_eq!(world.revoke(SERVICE, &token).await.json, json!({}));
    assert_eq!(world.introspect(&token).await, json!({ "active": false }));
    assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"));
    assert_eq!(world.revoke(SERVICE, &token).await.status, 200);
    assert_eq!(world.revoke(SERVICE, "unknown").await.json, json!({}));

    let other = world.client_token(SERVICE).await;
    world.advance(3599);
    assert_eq!(world.introspect(&other).await["active"], true);
    world.advance(1);
    assert_eq!(world.introspect(&other).await, json!({ "active": false }));
    assert_eq!(world.userinfo(&other).await.refusal(), (401, "invalid_token"));
}

#[tokio::test]
async fn revocation_refuses_what_it_cannot_understand() {
    let world = World::start().await;
    let path = "/orgs/acme/api/v1/oauth/revoke";
    let good = basic(SERVICE, SECRET);
    let refusal = |form: &'static [(&str, &str)]| {
        let (world, good) = (&world, good.clone());
        async move { world.post(path, &[("authorization", &good)], form).await.code }
    };
    assert_eq!(refusal(&[("token", "x"), ("token_type_hint", "saml")]).await, "unsupported_token_type");
    assert_eq!(refusal(&[]).await, "invalid_request");
    let public = world.post(path, &[], &[("token", "x"), ("client_id", SPA)]).await;
    assert_eq!(public.status, 200);
}

#[tokio::test]
async fn introspection_is_for_clients_that_prove_who_they_are() {
    let world = World::start().await;
    let path = "/orgs/acme/api/v1/oauth/introspect";
    let public = world.post(path, &[], &[("token", "x"), ("client_id", SPA)]).await;
    assert_eq!(public.refusal(), (401, "invalid_client"));
    let wrong = world.post(path, &[("authorization", &basic(WEB, "wrong"))], &[("token", "x")]).await;
    assert_eq!(wrong.refusal(), (401, "invalid_client"));
    let nobody = world.post(path, &[], &[("token", "x")]).await;
    assert_eq!(nobody.refusal(), (401, "invalid_client"), "RFC 7662 §2.3");
    let bearer = world.post(path, &[("authorization", "Bearer x")], &[("token", "x")]).await;
    assert!([400, 401].contains(&bearer.status), "{bearer:?}");
    let unnamed = world.post("/orgs/acme/api/v1/oauth/token", &[], &[("grant_type", "client_credentials")]).await;
    assert_eq!(unnamed.refusal(), (400, "invalid_request"), "the token endpoint says what it lacks");
    assert_eq!(world.introspect("anything").await, json!({ "active": false }));
}

#[tokio::test]
async fn a_client_that_is_switched_off_takes_its_tokens_with_it() {
    let world = World::start().await;
    let token = world.client_token(SERVICE).await;
    assert_eq!(world.userinfo(&token).await.status, 200);
    world.change(store::platform_sql!("UPDATE clients SET is_active = 0 WHERE id = 'client_service'")).await;
    assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"));
    assert_eq!(world.token(SERVICE, &[("grant_type", "client_credentials")]).await.refusal(), (401, "invalid_client"));
}

#[tokio::test]
async fn attack_25_a_token_of_one_organization_proves_nothing_at_another_though_they_share_a_key() {
    let world = World::start().await;
    let token = world.client_token(SERVICE).await;
    assert_eq!(world.userinfo(&token).await.status, 200, "the signature is now known to be good");
    world.another_org("other").await;
    let bearer = format!("Bearer {token}");
    let reached = world.get("/orgs/other/api/v1/oauth/userinfo", &[("authorization", &bearer)]).await;
    assert_eq!(reached.refusal(), (401, "invalid_token"));
    let reached = world.get("/orgs/other/api/v1/admin/clients", &[("authorization", &bearer)]).await;
    assert_eq!(reached.refusal(), (401, "invalid_token"));
}

#[tokio::test]
async fn a_token_with_another_signature_or_form_is_refused() {
    let world = World::start().await;
    let token = world.client_token(SERVICE).await;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let none = jose::encoding::base64url(r#"{"alg":"none","typ":"at+jwt"}"#);
    let flipped = if signature.starts_with('A') { signature.replacen('A', "B", 1) } else { format!("A{}", &signature[1..]) };
    for bad in [
        format!("{signed}."),
        format!("{none}.{payload}."),
        format!("{header}.{payload}.{flipped}"),
        format!("{header}.{}.{signature}", jose::encoding::base64url(r#"{"sub":"x"}"#)),
        "oat_AAAA".to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(world.userinfo(&bad).await.refusal(), (401, "invalid_token"), "{bad}");
    }
    let path = "/orgs/acme/api/v1/oauth/userinfo";
    assert_eq!(world.get(path, &[]).await.refusal(), (401, "unauthorized"));
    assert_eq!(world.get(path, &[("x-api-key", "lmk_x.y")]).await.refusal(), (401, "unauthorized"));
    assert_eq!(world.get(&format!("{path}?access_token={token}"), &[]).await.refusal(), (401, "unauthorized"));
}

#[tokio::test]
async fn an_opaque_token_is_as_good_as_a_signed_one() {
    let world = World::start().await;
    world.change(store::platform_sql!(
        "UPDATE clients SET metadata = replace(metadata, '\"access_token_format\":\"jwt\"', '\"access_token_format\":\"opaque\"') WHERE id = 'client_service'"
    ))
    .await;
    let token = world.client_token(SERVICE).await;
    assert!(token.starts_with("oat_") && !token.contains('.'));
    assert_eq!(world.userinfo(&token).await.status, 200);
    assert_eq!(world.introspect(&token).await["client_id"], SERVICE);
    world.another_org("other").await;
    let reached = world.get("/orgs/other/api/v1/oauth/userinfo", &[("authorization", &format!("Bearer {token}"))]).await;
    assert_eq!(reached.refusal(), (401, "invalid_token"));
    world.revoke(SERVICE, &token).await;
    assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"));
}

#[tokio::test]
async fn discovery_is_found_in_every_place_and_promises_what_is_there() {
    let world = World::start().await;
    let mut documents = Vec::new();
    for path in [
        "/orgs/acme/.well-known/openid-configuration",
        "/orgs/acme/api/v1/.well-known/openid-configuration",
        "/.well-known/openid-configuration/orgs/acme",
    ] {
        let reached = world.get(path, &[]).await;
        assert_eq!(reached.header("cache-control"), Some("public, max-age=3600"));
        documents.push(reached.json);
    }
    documents.dedup();
    assert_eq!(documents.len(), 1);
    let document = &documents[0];
    assert_eq!(document["issuer"], ISSUER);
    assert!(document.as_object().unwrap().values().all(|value| !value.is_null()));
    assert!(document["id_token_signing_alg_values_supported"].as_array().unwrap().contains(&json!("RS256")));
    for name in ["authorization", "token", "userinfo", "introspection", "revocation", "end_session"] {
        let url = document[format!("{name}_endpoint")].as_str().unwrap();
        assert!(url.starts_with(&format!("{ISSUER}/api/v1/oauth/")), "{url}");
    }
    for path in ["/orgs/acme/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/orgs/acme"] {
        assert_eq!(world.get(path, &[]).await.json["token_endpoint"], document["token_endpoint"]);
    }
    let jwks = world.get(document["jwks_uri"].as_str().unwrap(), &[]).await.json;
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 8);
    assert!(keys.iter().all(|key| ["RSA", "EC"].contains(&key["kty"].as_str().unwrap()) && key["kid"].is_string()));
    assert!(keys.iter().all(|key| key.get("d").is_none()));
    assert_eq!(world.get("/orgs/nobody/.well-known/jwks.json", &[]).await.status, 404);
}

#[tokio::test]
async fn a_token_for_other_resource_servers_opens_nothing_here() {
    const OTHER: &str = "https://notes.example/api";
    const POLICY: &str = "/orgs/acme/api/v1/admin/settings/client-registration";
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
