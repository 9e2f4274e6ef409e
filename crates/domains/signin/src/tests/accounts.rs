//! Several accounts in one browser.

use crate::testing::{ADA, Browser, PASSWORD, World, databases};
use identity::sessions::{COOKIE, KEPT_COOKIES, STATE_COOKIE};
use kernel::UserId;
use std::time::Duration;
use store::platform_sql;

const ACCOUNT: &str = "/orgs/acme-corp/account";
const ACCOUNTS: &str = "/orgs/acme-corp/accounts";
const ANOTHER: &str = "/orgs/acme-corp/signin?account=other";
const BOB: &str = "bob@example.com";

async fn add(browser: &mut Browser<'_>, email: &str) {
    assert_eq!(browser.fill(ANOTHER, &[("identifier", email), ("password", PASSWORD)]).await.location(), ACCOUNT);
}

async fn id(world: &World, email: &str) -> UserId {
    world.user(email).await.unwrap().id
}

/// A world with Ada and Bob, and a browser in which both are signed in, Bob currently.
macro_rules! both {
    ($world:ident, $browser:ident) => {
        both!($world, $browser, World::with_ada().await)
    };
    ($world:ident, $browser:ident, $start:expr) => {
        let $world = $start;
        $world.person(BOB, PASSWORD).await;
        let mut $browser = $world.signed_in(ADA).await;
        add(&mut $browser, BOB).await;
    };
}

/// Who acts, and who is offered, in this order.
async fn offered(browser: &mut Browser<'_>) -> Vec<String> {
    let page = browser.get(ACCOUNTS).await;
    let shown = page.text.split("<span class=\"quiet-text\">").skip(1);
    shown.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

async fn switch(browser: &mut Browser<'_>, world: &World, email: &str) {
    let id = id(world, email).await;
    assert_eq!(browser.fill(ACCOUNTS, &[("account", id.as_str())]).await.location(), ACCOUNT);
}

/// Press the button that signs out of an account.
async fn sign_out_of(browser: &mut Browser<'_>, world: &World, email: &str) -> String {
    let csrf = browser.get(ACCOUNTS).await.hidden("csrf");
    let id = id(world, email).await;
    let answer = browser.post(&format!("{ACCOUNTS}/signout"), &[("csrf", &csrf), ("account", id.as_str())]).await;
    answer.location().to_owned()
}

#[tokio::test]
async fn an_account_is_added_and_each_is_gone_on_with_without_signing_in_again() {
    for database in databases() {
        both!(world, browser, World::with_ada_on(database).await);
        assert_eq!(offered(&mut browser).await, [BOB, ADA]);
        assert!(browser.get(ACCOUNT).await.text.contains(BOB));
        let state = browser.cookies[STATE_COOKIE].clone();
        let current = browser.cookies[COOKIE].clone();
        switch(&mut browser, &world, ADA).await;
        assert_eq!(offered(&mut browser).await, [ADA, BOB]);
        let page = browser.get(ACCOUNT).await;
        assert!(page.text.contains(ADA) && !page.text.contains(BOB));
        assert_ne!(browser.cookies[STATE_COOKIE], state, "applications see that somebody else is here");
        assert_eq!(browser.cookies[KEPT_COOKIES[0]], current, "it is the same session, in another place");
        let (name, _, leaf) = world.events().await.into_iter().rfind(|(name, ..)| name == "users.switched_account").unwrap();
        assert_eq!(
            (name.as_str(), leaf["target"]["id"].as_str()),
            ("users.switched_account", Some(id(&world, ADA).await.as_str()))
        );
        switch(&mut browser, &world, BOB).await;
        assert_eq!(browser.cookies[COOKIE], current);
    }
}

#[tokio::test]
async fn a_session_stays_beside_another_only_where_somebody_asked_for_that() {
    let world = World::with_ada().await;
    world.person(BOB, PASSWORD).await;
    let mut browser = world.signed_in(ADA).await;
    let ada = browser.cookies[COOKIE].clone();
    // The same form, without the field that asks for it.
    let csrf = browser.get(ANOTHER).await.hidden("csrf");
    let filled = [("csrf", csrf.as_str()), ("identifier", BOB), ("password", PASSWORD)];
    assert_eq!(browser.post("/orgs/acme-corp/signin", &filled).await.location(), ACCOUNT);
    assert_eq!(offered(&mut browser).await, [BOB]);
    let mut with_planted = world.browser();
    with_planted.cookies.insert(COOKIE.to_owned(), ada);
    assert!(with_planted.get(ACCOUNTS).await.location().ends_with("/signin"), "it ended");
}

#[tokio::test]
async fn signing_out_of_one_account_leaves_the_others() {
    both!(world, browser);
    let ada = browser.cookies[KEPT_COOKIES[0]].clone();
    assert_eq!(sign_out_of(&mut browser, &world, ADA).await, ACCOUNTS);
    assert_eq!(offered(&mut browser).await, [BOB]);
    assert!(!browser.cookies.contains_key(KEPT_COOKIES[0]));
    browser.cookies.insert(KEPT_COOKIES[0].to_owned(), ada);
    assert_eq!(offered(&mut browser).await, [BOB], "the session ended, whatever the browser keeps");
    add(&mut browser, ADA).await;
    assert_eq!(sign_out_of(&mut browser, &world, ADA).await, ACCOUNTS);
    assert!(!browser.cookies.contains_key(COOKIE), "nobody else becomes current by that");
    assert_eq!(offered(&mut browser).await, [BOB]);
    assert_eq!(
        browser.get("/orgs/acme-corp/signin?continue=%2Forgs%2Facme-corp%2Faccount").await.location(),
        format!("{ACCOUNTS}?continue=%2Forgs%2Facme-corp%2Faccount")
    );
    switch(&mut browser, &world, BOB).await;
    assert!(browser.get(ACCOUNT).await.text.contains(BOB));
    assert_eq!(world.latest_events(1).await, ["users.switched_account success"]);
}

#[tokio::test]
async fn whoever_signs_out_is_shown_who_else_is_signed_in() {
    both!(world, browser);
    let page = browser.get("/orgs/acme-corp/signout").await;
    assert_eq!(browser.submit(&page, &[("decision", "sign_out")]).await.location(), ACCOUNTS);
    assert_eq!(offered(&mut browser).await, [ADA]);
    assert_eq!(sign_out_of(&mut browser, &world, ADA).await, ACCOUNTS);
    assert!(browser.get(ACCOUNTS).await.location().ends_with("/signin"));
}

#[tokio::test]
async fn a_browser_holds_five_accounts_and_the_one_used_longest_ago_makes_room() {
    both!(world, browser);
    for number in 3..=6 {
        let email = format!("number{number}@example.com");
        world.person(&email, PASSWORD).await;
        world.clock.advance(Duration::from_secs(1));
        add(&mut browser, &email).await;
    }
    let offered = offered(&mut browser).await;
    assert_eq!((offered.len(), offered[0].as_str()), (5, "number6@example.com"));
    assert!(!offered.contains(&ADA.to_owned()), "{offered:?}");
    let ended = world.number(platform_sql!("SELECT count(*) AS a FROM sessions WHERE ended_at IS NOT NULL")).await;
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn signing_in_to_a_kept_account_makes_its_old_cookie_void_and_nobody_stands_there_twice() {
    both!(world, browser);
    let old = browser.cookies[KEPT_COOKIES[0]].clone();
    add(&mut browser, ADA).await;
    assert_eq!(offered(&mut browser).await, [ADA, BOB]);
    assert_ne!(browser.cookies[COOKIE], old);
    let mut thief = world.browser();
    thief.cookies.insert(COOKIE.to_owned(), old);
    assert!(thief.get(ACCOUNTS).await.location().ends_with("/signin"));
    let same = browser.cookies[COOKIE].clone();
    browser.cookies.insert(KEPT_COOKIES[3].to_owned(), same);
    assert_eq!(offered(&mut browser).await, [ADA, BOB]);
    let sessions = world.number(platform_sql!("SELECT count(*) AS a FROM sessions WHERE ended_at IS NULL")).await;
    assert_eq!(sessions, 2, "it is the session of before");
}

#[tokio::test]
async fn a_kept_account_ends_as_it_would_alone() {
    both!(world, browser);
    switch(&mut browser, &world, ADA).await;
    world.clock.advance(Duration::from_mins(29));
    assert_eq!(offered(&mut browser).await, [ADA, BOB]);
    world.clock.advance(Duration::from_mins(2));
    assert_eq!(offered(&mut browser).await, [ADA], "what isn't used is idle");
    add(&mut browser, BOB).await;
    world.sql(platform_sql!("UPDATE users SET is_blocked = 1 WHERE email = 'ada@example.com'"), &[]).await;
    assert_eq!(offered(&mut browser).await, [BOB], "a person who is blocked");
    let id = id(&world, ADA).await;
    let page = browser.get(ACCOUNTS).await;
    assert_eq!(browser.submit(&page, &[("account", id.as_str())]).await.status, 403);
    assert!(browser.get(ACCOUNT).await.text.contains(BOB));
}

/// Choose a new password by a mailed link, in this browser.
async fn reset(browser: &mut Browser<'_>, world: &World, email: &str) {
    browser.fill("/orgs/acme-corp/forgot-password", &[("email", email)]).await;
    let page = browser.get(&world.latest_link().await).await;
    assert!(browser.submit(&page, &[("password", "seven small boats")]).await.location().contains("password_saved"));
}

#[tokio::test]
async fn a_new_password_ends_every_session_of_its_person_and_leaves_the_other_accounts_of_the_browser() {
    for database in databases() {
        for (person, other) in [(ADA, BOB), (BOB, ADA)] {
            both!(world, browser, World::with_ada_on(database).await);
            let mut elsewhere = world.signed_in(person).await;
            reset(&mut browser, &world, person).await;
            assert!(elsewhere.try_get(ACCOUNT).await.is_err(), "{database:?} {person}");
            assert_eq!(offered(&mut browser).await, [other], "{database:?} {person}");
            // Whoever acts goes on acting; who waited is chosen, without signing in again.
            if other == ADA {
                switch(&mut browser, &world, other).await;
            }
            assert!(browser.get(ACCOUNT).await.text.contains(other), "{database:?} {person}");
        }
    }
}

#[tokio::test]
async fn a_form_of_before_acts_for_nobody_else() {
    both!(world, browser);
    let (stale, profile) = (browser.get(ACCOUNTS).await, browser.get(ACCOUNT).await.form_at(Some("profile-form")));
    let (bob, ada) = (id(&world, BOB).await, id(&world, ADA).await);
    switch(&mut browser, &world, ADA).await;
    assert_eq!(browser.submit(&stale, &[("account", bob.as_str())]).await.status, 403, "of the account that was current");
    let csrf = stale.hidden("csrf");
    let sent = browser.post(&format!("{ACCOUNTS}/signout"), &[("csrf", &csrf), ("account", ada.as_str())]).await;
    assert_eq!((sent.status, world.latest_events(1).await), (403, vec!["users.switch_refused refused".to_owned()]));
    let mut fields: Vec<(&str, &str)> = profile.1.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("given_name", "Mallory"));
    assert!(browser.try_post(&profile.0, &fields).await.map_or(true, |sent| sent.status == 403));
    assert_eq!(world.user(ADA).await.unwrap().name, None);
}

#[tokio::test]
async fn what_is_no_session_of_this_organization_is_no_account() {
    let world = World::with_ada().await;
    let mut browser = world.signed_in(ADA).await;
    let own = browser.cookies[COOKIE].clone();
    for value in ["", "x", "0197-made-up.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &format!("{own}A")] {
        browser.cookies.insert(KEPT_COOKIES[0].to_owned(), value.to_owned());
        assert_eq!(offered(&mut browser).await, [ADA], "{value}");
    }
    let mut stranger = world.browser();
    let ada = id(&world, ADA).await;
    assert_eq!(stranger.get(ACCOUNTS).await.location(), "/orgs/acme-corp/signin");
    let csrf = stranger.get("/orgs/acme-corp/signin").await.hidden("csrf");
    let sent = stranger.post(ACCOUNTS, &[("csrf", &csrf), ("account", ada.as_str())]).await;
    assert!(sent.location().ends_with("/signin") && !stranger.cookies.contains_key(COOKIE));
}
