//! Passwords that are too old.

use crate::testing::{ADA, PASSWORD, World, databases};
use std::time::Duration;
use store::platform_sql;

const NEW: &str = "seven small boats";
const ROTATION: &str = r#"{"authentication":{"password_rotation_policy":{"enabled":true,"max_age_days":90,"notify_before_days":10,"history_count":3}}}"#;

fn days(count: u64) -> Duration {
    Duration::from_hours(24 * count)
}

async fn sessions(world: &World) -> i64 {
    world.number(platform_sql!("SELECT count(*) AS a FROM sessions WHERE ended_at IS NULL")).await
}

#[tokio::test]
async fn whoever_comes_with_a_password_that_is_too_old_chooses_another_before_anything_else() {
    for database in databases() {
        let world = World::with_ada_on(database).await;
        world.settings(ROTATION).await;
        world.clock.advance(days(91));
        let mut browser = world.browser();
        let form = browser.get("/orgs/acme-corp/signin?continue=%2Forgs%2Facme-corp%2Faccount%2Fdetails").await;
        let answer = browser.submit(&form, &[("identifier", ADA), ("password", PASSWORD)]).await;
        assert!(answer.location().starts_with("/orgs/acme-corp/reset-password?token="), "{}", answer.location());
        assert_eq!(sessions(&world).await, 0, "nobody is in yet");
        assert_eq!(world.latest_events(1).await, ["users.sign_in_failed refused"]);
        assert!(browser.try_get("/orgs/acme-corp/account").await.is_err());
        let page = browser.get(answer.location()).await;
        assert!(page.shows("notice") && page.text.contains(ADA));
        assert_eq!(browser.submit(&page, &[("password", PASSWORD)]).await.status, 400, "the old one is no new one");
        let saved = browser.submit(&page, &[("password", NEW)]).await;
        assert!(
            saved.location().starts_with("/orgs/acme-corp/signin?continue=")
                && saved.location().ends_with("notice=password_saved")
        );
        assert_eq!(browser.submit(&page, &[("password", "another quiet lake")]).await.status, 410, "the link is used up");
        let form = browser.get(saved.location()).await;
        let inside = browser.submit(&form, &[("identifier", ADA), ("password", NEW)]).await;
        assert_eq!(inside.location(), "/orgs/acme-corp/account/details", "and goes on to where they were going");
    }
}

#[tokio::test]
async fn a_renewed_password_says_nothing_about_the_address() {
    let world = World::with_ada().await;
    world.sql(platform_sql!("UPDATE users SET email_verified = 0 WHERE email = 'ada@example.com'"), &[]).await;
    world.settings(ROTATION).await;
    world.clock.advance(days(90));
    let mut browser = world.browser();
    let led = browser.sign_in(ADA, PASSWORD).await;
    let elsewhere = led.location().replace("reset-password", "verify-email");
    assert!(browser.get(&elsewhere).await.shows("link-expired"), "no way to confirm an address either");
    let page = browser.get(led.location()).await;
    browser.submit(&page, &[("password", NEW)]).await.location();
    assert!(!world.user(ADA).await.unwrap().email_verified, "no mail was read");
}

#[tokio::test]
async fn other_doors_are_closed_to_old_passwords_too_and_young_ones_open_them() {
    let world = World::with_ada().await;
    let sign_in_json = async |world: &World| {
        let body = serde_json::json!({ "email": ADA, "password": PASSWORD });
        let mut browser = world.browser();
        browser.headers.push(("origin".into(), "https://id.example.com".into()));
        browser.try_json("/orgs/acme-corp/api/v1/oauth/login/json", &body).await
    };
    world.settings(ROTATION).await;
    world.clock.advance(days(89));
    assert!(sign_in_json(&world).await.is_ok());
    world.clock.advance(days(2));
    assert_eq!(sign_in_json(&world).await.unwrap_err().code, "password_too_old");
    assert_eq!(world.browser().sign_in(ADA, "a wrong password").await.status, 401, "only the right password is led on");
    world.settings("{}").await;
    assert!(sign_in_json(&world).await.is_ok(), "where passwords don't end, none is too old");
}

#[tokio::test]
async fn people_are_told_once_before_their_password_ends() {
    for database in databases() {
        let world = World::with_ada_on(database).await;
        world.settings(ROTATION).await;
        let about = async |world: &World| world.mails().await.iter().filter(|mail| mail.subject.contains("soon")).count();
        world.clock.advance(days(70));
        world.signed_in(ADA).await;
        assert_eq!(about(&world).await, 0, "not yet");
        world.clock.advance(days(11));
        world.signed_in(ADA).await;
        world.signed_in(ADA).await;
        let mails = world.mails().await;
        let mail = mails.iter().find(|mail| mail.subject.contains("soon")).unwrap();
        assert!(mail.text_body.contains("https://id.example.com/orgs/acme-corp/account/password"), "{}", mail.text_body);
        assert_eq!(about(&world).await, 1, "once");
    }
}

#[tokio::test]
async fn the_password_that_ended_is_no_new_one_however_few_are_remembered() {
    let world = World::with_ada().await;
    world.settings(&ROTATION.replace("\"history_count\":3", "\"history_count\":0")).await;
    world.clock.advance(days(91));
    let mut browser = world.browser();
    let led = browser.sign_in(ADA, PASSWORD).await;
    let page = browser.get(led.location()).await;
    assert_eq!(browser.submit(&page, &[("password", PASSWORD)]).await.status, 400);
    browser.submit(&page, &[("password", NEW)]).await.location();
}
