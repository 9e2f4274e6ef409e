//! Signing in.

use crate::testing::{ADA, Browser, PASSWORD, World, databases, together};
use crate::transaction::{self, Display};
use identity::sessions::COOKIE;
use kernel::FaultKind;
use std::time::Duration;
use store::platform_sql;

const SIGN_IN: &str = "/orgs/acme-corp/signin";
const ACCOUNT: &str = "/orgs/acme-corp/account";

#[tokio::test]
async fn a_person_signs_in_with_address_and_password_and_is_known_afterwards() {
    for database in databases() {
        let world = World::with_ada_on(database).await;
        let mut browser = world.browser();
        let answer = browser.sign_in(" Ada@Example.com", PASSWORD).await;
        assert_eq!(answer.location(), ACCOUNT);
        let user = world.user(ADA).await.unwrap();
        assert_eq!((user.last_login_at, user.login_count), (Some(world.services.clock.now()), 1));
        let (name, outcome, leaf) = world.events().await.pop().unwrap();
        assert_eq!((name.as_str(), outcome.as_str()), ("users.signed_in", "success"));
        assert_eq!(leaf["target"]["id"], user.id.as_str());
        assert!(browser.get(ACCOUNT).await.text.contains(ADA));
    }
}

#[tokio::test]
async fn wrong_unknown_blocked_inactive_and_without_password_look_the_same() {
    let world = World::with_ada().await;
    for email in ["blocked@example.com", "inactive@example.com", "passwordless@example.com"] {
        world.person(email, PASSWORD).await;
    }
    world.sql(platform_sql!("UPDATE users SET is_blocked = 1 WHERE email = 'blocked@example.com'"), &[]).await;
    world.sql(platform_sql!("UPDATE users SET is_active = 0 WHERE email = 'inactive@example.com'"), &[]).await;
    world.sql(platform_sql!("UPDATE users SET password_hash = NULL WHERE email = 'passwordless@example.com'"), &[]).await;
    let mut pages = Vec::new();
    for (email, password) in [
        (ADA, "wrong horse battery"),
        ("nobody@example.com", PASSWORD),
        ("blocked@example.com", PASSWORD),
        ("inactive@example.com", PASSWORD),
        ("passwordless@example.com", PASSWORD),
    ] {
        let mut browser = world.browser();
        let answer = browser.sign_in(email, password).await;
        assert!(!browser.cookies.contains_key(COOKIE), "{email}");
        assert!(answer.text.contains(&format!("value=\"{email}\"")), "the identifier stays filled in");
        assert!(!answer.text.contains(password));
        let csrf = answer.hidden("csrf");
        pages.push((answer.status, answer.text.replace(email, "…").replace(&csrf, "…"), answer.headers.len()));
        assert_eq!(world.latest_events(1).await, ["users.sign_in_failed refused"]);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");
    assert_eq!(pages[0].0, 401);
    let reasons: Vec<String> = world.events().await.iter().map(|(_, _, leaf)| leaf["fields"]["reason"].to_string()).collect();
    assert_eq!(
        reasons[..5],
        ["\"wrong_credentials\"", "\"wrong_credentials\"", "\"blocked\"", "\"not_active\"", "\"wrong_credentials\""]
    );
}

#[tokio::test]
async fn what_was_typed_wrongly_is_in_no_log() {
    let world = World::with_ada().await;
    world.browser().sign_in("my-secret-typed-above", "wrong horse battery").await;
    for (_, _, leaf) in world.events().await {
        assert!(!leaf.to_string().contains("my-secret"), "{leaf}");
    }
}

async fn guess(browser: &mut Browser<'_>, times: usize) {
    for _ in 0..times {
        assert_eq!(browser.sign_in(ADA, "wrong horse battery").await.status, 401);
    }
}

#[tokio::test]
async fn attack_50_five_failures_lock_the_account_for_a_quarter_of_an_hour_even_for_the_right_password() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    guess(&mut browser, 5).await;
    let locked = browser.sign_in(ADA, PASSWORD).await;
    assert_eq!(locked.status, 429);
    assert_eq!(locked.header("retry-after"), "900");
    assert!(locked.text.contains("15 minutes"), "{}", locked.text);
    world.clock.advance(Duration::from_mins(16));
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn attack_49_an_account_that_does_not_exist_locks_like_one_that_does() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    for _ in 0..5 {
        assert_eq!(browser.sign_in("nobody@example.com", PASSWORD).await.status, 401);
    }
    assert_eq!(browser.sign_in("nobody@example.com", PASSWORD).await.status, 429);
}

#[tokio::test]
async fn attack_50_many_guesses_at_once_are_counted_one_by_one() {
    for database in databases() {
        let world = World::with_ada_on(database).await;
        let mut browser = world.browser();
        let csrf = browser.get(SIGN_IN).await.hidden("csrf");
        let guesses = (0..12).map(|index| {
            let (mut browser, csrf) = (browser.clone(), csrf.clone());
            async move {
                let password = format!("wrong horse {index}");
                browser.post(SIGN_IN, &[("csrf", &csrf), ("identifier", ADA), ("password", &password)]).await.status
            }
        });
        let told = together(guesses).await;
        assert_eq!(told.iter().filter(|status| **status == 401).count(), 5, "{database:?} {told:?}");
        assert_eq!(told.iter().filter(|status| **status == 429).count(), 7, "{database:?} {told:?}");
    }
}

#[tokio::test]
async fn attack_51_a_browser_that_signed_in_before_is_not_locked_out_by_strangers() {
    let world = World::with_ada().await;
    let mut known = world.signed_in(ADA).await;
    known.cookies.remove(COOKIE);
    let mut stranger = world.browser();
    stranger.ip = "203.0.113.9".parse().unwrap();
    guess(&mut stranger, 5).await;
    assert_eq!(stranger.sign_in(ADA, PASSWORD).await.status, 429);
    assert_eq!(known.sign_in(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn attack_9_a_planted_session_is_worth_nothing_after_signing_in() {
    let world = World::with_ada().await;
    world.person("mallory@example.com", PASSWORD).await;
    let mallory = world.signed_in("mallory@example.com").await;
    let planted = mallory.cookies[COOKIE].clone();
    let mut victim = world.browser();
    victim.cookies.insert(COOKIE.to_owned(), planted.clone());
    // The page sends somebody who is signed in on; the form still takes a password.
    let csrf = {
        let page = victim.get("/orgs/acme-corp/forgot-password").await;
        page.hidden("csrf")
    };
    let answer = victim.post(SIGN_IN, &[("csrf", &csrf), ("identifier", ADA), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
    assert_ne!(victim.cookies[COOKIE], planted);
    let mut mallory = mallory.clone();
    assert_eq!(mallory.try_get(ACCOUNT).await.unwrap_err().code, "session_required");
    assert!(victim.get(ACCOUNT).await.text.contains(ADA));
}

#[tokio::test]
async fn attack_9_every_sign_in_gives_a_new_session_id_and_voids_the_old_one() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    let first = browser.clone();
    let csrf = browser.get("/orgs/acme-corp/forgot-password").await.hidden("csrf");
    browser.post(SIGN_IN, &[("csrf", &csrf), ("identifier", ADA), ("password", PASSWORD)]).await;
    assert_ne!(browser.cookies[COOKIE], first.cookies[COOKIE]);
    assert!(first.clone().try_get(ACCOUNT).await.is_err());
    assert_eq!(browser.get(ACCOUNT).await.status, 200);
}

#[tokio::test]
async fn a_cookie_nobody_issued_is_not_taken_over() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    let chosen = format!("0197-chosen.{}", "a".repeat(43));
    browser.cookies.insert(COOKIE.to_owned(), chosen.clone());
    browser.sign_in(ADA, PASSWORD).await;
    assert_ne!(browser.cookies[COOKIE], chosen);
}

#[tokio::test]
async fn attack_8_a_form_without_token_or_with_that_of_another_browser_signs_nobody_in() {
    let world = World::with_ada().await;
    let foreign = world.browser().get(SIGN_IN).await.hidden("csrf");
    for csrf in [None, Some(""), Some("x"), Some(foreign.as_str())] {
        let mut browser = world.browser();
        browser.get(SIGN_IN).await;
        let mut fields = vec![("identifier", ADA), ("password", PASSWORD)];
        fields.extend(csrf.map(|csrf| ("csrf", csrf)));
        let answer = browser.post(SIGN_IN, &fields).await;
        assert_eq!(answer.status, 403, "{csrf:?}");
        assert!(answer.shows("problem") && !answer.text.contains(ADA), "{csrf:?}");
        assert!(!browser.cookies.contains_key(COOKIE));
        // The page that came back works.
        assert_eq!(browser.submit(&answer, &[("identifier", ADA), ("password", PASSWORD)]).await.status, 303);
    }
}

#[tokio::test]
async fn an_empty_field_is_pointed_out_and_counts_as_no_guess() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    for _ in 0..6 {
        assert_eq!(browser.sign_in(ADA, "").await.status, 400);
        assert_eq!(browser.sign_in("", PASSWORD).await.status, 400);
    }
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn after_signing_in_a_person_continues_only_within_the_organization() {
    let world = World::with_ada().await;
    for (wanted, reached) in [
        ("/orgs/acme-corp/account/password", "/orgs/acme-corp/account/password"),
        ("https://evil.example/", ACCOUNT),
        ("//evil.example/orgs/acme-corp/", ACCOUNT),
        ("/orgs/acme-corp//evil.example", ACCOUNT),
        ("/\\evil.example", ACCOUNT),
        ("/orgs/globex/account", ACCOUNT),
        ("javascript:alert(1)", ACCOUNT),
    ] {
        let mut browser = world.browser();
        let wanted = percent_encoding::utf8_percent_encode(wanted, percent_encoding::NON_ALPHANUMERIC);
        let page = browser.get(&format!("{SIGN_IN}?continue={wanted}")).await;
        let answer = browser.submit(&page, &[("identifier", ADA), ("password", PASSWORD)]).await;
        assert_eq!(answer.location(), reached, "{wanted}");
        // Somebody who is signed in is sent on at once, and no further.
        assert_eq!(browser.get(&format!("{SIGN_IN}?continue={wanted}")).await.location(), reached, "{wanted}");
    }
}

#[tokio::test]
async fn a_waiting_request_names_the_application_and_is_resumed_with_the_session_noted() {
    let world = World::with_ada().await;
    world.client("notes", "Notes").await;
    let display = Display {
        client_name: "Notes".into(),
        login_hint: Some("hinted@example.com".into()),
        ui_locales: Some("de".into()),
        ..Display::default()
    };
    let handle = world.waiting_request(display).await;
    let mut browser = world.browser();
    let page = browser.get(&format!("{SIGN_IN}?transaction={handle}")).await;
    assert!(page.text.contains("lang=\"de\"") && page.text.contains("Notes") && page.text.contains("hinted@example.com"));
    let answer = browser.submit(&page, &[("identifier", ADA), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), format!("/orgs/acme-corp/api/v1/oauth/authorize?transaction={handle}"));
    assert_eq!(
        world.number(platform_sql!("SELECT count(*) AS a FROM transactions t JOIN sessions s ON s.id = t.session_id")).await,
        1
    );
    let (_, _, leaf) = world.events().await.pop().unwrap();
    assert_eq!(leaf["fields"]["requested_by"], "notes");
}

#[tokio::test]
async fn somebody_who_is_signed_in_is_asked_again_for_a_waiting_request_with_their_address_filled_in() {
    let world = World::with_ada().await;
    world.client("notes", "Notes").await;
    let handle = world.waiting_request(Display { client_name: "Notes".into(), signs_in_again: true, ..Display::default() }).await;
    let mut browser = world.signed_in(ADA).await;
    let before = browser.cookies[COOKIE].clone();
    let page = browser.get(&format!("{SIGN_IN}?transaction={handle}")).await;
    assert!(page.shows("notice") && page.text.contains(ADA));
    let answer = browser.submit(&page, &[("identifier", ADA), ("password", PASSWORD)]).await;
    assert!(answer.location().ends_with(&handle));
    assert_ne!(browser.cookies[COOKIE], before);
    assert_eq!(world.number(platform_sql!("SELECT count(*) AS a FROM sessions")).await, 1, "the same session under a new id");
}

#[tokio::test]
async fn a_cancelled_sign_in_goes_back_to_the_application_without_looking_at_the_password() {
    let world = World::with_ada().await;
    world.client("notes", "Notes").await;
    let handle = world.waiting_request(Display::default()).await;
    let mut browser = world.browser();
    let page = browser.get(&format!("{SIGN_IN}?transaction={handle}")).await;
    let answer = browser.submit(&page, &[("identifier", ""), ("password", ""), ("decision", "cancel")]).await;
    assert_eq!(answer.location(), format!("/orgs/acme-corp/api/v1/oauth/authorize?transaction={handle}&decision=cancel"));
    assert_eq!(world.latest_events(1).await, ["users.sign_in_cancelled success"]);
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_gone() {
    let world = World::with_ada().await;
    world.client("notes", "Notes").await;
    let handle = world.waiting_request(Display::default()).await;
    let mut browser = world.browser();
    let page = browser.get(&format!("{SIGN_IN}?transaction={handle}")).await;
    world.clock.advance(transaction::LIFETIME);
    let fields = [("csrf", page.hidden("csrf")), ("transaction", handle.clone())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let fault =
        browser.try_post(SIGN_IN, &[&fields[..], &[("identifier", ADA), ("password", PASSWORD)]].concat()).await.unwrap_err();
    assert_eq!((fault.kind, fault.code), (FaultKind::Gone, "expired"));
    assert_eq!(browser.try_get(&format!("{SIGN_IN}?transaction={handle}")).await.unwrap_err().kind, FaultKind::Gone);
}

#[tokio::test]
async fn an_imported_hash_is_replaced_at_the_first_sign_in() {
    let world = World::with_ada().await;
    // A published bcrypt vector: the password "U*U".
    let imported = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    world.sql(platform_sql!("UPDATE users SET password_hash = :hash"), &[(":hash", imported.to_owned())]).await;
    assert_eq!(world.browser().sign_in(ADA, "U*V").await.status, 401);
    let is_ours = platform_sql!("SELECT count(*) AS a FROM users WHERE password_hash LIKE '$argon2id$%'");
    assert_eq!(world.number(is_ours).await, 0);
    assert_eq!(world.browser().sign_in(ADA, "U*U").await.status, 303);
    assert_eq!(world.number(is_ours).await, 1);
    assert_eq!(world.browser().sign_in(ADA, "U*U").await.status, 303);
}

#[tokio::test]
async fn staying_signed_in_is_for_those_who_ask() {
    let world = World::with_ada().await;
    let mut brief = world.signed_in(ADA).await;
    let mut long = world.browser();
    long.fill(SIGN_IN, &[("identifier", ADA), ("password", PASSWORD), ("remember", "1")]).await;
    world.clock.advance(Duration::from_hours(25));
    assert!(brief.try_get(ACCOUNT).await.is_err());
    assert_eq!(long.get(ACCOUNT).await.status, 200);
}

#[tokio::test]
async fn the_alias_of_the_contract_is_the_same_page() {
    let world = World::with_ada().await;
    let answer = world.browser().fill("/orgs/acme-corp/login", &[("identifier", ADA), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), ACCOUNT);
}

const SUBMIT: &str = "/orgs/acme-corp/api/v1/oauth/login/submit";
const JSON: &str = "/orgs/acme-corp/api/v1/oauth/login/json";

#[tokio::test]
async fn an_applications_own_form_leads_back_to_the_authorization_endpoint_whatever_the_outcome() {
    let world = World::with_ada().await;
    for (password, is_in) in [(PASSWORD, true), ("wrong horse battery", false), ("", false)] {
        let mut browser = world.browser();
        let csrf = browser.get(SIGN_IN).await.hidden("csrf");
        let fields =
            [("email", ADA), ("password", password), ("_csrf_token", &csrf), ("client_id", "notes"), ("scope", "openid email")];
        let answer = browser.post(SUBMIT, &fields).await;
        assert_eq!(answer.location(), "/orgs/acme-corp/api/v1/oauth/authorize?client_id=notes&scope=openid%20email");
        assert_eq!(browser.cookies.contains_key(COOKIE), is_in, "{password}");
    }
    let mut browser = world.browser();
    browser.get(SIGN_IN).await;
    let answer = browser.post(SUBMIT, &[("email", ADA), ("password", PASSWORD), ("client_id", "notes")]).await;
    assert_eq!((answer.status, browser.cookies.contains_key(COOKIE)), (303, false), "without a token nobody is signed in");
}

#[tokio::test]
async fn a_script_signs_in_only_from_a_trusted_origin() {
    let world = World::with_ada().await;
    let body = serde_json::json!({ "email": ADA, "password": PASSWORD });
    let from = |origin: Option<&str>| {
        let mut browser = world.browser();
        browser.headers = origin.map(|origin| ("origin".to_owned(), origin.to_owned())).into_iter().collect();
        browser
    };
    for origin in [None, Some("https://evil.example"), Some("null"), Some("https://id.example.com.evil.example")] {
        let mut browser = from(origin);
        assert_eq!(browser.try_json(JSON, &body).await.unwrap_err().kind, FaultKind::Forbidden, "{origin:?}");
        assert!(browser.cookies.is_empty());
    }
    let mut ours = from(Some("https://id.example.com"));
    let answer = ours.try_json(JSON, &body).await.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"status":"complete"}"#));
    assert_eq!(ours.get(ACCOUNT).await.status, 200);
    world.settings(r#"{"authentication":{"trusted_origins":["https://app.example"]}}"#).await;
    assert_eq!(from(Some("https://app.example")).try_json(JSON, &body).await.unwrap().status, 200);
}

#[tokio::test]
async fn attack_50_every_door_counts_guesses_together() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    browser.headers.push(("origin".to_owned(), "https://id.example.com".to_owned()));
    guess(&mut browser, 2).await;
    let csrf = browser.get(SIGN_IN).await.hidden("csrf");
    for _ in 0..2 {
        browser.post(SUBMIT, &[("email", ADA), ("password", "wrong horse battery"), ("csrf", &csrf)]).await;
    }
    let wrong = serde_json::json!({ "email": ADA, "password": "wrong horse battery" });
    assert_eq!(browser.try_json(JSON, &wrong).await.unwrap_err().code, "invalid_credentials");
    let right = serde_json::json!({ "email": ADA, "password": PASSWORD });
    let locked = browser.try_json(JSON, &right).await.unwrap_err();
    assert_eq!((locked.kind, locked.retry_after), (FaultKind::TooMany, Some(900)));
}
