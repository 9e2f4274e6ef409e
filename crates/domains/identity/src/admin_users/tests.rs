use crate::groups::NewGroup;
use crate::permissions::ADMIN_ROLE;
use crate::sessions::{self, NewSession};
use crate::slug::PlainSlug;
use crate::testing::{Office, as_client, as_user, as_user_with_scopes, column, play};
use crate::users::User;
use kernel::{Authentication, FaultKind};
use serde_json::{Value, json};
use std::time::Duration;

mod identities;
mod listing;

impl Office {
    async fn begin_session(&self, user: &User) {
        let authentication = Authentication { at: self.world.now(), acr: "1".to_owned(), amr: Vec::new() };
        let new = NewSession { user: user.id.clone(), authentication, is_remembered: true };
        let world = &self.world;
        play!(world, |cx, new| sessions::create(cx, new).await).unwrap();
    }
    async fn live_sessions(&self, user: &User) -> usize {
        let (world, id) = (&self.world, user.id.clone());
        play!(world, |cx, id| sessions::list_of_user(&mut cx.tx, &id, cx.now).await).unwrap().len()
    }
}

fn emails(list: &Value) -> Vec<&str> {
    column(list, "email")
}

fn a_group(name: &str) -> NewGroup {
    NewGroup { slug: PlainSlug::of_name(name).unwrap(), name: name.to_owned(), description: None }
}

#[tokio::test]
async fn a_created_user_comes_back_as_the_contract_shapes_them() {
    let office = Office::open().await;
    let body = json!({
        "email": "Ada@Example.com", "username": "ada", "name": "Ada Lovelace", "givenName": "Ada", "familyName": "Lovelace",
        "picture": "https://example.com/ada.png", "phoneNumber": "+44 20 7946 0000", "locale": "en-GB", "zoneinfo": "Europe/London",
        "emailVerified": true, "password": "correct horse", "roles": ["user"], "groups": []
    });
    let created = office.call("POST", "/admin/users", body).await.unwrap();
    assert!(created["message"].is_string());
    let user = &created["data"];
    let mut expected = json!({
        "id": user["id"], "email": "Ada@Example.com", "username": "ada", "name": "Ada Lovelace", "givenName": "Ada",
        "familyName": "Lovelace", "picture": "https://example.com/ada.png", "emailVerified": true,
        "phoneNumber": "+44 20 7946 0000", "phoneNumberVerified": false, "isActive": true, "blocked": false, "mfaEnabled": false,
        "isAdmin": false, "createdAt": "2026-11-23T08:00:00Z", "lastLoginAt": null, "loginCount": 0,
        "middleName": null, "nickname": null, "profile": null, "website": null, "gender": null, "birthdate": null, "address": null,
        "roles": [{ "id": user["roles"][0]["id"], "name": "User", "slug": "user" }], "groups": [], "locale": "en-GB",
        "zoneinfo": "Europe/London", "updatedAt": "2026-11-23T08:00:00Z", "blockedAt": null, "isJitProvisioned": false,
        "jitProvisionedBy": null, "socialProvider": null
    });
    assert_eq!(*user, expected);
    let shown = office.get("/admin/users/ada@example.com").await;
    assert_eq!(shown, json!({ "data": expected }), "an address names a user too");
    let listed = office.get("/admin/users?search=lovelace").await;
    for detail in [
        "roles",
        "groups",
        "middleName",
        "nickname",
        "profile",
        "website",
        "gender",
        "birthdate",
        "address",
        "locale",
        "zoneinfo",
        "updatedAt",
        "blockedAt",
        "isJitProvisioned",
        "jitProvisionedBy",
        "socialProvider",
    ] {
        expected.as_object_mut().unwrap().remove(detail);
    }
    let page = json!({ "total": 1, "page": 1, "limit": 25, "totalPages": 1, "hasNextPage": false, "hasPreviousPage": false });
    assert_eq!(listed, json!({ "data": [expected], "meta": page, "pagination": page, "resourceType": "users" }));
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let office = Office::open().await;
    office.world.user("ada@example.com").await;
    let before = (office.world.count(&office.world.org, "users").await, office.get("/admin/users/ada@example.com").await);
    for (method, path, body, code) in [
        ("POST", "/admin/users", Value::Null, "validation_error"),
        ("POST", "/admin/users", json!({ "email": "nobody" }), "validation_error"),
        ("POST", "/admin/users", json!({ "email": "x@example.com", "password": "short" }), "validation_error"),
        ("POST", "/admin/users", json!({ "email": "x@example.com", "surname": "X" }), "validation_error"),
        ("POST", "/admin/users", json!({ "email": "x@example.com", "roles": ["pope"] }), "validation_error"),
        ("POST", "/admin/users", json!({ "email": "ADA@example.com" }), "users.taken"),
        ("PATCH", "/admin/users/ada@example.com", json!({ "email": "root@example.com" }), "users.taken"),
        ("PATCH", "/admin/users/ada@example.com", json!({ "name": "A", "groups": ["none"] }), "validation_error"),
        ("PUT", "/admin/users/ada@example.com", json!({ "picture": "javascript:alert(1)" }), "validation_error"),
        ("PUT", "/admin/users/ada@example.com/password", json!({ "password": "1234567" }), "validation_error"),
        ("PUT", "/admin/users/ada@example.com/roles", json!({ "roles": ["user", "pope"] }), "validation_error"),
        ("POST", "/admin/users/ada@example.com/roles", Value::Null, "validation_error"),
        ("DELETE", "/admin/users/ada@example.com/roles/admin", Value::Null, "roles.not_found"),
        ("DELETE", "/admin/users/ada@example.com/groups/none", Value::Null, "groups.not_found"),
        ("POST", "/admin/users/ada@example.com/permissions", json!({ "permission": "none" }), "permissions.not_found"),
        ("DELETE", "/admin/users/ada@example.com/permissions/users.read", Value::Null, "permissions.not_found"),
        ("POST", "/admin/users/root@example.com/block", Value::Null, "users.oneself"),
        ("DELETE", "/admin/users/root@example.com", Value::Null, "users.oneself"),
        ("PATCH", "/admin/users/root@example.com", json!({ "isActive": false }), "users.oneself"),
        ("GET", "/admin/users?sortBy=password", Value::Null, "validation_error"),
        ("GET", "/admin/users?page=0", Value::Null, "validation_error"),
    ] {
        let fault = office.call(method, path, body).await.unwrap_err();
        assert_eq!(fault.code, code, "{method} {path}");
    }
    let after = (office.world.count(&office.world.org, "users").await, office.get("/admin/users/ada@example.com").await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_user_who_is_not_here_is_not_found_by_any_operation() {
    let office = Office::open().await;
    let globex = office.world.another_org("globex").await;
    let elsewhere = office.world.play(&globex, |cx| {
        Box::pin(async move {
            let services = cx.services().clone();
            let new = crate::users::NewUser::with_email(crate::users::Email::parse("eve@example.com").unwrap());
            crate::users::insert_user(&mut cx.tx, new, cx.now, &*services.rng).await
        })
    });
    let id = elsewhere.await.unwrap().id;
    for (method, rest, body) in [
        ("GET", "", Value::Null),
        ("PUT", "", json!({})),
        ("PATCH", "", json!({})),
        ("DELETE", "", Value::Null),
        ("POST", "/block", Value::Null),
        ("POST", "/unblock", Value::Null),
        ("POST", "/mark-verified", Value::Null),
        ("POST", "/verify-email", Value::Null),
        ("POST", "/password-reset", Value::Null),
        ("PUT", "/password", json!({ "password": "correct horse" })),
        ("POST", "/password", json!({ "password": "correct horse" })),
        ("GET", "/roles", Value::Null),
        ("POST", "/roles", json!({ "role": "user" })),
        ("PUT", "/roles", json!({ "roles": [] })),
        ("DELETE", "/roles/user", Value::Null),
        ("GET", "/groups", Value::Null),
        ("POST", "/groups", json!({ "groupId": "g" })),
        ("PUT", "/groups", json!({ "groups": [] })),
        ("DELETE", "/groups/g", Value::Null),
        ("GET", "/permissions", Value::Null),
        ("POST", "/permissions", json!({ "permissionId": 1 })),
        ("DELETE", "/permissions/1", Value::Null),
        ("GET", "/identities", Value::Null),
        ("POST", "/mfa/reset", Value::Null),
    ] {
        for user in [id.as_str(), "eve@example.com", "nobody"] {
            let fault = office.call(method, &format!("/admin/users/{user}{rest}"), body.clone()).await.unwrap_err();
            assert_eq!((fault.kind, fault.code), (FaultKind::NotFound, "users.not_found"), "{method} {rest}");
        }
    }
}

#[tokio::test]
async fn put_and_patch_change_only_what_is_sent() {
    let office = Office::open().await;
    let body = json!({ "email": "ada@example.com", "name": "Ada", "phoneNumber": "+33 1", "emailVerified": true });
    office.call("POST", "/admin/users", body).await.unwrap();
    for method in ["PUT", "PATCH"] {
        let path = "/admin/users/ada@example.com";
        let changed = office.call(method, path, json!({ "givenName": method, "phoneNumber": null })).await.unwrap();
        let user = &changed["data"];
        assert_eq!((&user["givenName"], &user["phoneNumber"], &user["name"]), (&json!(method), &Value::Null, &json!("Ada")));
        assert_eq!(user["emailVerified"], true);
    }
    let moved = office.call("PATCH", "/admin/users/ada@example.com", json!({ "email": "ada@lovelace.org" })).await.unwrap();
    assert_eq!(moved["data"]["emailVerified"], false, "nobody has shown that they read mail there");
}

#[tokio::test]
async fn a_block_ends_sessions_and_an_unblock_brings_none_back() {
    let office = Office::open().await;
    let user = office.world.user("ada@example.com").await;
    office.begin_session(&user).await;
    let blocked = office.call("POST", "/admin/users/ada@example.com/block", json!({ "reason": "left" })).await.unwrap();
    assert_eq!((&blocked["data"]["blocked"], &blocked["data"]["blockedAt"]), (&json!(true), &json!("2026-11-23T08:00:00Z")));
    assert_eq!(office.live_sessions(&user).await, 0);
    let unblocked = office.call("POST", "/admin/users/ada@example.com/unblock", Value::Null).await.unwrap();
    assert_eq!((&unblocked["data"]["blocked"], &unblocked["data"]["blockedAt"]), (&json!(false), &Value::Null));
    assert_eq!(office.live_sessions(&user).await, 0);
    let names = office.world.event_names().await;
    assert!(names.ends_with(&["users.blocked".into(), "tests.played".into(), "users.unblocked".into(), "tests.played".into()]));
}

#[tokio::test]
async fn deleting_a_user_takes_everything_but_the_log() {
    let office = Office::open().await;
    let (world, user) = (&office.world, office.world.user("ada@example.com").await);
    office.begin_session(&user).await;
    office.call("PUT", "/admin/users/ada@example.com/password", json!({ "password": "correct horse" })).await.unwrap();
    let events = world.count(&world.org, "events").await;
    office.call("DELETE", &format!("/admin/users/{}", user.id), Value::Null).await.unwrap();
    for table in ["sessions", "password_history"] {
        assert_eq!(world.count(&world.org, table).await, 0, "{table}");
    }
    assert_eq!(world.count(&world.org, "users").await, 1);
    assert_eq!(world.count(&world.org, "events").await, events + 1);
    assert_eq!(world.event_names().await.last().unwrap(), "users.deleted");
}

#[tokio::test]
async fn a_password_that_is_set_ends_sessions_and_is_none_of_the_last_five() {
    let office = Office::open().await;
    let user = office.world.user("ada@example.com").await;
    office.begin_session(&user).await;
    let mut set = Vec::new();
    for (method, password) in [("PUT", "password one"), ("POST", "password two"), ("PUT", "password three")] {
        office.call(method, "/admin/users/ada@example.com/password", json!({ "password": password })).await.unwrap();
        office.world.clock.advance(Duration::from_secs(1));
        set.push(password);
    }
    assert_eq!(office.live_sessions(&user).await, 0);
    for password in set {
        let fault =
            office.call("PUT", "/admin/users/ada@example.com/password", json!({ "password": password })).await.unwrap_err();
        assert_eq!(fault.fields[0].0, "password");
    }
}

#[tokio::test]
async fn mail_is_asked_for_and_left_to_whoever_sends_it() {
    let office = Office::open().await;
    let user = office.world.user("ada@example.com").await;
    for path in ["password-reset", "verify-email"] {
        let asked = office.call("POST", &format!("/admin/users/{}/{path}", user.id), Value::Null).await.unwrap();
        assert!(asked["message"].is_string());
    }
    assert_eq!(office.world.count(&office.world.org, "jobs").await, 2);
    let marked = office.call("POST", "/admin/users/ada@example.com/mark-verified", Value::Null).await.unwrap();
    assert_eq!(marked["data"]["emailVerified"], true);
}

#[tokio::test]
async fn second_factors_are_never_reset() {
    let office = Office::open().await;
    let fault = office.call("POST", "/admin/users/root@example.com/mfa/reset", Value::Null).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Gone);
    let identities = office.get("/admin/users/root@example.com/identities").await;
    assert_eq!(identities["data"], json!({ "auth_source": null, "ldap_only": false, "bindings": [] }));
}

#[tokio::test]
async fn roles_groups_and_permissions_come_and_go() {
    let office = Office::open().await;
    let world = &office.world;
    world.user("ada@example.com").await;
    play!(world, |cx| {
        let services = cx.services().clone();
        crate::groups::insert_group(&mut cx.tx, a_group("Staff"), cx.now, &*services.rng).await
    })
    .unwrap();
    let path = |rest: &str| format!("/admin/users/ada@example.com{rest}");
    let slugs = |list: Value| -> Vec<String> {
        assert_eq!(list["pagination"]["total"], list["data"].as_array().unwrap().len());
        list["data"].as_array().unwrap().iter().map(|row| row["slug"].as_str().unwrap().to_owned()).collect()
    };
    for body in [json!({ "roles": ["tenant_admin"] }), json!({ "role": "tenant_admin" }), json!({ "roleId": "tenant_admin" })] {
        let given = office.call("POST", &path("/roles"), body).await.unwrap();
        assert_eq!(given["data"]["isAdmin"], true);
    }
    assert_eq!(slugs(office.get(&path("/roles")).await), ["tenant_admin", "user"]);
    assert_eq!(emails(&office.get("/admin/users?role=tenant_admin").await), ["ada@example.com"]);
    office.call("PUT", &path("/roles"), json!({ "roles": ["user"] })).await.unwrap();
    assert_eq!(slugs(office.get(&path("/roles")).await), ["user"]);
    office.call("DELETE", &path("/roles/user"), Value::Null).await.unwrap();

    office.call("POST", &path("/groups"), json!({ "group": "staff" })).await.unwrap();
    assert_eq!(slugs(office.get(&path("/groups")).await), ["staff"]);
    assert_eq!(emails(&office.get("/admin/users?group=staff").await), ["ada@example.com"]);
    office.call("PATCH", &path(""), json!({ "groups": [], "roles": ["user"] })).await.unwrap();
    assert!(slugs(office.get(&path("/groups")).await).is_empty());

    office.call("POST", &path("/permissions"), json!({ "permissions": ["users.read"] })).await.unwrap();
    let held = office.get(&path("/permissions")).await;
    let number = held["data"][0]["id"].as_i64().unwrap();
    office.call("POST", &path("/permissions"), json!({ "permissionId": number })).await.unwrap();
    assert_eq!(slugs(office.get(&path("/permissions")).await), ["users.read"]);
    office.call("DELETE", &path(&format!("/permissions/{number}")), Value::Null).await.unwrap();
    assert!(slugs(office.get(&path("/permissions")).await).is_empty());
}

#[tokio::test]
async fn no_path_leads_from_a_lesser_role_to_a_greater_one() {
    let office = Office::open().await;
    let world = &office.world;
    world.custom_permission("orders.refund").await;
    world.user("ada@example.com").await;
    play!(world, |cx| {
        let services = cx.services().clone();
        let group = crate::groups::insert_group(&mut cx.tx, a_group("Bosses"), cx.now, &*services.rng).await?;
        let role = crate::roles::find_role(&mut cx.tx, "admin").await?.unwrap();
        crate::groups::add_role(&mut cx.tx, &group.id, &role.id).await
    })
    .unwrap();
    let helper = world.user_with_permissions("help@example.com", &["users.read", "users.write"]).await;
    let (root, ada, own) = ("/admin/users/root@example.com", "/admin/users/ada@example.com", "/admin/users/help@example.com");
    for actor in [as_user(&helper), as_client("admin:users")] {
        for (method, path, body) in [
            ("PATCH", root.to_owned(), json!({ "email": "mine@example.com" })),
            ("DELETE", root.to_owned(), Value::Null),
            ("POST", format!("{root}/block"), Value::Null),
            ("POST", format!("{root}/unblock"), Value::Null),
            ("POST", format!("{root}/mark-verified"), Value::Null),
            ("PUT", format!("{root}/password"), json!({ "password": "correct horse" })),
            ("PUT", format!("{root}/roles"), json!({ "roles": [] })),
            ("DELETE", format!("{root}/roles/admin"), Value::Null),
            ("POST", format!("{ada}/roles"), json!({ "role": "admin" })),
            ("PUT", format!("{own}/roles"), json!({ "roles": ["tenant_admin"] })),
            ("PATCH", own.to_owned(), json!({ "roles": ["admin"] })),
            ("POST", format!("{own}/groups"), json!({ "group": "bosses" })),
            ("PATCH", ada.to_owned(), json!({ "groups": ["bosses"] })),
            ("POST", format!("{own}/permissions"), json!({ "permission": "clients.write" })),
            ("POST", "/admin/users".to_owned(), json!({ "email": "new@example.com", "roles": ["admin"] })),
            ("POST", "/admin/users".to_owned(), json!({ "email": "new@example.com", "groups": ["bosses"] })),
        ] {
            let fault = world.call(&actor, method, &path, body).await.unwrap_err();
            assert_eq!((fault.kind, fault.code), (FaultKind::Forbidden, "forbidden"), "{actor:?} {method} {path}");
        }
    }
    let own_permission = ("POST", format!("{own}/permissions"), json!({ "permission": "orders.refund" }));
    let fault = world.call(&as_user(&helper), own_permission.0, &own_permission.1, own_permission.2).await.unwrap_err();
    assert_eq!(fault.code, "forbidden");
    assert!(world.call(&as_user(&helper), "POST", &format!("{ada}/block"), Value::Null).await.is_ok());
    assert_eq!(world.count(&world.org, "users").await, 3);
}

#[tokio::test]
async fn the_narrow_token_of_an_administrator_is_no_administrator() {
    let office = Office::open().await;
    let root = office.world.user_with_role("second@example.com", ADMIN_ROLE).await;
    let narrow = as_user_with_scopes(&root, "admin:users");
    for path in ["/admin/users/root@example.com/password", "/admin/users/second@example.com/password"] {
        let fault = office.world.call(&narrow, "PUT", path, json!({ "password": "correct horse" })).await.unwrap_err();
        assert_eq!(fault.code, "forbidden", "{path}");
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition_whatever_the_order() {
    let office = Office::open().await;
    for number in 0..11 {
        office.world.clock.advance(Duration::from_secs(1));
        let name = if number % 3 == 0 { Value::Null } else { json!(format!("N{}", number % 2)) };
        let username = if number % 4 == 0 { Value::Null } else { json!(format!("u{}", 11 - number)) };
        let body =
            json!({ "email": format!("u{number:02}@example.com"), "name": name, "username": username, "isActive": number != 5 });
        office.call("POST", "/admin/users", body).await.unwrap();
    }
    for sort in
        ["", "&sortBy=createdAt", "&sortBy=updatedAt", "&sortBy=lastLoginAt", "&sortBy=email", "&sortBy=username", "&sortBy=name"]
    {
        let read = async |limit: usize, direction: &str| {
            let mut all = Vec::new();
            for page in 1..=(12_usize.div_ceil(limit) + 1) {
                let list = office.get(&format!("/admin/users?page={page}&limit={limit}{sort}&sortDir={direction}")).await;
                assert_eq!(list["meta"]["total"], 12);
                all.extend(emails(&list).into_iter().map(str::to_owned));
            }
            all
        };
        let whole = read(100, "ASC").await;
        assert_eq!(whole.len(), 12);
        assert_eq!(read(5, "ASC").await, whole, "{sort}");
        let mut reversed = read(5, "DESC").await;
        reversed.reverse();
        assert_eq!(reversed, whole, "{sort}");
    }
    let by_email = office.get("/admin/users?sortBy=email&limit=2&page=6").await;
    assert_eq!(emails(&by_email), ["u09@example.com", "u10@example.com"]);
    assert_eq!(emails(&office.get("/admin/users?limit=1").await), ["u10@example.com"], "the latest first");
    assert_eq!(emails(&office.get("/admin/users?active=false").await), ["u05@example.com"]);
    assert_eq!(office.get("/admin/users?isActive=true&blocked=false").await["meta"]["total"], 11);
    assert_eq!(emails(&office.get("/admin/users?search=ROOT").await), ["root@example.com"]);
    assert_eq!(emails(&office.get("/admin/users?search=u0%25").await), Vec::<&str>::new(), "a percent sign is a percent sign");
}
