//! Forgotten passwords.

use crate::testing::{ADA, Browser, PASSWORD, Seen, World, databases, together};
use identity::mail_requests::{MailRequest, UserMail};
use identity::users;
use std::time::Duration;
use store::platform_sql;

const FORGOT: &str = "/orgs/acme-corp/forgot-password";
const RESET: &str = "/orgs/acme-corp/reset-password";
const NEW: &str = "seven small boats";

/// The page a fresh link leads to.
async fn reset_page(world: &World, browser: &mut Browser<'_>) -> (String, Seen) {
    assert_eq!(browser.fill(FORGOT, &[("email", ADA)]).await.status, 200);
    let link = world.latest_link().await;
    let page = browser.get(&link).await;
    assert!(page.status == 200 && page.text.contains(ADA));
    (link, page)
}

#[tokio::test]
async fn a_new_password_is_chosen_by_the_link_and_everything_opened_with_the_old_one_ends() {
    let world = World::with_ada().await;
    let mut elsewhere = world.signed_in(ADA).await;
    world.client("notes", "Notes").await;
    grant(&world).await;
    let mut browser = world.browser();
    let (_, page) = reset_page(&world, &mut browser).await;
    let answer = browser.submit(&page, &[("password", NEW)]).await;
    assert_eq!(answer.location(), "/orgs/acme-corp/signin?notice=password_saved");
    assert!(browser.get(answer.location()).await.shows("notice"));
    assert!(elsewhere.try_get("/orgs/acme-corp/account").await.is_err());
    assert_eq!(world.number(platform_sql!("SELECT count(*) AS a FROM grant_families WHERE revoked_at IS NULL")).await, 0);
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 401);
    assert_eq!(browser.sign_in(ADA, NEW).await.status, 303);
    let mails = world.mails().await;
    assert!(mails.last().unwrap().subject.contains("was changed"));
}

#[tokio::test]
async fn a_link_asked_for_before_an_administrator_ended_all_access_is_worthless() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    let (link, page) = reset_page(&world, &mut browser).await;
    let (user, now) = (world.user(ADA).await.unwrap().id, world.services.clock.now());
    let ended = world.write(move |mut tx| {
        let user = user.clone();
        Box::pin(async move {
            let ended = users::end_access(&mut tx, &user, now, "password set").await;
            (tx, ended)
        })
    });
    ended.await;
    assert_eq!(browser.submit(&page, &[("password", NEW)]).await.status, 410);
    assert_eq!(browser.get(&link).await.status, 410);
}

async fn grant(world: &World) {
    let user = world.user(ADA).await.unwrap().id;
    let sql = platform_sql!(
        "INSERT INTO grant_families (org_id, id, client_id, user_id, scopes, created_at, expires_at)
         VALUES (:owner, 'f1', 'notes', :user, 'openid', 0, 9)"
    );
    world.sql(sql, &[(":owner", world.org.id().to_string()), (":user", user.to_string())]).await;
}

#[tokio::test]
async fn attack_49_the_answer_is_the_same_for_every_address_and_only_accounts_get_mail() {
    let world = World::with_ada().await;
    world.person("blocked@example.com", PASSWORD).await;
    world.sql(platform_sql!("UPDATE users SET is_blocked = 1 WHERE email = 'blocked@example.com'"), &[]).await;
    let mut seen = Vec::new();
    for email in [ADA, "nobody@example.com", "blocked@example.com"] {
        let answer = world.browser().fill(FORGOT, &[("email", email)]).await;
        seen.push((answer.status, answer.text.replace(email, "…").replace(&answer.hidden("csrf"), "…")));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1);
    let mails = world.mails().await;
    assert_eq!(mails.iter().map(|mail| mail.recipient.as_str()).collect::<Vec<_>>(), [ADA]);
}

#[tokio::test]
async fn attack_13_links_lead_to_the_configured_address_whatever_the_request_says() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    for header in ["host", "x-forwarded-host", "forwarded", "x-original-host"] {
        browser.headers.push((header.to_owned(), "host=evil.example".to_owned()));
    }
    browser.fill(FORGOT, &[("email", ADA)]).await;
    let mails = world.mails().await;
    assert!(mails[0].text_body.contains("https://id.example.com/orgs/acme-corp/reset-password?token="));
    assert!(!mails[0].text_body.contains("evil"));
}

#[tokio::test]
async fn a_link_claimed_a_hundred_times_at_once_works_once() {
    for database in databases() {
        let world = World::with_ada_on(database).await;
        let mut browser = world.browser();
        let (_, page) = reset_page(&world, &mut browser).await;
        let (action, hidden) = page.form();
        let attempts = (0..100).map(|index| {
            let (mut browser, action, hidden) = (browser.clone(), action.clone(), hidden.clone());
            async move {
                let password = format!("{NEW} {index}");
                let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                fields.push(("password", &password));
                browser.try_post(&action, &fields).await.map(|seen| seen.status)
            }
        });
        let outcomes = together(attempts).await;
        let count = |wanted: fn(&Result<u16, kernel::Fault>) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
        assert_eq!(count(|outcome| matches!(outcome, Ok(303))), 1, "{database:?} {outcomes:?}");
        // Whoever lost the race is told that the link is gone, or to come again.
        let lost = |outcome: &Result<u16, kernel::Fault>| match outcome {
            Ok(status) => *status == 410,
            Err(fault) => fault.kind == kernel::FaultKind::Unavailable,
        };
        assert_eq!(outcomes.iter().filter(|outcome| lost(outcome)).count(), 99, "{database:?} {outcomes:?}");
        assert_eq!(world.number(platform_sql!("SELECT count(*) AS a FROM mail_links WHERE used_at IS NOT NULL")).await, 1);
    }
}

#[tokio::test]
async fn a_link_is_gone_once_used_after_an_hour_or_when_the_address_changed() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    let (link, page) = reset_page(&world, &mut browser).await;
    assert_eq!(browser.submit(&page, &[("password", NEW)]).await.status, 303);
    assert_eq!(browser.submit(&page, &[("password", "another small boat")]).await.status, 410);
    assert_eq!(browser.get(&link).await.status, 410);
    let (_, page) = reset_page(&world, &mut browser).await;
    world.clock.advance(Duration::from_hours(1));
    let late = browser.submit(&page, &[("password", "another small boat")]).await;
    assert!(late.status == 410 && late.text.contains(FORGOT));
    let (_, page) = reset_page(&world, &mut browser).await;
    world.sql(platform_sql!("UPDATE users SET email = 'new@example.com', email_key = 'new@example.com'"), &[]).await;
    assert_eq!(browser.submit(&page, &[("password", "another small boat")]).await.status, 410);
    assert_eq!(world.browser().sign_in("new@example.com", NEW).await.status, 303);
}

#[tokio::test]
async fn using_one_link_makes_the_others_worthless() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    let (first, _) = reset_page(&world, &mut browser).await;
    let (_, page) = reset_page(&world, &mut browser).await;
    browser.submit(&page, &[("password", NEW)]).await;
    assert_eq!(browser.get(&first).await.status, 410);
}

#[tokio::test]
async fn a_link_of_another_purpose_or_somebody_shut_out_resets_nothing() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    browser.fill("/orgs/acme-corp/register", &[("email", "mia@example.com"), ("password", NEW)]).await;
    let verify = world.latest_link().await.replace("verify-email", "reset-password");
    assert_eq!(browser.get(&verify).await.status, 410);
    let (link, page) = reset_page(&world, &mut browser).await;
    assert_eq!(browser.get(&link.replace("reset-password", "verify-email")).await.status, 410);
    world.sql(platform_sql!("UPDATE users SET is_blocked = 1"), &[]).await;
    assert_eq!(browser.submit(&page, &[("password", NEW)]).await.status, 410);
}

#[tokio::test]
async fn an_unfit_password_leaves_the_link_good() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    let (_, page) = reset_page(&world, &mut browser).await;
    for unfit in ["short", PASSWORD, "ada@example.com", ""] {
        let answer = browser.submit(&page, &[("password", unfit)]).await;
        assert!(answer.status == 400 && answer.shows("problem"), "{unfit}");
    }
    assert_eq!(browser.submit(&page, &[("password", NEW)]).await.status, 303);
}

#[tokio::test]
async fn attack_8_a_foreign_form_resets_and_asks_for_nothing() {
    let world = World::with_ada().await;
    let mut browser = world.browser();
    let (_, page) = reset_page(&world, &mut browser).await;
    let mut stranger = world.browser();
    stranger.get(FORGOT).await;
    assert_eq!(stranger.submit(&page, &[("password", NEW)]).await.status, 403);
    assert_eq!(stranger.post(FORGOT, &[("csrf", &page.hidden("csrf")), ("email", ADA)]).await.status, 403);
    assert_eq!(world.mails().await.len(), 1);
    assert_eq!(stranger.sign_in(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn the_owner_gets_back_in_although_strangers_locked_the_account() {
    let world = World::with_ada().await;
    let mut stranger = world.browser();
    stranger.ip = "203.0.113.9".parse().unwrap();
    for _ in 0..5 {
        stranger.sign_in(ADA, "wrong horse battery").await;
    }
    let mut browser = world.browser();
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 429);
    let (_, page) = reset_page(&world, &mut browser).await;
    browser.submit(&page, &[("password", NEW)]).await;
    assert_eq!(browser.sign_in(ADA, NEW).await.status, 303);
}

#[tokio::test]
async fn a_person_who_never_confirmed_gets_the_confirmation_again() {
    let world = World::start().await;
    let mut browser = world.browser();
    browser.fill("/orgs/acme-corp/register", &[("email", "mia@example.com"), ("password", NEW)]).await;
    browser.fill(FORGOT, &[("email", "mia@example.com")]).await;
    let page = browser.get(&world.latest_link().await).await;
    assert!(page.shows("confirm-email"));
    assert!(browser.submit(&page, &[]).await.shows("email-verified"));
    assert_eq!(browser.sign_in("mia@example.com", NEW).await.status, 303);
}

#[tokio::test]
async fn what_an_administrator_asks_for_reaches_the_person_in_their_language() {
    let world = World::with_ada().await;
    world.sql(platform_sql!("UPDATE users SET locale = 'de-AT'"), &[]).await;
    let user = world.user(ADA).await.unwrap().id;
    for (mail, page) in [(UserMail::ResetPassword, "reset-password"), (UserMail::VerifyEmail, "verify-email")] {
        world.clock.advance(Duration::from_secs(1));
        let (services, user, now) = (world.services.clone(), user.clone(), world.services.clock.now());
        world
            .write(move |mut tx| {
                let request = MailRequest { user: user.clone(), mail };
                let (org, id) = (tx.org().id().clone(), kernel::JobId::new(now, &*services.rng));
                Box::pin(async move {
                    let payload = serde_json::to_string(&request).unwrap();
                    let queued = tx.enqueue(&org, &id, <MailRequest as flow::Job>::KIND, &payload, now).await;
                    (tx, queued.map_err(Into::into))
                })
            })
            .await;
        let link = world.latest_link().await;
        assert!(link.starts_with(&format!("/orgs/acme-corp/{page}?token=")), "{link}");
        assert_eq!(world.browser().get(&link).await.status, 200);
    }
    assert!(world.mails().await[0].subject.contains("Passwort"));
}

#[tokio::test]
async fn an_address_that_is_none_is_pointed_out() {
    let world = World::start().await;
    let answer = world.browser().fill(FORGOT, &[("email", "mia")]).await;
    assert!(answer.status == 400 && answer.shows("problem") && answer.text.contains("value=\"mia\""));
    assert_eq!(world.browser().get(RESET).await.status, 410);
}
