//! Requests that are broken, too large or too many.

use serde_json::{Value, json};
use suite_journeys::admin::{call, get};
use suite_journeys::code::{Ask, VERIFIER};
use suite_journeys::tokens::{Client, expect_error};
use testkit::TestApp;

#[tokio::test]
async fn b29_broken_authorization_headers_are_refused() {
    let app = TestApp::start().await;
    let megabyte = "A".repeat(1024 * 1024);
    let values = [
        String::new(),
        " ".to_owned(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!!".to_owned(),
        "Basic Og==".to_owned(),
        "Basic YQ==".to_owned(),
        "Basic YTpi YTpi".to_owned(),
        "Basic /////w==".to_owned(),
        "Basic YTpiCg".to_owned(),
        format!("Basic {megabyte}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer a b".to_owned(),
        "Bearer ......".to_owned(),
        format!("Bearer {megabyte}"),
        format!("Bearer {}", "a.".repeat(50_000)),
        format!("{megabyte} x"),
        "Digest username=\"x\"".to_owned(),
        ",,,,".to_owned(),
        "Bearer \u{1F600}".to_owned(),
    ];
    for value in &values {
        let shown: String = value.chars().take(30).collect();
        for (method, path) in [
            ("POST", "/oauth/token"),
            ("POST", "/oauth/introspect"),
            ("POST", "/oauth/revoke"),
            ("GET", "/oauth/userinfo"),
            ("GET", "/me"),
            ("GET", "/admin/users"),
        ] {
            let sending = app.request(method, &app.api(path)).header("authorization", value);
            let sending =
                if method == "POST" { sending.form(&[("grant_type", "client_credentials"), ("token", "x")]) } else { sending };
            let answered = sending.send().await;
            assert!([400, 401].contains(&answered.status), "{path} {shown}: {} {}", answered.status, answered.text());
            assert!(answered.body.len() < 2000, "{path} {shown}: the answer repeats what was sent");
        }
    }
    let twice = app.get(&app.api("/me")).bearer(&app.service_token("").await).header("authorization", "Bearer x").send().await;
    assert!([400, 401].contains(&twice.status), "{}", twice.text());
}

#[tokio::test]
async fn b30_ten_thousand_of_anything_are_refused() {
    let app = TestApp::start().await;
    let many = (0..10_000).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
    let claims = Value::Object((0..10_000).map(|n| (format!("c{n}"), Value::Null)).collect());
    let mut browser = app.browser();
    for ask in [
        Ask::web(&app).with("scope", &format!("openid {many}")),
        Ask::web(&app).with("claims", &json!({ "userinfo": claims }).to_string()),
        Ask::web(&app).with("claims", &format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000))),
        Ask::web(&app).with("acr_values", &many).with("max_age", "soon"),
        Ask::web(&app).with("state", &"s".repeat(100_000)),
        Ask::web(&app).with("nonce", &"n".repeat(100_000)),
    ] {
        let answered = browser.post(&app.api("/oauth/authorize"), ask.pairs()).await;
        let refusal = answered.header("location");
        assert!(
            answered.status == 400 || (answered.status == 303 && refusal.contains("error=")),
            "{} {refusal}",
            answered.status
        );
        assert!(!refusal.contains("transaction=") && refusal.len() < 5_000, "a request of any size is kept or repeated");
    }
    let resources: Vec<(&str, String)> = (0..10_000).map(|n| ("resource", format!("https://api.example/{n}"))).collect();
    let mut form: Vec<(&str, &str)> = vec![("grant_type", "client_credentials")];
    form.extend(resources.iter().map(|(name, value)| (*name, value.as_str())));
    let service = Client::service(&app);
    assert!((400..500).contains(&service.post(&app, "/oauth/token", &form).await.status));
    let scopes = service.post(&app, "/oauth/token", &[("grant_type", "client_credentials"), ("scope", &many)]).await;
    assert!((400..500).contains(&scopes.status) && scopes.body.len() < 2000, "{}", scopes.text());
    let body =
        json!({ "name": "Many", "redirectUris": (0..10_000).map(|n| format!("https://a.example/{n}")).collect::<Vec<_>>() });
    assert!((400..500).contains(&call(&app, "POST", "/admin/clients", Some(&body)).await.status));
}

#[tokio::test]
async fn client_secrets_are_guessed_in_vain() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    for secret in ["", "x", &"A".repeat(43)] {
        let guess = Client { secret: Some(secret.to_owned()), ..web.clone() };
        expect_error(guess.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await, 401, "invalid_client");
    }
    let both =
        [("grant_type", "client_credentials"), ("client_id", web.id.as_str()), ("client_secret", web.secret.as_deref().unwrap())];
    let answered = web.post(&app, "/oauth/token", &both).await;
    assert!([400, 401].contains(&answered.status), "two ways at once: {}", answered.text());
    let unknown = Client { id: "client_unknown".to_owned(), secret: Some("x".to_owned()) };
    let (known, unknown) = (
        Client { secret: Some("x".to_owned()), ..web.clone() }
            .post(&app, "/oauth/token", &[("grant_type", "client_credentials")])
            .await,
        unknown.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await,
    );
    assert_eq!((known.status, known.json()), (unknown.status, unknown.json()), "known and unknown clients look the same");
    let public_with_secret = [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", VERIFIER)];
    let answered =
        Client { secret: Some("x".to_owned()), ..Client::spa(&app) }.post(&app, "/oauth/token", &public_with_secret).await;
    assert!([400, 401].contains(&answered.status), "{}", answered.text());
    assert!(get(&app, "/admin/clients").await.expect(200).text().find(web.secret.as_deref().unwrap()).is_none());
}
