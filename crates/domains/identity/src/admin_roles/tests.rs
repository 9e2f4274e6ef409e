use crate::permissions::{ADMIN_ROLE, SYSTEM_PERMISSIONS};
use crate::testing::{Office, as_client, as_user, as_user_with_scopes, column};
use kernel::Actor;
use serde_json::{Value, json};
use std::time::Duration;

const NONE: Value = Value::Null;

/// The slugs a role grants.
async fn granted(office: &Office, role: &str) -> Vec<String> {
    let list = office.get(&format!("/admin/roles/{role}/permissions")).await;
    assert_eq!(list["pagination"]["total"], list["data"].as_array().unwrap().len());
    column(&list, "slug").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_role_comes_back_as_the_contract_shapes_it() {
    let office = Office::open().await;
    let body = json!({ "name": "Help Desk", "description": "Answers the phone.", "permissions": ["users.read", "audit.read"] });
    let created = office.done("POST", "/admin/roles", body).await;
    let role = &created["data"];
    let mut expected = json!({
        "id": role["id"], "name": "Help Desk", "slug": "help-desk", "description": "Answers the phone.", "isSystem": false,
        "userCount": 0, "createdAt": "2026-11-23T08:00:00Z", "updatedAt": "2026-11-23T08:00:00Z", "permissions": [
            { "id": role["permissions"][0]["id"], "name": "Read the audit log", "slug": "audit.read", "resource": "audit", "action": "read" },
            { "id": role["permissions"][1]["id"], "name": "Read users", "slug": "users.read", "resource": "users", "action": "read" },
        ]
    });
    assert_eq!(created, json!({ "data": expected, "message": "Role created." }));
    assert!(role["permissions"][0]["id"].is_i64());
    for key in ["help-desk", role["id"].as_str().unwrap()] {
        assert_eq!(office.get(&format!("/admin/roles/{key}")).await, json!({ "data": expected }), "{key}");
    }
    let listed = office.get("/admin/roles?search=HELP").await;
    for detail in ["permissions", "updatedAt"] {
        expected.as_object_mut().unwrap().remove(detail);
    }
    let page = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
    assert_eq!(listed, json!({ "data": [expected], "meta": page, "pagination": page, "resourceType": "roles" }));
}

#[tokio::test]
async fn roles_are_filtered_and_sorted() {
    let office = Office::open().await;
    for name in ["Zeta", "Alpha"] {
        office.done("POST", "/admin/roles", json!({ "name": name })).await;
    }
    for (query, expected) in [
        ("sortBy=slug", vec!["admin", "alpha", "tenant_admin", "user", "zeta"]),
        ("sortBy=slug&sortDir=DESC", vec!["zeta", "user", "tenant_admin", "alpha", "admin"]),
        ("isSystem=false&sortBy=name", vec!["alpha", "zeta"]),
        ("isSystem=true&sortBy=name&sortDir=desc", vec!["user", "tenant_admin", "admin"]),
        ("search=100%25", vec![]),
        ("sortBy=slug&limit=2&page=2", vec!["tenant_admin", "user"]),
        ("sortBy=slug&limit=2&page=9", vec![]),
    ] {
        assert_eq!(column(&office.get(&format!("/admin/roles?{query}")).await, "slug"), expected, "{query}");
    }
    for bad in ["sortBy=userCount", "sortDir=up", "page=0", "isSystem=maybe"] {
        assert_eq!(office.refused(&office.admin, "GET", &format!("/admin/roles?{bad}"), NONE).await, "validation_error", "{bad}");
    }
}

#[tokio::test]
async fn what_a_role_grants_comes_and_goes() {
    let office = Office::open().await;
    office.world.custom_permission("orders.refund").await;
    office.done("POST", "/admin/roles", json!({ "name": "Clerk", "slug": "clerk" })).await;
    let path = "/admin/roles/clerk/permissions";
    for body in [json!({ "permissions": ["orders.refund"] }), json!({ "permission": "orders.refund" })] {
        assert!(office.done("POST", path, body).await["message"].is_string());
    }
    assert_eq!(granted(&office, "clerk").await, ["orders.refund"]);
    let number = office.get(path).await["data"][0]["id"].clone();
    office.done("POST", path, json!({ "permissionId": number })).await;
    let replaced = office.done("PUT", path, json!({ "permissions": ["users.read", "groups.read"] })).await;
    assert_eq!(replaced["data"]["permissions"].as_array().unwrap().len(), 2);
    assert_eq!(granted(&office, "clerk").await, ["groups.read", "users.read"]);
    office.done("DELETE", &format!("{path}/groups.read"), NONE).await;
    assert_eq!(granted(&office, "clerk").await, ["users.read"]);
    assert_eq!(office.refused(&office.admin, "DELETE", &format!("{path}/groups.read"), NONE).await, "permissions.not_found");
    for method in ["PUT", "PATCH"] {
        let changed = office.done(method, "/admin/roles/clerk", json!({ "description": method })).await;
        assert_eq!((&changed["data"]["description"], &changed["data"]["name"]), (&json!(method), &json!("Clerk")));
    }
    assert_eq!(granted(&office, "clerk").await, ["users.read"], "what isn't sent stays");
    let emptied = office.done("PATCH", "/admin/roles/clerk", json!({ "description": null, "permissions": [] })).await;
    assert_eq!((&emptied["data"]["description"], &emptied["data"]["permissions"]), (&NONE, &json!([])));
}

#[tokio::test]
async fn who_has_a_role_loses_it_when_it_is_deleted() {
    let office = Office::open().await;
    let ada = office.world.user("ada@example.com").await;
    office.done("POST", "/admin/roles", json!({ "name": "Reader", "permissions": ["users.read"] })).await;
    office.done("POST", "/admin/roles/reader/users", json!({ "userId": "ada@example.com" })).await;
    office.done("POST", "/admin/roles/reader/users", json!({ "userId": ada.id.as_str() })).await;
    assert_eq!(office.get("/admin/roles/reader").await["data"]["userCount"], 1);
    let users = office.get("/admin/roles/reader/users").await;
    assert_eq!(users["data"], json!([{ "id": ada.id.as_str(), "email": "ada@example.com", "name": null }]));
    assert_eq!((&users["meta"]["total"], &users["resourceType"]), (&json!(1), &json!("users")));
    assert!(office.get("/admin/users/ada@example.com/roles").await.to_string().contains("reader"));
    office.done("DELETE", "/admin/roles/reader", NONE).await;
    assert_eq!(column(&office.get("/admin/users/ada@example.com/roles").await, "slug"), ["user"]);
    assert_eq!(office.refused(&office.admin, "DELETE", "/admin/roles/reader", NONE).await, "roles.not_found");
    let names = office.world.event_names().await;
    let roles: Vec<&str> = names.iter().map(String::as_str).filter(|name| name.contains("roles")).collect();
    assert_eq!(roles, ["roles.created", "users.roles_changed", "users.roles_changed", "roles.deleted"]);
}

#[tokio::test]
async fn users_of_a_role_are_paged_without_gap_or_repetition() {
    let office = Office::open().await;
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        office.world.clock.advance(Duration::from_secs(1));
        office.done("POST", "/admin/users", json!({ "email": format!("{name}@example.com") })).await;
    }
    let mut seen = Vec::new();
    for page in 1..=5 {
        let list = office.get(&format!("/admin/roles/user/users?limit=2&page={page}")).await;
        assert_eq!((&list["meta"]["total"], &list["meta"]["hasNextPage"]), (&json!(8), &json!(page < 4)));
        seen.extend(column(&list, "email").into_iter().map(str::to_owned));
    }
    let expected = ["root", "a", "b", "c", "d", "e", "f", "g"].map(|name| format!("{name}@example.com"));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let office = Office::open().await;
    office.done("POST", "/admin/roles", json!({ "name": "Clerk", "permissions": ["users.read"] })).await;
    let before = (office.get("/admin/roles").await, granted(&office, "clerk").await);
    let uuid = "01999999-0000-7000-8000-000000000000";
    for (method, path, body, code) in [
        ("POST", "/admin/roles", NONE, "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "" }), "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "管理者" }), "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "X", "slug": "Not A Slug" }), "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "X", "slug": uuid }), "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "X", "isSystem": true }), "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "X", "permissions": ["users.read", "no.such"] }), "validation_error"),
        ("POST", "/admin/roles", json!({ "name": "Clerk" }), "roles.taken"),
        ("POST", "/admin/roles", json!({ "name": "Mine", "slug": "admin" }), "roles.taken"),
        ("PATCH", "/admin/roles/clerk", json!({ "slug": "other" }), "validation_error"),
        ("PATCH", "/admin/roles/clerk", json!({ "name": "Half", "permissions": ["no.such"] }), "validation_error"),
        ("PUT", "/admin/roles/clerk/permissions", NONE, "validation_error"),
        ("POST", "/admin/roles/clerk/permissions", NONE, "validation_error"),
        ("POST", "/admin/roles/clerk/permissions", json!({ "permissions": ["groups.read", "no.such"] }), "validation_error"),
        ("POST", "/admin/roles/clerk/users", json!({ "userId": "nobody@example.com" }), "validation_error"),
        ("DELETE", "/admin/roles/clerk/users/nobody@example.com", NONE, "users.not_found"),
        ("DELETE", "/admin/roles/clerk/users/root@example.com", NONE, "users.not_found"),
        ("GET", "/admin/roles/none", NONE, "roles.not_found"),
        ("PATCH", "/admin/roles/none", json!({}), "roles.not_found"),
        ("DELETE", "/admin/roles/none", NONE, "roles.not_found"),
        ("GET", "/admin/roles/none/users", NONE, "roles.not_found"),
        ("POST", "/admin/roles/none/users", json!({ "userId": "root@example.com" }), "roles.not_found"),
    ] {
        assert_eq!(office.refused(&office.admin, method, path, body).await, code, "{method} {path}");
    }
    assert_eq!((office.get("/admin/roles").await, granted(&office, "clerk").await), before);
}

#[tokio::test]
async fn the_servers_own_roles_stay_as_they_are() {
    let office = Office::open().await;
    let before = office.get("/admin/roles").await;
    for role in ["admin", "tenant_admin", "user"] {
        for (method, rest, body) in [
            ("PATCH", "", json!({ "name": "Renamed" })),
            ("PUT", "", json!({ "permissions": [] })),
            ("DELETE", "", NONE),
            ("POST", "/permissions", json!({ "permission": "users.write" })),
            ("PUT", "/permissions", json!({ "permissions": ["users.write"] })),
            ("DELETE", "/permissions/users.read", NONE),
        ] {
            let code = office.refused(&office.admin, method, &format!("/admin/roles/{role}{rest}"), body).await;
            assert_eq!(code, "roles.system", "{method} {role}{rest}");
        }
    }
    assert_eq!(office.get("/admin/roles").await, before);
    assert_eq!(granted(&office, "admin").await.len(), SYSTEM_PERMISSIONS.len());
}

/// Whoever manages roles and no more, and may read users.
async fn delegates(office: &Office) -> Vec<Actor> {
    let helper = office.world.user_with_permissions("help@example.com", &["roles.read", "roles.write", "users.read"]).await;
    let narrow = office.world.user_with_role("second@example.com", ADMIN_ROLE).await;
    vec![as_user(&helper), as_client("admin:roles"), as_user_with_scopes(&narrow, "admin:roles")]
}

#[tokio::test]
async fn f57_no_role_leads_to_more_than_its_maker_holds() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    office.done("POST", "/admin/roles", json!({ "name": "Strong", "permissions": ["clients.write"] })).await;
    office.done("POST", "/admin/roles", json!({ "name": "Weak", "permissions": ["roles.read"] })).await;
    office.done("POST", "/admin/users", json!({ "email": "strong@example.com", "roles": ["strong"] })).await;
    let before = (granted(&office, "strong").await, granted(&office, "weak").await);
    for actor in delegates(&office).await {
        for (method, path, body) in [
            ("POST", "/admin/roles", json!({ "name": "Mine", "permissions": ["clients.write"] })),
            ("POST", "/admin/roles", json!({ "name": "Mine", "permissions": ["roles.read", "settings.manage"] })),
            ("PATCH", "/admin/roles/weak", json!({ "permissions": ["clients.write"] })),
            ("POST", "/admin/roles/weak/permissions", json!({ "permission": "users.write" })),
            ("PUT", "/admin/roles/weak/permissions", json!({ "permissions": ["users.write"] })),
            ("PATCH", "/admin/roles/strong", json!({ "name": "Weakened" })),
            ("PUT", "/admin/roles/strong/permissions", json!({ "permissions": [] })),
            ("DELETE", "/admin/roles/strong/permissions/clients.write", NONE),
            ("DELETE", "/admin/roles/strong", NONE),
            ("POST", "/admin/roles/strong/users", json!({ "userId": "ada@example.com" })),
            ("POST", "/admin/roles/admin/users", json!({ "userId": "ada@example.com" })),
            ("POST", "/admin/roles/tenant_admin/users", json!({ "userId": "help@example.com" })),
            ("DELETE", "/admin/roles/admin/users/root@example.com", NONE),
            ("DELETE", "/admin/roles/strong/users/strong@example.com", NONE),
            ("POST", "/admin/roles/weak/users", json!({ "userId": "strong@example.com" })),
        ] {
            assert_eq!(office.refused(&actor, method, path, body).await, "forbidden", "{actor:?} {method} {path}");
        }
        let within = office.world.call(&actor, "PATCH", "/admin/roles/weak", json!({ "permissions": ["roles.read"] })).await;
        assert!(within.is_ok(), "{actor:?}: {within:?}");
    }
    assert_eq!((granted(&office, "strong").await, granted(&office, "weak").await), before);
    assert_eq!(office.get("/admin/roles/strong").await["data"]["userCount"], 1);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let office = Office::open().await;
    let program = as_client("admin");
    let root = "/admin/users/root@example.com";
    let shutting_out = [
        ("DELETE", "/admin/roles/admin/users/root@example.com".to_owned(), NONE),
        ("DELETE", format!("{root}/roles/admin"), NONE),
        ("PUT", format!("{root}/roles"), json!({ "roles": ["user"] })),
        ("PATCH", root.to_owned(), json!({ "roles": [] })),
        ("PATCH", root.to_owned(), json!({ "isActive": false })),
        ("POST", format!("{root}/block"), NONE),
        ("DELETE", root.to_owned(), NONE),
    ];
    let before = office.get(root).await;
    for (method, path, body) in &shutting_out {
        assert_eq!(office.refused(&program, method, path, body.clone()).await, "users.last_administrator", "{method} {path}");
    }
    // Who can't come in is no administrator who is left.
    office.done("POST", "/admin/users", json!({ "email": "away@example.com", "roles": ["admin"], "isActive": false })).await;
    office.done("POST", "/admin/users", json!({ "email": "out@example.com", "roles": ["tenant_admin"] })).await;
    office.done("POST", "/admin/users/out@example.com/block", NONE).await;
    for (method, path, body) in &shutting_out {
        assert_eq!(office.refused(&program, method, path, body.clone()).await, "users.last_administrator", "{method} {path}");
    }
    assert_eq!(office.get(root).await, before);
    office.done("POST", "/admin/users/out@example.com/unblock", NONE).await;
    for (method, path, body) in &shutting_out {
        let done = office.world.call(&program, method, path, body.clone()).await;
        assert!(done.is_ok(), "{method} {path}: {done:?}");
        if (*method, path.as_str()) != ("DELETE", root) {
            office.world.call(&program, "POST", &format!("{root}/unblock"), NONE).await.unwrap();
            office.world.call(&program, "PATCH", root, json!({ "roles": ["admin"], "isActive": true })).await.unwrap();
        }
    }
}
