use super::*;
use crate::testing::{World, nobody, play};
use flow::PasswordHash;
use std::time::Duration;

fn hash(number: u8) -> PasswordHash {
    PasswordHash::parse(&format!("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzYWx0${}", format!("{number:02}").repeat(16))).unwrap()
}

async fn set(world: &World, user: &UserId, number: u8) {
    let (user, hash) = (user.clone(), hash(number));
    play!(world, |cx, user, hash| set_password_hash(&mut cx.tx, &user, &hash, cx.now).await).unwrap();
    world.clock.advance(Duration::from_secs(1));
}

async fn recent(world: &World, user: &UserId) -> Vec<String> {
    let user = user.clone();
    let hashes = play!(world, |cx, user| recent_password_hashes(&mut cx.tx, &user).await).unwrap();
    hashes.iter().map(|hash| hash.expose().to_owned()).collect()
}

#[tokio::test]
async fn a_user_is_found_by_id_address_and_username_however_spelt() {
    let world = World::start().await;
    let made = play!(world, |cx| {
        let services = cx.services().clone();
        let username = Some(Username::parse("Ada.L").unwrap());
        let new = NewUser { username, ..NewUser::with_email(Email::parse("Ada@Example.com").unwrap()) };
        insert_user(&mut cx.tx, new, cx.now, &*services.rng).await
    })
    .unwrap();
    assert_eq!((made.email.as_str(), made.is_active, made.email_verified), ("Ada@Example.com", true, false));
    for (identifier, is_found) in
        [("ada@example.com", true), (" ADA@EXAMPLE.COM ", true), ("ada.l", true), ("ADA.L", true), ("ada", false), ("", false)]
    {
        let found = play!(world, |cx| find_user_by_login(&mut cx.tx, identifier).await).unwrap();
        assert_eq!(found.is_some(), is_found, "{identifier}");
    }
}

#[tokio::test]
async fn an_address_and_a_username_belong_to_one_user_of_an_organization() {
    let world = World::start().await;
    let other = world.another_org("globex").await;
    let insert = |org: store::Org, email: &'static str, username: Option<&'static str>| {
        let world = &world;
        async move {
            let made = world.play(&org, move |cx| {
                Box::pin(async move {
                    let services = cx.services().clone();
                    let username = username.map(|name| Username::parse(name).unwrap());
                    let new = NewUser { username, ..NewUser::with_email(Email::parse(email).unwrap()) };
                    insert_user(&mut cx.tx, new, cx.now, &*services.rng).await
                })
            });
            made.await.map_err(|fault| fault.code)
        }
    };
    assert!(insert(world.org.clone(), "ada@example.com", Some("ada")).await.is_ok());
    assert_eq!(insert(world.org.clone(), "ADA@example.com", None).await.unwrap_err(), "users.taken");
    assert_eq!(insert(world.org.clone(), "eve@example.com", Some("ADA")).await.unwrap_err(), "users.taken");
    let bob = insert(world.org.clone(), "bob@example.com", None).await.unwrap();
    assert!(insert(other, "ada@example.com", Some("ada")).await.is_ok());
    let bob = User { email: "Ada@example.com".to_owned(), ..bob };
    let renamed = play!(world, |cx, bob| update_user(&mut cx.tx, &bob, cx.now).await);
    assert_eq!(renamed.unwrap_err().code, "users.taken");
}

#[tokio::test]
async fn the_last_five_passwords_are_remembered_the_current_one_first() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await.id;
    for number in 1..=7 {
        set(&world, &user, number).await;
    }
    let expected: Vec<_> = [7, 6, 5, 4, 3].iter().map(|number| hash(*number).expose().to_owned()).collect();
    assert_eq!(recent(&world, &user).await, expected);
    let (old, new) = (hash(7), hash(8));
    play!(world, |cx, user, old, new| rehash_password(&mut cx.tx, &user, &old, &new).await).unwrap();
    assert_eq!(recent(&world, &user).await[0], hash(8).expose());
    let current = play!(world, |cx, user| find_password_hash(&mut cx.tx, &user).await).unwrap();
    assert_eq!(current.unwrap().expose(), hash(8).expose());
    let gone = nobody();
    let unset = play!(world, |cx, gone, new| set_password_hash(&mut cx.tx, &gone, &new, cx.now).await);
    assert_eq!(unset.unwrap_err().code, "users.not_found");
}

#[tokio::test]
async fn sign_ins_are_counted() {
    let world = World::start().await;
    let user = world.user("ada@example.com").await.id;
    play!(world, |cx, user| record_sign_in(&mut cx.tx, &user, cx.now).await).unwrap();
    let user = play!(world, |cx, user| load_user(&mut cx.tx, &user).await).unwrap();
    assert_eq!((user.login_count, user.last_login_at), (1, Some(world.now())));
}
