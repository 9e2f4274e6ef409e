use crate::permissions::SYSTEM_PERMISSIONS;
use crate::testing::{Office, as_client, as_user, column};
use serde_json::{Value, json};

const NONE: Value = Value::Null;

#[tokio::test]
async fn a_permission_comes_back_as_the_contract_shapes_it() {
    let office = Office::open().await;
    let body =
        json!({ "name": "Approve invoices", "description": "Up to any amount.", "resource": "Invoices", "action": "approve" });
    let created = office.done("POST", "/admin/permissions", body).await;
    let mut expected = json!({
        "id": created["data"]["id"], "name": "Approve invoices", "slug": "invoices.approve", "description": "Up to any amount.",
        "resource": "Invoices", "action": "approve", "isSystem": false, "isCustom": true, "createdAt": "2026-11-23T08:00:00Z",
        "roleCount": 0
    });
    assert_eq!(created, json!({ "data": expected, "message": "Permission created." }));
    office.done("POST", "/admin/roles", json!({ "name": "Clerk", "permissions": ["invoices.approve"] })).await;
    expected["roleCount"] = json!(1);
    let number = created["data"]["id"].as_i64().unwrap();
    for key in ["invoices.approve".to_owned(), number.to_string()] {
        assert_eq!(office.get(&format!("/admin/permissions/{key}")).await, json!({ "data": expected }), "{key}");
        let usage = office.get(&format!("/admin/permissions/{key}/usage")).await;
        let role = &usage["data"]["roles"][0];
        assert_eq!((&usage["data"]["roleCount"], &role["slug"], &role["name"]), (&json!(1), &json!("clerk"), &json!("Clerk")));
    }
    let listed = office.get("/admin/permissions?isSystem=false").await;
    expected.as_object_mut().unwrap().remove("roleCount");
    let page = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
    assert_eq!(listed, json!({ "data": [expected], "meta": page, "pagination": page, "resourceType": "permissions" }));
}

#[tokio::test]
async fn what_is_left_out_is_made_from_the_rest() {
    let office = Office::open().await;
    for (body, slug, resource, action) in [
        (json!({ "name": "documents.read" }), "documents.read", json!("documents"), json!("read")),
        (json!({ "name": "Ship parcels" }), "ship-parcels", json!("ship-parcels"), NONE),
        (json!({ "name": "X", "slug": "reports:view" }), "reports:view", json!("reports"), json!("view")),
        (json!({ "name": "Y", "category": "Billing", "action": "Close" }), "billing.close", json!("Billing"), json!("Close")),
        (json!({ "name": "Z", "slug": "a.b.c", "action": "see" }), "a.b.c", json!("a"), json!("see")),
    ] {
        let made = office.done("POST", "/admin/permissions", body).await["data"].clone();
        assert_eq!((&made["slug"], &made["resource"], &made["action"]), (&json!(slug), &resource, &action));
    }
}

#[tokio::test]
async fn permissions_are_filtered_and_sorted() {
    let office = Office::open().await;
    for name in ["orders.refund", "orders.ship"] {
        office.done("POST", "/admin/permissions", json!({ "name": name })).await;
    }
    for (query, expected) in [
        ("resource=orders&sortBy=slug&sortDir=DESC", vec!["orders.ship", "orders.refund"]),
        ("category=orders&sortBy=slug&limit=1", vec!["orders.refund"]),
        ("search=REFUND", vec!["orders.refund"]),
        ("isSystem=true&search=own", vec!["authz.read"]),
        ("search=_", vec![]),
    ] {
        let listed = office.get(&format!("/admin/permissions?{query}")).await;
        let found: Vec<&str> = column(&listed, "slug").into_iter().filter(|slug| !slug.contains('_')).collect();
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(office.get("/admin/permissions").await["meta"]["total"], SYSTEM_PERMISSIONS.len() + 2);
}

#[tokio::test]
async fn a_permission_changes_but_for_its_slug_and_is_lost_when_it_is_deleted() {
    let office = Office::open().await;
    office.done("POST", "/admin/permissions", json!({ "name": "orders.refund" })).await;
    office.done("POST", "/admin/roles", json!({ "name": "Clerk", "permissions": ["orders.refund"] })).await;
    office.done("POST", "/admin/users", json!({ "email": "ada@example.com" })).await;
    office.done("POST", "/admin/users/ada@example.com/permissions", json!({ "permission": "orders.refund" })).await;
    let path = "/admin/permissions/orders.refund";
    let body = json!({ "name": "Refund orders", "description": "Money back.", "action": "give-back" });
    let changed = office.done("PATCH", path, body).await["data"].clone();
    let expected = (json!("Refund orders"), json!("orders.refund"), json!("orders"), json!("give-back"), json!(1));
    let found = |name: &str| changed[name].clone();
    assert_eq!((found("name"), found("slug"), found("resource"), found("action"), found("roleCount")), expected);
    office.done("DELETE", path, NONE).await;
    for path in ["/admin/roles/clerk/permissions", "/admin/users/ada@example.com/permissions"] {
        assert_eq!(office.get(path).await["data"], json!([]), "{path}");
    }
    assert_eq!(office.refused(&office.admin, "DELETE", path, NONE).await, "permissions.not_found");
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let office = Office::open().await;
    office.done("POST", "/admin/permissions", json!({ "name": "orders.refund" })).await;
    let before = office.get("/admin/permissions?limit=100").await;
    for (method, path, body, code) in [
        ("POST", "/admin/permissions", NONE, "validation_error"),
        ("POST", "/admin/permissions", json!({ "name": "X", "slug": "7" }), "validation_error"),
        ("POST", "/admin/permissions", json!({ "name": "X", "slug": "orders.*" }), "validation_error"),
        ("POST", "/admin/permissions", json!({ "name": "注文" }), "validation_error"),
        ("POST", "/admin/permissions", json!({ "name": "X", "isSystem": true }), "validation_error"),
        ("POST", "/admin/permissions", json!({ "name": "Orders.Refund" }), "permissions.taken"),
        ("POST", "/admin/permissions", json!({ "name": "Mine", "slug": "users.write" }), "permissions.taken"),
        ("PATCH", "/admin/permissions/orders.refund", json!({ "slug": "users.write2" }), "validation_error"),
        ("PATCH", "/admin/permissions/orders.refund", json!({ "name": "" }), "validation_error"),
        ("PATCH", "/admin/permissions/users.write", json!({ "name": "Nothing much" }), "permissions.system"),
        ("DELETE", "/admin/permissions/users.write", NONE, "permissions.system"),
        ("GET", "/admin/permissions/none", NONE, "permissions.not_found"),
        ("GET", "/admin/permissions/99999999", NONE, "permissions.not_found"),
        ("GET", "/admin/permissions/none/usage", NONE, "permissions.not_found"),
        ("PATCH", "/admin/permissions/none", json!({}), "permissions.not_found"),
    ] {
        assert_eq!(office.refused(&office.admin, method, path, body).await, code, "{method} {path}");
    }
    assert_eq!(office.get("/admin/permissions?limit=100").await, before);
}

#[tokio::test]
async fn f57_a_permission_in_use_is_changed_only_by_whoever_holds_it() {
    let office = Office::open().await;
    let keeper = office.world.user_with_permissions("keep@example.com", &["permissions.read", "permissions.write"]).await;
    let keeper = as_user(&keeper);
    let call = async |method: &str, path: &str, body: Value| office.world.call(&keeper, method, path, body).await;
    for name in ["orders.refund", "orders.ship"] {
        call("POST", "/admin/permissions", json!({ "name": name })).await.unwrap();
        call("PATCH", &format!("/admin/permissions/{name}"), json!({ "description": "New." })).await.unwrap();
    }
    office.done("POST", "/admin/roles", json!({ "name": "Clerk", "permissions": ["orders.refund"] })).await;
    office.done("POST", "/admin/users/root@example.com/permissions", json!({ "permission": "orders.ship" })).await;
    for slug in ["orders.refund", "orders.ship"] {
        for (method, body) in [("PATCH", json!({ "resource": "payments" })), ("DELETE", NONE)] {
            let code = office.refused(&keeper, method, &format!("/admin/permissions/{slug}"), body).await;
            assert_eq!(code, "forbidden", "{method} {slug}");
        }
    }
    office.done("POST", "/admin/users/keep@example.com/permissions", json!({ "permission": "orders.ship" })).await;
    call("DELETE", "/admin/permissions/orders.ship", NONE).await.unwrap();
    let program = as_client("admin:roles");
    office.world.call(&program, "DELETE", "/admin/permissions/orders.refund", NONE).await.unwrap();
}

#[tokio::test]
async fn scopes_come_and_go_beside_the_servers_own() {
    let office = Office::open().await;
    let body = json!({ "name": "calendar:read", "description": "See your calendar.", "isDefault": true });
    let created = office.done("POST", "/admin/scopes", body).await;
    let expected = json!({
        "id": created["data"]["id"], "name": "calendar:read", "description": "See your calendar.", "isDefault": true,
        "isSystem": false, "createdAt": "2026-11-23T08:00:00Z"
    });
    assert_eq!(created, json!({ "data": expected, "message": "Scope created." }));
    let number = created["data"]["id"].as_i64().unwrap();
    office.done("POST", "/admin/scopes", json!({ "name": "calendar:write" })).await;
    let listed = office.get("/admin/scopes").await;
    let rows = listed["data"].as_array().unwrap();
    assert_eq!((&listed["meta"]["total"], &listed["pagination"]["total"]), (&json!(rows.len()), &json!(rows.len())));
    let (server, own): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["isSystem"] == true);
    assert_eq!(own.iter().map(|row| row["name"].as_str().unwrap()).collect::<Vec<_>>(), ["calendar:read", "calendar:write"]);
    assert_eq!(*own[0], expected);
    for name in ["openid", "offline_access", "admin", "admin:roles", "authz:check"] {
        assert!(server.iter().any(|row| row["name"] == name && row["description"].is_string()), "{name}");
    }
    for (method, path, body, code) in [
        ("POST", "/admin/scopes", json!({ "name": "calendar:read" }), "scopes.taken"),
        ("POST", "/admin/scopes", json!({ "name": "two words" }), "validation_error"),
        ("POST", "/admin/scopes", json!({ "name": "admin:users" }), "validation_error"),
        ("POST", "/admin/scopes", json!({ "name": "EMAIL" }), "validation_error"),
        ("POST", "/admin/scopes", NONE, "validation_error"),
        ("DELETE", "/admin/scopes/openid", NONE, "scopes.system"),
        ("DELETE", "/admin/scopes/none", NONE, "scopes.not_found"),
        ("DELETE", "/admin/scopes/99999999", NONE, "scopes.not_found"),
    ] {
        assert_eq!(office.refused(&office.admin, method, path, body).await, code, "{method} {path}");
    }
    assert_eq!(office.get("/admin/scopes").await, listed);
    office.done("DELETE", &format!("/admin/scopes/{number}"), NONE).await;
    office.done("DELETE", "/admin/scopes/calendar:write", NONE).await;
    assert_eq!(office.refused(&office.admin, "DELETE", "/admin/scopes/calendar:write", NONE).await, "scopes.not_found");
}
