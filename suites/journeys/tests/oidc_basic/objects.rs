//! Requests by reference and as objects.

use jose::encoding::base64url;
use serde_json::json;
use suite_journeys::code::{Ask, CALLBACK, silently};
use testkit::TestApp;

#[tokio::test]
async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("request_uri", "https://client.example/request.jwt");
    silently(&app, &mut app.browser(), &ask).await.expect_error("request_uri_not_supported");
}

#[tokio::test]
async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported() {
    let app = TestApp::start().await;
    let ask = Ask::web(&app).with("request", "eyJhbGciOiJub25lIn0.eyJub25jZSI6IngifQ.");
    silently(&app, &mut app.browser(), &ask).await.expect_error("request_not_supported");
}

#[tokio::test]
async fn oidcc_ensure_request_object_with_redirect_uri() {
    let app = TestApp::start().await;
    let inside = json!({ "redirect_uri": "https://elsewhere.example/callback" }).to_string();
    let ask = Ask::web(&app).with("request", &format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(inside)));
    let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("request_not_supported");
    assert_eq!(returned.to, CALLBACK, "what stands in an object nobody read leads nowhere");
}
