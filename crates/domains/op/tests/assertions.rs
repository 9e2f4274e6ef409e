//! What other issuers say about people, and what is said of them elsewhere (RFC 7523 §2.1, ID-JAG).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use flow::testing::play;
use identity::users::{Email, NewUser, insert_user};
use jose::alg::Algorithm;
use jose::jws::sign;
use jose::key::SigningKey;
use kernel::{Scopes, Secret};
use oauth::id_jag;
use oauth::jwt_bearer::GRANT_TYPE;
use op::provision::{NewClient, create_client};
use serde_json::{Value, json};
use store::{Platform, args, platform_sql};
use support::{BASE, ISSUER, Reached, SECRET, WEB, World, basic, claims, text};

const IDP: &str = "https://idp.example";
const NOTES: &str = "https://notes.example/api";
const OTHER: &str = "https://id.example.com/orgs/globex";

/// Settings of an organization, as JSON.
async fn set(world: &World, slug: &'static str, settings: &Value) {
    let settings = settings.to_string();
    let work = move |mut tx: store::Tx<Platform, store::Writes>| {
        let settings = settings.clone();
        async move {
            let sql = platform_sql!("UPDATE organizations SET settings = :settings WHERE slug = :slug");
            let changed = tx.execute(sql, args! { settings: settings, slug: slug }).await;
            tx.touch(store::Topic::Everything);
            (tx, store::Decision::KeepUnrecorded(changed, "a test"))
        }
    };
    assert_eq!(world.services.store.write(Platform, work).await.unwrap().unwrap(), 1);
}

fn issuer(key: &SigningKey, more: &Value) -> Value {
    let mut issuer = json!({ "issuer": IDP, "jwks": { "keys": [key.public()] }, "scopes": ["notes:write"] });
    issuer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    issuer
}

/// A client that brings assertions.
fn bearer() -> NewClient {
    let scopes = Scopes::parse("openid email notes:write").unwrap();
    let mut client = NewClient::service("client_bearer", "Bearer", Secret::new(SECRET), scopes);
    client.metadata.grant_types = vec![GRANT_TYPE.to_owned()];
    client.metadata.audience_uris = vec![NOTES.to_owned()];
    client
}

async fn scene(world: &World, more: &Value) -> SigningKey {
    let key = SigningKey::generate(Algorithm::ES256, "idp-1").unwrap();
    set(world, "acme", &json!({ "oauth": { "assertion_issuers": [issuer(&key, more)] } })).await;
    world.add_client(bearer()).await;
    key
}

fn assertion(world: &World, jti: &str) -> Value {
    let now = world.now().as_secs();
    json!({ "iss": IDP, "sub": world.user.id.as_str(), "aud": ISSUER, "jti": jti, "iat": now, "exp": now + 300 })
}

async fn bring(world: &World, assertion: &str, more: &[(&str, &str)]) -> Reached {
    let form = [&[("grant_type", GRANT_TYPE), ("assertion", assertion)], more].concat();
    world.token("client_bearer", &form).await
}

#[tokio::test]
async fn what_a_trusted_issuer_says_is_a_grant_once() {
    for world in World::start_on_each().await {
        let key = scene(&world, &json!({})).await;
        let token = sign(&key, "JWT", &assertion(&world, "j1")).unwrap();
        let reached = bring(&world, &token, &[("resource", NOTES), ("scope", "email notes:write")]).await;
        assert_eq!(reached.status, 200, "{reached:?}");
        assert!(reached.json.get("refresh_token").is_none() && reached.json.get("issued_token_type").is_none());
        let access = text(&reached.json, "access_token");
        let said = claims(&access);
        assert_eq!((&said["sub"], &said["aud"]), (&json!(world.user.id.as_str()), &json!(NOTES)));
        assert_eq!((&said["client_id"], said.get("sid")), (&json!("client_bearer"), None));
        let (name, leaf) = world.events().await.pop().unwrap();
        assert_eq!(name, "tokens.asserted");
        for part in [IDP, "j1", said["jti"].as_str().unwrap()] {
            assert!(leaf.to_string().contains(part), "{part}");
        }
        let again = bring(&world, &token, &[]).await;
        assert_eq!(again.refusal(), (400, "invalid_grant"), "attack 20: each counts once");
        assert_eq!(world.introspect(&access).await["active"], true);
        world.change(platform_sql!("UPDATE users SET is_blocked = 1")).await;
        assert_eq!(world.introspect(&access).await["active"], false);
        let of_blocked = sign(&key, "JWT", &assertion(&world, "j2")).unwrap();
        assert_eq!(bring(&world, &of_blocked, &[]).await.refusal(), (400, "invalid_grant"), "attack 27");
    }
}

#[tokio::test]
async fn one_assertion_brought_many_times_at_once_counts_once() {
    for world in World::start_on_each().await {
        let key = scene(&world, &json!({})).await;
        let token = sign(&key, "JWT", &assertion(&world, "j1")).unwrap();
        let (a, b, c, d) = tokio::join!(
            bring(&world, &token, &[]),
            bring(&world, &token, &[]),
            bring(&world, &token, &[]),
            bring(&world, &token, &[])
        );
        let successes = [a, b, c, d].iter().filter(|reached| reached.status == 200).count();
        assert_eq!(successes, 1);
    }
}

#[tokio::test]
async fn people_are_found_by_their_address_where_the_issuer_is_set_up_so() {
    let world = World::start().await;
    let key = scene(&world, &json!({ "subject": "email" })).await;
    let mut said = assertion(&world, "j1");
    said["sub"] = json!("whatever they call her");
    let nobody = sign(&key, "JWT", &said).unwrap();
    assert_eq!(bring(&world, &nobody, &[]).await.refusal(), (400, "invalid_grant"), "no address");
    (said["email"], said["email_verified"], said["jti"]) = (json!("Mia@Example.com"), json!(true), json!("j2"));
    world.change(platform_sql!("UPDATE users SET email_verified = 1")).await;
    let reached = bring(&world, &sign(&key, "JWT", &said).unwrap(), &[]).await;
    assert_eq!(claims(&text(&reached.json, "access_token"))["sub"], world.user.id.as_str());
}

#[tokio::test]
async fn attack_45_people_are_not_found_by_an_address_that_either_side_has_not_verified() {
    for world in World::start_on_each().await {
        let key = scene(&world, &json!({ "subject": "email" })).await;
        let mut said = assertion(&world, "j0");
        said["email"] = json!("mia@example.com");
        for (at, (there, here)) in
            [(json!(null), 1), (json!(false), 1), (json!("true"), 1), (json!(true), 0)].into_iter().enumerate()
        {
            let sql = if here == 1 {
                platform_sql!("UPDATE users SET email_verified = 1")
            } else {
                platform_sql!("UPDATE users SET email_verified = 0")
            };
            world.change(sql).await;
            (said["email_verified"], said["jti"]) = (there.clone(), json!(format!("j{at}")));
            let reached = bring(&world, &sign(&key, "JWT", &said).unwrap(), &[]).await;
            assert_eq!(reached.refusal(), (400, "invalid_grant"), "{there} {here}");
        }
    }
}

#[tokio::test]
async fn attack_27_whoever_is_not_trusted_registered_or_switched_on_is_refused() {
    let world = World::start().await;
    let key = scene(&world, &json!({ "clients": ["client_bearer"], "algorithms": ["ES256"] })).await;
    let good = |jti: &str| sign(&key, "JWT", &assertion(&world, jti)).unwrap();
    let stranger = SigningKey::generate(Algorithm::ES256, "idp-1").unwrap();
    let forged = sign(&stranger, "JWT", &assertion(&world, "f")).unwrap();
    let jag = sign(&key, id_jag::TYP, &assertion(&world, "g")).unwrap();
    let elsewhere = {
        let mut said = assertion(&world, "e");
        said["iss"] = json!("https://evil.example");
        sign(&key, "JWT", &said).unwrap()
    };
    for (token, what) in
        [(&*forged, "another key"), (&jag, "an ID-JAG where those are off"), (&elsewhere, "a stranger"), ("x", "garbage")]
    {
        assert_eq!(bring(&world, token, &[]).await.refusal(), (400, "invalid_grant"), "{what}");
    }
    assert_eq!(bring(&world, &good("1"), &[("scope", "admin")]).await.refusal(), (400, "invalid_scope"));
    assert_eq!(bring(&world, &good("2"), &[("resource", "https://evil.example")]).await.refusal(), (400, "invalid_target"));
    assert_eq!(bring(&world, &good("2"), &[]).await.refusal(), (400, "invalid_grant"), "used up by the request that failed");
    assert_eq!(world.token("client_bearer", &[("grant_type", GRANT_TYPE)]).await.refusal(), (400, "invalid_request"));
    let token = good("3");
    let form = [("grant_type", GRANT_TYPE), ("assertion", &*token)];
    assert_eq!(world.token(WEB, &form).await.refusal(), (400, "unauthorized_client"));
    assert_eq!(world.post("/orgs/acme/api/v1/oauth/token", &[], &form).await.status, 400, "without client authentication");
    set(&world, "acme", &json!({ "oauth": { "assertion_issuers": [issuer(&key, &json!({ "clients": ["another"] }))] } })).await;
    assert_eq!(bring(&world, &good("4"), &[]).await.refusal(), (400, "invalid_grant"), "another client's issuer");
    set(&world, "acme", &json!({})).await;
    assert_eq!(bring(&world, &good("5"), &[]).await.refusal(), (400, "invalid_grant"), "no longer trusted");
}

async fn discovery(world: &World, slug: &str) -> Value {
    world.get(&format!("/orgs/{slug}/api/v1/.well-known/oauth-authorization-server"), &[]).await.json
}

#[tokio::test]
async fn somebody_signed_in_at_one_organization_is_vouched_for_at_another() {
    for world in World::start_on_each().await {
        let other = world.another_org("globex").await;
        play(&world.services, &other, |cx| {
            Box::pin(async move {
                let services = cx.services().clone();
                let mia = NewUser { email_verified: true, ..NewUser::with_email(Email::parse("mia@example.com").unwrap()) };
                insert_user(&mut cx.tx, mia, cx.now, &*services.rng).await?;
                create_client(&mut cx.tx, &services, &bearer(), cx.now).await.map(drop)
            })
        })
        .await
        .unwrap();
        for slug in ["acme", "globex"] {
            let said = discovery(&world, slug).await;
            assert!(said.get("authorization_grant_profiles_supported").is_none());
            assert!(!said["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT_TYPE)), "off unless set");
        }
        let keys = world.get("/orgs/acme/api/v1/.well-known/jwks.json", &[]).await.json;
        let audience = json!({ "audience": OTHER, "scopes": ["notes:write"], "clients": { WEB: "client_bearer" } });
        let acme = json!({ "authentication": { "xaa_idp_enabled": true }, "oauth": { "identity_audiences": [audience] } });
        set(&world, "acme", &acme).await;
        let issuer = json!({
            "issuer": ISSUER, "jwks": keys, "assertions": false, "identity_assertions": true, "subject": "email", "scopes": ["notes:write"]
        });
        let globex = json!({ "authentication": { "xaa_resource_enabled": true }, "oauth": { "assertion_issuers": [issuer] } });
        set(&world, "globex", &globex).await;
        let grants = discovery(&world, "globex").await;
        assert_eq!(grants["authorization_grant_profiles_supported"], json!([id_jag::PROFILE]));
        assert!(grants["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT_TYPE)));
        assert_eq!(
            discovery(&world, "acme").await["identity_chaining_requested_token_types_supported"],
            json!([id_jag::TOKEN_TYPE])
        );

        world.change_client(WEB, |web| web.grant_types.push(oauth::token_exchange::GRANT_TYPE.to_owned())).await;
        let person = world.tokens("openid email").await;
        let id = text(&person, "id_token");
        let ask = |audience: &'static str| {
            vec![
                ("grant_type", oauth::token_exchange::GRANT_TYPE),
                ("requested_token_type", id_jag::TOKEN_TYPE),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
                ("scope", "notes:write"),
                ("audience", audience),
                ("subject_token", &*id),
            ]
        };
        assert_eq!(world.token(WEB, &ask(BASE)).await.refusal(), (400, "invalid_target"));
        let vouched = world.token(WEB, &ask(OTHER)).await;
        assert_eq!(vouched.status, 200, "{vouched:?}");
        assert_eq!(
            (&vouched.json["token_type"], &vouched.json["issued_token_type"]),
            (&json!("N_A"), &json!(id_jag::TOKEN_TYPE))
        );
        assert_eq!((&vouched.json["scope"], &vouched.json["expires_in"]), (&json!("notes:write"), &json!(300)));
        let said = claims(&text(&vouched.json, "access_token"));
        assert!(said.get("email").is_none() && said.get("email_verified").is_none(), "attack 45: nobody has verified it");
        world
            .change(platform_sql!(
                "UPDATE users SET email_verified = 1 WHERE org_id = (SELECT id FROM organizations WHERE slug = 'acme')"
            ))
            .await;
        let jag = text(&world.token(WEB, &ask(OTHER)).await.json, "access_token");
        let said = claims(&jag);
        assert_eq!((&said["aud"], &said["client_id"]), (&json!(OTHER), &json!("client_bearer")));
        assert_eq!((&said["email"], &said["email_verified"]), (&json!("mia@example.com"), &json!(true)));
        assert_eq!(world.userinfo(&jag).await.status, 401, "it opens nothing here");

        let form = [("grant_type", GRANT_TYPE), ("assertion", &*jag)];
        let there = "/orgs/globex/api/v1/oauth/token";
        let by = |client: &str| basic(client, SECRET);
        let reached = world.post(there, &[("authorization", &by("client_bearer"))], &form).await;
        assert_eq!(reached.status, 200, "{reached:?}");
        let said = claims(&text(&reached.json, "access_token"));
        assert_eq!((&said["iss"], &said["scope"]), (&json!(OTHER), &json!("notes:write")));
        assert_ne!(said["sub"], world.user.id.as_str(), "their own Mia");
        let again = world.post(there, &[("authorization", &by("client_bearer"))], &form).await;
        assert_eq!(again.refusal(), (400, "invalid_grant"), "each counts once");
        set(&world, "globex", &json!({ "oauth": globex["oauth"] })).await;
        let fresh = text(&world.token(WEB, &ask(OTHER)).await.json, "access_token");
        let form = [("grant_type", GRANT_TYPE), ("assertion", &*fresh)];
        let off = world.post(there, &[("authorization", &by("client_bearer"))], &form).await;
        assert_eq!(off.refusal(), (400, "invalid_grant"), "attack 27: the feature is off");
    }
}
