//! What the client answers when it is pinged.

use super::{PING, scene};
use std::time::Duration;
use suite_journeys::ciba::{Variant, decide};
use suite_journeys::tokens::{Tokens, expect_error};

/// Whatever a client answers but a failure of its own, it is told once, nowhere else, and can fetch its tokens.
async fn answered_with(status: u16) {
    for has_assertion in [true, false] {
        let (app, _, client) = scene(Variant { has_assertion, ..PING }).await;
        client.rp.answer(status);
        let id = client.asked(&app).await;
        decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
        app.clock.advance(Duration::from_mins(1));
        app.work().await;
        let told = client.rp.requests();
        assert_eq!(told.len(), 1, "{status}: {told:?}");
        Tokens::of(client.poll(&app, &id).await);
    }
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_response_has_body() {
    answered_with(200).await;
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_response_401() {
    answered_with(401).await;
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_response_403() {
    answered_with(403).await;
}

#[tokio::test]
async fn ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry() {
    answered_with(401).await;
}

#[tokio::test]
async fn ping_backchannel_notification_endpoint_return_redirect_request() {
    answered_with(301).await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_pinged_again_while_the_request_lasts() {
    let (app, _, client) = scene(PING).await;
    client.rp.answer(500);
    let id = client.asked(&app).await;
    decide(&app, &mut app.browser(), &app.notes.user, "allow").await;
    app.clock.advance(Duration::from_secs(30));
    app.work().await;
    assert_eq!(client.rp.requests().len(), 2);
    client.rp.answer(200);
    app.clock.advance(Duration::from_mins(5));
    app.work().await;
    assert!(client.rp.requests().is_empty(), "its time is over");
    expect_error(client.poll(&app, &id).await, 400, "expired_token");
}
