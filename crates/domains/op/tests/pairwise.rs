//! Clients that know people by identifiers of their sector.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use kernel::Secret;
use oauth::client::{AccessTokenFormat, SubjectType};
use op::provision::NewClient;
use serde_json::Value;
use support::{SECRET, VERIFIER, WEB, World, basic, claims, param, text};

async fn pairwise() -> World {
    let world = World::start().await;
    make_pairwise(&world).await;
    world
}

async fn make_pairwise(world: &World) {
    world.change_client(WEB, |client| client.subject_type = SubjectType::Pairwise).await;
}

/// Another client, which has a host of its own.
async fn another(world: &World, id: &'static str, host: &str, subject_type: SubjectType) {
    let mut new = NewClient::web(id, "Other", Secret::new(SECRET), vec![format!("https://{host}/cb")]);
    new.metadata.subject_type = subject_type;
    world.add_client(new).await;
}

async fn tokens_of(world: &World, client: &str, host: &str) -> Value {
    let (cookie, callback) = (world.sign_in(&world.user).await, format!("https://{host}/cb"));
    let code = world.code(&cookie, &[("client_id", client), ("redirect_uri", &callback), ("scope", "openid")]).await;
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", &callback), ("code_verifier", VERIFIER)];
    world.token(client, &form).await.json
}

#[tokio::test]
async fn every_sub_a_pairwise_client_meets_is_the_same_and_none_is_the_persons_id() {
    for world in World::start_on_each().await {
        make_pairwise(&world).await;
        let id = world.user.id.as_str();
        for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
            world.change_client(WEB, move |client| client.access_token_format = format).await;
            let tokens = world.tokens("openid profile phone offline_access").await;
            let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
            let sub = text(&claims(&text(&tokens, "id_token")), "sub");
            assert!(sub.len() == 43 && sub != id);
            let told = world.userinfo(&access).await.json;
            let mut met = vec![told.clone(), world.introspect(&access).await, world.introspect(&refresh).await];
            if format == AccessTokenFormat::Jwt {
                met.push(claims(&access));
            }
            let refreshed = world.refresh(&refresh).await.json;
            met.push(claims(&text(&refreshed, "id_token")));
            for claims in met {
                assert_eq!(text(&claims, "sub"), sub, "{claims}");
                assert!(!claims.to_string().contains(id) && !claims.to_string().contains("mia@example.com"), "{claims}");
            }
            assert!(told.get("email").is_none());
        }
    }
}

#[tokio::test]
async fn the_log_knows_the_person_whatever_a_client_calls_them() {
    let world = pairwise().await;
    world.tokens("openid").await;
    let events = world.events().await;
    let (_, issued) = events.iter().find(|(name, _)| name == "tokens.issued").unwrap();
    assert!(issued.to_string().contains(world.user.id.as_str()), "{issued}");
}

#[tokio::test]
async fn a_sector_has_one_sub_for_a_person_and_other_sectors_and_organizations_have_others() {
    let world = pairwise().await;
    another(&world, "client_twin", "app.example", SubjectType::Pairwise).await;
    another(&world, "client_stranger", "stranger.example", SubjectType::Pairwise).await;
    another(&world, "client_public", "public.example", SubjectType::Public).await;
    let sub = |tokens: &Value| text(&claims(&text(tokens, "id_token")), "sub");
    let own = sub(&world.tokens("openid").await);
    assert_eq!(sub(&tokens_of(&world, "client_twin", "app.example").await), own);
    assert_ne!(sub(&tokens_of(&world, "client_stranger", "stranger.example").await), own);
    assert_eq!(sub(&tokens_of(&world, "client_public", "public.example").await), world.user.id.as_str());
    assert_eq!(world.count_events("subjects.salted").await, 1, "one salt serves the organization");
}

#[tokio::test]
async fn hints_and_named_subjects_speak_the_clients_own_language() {
    let world = pairwise().await;
    another(&world, "client_public", "public.example", SubjectType::Public).await;
    let cookie = world.sign_in(&world.user).await;
    world.code(&cookie, &[("scope", "openid")]).await;
    let own = world.tokens("openid").await;
    let foreign = tokens_of(&world, "client_public", "public.example").await;
    let sub = text(&claims(&text(&own, "id_token")), "sub");
    let named = |sub: &str| format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    for (name, value, is_accepted) in [
        ("id_token_hint", text(&own, "id_token"), true),
        ("claims", named(&sub), true),
        // What another client calls the person means nothing here, or two clients could find out that they know the same one.
        ("id_token_hint", text(&foreign, "id_token"), false),
        ("claims", named(world.user.id.as_str()), false),
    ] {
        let reached = world.authorize(&cookie, &[("scope", "openid"), ("prompt", "none"), (name, &value)]).await;
        let error = param(&reached.location(), "error");
        assert_eq!(error.as_deref(), if is_accepted { None } else { Some("login_required") }, "{name} {value}");
    }
}

#[tokio::test]
async fn a_pairwise_hint_signs_its_person_out_without_a_question() {
    let world = pairwise().await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid")]).await;
    let hint = text(&world.redeem(&code).await.json, "id_token");
    let path = format!("/orgs/acme/api/v1/oauth/logout?id_token_hint={hint}");
    let reached = world.get(&path, &[("cookie", &cookie)]).await;
    assert!(!reached.html.contains("name=\"csrf\""), "nobody is asked: {reached:?}");
    let silent = world.authorize(&cookie, &[("scope", "openid"), ("prompt", "none")]).await;
    assert_eq!(param(&silent.location(), "error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_resource_server_is_told_of_the_address_only_within_the_scope_email() {
    let world = pairwise().await;
    let headers = [("authorization", &*basic(support::SERVICE, SECRET))];
    for (scope, username) in [("openid", None), ("openid email", Some("mia@example.com"))] {
        let token = text(&world.tokens(scope).await, "access_token");
        let described = world.post("/orgs/acme/api/v1/oauth/introspect", &headers, &[("token", &token)]).await.json;
        assert_eq!(described["username"].as_str(), username, "{scope}");
        assert_eq!(described["sub"], claims(&token)["sub"]);
    }
}
