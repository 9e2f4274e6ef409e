use crate::permissions::ADMIN_ROLE;
use crate::testing::{Office, as_client, as_user, as_user_with_scopes, column};
use kernel::Actor;
use serde_json::{Value, json};
use std::time::Duration;

const NONE: Value = Value::Null;

impl Office {
    async fn make_group(&self, name: &str, roles: &[&str]) {
        self.done("POST", "/admin/groups", json!({ "name": name, "roles": roles })).await;
    }
    async fn roles_of(&self, group: &str) -> Vec<String> {
        let list = self.get(&format!("/admin/groups/{group}/roles")).await;
        assert_eq!(list["pagination"]["total"], list["data"].as_array().unwrap().len());
        column(&list, "slug").into_iter().map(str::to_owned).collect()
    }
    async fn members_of(&self, group: &str) -> Vec<String> {
        let list = self.get(&format!("/admin/groups/{group}/members?limit=100")).await;
        column(&list, "email").into_iter().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_group_comes_back_as_the_contract_shapes_it() {
    let office = Office::open().await;
    let ada = office.world.user("ada@example.com").await;
    let body = json!({ "name": "Équipe Nord", "description": "The north.", "roles": ["user"] });
    let created = office.done("POST", "/admin/groups", body).await;
    assert_eq!((&created["message"], &created["data"]["slug"]), (&json!("Group created."), &json!("equipe-nord")));
    let added = office.done("POST", "/admin/groups/equipe-nord/members", json!({ "userId": "ada@example.com" })).await;
    let group = &added["data"];
    let mut expected = json!({
        "id": created["data"]["id"], "name": "Équipe Nord", "slug": "equipe-nord", "description": "The north.", "isSystem": false,
        "memberCount": 1, "roleCount": 1, "createdAt": "2026-11-23T08:00:00Z", "updatedAt": "2026-11-23T08:00:00Z",
        "roles": [{ "id": group["roles"][0]["id"], "name": "User", "slug": "user" }],
        "members": [{ "id": ada.id.as_str(), "email": "ada@example.com", "name": null }]
    });
    assert_eq!(*group, expected);
    for key in ["equipe-nord", group["id"].as_str().unwrap()] {
        assert_eq!(office.get(&format!("/admin/groups/{key}")).await, json!({ "data": expected }), "{key}");
    }
    let listed = office.get("/admin/groups?search=nord&sortBy=name").await;
    for detail in ["roles", "members", "updatedAt"] {
        expected.as_object_mut().unwrap().remove(detail);
    }
    let page = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
    assert_eq!(listed, json!({ "data": [expected], "meta": page, "pagination": page, "resourceType": "groups" }));
    let members = office.get("/admin/groups/equipe-nord/members").await;
    assert_eq!(members["data"], json!([{ "id": ada.id.as_str(), "email": "ada@example.com", "name": null, "username": null }]));
}

#[tokio::test]
async fn members_and_roles_come_and_go() {
    let office = Office::open().await;
    office.make_group("Staff", &[]).await;
    for name in ["ada", "bob", "eve"] {
        office.world.clock.advance(Duration::from_secs(1));
        office.done("POST", "/admin/users", json!({ "email": format!("{name}@example.com") })).await;
    }
    let members = "/admin/groups/staff/members";
    for body in [
        json!({ "userIds": ["ada@example.com", "bob@example.com"] }),
        json!({ "userIds": ["bob@example.com"], "userId": "eve@example.com" }),
    ] {
        office.done("POST", members, body).await;
    }
    assert_eq!(office.members_of("staff").await, ["ada@example.com", "bob@example.com", "eve@example.com"]);
    assert_eq!(column(&office.get(&format!("{members}?limit=2&page=2")).await, "email"), ["eve@example.com"]);
    office.done("DELETE", &format!("{members}/bob@example.com"), NONE).await;
    assert_eq!(office.members_of("staff").await, ["ada@example.com", "eve@example.com"]);
    assert_eq!(office.refused(&office.admin, "DELETE", &format!("{members}/bob@example.com"), NONE).await, "users.not_found");

    let roles = "/admin/groups/staff/roles";
    for body in [json!({ "roleId": "tenant_admin" }), json!({ "role": "tenant_admin" }), json!({ "roles": ["user"] })] {
        office.done("POST", roles, body).await;
    }
    assert_eq!(office.roles_of("staff").await, ["tenant_admin", "user"]);
    assert_eq!(office.get("/admin/users/ada@example.com").await["data"]["isAdmin"], true);
    office.done("PUT", roles, json!({ "roles": ["user"] })).await;
    assert_eq!(office.get("/admin/users/ada@example.com").await["data"]["isAdmin"], false);
    office.done("DELETE", &format!("{roles}/user"), NONE).await;
    assert_eq!(office.refused(&office.admin, "DELETE", &format!("{roles}/user"), NONE).await, "roles.not_found");
    for method in ["PUT", "PATCH"] {
        let changed = office.done(method, "/admin/groups/staff", json!({ "description": method, "roles": ["user"] })).await;
        assert_eq!((&changed["data"]["name"], &changed["data"]["roleCount"]), (&json!("Staff"), &json!(1)));
    }
    office.done("DELETE", "/admin/groups/staff", NONE).await;
    assert_eq!(office.world.count(&office.world.org, "users").await, 4, "the members stay");
    let names = office.world.event_names().await;
    let about_groups: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("groups.")).collect();
    let (members, roles) = ("members_changed", "roles_changed");
    let expected = ["created", members, members, members, roles, roles, roles, roles, roles, "updated", "updated", "deleted"];
    assert_eq!(about_groups, expected);
}

#[tokio::test]
async fn a_large_group_shows_its_first_members() {
    let office = Office::open().await;
    office.make_group("Everybody", &[]).await;
    let mut all = Vec::new();
    for number in 0..101 {
        all.push(format!("u{number}@example.com"));
        office.done("POST", "/admin/users", json!({ "email": all[number], "groups": ["everybody"] })).await;
    }
    let group = office.get("/admin/groups/everybody").await;
    assert_eq!((&group["data"]["memberCount"], group["data"]["members"].as_array().unwrap().len()), (&json!(101), 100));
    let again = office.done("POST", "/admin/groups/everybody/members", json!({ "userIds": all })).await;
    assert_eq!(again["data"]["memberCount"], 101);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let office = Office::open().await;
    office.make_group("Staff", &["user"]).await;
    let before = (office.get("/admin/groups").await, office.get("/admin/groups/staff").await);
    for (method, path, body, code) in [
        ("POST", "/admin/groups", NONE, "validation_error"),
        ("POST", "/admin/groups", json!({ "name": "…" }), "validation_error"),
        ("POST", "/admin/groups", json!({ "name": "X", "slug": "01999999-0000-7000-8000-000000000000" }), "validation_error"),
        ("POST", "/admin/groups", json!({ "name": "X", "roles": ["user", "pope"] }), "validation_error"),
        ("POST", "/admin/groups", json!({ "name": "STAFF" }), "groups.taken"),
        ("PATCH", "/admin/groups/staff", json!({ "name": "Half", "roles": ["pope"] }), "validation_error"),
        ("PATCH", "/admin/groups/staff", json!({ "members": [] }), "validation_error"),
        ("POST", "/admin/groups/staff/members", NONE, "validation_error"),
        (
            "POST",
            "/admin/groups/staff/members",
            json!({ "userIds": ["root@example.com", "nobody@example.com"] }),
            "validation_error",
        ),
        ("DELETE", "/admin/groups/staff/members/root@example.com", NONE, "users.not_found"),
        ("POST", "/admin/groups/staff/roles", NONE, "validation_error"),
        ("POST", "/admin/groups/staff/roles", json!({ "roleId": "pope" }), "validation_error"),
        ("PUT", "/admin/groups/staff/roles", json!({ "roles": ["admin", "pope"] }), "validation_error"),
        ("DELETE", "/admin/groups/staff/roles/pope", NONE, "roles.not_found"),
        ("DELETE", "/admin/groups/staff/roles/admin", NONE, "roles.not_found"),
        ("GET", "/admin/groups/none", NONE, "groups.not_found"),
        ("PUT", "/admin/groups/none", json!({}), "groups.not_found"),
        ("DELETE", "/admin/groups/none", NONE, "groups.not_found"),
        ("GET", "/admin/groups/none/members", NONE, "groups.not_found"),
        ("GET", "/admin/groups/none/roles", NONE, "groups.not_found"),
        ("GET", "/admin/groups?sortBy=memberCount", NONE, "validation_error"),
    ] {
        assert_eq!(office.refused(&office.admin, method, path, body).await, code, "{method} {path}");
    }
    assert_eq!((office.get("/admin/groups").await, office.get("/admin/groups/staff").await), before);
}

/// Whoever manages groups and no more.
async fn delegates(office: &Office) -> Vec<Actor> {
    let helper = office.world.user_with_permissions("help@example.com", &["groups.read", "groups.write"]).await;
    let narrow = office.world.user_with_role("second@example.com", ADMIN_ROLE).await;
    vec![as_user(&helper), as_client("admin:groups"), as_user_with_scopes(&narrow, "admin:groups")]
}

#[tokio::test]
async fn f57_no_group_leads_to_more_than_its_manager_holds() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    office.done("POST", "/admin/roles", json!({ "name": "Strong", "permissions": ["clients.write"] })).await;
    office.done("POST", "/admin/users", json!({ "email": "strong@example.com", "roles": ["strong"] })).await;
    office.make_group("Bosses", &["admin"]).await;
    office.make_group("Strong Ones", &["strong"]).await;
    office.make_group("Weak Ones", &[]).await;
    office.done("POST", "/admin/groups/bosses/members", json!({ "userId": "root@example.com" })).await;
    office.done("POST", "/admin/groups/weak-ones/members", json!({ "userId": "strong@example.com" })).await;
    let state = async || {
        let groups = office.get("/admin/groups?sortBy=slug").await;
        (groups, office.roles_of("strong-ones").await, office.members_of("weak-ones").await)
    };
    let before = state().await;
    for actor in delegates(&office).await {
        for (method, path, body) in [
            ("POST", "/admin/groups", json!({ "name": "Mine", "roles": ["strong"] })),
            ("POST", "/admin/groups", json!({ "name": "Mine", "roles": ["user", "tenant_admin"] })),
            ("PATCH", "/admin/groups/weak-ones", json!({ "roles": ["admin"] })),
            ("POST", "/admin/groups/weak-ones/roles", json!({ "roleId": "strong" })),
            ("PUT", "/admin/groups/weak-ones/roles", json!({ "roles": ["strong"] })),
            ("PATCH", "/admin/groups/strong-ones", json!({ "name": "Weaker Ones" })),
            ("PUT", "/admin/groups/strong-ones/roles", json!({ "roles": [] })),
            ("DELETE", "/admin/groups/strong-ones/roles/strong", NONE),
            ("DELETE", "/admin/groups/strong-ones", NONE),
            ("POST", "/admin/groups/strong-ones/members", json!({ "userId": "ada@example.com" })),
            ("POST", "/admin/groups/bosses/members", json!({ "userIds": ["ada@example.com", "help@example.com"] })),
            ("DELETE", "/admin/groups/bosses/members/root@example.com", NONE),
            ("DELETE", "/admin/groups/weak-ones/members/strong@example.com", NONE),
            ("POST", "/admin/groups/weak-ones/members", json!({ "userIds": ["ada@example.com", "root@example.com"] })),
        ] {
            assert_eq!(office.refused(&actor, method, path, body).await, "forbidden", "{actor:?} {method} {path}");
        }
        for (method, body) in [("POST", json!({ "userId": "ada@example.com" })), ("DELETE", NONE)] {
            let path = if body.is_null() {
                "/admin/groups/weak-ones/members/ada@example.com"
            } else {
                "/admin/groups/weak-ones/members"
            };
            let within = office.world.call(&actor, method, path, body).await;
            assert!(within.is_ok(), "{actor:?} {method}: {within:?}");
        }
    }
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn the_last_administrator_stays_however_they_came_by_it() {
    let office = Office::open().await;
    office.make_group("Bosses", &["tenant_admin"]).await;
    office.done("POST", "/admin/users", json!({ "email": "boss@example.com", "groups": ["bosses"] })).await;
    let program = as_client("admin");
    let call = async |method: &str, path: &str, body: Value| office.world.call(&program, method, path, body).await;
    call("DELETE", "/admin/users/root@example.com/roles/admin", NONE).await.unwrap();
    for (method, path, body) in [
        ("DELETE", "/admin/groups/bosses", NONE),
        ("DELETE", "/admin/groups/bosses/roles/tenant_admin", NONE),
        ("PUT", "/admin/groups/bosses/roles", json!({ "roles": [] })),
        ("PATCH", "/admin/groups/bosses", json!({ "roles": ["user"] })),
        ("DELETE", "/admin/groups/bosses/members/boss@example.com", NONE),
        ("DELETE", "/admin/users/boss@example.com/groups/bosses", NONE),
        ("PUT", "/admin/users/boss@example.com/groups", json!({ "groups": [] })),
        ("PATCH", "/admin/users/boss@example.com", json!({ "groups": [] })),
        ("POST", "/admin/users/boss@example.com/block", NONE),
    ] {
        assert_eq!(office.refused(&program, method, path, body).await, "users.last_administrator", "{method} {path}");
    }
    call("POST", "/admin/users/root@example.com/roles", json!({ "role": "admin" })).await.unwrap();
    call("DELETE", "/admin/groups/bosses", NONE).await.unwrap();
    assert_eq!(office.get("/admin/users/boss@example.com").await["data"]["isAdmin"], false);
}
