//! One's own account.

use crate::testing::{ADA, Browser, PASSWORD, Seen, World};
use identity::sessions::COOKIE;
use kernel::FaultKind;
use store::platform_sql;

const ACCOUNT: &str = "/orgs/acme-corp/account";
const CHANGE: &str = "/orgs/acme-corp/account/password";
const NEW: &str = "seven small boats";

/// Send the form with that id of the account page.
async fn send(browser: &mut Browser<'_>, form: &str, filled: &[(&str, &str)]) -> Seen {
    let page = browser.get(ACCOUNT).await;
    let (action, hidden) = page.form_at(Some(form));
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend(filled);
    browser.post(&action, &fields).await
}

#[tokio::test]
async fn without_a_session_there_is_no_account_to_see_or_change() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    for path in [ACCOUNT, CHANGE] {
        assert_eq!(browser.try_get(path).await.unwrap_err().code, "session_required", "{path}");
    }
    for path in ["profile", "details", "password", "confirm-email", "sessions/revoke", "apps/disconnect"] {
        let fault = browser.try_post(&format!("{ACCOUNT}/{path}"), &[("session", "1"), ("app", "x")]).await.unwrap_err();
        assert_eq!(fault.code, "session_required", "{path}");
    }
}

#[tokio::test]
async fn a_person_changes_their_name() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    let answer = send(&mut browser, "profile-form", &[("given_name", " Ada "), ("family_name", "Lovelace")]).await;
    assert_eq!(answer.location(), "/orgs/acme-corp/account?notice=profile_saved");
    let page = browser.get(answer.location()).await;
    assert!(page.shows("notice") && page.text.contains("Ada Lovelace"));
    let user = world.user(ADA).await.unwrap();
    assert_eq!((user.name.as_deref(), user.given_name.as_deref()), (Some("Ada Lovelace"), Some("Ada")));
    assert_eq!(world.latest_events(1).await, ["users.profile_changed success"]);
}

#[tokio::test]
async fn attack_8_forms_of_the_account_need_its_token() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    let foreign = world.signed_in(ADA).await.get(ACCOUNT).await.form_at(Some("profile-form")).1[0].1.clone();
    for csrf in ["", foreign.as_str()] {
        for (path, fields) in [
            ("profile", vec![("given_name", "Mallory")]),
            ("details", vec![("nickname", "Mallory")]),
            ("confirm-email", vec![]),
            ("sessions/revoke", vec![("session", "others")]),
            ("apps/disconnect", vec![("app", "notes")]),
        ] {
            let fields = [&fields[..], &[("csrf", csrf)]].concat();
            let fault = browser.try_post(&format!("{ACCOUNT}/{path}"), &fields).await.unwrap_err();
            assert_eq!((fault.kind, fault.code), (FaultKind::Forbidden, "csrf"), "{path}");
        }
        let fields = [("csrf", csrf), ("current_password", PASSWORD), ("password", NEW)];
        assert_eq!(browser.post(CHANGE, &fields).await.status, 403);
        assert_eq!(browser.post("/orgs/acme-corp/signout", &[("csrf", csrf)]).await.status, 403);
    }
    assert_eq!(world.user(ADA).await.unwrap().name, None);
    assert_eq!(browser.get(ACCOUNT).await.status, 200);
}

#[tokio::test]
async fn a_changed_password_ends_other_sessions_and_renews_the_present_one() {
    let world = World::with_ada().await;
    let mut elsewhere = world.signed_in(ADA).await;
    let mut browser = world.signed_in(ADA).await;
    let before = browser.clone();
    let answer = browser.fill(CHANGE, &[("current_password", PASSWORD), ("password", NEW)]).await;
    assert_eq!(answer.location(), "/orgs/acme-corp/account?notice=password_saved");
    assert!(elsewhere.try_get(ACCOUNT).await.is_err());
    assert!(before.clone().try_get(ACCOUNT).await.is_err(), "the old id is void");
    assert_ne!(browser.cookies[COOKIE], before.cookies[COOKIE]);
    assert_eq!(browser.get(ACCOUNT).await.status, 200);
    assert_eq!(world.browser().sign_in(ADA, PASSWORD).await.status, 401);
    assert_eq!(world.browser().sign_in(ADA, NEW).await.status, 303);
    assert!(world.mails().await[0].subject.contains("was changed"));
}

#[tokio::test]
async fn attack_50_guesses_at_the_current_password_count_and_lock() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    for _ in 0..5 {
        let answer = browser.fill(CHANGE, &[("current_password", "wrong horse battery"), ("password", NEW)]).await;
        assert!(answer.status == 401 && answer.shows("problem"));
    }
    assert_eq!(browser.fill(CHANGE, &[("current_password", PASSWORD), ("password", NEW)]).await.status, 429);
    assert_eq!(world.browser().sign_in(ADA, NEW).await.status, 401);
}

#[tokio::test]
async fn a_new_password_must_be_fit_and_differ_from_earlier_ones() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    for unfit in ["short", PASSWORD, "password123", ""] {
        let answer = browser.fill(CHANGE, &[("current_password", PASSWORD), ("password", unfit)]).await;
        assert!(answer.status == 400 && answer.shows("problem"), "{unfit}");
    }
    assert_eq!(browser.fill(CHANGE, &[("current_password", PASSWORD), ("password", NEW)]).await.status, 303);
    assert_eq!(browser.fill(CHANGE, &[("current_password", NEW), ("password", PASSWORD)]).await.status, 400, "used before");
}

#[tokio::test]
async fn a_person_ends_one_session_or_all_others_but_nobody_elses() {
    let world = World::with_ada().await;
    world.person("bob@example.com", PASSWORD).await;
    let mut bob = world.signed_in("bob@example.com").await;
    let (mut phone, mut tablet) = (world.signed_in(ADA).await, world.signed_in(ADA).await);
    let mut browser = world.signed_in(ADA).await;
    let number = |sessions: i64| sessions.to_string();
    let first = world
        .number(platform_sql!(
            "SELECT min(number) AS a FROM sessions WHERE user_id IN (SELECT id FROM users WHERE email = 'ada@example.com')"
        ))
        .await;
    let answer = send(&mut browser, "sessions-form", &[("session", &number(first))]).await;
    assert!(answer.location().ends_with("notice=session_ended"));
    assert!(phone.try_get(ACCOUNT).await.is_err());
    assert_eq!(tablet.get(ACCOUNT).await.status, 200);
    let bobs = world
        .number(platform_sql!(
            "SELECT number AS a FROM sessions WHERE user_id IN (SELECT id FROM users WHERE email = 'bob@example.com')"
        ))
        .await;
    let page = browser.get(ACCOUNT).await;
    let csrf = page.form_at(Some("sessions-form")).1[0].1.clone();
    let path = format!("{ACCOUNT}/sessions/revoke");
    for foreign in [number(bobs), "999".to_owned(), "x".to_owned()] {
        let fault = browser.try_post(&path, &[("csrf", &csrf), ("session", &foreign)]).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::NotFound, "{foreign}");
    }
    assert_eq!(send(&mut browser, "sessions-form", &[("session", "others")]).await.status, 303);
    assert!(tablet.try_get(ACCOUNT).await.is_err());
    assert_eq!((browser.get(ACCOUNT).await.status, bob.get(ACCOUNT).await.status), (200, 200));
}

#[tokio::test]
async fn a_disconnected_application_loses_consent_and_grants() {
    let world = World::with_ada().await;
    world.client("notes", "Notes").await;
    let user = world.user(ADA).await.unwrap().id.to_string();
    let values = [(":owner", world.org.id().to_string()), (":user", user)];
    let consent = platform_sql!(
        "INSERT INTO consents (org_id, user_id, client_id, scopes, granted_at, updated_at) VALUES (:owner, :user, 'notes', 'email openid', 0, 0)"
    );
    world.sql(consent, &values).await;
    let grant = platform_sql!(
        "INSERT INTO grant_families (org_id, id, client_id, user_id, scopes, created_at, expires_at)
         VALUES (:owner, 'f1', 'notes', :user, 'openid', 0, 9)"
    );
    world.sql(grant, &values).await;
    let mut browser = world.signed_in(ADA).await;
    assert!(browser.get(ACCOUNT).await.shows("disconnect-notes"));
    let answer = send(&mut browser, "apps-form", &[("app", "notes")]).await;
    assert!(answer.location().ends_with("notice=app_disconnected"));
    assert_eq!(world.number(platform_sql!("SELECT count(*) AS a FROM consents")).await, 0);
    assert_eq!(world.number(platform_sql!("SELECT count(*) AS a FROM grant_families WHERE revoked_at IS NULL")).await, 0);
    let page = browser.get(ACCOUNT).await;
    assert!(!page.shows("disconnect-notes"));
    let csrf = page.form_at(Some("profile-form")).1[0].1.clone();
    let again = browser.try_post(&format!("{ACCOUNT}/apps/disconnect"), &[("csrf", &csrf), ("app", "notes")]).await;
    assert_eq!(again.unwrap_err().kind, FaultKind::NotFound);
}

#[tokio::test]
async fn the_recent_past_of_an_account_is_read_from_the_log() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    browser.headers.push(("user-agent".to_owned(), "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0".to_owned()));
    browser.sign_in(ADA, "wrong horse battery").await;
    browser.sign_in(ADA, PASSWORD).await;
    // What the sequencer does: a row for each event.
    let sequence = platform_sql!(
        "INSERT INTO log_entries (org_id, idx, seq, leaf_hash, at, name, severity, outcome, actor_kind, target_kind, target_id)
         SELECT org_id, seq, seq, x'00', :at, json_extract(leaf, '$.name'), 'info', 'success', 'anonymous', 'user',
             json_extract(leaf, '$.target.id') FROM events"
    );
    assert_eq!(world.sql(sequence, &[(":at", "1795420800000000".to_owned())]).await, 2);
    let page = browser.get(ACCOUNT).await.text;
    let (signed_in, failed) = (page.find("Signed in<"), page.find("Sign-in failed"));
    assert!(signed_in.is_some() && signed_in < failed, "newest first");
    assert!(page.contains("Firefox · Linux · 192.0.2.1"));
}

#[tokio::test]
async fn an_unconfirmed_address_can_be_confirmed_from_the_account() {
    let world = World::with_ada().await;
    world.sql(platform_sql!("UPDATE users SET email_verified = 0"), &[]).await;
    let mut browser = world.signed_in(ADA).await;
    let answer = send(&mut browser, "confirm-form", &[]).await;
    assert!(answer.location().ends_with("notice=mail_sent"));
    let page = browser.get(&world.latest_link().await).await;
    assert!(browser.submit(&page, &[]).await.text.contains("href=\"/orgs/acme-corp/account\""));
    assert!(world.user(ADA).await.unwrap().email_verified);
    assert!(!browser.get(ACCOUNT).await.shows("confirm-form"));
}

#[tokio::test]
async fn signing_out_ends_the_session_and_staying_keeps_it() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    let kept = browser.clone();
    let answer = browser.fill("/orgs/acme-corp/signout", &[("decision", "stay")]).await;
    assert_eq!(answer.location(), ACCOUNT);
    let answer = browser.fill("/orgs/acme-corp/signout", &[("decision", "sign_out")]).await;
    assert!(browser.get(answer.location()).await.shows("signed-out"));
    assert!(!browser.cookies.contains_key(COOKIE));
    assert!(kept.clone().try_get(ACCOUNT).await.is_err());
    assert_eq!(world.latest_events(2).await[0], "users.signed_out success");
}
