//! An exchanged token ends with everything it was made from.

use super::{ACCESS, ID, add_agent, allow, delegated, exchange, exchange_as, is_alive};
use crate::support::{WEB, World, claims, text};
use oauth::token_exchange::GRANT_TYPE;
use serde_json::Value;
use store::platform_sql;

#[tokio::test]
async fn what_was_made_in_a_session_ends_with_it() {
    for world in World::start_on_each().await {
        allow(&world).await;
        world.change_client(WEB, |web| web.grant_types.push(GRANT_TYPE.to_owned())).await;
        add_agent(&world, "scout", "openid email delegate:on_behalf").await;
        let person = world.tokens("openid email").await;
        let (access, id) = (text(&person, "access_token"), text(&person, "id_token"));
        let of_agent = delegated(&world, &access, &world.client_token("agt_scout").await).await;
        let of_id = text(&exchange_as(&world, WEB, &id, ID, &[]).await.json, "access_token");
        assert_eq!(claims(&of_agent)["sid"], claims(&access)["sid"]);
        let user = world.user.id.clone();
        world
            .play(move |cx| {
                let user = user.clone();
                Box::pin(async move { identity::sessions::end_all_of_user(&mut cx.tx, &user, cx.now).await.map(drop) })
            })
            .await;
        assert!(!is_alive(&world, &of_agent).await && !is_alive(&world, &of_id).await);
        assert_eq!(exchange_as(&world, WEB, &id, ID, &[]).await.refusal(), (400, "invalid_grant"));
    }
}

#[tokio::test]
async fn an_exchanged_token_ends_with_every_token_it_descends_from() {
    const WAYS: &[(&str, store::PlatformSql)] = &[
        ("the person is blocked", platform_sql!("UPDATE users SET is_blocked = 1")),
        ("what was issued to the person is void", platform_sql!("UPDATE users SET tokens_not_before = 1795420999000000")),
        (
            "what the organization issued is void",
            platform_sql!("UPDATE organizations SET tokens_not_before = 1795420999000000 WHERE slug = 'acme'"),
        ),
        ("the first grant is revoked", platform_sql!("UPDATE grant_families SET revoked_at = 1 WHERE client_id = 'client_web'")),
        ("the first grant is gone", platform_sql!("DELETE FROM grant_families WHERE client_id = 'client_web'")),
        ("the first client is gone", platform_sql!("DELETE FROM clients WHERE id = 'client_web'")),
        (
            "the token in between is revoked",
            platform_sql!("UPDATE grant_families SET revoked_at = 1 WHERE client_id = 'client_a'"),
        ),
        ("the first client is switched off", platform_sql!("UPDATE clients SET is_active = 0 WHERE id = 'client_web'")),
        ("the agent in between is suspended", platform_sql!("UPDATE agents SET status = 'suspended' WHERE id = 'agt_a'")),
        ("the last agent is suspended", platform_sql!("UPDATE agents SET status = 'suspended' WHERE id = 'agt_b'")),
    ];
    for (what, sql) in WAYS {
        for world in World::start_on_each().await {
            // Introspection is asked as the web client, which one of the ways switches off.
            let (_, last) = passed_on(&world).await;
            assert_eq!(world.userinfo(&last).await.status, 200);
            world.change(*sql).await;
            assert_eq!(world.userinfo(&last).await.status, 401, "{what}");
        }
    }
}

/// A person's token, and what became of it in the hands of two agents.
async fn passed_on(world: &World) -> (Value, String) {
    for name in ["a", "b"] {
        add_agent(world, name, "openid email delegate:on_behalf").await;
    }
    let person = world.tokens("openid email offline_access").await;
    let first = delegated(world, &text(&person, "access_token"), &world.client_token("agt_a").await).await;
    let last = delegated(world, &first, &world.client_token("agt_b").await).await;
    (person, last)
}

#[tokio::test]
async fn revoking_by_protocol_reaches_what_was_made_from_a_token() {
    for world in World::start_on_each().await {
        for name in ["a", "b"] {
            add_agent(&world, name, "openid email delegate:on_behalf").await;
        }
        // (who gives back, which of: the person's access token, their refresh token, the actor's token, the first exchanged one)
        for (client, which) in [(WEB, 0), (WEB, 1), ("client_a", 2), ("client_a", 3)] {
            let person = world.tokens("openid email offline_access").await;
            let actor = world.client_token("agt_a").await;
            let first = delegated(&world, &text(&person, "access_token"), &actor).await;
            let last = delegated(&world, &first, &world.client_token("agt_b").await).await;
            assert!(is_alive(&world, &first).await && is_alive(&world, &last).await);
            let given_back = [text(&person, "access_token"), text(&person, "refresh_token"), actor, first.clone()];
            assert_eq!(world.revoke(client, &given_back[which]).await.status, 200);
            assert!(!is_alive(&world, &first).await && !is_alive(&world, &last).await, "{which}");
            let again =
                exchange(&world, &last, &[("actor_token", &world.client_token("agt_b").await), ("actor_token_type", ACCESS)])
                    .await;
            assert_eq!(again.refusal(), (400, "invalid_grant"), "{which}");
        }
    }
}

#[tokio::test]
async fn exchanges_beside_a_revocation_leave_nothing_alive() {
    for world in World::start_on_each().await {
        add_agent(&world, "scout", "openid email delegate:on_behalf").await;
        let person = world.tokens("openid email offline_access").await;
        let (access, refresh) = (text(&person, "access_token"), text(&person, "refresh_token"));
        let agent = world.client_token("agt_scout").await;
        let actor = [("actor_token", &*agent), ("actor_token_type", ACCESS)];
        let exchanges: Vec<_> = (0..20).map(|_| exchange(&world, &access, &actor)).collect();
        let mut gained = Vec::new();
        let (reached, revoked) = tokio::join!(join(exchanges), world.revoke(WEB, &refresh));
        assert_eq!(revoked.status, 200);
        for reached in reached {
            match reached.status {
                200 => gained.push(text(&reached.json, "access_token")),
                _ => assert_eq!(reached.refusal(), (400, "invalid_grant"), "{reached:?}"),
            }
        }
        for token in gained {
            assert!(!is_alive(&world, &token).await);
        }
    }
}

/// All of them at once.
async fn join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for (future, output) in &mut pinned {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(ready) => *output = Some(ready),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        if is_done { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    pinned.into_iter().map(|(_, output)| output.unwrap()).collect()
}
