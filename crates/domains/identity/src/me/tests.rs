use crate::permissions::ADMIN_ROLE;
use crate::testing::{World, as_client, as_user, nobody};
use kernel::{Actor, AgentId, ApiKeyId, ClientId, Scopes};
use serde_json::{Value, json};

async fn with_programs() -> World {
    let world = World::start().await;
    let made = world.play(&world.org, |cx| {
        Box::pin(async move {
            for sql in [
                store::org_sql!(
                    "INSERT INTO clients (org_id, id, name, is_confidential, metadata, created_at, updated_at)
                     VALUES (:org, 'client_sync', 'Sync', 1, '{}', 0, 0)"
                ),
                store::org_sql!(
                    "INSERT INTO agents (org_id, id, client_id, name, created_at, updated_at)
                     VALUES (:org, 'agt_1', 'client_sync', 'Helper', 0, 0)"
                ),
            ] {
                cx.tx.execute(sql, &[]).await?;
            }
            Ok(())
        })
    });
    made.await.unwrap();
    world
}

async fn me(world: &World, actor: &Actor) -> Value {
    world.call(actor, "GET", "/me", Value::Null).await.unwrap()
}

#[tokio::test]
async fn a_user_an_agent_and_a_client_each_see_themselves() {
    let world = with_programs().await;
    let user = world.user_with_role("ada@example.com", ADMIN_ROLE).await;
    let tenant = json!({ "id": world.org.id().as_str(), "name": "ACME-CORP", "slug": "acme-corp" });
    let of_user = json!({
        "subject_type": "user", "id": user.id.as_str(), "email": "ada@example.com", "name": null, "mfa_enabled": false,
        "roles": ["admin", "user"], "capabilities": null, "tenant": tenant
    });
    assert_eq!(me(&world, &as_user(&user)).await, of_user);
    let key = Actor::ApiKey { key: ApiKeyId::from("k"), user: user.id.clone(), scopes: Scopes::default() };
    assert_eq!(me(&world, &key).await, of_user, "a key speaks for the person who made it");
    let scopes = Scopes::parse("ask delegate:on_behalf").unwrap();
    let agent = Actor::Agent { agent: AgentId::from("agt_1"), client: ClientId::from("client_sync"), scopes };
    assert_eq!(
        me(&world, &agent).await,
        json!({
            "subject_type": "agent", "id": "agt_1", "email": null, "name": "Helper", "mfa_enabled": null, "roles": null,
            "capabilities": ["ask", "delegate:on_behalf"], "tenant": tenant
        })
    );
    let client = me(&world, &as_client("")).await;
    assert_eq!((&client["id"], &client["name"], client.get("subject_type")), (&json!("client_sync"), &json!("Sync"), None));
}

#[tokio::test]
async fn whoever_is_gone_is_not_found() {
    let world = World::start().await;
    let gone = Actor::User { user: nobody(), client: ClientId::from("c"), scopes: Scopes::default(), session: None };
    for actor in [gone, as_client(""), Actor::Anonymous] {
        let fault = world.call(&actor, "GET", "/me", Value::Null).await.unwrap_err();
        assert_eq!(fault.kind, kernel::FaultKind::NotFound, "{actor:?}");
    }
}
