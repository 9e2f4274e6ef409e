use super::KeyScope;
use crate::permissions::SYSTEM_PERMISSIONS;
use crate::testing::{Office, as_client, as_user, as_user_with_scopes, column};
use kernel::{Actor, ApiKeyId, Scopes};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const NONE: Value = Value::Null;
const ALL: &str = "/admin/api-keys";

fn key(name: &str, scopes: &[&str]) -> Value {
    json!({ "name": name, "scopes": scopes })
}

/// Whoever calls with the key of this answer.
fn as_key(made: &Value) -> Actor {
    let data = &made["data"];
    let scopes: Scopes = data["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
    Actor::ApiKey {
        key: ApiKeyId::from(data["id"].as_str().unwrap().to_owned()),
        user: kernel::UserId::from(data["userId"].as_str().unwrap().to_owned()),
        scopes,
    }
}

#[tokio::test]
async fn a_key_is_made_listed_and_revoked() {
    let office = Office::open().await;
    let body = json!({ "name": " Nightly sync ", "scopes": ["admin:users", "admin:groups"], "expiresInDays": 30 });
    let made = office.done("POST", ALL, body).await;
    let (id, secret) = (made["data"]["id"].as_str().unwrap(), made["data"]["secret"].as_str().unwrap());
    assert!(secret.starts_with(&format!("lmk_{id}.")) && secret.len() > id.len() + 40);
    let expected = json!({
        "id": id, "name": "Nightly sync", "userId": made["data"]["userId"], "userEmail": "root@example.com",
        "scopes": ["admin:groups", "admin:users"], "status": "active", "createdAt": "2026-11-23T08:00:00Z",
        "expiresAt": "2026-12-23T08:00:00Z"
    });
    let one = format!("{ALL}/{id}");
    assert_eq!(office.get(&one).await, json!({ "data": expected }));
    office.world.clock.advance(Duration::from_secs(1));
    office.done("POST", ALL, key("Other", &["authz:check"])).await;
    assert_eq!(column(&office.get(ALL).await, "name"), ["Other", "Nightly sync"]);
    assert_eq!(office.get(&format!("{ALL}?search=NIGHTLY")).await["data"], json!([expected]));
    let page = office.get(&format!("{ALL}?limit=1&page=2")).await;
    assert_eq!((&page["data"], &page["meta"]["total"]), (&json!([expected]), &json!(2)));
    assert_eq!(office.get(&format!("{ALL}?search=%25")).await["meta"]["total"], 0, "what is searched for is no pattern");
    office.done("DELETE", &one, NONE).await;
    assert_eq!(column(&office.get(ALL).await, "name"), ["Other"]);
    for method in ["GET", "DELETE"] {
        assert_eq!(office.refused(&office.admin, method, &one, NONE).await, "api_keys.not_found", "{method}");
    }
    let names = office.world.event_names().await;
    let about: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("api_keys.")).collect();
    assert_eq!(about, ["created", "created", "revoked"]);
}

#[tokio::test]
async fn a_list_says_which_keys_no_longer_work() {
    let office = Office::open().await;
    let ada = office.world.user_with_permissions("ada@example.com", &["api_keys.write", "users.read", "users.write"]).await;
    let short = json!({ "name": "short", "scopes": ["admin:users"], "expiresInDays": 1 });
    office.done("POST", ALL, short).await;
    office.world.clock.advance(Duration::from_secs(1));
    office.world.call(&as_user(&ada), "POST", ALL, key("hers", &["admin:users"])).await.unwrap();
    assert_eq!(column(&office.get(ALL).await, "status"), ["active", "active"]);
    office.world.clock.advance(Duration::from_hours(24));
    office.done("POST", &format!("/admin/users/{}/block", ada.id), NONE).await;
    assert_eq!(column(&office.get(ALL).await, "status"), ["suspended", "expired"]);
}

#[tokio::test]
async fn a_key_needs_a_name_an_end_that_can_be_and_scopes_that_keys_can_hold() {
    let office = Office::open().await;
    for (wrong, field) in [
        (json!({ "name": "x" }), "scopes"),
        (key("x", &[]), "scopes"),
        (key("x", &["authz:read"]), "scopes"),
        (key("x", &["admin:users", "authz:read"]), "scopes"),
        (key("x", &["openid"]), "scopes"),
        (key("x", &["admin:users admin"]), "scopes"),
        (json!({ "name": "x", "scopes": "\u{1}" }), "scopes"),
        (key("", &["admin"]), "name"),
        (key("  ", &["admin"]), "name"),
        (json!({ "scopes": ["admin"] }), "name"),
        (json!({ "name": "x", "scopes": ["admin"], "expiresInDays": 0 }), "expiresInDays"),
        (json!({ "name": "x", "scopes": ["admin"], "expiresInDays": 3651 }), "expiresInDays"),
        (json!({ "name": "x", "scopes": ["admin"], "userId": "someone" }), "userId"),
    ] {
        let fault = office.call("POST", ALL, wrong.clone()).await.unwrap_err();
        let fields: Vec<&str> = fault.fields.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!((fault.code, fields.as_slice()), ("validation_error", [field].as_slice()), "{wrong}");
    }
    assert_eq!(office.get(ALL).await["meta"]["total"], 0);
}

#[tokio::test]
async fn nobody_makes_a_key_that_holds_more_than_they_do() {
    const SLUGS: &[&str] = &["api_keys.write", "users.read", "users.write", "roles.read"];
    let office = Office::open().await;
    let desk = office.world.user_with_permissions("desk@example.com", SLUGS).await;
    let root = office.world.user_with_role("second@example.com", "admin").await;
    for (who, actor, scopes, is_allowed) in [
        ("what one holds", as_user(&desk), ["admin:users"].as_slice(), true),
        ("half of an area", as_user(&desk), &["admin:roles"], false),
        ("nothing of an area", as_user(&desk), &["admin:users", "admin:clients"], false),
        ("everything", as_user(&desk), &["admin"], false),
        ("everything by its other name", as_user(&desk), &["admin:write"], false),
        ("every look", as_user(&desk), &["admin:read"], false),
        ("an administrator", as_user(&root), &["admin"], true),
        ("an administrator's narrow token", as_user_with_scopes(&root, "admin:api_keys"), &["admin:users"], false),
        ("an administrator's looking token", as_user_with_scopes(&root, "admin:api_keys admin:read"), &["admin:read"], true),
        ("a look is no area", as_user_with_scopes(&root, "admin:api_keys admin:read"), &["admin:analytics"], false),
        ("a program without a person", as_client("admin"), &["admin:users"], false),
    ] {
        match office.world.call(&actor, "POST", ALL, key("x", scopes)).await {
            Ok(_) => assert!(is_allowed, "{who} was given {scopes:?}"),
            Err(fault) => assert!(!is_allowed && fault.code == "forbidden", "{who}: {fault:?}"),
        }
    }
}

#[tokio::test]
async fn a_key_makes_no_key_that_holds_more_or_lives_longer_than_itself() {
    let office = Office::open().await;
    let body = json!({ "name": "parent", "scopes": ["admin:api_keys", "admin:clients"], "expiresInDays": 10 });
    let parent = as_key(&office.done("POST", ALL, body).await);
    for (scopes, days, is_allowed) in [
        (["admin:clients"].as_slice(), json!(10), true),
        (&["admin:clients:register"], json!(1), true),
        (&["admin:clients"], json!(11), false),
        (&["admin:clients"], NONE, false),
        (&["admin:users"], json!(1), false),
        (&["admin:clients", "admin"], json!(1), false),
    ] {
        let body = json!({ "name": "child", "scopes": scopes, "expiresInDays": days });
        let answered = office.world.call(&parent, "POST", ALL, body).await;
        assert_eq!(answered.map_err(|fault| fault.code).err(), (!is_allowed).then_some("forbidden"), "{scopes:?} {days}");
    }
    // Today every area together opens what `admin` opens; tomorrow it may not.
    let areas: Vec<&str> = KeyScope::all().into_iter().map(KeyScope::as_str).filter(|scope| scope.contains(':')).collect();
    let areas: Vec<&str> = areas.into_iter().filter(|scope| *scope != "admin:write").collect();
    let every_area = as_key(&office.done("POST", ALL, key("areas", &areas)).await);
    for blanket in ["admin", "admin:write"] {
        assert_eq!(office.refused(&every_area, "POST", ALL, key("x", &[blanket])).await, "forbidden", "{blanket}");
    }
    let everything = as_key(&office.done("POST", ALL, key("all", &["admin"])).await);
    office.world.call(&everything, "POST", ALL, key("x", &["admin"])).await.unwrap();
}

#[tokio::test]
async fn a_key_ends_with_those_that_were_made_with_it() {
    let office = Office::open().await;
    let create =
        async |actor: &Actor, name: &str| office.world.call(actor, "POST", ALL, key(name, &["admin:api_keys"])).await.unwrap();
    let parent = create(&office.admin, "parent").await;
    let child = create(&as_key(&parent), "child").await;
    create(&as_key(&child), "grandchild").await;
    create(&as_key(&parent), "sibling").await;
    create(&office.admin, "other").await;
    let one = |made: &Value| format!("{ALL}/{}", made["data"]["id"].as_str().unwrap());
    let left = async || {
        let list = office.get(ALL).await;
        column(&list, "name").into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    office.done("DELETE", &one(&child), NONE).await;
    assert_eq!(left().await, ["other", "parent", "sibling"].map(str::to_owned).into());
    assert_eq!(office.refused(&as_key(&child), "POST", ALL, key("late", &["admin:api_keys"])).await, "forbidden");
    office.done("DELETE", &one(&parent), NONE).await;
    assert_eq!(left().await, ["other".to_owned()].into());
}

#[tokio::test]
async fn nobody_revokes_a_key_that_can_do_what_they_cannot() {
    const SLUGS: &[&str] = &["api_keys.read", "api_keys.write", "users.read", "users.write"];
    let office = Office::open().await;
    let root = office.admin.clone();
    let desk = as_user(&office.world.user_with_permissions("desk@example.com", SLUGS).await);
    let peer = as_user(&office.world.user_with_permissions("peer@example.com", SLUGS).await);
    let clerk = as_user(&office.world.user_with_permissions("clerk@example.com", &["api_keys.read", "api_keys.write"]).await);
    let create = async |actor: &Actor, scopes: &[&str]| office.world.call(actor, "POST", ALL, key("x", scopes)).await.unwrap();
    let made = [create(&root, &["admin:users"]).await, create(&desk, &["admin:users"]).await];
    let [of_root, of_desk] = made.each_ref().map(|made| format!("{ALL}/{}", made["data"]["id"].as_str().unwrap()));
    assert_eq!(office.refused(&desk, "DELETE", &of_root, NONE).await, "forbidden", "an administrator's key");
    assert_eq!(office.refused(&clerk, "DELETE", &of_desk, NONE).await, "forbidden", "a key with more than one's own");
    let narrow = as_key(&create(&root, &["admin:api_keys"]).await);
    assert_eq!(office.refused(&narrow, "DELETE", &of_root, NONE).await, "forbidden", "a wider key of the same person");
    office.world.call(&peer, "DELETE", &of_desk, NONE).await.unwrap();
    office.world.call(&root, "DELETE", &of_root, NONE).await.unwrap();
    let itself = format!("{ALL}/{}", narrow.id().unwrap());
    office.world.call(&narrow, "DELETE", &itself, NONE).await.unwrap();
}

#[tokio::test]
async fn a_key_is_of_no_other_organization() {
    let office = Office::open().await;
    let made = office.done("POST", ALL, key("here", &["admin"])).await;
    let id = made["data"]["id"].as_str().unwrap().to_owned();
    let other = office.world.another_org("globex").await;
    let seen = office.world.play(&other, move |cx| {
        let id = ApiKeyId::from(id.clone());
        Box::pin(async move {
            let is_seen = crate::api_keys::find_kept(&mut cx.tx, &id).await?.is_some();
            Ok((is_seen, !crate::api_keys::revoke(&mut cx.tx, &id, cx.now).await?.is_empty()))
        })
    });
    assert_eq!(seen.await.unwrap(), (false, false));
    assert_eq!(office.get(ALL).await["meta"]["total"], 1);
}

#[test]
fn every_door_but_the_one_to_oneself_has_a_scope_that_keys_can_hold() {
    let scopes: Vec<&str> = KeyScope::all().into_iter().map(KeyScope::as_str).collect();
    for known in SYSTEM_PERMISSIONS {
        let scope = known.permission.scope;
        assert_eq!(scopes.iter().filter(|known| **known == scope).count(), usize::from(scope != "authz:read"), "{scope}");
    }
}
