use super::*;
use crate::slug::PlainSlug;
use crate::testing::{World, play};
use crate::{groups, roles};
use std::collections::HashSet;

#[test]
fn a_scope_opens_its_own_area_and_the_blanket_scopes_what_they_say() {
    for (scopes, opens_read, opens_write) in [
        ("", false, false),
        ("openid profile", false, false),
        ("admin:users", true, true),
        ("admin:clients", false, false),
        ("admin:read", true, false),
        ("admin:write", true, true),
        ("admin", true, true),
        ("admin:users:read administrator", false, false),
    ] {
        let scopes = Scopes::parse(scopes).unwrap();
        assert_eq!(scope_opens(&scopes, &USERS_READ), opens_read, "{scopes}");
        assert_eq!(scope_opens(&scopes, &USERS_WRITE), opens_write, "{scopes}");
    }
}

#[test]
fn to_look_at_everything_is_not_to_take_password_hashes_along() {
    for (scope, opens) in [("admin:read", false), ("admin:users", false), ("admin:password_hashes", true), ("admin", true)] {
        assert_eq!(scope_opens(&Scopes::parse(scope).unwrap(), &USERS_EXPORT_HASHES), opens, "{scope}");
    }
}

#[test]
fn system_permissions_are_named_once_and_in_two_parts() {
    let slugs: HashSet<_> = SYSTEM_PERMISSIONS.iter().map(|known| known.permission.slug).collect();
    assert_eq!(slugs.len(), SYSTEM_PERMISSIONS.len());
    for known in SYSTEM_PERMISSIONS {
        assert_eq!(format!("{}.{}", known.resource(), known.action()), known.permission.slug);
    }
}

#[tokio::test]
async fn permissions_come_directly_through_roles_and_through_groups() {
    let world = World::start().await;
    let user = world.user_with_permissions("ada@example.com", &["users.read"]).await.id;
    let auditor = roles::NewRole { slug: PlainSlug::parse("auditor").unwrap(), name: "Auditor".to_owned(), description: None };
    let finance = groups::NewGroup { slug: PlainSlug::parse("finance").unwrap(), name: "Finance".to_owned(), description: None };
    play!(world, |cx, user, auditor, finance| {
        let services = cx.services().clone();
        let role = roles::insert_role(&mut cx.tx, auditor, cx.now, &*services.rng).await?;
        roles::add_permission(&mut cx.tx, &role.id, "audit.read").await?;
        roles::add_permission(&mut cx.tx, &role.id, "users.read").await?;
        let group = groups::insert_group(&mut cx.tx, finance, cx.now, &*services.rng).await?;
        groups::add_role(&mut cx.tx, &group.id, &role.id).await?;
        groups::add_member(&mut cx.tx, &group.id, &user, cx.now).await
    })
    .unwrap();
    let held = play!(world, |cx, user| effective(&mut cx.tx, &user).await).unwrap();
    let held: Vec<_> = held.iter().map(|p| (p.slug.as_str(), p.source.as_str())).collect();
    assert_eq!(held, [("audit.read", "role:auditor"), ("users.read", "direct")]);
    for (slug, expected) in [("audit.read", true), ("users.read", true), ("users.write", false), ("nothing", false)] {
        assert_eq!(play!(world, |cx, user| holds(&mut cx.tx, &user, slug).await).unwrap(), expected, "{slug}");
    }
    assert!(play!(world, |cx, user| revoke(&mut cx.tx, &user, "users.read").await).unwrap());
    let held = play!(world, |cx, user| effective(&mut cx.tx, &user).await).unwrap();
    assert_eq!(held[1].source, "role:auditor");
}

#[tokio::test]
async fn whoever_is_blocked_holds_nothing_but_still_ranks() {
    let world = World::start().await;
    let admin = world.user_with_role("root@example.com", ADMIN_ROLE).await.id;
    play!(world, |cx, admin| crate::users::block(&mut cx.tx, &admin, cx.now).await).unwrap();
    assert!(!play!(world, |cx, admin| holds(&mut cx.tx, &admin, "users.read").await).unwrap());
    assert_eq!(play!(world, |cx, admin| effective(&mut cx.tx, &admin).await).unwrap().len(), SYSTEM_PERMISSIONS.len());
}

#[tokio::test]
async fn a_grant_in_one_organization_says_nothing_in_another() {
    let world = World::start().await;
    let other = world.another_org("globex").await;
    let admin = world.user_with_role("root@example.com", ADMIN_ROLE).await.id;
    let elsewhere = world.play(&other, move |cx| {
        let admin = admin.clone();
        Box::pin(async move { Ok((holds(&mut cx.tx, &admin, "users.read").await?, effective(&mut cx.tx, &admin).await?.len())) })
    });
    assert_eq!(elsewhere.await.unwrap(), (false, 0));
}
