use super::*;
use crate::testing::{World, play};
use crate::users;
use kernel::Authentication;

const DAY: Duration = Duration::from_hours(24);
const IDLE: Duration = Duration::from_mins(30);
const MONTH: Duration = Duration::from_hours(30 * 24);

fn signed_in(now: Timestamp) -> Authentication {
    Authentication { at: now, acr: "1".to_owned(), amr: vec!["pwd".to_owned(), "otp".to_owned()] }
}

async fn begin(world: &World, user: &UserId, is_remembered: bool) -> (Session, Cookie) {
    let (session, [cookie, _]) = begin_both(world, user, is_remembered).await;
    (session, cookie)
}

async fn begin_both(world: &World, user: &UserId, is_remembered: bool) -> (Session, [Cookie; 2]) {
    let new = NewSession { user: user.clone(), authentication: signed_in(world.now()), is_remembered };
    play!(world, |cx, new| create(cx, new).await).unwrap()
}

async fn found(world: &World, cookie: &str) -> Option<Session> {
    let (cookie, services, now) = (cookie.to_owned(), world.services.clone(), world.now());
    play!(world, |cx, cookie, services| find_by_cookie(&mut cx.tx, &services, &cookie, now).await).unwrap()
}

#[tokio::test]
async fn a_session_is_found_by_its_cookie_and_nothing_like_it() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (session, cookie) = begin(&world, &user.id, false).await;
    let value = cookie.value.expose().to_owned();
    let again = found(&world, &value).await.unwrap();
    assert_eq!((again.number, &again.id, &again.user), (session.number, &session.id, &user.id));
    assert_eq!(again.authentication, signed_in(world.now()));
    assert_eq!((cookie.name, cookie.path.as_str(), cookie.max_age), (COOKIE, "/orgs/acme-corp", None));
    let (_, other) = begin(&world, &user.id, false).await;
    let other_secret = other.value.expose().split_once('.').unwrap().1;
    for wrong in ["", "x", session.id.as_str(), &format!("{}.{other_secret}", session.id), &format!("{value}A")] {
        assert!(found(&world, wrong).await.is_none(), "{wrong}");
    }
}

#[tokio::test]
async fn a_session_ends_by_idleness_by_age_and_by_hand() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (_, idle) = begin(&world, &user.id, false).await;
    world.clock.advance(IDLE.checked_sub(Duration::from_secs(1)).unwrap());
    assert!(found(&world, idle.value.expose()).await.is_some());
    world.clock.advance(Duration::from_secs(1));
    assert!(found(&world, idle.value.expose()).await.is_none());

    let (busy, cookie) = begin(&world, &user.id, false).await;
    for _ in 0..(DAY.as_secs() / IDLE.as_secs() * 2 - 1) {
        world.clock.advance(IDLE / 2);
        assert!(found(&world, cookie.value.expose()).await.is_some());
        let (id, now) = (busy.id.clone(), world.now());
        play!(world, |cx, id| touch(&mut cx.tx, &id, now).await).unwrap();
    }
    world.clock.advance(IDLE / 2);
    assert!(found(&world, cookie.value.expose()).await.is_none());

    let (ended, cookie) = begin(&world, &user.id, true).await;
    let (id, now) = (ended.id.clone(), world.now());
    assert!(play!(world, |cx, id| end(&mut cx.tx, &id, now).await).unwrap());
    assert!(!play!(world, |cx, id| end(&mut cx.tx, &id, now).await).unwrap());
    assert!(found(&world, cookie.value.expose()).await.is_none());
}

#[tokio::test]
async fn a_remembered_session_outlives_idleness_but_not_its_month() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (_, cookie) = begin(&world, &user.id, true).await;
    assert_eq!(cookie.max_age, Some(MONTH));
    world.clock.advance(MONTH.checked_sub(Duration::from_secs(1)).unwrap());
    assert!(found(&world, cookie.value.expose()).await.is_some());
    world.clock.advance(Duration::from_secs(1));
    assert!(found(&world, cookie.value.expose()).await.is_none());
}

#[tokio::test]
async fn an_authentication_step_gives_the_session_a_new_id_and_voids_the_old_cookie() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (session, before) = begin(&world, &user.id, false).await;
    let stepped_up = Authentication { acr: "2".to_owned(), ..signed_in(world.now()) };
    let old = session.clone();
    let (rotated, [after, _]) = play!(world, |cx, session, stepped_up| rotate(cx, session, stepped_up).await).unwrap();
    assert_ne!(rotated.id, old.id);
    assert_eq!((rotated.number, &rotated.public_id), (old.number, &old.public_id));
    assert!(found(&world, before.value.expose()).await.is_none());
    assert_eq!(found(&world, after.value.expose()).await.unwrap().authentication.acr, "2");
    let again = play!(world, |cx, old, stepped_up| rotate(cx, old, stepped_up).await);
    assert_eq!(again.unwrap_err().code, "session_required");
}

#[tokio::test]
async fn scripts_see_that_a_session_is_another_and_nothing_of_it() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (session, [own, state]) = begin_both(&world, &user.id, true).await;
    assert_eq!((own.name, own.reach), (COOKIE, Reach::Server));
    assert_eq!((state.name, state.reach), (STATE_COOKIE, Reach::Frames));
    assert_eq!((&state.path, state.max_age), (&own.path, own.max_age), "it is there as long as the session");
    let (value, secret) = (state.value.expose().to_owned(), own.value.expose().split_once('.').unwrap().1);
    for told in [session.id.as_str(), &session.public_id, session.user.as_str(), secret] {
        assert!(!value.contains(told) && !value.is_empty(), "{value}");
    }
    let again = session.clone();
    let (rotated, [_, rotated_state]) = play!(world, |cx, again| rotate(cx, again, signed_in(cx.now)).await).unwrap();
    assert_ne!(rotated.id, session.id);
    assert_eq!(rotated_state.value.expose(), value, "the same person signed in again");
    let (_, [_, another]) = begin_both(&world, &user.id, false).await;
    assert_ne!(another.value.expose(), value);
    assert!(removal(&world.org).iter().map(|cookie| cookie.name).eq([COOKIE, STATE_COOKIE]));
}

#[tokio::test]
async fn nobody_stays_signed_in_who_may_not_enter() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (_, cookie) = begin(&world, &user.id, true).await;
    let id = user.id.clone();
    play!(world, |cx, id| users::block(&mut cx.tx, &id, cx.now).await).unwrap();
    play!(world, |cx, id| users::unblock(&mut cx.tx, &id, cx.now).await).unwrap();
    assert!(found(&world, cookie.value.expose()).await.is_none(), "what a block ended stays ended");

    let (_, cookie) = begin(&world, &user.id, true).await;
    let inactive = users::User { is_active: false, ..user };
    play!(world, |cx, inactive| users::update_user(&mut cx.tx, &inactive, cx.now).await).unwrap();
    assert!(found(&world, cookie.value.expose()).await.is_none());
}

#[tokio::test]
async fn signing_out_everywhere_else_keeps_this_session() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await;
    let (kept, cookie) = begin(&world, &user.id, false).await;
    begin(&world, &user.id, false).await;
    let (user, kept_id) = (user.id.clone(), kept.id.clone());
    let ended = play!(world, |cx, user, kept_id| end_others_of_user(&mut cx.tx, &user, &kept_id, cx.now).await).unwrap();
    assert_eq!(ended, 1);
    assert!(found(&world, cookie.value.expose()).await.is_some());
    let live = play!(world, |cx, user| list_of_user(&mut cx.tx, &user, cx.now).await).unwrap();
    assert_eq!(live.iter().map(|session| session.number).collect::<Vec<_>>(), [kept.number]);
}
