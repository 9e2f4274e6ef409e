use super::*;
use crate::permissions::{ADMIN_ROLE, TENANT_ADMIN_ROLE};
use crate::testing::{World, as_client, as_user, as_user_with_scopes, play};

async fn outranks(world: &World, actor: &Actor, user: &UserId) -> bool {
    let (actor, user) = (actor.clone(), user.clone());
    play!(world, |cx, actor, user| must_outrank(&mut cx.tx, &actor, &user).await).is_ok()
}

#[tokio::test]
async fn nobody_acts_on_those_who_hold_more() {
    let world = World::start().await;
    world.custom_permission("orders.refund").await;
    let admin = world.user_with_role("root@example.com", ADMIN_ROLE).await;
    let tenant_admin = world.user_with_role("boss@example.com", TENANT_ADMIN_ROLE).await;
    let helper = world.user_with_permissions("help@example.com", &["users.read", "users.write"]).await;
    let clerk = world.user_with_permissions("clerk@example.com", &["orders.refund"]).await;
    let person = world.user("ada@example.com").await;
    let targets = [&admin, &tenant_admin, &helper, &clerk, &person];
    for (actor, expected) in [
        (as_user(&admin), [true, true, true, true, true]),
        (as_user(&tenant_admin), [true, true, true, true, true]),
        (as_user(&helper), [false, false, true, false, true]),
        (as_user(&clerk), [false, false, false, true, true]),
        (as_user(&person), [false, false, false, false, true]),
        (as_user_with_scopes(&admin, "admin:users"), [false, false, true, true, true]),
        (as_user_with_scopes(&admin, "openid"), [false, false, false, true, true]),
        (as_client("admin"), [true, true, true, true, true]),
        (as_client("admin:users"), [false, false, true, true, true]),
        (as_client("openid"), [false, false, false, true, true]),
        (Actor::Operator, [true, true, true, true, true]),
        (Actor::Anonymous, [false, false, false, false, true]),
    ] {
        for (target, expected) in targets.iter().zip(expected) {
            assert_eq!(outranks(&world, &actor, &target.id).await, expected, "{actor:?} on {}", target.email);
        }
    }
}

#[tokio::test]
async fn all_permissions_one_by_one_do_not_make_an_administrator() {
    let all: Vec<&'static str> = SYSTEM_PERMISSIONS.iter().map(|known| known.permission.slug).collect();
    let world = World::start().await;
    let admin = world.user_with_role("root@example.com", ADMIN_ROLE).await;
    let collector = world.user_with_permissions("all@example.com", all.leak()).await;
    assert!(!outranks(&world, &as_user(&collector), &admin.id).await);
    assert!(outranks(&world, &as_user(&admin), &collector.id).await);
}
