//! Pushed authorization requests: the modules of the FAPI 2.0 plans by their names, and what else must hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use suite_journeys::admin::{call, make_client};
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, NONCE, Returned, STATE, authorize, go_on, silently, visit};
use suite_journeys::fapi::{ONE, TWO, reference, register};
use suite_journeys::organizations::another;
use suite_journeys::pages::{has_id, press, sign_in};
use suite_journeys::record::latest;
use suite_journeys::tokens::{Client, Tokens, expect_error, id_token_claims};
use testkit::{Answered, TestApp, databases};

/// The error page, with this code and no way out of this server.
fn expect_page(answered: &Answered, code: &str) {
    assert_eq!((answered.status, answered.header("location")), (400, ""), "{}", answered.text());
    assert!(has_id(answered, "error") && answered.text().contains(code), "{}", answered.text());
}

fn pairs(ask: &Ask) -> Vec<(&str, &str)> {
    ask.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn happy_flow() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let two_uri = format!("{CALLBACK}?dummy1=lorem&dummy2=ipsum");
        let (one, two) = (
            register(&app, ONE, |_| ()).await,
            register(&app, TWO, |metadata| metadata.redirect_uris.push(two_uri.clone())).await,
        );
        let mut browser = app.browser();
        let answered = one.push(&app, &one.ask()).await.expect(201);
        assert_eq!((answered.header("cache-control"), answered.header("content-type")), ("no-store", "application/json"));
        assert_eq!(answered.json()["expires_in"], 60);
        let request_uri = reference(answered);
        let secret = request_uri.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap().split_once('.').unwrap().1;
        assert!(secret.len() >= 43 && secret.chars().collect::<BTreeSet<_>>().len() > 16, "{request_uri}");
        let returned = authorize(&app, &mut browser, &app.notes.user, &one.referring(&request_uri)).await;
        assert_eq!((returned.param("state"), returned.param("iss")), (STATE, app.notes.issuer.as_str()));
        let tokens = Tokens::of(one.redeem(&app, &returned.code()).await);
        assert_eq!(id_token_claims(&app, tokens.id()).await["nonce"], NONCE);
        let returned = two.authorize(&app, &mut browser, &two.ask().with("redirect_uri", &two_uri)).await;
        assert_eq!((returned.param("dummy1"), returned.param("dummy2")), ("lorem", "ipsum"));
    }
}

#[tokio::test]
async fn par_without_duplicate_parameters() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    one.tokens(&app, &mut app.browser(), &one.ask()).await;
}

#[tokio::test]
async fn par_ensure_reused_request_uri_prior_to_auth_completion_succeeds() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let one = register(&app, ONE, |_| ()).await;
        let mut browser = app.browser();
        let request_uri = one.pushed(&app, &one.ask()).await;
        let first = one.visit(&app, &mut browser, &request_uri).await;
        assert!(has_id(&first, "sign-in-form"));
        app.clock.advance(Duration::from_secs(20));
        let second = one.visit(&app, &mut browser, &request_uri).await;
        let returned = Returned::of(&go_on(&mut browser, &app.notes.user, second).await);
        Tokens::of(one.redeem(&app, &returned.code()).await);
    }
}

#[tokio::test]
async fn par_attempt_reuse_request_uri() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let one = register(&app, ONE, |_| ()).await;
        let mut browser = app.browser();
        let request_uri = one.pushed(&app, &one.ask()).await;
        authorize(&app, &mut browser, &app.notes.user, &one.referring(&request_uri)).await.code();
        expect_page(&one.visit(&app, &mut browser, &request_uri).await, "invalid_request_uri");
        expect_page(&one.visit(&app, &mut app.browser(), &request_uri).await, "invalid_request_uri");
    }
}

#[tokio::test]
async fn par_attempt_to_use_expired_request_uri() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let one = register(&app, ONE, |_| ()).await;
        let (fresh, used) = (one.pushed(&app, &one.ask()).await, one.pushed(&app, &one.ask()).await);
        let waiting = one.visit(&app, &mut app.browser(), &used).await.expect(200);
        app.clock.advance(Duration::from_mins(1));
        for request_uri in [&fresh, &used] {
            expect_page(&one.visit(&app, &mut app.browser(), request_uri).await, "invalid_request_uri");
        }
        assert!(has_id(&waiting, "sign-in-form"), "who came in time still has the page's own hour");
    }
}

#[tokio::test]
async fn par_attempt_to_use_request_uri_for_different_client() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (one, two) = (register(&app, ONE, |_| ()).await, register(&app, TWO, |_| ()).await);
        let request_uri = one.pushed(&app, &one.ask()).await;
        let mut browser = app.browser();
        expect_page(&two.visit(&app, &mut browser, &request_uri).await, "invalid_request_uri");
        let returned = authorize(&app, &mut browser, &app.notes.user, &one.referring(&request_uri)).await;
        assert!(!returned.code().is_empty(), "the other client's attempt used nothing up");
    }
}

#[tokio::test]
async fn par_authorization_request_containing_request_uri_form_param() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let earlier = one.pushed(&app, &one.ask()).await;
    for uri in [earlier.as_str(), "https://client.example/request.jwt"] {
        expect_error(one.push(&app, &one.ask().with("request_uri", uri)).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn par_attempt_invalid_http_method() {
    let app = TestApp::start().await;
    for method in ["PUT", "GET", "PATCH", "DELETE"] {
        assert_eq!(app.request(method, &app.api("/oauth/par")).send().await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn par_ensure_pkce_required() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    expect_error(one.push(&app, &one.ask().without_pkce()).await, 400, "invalid_request");
}

#[tokio::test]
async fn par_plain_pkce_rejected() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    expect_error(one.push(&app, &one.ask().with("code_challenge_method", "plain")).await, 400, "invalid_request");
}

#[tokio::test]
async fn plain_fapi_tolerate_unregistered_redirect_uri() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let hostile = one.ask().with("redirect_uri", "https://attacker.example/callback");
    expect_error(one.push(&app, &hostile).await, 400, "invalid_request");
}

#[tokio::test]
async fn ensure_redirect_uri_in_authorization_request() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |metadata| metadata.redirect_uris.push("https://bank.example/cb".to_owned())).await;
    expect_error(one.push(&app, &one.ask().without("redirect_uri")).await, 400, "invalid_request");
}

#[tokio::test]
async fn ensure_unsigned_authorization_request_without_using_par_fails() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let returned = silently(&app, &mut app.browser(), &one.ask()).await.expect_error("invalid_request");
    assert_eq!((returned.to.as_str(), returned.param("state")), (CALLBACK, STATE));
    let form = one.ask();
    let answered = app.browser().post(&app.api("/oauth/authorize"), form.pairs()).await;
    Returned::of(&answered).expect_error("invalid_request");
}

#[tokio::test]
async fn ensure_response_type_token_fails() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    for response_type in ["token", "code id_token", "id_token token", "none"] {
        let answered = one.push(&app, &one.ask().with("response_type", response_type)).await.expect(400);
        let error = answered.json()["error"].as_str().unwrap().to_owned();
        assert!(["unsupported_response_type", "invalid_request", "unauthorized_client"].contains(&error.as_str()), "{error}");
    }
}

#[tokio::test]
async fn ensure_different_nonce_inside_and_outside_request_object() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let mut browser = app.browser();
    let request_uri = one.pushed(&app, &one.ask()).await;
    let ask = one.referring(&request_uri).with("nonce", "the nonce of somebody else");
    let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
    assert_eq!(id_token_claims(&app, Tokens::of(one.redeem(&app, &code).await).id()).await["nonce"], NONCE);
}

#[tokio::test]
async fn ensure_different_state_inside_and_outside_request_object() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let request_uri = one.pushed(&app, &one.ask()).await;
    let ask = one.referring(&request_uri).with("state", "another").with("redirect_uri", "https://attacker.example/cb");
    let returned =
        authorize(&app, &mut app.browser(), &app.notes.user, &ask.with("scope", "openid email").with("prompt", "none")).await;
    assert_eq!((returned.to.as_str(), returned.param("state")), (CALLBACK, STATE));
    assert!(!returned.code().is_empty(), "what stands beside the reference counts for nothing");
}

#[tokio::test]
async fn state_only_outside_request_object_not_used() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let request_uri = one.pushed(&app, &one.ask().without("state")).await;
    let ask = one.referring(&request_uri).with("state", "outside");
    let returned = authorize(&app, &mut app.browser(), &app.notes.user, &ask).await;
    assert!(!returned.params.contains_key("state") && !returned.code().is_empty(), "{}", returned.url);
}

#[tokio::test]
async fn ensure_authorization_request_with_long_state() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let (state, nonce) = ("s".repeat(1000), "n".repeat(384));
    let ask = one.ask().with("state", &state).with("nonce", &nonce);
    let returned = one.authorize(&app, &mut app.browser(), &ask).await;
    assert_eq!(returned.param("state"), state);
    assert_eq!(id_token_claims(&app, Tokens::of(one.redeem(&app, &returned.code()).await).id()).await["nonce"], nonce);
}

#[tokio::test]
async fn user_rejects_authentication() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let request_uri = one.pushed(&app, &one.ask()).await;
    let page = one.visit(&app, &mut browser, &request_uri).await;
    let denied = press(&mut browser, &page, "consent-form", &[("decision", "deny")]).await;
    let returned = Returned::of(&denied).expect_error("access_denied");
    assert_eq!((returned.param("state"), returned.param("iss")), (STATE, app.notes.issuer.as_str()));
    expect_page(&one.visit(&app, &mut browser, &request_uri).await, "invalid_request_uri");
}

#[tokio::test]
async fn par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    for (ahead, is_good) in [(8, true), (61, false)] {
        let assertion = one.assertion(&app, |claims| claims["nbf"] = json!(claims["nbf"].as_i64().unwrap() + ahead));
        let answered = one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await;
        assert_eq!(answered.status == 201, is_good, "{ahead}: {}", answered.text());
    }
}

#[tokio::test]
async fn par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let assertion = one.assertion(&app, |claims| claims["nbf"] = json!(claims["nbf"].as_i64().unwrap() + 70));
    expect_error(one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await, 401, "invalid_client");
}

#[tokio::test]
async fn par_test_array_as_audience_fails() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let issuer = app.notes.issuer.clone();
    let assertion = one.assertion(&app, |claims| claims["aud"] = json!([issuer]));
    expect_error(one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await, 401, "invalid_client");
}

#[tokio::test]
async fn par_test_par_endpoint_url_as_audience_fails() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let endpoint = format!("{}/api/v1/oauth/par", app.notes.issuer);
    let assertion = one.assertion(&app, |claims| claims["aud"] = json!(endpoint));
    expect_error(one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await, 401, "invalid_client");
}

#[tokio::test]
async fn par_test_token_endpoint_url_as_audience_fails() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let endpoint = format!("{}/api/v1/oauth/token", app.notes.issuer);
    let assertion = one.assertion(&app, |claims| claims["aud"] = json!(endpoint));
    expect_error(one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await, 401, "invalid_client");
}

#[tokio::test]
async fn every_client_pushes_as_it_authenticates_elsewhere() {
    let app = TestApp::start().await;
    for client in [Client::web(&app), Client::spa(&app)] {
        let mut browser = app.browser();
        let answered = client.post(&app, "/oauth/par", &pairs(&Ask::of(&client.id, CALLBACK).without("client_id"))).await;
        let ask = Ask::default().with("client_id", &client.id).with("request_uri", &reference(answered));
        let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
        Tokens::of(client.redeem(&app, &code).await);
    }
    let wrong = Client { secret: Some("wrong".to_owned()), ..Client::web(&app) };
    expect_error(wrong.post(&app, "/oauth/par", &pairs(&Ask::web(&app))).await, 401, "invalid_client");
    let (web, spa) = (Client::web(&app), Client::spa(&app));
    let posing = web.post(&app, "/oauth/par", &pairs(&Ask::of(&spa.id, CALLBACK))).await;
    expect_error(posing, 401, "invalid_client");
}

#[tokio::test]
async fn an_assertion_pushes_one_request_and_opens_nothing_else() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let one = register(&app, ONE, |_| ()).await;
        let assertion = one.assertion(&app, |_| ());
        one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await.expect(201);
        expect_error(one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await, 401, "invalid_client");
        let form = [("grant_type", "authorization_code"), ("code", "x")];
        expect_error(one.send(&app, "/oauth/token", &assertion, &form).await, 401, "invalid_client");
    }
}

#[tokio::test]
async fn a_client_without_fapi_may_name_the_endpoint_it_pushes_to_as_audience() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |metadata| metadata.assertion_audience = oauth::client::AssertionAudience::default()).await;
    for path in ["/api/v1/oauth/par", "/api/v1/oauth/token", ""] {
        let audience = format!("{}{path}", app.notes.issuer);
        let assertion = one.assertion(&app, |claims| claims["aud"] = json!(audience));
        one.send(&app, "/oauth/par", &assertion, &pairs(&one.ask())).await.expect(201);
    }
}

#[tokio::test]
async fn what_the_authorization_endpoint_would_refuse_is_refused_at_once() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    for (name, value, error) in [
        ("scope", "unknown:scope", "invalid_scope"),
        ("resource", "https://nobody.example", "invalid_target"),
        ("prompt", "none login", "invalid_request"),
        ("claims", "{", "invalid_request"),
        ("id_token_hint", "x.y.z", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("response_type", "", "invalid_request"),
        ("response_mode", "web_message", "invalid_request"),
    ] {
        let answered = web.post(&app, "/oauth/par", &pairs(&Ask::web(&app).with(name, value))).await;
        expect_error(answered, 400, error);
    }
    let ask = Ask::web(&app);
    let twice = [pairs(&ask), vec![("state", "again")]].concat();
    expect_error(web.post(&app, "/oauth/par", &twice).await, 400, "invalid_request");
}

#[tokio::test]
async fn a_reference_is_worth_nothing_guessed_elsewhere_or_sent_twice() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let request_uri = one.pushed(&app, &one.ask()).await;
    let (id, secret) = request_uri.rsplit_once('.').unwrap();
    let urn = "urn:ietf:params:oauth:request_uri:";
    for wrong in [
        format!("{id}.{}", "A".repeat(secret.len())),
        format!("{id}."),
        id.to_owned(),
        urn.to_owned(),
        format!("{urn}{secret}"),
        format!("{request_uri}x"),
        format!("{urn}{}", "y".repeat(5000)),
    ] {
        expect_page(&one.visit(&app, &mut app.browser(), &wrong).await, "invalid_request_uri");
    }
    let twice = format!("{}&request_uri={request_uri}", one.referring(&request_uri).path(&app));
    expect_page(&app.browser().open(&twice).await, "invalid_request");
    let nobody = Ask::default().with("request_uri", &request_uri);
    expect_page(&visit(&app, &mut app.browser(), &nobody).await, "invalid_request");
    another(&app, "other-corp").await;
    let elsewhere = one.referring(&request_uri).path(&app).replace(&app.notes.org, "other-corp");
    expect_page(&app.browser().open(&elsewhere).await, "unknown_client");
    one.visit(&app, &mut app.browser(), &request_uri).await.expect(200);
}

#[tokio::test]
async fn a_reference_works_by_post_too() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let mut browser = app.browser();
    let request_uri = one.pushed(&app, &one.ask()).await;
    for _ in 0..2 {
        let answered = browser.post(&app.api("/oauth/authorize"), one.referring(&request_uri).pairs()).await.expect(303);
        let page = browser.follow(answered).await;
        assert!(has_id(&page, "sign-in-form"));
    }
    let page = one.visit(&app, &mut browser, &request_uri).await;
    Returned::of(&go_on(&mut browser, &app.notes.user, page).await).code();
    let answered = browser.post(&app.api("/oauth/authorize"), one.referring(&request_uri).pairs()).await;
    expect_page(&answered, "invalid_request_uri");
}

#[tokio::test]
async fn what_changes_between_pushing_and_opening_counts() {
    let app = TestApp::start().await;
    for change in
        [json!({ "isActive": false }), json!({ "redirectUris": ["https://moved.example/cb"] }), json!({ "scopes": ["email"] })]
    {
        let body = json!({ "name": "Changing", "redirectUris": [CALLBACK], "scopes": ["openid", "email"] });
        let (client, _) = make_client(&app, body).await;
        let answered = client.post(&app, "/oauth/par", &pairs(&Ask::of(&client.id, CALLBACK))).await;
        let ask = Ask::default().with("client_id", &client.id).with("request_uri", &reference(answered));
        call(&app, "PATCH", &format!("/admin/clients/{}", client.id), Some(&change)).await.expect(200);
        expect_page(&visit(&app, &mut app.browser(), &ask).await, "invalid_request_uri");
    }
}

#[tokio::test]
async fn a_request_for_somebody_who_is_signed_in_is_answered_at_once_and_then_gone() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let mut browser = app.browser();
    one.tokens(&app, &mut browser, &one.ask()).await;
    let request_uri = one.pushed(&app, &one.ask().with("prompt", "none")).await;
    silently(&app, &mut browser, &one.referring(&request_uri)).await.code();
    expect_page(&one.visit(&app, &mut browser, &request_uri).await, "invalid_request_uri");
    let stranger = one.pushed(&app, &one.ask().with("prompt", "none")).await;
    silently(&app, &mut app.browser(), &one.referring(&stranger)).await.expect_error("login_required");
    expect_page(&one.visit(&app, &mut app.browser(), &stranger).await, "invalid_request_uri");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_uses_of_one_reference_one_wins() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let one = register(&app, ONE, |_| ()).await;
        let mut browser = app.browser();
        one.tokens(&app, &mut browser, &one.ask()).await;
        let cookies = format!("lumoauth_session={}", browser.cookie("lumoauth_session").unwrap());
        let request_uri = one.pushed(&app, &one.ask()).await;
        let path = one.referring(&request_uri).path(&app);
        let answers = at_once((0..100).map(|_| {
            let (app, path, cookies) = (app.clone(), path.clone(), cookies.clone());
            async move {
                let answered = app.get(&path).header("cookie", &cookies).send().await;
                (answered.status, answered.header("location").to_owned())
            }
        }))
        .await;
        let codes = answers.iter().filter(|(status, location)| *status == 303 && location.contains("code=")).count();
        assert_eq!(codes, 1, "{database:?}: {answers:?}");
        let lost = answers.iter().filter(|(_, location)| location.is_empty());
        assert!(lost.clone().all(|(status, _)| [400, 503].contains(status)), "{database:?}: {answers:?}");
        assert_eq!(lost.count(), 99, "{database:?}: {answers:?}");
    }
}

#[tokio::test]
async fn discovery_says_where_requests_are_pushed() {
    let app = TestApp::start().await;
    for document in ["openid-configuration", "oauth-authorization-server"] {
        let found = app.get(&app.api(&format!("/.well-known/{document}"))).send().await.expect(200).json();
        let endpoint = format!("{}/api/v1/oauth/par", app.notes.issuer);
        assert_eq!(found["pushed_authorization_request_endpoint"], endpoint);
        assert_eq!(found["require_pushed_authorization_requests"], false);
    }
}

#[tokio::test]
async fn a_pushed_request_is_in_the_log_and_its_secret_is_not() {
    let app = TestApp::start().await;
    let one = register(&app, ONE, |_| ()).await;
    let request_uri = one.pushed(&app, &one.ask()).await;
    let entry = latest(&app, "authorization.pushed").await;
    assert_eq!(entry["targetId"], ONE, "{entry:#}");
    assert!(!entry.to_string().contains(request_uri.rsplit_once('.').unwrap().1));
}
