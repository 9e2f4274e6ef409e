//! Where the browser is sent with an answer: registered addresses and nowhere else.

use serde_json::json;
use suite_journeys::admin::{call, make_client};
use suite_journeys::code::{Ask, CALLBACK, VERIFIER, authorize};
use suite_journeys::pages::{has_id, sign_in};
use suite_journeys::tokens::{Client, Tokens, expect_error};
use testkit::{Answered, TestApp};

/// An error page that leads nowhere but to this server.
fn is_dead_end(answered: &Answered, hostile: &str) -> bool {
    let is_page = answered.status == 400 && has_id(answered, "error") && answered.header("location").is_empty();
    is_page && !answered.text().contains(&format!("href=\"{hostile}")) && !answered.text().contains("http-equiv")
}

async fn must_not_lead_to(app: &TestApp, client: &str, hostile: &[&str]) {
    for uri in hostile {
        for signed_in in [false, true] {
            let mut browser = app.browser();
            if signed_in {
                sign_in(app, &mut browser, &app.notes.user).await;
            }
            let answered = browser.open(&Ask::of(client, uri).path(app)).await;
            assert!(
                is_dead_end(&answered, uri),
                "{uri}: {} {} {}",
                answered.status,
                answered.header("location"),
                answered.text()
            );
        }
    }
}

#[tokio::test]
async fn a01_redirect_uri_must_match_exactly() {
    let app = TestApp::start().await;
    let body = json!({ "name": "App", "redirectUris": ["https://app.example.com/callback"], "scopes": ["openid"] });
    let (client, _) = make_client(&app, body).await;
    let hostile = [
        "https://app.example.com/callback/..;/steal",
        "https://app.example.com/callback/%2e%2e/steal",
        "https://app.example.com/callback/../steal",
        "https://app.example.com/./callback",
        "https://app.example.com//callback",
        "https://app.example.com/callback/",
        "https://app.example.com/callback?x=1",
        "https://app.example.com/callback#x",
        "https://app.example.com/callback%00",
        "https://app.example.com/callback ",
        " https://app.example.com/callback",
        "https://app.example.com/Callback",
        "https://app.example.com\\@evil.example/callback",
        "https://app.example.com@evil.example/callback",
        "https://evil.example\\app.example.com/callback",
        "https://user:password@app.example.com/callback",
        "https://app.example.com:443/callback",
        "https://app.example.com./callback",
        "https://app.example.com.evil.example/callback",
        "https://APP.example.com/callback",
        "HTTPS://app.example.com/callback",
        "http://app.example.com/callback",
        "//app.example.com/callback",
        "/callback",
        "javascript:alert(1)//https://app.example.com/callback",
        "data:text/html,https://app.example.com/callback",
        "https://аpp.example.com/callback",
    ];
    must_not_lead_to(&app, &client.id, &hostile).await;
    let good =
        authorize(&app, &mut app.browser(), &app.notes.user, &Ask::of(&client.id, "https://app.example.com/callback")).await;
    assert_eq!(good.to, "https://app.example.com/callback");
}

#[tokio::test]
async fn a01_no_hostile_redirect_uri_can_be_registered() {
    let app = TestApp::start().await;
    let hostile = [
        "https://app.example.com/callback#fragment",
        "https://*.example.com/callback",
        "https://app.example.com/*",
        "http://app.example.com/callback",
        "https://user@app.example.com/callback",
        "https://app.example.com/a/../callback",
        "https://app.example.com\\@evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "app.example.com/callback",
        "",
    ];
    for uri in hostile {
        let body = json!({ "name": "App", "redirectUris": [uri], "scopes": ["openid"] });
        let answered = call(&app, "POST", "/admin/clients", Some(&body)).await;
        assert_eq!(answered.status, 400, "{uri}: {}", answered.text());
    }
}

#[tokio::test]
async fn a02_an_unregistered_redirect_uri_gets_no_redirect() {
    let app = TestApp::start().await;
    let web = app.notes.web_client.client_id.clone();
    must_not_lead_to(
        &app,
        &web,
        &["https://evil.example/callback", "http://localhost/other", "http://127.0.0.1/callback/deeper"],
    )
    .await;
    let service = app.notes.service_client.client_id.clone();
    must_not_lead_to(&app, &service, &[CALLBACK]).await;
    let unknown = app.browser().open(&Ask::of("client_that_is_not_there", CALLBACK).path(&app)).await;
    assert!(is_dead_end(&unknown, CALLBACK), "{}", unknown.text());
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", Ask::web(&app).path(&app));
    assert!(is_dead_end(&app.browser().open(&twice).await, "https://evil.example/"));
    let two_clients = format!("{}&client_id={service}", Ask::web(&app).path(&app));
    assert!(is_dead_end(&app.browser().open(&two_clients).await, CALLBACK));
}

#[tokio::test]
async fn a03_on_loopback_the_port_may_vary_and_nothing_else() {
    let app = TestApp::start().await;
    let registered = ["http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost:3000/cb"];
    let body = json!({ "name": "Native", "isPublic": true, "applicationType": "native", "redirectUris": registered, "scopes": ["openid"] });
    let (client, _) = make_client(&app, body).await;
    let good = ["http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "http://[::1]:61023/cb", "http://localhost:3000/cb"];
    for uri in good {
        let returned = authorize(&app, &mut app.browser(), &app.notes.user, &Ask::of(&client.id, uri)).await;
        assert_eq!(returned.to, uri);
        let redeemed = client.redeem_with(&app, &returned.code(), &[("redirect_uri", uri), ("code_verifier", VERIFIER)]).await;
        Tokens::of(redeemed);
    }
    let hostile = [
        "http://localhost.evil.example/cb",
        "http://localhost.evil/cb",
        "http://localhost:3001/cb",
        "http://localhost/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.2/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0x7f.0.0.1/cb",
        "http://127.0.0.1/other",
        "http://127.0.0.1:51004/cb/",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:80:80/cb",
        "https://127.0.0.1/cb",
        "http://[::1].evil.example/cb",
        "http://[::ffff:127.0.0.1]/cb",
    ];
    must_not_lead_to(&app, &client.id, &hostile).await;
}

#[tokio::test]
async fn a03_a_code_is_bound_to_the_loopback_port_it_was_sent_to() {
    let app = TestApp::start().await;
    let here = "http://127.0.0.1:5000/callback";
    let code = authorize(&app, &mut app.browser(), &app.notes.user, &Ask::web(&app).with("redirect_uri", here)).await.code();
    let more = [("redirect_uri", "http://127.0.0.1:5001/callback"), ("code_verifier", VERIFIER)];
    expect_error(Client::web(&app).redeem_with(&app, &code, &more).await, 400, "invalid_grant");
}
