//! Tokens that only the holder of a key can use (RFC 9449).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use oauth::client::{AccessTokenFormat, Rotation};
use oauth::grant::{CLIENT_CREDENTIALS, REFRESH_TOKEN};
use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::admin::make_client;
use suite_journeys::code::{Ask, CALLBACK, code_for_user};
use suite_journeys::holder::{Holder, confidential, public, redeeming, send};
use suite_journeys::keys::Prover;
use suite_journeys::organizations::{another, set_settings, set_settings_of};
use suite_journeys::tokens::{Client, Tokens, expect_error, part, userinfo};
use testkit::{TestApp, databases};

/// All challenges of an answer.
fn challenges(answered: &testkit::Answered) -> Vec<String> {
    answered.headers.get_all("www-authenticate").iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_token_that_was_asked_for_with_a_proof_is_bound_to_its_key() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (holder, stranger) = (Holder::default(), Holder::default());
        for format in [AccessTokenFormat::Jwt, AccessTokenFormat::Opaque] {
            let client = confidential(&app, &format!("client_{format:?}"), |client| client.access_token_format = format).await;
            let tokens = holder.tokens(&app, &client).await;
            assert_eq!(tokens.0["token_type"], "DPoP");
            if format == AccessTokenFormat::Jwt {
                assert_eq!(part(tokens.access(), 1)["cnf"], json!({ "jkt": holder.jkt() }));
            }
            let shown = client.introspect(&app, tokens.access()).await;
            assert_eq!((&shown["token_type"], &shown["cnf"]), (&json!("DPoP"), &json!({ "jkt": holder.jkt() })));

            for path in ["/oauth/userinfo", "/me"] {
                let path = app.api(path);
                holder.call(&app, "GET", &path, tokens.access()).await.expect(200);
                let as_bearer = app.get(&path).bearer(tokens.access()).send().await;
                assert_eq!(as_bearer.status, 401, "{path}: {}", as_bearer.text());
                let bearer_with_proof = holder.calling(&app, "GET", &path, tokens.access()).bearer("x").send().await;
                assert_eq!(bearer_with_proof.status, 400, "two headers are no credential");
                let strange = stranger.call(&app, "GET", &path, tokens.access()).await;
                assert_eq!(strange.status, 401, "{path}: {}", strange.text());
                let without = app.get(&path).header("authorization", &format!("DPoP {}", tokens.access())).send().await;
                assert_eq!((without.status, &without.json()["error"]), (401, &json!("invalid_dpop_proof")), "{path}");
            }
            let in_form = app.post(&app.api("/oauth/userinfo")).form(&[("access_token", tokens.access())]).send().await;
            assert_eq!(in_form.status, 401, "a form is no proof");
        }
    }
}

#[tokio::test]
async fn administration_is_not_opened_by_a_bound_token_without_its_key() {
    let app = TestApp::start().await;
    let holder = Holder::default();
    let client = confidential(&app, "client_admin", |client| {
        client.scopes = kernel::Scopes::from("admin:users".to_owned());
    })
    .await;
    let tokens = Tokens::of(holder.machine_token(&app, &client).await);
    let path = app.api("/admin/users");
    holder.call(&app, "GET", &path, tokens.access()).await.expect(200);
    let stolen = app.get(&path).bearer(tokens.access()).send().await;
    assert_eq!((stolen.status, stolen.json()["error"].as_str()), (401, Some("invalid_token")));
    let told = challenges(&stolen);
    assert!(told[0].starts_with("Bearer ") && told[0].contains("error=\"invalid_token\""), "{told:?}");
    assert!(told[1].starts_with("DPoP ") && told[1].contains("algs=\"ES256 "), "{told:?}");
}

#[tokio::test]
async fn each_refusal_names_itself_to_the_scheme_that_was_used() {
    let app = TestApp::start().await;
    let holder = Holder::default();
    let client = confidential(&app, "client_a", |_| ()).await;
    let tokens = Tokens::of(holder.machine_token(&app, &client).await);
    let path = app.api("/oauth/userinfo");
    let wrong = holder.proof(&app, "POST", &path, Some(tokens.access()));
    let answered =
        app.get(&path).header("authorization", &format!("DPoP {}", tokens.access())).header("dpop", &wrong).send().await;
    let told = challenges(&answered);
    assert!(told[0].starts_with("DPoP ") && told[0].contains("error=\"invalid_dpop_proof\""), "{told:?}");
    assert!(told[1].starts_with("Bearer ") && !told[1].contains("error"), "{told:?}");
    assert_eq!(answered.json()["error_description"], "The htm of the DPoP proof is not the method of this request.");
    let nothing = challenges(&app.get(&path).send().await);
    assert!(nothing.iter().all(|challenge| !challenge.contains("error")), "{nothing:?}");
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_not_taken_with_a_proof() {
    let app = TestApp::start().await;
    let token = app.service_token("").await;
    let holder = Holder::default();
    expect_error(holder.call(&app, "GET", &app.api("/oauth/userinfo"), &token).await, 401, "invalid_token");
    let beside = app.get(&app.api("/oauth/userinfo")).bearer(&token).header("dpop", "whatever").send().await;
    assert_eq!(beside.status, 200, "a bearer token needs no proof, so none is looked at");
}

#[tokio::test]
async fn a_client_that_must_be_bound_gets_nothing_without_a_proof() {
    let app = TestApp::start().await;
    let client = confidential(&app, "client_bound", |client| client.dpop_bound_access_tokens = true).await;
    let holder = Holder::default();
    let without = send(&app, &client, None, &[("grant_type", CLIENT_CREDENTIALS)]).await;
    expect_error(without, 400, "invalid_dpop_proof");
    let code = code_for_user(&app, &Ask::of(&client.id, CALLBACK)).await;
    expect_error(send(&app, &client, None, &redeeming(&code)).await, 400, "invalid_dpop_proof");
    Tokens::of(holder.redeem(&app, &client, &code).await);
}

#[tokio::test]
async fn a_code_that_names_a_key_is_redeemed_by_that_key_alone() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (holder, stranger) = (Holder::default(), Holder::default());
        let client = confidential(&app, "client_a", |_| ()).await;
        let ask = Ask::of(&client.id, CALLBACK).with("dpop_jkt", &holder.jkt());
        let code = code_for_user(&app, &ask).await;
        expect_error(stranger.redeem(&app, &client, &code).await, 400, "invalid_grant");
        expect_error(send(&app, &client, None, &redeeming(&code)).await, 400, "invalid_grant");
        assert_eq!(Tokens::of(holder.redeem(&app, &client, &code).await).0["token_type"], "DPoP");
    }
}

#[tokio::test]
async fn attack_22_a_public_clients_refresh_token_needs_its_key() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (holder, stranger) = (Holder::default(), Holder::default());
        let client = public(&app, "client_public", |_| ()).await;
        let first = holder.tokens(&app, &client).await;
        expect_error(stranger.refresh(&app, &client, first.refresh()).await, 400, "invalid_grant");
        let without = send(&app, &client, None, &[("grant_type", REFRESH_TOKEN), ("refresh_token", first.refresh())]).await;
        expect_error(without, 400, "invalid_grant");
        let second = Tokens::of(holder.refresh(&app, &client, first.refresh()).await);
        assert_eq!(second.0["token_type"], "DPoP");
        expect_error(stranger.refresh(&app, &client, second.refresh()).await, 400, "invalid_grant");
        let third = Tokens::of(holder.refresh(&app, &client, second.refresh()).await);
        holder.call(&app, "GET", &app.api("/oauth/userinfo"), third.access()).await.expect(200);
    }
}

#[tokio::test]
async fn a_refresh_token_without_a_key_takes_the_first_one_a_public_client_shows() {
    let app = TestApp::start().await;
    let (holder, stranger) = (Holder::default(), Holder::default());
    let client = public(&app, "client_public", |_| ()).await;
    let code = code_for_user(&app, &Ask::of(&client.id, CALLBACK).with("scope", "openid offline_access")).await;
    let plain = Tokens::of(client.redeem(&app, &code).await);
    assert_eq!(plain.0["token_type"], "Bearer");
    let bound = Tokens::of(holder.refresh(&app, &client, plain.refresh()).await);
    expect_error(stranger.refresh(&app, &client, bound.refresh()).await, 400, "invalid_grant");
    expect_error(client.refresh(&app, bound.refresh()).await, 400, "invalid_grant");
    Tokens::of(holder.refresh(&app, &client, bound.refresh()).await);
}

#[tokio::test]
async fn a_confidential_client_may_change_its_key_but_not_do_without() {
    let app = TestApp::start().await;
    let (first, second) = (Holder::default(), Holder::default());
    let client = confidential(&app, "client_a", |client| client.refresh_token_rotation = Rotation::Keep).await;
    let tokens = first.tokens(&app, &client).await;
    let moved = Tokens::of(second.refresh(&app, &client, tokens.refresh()).await);
    assert_eq!(part(moved.access(), 1)["cnf"], json!({ "jkt": second.jkt() }));
    expect_error(client.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
}

#[tokio::test]
async fn within_the_grace_the_same_answer_comes_again_for_the_same_key_only() {
    let app = TestApp::start().await;
    let (holder, other) = (Holder::default(), Holder::default());
    let client = confidential(&app, "client_a", |client| client.refresh_token_grace = 30).await;
    let tokens = holder.tokens(&app, &client).await;
    let renewed = Tokens::of(holder.refresh(&app, &client, tokens.refresh()).await);
    expect_error(other.refresh(&app, &client, tokens.refresh()).await, 400, "invalid_grant");
    let again = Tokens::of(holder.refresh(&app, &client, tokens.refresh()).await);
    assert_eq!((again.refresh(), part(again.access(), 1)), (renewed.refresh(), part(renewed.access(), 1)));
}

#[tokio::test]
async fn where_nonces_are_demanded_each_proof_carries_a_recent_one() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        set_settings(&app, &json!({ "security": { "dpop_require_nonce": true } })).await;
        let holder = Holder::default();
        let client = confidential(&app, "client_a", |_| ()).await;
        let refused = holder.machine_token(&app, &client).await;
        let nonce = refused.header("dpop-nonce").to_owned();
        assert_eq!(nonce.len(), 24);
        expect_error(refused, 400, "use_dpop_nonce");

        let token_path = app.api("/oauth/token");
        let with_nonce = |method: &str, path: &str, token: Option<&str>, nonce: &str| {
            let mut claims = holder.claims(&app, method, path, token);
            claims["nonce"] = json!(nonce);
            holder.sign(&holder.header(), &claims)
        };
        let ask = [("grant_type", CLIENT_CREDENTIALS)];
        let answered = send(&app, &client, Some(&with_nonce("POST", &token_path, None, &nonce)), &ask).await.expect(200);
        assert_eq!(answered.header("dpop-nonce"), nonce, "the next one comes with the answer");
        let tokens = Tokens::of(answered);

        let path = app.api("/oauth/userinfo");
        let refused = holder.call(&app, "GET", &path, tokens.access()).await;
        assert_eq!(refused.header("dpop-nonce"), nonce);
        assert!(challenges(&refused)[0].contains("error=\"use_dpop_nonce\""));
        expect_error(refused, 401, "use_dpop_nonce");
        let get = |nonce: &str| {
            let proof = with_nonce("GET", &path, Some(tokens.access()), nonce);
            app.get(&path).header("authorization", &format!("DPoP {}", tokens.access())).header("dpop", &proof).send()
        };
        get(&nonce).await.expect(200);
        expect_error(get("made up").await, 401, "use_dpop_nonce");
        app.clock.advance(Duration::from_mins(5));
        get(&nonce).await.expect(200);
        app.clock.advance(Duration::from_mins(5));
        let late = get(&nonce).await;
        assert_ne!(late.header("dpop-nonce"), nonce);
        expect_error(late, 401, "use_dpop_nonce");
        assert_eq!(app.get(&path).bearer(&app.service_token("").await).send().await.status, 200, "bearer tokens need none");
    }
}

#[tokio::test]
async fn nonces_of_another_organization_are_none() {
    let app = TestApp::start().await;
    let globex = another(&app, "globex").await;
    for slug in [app.notes.org.as_str(), "globex"] {
        set_settings_of(&app, slug, &json!({ "security": { "dpop_require_nonce": true } })).await;
    }
    let holder = Holder::default();
    let path = "/orgs/globex/api/v1/oauth/token";
    let service = &globex.service_client;
    let asked = app.post(path).basic(&service.client_id, &service.client_secret).form(&[("grant_type", CLIENT_CREDENTIALS)]);
    let foreign = asked.header("dpop", &holder.proof(&app, "POST", path, None)).send().await;
    let mut claims = holder.claims(&app, "POST", &app.api("/oauth/token"), None);
    claims["nonce"] = json!(foreign.header("dpop-nonce"));
    expect_error(foreign, 400, "use_dpop_nonce");
    let client = confidential(&app, "client_a", |_| ()).await;
    let proof = holder.sign(&holder.header(), &claims);
    expect_error(send(&app, &client, Some(&proof), &[("grant_type", CLIENT_CREDENTIALS)]).await, 400, "use_dpop_nonce");
}

#[tokio::test]
async fn an_organization_says_how_old_a_proof_may_be() {
    let app = TestApp::start().await;
    let holder = Holder::default();
    let client = confidential(&app, "client_a", |_| ()).await;
    let at_age = |seconds: i64| {
        let mut claims = holder.claims(&app, "POST", &app.api("/oauth/token"), None);
        claims["iat"] = json!(claims["iat"].as_i64().unwrap() - seconds);
        holder.sign(&holder.header(), &claims)
    };
    let ask = [("grant_type", CLIENT_CREDENTIALS)];
    for (settings, age, status) in [
        (json!({}), 60, 200),
        (json!({}), 61, 400),
        (json!({ "security": { "dpop_max_age": 200 } }), 200, 200),
        (json!({ "security": { "dpop_max_age": 200 } }), 201, 400),
        (json!({ "security": { "dpop_max_age": 1 } }), 10, 200),
        (json!({ "security": { "dpop_max_age": 100_000 } }), 301, 400),
        (json!({ "security": { "dpop_max_age": "long" } }), 61, 400),
        (json!({ "security": 7 }), 61, 400),
    ] {
        set_settings(&app, &settings).await;
        let answered = send(&app, &client, Some(&at_age(age)), &ask).await;
        assert_eq!(answered.status, status, "{settings} {age}: {}", answered.text());
    }
}

#[tokio::test]
async fn a_client_under_the_rules_of_fapi_can_not_use_rs256() {
    let app = TestApp::start().await;
    let machine = json!({ "dpopBoundAccessTokens": true, "fapiProfile": "fapi2_security" });
    let strict = Prover::register(&app, machine).await;
    let plain = confidential(&app, "client_plain", |_| ()).await;
    let ask = |proof: String| {
        let sending =
            strict.sending(&app, "/oauth/token", &strict.assertion(&app, |_| ()), &[("grant_type", CLIENT_CREDENTIALS)]);
        sending.header("dpop", &proof).send()
    };
    let rs256 = Holder::with(Algorithm::RS256);
    expect_error(ask(rs256.for_tokens(&app)).await, 400, "invalid_dpop_proof");
    Tokens::of(ask(Holder::with(Algorithm::PS256).for_tokens(&app)).await);
    Tokens::of(rs256.machine_token(&app, &plain).await);
}

#[tokio::test]
async fn a_proof_is_no_client_authentication() {
    let app = TestApp::start().await;
    let holder = Holder::default();
    let client = confidential(&app, "client_a", |_| ()).await;
    let guessed = Client { secret: Some("guess".to_owned()), ..client.clone() };
    expect_error(holder.machine_token(&app, &guessed).await, 401, "invalid_client");
    let foreign =
        make_client(&app, json!({ "name": "Other", "grantTypes": [CLIENT_CREDENTIALS], "scopes": ["reports:read"] })).await.0;
    let tokens = holder.tokens(&app, &client).await;
    expect_error(holder.refresh(&app, &foreign, tokens.refresh()).await, 400, "unauthorized_client");
}

#[tokio::test]
async fn what_a_proof_says_is_announced() {
    let app = TestApp::start().await;
    let discovery = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    let listed: Vec<&str> =
        discovery["dpop_signing_alg_values_supported"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for needed in ["ES256", "PS256", "RS256", "EdDSA"] {
        assert!(listed.contains(&needed), "{listed:?}");
    }
    assert!(!listed.contains(&"none") && !listed.iter().any(|alg| alg.starts_with("HS")), "{listed:?}");
    assert_eq!(userinfo(&app, "x").await.status, 401);
}
