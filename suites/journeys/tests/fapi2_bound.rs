//! The modules of the FAPI 2.0 plans about tokens bound to a key or certificate, each by its name (less `fapi2-security-profile-final-`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::encoding::base64url;
use oauth::ClientMetadata;
use oauth::client::{AuthMethod, Rotation};
use oauth::grant::CLIENT_CREDENTIALS;
use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::certificates::Identity;
use suite_journeys::code::{Ask, CALLBACK, authorize};
use suite_journeys::fapi::{ONE, TWO, reference, register};
use suite_journeys::holder::{Holder, confidential, redeeming};
use suite_journeys::keys::Prover;
use suite_journeys::tokens::{Tokens, expect_error};
use testkit::{Answered, TestApp};

const RESOURCE: &str = "/dev/resource";

/// The client of the plans, sender-constrained by DPoP.
async fn with_dpop(app: &TestApp, id: &str, change: impl FnOnce(&mut ClientMetadata)) -> Prover {
    let registered = register(app, id, |metadata| {
        metadata.dpop_bound_access_tokens = true;
        metadata.grant_types.push(CLIENT_CREDENTIALS.to_owned());
        metadata.refresh_token_rotation = Rotation::Keep;
        change(metadata);
    });
    registered.await
}

/// A request of the client's with this proof.
async fn send(app: &TestApp, client: &Prover, endpoint: &str, proof: Option<&str>, form: &[(&str, &str)]) -> Answered {
    let sending = client.sending(app, endpoint, &client.assertion(app, |_| ()), form);
    match proof {
        Some(proof) => sending.header("dpop", proof).send().await,
        None => sending.send().await,
    }
}

async fn push(app: &TestApp, client: &Prover, proof: Option<&str>, ask: &Ask) -> Answered {
    let pairs: Vec<(&str, &str)> = ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(app, client, "/oauth/par", proof, &pairs).await
}

/// From a pushed request to the code.
async fn code(app: &TestApp, client: &Prover, proof: Option<&str>, ask: &Ask) -> String {
    let request_uri = reference(push(app, client, proof, ask).await);
    authorize(app, &mut app.browser(), &app.notes.user, &client.referring(&request_uri)).await.code()
}

async fn redeem(app: &TestApp, client: &Prover, holder: &Holder, code: &str) -> Answered {
    send(app, client, "/oauth/token", Some(&holder.for_tokens(app)), &redeeming(code)).await
}

/// A whole flow, without a proof at the PAR endpoint.
async fn tokens(app: &TestApp, client: &Prover, holder: &Holder) -> Tokens {
    let code = code(app, client, None, &client.ask().with("scope", "openid offline_access")).await;
    Tokens::of(redeem(app, client, holder, &code).await)
}

/// A proof whose claims were changed.
fn changed(app: &TestApp, holder: &Holder, method: &str, path: &str, token: Option<&str>, change: impl Fn(&mut Value)) -> String {
    let mut claims = holder.claims(app, method, path, token);
    change(&mut claims);
    holder.sign(&holder.header(), &claims)
}

/// A call with this proof.
async fn call(app: &TestApp, holder: &Holder, token: &str, proof: &str) -> Answered {
    holder.calling(app, "GET", RESOURCE, token).replacing("dpop", proof).send().await
}

/// Proofs so many seconds old pass everywhere.
async fn proofs_of_age_pass(seconds: i64) {
    let app = TestApp::start().await;
    let (client, holder) = (with_dpop(&app, ONE, |_| ()).await, Holder::default());
    let aged = |claims: &mut Value| claims["iat"] = json!(claims["iat"].as_i64().unwrap() - seconds);
    let (at_par, at_token) = (app.api("/oauth/par"), app.api("/oauth/token"));
    let at_par = changed(&app, &holder, "POST", &at_par, None, aged);
    let code = code(&app, &client, Some(&at_par), &client.ask()).await;
    let at_token = changed(&app, &holder, "POST", &at_token, None, aged);
    let tokens = Tokens::of(send(&app, &client, "/oauth/token", Some(&at_token), &redeeming(&code)).await);
    let at_resource = changed(&app, &holder, "GET", RESOURCE, Some(tokens.access()), aged);
    call(&app, &holder, tokens.access(), &at_resource).await.expect(200);
}

#[tokio::test]
async fn ensure_dpopproof_with_iat_10seconds_before_succeeds() {
    proofs_of_age_pass(10).await;
}

#[tokio::test]
async fn ensure_dpopproof_with_iat_10seconds_after_succeeds() {
    proofs_of_age_pass(-8).await;
    proofs_of_age_pass(-10).await;
}

#[tokio::test]
async fn check_dpop_proof_nbf_exp() {
    let app = TestApp::start().await;
    let (client, holder) = (with_dpop(&app, ONE, |_| ()).await, Holder::default());
    let bounded = |claims: &mut Value| {
        claims["nbf"] = claims["iat"].clone();
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 60);
    };
    let at_token = changed(&app, &holder, "POST", &app.api("/oauth/token"), None, bounded);
    let code = code(&app, &client, None, &client.ask()).await;
    let tokens = Tokens::of(send(&app, &client, "/oauth/token", Some(&at_token), &redeeming(&code)).await);
    let at_resource = changed(&app, &holder, "GET", RESOURCE, Some(tokens.access()), bounded);
    call(&app, &holder, tokens.access(), &at_resource).await.expect(200);
}

#[tokio::test]
async fn ensure_mismatched_dpop_jkt_fails() {
    let app = TestApp::start().await;
    let (client, holder, other) = (with_dpop(&app, ONE, |_| ()).await, Holder::default(), Holder::default());
    let proof = holder.proof(&app, "POST", &app.api("/oauth/par"), None);
    let answered = push(&app, &client, Some(&proof), &client.ask().with("dpop_jkt", &other.jkt())).await;
    expect_error(answered, 400, "invalid_dpop_proof");
    let proof = holder.proof(&app, "POST", &app.api("/oauth/par"), None);
    push(&app, &client, Some(&proof), &client.ask().with("dpop_jkt", &holder.jkt())).await.expect(201);
}

#[tokio::test]
async fn ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt() {
    let app = TestApp::start().await;
    let (client, holder, other) = (with_dpop(&app, ONE, |_| ()).await, Holder::default(), Holder::default());
    let proof = holder.proof(&app, "POST", &app.api("/oauth/par"), None);
    let code = code(&app, &client, Some(&proof), &client.ask()).await;
    expect_error(redeem(&app, &client, &other, &code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn ensure_token_endpoint_fails_with_mismatched_dpop_jkt() {
    let app = TestApp::start().await;
    let (client, holder, other) = (with_dpop(&app, ONE, |_| ()).await, Holder::default(), Holder::default());
    let code = code(&app, &client, None, &client.ask().with("dpop_jkt", &holder.jkt())).await;
    expect_error(redeem(&app, &client, &other, &code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn ensure_dpopproof_at_par_endpoint_binding_success() {
    let app = TestApp::start().await;
    let (client, holder) = (with_dpop(&app, ONE, |_| ()).await, Holder::default());
    let proof = holder.proof(&app, "POST", &app.api("/oauth/par"), None);
    let code = code(&app, &client, Some(&proof), &client.ask()).await;
    assert_eq!(Tokens::of(redeem(&app, &client, &holder, &code).await).0["token_type"], "DPoP");
}

#[tokio::test]
async fn ensure_dpop_auth_code_binding_success() {
    let app = TestApp::start().await;
    let (client, holder) = (with_dpop(&app, ONE, |_| ()).await, Holder::default());
    let code = code(&app, &client, None, &client.ask().with("dpop_jkt", &holder.jkt())).await;
    Tokens::of(redeem(&app, &client, &holder, &code).await);
}

#[tokio::test]
async fn access_token_type_header_case_sensitivity() {
    let app = TestApp::start().await;
    let (client, holder) = (with_dpop(&app, ONE, |_| ()).await, Holder::default());
    let tokens = tokens(&app, &client, &holder).await;
    for scheme in ["dPOP", "DPOP", "dpop"] {
        let calling = holder.calling(&app, "GET", RESOURCE, tokens.access());
        calling.replacing("authorization", &format!("{scheme} {}", tokens.access())).send().await.expect(200);
    }
    let bearer = app.service_token("").await;
    app.get(RESOURCE).header("authorization", &format!("bEARER {bearer}")).send().await.expect(200);
}

#[tokio::test]
async fn ensure_holder_of_key_required() {
    let app = TestApp::start().await;
    let client = with_dpop(&app, ONE, |_| ()).await;
    let code = code(&app, &client, None, &client.ask()).await;
    for form in [&redeeming(&code)[..], &[("grant_type", CLIENT_CREDENTIALS)]] {
        expect_error(send(&app, &client, "/oauth/token", None, form).await, 400, "invalid_dpop_proof");
    }
    let certified = confidential(&app, "client_mtls", |client| client.tls_client_certificate_bound_access_tokens = true).await;
    expect_error(certified.post(&app, "/oauth/token", &[("grant_type", CLIENT_CREDENTIALS)]).await, 400, "invalid_request");
}

#[tokio::test]
async fn happy_flow() {
    let app = TestApp::start().await;
    let (one, two) = (with_dpop(&app, ONE, |_| ()).await, with_dpop(&app, TWO, |_| ()).await);
    let (of_one, of_two) = (Holder::default(), Holder::default());
    let (first, second) = (tokens(&app, &one, &of_one).await, tokens(&app, &two, &of_two).await);
    assert!(first.0["expires_in"].is_u64());
    for method in ["GET", "POST"] {
        let id = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";
        let calling = of_one.calling(&app, method, RESOURCE, first.access());
        let calling =
            calling.header("x-fapi-interaction-id", id).header("x-fapi-customer-ip-address", "2001:db8::1893:25c8:1946");
        let answered = calling.header("accept", "application/json;charset=utf-8,*/*;q=0.1").send().await.expect(200);
        assert_eq!((answered.header("content-type"), answered.header("x-fapi-interaction-id")), ("application/json", id));
    }
    let unasked = of_one.call(&app, "GET", RESOURCE, first.access()).await.expect(200);
    assert_eq!(unasked.header("x-fapi-interaction-id").len(), 36);
    let foreign = of_two.call(&app, "GET", RESOURCE, first.access()).await;
    expect_error(foreign, 401, "invalid_token");
    of_two.call(&app, "GET", RESOURCE, second.access()).await.expect(200);
    let in_query = format!("{RESOURCE}?access_token={}", first.access());
    expect_error(app.get(&in_query).send().await, 401, "invalid_token");
    let as_well = of_one.calling(&app, "GET", &in_query, first.access());
    let proof = of_one.proof(&app, "GET", RESOURCE, Some(first.access()));
    expect_error(as_well.replacing("dpop", &proof).send().await, 400, "invalid_request");
}

#[tokio::test]
async fn dpop_negative_tests() {
    let app = TestApp::start().await;
    let (client, holder, other) = (with_dpop(&app, ONE, |_| ()).await, Holder::default(), Holder::default());
    let tokens = tokens(&app, &client, &holder).await;
    let token = tokens.access();
    let good = |change: &dyn Fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (holder.header(), holder.claims(&app, "GET", RESOURCE, Some(token)));
        change(&mut header, &mut claims);
        holder.sign(&header, &claims)
    };
    let without = |value: &mut Value, name: &str| drop(value.as_object_mut().unwrap().remove(name));
    let now = app.services.clock.now().as_secs();
    let mut refused: Vec<(String, String)> = Vec::new();
    for name in ["typ", "alg", "jwk"] {
        refused.push((format!("no {name}"), good(&|header, _| without(header, name))));
    }
    for name in ["jti", "htm", "htu", "iat", "ath"] {
        refused.push((format!("no {name}"), good(&|_, claims| without(claims, name))));
    }
    let mut private = json!(holder.key.public().bare());
    private["d"] = json!(base64url([7; 32]));
    for (name, value) in [("typ", json!("jwt")), ("alg", json!("none")), ("alg", json!("RS256")), ("jwk", private)] {
        refused.push((format!("{name} {value}"), good(&|header, _| header[name] = value.clone())));
    }
    let elsewhere = format!("{}/dev/other", app.notes.base_url);
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!(elsewhere)),
        ("ath", json!(base64url([7; 32]))),
        ("iat", json!(now - 3600)),
        ("iat", json!(now + 3600)),
    ] {
        refused.push((format!("{name} {value}"), good(&|_, claims| claims[name] = value.clone())));
    }
    let intact = good(&|_, _| ());
    let (signed, _) = intact.rsplit_once('.').unwrap();
    refused.push(("bad signature".to_owned(), format!("{signed}.{}", base64url([7; 64]))));
    refused.push(("malformed".to_owned(), "not a proof".to_owned()));
    refused.push(("another key".to_owned(), other.proof(&app, "GET", RESOURCE, Some(token))));
    let rs256 = Holder::with(Algorithm::RS256);
    refused.push(("RS256".to_owned(), rs256.proof(&app, "GET", RESOURCE, Some(token))));
    for (what, proof) in &refused {
        let answered = call(&app, &holder, token, proof).await;
        assert_eq!(answered.status, 401, "{what}: {}", answered.text());
        assert!(answered.header("www-authenticate").starts_with("DPoP "), "{what}");
    }
    let two = holder.calling(&app, "GET", RESOURCE, token).header("dpop", &good(&|_, _| ()));
    expect_error(two.send().await, 401, "invalid_dpop_proof");
    let none = app.get(RESOURCE).header("authorization", &format!("DPoP {token}")).send().await;
    expect_error(none, 401, "invalid_dpop_proof");
    let downgraded = holder.calling(&app, "GET", RESOURCE, token).replacing("authorization", &format!("Bearer {token}"));
    expect_error(downgraded.send().await, 401, "invalid_token");

    let uri = format!("{}{RESOURCE}", app.notes.base_url);
    for htu in [
        uri.clone(),
        format!("{uri}?a=b"),
        format!("{uri}#c"),
        uri.replace("localhost", "LOCALHOST"),
        uri.replace("http:", "HTTP:"),
    ] {
        call(&app, &holder, token, &good(&|_, claims| claims["htu"] = json!(htu))).await.expect(200);
    }
    call(&app, &holder, token, &good(&|_, claims| claims["extra"] = json!({ "a": [1] }))).await.expect(200);
    let calling = app.get(RESOURCE).header("authorization", &format!("DPoP {token}")).header("DPOP", &good(&|_, _| ()));
    calling.send().await.expect(200);
    let once = good(&|_, _| ());
    call(&app, &holder, token, &once).await.expect(200);
    expect_error(call(&app, &holder, token, &once).await, 401, "invalid_dpop_proof");
    let same_jti = good(&|_, claims| claims["jti"] = json!("seen before"));
    call(&app, &holder, token, &same_jti).await.expect(200);
    let again = good(&|_, claims| {
        claims["jti"] = json!("seen before");
        claims["iat"] = json!(now + 1);
    });
    expect_error(call(&app, &holder, token, &again).await, 401, "invalid_dpop_proof");
}

#[tokio::test]
async fn refresh_token() {
    let app = TestApp::start().await;
    let (client, holder, other) = (with_dpop(&app, ONE, |_| ()).await, Holder::default(), Holder::default());
    let two = with_dpop(&app, TWO, |_| ()).await;
    let tokens = tokens(&app, &client, &holder).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
    let refresh = |who: &Prover, with: &Holder| {
        let sending = who.sending(&app, "/oauth/token", &who.assertion(&app, |_| ()), &form);
        sending.header("dpop", &with.for_tokens(&app)).send()
    };
    let renewed = refresh(&client, &holder).await.expect(200);
    assert_eq!(renewed.header("cache-control"), "no-store");
    let without_client = app.post(&app.api("/oauth/token")).form(&form).header("dpop", &holder.for_tokens(&app)).send().await;
    assert!([400, 401].contains(&without_client.status));
    assert_eq!(send(&app, &client, "/oauth/token", None, &form).await.status, 400);
    expect_error(refresh(&two, &holder).await, 400, "invalid_grant");
    let moved = Tokens::of(refresh(&client, &other).await);
    other.call(&app, "GET", RESOURCE, moved.access()).await.expect(200);
    app.clock.advance(Duration::from_secs(30));
    Tokens::of(refresh(&client, &holder).await);
}

#[tokio::test]
async fn ensure_client_id_in_token_endpoint() {
    let app = TestApp::start().await;
    let (one, two) = (Identity::self_signed("one"), Identity::self_signed("two"));
    for (id, own) in [("client_one", &one), ("client_two", &two)] {
        confidential(&app, id, |client| {
            client.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
            client.jwks = Some(own.key_set());
            client.tls_client_certificate_bound_access_tokens = true;
        })
        .await;
    }
    let code = suite_journeys::code::code_for_user(&app, &Ask::of("client_one", CALLBACK)).await;
    let redeem = |id: &str, shown: &Identity| {
        let form = [&redeeming(&code)[..], &[("client_id", id)]].concat();
        app.post(&app.api("/oauth/token")).form(&form).certificate(&shown.der, &[]).send()
    };
    expect_error(redeem("client_two", &one).await, 401, "invalid_client");
    expect_error(redeem("client_two", &two).await, 400, "invalid_grant");
    expect_error(redeem("client_one", &two).await, 401, "invalid_client");
    Tokens::of(redeem("client_one", &one).await);
}

#[tokio::test]
async fn discovery_end_point_verification() {
    let app = TestApp::start().await;
    let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
    assert_eq!(document["tls_client_certificate_bound_access_tokens"], true);
    let lists = document.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("signing_alg_values_supported"));
    for (name, list) in lists {
        let has_one = ["PS256", "ES256", "EdDSA"].iter().any(|alg| list.as_array().unwrap().contains(&json!(alg)));
        assert!(has_one, "{name}: {list}");
    }
}
