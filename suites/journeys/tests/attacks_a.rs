//! Attacks on the front channel that must fail: the pages, the authorization endpoint, the ways back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use flow::{Method, Surface};
use kernel::Access;
use serde_json::json;
use suite_journeys::admin::{call, get, make_client};
use suite_journeys::code::{Ask, CALLBACK, Returned, VERIFIER, authorize, code_for_user, go_on, silently, visit};
use suite_journeys::pages::{at, expect_id, field, has_id, is_signed_in, press, sign_in};
use suite_journeys::tokens::{Client, Tokens, expect_error, published_keys};
use suite_journeys::{mail, organizations};
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

#[tokio::test]
async fn a04_response_types_and_modes_cannot_be_downgraded() {
    let app = TestApp::start().await;
    let types = [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "code id_token token",
        "none",
        "CODE",
        "code code",
    ];
    for response_type in types {
        let ask = Ask::web(&app).with("response_type", response_type);
        let returned = silently(&app, &mut app.browser(), &ask).await.expect_error("unsupported_response_type");
        assert!(!returned.params.contains_key("access_token") && !returned.params.contains_key("id_token"), "{}", returned.url);
    }
    for mode in ["web_message", "jwt.query", "cookie"] {
        let answered = visit(&app, &mut app.browser(), &Ask::web(&app).with("response_mode", mode)).await;
        Returned::of(&answered).expect_error("invalid_request");
    }
    let body = json!({ "name": "Machine", "grantTypes": ["client_credentials"], "redirectUris": [CALLBACK], "scopes": ["reports:read"] });
    let made = call(&app, "POST", "/admin/clients", Some(&body)).await;
    if made.status == 201 {
        let id = made.json()["data"]["clientId"].as_str().unwrap().to_owned();
        let ask = Ask::of(&id, CALLBACK).with("scope", "reports:read");
        silently(&app, &mut app.browser(), &ask).await.expect_error("unauthorized_client");
    }
}

#[tokio::test]
async fn a04_the_answer_comes_in_the_mode_that_was_asked_for() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let by_fragment = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).with("response_mode", "fragment")).await;
    assert!(by_fragment.url.starts_with("http://localhost/callback#") && !by_fragment.url.contains('?'), "{}", by_fragment.url);
    let page = visit(&app, &mut browser, &Ask::web(&app).with("response_mode", "form_post")).await;
    let page = expect_id(page.expect(200), "form-post");
    assert!(page.text().contains(&format!("action=\"{CALLBACK}\"")), "{}", page.text());
    Tokens::of(Client::web(&app).redeem(&app, &field(&page, "code")).await);
    assert_eq!(field(&page, "iss"), app.notes.issuer);
}

#[tokio::test]
async fn a05_pkce_cannot_be_left_out_weakened_or_added_later() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    for ask in [
        Ask::spa(&app).without_pkce(),
        Ask::spa(&app).with("code_challenge_method", "plain"),
        Ask::spa(&app).without("code_challenge_method"),
        Ask::spa(&app).with("code_challenge_method", "s256"),
        Ask::spa(&app).with("code_challenge_method", "S512"),
        Ask::spa(&app).with("code_challenge", ""),
        Ask::spa(&app).with("code_challenge", "short"),
        Ask::spa(&app).with("code_challenge", &"x".repeat(129)),
        Ask::spa(&app).with("code_challenge", &"+".repeat(43)),
        Ask::spa(&app).without("code_challenge"),
        Ask::web(&app).with("code_challenge_method", "plain"),
    ] {
        silently(&app, &mut browser, &ask).await.expect_error("invalid_request");
    }
    let (spa, web) = (Client::spa(&app), Client::web(&app));
    let long = "w".repeat(43);
    for verifier in [None, Some(""), Some("short"), Some(long.as_str()), Some(suite_journeys::code::challenge().as_str())] {
        let code = authorize(&app, &mut browser, &app.notes.user, &Ask::spa(&app)).await.code();
        let mut more = vec![("redirect_uri", CALLBACK)];
        more.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        expect_error(spa.redeem_with(&app, &code, &more).await, 400, "invalid_grant");
    }
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).without_pkce()).await.code();
    expect_error(web.redeem(&app, &code).await, 400, "invalid_grant");
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app).without_pkce()).await.code();
    Tokens::of(web.redeem_with(&app, &code, &[("redirect_uri", CALLBACK)]).await);
}

#[tokio::test]
async fn a05_who_lacks_the_verifier_gets_nothing_and_takes_nothing_from_its_owner() {
    let app = TestApp::start().await;
    let code = code_for_user(&app, &Ask::spa(&app)).await;
    let spa = Client::spa(&app);
    for _ in 0..3 {
        let wrong = [("redirect_uri", CALLBACK), ("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")];
        expect_error(spa.redeem_with(&app, &code, &wrong).await, 400, "invalid_grant");
    }
    Tokens::of(spa.redeem(&app, &code).await);
}

#[tokio::test]
async fn a07_every_answer_names_its_issuer() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let issuer = app.notes.issuer.clone();
    let ask = Ask::web(&app).with("scope", "openid email");
    for error in [
        silently(&app, &mut browser, &ask.clone().with("prompt", "none")).await,
        silently(&app, &mut browser, &ask.clone().with("response_type", "token")).await,
        silently(&app, &mut browser, &ask.clone().with("scope", "nothing-anybody-may")).await,
        silently(&app, &mut browser, &ask.clone().with("max_age", "soon")).await,
    ] {
        assert!(!error.param("error").is_empty() && error.param("iss") == issuer, "{}", error.url);
    }
    let page = visit(&app, &mut browser, &ask).await;
    let cancelled = press(&mut browser, &page, "cancel-form", &[("decision", "cancel")]).await;
    let cancelled = Returned::of(&browser.follow(cancelled).await).expect_error("access_denied");
    assert_eq!(cancelled.param("iss"), issuer);
    let granted = authorize(&app, &mut browser, &app.notes.user, &ask).await;
    assert_eq!((granted.param("iss"), granted.code().is_empty()), (issuer.as_str(), false));

    let other = organizations::another(&app, "globex").await;
    assert_ne!(other.issuer, issuer, "two organizations are two issuers");
}

fn is_unframeable(answered: &Answered) -> bool {
    let policy = answered.header("content-security-policy");
    policy.contains("frame-ancestors 'none'") && answered.header("x-frame-options") == "DENY"
}

#[tokio::test]
async fn a08_pages_cannot_be_framed_and_forms_cannot_be_sent_from_elsewhere() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let user = &app.notes.user;
    let page = visit(&app, &mut browser, &Ask::web(&app)).await;
    assert!(is_unframeable(&page), "{:?}", page.headers);
    let signed_in =
        press(&mut browser, &page, "sign-in-form", &[("identifier", &user.email), ("password", &user.password)]).await;
    let consent = expect_id(browser.follow(signed_in).await, "consent-form");
    assert!(is_unframeable(&consent), "{:?}", consent.headers);
    let transaction = field(&consent, "transaction");
    let good = field(&consent, "csrf");

    let mut attacker = app.browser();
    let attackers_page = visit(&app, &mut attacker, &Ask::web(&app)).await;
    let foreign = field(&attackers_page, "csrf");
    let before_sign_in = field(&page, "csrf");
    for csrf in [None, Some(""), Some("x"), Some(foreign.as_str()), Some(before_sign_in.as_str())] {
        let mut fields = vec![("transaction".to_owned(), transaction.clone()), ("decision".to_owned(), "allow".to_owned())];
        fields.extend(csrf.map(|csrf| ("csrf".to_owned(), csrf.to_owned())));
        let answered = browser.post(&at(&app, "consent"), &fields).await;
        assert!([400, 403].contains(&answered.status), "{csrf:?}: {} {}", answered.status, answered.text());
        assert!(is_unframeable(&answered));
    }
    let mut elsewhere = app.browser();
    let fields = [("transaction", transaction.as_str()), ("decision", "allow"), ("csrf", good.as_str())];
    let stolen = elsewhere.post(&at(&app, "consent"), &fields.map(|(name, value)| (name.to_owned(), value.to_owned()))).await;
    assert_eq!(stolen.status, 403, "a form token is worth nothing in another browser");
    let allowed = press(&mut browser, &consent, "consent-form", &[("decision", "allow")]).await;
    Returned::of(&browser.follow(allowed).await).code();
}

/// Forms of the pages, with fields that would do something if the token were there.
const FORMS: &[(&str, &[(&str, &str)])] = &[
    ("signin", &[("identifier", "demo@acme.example"), ("password", "x")]),
    ("signout", &[]),
    ("register", &[("email", "mallory@example.com"), ("password", "something entirely new 1")]),
    ("verify-email", &[("token", "x")]),
    ("verify-email/resend", &[("email", "demo@acme.example")]),
    ("forgot-password", &[("email", "demo@acme.example")]),
    ("reset-password", &[("token", "x"), ("password", "something entirely new 1")]),
    ("consent", &[("transaction", "x"), ("decision", "allow")]),
    ("choose-account", &[("transaction", "x"), ("account", "other")]),
    ("choose-organization", &[("transaction", "x"), ("organization", "other")]),
    ("accounts", &[("account", "other")]),
    ("accounts/signout", &[("account", "other")]),
    ("device", &[("user_code", "BCDF-GHJK"), ("decision", "allow")]),
    ("invitation", &[("token", "x"), ("decision", "accept")]),
    ("invitation/register", &[("token", "x"), ("password", "something entirely new 1")]),
    ("account/requests/x", &[("decision", "allow")]),
    ("account/approval-code", &[("current_password", "x"), ("approval_code", "471147")]),
    ("account/approval-code/remove", &[]),
    ("account/password", &[("current_password", "x"), ("password", "something entirely new 1")]),
    ("account/profile", &[("given_name", "Mallory"), ("family_name", "Mallory")]),
    ("account/details", &[("nickname", "Mallory")]),
    ("account/confirm-email", &[]),
    ("account/sessions/revoke", &[("session", "others")]),
    ("account/apps/disconnect", &[("app", "x")]),
];
/// Places that take a form of another site on purpose: each only leads to a page that asks.
const TAKES_FOREIGN_FORMS: [&str; 3] = ["oauth/authorize", "oauth/logout", "oauth/login/submit"];

#[tokio::test]
async fn a08_every_form_needs_its_token() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    for entry in lumoauth::assemble::catalogue(false).into_entries().iter().filter(|entry| entry.surface == Surface::Page) {
        let places = entry.routes.iter().filter(|route| route.method != Method::Get);
        let places = places.map(|route| route.path.trim_start_matches("/orgs/{org}/").trim_start_matches("api/v1/"));
        let places: Vec<String> = places.map(|path| path.replace("{requestId}", "x")).collect();
        // The console's forms are all asked in `console.rs`.
        let is_known = places.is_empty()
            || matches!(entry.access, Access::Console(_))
            || places
                .iter()
                .any(|path| TAKES_FOREIGN_FORMS.contains(&path.as_str()) || FORMS.iter().any(|(known, _)| known == path));
        assert!(is_known, "{} {places:?} is asked for its token by nobody", entry.id);
    }
    for (path, fields) in FORMS {
        for csrf in [None, Some("x"), Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] {
            let sent = fields.iter().copied().chain(csrf.map(|csrf| ("csrf", csrf)));
            let sent: Vec<(String, String)> = sent.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let answered = browser.post(&at(&app, path), &sent).await;
            let is_refused = [400, 403].contains(&answered.status)
                || (answered.status == 410 && fields.iter().any(|(name, _)| *name == "token"));
            assert!(is_refused, "{path}: {} {}", answered.status, answered.text());
        }
    }
    for path in TAKES_FOREIGN_FORMS {
        let answered = browser.post(&app.api(&format!("/{path}")), &[]).await;
        assert!([303, 400].contains(&answered.status), "{path}: {} {}", answered.status, answered.text());
    }
    assert!(is_signed_in(&app, &mut browser).await);
    let shown = get(&app, &format!("/admin/users/{}", app.notes.user.email)).await.expect(200).json();
    assert_eq!((&shown["data"]["givenName"], &shown["data"]["loginCount"]), (&json!(null), &json!(1)));
    assert!(mail::to(&app, &app.notes.user.email).await.is_empty(), "no mail without the form");
}

#[tokio::test]
async fn a09_a_planted_session_is_worth_nothing_after_signing_in() {
    let app = TestApp::start().await;
    let mut attacker = app.browser();
    sign_in(&app, &mut attacker, &app.notes.admin).await;
    let planted = attacker.cookie("lumoauth_session").unwrap().to_owned();

    let mut victim = app.browser();
    victim.set_cookie("lumoauth_session", "0197-made-up.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    sign_in(&app, &mut victim, &app.notes.user).await;
    assert_ne!(victim.cookie("lumoauth_session").unwrap(), "0197-made-up.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");

    // The victim's browser carries the attacker's session into a request that wants a new proof.
    let mut victim = app.browser();
    victim.set_cookie("lumoauth_session", &planted);
    let page = visit(&app, &mut victim, &Ask::web(&app).with("prompt", "login")).await;
    go_on(&mut victim, &app.notes.user, page).await;
    let own = victim.cookie("lumoauth_session").unwrap().to_owned();
    assert_ne!(own, planted);
    let mut with_planted = app.browser();
    with_planted.set_cookie("lumoauth_session", &planted);
    assert!(!is_signed_in(&app, &mut with_planted).await, "the planted session ended");
}

#[tokio::test]
async fn a09_each_proof_gives_the_session_a_new_id() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    sign_in(&app, &mut browser, &app.notes.user).await;
    let mut seen = vec![browser.cookie("lumoauth_session").unwrap().to_owned()];
    for _ in 0..2 {
        let page = visit(&app, &mut browser, &Ask::web(&app).with("prompt", "login")).await;
        go_on(&mut browser, &app.notes.user, page).await;
        let now = browser.cookie("lumoauth_session").unwrap().to_owned();
        assert!(!seen.contains(&now), "the id stayed the same");
        seen.push(now);
    }
    for old in &seen[..2] {
        let mut thief = app.browser();
        thief.set_cookie("lumoauth_session", old);
        assert!(!is_signed_in(&app, &mut thief).await, "an old id still opens the account");
    }
}

const SCRIPT: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'";

fn is_harmless(answered: &Answered) -> bool {
    let text = answered.text();
    let policy = answered.header("content-security-policy");
    !text.contains("<script>alert")
        && !text.contains("<img src=x")
        && !policy.contains("unsafe-inline")
        && policy.contains("default-src 'none'")
}

#[tokio::test]
async fn a10_nothing_anybody_wrote_becomes_markup() {
    let app = TestApp::start().await;
    let body = json!({ "name": SCRIPT, "redirectUris": [CALLBACK], "scopes": ["openid", "email"] });
    let (client, _) = make_client(&app, body).await;
    let ask = Ask::of(&client.id, CALLBACK).with("scope", "openid email").with("login_hint", SCRIPT).with("state", SCRIPT);
    let mut browser = app.browser();
    let page = visit(&app, &mut browser, &ask).await;
    assert!(has_id(&page, "sign-in-form") && is_harmless(&page), "{}", page.text());
    let wrong = press(&mut browser, &page, "sign-in-form", &[("identifier", SCRIPT), ("password", SCRIPT)]).await;
    assert!(is_harmless(&wrong), "{}", wrong.text());
    let user = &app.notes.user;
    let signed_in =
        press(&mut browser, &wrong, "sign-in-form", &[("identifier", &user.email), ("password", &user.password)]).await;
    let consent = expect_id(browser.follow(signed_in).await, "consent-form");
    assert!(is_harmless(&consent), "{}", consent.text());

    for path in [
        Ask::of(SCRIPT, CALLBACK).path(&app),
        Ask::of(&client.id, SCRIPT).path(&app),
        format!("{}?transaction=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", at(&app, "signin")),
        format!("{}?continue=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", at(&app, "signin")),
        format!("{}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", at(&app, "verify-email")),
        format!("{}?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", at(&app, "reset-password")),
        format!("{}?post_logout_redirect_uri=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", app.api("/oauth/logout")),
        "/orgs/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E/signin".to_owned(),
        "/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
    ] {
        let answered = app.browser().open(&path).await;
        assert!(answered.status < 500 && (answered.status == 303 || is_harmless(&answered)), "{path}: {}", answered.text());
    }
    let posted = visit(&app, &mut browser, &ask.with("response_mode", "form_post")).await;
    let posted = go_on(&mut browser, user, posted).await;
    assert!(has_id(&posted, "form-post") && is_harmless(&posted), "{}", posted.text());
}

#[tokio::test]
async fn a10_a_client_cannot_bring_scripts_as_addresses() {
    let app = TestApp::start().await;
    for name in ["logoUri", "policyUri", "tosUri", "clientUri"] {
        for address in
            ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "JaVaScRiPt:alert(1)", "//evil"]
        {
            let body = json!({ "name": "App", "redirectUris": [CALLBACK], name: address });
            let answered = call(&app, "POST", "/admin/clients", Some(&body)).await;
            assert_eq!(answered.status, 400, "{name}={address}: {}", answered.text());
        }
    }
}

#[tokio::test]
async fn a11_signing_out_leads_to_registered_places_only_and_needs_proof() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let code = authorize(&app, &mut browser, &app.notes.user, &Ask::web(&app)).await.code();
    let id_token = Tokens::of(Client::web(&app).redeem(&app, &code).await).id().to_owned();
    let logout = |pairs: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}?{query}", app.api("/oauth/logout"))
    };
    let registered = "http://localhost/";
    let hostile = [
        "https://evil.example/",
        "http://localhost/../",
        "http://localhost.evil.example/",
        "//evil.example",
        "http://localhost/x",
    ];
    for uri in hostile {
        let answered = browser.open(&logout(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", uri)])).await;
        assert!(answered.header("location").is_empty(), "{uri} led to {}", answered.header("location"));
        assert!(!answered.text().contains(&format!("href=\"{uri}\"")), "{uri} is offered");
        // Sign in again, if that signed out.
        if !is_signed_in(&app, &mut browser).await {
            sign_in(&app, &mut browser, &app.notes.user).await;
        }
    }
    for pairs in [
        vec![],
        vec![("post_logout_redirect_uri", registered)],
        vec![("post_logout_redirect_uri", registered), ("client_id", app.notes.web_client.client_id.as_str())],
        vec![("post_logout_redirect_uri", registered), ("id_token_hint", "not.a.token")],
    ] {
        let page = browser.open(&logout(&pairs)).await;
        assert_eq!((page.status, has_id(&page, "sign-out-form")), (200, true), "{pairs:?}: {}", page.text());
        assert!(is_signed_in(&app, &mut browser).await, "{pairs:?} signed out without a question");
    }
    let pairs = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", registered), ("state", "bye")];
    let mut elsewhere = app.browser();
    sign_in(&app, &mut elsewhere, &app.notes.admin).await;
    let page = elsewhere.open(&logout(&pairs)).await;
    assert!(has_id(&page, "sign-out-form") && is_signed_in(&app, &mut elsewhere).await, "somebody else's hint proves nothing");

    let code = silently(&app, &mut browser, &Ask::web(&app).with("prompt", "none")).await.code();
    let id_token = Tokens::of(Client::web(&app).redeem(&app, &code).await).id().to_owned();
    let pairs = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", registered), ("state", "bye")];
    let done = browser.open(&logout(&pairs)).await;
    assert_eq!(done.location(), "http://localhost/?state=bye");
    assert!(!is_signed_in(&app, &mut browser).await);
}

#[tokio::test]
async fn a12_other_hosts_and_forwarded_ones_are_not_believed() {
    let app = TestApp::start().await;
    for host in ["evil.example", "localhost", "localhost:8081", "localhost:8080.evil.example", "evil.example#localhost:8080", ""]
    {
        for path in [at(&app, "signin"), app.api("/.well-known/openid-configuration"), Ask::web(&app).path(&app)] {
            let answered = app.get(&path).header("host", host).send().await;
            assert_eq!(answered.status, 421, "{host} {path}: {}", answered.text());
        }
    }
    for name in [
        "x-forwarded-host",
        "forwarded",
        "x-host",
        "x-original-host",
        "x-forwarded-server",
        "x-forwarded-prefix",
        "x-original-url",
    ] {
        let value = if name == "forwarded" { "host=evil.example;proto=https" } else { "evil.example" };
        let document = app.get(&app.api("/.well-known/openid-configuration")).header(name, value).send().await.expect(200);
        assert_eq!(document.json()["issuer"], app.notes.issuer, "{name}");
        assert!(!document.text().contains("evil.example"), "{name}");
        let page = app.get(&at(&app, "signin")).header("accept", "text/html").header(name, value).send().await.expect(200);
        assert!(!page.text().contains("evil.example") && !page.header("set-cookie").contains("evil.example"), "{name}");
    }
    let twice = app.get(&at(&app, "signin")).header("host", "localhost:8080").header("host", "evil.example").send().await;
    assert_eq!(twice.status, 421);
}

#[tokio::test]
async fn a13_mail_links_lead_to_the_organizations_own_address() {
    let app = TestApp::start().await;
    let email = &app.notes.user.email;
    let mut browser = app.browser();
    let page = browser.open(&at(&app, "forgot-password")).await.expect(200);
    let csrf = field(&page, "csrf");
    let cookie = format!("lumoauth_browser={}", browser.cookie("lumoauth_browser").unwrap());
    let form = [("csrf", csrf.as_str()), ("email", email.as_str())];
    let path = at(&app, "forgot-password");
    let refused = app.post(&path).header("host", "evil.example").header("cookie", &cookie).form(&form).send().await;
    assert_eq!(refused.status, 421);
    let sent = app
        .post(&path)
        .header("cookie", &cookie)
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    let sent = sent.header("origin", "https://evil.example").header("referer", "https://evil.example/").form(&form).send().await;
    assert!([200, 303].contains(&sent.status), "{}", sent.text());
    let mails = mail::to(&app, email).await;
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].text_body.contains("evil.example"));
    for link in mails[0].links() {
        assert!(link.starts_with(&format!("{}/orgs/{}/", app.notes.base_url, app.notes.org)), "{link}");
    }
}

#[tokio::test]
async fn a_code_that_was_never_sent_for_is_refused_like_any_other() {
    let app = TestApp::start().await;
    let web = Client::web(&app);
    let real = code_for_user(&app, &Ask::web(&app)).await;
    let (id, secret) = real.split_once('.').unwrap();
    let other = "A".repeat(secret.len());
    for code in
        ["", "x", ".", "a.b", id, secret, &format!("{id}."), &format!("{id}.{other}"), &format!("{real}x"), &format!(" {real}")]
    {
        let answered = web.redeem(&app, code).await;
        assert_eq!(answered.status, 400, "{code}: {}", answered.text());
        let error = answered.json()["error"].as_str().unwrap().to_owned();
        assert!(["invalid_grant", "invalid_request"].contains(&error.as_str()), "{code}: {error}");
    }
    assert!(!published_keys(&app).await.keys().is_empty());
    Tokens::of(web.redeem(&app, &real).await);
}
