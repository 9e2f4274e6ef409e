//! Registration and confirmed addresses.

use crate::testing::{ADA, Browser, PASSWORD, Seen, World, databases};
use crate::transaction::Display;
use kernel::FaultKind;
use std::time::Duration;
use store::platform_sql;

const HOUR: Duration = Duration::from_hours(1);
const REGISTER: &str = "/orgs/acme-corp/register";
const NEW: &str = "mia@example.com";
const CHOSEN: &str = "seven small boats";

async fn register(browser: &mut Browser<'_>, email: &str, password: &str) -> Seen {
    let fields = [("given_name", "Mia"), ("family_name", "Berg"), ("email", email), ("password", password)];
    browser.fill(REGISTER, &fields).await
}

#[tokio::test]
async fn somebody_registers_confirms_their_address_and_signs_in() {
    let world = World::start().await;
    let mut browser = world.browser();
    let answer = register(&mut browser, NEW, CHOSEN).await;
    assert!(answer.status == 200 && answer.shows("check-mail"));
    assert_eq!(browser.sign_in(NEW, CHOSEN).await.status, 401, "not before the address is confirmed");
    let page = browser.get(&world.latest_link().await).await;
    assert!(page.shows("confirm-email") && page.text.contains(NEW));
    let confirmed = browser.submit(&page, &[]).await;
    assert!(confirmed.shows("email-verified"));
    let user = world.user(NEW).await.unwrap();
    assert_eq!((user.is_active, user.email_verified, user.name.as_deref()), (true, true, Some("Mia Berg")));
    assert_eq!(browser.sign_in(NEW, CHOSEN).await.status, 303);
    let names: Vec<String> = world.events().await.into_iter().map(|(name, ..)| name).collect();
    for name in ["users.registered", "mail.sent", "users.email_verified", "users.signed_in"] {
        assert!(names.contains(&name.to_owned()), "{name} {names:?}");
    }
}

#[tokio::test]
async fn attack_49_a_taken_address_registers_like_a_free_one_and_only_its_owner_is_told() {
    let world = World::with_ada().await;
    let (mut one, mut other) = (world.browser(), world.browser());
    let free = register(&mut one, NEW, CHOSEN).await;
    let taken = register(&mut other, "Ada@example.com", CHOSEN).await;
    let plain = |seen: &Seen, email: &str| seen.text.replace(email, "…").replace(&seen.hidden("csrf"), "…");
    assert_eq!((free.status, plain(&free, NEW)), (taken.status, plain(&taken, "Ada@example.com")));
    let mails = world.mails().await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().any(|mail| mail.recipient == ADA && mail.subject.contains("already have an account")));
    assert_eq!(world.browser().sign_in(ADA, CHOSEN).await.status, 401, "and nothing about the account has changed");
    assert_eq!(world.browser().sign_in(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn attack_45_a_password_prepared_by_somebody_else_is_forgotten_when_the_owner_confirms() {
    let world = World::start().await;
    let mut mallory = world.browser();
    register(&mut mallory, NEW, "prepared by mallory").await;
    // The owner finds the mail and opens it in a browser of their own.
    let mut mia = world.browser();
    let page = mia.get(&world.latest_link().await).await;
    let answer = mia.submit(&page, &[]).await;
    assert!(answer.location().starts_with("/orgs/acme-corp/reset-password?token="));
    assert_eq!(mallory.sign_in(NEW, "prepared by mallory").await.status, 401);
    let page = mia.get(answer.location()).await;
    let answer = mia.submit(&page, &[("password", CHOSEN)]).await;
    assert!(answer.location().starts_with("/orgs/acme-corp/signin"));
    assert_eq!(mia.sign_in(NEW, CHOSEN).await.status, 303);
    assert_eq!(mallory.sign_in(NEW, "prepared by mallory").await.status, 401);
}

#[tokio::test]
async fn attack_45_registering_over_a_waiting_registration_voids_its_link() {
    let world = World::start().await;
    let mut mia = world.browser();
    register(&mut mia, NEW, CHOSEN).await;
    let first = world.latest_link().await;
    let mut mallory = world.browser();
    register(&mut mallory, NEW, "prepared by mallory").await;
    let second = world.latest_link().await;
    assert_eq!(mia.get(&first).await.status, 410);
    // Whichever mail she takes, what mallory typed is never her password.
    let page = mia.get(&second).await;
    assert!(mia.submit(&page, &[]).await.location().contains("reset-password"));
    assert_eq!(mallory.sign_in(NEW, "prepared by mallory").await.status, 401);
}

#[tokio::test]
async fn asking_for_the_mail_again_from_another_browser_does_not_keep_a_prepared_password() {
    let world = World::start().await;
    register(&mut world.browser(), NEW, "prepared by mallory").await;
    let mut mia = world.browser();
    let check = register(&mut mia, "else@example.com", CHOSEN).await;
    let fields = [("csrf", check.hidden("csrf")), ("email", NEW.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    mia.post("/orgs/acme-corp/verify-email/resend", &fields).await;
    let page = mia.get(&world.latest_link().await).await;
    assert!(mia.submit(&page, &[]).await.location().contains("reset-password"));
}

#[tokio::test]
async fn attack_8_a_foreign_form_asks_for_no_mail_and_is_told_so() {
    let world = World::start().await;
    register(&mut world.browser(), NEW, CHOSEN).await;
    let before = world.mails().await.len();
    for csrf in ["", "made.up"] {
        let refused = world.browser().try_post("/orgs/acme-corp/verify-email/resend", &[("csrf", csrf), ("email", NEW)]).await;
        assert_eq!(refused.unwrap_err().kind, FaultKind::Forbidden);
    }
    assert_eq!(world.mails().await.len(), before);
}

#[tokio::test]
async fn opening_a_link_confirms_nothing_by_itself() {
    let world = World::start().await;
    let mut browser = world.browser();
    register(&mut browser, NEW, CHOSEN).await;
    let link = world.latest_link().await;
    for _ in 0..3 {
        assert_eq!(world.browser().get(&link).await.status, 200);
    }
    assert!(!world.user(NEW).await.unwrap().email_verified);
    let page = browser.get(&link).await;
    assert_eq!(browser.submit(&page, &[]).await.status, 200);
}

#[tokio::test]
async fn a_confirmation_works_once_within_a_day_and_only_with_the_token_of_its_form() {
    let world = World::start().await;
    let mut browser = world.browser();
    register(&mut browser, NEW, CHOSEN).await;
    let link = world.latest_link().await;
    let page = browser.get(&link).await;
    let mut stranger = world.browser();
    stranger.get(REGISTER).await;
    let forged = stranger.submit(&page, &[]).await;
    assert_eq!((forged.status, world.user(NEW).await.unwrap().is_active), (403, false));
    world.clock.advance(Duration::from_hours(23));
    assert_eq!(browser.submit(&page, &[]).await.status, 200);
    assert_eq!(browser.submit(&page, &[]).await.status, 410);
    assert_eq!(browser.get(&link).await.status, 410);
    register(&mut browser, "late@example.com", CHOSEN).await;
    let late = world.latest_link().await;
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(browser.get(&late).await.status, 410);
}

#[tokio::test]
async fn links_that_were_never_sent_lead_nowhere() {
    let world = World::start().await;
    let mut browser = world.browser();
    for token in ["", "x", "a.b", &format!("0197-a.{}", "s".repeat(43))] {
        assert_eq!(browser.get(&format!("/orgs/acme-corp/verify-email?token={token}")).await.status, 410, "{token}");
    }
    assert_eq!(browser.get("/orgs/acme-corp/verify-email").await.status, 410);
}

#[tokio::test]
async fn an_account_an_administrator_has_dealt_with_does_not_come_into_use_by_a_link() {
    let world = World::start().await;
    for change in [
        platform_sql!("UPDATE users SET is_blocked = 1"),
        platform_sql!("UPDATE users SET updated_at = updated_at + 1, is_blocked = 0"),
    ] {
        let mut browser = world.browser();
        register(&mut browser, NEW, CHOSEN).await;
        let page = browser.get(&world.latest_link().await).await;
        world.sql(change, &[]).await;
        browser.submit(&page, &[]).await;
        assert!(!world.user(NEW).await.unwrap().is_active);
        world.sql(platform_sql!("DELETE FROM users"), &[]).await;
    }
}

#[tokio::test]
async fn what_cannot_be_an_account_is_pointed_out() {
    let world = World::start().await;
    world.settings(r#"{"authentication":{"password_policy":{"min_length":12,"require_numbers":true}}}"#).await;
    for (email, password) in [
        ("mia", "seven small boats 7"),
        ("", "seven small boats 7"),
        (NEW, "short 7"),
        (NEW, "seven small boats"),
        (NEW, ""),
        (NEW, "aaaaaaaaaaaaaaa"),
    ] {
        let answer = register(&mut world.browser(), email, password).await;
        assert!(answer.status == 400 && answer.shows("problem"), "{email} {password}");
        assert!(answer.text.contains("value=\"Mia\""), "what was typed stays");
        assert!(password.is_empty() || !answer.text.contains(password));
    }
    assert!(world.mails().await.is_empty());
    assert_eq!(register(&mut world.browser(), NEW, "seven small boats 7").await.status, 200);
}

#[tokio::test]
async fn attack_8_a_foreign_form_registers_nobody() {
    let world = World::start().await;
    let foreign = world.browser().get(REGISTER).await;
    let mut browser = world.browser();
    browser.get(REGISTER).await;
    let answer = browser.submit(&foreign, &[("email", NEW), ("password", CHOSEN)]).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.text.contains(NEW));
    assert!(world.user(NEW).await.is_none());
}

#[tokio::test]
async fn a_registration_nobody_confirms_is_removed_and_its_address_is_free_again() {
    for database in databases() {
        let world = World::start_on(database).await;
        let mut mallory = world.browser();
        register(&mut mallory, NEW, "prepared by mallory").await;
        let overdue = async || crate::register::remove_overdue(&world.services).await.unwrap();
        world.clock.advance(HOUR * 23);
        // Asked for once more, the mail brings a link that is good for another day.
        let mut mia = world.browser();
        let check = register(&mut mia, "else@example.com", CHOSEN).await;
        let fields = [("csrf", check.hidden("csrf")), ("email", NEW.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        mia.post("/orgs/acme-corp/verify-email/resend", &fields).await;
        world.work().await;
        world.clock.advance(HOUR * 24);
        assert_eq!(overdue().await, 0, "{database:?}");
        world.clock.advance(HOUR * 2);
        assert_eq!(overdue().await, 2);
        assert!(world.user(NEW).await.is_none());
        assert_eq!(overdue().await, 0);
        register(&mut mia, NEW, CHOSEN).await;
        let page = mia.get(&world.latest_link().await).await;
        assert_eq!(mia.submit(&page, &[]).await.status, 200);
        assert_eq!(mia.sign_in(NEW, CHOSEN).await.status, 303);
        world.clock.advance(HOUR * 24 * 365);
        assert_eq!(overdue().await, 0, "a confirmed account stays");
    }
}

#[tokio::test]
async fn an_account_an_administrator_made_or_touched_is_never_removed_as_unconfirmed() {
    let world = World::with_ada().await;
    register(&mut world.browser(), NEW, CHOSEN).await;
    let touch = platform_sql!("UPDATE users SET updated_at = updated_at + 1 WHERE email_key = 'mia@example.com'");
    assert_eq!(world.sql(touch, &[]).await, 1);
    let idle = platform_sql!("UPDATE users SET is_active = 0, email_verified = 0 WHERE email_key = 'ada@example.com'");
    assert_eq!(world.sql(idle, &[]).await, 1);
    world.clock.advance(HOUR * 24 * 365);
    assert_eq!(crate::register::remove_overdue(&world.services).await.unwrap(), 0);
    assert!(world.user(NEW).await.is_some() && world.user(ADA).await.is_some());
}

#[tokio::test]
async fn where_registration_is_closed_nobody_registers() {
    let world = World::start().await;
    let mut browser = world.browser();
    let page = browser.get(REGISTER).await;
    world.settings(r#"{"branding":{"self_registration_enabled":false}}"#).await;
    assert_eq!(browser.try_get(REGISTER).await.unwrap_err().kind, FaultKind::Forbidden);
    let fields = [("csrf", page.hidden("csrf")), ("email", NEW.into()), ("password", CHOSEN.into())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.try_post(REGISTER, &fields).await.unwrap_err().kind, FaultKind::Forbidden);
    assert!(!browser.get("/orgs/acme-corp/signin").await.shows("register-link"));
}

#[tokio::test]
async fn an_application_that_asks_for_registration_gets_its_person_by_signing_in_where_it_is_closed() {
    let world = World::start().await;
    world.client("notes", "Notes").await;
    let handle = world.waiting_request(Display { client_name: "Notes".into(), ..Display::default() }).await;
    let register = format!("{REGISTER}?transaction={handle}");
    assert!(world.browser().get(&register).await.text.contains("Notes"));
    world.settings(r#"{"branding":{"self_registration_enabled":false}}"#).await;
    assert_eq!(world.browser().get(&register).await.location(), format!("/orgs/acme-corp/signin?transaction={handle}"));
}

#[tokio::test]
async fn a_person_who_registered_for_an_application_continues_to_it() {
    let world = World::start().await;
    world.client("notes", "Notes").await;
    let handle = world.waiting_request(Display::default()).await;
    let mut browser = world.browser();
    let fields = [("email", NEW), ("password", CHOSEN)];
    browser.fill(&format!("{REGISTER}?transaction={handle}"), &fields).await;
    let page = browser.get(&world.latest_link().await).await;
    let confirmed = browser.submit(&page, &[]).await;
    let onward = format!("/orgs/acme-corp/signin?transaction={handle}");
    assert!(confirmed.text.contains(&format!("href=\"{onward}\"")), "{}", confirmed.text);
    let answer = browser.fill(&onward, &[("identifier", NEW), ("password", CHOSEN)]).await;
    assert!(answer.location().ends_with(&format!("/oauth/authorize?transaction={handle}")));
}

#[tokio::test]
async fn nobodys_inbox_is_filled_by_others() {
    let world = World::with_ada().await;
    for _ in 0..6 {
        register(&mut world.browser(), NEW, CHOSEN).await;
        register(&mut world.browser(), ADA, CHOSEN).await;
    }
    let mails = world.mails().await;
    for email in [NEW, ADA] {
        assert_eq!(mails.iter().filter(|mail| mail.recipient == email).count(), 3, "{email}");
    }
}
