use super::*;
use crate::testing::{World, play};

async fn is_free(world: &World, subject: &Subject) -> bool {
    play!(world, |cx, subject| check(&mut cx.tx, &[subject], cx.now).await).is_ok()
}

async fn fail(world: &World, subject: &Subject, times: u32) -> bool {
    let mut locked = false;
    for _ in 0..times {
        locked = play!(world, |cx, subject| record_failure(&mut cx.tx, &[subject], cx.now).await).unwrap();
    }
    locked
}

fn account(world: &World, identifier: &str) -> Subject {
    Subject::account(&world.services, &world.org, None, identifier, &Incoming::default())
}

#[tokio::test]
async fn the_fifth_failure_locks_an_account_for_a_quarter_of_an_hour_and_longer_each_time() {
    let world = World::start().await;
    let subject = account(&world, "ada@example.com");
    assert!(!fail(&world, &subject, 4).await);
    assert!(is_free(&world, &subject).await);
    for minutes in [15, 30, 60, 120] {
        assert!(fail(&world, &subject, if minutes == 15 { 1 } else { 5 }).await);
        let fault = play!(world, |cx, subject| check(&mut cx.tx, &[subject], cx.now).await).unwrap_err();
        assert_eq!((fault.code, fault.retry_after), ("too_many_attempts", Some(minutes * 60 + 1)));
        world.clock.advance(Duration::from_mins(u64::from(minutes)));
        assert!(is_free(&world, &subject).await);
    }
}

#[tokio::test]
async fn a_success_forgives_the_account_and_a_day_forgets_it() {
    let world = World::start().await;
    let subject = account(&world, "ada@example.com");
    fail(&world, &subject, 4).await;
    play!(world, |cx, subject| record_success(&mut cx.tx, &[subject]).await).unwrap();
    assert!(!fail(&world, &subject, 4).await);
    world.clock.advance(25 * HOUR);
    assert!(!fail(&world, &subject, 4).await);
    assert!(fail(&world, &subject, 1).await);
}

#[tokio::test]
async fn twenty_failures_lock_a_source_whoever_succeeds_from_there() {
    let world = World::start().await;
    let subject = Subject::source(&world.org, "2001:db8:1:2:3:4:5:6".parse().unwrap());
    let neighbour = Subject::source(&world.org, "2001:db8:1:2::1".parse().unwrap());
    let stranger = Subject::source(&world.org, "2001:db8:1:3::1".parse().unwrap());
    fail(&world, &subject, 19).await;
    play!(world, |cx, subject| record_success(&mut cx.tx, &[subject]).await).unwrap();
    assert!(fail(&world, &neighbour, 1).await);
    assert!(!is_free(&world, &subject).await);
    assert!(is_free(&world, &stranger).await);
    world.clock.advance(HOUR);
    assert!(is_free(&world, &subject).await);
}

#[tokio::test]
async fn a_mapped_address_is_the_address_it_maps() {
    let world = World::start().await;
    let key = |ip: &str| Subject::source(&world.org, ip.parse().unwrap()).key;
    assert_eq!(key("::ffff:192.0.2.7"), key("192.0.2.7"));
    assert_ne!(key("192.0.2.8"), key("192.0.2.7"));
}

#[tokio::test]
async fn one_account_is_one_subject_however_it_is_spelt_and_the_database_does_not_tell_which() {
    let world = World::start().await;
    assert_eq!(account(&world, " Ada@Example.com").key, account(&world, "ada@example.com").key);
    assert!(!account(&world, "ada@example.com").key.contains("ada"));
    let user = world.user("ada@example.com").await.id;
    let known = |identifier| Subject::account(&world.services, &world.org, Some(&user), identifier, &Incoming::default()).key;
    assert_eq!(known("ada@example.com"), known("ada"));
}

#[tokio::test]
async fn strangers_do_not_lock_a_person_out_of_their_own_browser() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await.id;
    let subject = |incoming: &Incoming| Subject::account(&world.services, &world.org, Some(&user), "ada@example.com", incoming);
    let cookie = device_cookie(&world.services, &world.org, &user, &Incoming::default()).unwrap();
    let with = |value: &str| Incoming {
        headers: vec![("cookie".to_owned(), format!("{DEVICE_COOKIE}={value}"))],
        ..Incoming::default()
    };
    let known = with(cookie.value.expose());
    fail(&world, &subject(&Incoming::default()), 5).await;
    assert!(!is_free(&world, &subject(&Incoming::default())).await);
    assert!(is_free(&world, &subject(&known)).await);
    assert!(device_cookie(&world.services, &world.org, &user, &known).is_none(), "one is enough");

    let other = world.user("bob@example.com").await.id;
    let stolen = Subject::account(&world.services, &world.org, Some(&other), "bob@example.com", &known);
    assert!(stolen.key.starts_with("account "), "it is good for one account only");
    assert!(subject(&with("chosen.AAAA")).key.starts_with("account "), "nobody makes one up");
    assert!(fail(&world, &subject(&known), 5).await, "it is no way around the limit");
}
