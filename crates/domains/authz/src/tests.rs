use crate::testing::{World, agent, client, key, user};
use kernel::{FaultKind, UserId};
use serde_json::{Value, json};
use store::org_sql;

fn of_user(id: &UserId) -> Value {
    json!({"type": "user", "id": id.as_str()})
}

#[tokio::test]
async fn a_check_answers_for_whoever_is_behind_the_credential() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read"]).await;
    let body = json!({"permission": "users.read", "context": {"project": 7}});
    let expected = json!({
        "allowed": true, "permission": "users.read", "subject_type": "user", "subject_id": ada.as_str(),
        "user_id": ada.as_str(), "context": {"project": 7}
    });
    for actor in [user(&ada, ""), key(&ada, "admin:webhooks")] {
        assert_eq!(world.ask(&actor, "check", body.clone()).await.unwrap(), expected);
        assert!(!world.allows(&actor, "users.write", None).await);
        assert!(!world.allows(&actor, "users", None).await);
    }
}

#[tokio::test]
async fn several_permissions_are_checked_together_or_one_by_one() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read", "roles.read"]).await;
    let actor = user(&ada, "");
    for (route, slugs, allowed) in [
        ("check-any", json!(["users.write", "roles.read"]), true),
        ("check-any", json!(["users.write", "groups.read"]), false),
        ("check-all", json!(["users.read", "roles.read"]), true),
        ("check-all", json!(["users.read", "users.write"]), false),
    ] {
        let answer = world.ask(&actor, route, json!({"permissions": slugs})).await.unwrap();
        assert_eq!((&answer["allowed"], &answer["permissions"]), (&json!(allowed), &slugs), "{route}");
        assert_eq!((&answer["subject_type"], &answer["user_id"]), (&json!("user"), &json!(ada.as_str())));
    }
    let answer =
        world.ask(&actor, "check-bulk", json!({"permissions": ["users.read", "users.write", "users.read"]})).await.unwrap();
    assert_eq!(answer["results"], json!({"users.read": true, "users.write": false}));
    assert_eq!(answer["context"], json!({}));
}

#[tokio::test]
async fn asking_about_others_takes_a_scope_or_a_permission() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read"]).await;
    let bob = world.user(&world.acme, "bob@example.com", &["authz.check"]).await;
    let eve = world.user(&world.acme, "eve@example.com", &[]).await;
    let nobody = json!({"type": "user", "id": "01890000-0000-7000-8000-000000000000"});
    for actor in [user(&bob, ""), user(&eve, "authz:check"), user(&eve, "admin"), key(&eve, "authz:check"), client("authz:check")]
    {
        assert!(world.allows(&actor, "users.read", Some(of_user(&ada))).await, "{actor:?}");
        let fault = world.ask(&actor, "check", json!({"permission": "x", "subject": nobody})).await.unwrap_err();
        assert_eq!((fault.kind, fault.code), (FaultKind::NotFound, "subject_not_found"));
    }
    for actor in [user(&eve, "openid authz:read"), key(&eve, "admin:users"), client("admin:read"), user(&ada, "")] {
        for subject in [of_user(&bob), nobody.clone()] {
            let fault = world.ask(&actor, "check", json!({"permission": "x", "subject": subject})).await.unwrap_err();
            assert_eq!((fault.kind, fault.code), (FaultKind::Forbidden, "insufficient_permissions"), "{actor:?}");
        }
    }
}

#[tokio::test]
async fn naming_oneself_takes_nothing() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read"]).await;
    let bot = world.agent("agt_1", "orders.read").await;
    assert!(world.allows(&user(&ada, ""), "users.read", Some(of_user(&ada))).await);
    assert!(world.allows(&key(&ada, ""), "users.read", Some(of_user(&ada))).await);
    let itself = Some(json!({"type": "agent", "id": "agt_1"}));
    assert!(world.allows(&agent(&bot, "orders.read"), "orders.read", itself).await);
}

#[tokio::test]
async fn a_subject_is_known_by_its_id_alone_and_only_in_its_organization() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read"]).await;
    let foreign = world.user(&world.beta, "zoe@example.com", &["users.read"]).await;
    for subject in [
        json!({"type": "user", "id": "ada@example.com"}),
        json!({"type": "user", "id": foreign.as_str()}),
        json!({"type": "agent", "id": ada.as_str()}),
        json!({"type": "agent", "id": "agt_2"}),
    ] {
        for route in ["check", "check-bulk"] {
            let body = json!({"permission": "x", "permissions": ["x"], "subject": subject});
            let mut body = body.as_object().unwrap().clone();
            body.remove(if route == "check" { "permissions" } else { "permission" });
            let fault = world.ask(&client("admin"), route, Value::Object(body)).await.unwrap_err();
            assert_eq!(fault.code, "subject_not_found", "{route} {subject}");
        }
    }
}

#[tokio::test]
async fn who_is_shut_out_may_do_nothing() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read"]).await;
    world.agent("agt_1", "orders.read").await;
    world.change(org_sql!("UPDATE users SET is_blocked = 1 WHERE org_id = :org AND id = :id"), &[(":id", ada.as_str())]).await;
    world.change(org_sql!("UPDATE agents SET status = 'suspended' WHERE org_id = :org"), &[]).await;
    let asking = client("authz:check");
    assert!(!world.allows(&asking, "users.read", Some(of_user(&ada))).await);
    assert!(!world.allows(&asking, "orders.read", Some(json!({"type": "agent", "id": "agt_1"}))).await);
    let body = json!({"permissions": ["users.read"], "subject": of_user(&ada)});
    assert_eq!(world.ask(&asking, "check-bulk", body).await.unwrap()["results"], json!({"users.read": false}));
}

#[tokio::test]
async fn an_agent_may_do_what_its_capabilities_say_and_its_token_carries() {
    let world = World::start().await;
    let bot = world.agent("agt_1", "orders.read orders.write").await;
    let narrow = agent(&bot, "orders.read users.read");
    assert!(world.allows(&narrow, "orders.read", None).await);
    assert!(!world.allows(&narrow, "orders.write", None).await);
    assert!(!world.allows(&narrow, "users.read", None).await);
    let about = Some(json!({"type": "agent", "id": "agt_1"}));
    let answer = world.ask(&client("admin"), "check", json!({"permission": "orders.write", "subject": about})).await.unwrap();
    assert_eq!(
        (&answer["allowed"], &answer["subject_type"], &answer["subject_id"]),
        (&json!(true), &json!("agent"), &json!("agt_1"))
    );
    assert_eq!(answer.get("user_id"), None);
}

#[tokio::test]
async fn an_application_has_no_permissions_of_its_own() {
    let world = World::start().await;
    let fault = world.ask(&client("admin"), "check", json!({"permission": "users.read"})).await.unwrap_err();
    assert_eq!((fault.kind, fault.code), (FaultKind::Invalid, "missing_fields"));
}

#[tokio::test]
async fn what_is_asked_badly_has_its_own_code() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &[]).await;
    let many: Vec<String> = (0..101).map(|n| format!("p{n}")).collect();
    for (route, body, code) in [
        ("check", json!({}), "missing_permission"),
        ("check", json!({"permission": ""}), "missing_permission"),
        ("check", json!({"permission": null}), "missing_permission"),
        ("check", json!({"permission": ["users.read"]}), "missing_permission"),
        ("check", json!({"permission": "x".repeat(256)}), "missing_permission"),
        ("check-any", json!({}), "invalid_permissions"),
        ("check-any", json!({"permissions": []}), "invalid_permissions"),
        ("check-all", json!({"permissions": "users.read"}), "invalid_permissions"),
        ("check-all", json!({"permissions": ["users.read", 7]}), "invalid_permissions"),
        ("check-all", json!({"permissions": ["users.read", ""]}), "invalid_permissions"),
        ("check-bulk", json!({"permissions": many}), "invalid_permissions"),
        ("check", json!({"permission": "x", "subject": "ada"}), "validation_error"),
        ("check", json!({"permission": "x", "subject": {"type": "user"}}), "validation_error"),
        ("check", json!({"permission": "x", "subject": {"type": "client", "id": "c"}}), "validation_error"),
        ("check", json!({"permission": "x", "context": "here"}), "validation_error"),
    ] {
        let fault = world.ask(&user(&ada, "admin"), route, body.clone()).await.unwrap_err();
        assert_eq!((fault.kind, fault.code), (FaultKind::Invalid, code), "{route} {body}");
    }
    assert!(world.ask(&user(&ada, ""), "check-bulk", json!({"permissions": &many[..100]})).await.is_ok());
    let with_user_id = world.ask(&user(&ada, ""), "check", json!({"permission": "x", "user_id": "u-1"})).await.unwrap();
    assert_eq!(with_user_id["subject_id"], ada.as_str(), "a user_id beside the subject means nothing");
}

#[tokio::test]
async fn people_list_their_permissions_with_a_scope_that_no_key_holds() {
    let world = World::start().await;
    let ada = world.user(&world.acme, "ada@example.com", &["users.read"]).await;
    for scopes in ["authz:read", "admin"] {
        let own = world.ask(&user(&ada, scopes), "permissions", Value::Null).await.unwrap();
        let expected = json!([{"slug": "users.read", "description": "See users and what they hold.", "source": "direct"}]);
        assert_eq!((&own["permissions"], &own["data"]), (&expected, &expected));
        assert_eq!((&own["user_id"], &own["count"], &own["pagination"]["total"]), (&json!(ada.as_str()), &json!(1), &json!(1)));
    }
    for actor in [user(&ada, "openid authz:check"), key(&ada, "admin"), client("admin")] {
        let fault = world.ask(&actor, "permissions", Value::Null).await.unwrap_err();
        assert_eq!((fault.kind, fault.code), (FaultKind::Forbidden, "forbidden"));
        assert!(fault.hint.starts_with("Insufficient scope:"));
        assert_eq!(fault.missing_scopes.unwrap().required, ["authz:read"]);
    }
}

#[tokio::test]
async fn an_agent_lists_its_capabilities() {
    let world = World::start().await;
    let bot = world.agent("agt_1", "orders.read").await;
    let own = world.ask(&agent(&bot, "orders.read"), "permissions", Value::Null).await.unwrap();
    assert_eq!(own["permissions"], json!([{"slug": "orders.read", "description": null, "source": "capability"}]));
    assert_eq!(own.get("user_id"), None);
}
