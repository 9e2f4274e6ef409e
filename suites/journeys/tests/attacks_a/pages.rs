//! The pages: no frames, no forms from elsewhere, no markup of strangers.

use flow::{Method, Surface};
use kernel::Access;
use serde_json::json;
use suite_journeys::admin::{call, get, make_client};
use suite_journeys::code::{Ask, CALLBACK, Returned, go_on, visit};
use suite_journeys::mail;
use suite_journeys::pages::{at, expect_id, field, has_id, is_signed_in, press, sign_in};
use testkit::{Answered, TestApp};

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
