//! Roles, groups and permissions over the API: published shapes, and what they open and close.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use serde_json::{Value, json};
use std::sync::Arc;
use suite_journeys::admin::{call, get, login, make_client, make_user};
use suite_journeys::at_once;
use suite_journeys::code::{Ask, CALLBACK, visit};
use suite_journeys::organizations::api_key;
use suite_journeys::pages::press;
use suite_journeys::shape::expect_shape;
use testkit::{Answered, TestApp, databases};

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Answered {
    let body = Some(body).filter(|_| ["POST", "PUT", "PATCH"].contains(&method));
    call(app, method, path, body).await
}

/// Make a call that works, and insist on the shape of its answer.
async fn done(app: &TestApp, method: &str, path: &str, body: Value, shape: &str) -> Value {
    let answered = send(app, method, path, &body).await;
    assert!(matches!(answered.status, 200 | 201), "{method} {path}: {} {}", answered.status, answered.text());
    let answer = answered.json();
    expect_shape(&answer, shape);
    answer
}

/// Whether a user may do something.
async fn may(app: &TestApp, user: &str, permission: &str) -> bool {
    let body = json!({ "permission": permission, "subject": { "type": "user", "id": user } });
    let answered = app.post("/api/v1/authz/check").api_key(&app.notes.api_key).json(&body).send().await;
    answered.expect(200).json()["allowed"].as_bool().unwrap()
}

#[tokio::test]
async fn a_role_opens_doors_for_whoever_has_it_and_for_nobody_after() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let person = make_user(&app, &login("reader"), json!({})).await;
        let body = json!({ "name": "Reader", "permissions": ["users.read"] });
        let made = done(&app, "POST", "/admin/roles", body, "changed_role").await;
        let role = format!("/admin/roles/{}", made["data"]["id"].as_str().unwrap());
        let none = json!({});
        assert!(!may(&app, &person, "users.read").await);
        done(&app, "POST", &format!("{role}/users"), json!({ "userId": person }), "message").await;
        assert!(may(&app, &person, "users.read").await, "{database:?}");
        done(&app, "PUT", &format!("{role}/permissions"), json!({ "permissions": ["groups.read"] }), "changed_role").await;
        assert!(!may(&app, &person, "users.read").await && may(&app, &person, "groups.read").await, "{database:?}");
        done(&app, "POST", &format!("{role}/permissions"), json!({ "permissions": ["users.read"] }), "message").await;
        done(&app, "DELETE", &format!("{role}/permissions/groups.read"), none.clone(), "message").await;
        assert!(may(&app, &person, "users.read").await && !may(&app, &person, "groups.read").await, "{database:?}");
        done(&app, "PATCH", &role, json!({ "name": "Readers" }), "changed_role").await;
        for (path, shape) in [
            ("/admin/roles?isSystem=false&search=read&sortBy=name&sortDir=DESC".to_owned(), "roles"),
            (role.clone(), "one_role"),
            (format!("{role}/permissions"), "permissions"),
            (format!("{role}/users"), "role_users"),
        ] {
            let listed = done(&app, "GET", &path, none.clone(), shape).await;
            assert!(listed["data"].as_array().is_none_or(|rows| rows.len() == 1), "{database:?} {path}: {listed}");
        }
        done(&app, "DELETE", &format!("{role}/users/{person}"), none.clone(), "message").await;
        assert!(!may(&app, &person, "users.read").await);
        done(&app, "POST", &format!("{role}/users"), json!({ "userId": "reader@people.example" }), "message").await;
        done(&app, "DELETE", &role, none, "message").await;
        assert!(!may(&app, &person, "users.read").await);
        assert_eq!(get(&app, &role).await.status, 404);
    }
}

#[tokio::test]
async fn a_group_gives_its_members_what_its_roles_grant() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let none = json!({});
        let person = make_user(&app, &login("member"), json!({})).await;
        done(&app, "POST", "/admin/roles", json!({ "name": "Reader", "permissions": ["users.read"] }), "changed_role").await;
        let made = done(&app, "POST", "/admin/groups", json!({ "name": "Staff", "roles": ["reader"] }), "changed_group").await;
        let group = format!("/admin/groups/{}", made["data"]["id"].as_str().unwrap());
        assert!(!may(&app, &person, "users.read").await);
        done(&app, "POST", &format!("{group}/members"), json!({ "userIds": [person] }), "changed_group").await;
        assert!(may(&app, &person, "users.read").await, "{database:?}");
        done(&app, "DELETE", &format!("{group}/roles/reader"), none.clone(), "message").await;
        assert!(!may(&app, &person, "users.read").await, "{database:?}");
        done(&app, "POST", &format!("{group}/roles"), json!({ "roleId": "reader" }), "message").await;
        done(&app, "PUT", &format!("{group}/roles"), json!({ "roles": ["reader", "user"] }), "changed_group").await;
        assert!(may(&app, &person, "users.read").await, "{database:?}");
        done(&app, "PATCH", &group, json!({ "name": "All Staff", "description": "Everybody." }), "changed_group").await;
        for (path, shape, rows) in [
            ("/admin/groups?search=STAFF&sortBy=name&sortDir=DESC".to_owned(), "groups", 1),
            (format!("{group}/members?limit=10"), "members", 1),
            (format!("{group}/roles"), "rows", 2),
            (format!("/admin/users/{person}/groups"), "rows", 1),
        ] {
            let listed = done(&app, "GET", &path, none.clone(), shape).await;
            assert_eq!(listed["data"].as_array().unwrap().len(), rows, "{database:?} {path}: {listed}");
        }
        let shown = done(&app, "GET", &group, none.clone(), "one_group").await;
        assert_eq!((&shown["data"]["memberCount"], &shown["data"]["roleCount"]), (&json!(1), &json!(2)), "{database:?}");
        done(&app, "DELETE", &format!("{group}/members/{person}"), none.clone(), "message").await;
        assert!(!may(&app, &person, "users.read").await);
        done(&app, "POST", &format!("{group}/members"), json!({ "userId": "member@people.example" }), "changed_group").await;
        done(&app, "DELETE", &group, none.clone(), "message").await;
        assert!(!may(&app, &person, "users.read").await);
        done(&app, "GET", &format!("/admin/users/{person}"), none, "one_user").await;
    }
}

#[tokio::test]
async fn a_permission_of_an_applications_own_is_asked_for_like_any_other() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let none = json!({});
        let person = make_user(&app, &login("approver"), json!({})).await;
        let body = json!({ "name": "Approve invoices", "resource": "invoices", "action": "approve" });
        let made = done(&app, "POST", "/admin/permissions", body, "changed_permission").await;
        let permission = format!("/admin/permissions/{}", made["data"]["id"]);
        let body = json!({ "name": "Approver", "permissions": ["invoices.approve"] });
        done(&app, "POST", "/admin/roles", body, "changed_role").await;
        done(&app, "POST", "/admin/roles/approver/users", json!({ "userId": person }), "message").await;
        assert!(may(&app, &person, "invoices.approve").await, "{database:?}");
        done(&app, "PATCH", &permission, json!({ "description": "Up to any amount." }), "changed_permission").await;
        for (path, shape) in [
            ("/admin/permissions?isSystem=false&search=APPROVE&resource=invoices&sortBy=name".to_owned(), "known_permissions"),
            (permission.clone(), "one_permission"),
            (format!("{permission}/usage"), "usage"),
        ] {
            let shown = done(&app, "GET", &path, none.clone(), shape).await;
            assert!(shown["data"].as_array().is_none_or(|rows| rows.len() == 1), "{database:?} {path}: {shown}");
        }
        done(&app, "DELETE", &permission, none, "message").await;
        assert!(!may(&app, &person, "invoices.approve").await, "{database:?}");
    }
}

#[tokio::test]
async fn a_scope_of_an_organizations_own_is_discovered_granted_and_explained() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let none = json!({});
        let discovered = async || {
            let document = app.get(&app.api("/.well-known/openid-configuration")).send().await.expect(200).json();
            document["scopes_supported"].as_array().unwrap().iter().any(|scope| scope == "calendar:read")
        };
        assert!(!discovered().await);
        let body = json!({ "name": "calendar:read", "description": "See when you are <busy>", "isDefault": true });
        let made = done(&app, "POST", "/admin/scopes", body, "changed_scope").await;
        done(&app, "GET", "/admin/scopes", none.clone(), "scope_list").await;
        assert!(discovered().await, "{database:?}");
        let body = json!({ "name": "Planner", "redirectUris": [CALLBACK] });
        let (client, data) = make_client(&app, body).await;
        assert!(data["scopes"].as_array().unwrap().contains(&json!("calendar:read")), "{database:?}: {data}");
        let (_, strict) = make_client(&app, json!({ "name": "Strict", "redirectUris": [CALLBACK], "scopes": ["openid"] })).await;
        assert_eq!(strict["scopes"], json!(["openid"]), "{database:?}");
        let ask = Ask::of(&client.id, CALLBACK).with("scope", "calendar:read");
        let mut browser = app.browser();
        let page = visit(&app, &mut browser, &ask).await;
        let filled = [("identifier", app.notes.user.email.as_str()), ("password", app.notes.user.password.as_str())];
        let sent = press(&mut browser, &page, "sign-in-form", &filled).await.expect(303);
        let consent = browser.follow(sent).await;
        assert!(consent.text().contains("See when you are &#60;busy&#62;"), "{database:?}: {}", consent.text());
        done(&app, "DELETE", &format!("/admin/scopes/{}", made["data"]["id"]), none, "message").await;
        assert!(!discovered().await, "{database:?}");
        let again = browser.open(&ask.path(&app)).await;
        let again = browser.follow(again).await;
        assert!(again.text().contains("calendar:read") && !again.text().contains("when you are"), "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_administrators_who_remove_each_other_one_is_left() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let (first, second) = (app.notes.admin.email.clone(), login("second-admin").email);
        make_user(&app, &login("second-admin"), json!({ "roles": ["admin"] })).await;
        let keys = [api_key(&app, &first, "admin").await, api_key(&app, &second, "admin").await];
        for round in 0..4 {
            let attempts = [(keys[0].clone(), second.clone()), (keys[1].clone(), first.clone())];
            let tasks = attempts.map(|(key, other)| {
                let app = app.clone();
                async move {
                    let path = app.api(&format!("/admin/users/{}/roles/admin", other.replace('@', "%40")));
                    app.request("DELETE", &path).api_key(&key).send().await.status
                }
            });
            let mut statuses = at_once(tasks).await;
            statuses.sort_unstable();
            assert_eq!(statuses[0], 200, "{database:?} round {round}");
            assert!(matches!(statuses[1], 403 | 409), "{database:?} round {round}: {statuses:?}");
            // Whoever is left makes the other one an administrator again.
            for (key, other) in [(&keys[0], &second), (&keys[1], &first)] {
                let path = app.api(&format!("/admin/users/{}/roles", other.replace('@', "%40")));
                app.post(&path).api_key(key).json(&json!({ "role": "admin" })).send().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_owners_who_leave_a_company_at_once_one_is_kept() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let owners = [login("first-owner"), login("second-owner")];
        for owner in &owners {
            make_user(&app, owner, json!({})).await;
        }
        for round in 0..4 {
            let members = format!("/admin/organizations/globex-{round}/members");
            call(&app, "POST", "/admin/organizations", Some(&json!({ "name": format!("Globex {round}") }))).await.expect(201);
            for owner in &owners {
                call(&app, "POST", &members, Some(&json!({ "userId": owner.email, "role": "owner" }))).await.expect(201);
            }
            let leaving = owners.iter().map(|owner| {
                let (app, path) = (app.clone(), format!("{members}/{}", owner.email.replace('@', "%40")));
                async move { call(&app, "DELETE", &path, None).await.status }
            });
            let mut statuses = at_once(leaving.collect::<Vec<_>>()).await;
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 422], "{database:?} round {round}");
        }
    }
}

#[tokio::test]
async fn an_api_key_opens_what_it_holds_until_it_ends_and_only_here() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let other = suite_journeys::organizations::another(&app, "globex").await;
        let make = async |days: Value| {
            let body = json!({ "name": "sync", "scopes": ["admin:users", "admin:api_keys"], "expiresInDays": days });
            send(&app, "POST", "/admin/api-keys", &body).await.expect(201).json()["data"].clone()
        };
        let kept = make(Value::Null).await;
        app.clock.advance(std::time::Duration::from_secs(1));
        let short = make(json!(1)).await;
        let secret = |made: &Value| made["secret"].as_str().unwrap().to_owned();
        let (lasting, ending) = (secret(&kept), secret(&short));
        let asked = async |key: &str, org: &str, path: &str| {
            app.get(&format!("/orgs/{org}/api/v1{path}")).api_key(key).send().await.status
        };
        let (here, there) = (app.notes.org.as_str(), other.org.as_str());
        for (key, org, path, status) in [
            (&lasting, here, "/admin/users", 200),
            (&ending, here, "/admin/users", 200),
            (&lasting, here, "/admin/roles", 403),
            (&lasting, there, "/admin/users", 401),
            (&other.api_key, here, "/admin/api-keys", 401),
        ] {
            assert_eq!(asked(key, org, path).await, status, "{database:?} {org} {path}");
        }
        let list = get(&app, "/admin/api-keys?search=SYN&limit=1&page=2").await.expect(200).json();
        assert_eq!((&list["data"][0]["id"], &list["meta"]["total"]), (&kept["id"], &json!(2)), "{database:?}");
        let theirs =
            app.get(&format!("/orgs/{there}/api/v1/admin/api-keys?limit=100")).api_key(&other.api_key).send().await.text();
        assert!(!theirs.contains(kept["id"].as_str().unwrap()), "{database:?}");
        let one = format!("/admin/api-keys/{}", kept["id"].as_str().unwrap());
        for method in ["GET", "DELETE"] {
            let path = format!("/orgs/{there}/api/v1{one}");
            app.request(method, &path).api_key(&other.api_key).send().await.expect(404);
        }
        let powerless = api_key(&app, &app.notes.user.email, "admin").await;
        let body = json!({ "name": "x", "scopes": ["admin:users"] });
        app.post(&app.api("/admin/api-keys")).api_key(&powerless).json(&body).send().await.expect(403);
        app.request("DELETE", &app.api(&one)).api_key(&powerless).send().await.expect(403);
        app.clock.advance(std::time::Duration::from_hours(24));
        assert_eq!((asked(&ending, here, "/admin/users").await, asked(&lasting, here, "/admin/users").await), (401, 200));
        app.post(&app.api("/admin/api-keys")).api_key(&ending).json(&body).send().await.expect(401);
        assert_eq!(
            get(&app, &format!("/admin/api-keys/{}", short["id"].as_str().unwrap())).await.json()["data"]["status"],
            "expired"
        );
        send(&app, "DELETE", &one, &Value::Null).await.expect(200);
        send(&app, "DELETE", &one, &Value::Null).await.expect(404);
        assert_eq!(asked(&lasting, here, "/admin/users").await, 401, "{database:?}");
        app.work().await;
        let log = get(&app, "/admin/audit-logs?limit=100").await.expect(200).text();
        assert!(log.contains("api_keys.created") && log.contains("api_keys.revoked"), "{database:?}: {log}");
        for secret in [&lasting, &ending] {
            assert!(!log.contains(secret.split('.').nth(1).unwrap()), "{database:?}: the log holds a secret");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_many_times_at_once_ends_once() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let body = json!({ "name": "sync", "scopes": ["admin:users"] });
        let made = send(&app, "POST", "/admin/api-keys", &body).await.expect(201).json();
        let one = format!("/admin/api-keys/{}", made["data"]["id"].as_str().unwrap());
        let revoking = (0..8).map(|_| {
            let (app, one) = (app.clone(), one.clone());
            async move { call(&app, "DELETE", &one, None).await.status }
        });
        let mut answered = at_once(revoking.collect::<Vec<_>>()).await;
        answered.sort_unstable();
        assert_eq!(answered, [200, 404, 404, 404, 404, 404, 404, 404], "{database:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_key_is_made_beside_the_revocation_of_the_one_it_is_made_with() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        for round in 0..4 {
            let body = json!({ "name": "parent", "scopes": ["admin:api_keys"] });
            let parent = send(&app, "POST", "/admin/api-keys", &body).await.expect(201).json()["data"].clone();
            let one = format!("/admin/api-keys/{}", parent["id"].as_str().unwrap());
            let calls = (0..8).map(|at| {
                let (app, one, secret) = (app.clone(), one.clone(), parent["secret"].as_str().unwrap().to_owned());
                async move {
                    if at == 3 {
                        return call(&app, "DELETE", &one, None).await;
                    }
                    let body = json!({ "name": "child", "scopes": ["admin:api_keys"] });
                    app.post(&app.api("/admin/api-keys")).api_key(&secret).json(&body).send().await
                }
            });
            for answered in at_once(calls.collect::<Vec<_>>()).await {
                assert!(matches!(answered.status, 200 | 201 | 401 | 403), "{database:?} round {round}: {}", answered.text());
            }
            let left = get(&app, "/admin/api-keys?search=child").await.expect(200).json();
            assert_eq!(left["meta"]["total"], 0, "{database:?} round {round}: {left}");
        }
    }
}
