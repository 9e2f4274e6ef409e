//! FAPI profiles of clients and organizations: who fits, what becomes of them, and what is announced.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use jose::alg::Algorithm;
use jose::jwks::Jwks;
use jose::key::SigningKey;
use oauth::grant::{CIBA, CLIENT_CREDENTIALS, DEVICE_CODE};
use serde_json::{Value, json};
use suite_journeys::admin::{call, get, make_client};
use suite_journeys::code::{Ask, Returned, VERIFIER, authorize, go_on, visit};
use suite_journeys::fapi::reference;
use suite_journeys::holder::Holder;
use suite_journeys::keys::Prover;
use suite_journeys::pages::press;
use suite_journeys::tokens::{Client, Tokens, expect_error, part};
use testkit::{Answered, TestApp, databases};

const RETURN: &str = "https://bank.example/callback";

/// A registration that fits every profile of FAPI 2.0, by the names of the admin API.
fn fitting(key: &SigningKey) -> Value {
    json!({
        "name": "Bank", "scopes": ["openid", "email", "offline_access"], "redirectUris": [RETURN],
        "grantTypes": ["authorization_code", "refresh_token", CLIENT_CREDENTIALS], "tokenEndpointAuthMethod": "private_key_jwt",
        "jwks": Jwks::new(vec![key.public().clone()]).unwrap().to_json(), "dpopBoundAccessTokens": true
    })
}

fn with(mut body: Value, more: &Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

async fn bank(app: &TestApp, more: Value) -> (Prover, Value) {
    let key = SigningKey::generate(Algorithm::ES256, "bank-1").unwrap();
    let (client, data) = make_client(app, with(fitting(&key), &more)).await;
    (Prover::known(&client.id, key), data)
}

async fn put_profile(app: &TestApp, profile: &str) -> Answered {
    call(app, "PATCH", "/admin/settings/oauth", Some(&json!({ "fapi_profile": profile }))).await
}

async fn discovery(app: &TestApp) -> Value {
    app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json()
}

/// A token request with a fresh assertion and a fresh proof.
async fn ask(app: &TestApp, client: &Prover, holder: &Holder, form: &[(&str, &str)]) -> Answered {
    let sending = client.sending(app, "/oauth/token", &client.assertion(app, |_| ()), form);
    sending.header("dpop", &holder.for_tokens(app)).send().await
}

/// The whole flow of FAPI 2.0.
async fn tokens(app: &TestApp, client: &Prover, ask_for: &Ask) -> Tokens {
    let holder = Holder::default();
    let request_uri = reference(client.push(app, ask_for).await);
    let returned = authorize(app, &mut app.browser(), &app.notes.user, &client.referring(&request_uri)).await;
    let code = returned.code();
    let form = suite_journeys::holder::redeeming(&code).map(|(name, value)| match name {
        "redirect_uri" => (name, RETURN),
        _ => (name, value),
    });
    Tokens::of(ask(app, client, &holder, &form).await)
}

#[tokio::test]
async fn a_client_that_does_not_fit_its_profile_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let key = SigningKey::generate(Algorithm::ES256, "bank-1").unwrap();
    for (profile, more, field) in [
        ("fapi2_security", json!({ "tokenEndpointAuthMethod": "client_secret_basic" }), "tokenEndpointAuthMethod"),
        ("baseline", json!({ "dpopBoundAccessTokens": false }), "dpopBoundAccessTokens"),
        ("advanced", json!({ "redirectUris": ["http://localhost/callback"] }), "redirectUris"),
        ("fapi2_message_signing", json!({ "requestObjectSigningAlg": "RS256" }), "requestObjectSigningAlg"),
        ("fapi1_advanced", json!({}), "tlsClientCertificateBoundAccessTokens"),
        ("fapi_ciba", json!({}), "tlsClientCertificateBoundAccessTokens"),
        ("fapi2_security", json!({ "authorizationCodeLifetime": 120 }), "authorizationCodeLifetime"),
        ("fapi3", json!({}), "fapiProfile"),
    ] {
        let body = with(with(fitting(&key), &more), &json!({ "fapiProfile": profile }));
        let refused = call(&app, "POST", "/admin/clients", Some(&body)).await.expect(400);
        assert!(refused.text().contains(field), "{profile}: {}", refused.text());
    }
    let (client, _) = make_client(&app, json!({ "name": "Web", "redirectUris": [RETURN] })).await;
    let path = format!("/admin/clients/{}", client.id);
    let refused = call(&app, "PATCH", &path, Some(&json!({ "fapiProfile": "baseline" }))).await.expect(400);
    assert!(refused.text().contains("tokenEndpointAuthMethod"), "{}", refused.text());
}

#[tokio::test]
async fn a_client_is_shown_as_its_profile_makes_it() {
    let app = TestApp::start().await;
    let (client, made) = bank(&app, json!({ "fapiProfile": "baseline" })).await;
    let shown = get(&app, &format!("/admin/clients/{}", client.id)).await.expect(200).json()["data"].clone();
    for data in [&made, &shown] {
        assert_eq!((&data["fapiProfile"], &data["assertionAudience"]), (&json!("fapi2_security"), &json!("issuer_only")));
        assert_eq!(data["requirePushedAuthorizationRequests"], true);
        assert_eq!((&data["refreshTokenRotation"], &data["alwaysAskConsent"]), (&json!("keep"), &json!(true)));
        assert_eq!((&data["authorizationCodeLifetime"], &data["accessTokenLifetime"]), (&json!(60), &json!(600)));
        assert_eq!(data["idTokenSignedResponseAlg"], "PS256");
    }
    let path = format!("/admin/clients/{}", client.id);
    let freed = call(&app, "PATCH", &path, Some(&json!({ "fapiProfile": "none" }))).await.expect(200).json()["data"].clone();
    assert_eq!((&freed["accessTokenLifetime"], &freed["alwaysAskConsent"]), (&json!(3600), &json!(false)), "nothing sticks");
}

#[tokio::test]
async fn a_fitting_client_gets_tokens_as_its_profile_wants_them() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (client, _) = bank(&app, json!({ "fapiProfile": "fapi2_security" })).await;
        let request = Ask::of(&client.id, RETURN).with("scope", "openid offline_access");
        let tokens = tokens(&app, &client, &request).await;
        assert_eq!((&tokens.0["token_type"], &tokens.0["expires_in"]), (&json!("DPoP"), &json!(600)));
        assert_eq!(part(tokens.id(), 0)["alg"], "PS256");
        assert_eq!(part(tokens.access(), 0)["alg"], "ES256");
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
        let holder = Holder::default();
        for _ in 0..2 {
            let again = Tokens::of(ask(&app, &client, &holder, &form).await);
            assert!(again.0.get("refresh_token").is_none(), "it stays as it is");
        }
    }
}

#[tokio::test]
async fn the_profile_of_an_organization_binds_every_client_of_it() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (client, _) = bank(&app, json!({})).await;
        let bearer = app.service_token("").await;
        put_profile(&app, "fapi2_security").await.expect(200);

        let secret = Client::service(&app).post(&app, "/oauth/token", &[("grant_type", CLIENT_CREDENTIALS)]).await;
        expect_error(secret, 401, "invalid_client");
        let refused = call(&app, "POST", "/admin/clients", Some(&json!({ "name": "Web", "redirectUris": [RETURN] }))).await;
        assert!(refused.expect(400).text().contains("FAPI 2.0 Security Profile"));
        let plain = app.get(&Ask::of(&client.id, RETURN).path(&app)).send().await;
        assert!(plain.location().contains("error=invalid_request"), "{}", plain.location());
        let holder = Holder::default();
        let bare = client.present(&app, &client.assertion(&app, |_| ())).await;
        expect_error(bare, 400, "invalid_dpop_proof");
        let to_token_endpoint =
            client.assertion(&app, |claims| claims["aud"] = json!(format!("{}/api/v1/oauth/token", app.notes.issuer)));
        expect_error(client.present(&app, &to_token_endpoint).await, 401, "invalid_client");
        Tokens::of(ask(&app, &client, &holder, &[("grant_type", CLIENT_CREDENTIALS)]).await);
        let tokens = tokens(&app, &client, &Ask::of(&client.id, RETURN)).await;
        assert_eq!((&tokens.0["expires_in"], &part(tokens.id(), 0)["alg"]), (&json!(600), &json!("PS256")));
        app.get("/dev/resource").bearer(&bearer).send().await.expect(200);

        put_profile(&app, "none").await.expect(200);
        app.service_token("").await;
    }
}

#[tokio::test]
async fn an_organization_announces_only_what_its_profile_takes() {
    let app = TestApp::start().await;
    let before = discovery(&app).await;
    assert!(before["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("client_secret_basic")));
    for (profile, algorithms, must_push, must_sign) in [
        ("fapi2_security", &["PS256", "ES256", "EdDSA"][..], true, false),
        ("fapi2_message_signing", &["PS256", "ES256", "EdDSA"], true, true),
        ("fapi1_advanced", &["PS256", "ES256"], false, true),
    ] {
        put_profile(&app, profile).await.expect(200);
        let document = discovery(&app).await;
        assert_eq!(document["require_pushed_authorization_requests"], must_push, "{profile}");
        assert_eq!(document["require_signed_request_object"], must_sign, "{profile}");
        assert_eq!(document["response_types_supported"], json!(["code"]), "{profile}");
        for (name, list) in document.as_object().unwrap() {
            let list = list.as_array().into_iter().flatten().filter_map(Value::as_str);
            if name.ends_with("_signing_alg_values_supported") {
                assert!(list.clone().count() > 0 && list.clone().all(|alg| algorithms.contains(&alg)), "{profile} {name}");
            }
            if name.ends_with("_auth_methods_supported") {
                assert!(list.clone().count() > 0 && list.clone().all(|method| !method.starts_with("client_secret")), "{name}");
                assert!(list.clone().all(|method| method != "none"), "{name}");
            }
        }
    }
    put_profile(&app, "none").await.expect(200);
    assert_eq!(discovery(&app).await, before);
}

#[tokio::test]
async fn a_profile_under_which_nothing_could_be_asked_for_is_refused() {
    let app = TestApp::start().await;
    let body = json!({ "fapi_profile": "fapi2_security", "response_types": ["id_token"] });
    let refused = call(&app, "PATCH", "/admin/settings/oauth", Some(&body)).await.expect(400);
    assert!(refused.text().contains("response_types"), "{}", refused.text());
    put_profile(&app, "fapi9").await.expect(400);
    assert!(discovery(&app).await["token_endpoint_auth_methods_supported"].to_string().contains("client_secret_basic"));
}

#[tokio::test]
async fn clients_that_register_themselves_fit_the_organization_or_stay_outside() {
    let app = TestApp::start().await;
    put_profile(&app, "fapi2_security").await.expect(200);
    let path = app.api("/connect/register");
    let refused = app.post(&path).json(&json!({ "redirect_uris": [RETURN] })).send().await.expect(400).json();
    assert_eq!(refused["error"], "invalid_client_metadata");
    assert!(refused["error_description"].as_str().unwrap().contains("token_endpoint_auth_method"), "{refused}");
    let key = SigningKey::generate(Algorithm::ES256, "bank-1").unwrap();
    let good = json!({
        "redirect_uris": [RETURN], "token_endpoint_auth_method": "private_key_jwt", "dpop_bound_access_tokens": true,
        "jwks": Jwks::new(vec![key.public().clone()]).unwrap().to_json(),
    });
    let made = app.post(&path).json(&good).send().await.expect(201).json();
    assert_eq!(
        (&made["id_token_signed_response_alg"], &made["require_pushed_authorization_requests"]),
        (&json!("PS256"), &json!(true))
    );
    let client = Prover::known(made["client_id"].as_str().unwrap(), key);
    tokens(&app, &client, &Ask::of(&client.id, RETURN)).await;
}

#[tokio::test]
async fn what_introspection_says_is_signed_for_whoever_signs_messages() {
    let app = TestApp::start().await;
    let (client, _) = bank(&app, json!({ "fapiProfile": "fapi2_message_signing" })).await;
    let token = app.service_token("").await;
    let asked = client.send(&app, "/oauth/introspect", &client.assertion(&app, |_| ()), &[("token", &token)]).await.expect(200);
    assert_eq!(asked.header("content-type"), "application/token-introspection+jwt");
    let jwt = asked.text();
    assert_eq!((&part(&jwt, 0)["alg"], &part(&jwt, 1)["token_introspection"]["active"]), (&json!("PS256"), &json!(true)));
}

#[tokio::test]
async fn who_signs_messages_signs_requests_and_takes_signed_answers() {
    let app = TestApp::start().await;
    let (client, _) = bank(&app, json!({ "fapiProfile": "fapi2_message_signing" })).await;
    let request = Ask::of(&client.id, RETURN).with("response_mode", "jwt");
    expect_error(client.push(&app, &request).await, 400, "invalid_request");
    let unsigned_answer = client.object(&app, &Ask::of(&client.id, RETURN), |_| ());
    expect_error(client.push_object(&app, &unsigned_answer).await, 400, "invalid_request");
    let request_uri = reference(client.push_object(&app, &client.object(&app, &request, |_| ())).await);
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &client.referring(&request_uri)).await;
    assert_eq!(returned.params.keys().collect::<Vec<_>>(), ["response"]);
    assert_eq!(part(returned.param("response"), 0)["alg"], "PS256");
}

#[tokio::test]
async fn people_are_asked_at_each_request() {
    let app = TestApp::start().await;
    let (client, _) = bank(&app, json!({ "fapiProfile": "fapi2_security" })).await;
    let mut browser = app.browser();
    for _ in 0..2 {
        let request_uri = reference(client.push(&app, &Ask::of(&client.id, RETURN)).await);
        authorize(&app, &mut browser, &app.notes.user, &client.referring(&request_uri)).await.code();
        let request_uri = reference(client.push(&app, &Ask::of(&client.id, RETURN).with("prompt", "none")).await);
        let returned = authorize(&app, &mut browser, &app.notes.user, &client.referring(&request_uri)).await;
        returned.expect_error("consent_required");
    }
}

/// What began before a profile was raised ends with what a new one would be told.
#[tokio::test]
async fn what_waits_is_judged_by_the_profile_of_then() {
    const INSECURE: &str = "http://localhost/callback";
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (client, _) = bank(&app, json!({ "redirectUris": [RETURN, INSECURE] })).await;
        let (holder, asked) = (Holder::default(), Ask::of(&client.id, RETURN));
        let unproven = reference(client.push(&app, &asked.clone().without_pkce()).await);
        let insecure = reference(client.push(&app, &Ask::of(&client.id, INSECURE)).await);
        let good = reference(client.push(&app, &asked).await);
        let (mut one, mut two) = (app.browser(), app.browser());
        let (by_link, by_reference) =
            (visit(&app, &mut one, &asked).await, visit(&app, &mut two, &client.referring(&unproven)).await);
        let other_unproven = reference(client.push(&app, &asked.clone().without_pkce()).await);
        let code = authorize(&app, &mut app.browser(), &app.notes.user, &asked).await.code();
        put_profile(&app, "fapi2_security").await.expect(200);

        for (browser, page, what) in [(&mut one, by_link, "not pushed"), (&mut two, by_reference, "without PKCE")] {
            let told = Returned::of(&go_on(browser, &app.notes.user, page).await);
            assert_eq!(told.to, RETURN, "{what}");
            told.expect_error("invalid_request");
        }
        let told = Returned::of(&visit(&app, &mut app.browser(), &client.referring(&other_unproven)).await);
        told.expect_error("invalid_request");
        for ask in [client.referring(&insecure), Ask::of(&client.id, INSECURE)] {
            let page = visit(&app, &mut app.browser(), &ask).await;
            assert_eq!((page.status, page.header("location")), (400, ""), "nothing is sent where it would be read");
        }
        expect_error(client.push(&app, &Ask::of(&client.id, INSECURE)).await, 400, "invalid_request");
        let redeeming = |code| {
            suite_journeys::holder::redeeming(code)
                .map(|(name, value)| if name == "redirect_uri" { (name, RETURN) } else { (name, value) })
        };
        expect_error(ask(&app, &client, &holder, &redeeming(&code)).await, 400, "invalid_grant");
        let code = authorize(&app, &mut app.browser(), &app.notes.user, &client.referring(&good)).await.code();
        Tokens::of(ask(&app, &client, &holder, &redeeming(&code)).await);
    }
}

#[tokio::test]
async fn a_code_ends_when_the_profile_of_then_says() {
    let app = TestApp::start().await;
    let (client, _) = bank(&app, json!({})).await;
    let request_uri = reference(client.push(&app, &Ask::of(&client.id, RETURN)).await);
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &client.referring(&request_uri)).await.code();
    put_profile(&app, "fapi2_security").await.expect(200);
    app.clock.advance(std::time::Duration::from_secs(61));
    let form = suite_journeys::holder::redeeming(&code)
        .map(|(name, value)| if name == "redirect_uri" { (name, RETURN) } else { (name, value) });
    expect_error(ask(&app, &client, &Holder::default(), &form).await, 400, "invalid_grant");
}

#[tokio::test]
async fn approvals_at_other_devices_are_judged_by_the_profile_of_then() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let holder = Holder::default();
        let made = async |id: &str, grant: &str| {
            let mut metadata = oauth::ClientMetadata::new(id);
            metadata.scopes = kernel::Scopes::from("openid email".to_owned());
            metadata.grant_types = vec![grant.to_owned()];
            metadata.response_types.clear();
            metadata.token_endpoint_auth_method = oauth::client::AuthMethod::PrivateKeyJwt;
            metadata.dpop_bound_access_tokens = true;
            metadata.allows_plain_pkce = true;
            metadata.backchannel_token_delivery_mode = Some(oauth::client::DeliveryMode::Poll);
            Prover::made(&app, metadata).await
        };
        let (caller, device) = (made("client_caller", CIBA).await, made("client_device", DEVICE_CODE).await);
        let asked = [("scope", "openid email"), ("login_hint", app.notes.user.email.as_str())];
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let begun =
                caller.send(&app, "/oauth/bc-authorize", &caller.assertion(&app, |_| ()), &asked).await.expect(200).json();
            waiting.push(begun["auth_req_id"].as_str().unwrap().to_owned());
        }
        let mut browser = app.browser();
        suite_journeys::ciba::decide(&app, &mut browser, &app.notes.user, "allow").await;
        let page = suite_journeys::ciba::first_request(&app, &mut browser, &app.notes.user).await;
        let shown = [("scope", "openid"), ("code_challenge", VERIFIER)];
        let begun =
            device.send(&app, "/oauth/device_authorization", &device.assertion(&app, |_| ()), &shown).await.expect(200).json();
        put_profile(&app, "fapi2_message_signing").await.expect(200);
        press(&mut browser, &page, "approval-form", &[("decision", "allow")]).await.expect(404);
        let code = begun["user_code"].as_str().unwrap();
        suite_journeys::device::question(&app, &mut browser, &app.notes.user, code).await.expect(400);
        for auth_req_id in &waiting {
            let form = [("grant_type", CIBA), ("auth_req_id", auth_req_id.as_str())];
            expect_error(ask(&app, &caller, &holder, &form).await, 400, "invalid_grant");
        }
        let form =
            [("grant_type", DEVICE_CODE), ("device_code", begun["device_code"].as_str().unwrap()), ("code_verifier", VERIFIER)];
        expect_error(ask(&app, &device, &holder, &form).await, 400, "invalid_grant");
        put_profile(&app, "none").await.expect(200);
        let mut granted = 0;
        for auth_req_id in &waiting {
            let form = [("grant_type", CIBA), ("auth_req_id", auth_req_id.as_str())];
            granted += usize::from(ask(&app, &caller, &holder, &form).await.status == 200);
        }
        assert_eq!(granted, 1, "the one that was approved, and nothing was used up meanwhile");
    }
}
