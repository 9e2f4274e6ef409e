//! The request, the pages it leads to, and the way back.

use crate::support::{CALLBACK, ISSUER, SPA, WEB, World, authorize_path, claims, hidden, param, text};
use serde_json::json;

#[tokio::test]
async fn a_person_signs_in_for_an_application() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        let asked = world.authorize(&cookie, &[]).await;
        assert_eq!(asked.status, 303);
        let consent = asked.location();
        assert!(consent.starts_with("/orgs/acme/consent?transaction="), "{consent}");
        let answered = world.decide(&consent, &cookie, "allow").await;
        let location = answered.location();
        assert!(location.starts_with(&format!("{CALLBACK}?code=")), "{location}");
        assert_eq!(param(&location, "state").as_deref(), Some("s t"));
        assert_eq!(param(&location, "iss").as_deref(), Some(ISSUER));
        let tokens = world.redeem(&param(&location, "code").unwrap()).await.json;
        assert_eq!(tokens["scope"], "email openid");
        let id_token = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(id_token["iss"], ISSUER);
        assert_eq!((&id_token["aud"], &id_token["nonce"]), (&json!(WEB), &json!("n")));
        assert_eq!(id_token["sub"], world.user.id.as_str());
        assert_eq!(id_token["auth_time"], world.now().as_secs());
        assert!(id_token["sid"].is_string() && id_token["at_hash"].is_string() && id_token.get("email").is_none());
        let header = jose::jws::Header::parse(tokens["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(header.algorithm.name(), "RS256");
        let info = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json;
        assert_eq!((&info["sub"], &info["email"]), (&id_token["sub"], &json!("mia@example.com")));
        assert_eq!((&info["email_verified"], info.get("name")), (&json!(false), None));
        let silently = world.authorize(&cookie, &[("prompt", "none")]).await;
        assert!(param(&silently.location(), "code").is_some(), "consent is remembered");
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back() {
    let world = World::start().await;
    let asked = world.get(&authorize_path(&[]), &[]).await;
    let sign_in = asked.location();
    assert!(sign_in.starts_with("/orgs/acme/signin?transaction="), "{sign_in}");
    let handle = param(&sign_in, "transaction").unwrap();
    let cookie = world.sign_in(&world.user).await;
    let resume = format!("/orgs/acme/api/v1/oauth/authorize?transaction={handle}");
    let back = world.get(&resume, &[("cookie", &cookie)]).await;
    assert!(back.location().starts_with("/orgs/acme/consent?transaction="));
    let done = world.decide(&back.location(), &cookie, "allow").await;
    assert!(param(&done.location(), "code").is_some());
    assert_eq!(world.get(&resume, &[("cookie", &cookie)]).await.refusal(), (400, "expired"), "a request is answered once");
}

#[tokio::test]
async fn a_person_who_cancels_or_denies_is_not_handed_over() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let asked = world.authorize(&cookie, &[]).await;
    let denied = world.decide(&asked.location(), &cookie, "deny").await.location();
    assert_eq!(param(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&denied, "iss").as_deref(), Some(ISSUER));
    let handle = param(&world.get(&authorize_path(&[]), &[]).await.location(), "transaction").unwrap();
    let cancel = format!("/orgs/acme/api/v1/oauth/authorize?transaction={handle}&decision=cancel");
    let cancelled = world.get(&cancel, &[]).await.location();
    assert_eq!(param(&cancelled, "error").as_deref(), Some("access_denied"));
    assert!(!denied.contains("code=") && !cancelled.contains("code="));
}

#[tokio::test]
async fn attack_8_consent_without_the_token_of_its_page_is_refused() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let consent = world.authorize(&cookie, &[]).await.location();
    let handle = param(&consent, "transaction").unwrap();
    let page = world.get(&consent, &[("cookie", &cookie)]).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"));
    let csrf = hidden(&page.html, "csrf");
    let browser = page.cookies.iter().fold(cookie.clone(), |line, (name, value)| format!("{line}; {name}={value}"));
    for (cookies, csrf) in [(&browser, "forged"), (&cookie, &*csrf)] {
        let form = [("csrf", csrf), ("transaction", &*handle), ("decision", "allow")];
        let reached = world.post("/orgs/acme/consent", &[("cookie", cookies)], &form).await;
        assert_eq!(reached.refusal(), (403, "csrf"));
    }
}

#[tokio::test]
async fn attacks_1_and_2_an_address_that_is_not_registered_is_never_redirected_to() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    for uri in [
        "https://evil.example/cb",
        "https://app.example/cb/",
        "https://app.example/cb?x=1",
        "https://app.example/cb/..;/evil",
        "https://app.example/%2e%2e/cb",
        "https://app.example\\@evil.example/cb",
        "https://app.example@evil.example/cb",
        "HTTPS://app.example/cb",
        "https://app.example./cb",
        "http://app.example/cb",
        "javascript:alert(1)",
    ] {
        let reached = world.authorize(&cookie, &[("redirect_uri", uri)]).await;
        assert_eq!(reached.refusal(), (400, "unregistered_redirect_uri"), "{uri}");
        assert!(reached.headers.is_empty());
    }
    let unknown = world.authorize(&cookie, &[("client_id", "client_nobody")]).await;
    assert_eq!(unknown.refusal(), (400, "unknown_client"));
    let missing = world.get("/orgs/acme/api/v1/oauth/authorize", &[]).await;
    assert_eq!(missing.refusal(), (400, "invalid_request"));
    let by_post =
        world.post("/orgs/acme/api/v1/oauth/authorize", &[], &[("client_id", WEB), ("redirect_uri", "https://e.example")]);
    assert_eq!(by_post.await.refusal(), (400, "unregistered_redirect_uri"));
}

#[tokio::test]
async fn what_else_is_wrong_goes_back_to_the_client_with_state_and_iss() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    for (more, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("scope", "admin")], "invalid_scope"),
        (&[("request", "x.y.z")], "invalid_request_object"),
        (&[("request_uri", "https://a.example")], "request_uri_not_supported"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("id_token_hint", "forged")], "invalid_request"),
        (&[("resource", "https://evil.example")], "invalid_target"),
        (&[("claims", "{")], "invalid_request"),
    ] {
        let location = world.authorize(&cookie, more).await.location();
        assert!(location.starts_with(CALLBACK), "{location}");
        assert_eq!(param(&location, "error").as_deref(), Some(error), "{location}");
        assert_eq!(param(&location, "state").as_deref(), Some("s t"));
        assert_eq!(param(&location, "iss").as_deref(), Some(ISSUER));
    }
}

#[tokio::test]
async fn a_silent_request_never_shows_a_page() {
    let world = World::start().await;
    let nobody = world.get(&authorize_path(&[("prompt", "none")]), &[]).await.location();
    assert_eq!(param(&nobody, "error").as_deref(), Some("login_required"));
    let cookie = world.sign_in(&world.user).await;
    let unasked = world.authorize(&cookie, &[("prompt", "none")]).await.location();
    assert_eq!(param(&unasked, "error").as_deref(), Some("consent_required"));
}

#[tokio::test]
async fn a_new_proof_is_asked_for_where_the_client_wants_one() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    world.code(&cookie, &[]).await;
    world.advance(2);
    for more in [("prompt", "login"), ("max_age", "1"), ("prompt", "login select_account")] {
        let location = world.authorize(&cookie, &[more]).await.location();
        assert!(location.starts_with("/orgs/acme/signin?"), "{more:?} {location}");
    }
    let choose = world.authorize(&cookie, &[("prompt", "select_account")]).await.location();
    assert!(choose.starts_with("/orgs/acme/choose-account?transaction="), "{choose}");
    let register = world.authorize(&cookie, &[("prompt", "create")]).await.location();
    assert!(register.starts_with("/orgs/acme/register?transaction="), "{register}");
    let long_ago = world.authorize(&cookie, &[("max_age", "10000")]).await.location();
    assert!(param(&long_ago, "code").is_some());
}

#[tokio::test]
async fn an_earlier_id_token_names_the_person() {
    let world = World::start().await;
    let tokens = world.tokens("openid email").await;
    let hint = text(&tokens, "id_token");
    let cookie = world.sign_in(&world.user).await;
    let same = world.authorize(&cookie, &[("prompt", "none"), ("id_token_hint", &hint)]).await.location();
    assert!(param(&same, "code").is_some(), "{same}");
    let other = [("prompt", "none"), ("claims", r#"{"id_token":{"sub":{"value":"somebody-else"}}}"#)];
    let other = world.authorize(&cookie, &other).await.location();
    assert_eq!(param(&other, "error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_request_by_post_goes_on_by_get() {
    let world = World::start().await;
    let form = [
        ("response_type", "code"),
        ("client_id", WEB),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "posted"),
        ("prompt", "none"),
    ];
    let posted = world.post("/orgs/acme/api/v1/oauth/authorize", &[], &form).await;
    assert_eq!(posted.status, 303);
    let resume = posted.location();
    assert!(resume.starts_with("/orgs/acme/api/v1/oauth/authorize?transaction="));
    let location = world.get(&resume, &[]).await.location();
    assert_eq!(param(&location, "error").as_deref(), Some("login_required"));
    assert_eq!(param(&location, "state").as_deref(), Some("posted"));
}

#[tokio::test]
async fn an_answer_can_come_as_a_form_or_in_the_fragment() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    world.code(&cookie, &[]).await;
    let page = world.authorize(&cookie, &[("response_mode", "form_post"), ("state", "\"><b>")]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(page.html.contains(CALLBACK) && !page.html.contains("\"><b>"));
    assert_eq!(world.redeem(&hidden(&page.html, "code")).await.status, 200);
    let fragment = world.authorize(&cookie, &[("response_mode", "fragment")]).await.location();
    assert!(fragment.starts_with(&format!("{CALLBACK}#code=")));
}

#[tokio::test]
async fn attack_3_only_the_port_of_a_loopback_address_may_vary() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    for (uri, is_good) in [
        ("http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1/cb/x", false),
        ("http://localhost:49152/cb", false),
        ("http://127.0.0.1.evil.example/cb", false),
        ("http://localhost.evil/cb", false),
    ] {
        let reached = world.authorize(&cookie, &[("client_id", SPA), ("redirect_uri", uri)]).await;
        assert_eq!(reached.status == 303, is_good, "{uri} {reached:?}");
    }
}
