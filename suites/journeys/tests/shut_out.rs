//! Whoever was shut out, and whatever was revoked, opens nothing any more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use serde_json::json;
use std::time::Duration;
use suite_journeys::admin::{call, make_client, post, user_id};
use suite_journeys::code::{Ask, CALLBACK, authorize, silently};
use suite_journeys::pages::is_signed_in;
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, tokens_of, web_tokens};
use testkit::{TestApp, databases};

#[tokio::test]
async fn b27_whoever_was_shut_out_gets_nothing_more() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let web = Client::web(&app);
        let user = user_id(&app, &app.notes.user.email).await;
        let mut browser = app.browser();
        let ask = Ask::web(&app).with("scope", "openid offline_access");
        let code = authorize(&app, &mut browser, &app.notes.user, &ask).await.code();
        let tokens = Tokens::of(web.redeem(&app, &code).await);
        let waiting = silently(&app, &mut browser, &ask).await.code();
        assert!(is_alive(&app, tokens.access()).await);

        post(&app, &format!("/admin/users/{user}/block")).await.expect(200);
        assert!(!is_alive(&app, tokens.access()).await, "{database:?}");
        expect_error(web.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        expect_error(web.redeem(&app, &waiting).await, 400, "invalid_grant");
        assert_eq!(web.introspect(&app, tokens.refresh()).await, json!({ "active": false }));
        assert!(!is_signed_in(&app, &mut browser).await);

        post(&app, &format!("/admin/users/{user}/unblock")).await.expect(200);
        assert!(!is_alive(&app, tokens.access()).await, "what blocking ended stays ended");
        expect_error(web.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        assert!(!is_signed_in(&app, &mut browser).await);
    }
}

#[tokio::test]
async fn b27_deactivation_a_new_password_and_deletion_end_every_token_too() {
    for (what, method, path, body) in [
        ("deactivated", "PATCH", "", Some(json!({ "isActive": false }))),
        ("new password", "PUT", "/password", Some(json!({ "password": "a whole new password 9" }))),
        ("deleted", "DELETE", "", None),
    ] {
        let app = TestApp::start().await;
        let web = Client::web(&app);
        let user = user_id(&app, &app.notes.user.email).await;
        let mut browser = app.browser();
        let code =
            authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).with("scope", "openid offline_access")).await.code();
        let tokens = Tokens::of(web.redeem(&app, &code).await);
        let waiting = silently(&app, &mut browser, &Ask::web(&app)).await.code();
        app.clock.advance(Duration::from_secs(1));
        call(&app, method, &format!("/admin/users/{user}{path}"), body.as_ref()).await.expect(200);
        assert!(!is_alive(&app, tokens.access()).await, "{what}");
        expect_error(web.refresh(&app, tokens.refresh()).await, 400, "invalid_grant");
        expect_error(web.redeem(&app, &waiting).await, 400, "invalid_grant");
        assert!(!is_signed_in(&app, &mut browser).await, "{what}");
    }
}

#[tokio::test]
async fn b27_a_client_that_is_switched_off_gets_nothing_and_its_tokens_open_nothing() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let body = json!({
            "name": "Partner", "redirectUris": [CALLBACK], "scopes": ["openid", "offline_access", "reports:read"],
            "grantTypes": ["authorization_code", "refresh_token", "client_credentials"]
        });
        let (client, _) = make_client(&app, body).await;
        let tokens = tokens_of(&app, &client).await;
        let own = Tokens::of(client.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await);
        assert!(is_alive(&app, tokens.access()).await && is_alive(&app, own.access()).await);
        post(&app, &format!("/admin/clients/{}/disable", client.id)).await.expect(200);
        for token in [tokens.access(), own.access()] {
            assert!(!is_alive(&app, token).await, "{database:?}");
        }
        expect_error(client.refresh(&app, tokens.refresh()).await, 401, "invalid_client");
        expect_error(client.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await, 401, "invalid_client");
        let page = app.browser().open(&Ask::of(&client.id, CALLBACK).path(&app)).await;
        assert_eq!((page.status, page.header("location")), (400, ""));

        let secret = post(&app, &format!("/admin/clients/{}/rotate-secret", client.id)).await.expect(200).json();
        post(&app, &format!("/admin/clients/{}/enable", client.id)).await.expect(200);
        expect_error(client.refresh(&app, tokens.refresh()).await, 401, "invalid_client");
        let renewed = Client { secret: secret["data"]["secret"].as_str().map(str::to_owned), ..client.clone() };
        Tokens::of(renewed.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await);

        call(&app, "DELETE", &format!("/admin/clients/{}", client.id), None).await.expect(200);
        expect_error(renewed.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await, 401, "invalid_client");
        assert!(!is_alive(&app, tokens.access()).await, "{database:?}");
    }
}

#[tokio::test]
async fn revocation_ends_what_it_names_and_only_for_its_holder() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let web = Client::web(&app);
        let tokens = web_tokens(&app, "openid offline_access").await;
        Client::service(&app).revoke(&app, tokens.access()).await.expect(200);
        Client::service(&app).revoke(&app, tokens.refresh()).await.expect(200);
        assert!(is_alive(&app, tokens.access()).await, "another client revokes nothing");
        assert_eq!(web.revoke(&app, tokens.access()).await.expect(200).json(), json!({}));
        assert!(!is_alive(&app, tokens.access()).await, "{database:?}");
        let renewed = Tokens::of(web.refresh(&app, tokens.refresh()).await);
        assert!(is_alive(&app, renewed.access()).await, "revoking an access token leaves the grant");
        web.revoke(&app, renewed.refresh()).await.expect(200);
        assert!(!is_alive(&app, renewed.access()).await, "revoking a refresh token ends its grant");
        expect_error(web.refresh(&app, renewed.refresh()).await, 400, "invalid_grant");
        for unknown in ["", "x", "a.b.c"] {
            assert!([200, 400].contains(&web.revoke(&app, unknown).await.status), "{unknown}");
        }
        let app = app.restart().await;
        assert!(!is_alive(&app, tokens.access()).await, "after a restart: {database:?}");
        let machine = app.service_token("").await;
        Client::service(&app).revoke(&app, &machine).await.expect(200);
        assert!(!is_alive(&app, &machine).await, "{database:?}");
    }
}

#[tokio::test]
async fn introspection_tells_strangers_nothing() {
    let app = TestApp::start().await;
    let tokens = web_tokens(&app, "openid email").await;
    let anonymous = app.post(&app.api("/oauth/introspect")).form(&[("token", tokens.access())]).send().await;
    assert!([400, 401].contains(&anonymous.status), "{}", anonymous.text());
    let public = Client::spa(&app).introspect_raw(&app, tokens.access()).await;
    assert!(public.status == 401 || public.json() == json!({ "active": false }), "{}", public.text());
    let own = Client::web(&app).introspect(&app, tokens.access()).await;
    suite_journeys::shape::expect_shape(&own, "introspection");
    assert_eq!((&own["active"], &own["username"]), (&json!(true), &json!(app.notes.user.email)));
    app.clock.advance(Duration::from_secs(3601));
    assert_eq!(Client::web(&app).introspect(&app, tokens.access()).await, json!({ "active": false }));
}
