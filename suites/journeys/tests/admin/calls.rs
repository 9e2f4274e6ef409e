//! What is refused changes nothing, and what is repeated does no more.

use super::send;
use serde_json::{Value, json};
use std::sync::Arc;
use suite_journeys::admin::{call, get, login, make_client, make_user, user_id};
use suite_journeys::at_once;
use suite_journeys::code::CALLBACK;
use suite_journeys::shape::expect_shape;
use testkit::{TestApp, databases};

/// Everything administration shows of users and clients.
async fn state(app: &TestApp) -> (Value, Value) {
    let list = async |path: &str| get(app, path).await.expect(200).json()["data"].clone();
    (list("/admin/users?limit=100").await, list("/admin/clients?limit=100").await)
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let id = make_user(&app, &login("unchanged"), json!({})).await;
        let (client, _) =
            make_client(&app, json!({ "name": "Unchanged", "scopes": ["openid"], "redirectUris": [CALLBACK] })).await;
        let user = format!("/admin/users/{id}");
        let client = format!("/admin/clients/{}", client.id);
        let before = state(&app).await;
        let admin = format!("/admin/users/{}", user_id(&app, &app.notes.admin.email).await);
        let none = json!({});
        let refused = [
            ("POST", "/admin/users".to_owned(), none.clone(), 400),
            ("POST", "/admin/users".to_owned(), json!({ "email": "no address" }), 400),
            ("POST", "/admin/users".to_owned(), json!({ "email": "new@people.example", "password": "short" }), 400),
            ("POST", "/admin/users".to_owned(), json!({ "email": "new@people.example", "nobodyAsked": 1 }), 400),
            ("POST", "/admin/users".to_owned(), json!({ "email": "new@people.example", "roles": ["no-such-role"] }), 400),
            ("POST", "/admin/users".to_owned(), json!({ "email": "new@people.example", "groups": ["no-such-group"] }), 400),
            ("POST", "/admin/users".to_owned(), json!({ "email": "UNCHANGED@people.example" }), 409),
            ("PATCH", user.clone(), json!({ "email": app.notes.user.email }), 409),
            ("PATCH", user.clone(), json!({ "name": "Half", "email": "no address" }), 400),
            ("PATCH", user.clone(), json!({ "name": "Half", "roles": ["no-such-role"] }), 400),
            ("PUT", format!("{user}/roles"), json!({ "roles": ["admin", "no-such-role"] }), 400),
            ("PUT", format!("{user}/password"), json!({ "password": "short" }), 400),
            ("PUT", format!("{user}/password"), none.clone(), 400),
            ("POST", format!("{user}/permissions"), json!({ "permissions": ["users.read", "no.such"] }), 404),
            ("DELETE", format!("{user}/roles/no-such-role"), none.clone(), 404),
            ("POST", "/admin/users/nobody%40people.example/block".to_owned(), none.clone(), 404),
            ("DELETE", "/admin/users/00000000-0000-7000-8000-000000000000".to_owned(), none.clone(), 404),
            ("POST", format!("{admin}/block"), none.clone(), 409),
            ("DELETE", admin.clone(), none.clone(), 409),
            ("PATCH", admin, json!({ "isActive": false }), 409),
            ("POST", "/admin/clients".to_owned(), none.clone(), 400),
            ("POST", "/admin/clients".to_owned(), json!({ "name": "" }), 400),
            ("POST", "/admin/clients".to_owned(), json!({ "name": "X", "grantTypes": ["password"] }), 400),
            (
                "POST",
                "/admin/clients".to_owned(),
                json!({ "name": "X", "isPublic": true, "grantTypes": ["client_credentials"] }),
                400,
            ),
            ("POST", "/admin/clients".to_owned(), json!({ "name": "X", "accessTokenLifetime": -1 }), 400),
            ("POST", "/admin/clients".to_owned(), json!({ "name": "X", "nobodyAsked": 1 }), 400),
            ("PATCH", client.clone(), json!({ "name": "Half", "redirectUris": ["http://not-https.example/"] }), 400),
            ("PUT", format!("{client}/scopes"), none.clone(), 400),
            ("GET", "/admin/clients/no-such-client".to_owned(), none.clone(), 404),
            ("POST", "/admin/clients/no-such-client/rotate-secret".to_owned(), none.clone(), 404),
        ];
        for (method, path, body, status) in refused {
            let sent = Some(&body).filter(|_| ["POST", "PUT", "PATCH"].contains(&method));
            let answered = call(&app, method, &path, sent).await;
            assert_eq!(answered.status, status, "{database:?} {method} {path} {body}: {}", answered.text());
            let fault = answered.json();
            expect_shape(&fault, "api_fault");
            assert_eq!(fault["status"], status);
            assert_eq!(state(&app).await, before, "{database:?} {method} {path} {body} changed something");
        }
    }
}

#[tokio::test]
async fn who_repeats_a_call_gets_the_same_result() {
    let app = TestApp::start().await;
    let id = make_user(&app, &login("repeated"), json!({})).await;
    let (client, _) = make_client(&app, json!({ "name": "Repeated", "scopes": ["openid"], "redirectUris": [CALLBACK] })).await;
    let none = json!({});
    let calls = [
        ("PATCH", format!("/admin/users/{id}"), json!({ "name": "Twice" })),
        ("POST", format!("/admin/users/{id}/roles"), json!({ "role": "admin" })),
        ("DELETE", format!("/admin/users/{id}/roles/admin"), none.clone()),
        ("POST", format!("/admin/users/{id}/permissions"), json!({ "permission": "users.read" })),
        ("POST", format!("/admin/users/{id}/block"), none.clone()),
        ("POST", format!("/admin/users/{id}/unblock"), none.clone()),
        ("POST", format!("/admin/users/{id}/mark-verified"), none.clone()),
        ("PATCH", format!("/admin/clients/{}", client.id), json!({ "name": "Twice" })),
        ("PUT", format!("/admin/clients/{}/scopes", client.id), json!({ "scopes": ["openid", "email"] })),
        ("POST", format!("/admin/clients/{}/disable", client.id), none.clone()),
        ("POST", format!("/admin/clients/{}/enable", client.id), none.clone()),
    ];
    for (method, path, body) in calls {
        let body = Some(&body).filter(|_| method != "DELETE");
        call(&app, method, &path, body).await.expect(200);
        let after_once = state(&app).await;
        let again = call(&app, method, &path, body).await;
        assert!(again.status == 200 || (method == "DELETE" && again.status == 404), "{method} {path}: {}", again.text());
        assert_eq!(state(&app).await, after_once, "{method} {path}");
    }
}

#[tokio::test]
async fn empty_bodies_fail_cleanly() {
    let app = TestApp::start().await;
    for (path, status) in [("/admin/users", 400), ("/admin/clients", 400), ("/oauth/token", 401), ("/oauth/introspect", 401)] {
        let answered = app.post(&app.api(path)).api_key(&app.notes.api_key).send().await;
        assert!(answered.status == status || answered.status == 400, "{path}: {} {}", answered.status, answered.text());
        let shape = if path.starts_with("/oauth") { "oauth_fault" } else { "api_fault" };
        expect_shape(&answered.json(), shape);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_requests_for_one_address_one_wins() {
    for database in databases() {
        let app = Arc::new(TestApp::start_on(database).await);
        let tasks = (0..10).map(|n| {
            let app = app.clone();
            async move {
                let body = json!({ "email": if n % 2 == 0 { "race@people.example" } else { "RACE@people.example" } });
                send(&app, "POST", "/admin/users", &body).await.status
            }
        });
        let mut statuses = at_once(tasks).await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, &[409; 9][..]), "{database:?}");
    }
}
