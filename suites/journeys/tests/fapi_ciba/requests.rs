//! What a request says beside its object.

use super::{POLL, scene};
use serde_json::json;
use suite_journeys::ciba::{NOTIFICATION_TOKEN, VARIANTS, auth_req_id, decide, first_request};
use suite_journeys::tokens::{Tokens, expect_error};

#[tokio::test]
async fn ensure_authorization_request_with_binding_message_succeeds() {
    let (app, _, client) = scene(POLL).await;
    client.ask(&app, |claims| claims["binding_message"] = json!("1234")).await.expect(200);
}

#[tokio::test]
async fn a_request_that_says_nothing_of_what_it_is_about_is_refused() {
    let (app, _, client) = scene(POLL).await;
    let silent = client.ask(&app, |claims| drop(claims.as_object_mut().unwrap().remove("binding_message")));
    expect_error(silent.await, 400, "invalid_request");
}

#[tokio::test]
async fn ensure_other_scope_order_succeeds() {
    let (app, _, client) = scene(POLL).await;
    let id = auth_req_id(client.ask(&app, |claims| claims["scope"] = json!("email openid")).await);
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    Tokens::of(client.poll(&app, &id).await);
}

#[tokio::test]
async fn ensure_requested_expiry_as_string_succeeds() {
    let (app, _, client) = scene(POLL).await;
    let answered = client.ask(&app, |claims| claims["requested_expiry"] = json!("30")).await.expect(200);
    assert_eq!(answered.json()["expires_in"], 30);
}

#[tokio::test]
async fn ensure_authorization_request_with_potentially_bad_binding_message() {
    let (app, _, client) = scene(POLL).await;
    let good = "1234 \u{1f44d}\u{1f3ff} \u{54c1}\u{5ddd} Lorem ipsum dolor sit amet, consectetur adipiscing elit";
    client.ask(&app, |claims| claims["binding_message"] = json!(good)).await.expect(200);
    let page = first_request(&app, &mut app.browser(), &app.notes.user).await.text();
    assert!(page.contains(&format!("<bdi>{good}</bdi>")), "shown as it came");
    for bad in ["two\nlines", "\u{202e}drawkcab", "", " ", &"x".repeat(300)] {
        let answered = client.ask(&app, |claims| claims["binding_message"] = json!(bad)).await;
        if bad.is_empty() {
            // An empty parameter is none, and this request says nothing else of what it is about.
            expect_error(answered, 400, "invalid_request");
        } else {
            expect_error(answered, 400, "invalid_binding_message");
        }
    }
}

#[tokio::test]
async fn ensure_authorization_request_with_multiple_hints_fails() {
    let (app, _, client) = scene(POLL).await;
    let tokens = client.tokens(&app).await;
    expect_error(client.ask(&app, |claims| claims["id_token_hint"] = json!(tokens.id())).await, 400, "invalid_request");
    let none = client.ask(&app, |claims| drop(claims.as_object_mut().unwrap().remove("login_hint")));
    expect_error(none.await, 400, "invalid_request");
    let alone = client.ask(&app, |claims| {
        claims.as_object_mut().unwrap().remove("login_hint");
        claims["id_token_hint"] = json!(tokens.id());
    });
    alone.await.expect(200);
}

#[tokio::test]
async fn ensure_unsigned_backchannel_authorization_request_fails() {
    for variant in VARIANTS {
        let (app, _, client) = scene(variant).await;
        let plain = [
            ("scope", "openid"),
            ("login_hint", app.notes.user.email.as_str()),
            ("client_notification_token", NOTIFICATION_TOKEN),
        ];
        expect_error(client.send(&app, "/oauth/bc-authorize", &plain).await, 400, "invalid_request");
    }
}
