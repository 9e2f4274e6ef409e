//! Permission checks.

use super::send;
use serde_json::{Value, json};
use suite_journeys::admin::{post, user_id};
use suite_journeys::code::{Ask, authorize};
use suite_journeys::organizations::api_key;
use suite_journeys::shape::expect_shape;
use suite_journeys::tokens::{Client, Tokens, web_tokens};
use testkit::{Answered, TestApp, databases};

async fn check(app: &TestApp, key: &str, path: &str, body: &Value) -> Answered {
    app.post(&format!("/api/v1/authz/{path}")).api_key(key).json(body).send().await
}

#[tokio::test]
async fn permission_checks_answer_as_published() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let key = app.notes.api_key.clone();
        let admin = user_id(&app, &app.notes.admin.email).await;
        let person = user_id(&app, &app.notes.user.email).await;
        let one =
            check(&app, &key, "check", &json!({ "permission": "users.read", "context": { "a": 1 } })).await.expect(200).json();
        expect_shape(&one, "check");
        assert_eq!((&one["allowed"], &one["user_id"], &one["context"]), (&json!(true), &json!(admin), &json!({ "a": 1 })));
        let subject = json!({ "type": "user", "id": person });
        let other =
            check(&app, &key, "check", &json!({ "permission": "users.read", "subject": subject })).await.expect(200).json();
        assert_eq!((&other["allowed"], &other["subject_id"]), (&json!(false), &json!(person)));
        let ignored = json!({ "permission": "users.read", "user_id": person });
        let ignored = check(&app, &key, "check", &ignored).await.expect(200).json();
        assert_eq!(ignored["user_id"], json!(admin), "a user_id at the top is ignored");

        let grant = json!({ "permission": "users.read" });
        send(&app, "POST", &format!("/admin/users/{person}/permissions"), &grant).await.expect(200);
        let several = json!({ "permissions": ["users.read", "users.write"], "subject": subject });
        let any = check(&app, &key, "check-any", &several).await.expect(200).json();
        let all = check(&app, &key, "check-all", &several).await.expect(200).json();
        expect_shape(&any, "check_many");
        expect_shape(&all, "check_many");
        assert_eq!((&any["allowed"], &all["allowed"]), (&json!(true), &json!(false)), "{database:?}");
        let bulk = check(&app, &key, "check-bulk", &several).await.expect(200).json();
        assert_eq!(bulk["results"], json!({ "users.read": true, "users.write": false }));

        post(&app, &format!("/admin/users/{person}/block")).await.expect(200);
        let blocked =
            check(&app, &key, "check", &json!({ "permission": "users.read", "subject": subject })).await.expect(200).json();
        assert_eq!(blocked["allowed"], false, "who is blocked may do nothing");

        for (path, body, status, code) in [
            ("check", json!({}), 400, "MISSING_PERMISSION"),
            ("check-any", json!({}), 400, "INVALID_PERMISSIONS"),
            ("check-bulk", json!({ "permissions": [] }), 400, "INVALID_PERMISSIONS"),
            ("check-bulk", json!({ "permissions": vec!["users.read"; 101] }), 400, "INVALID_PERMISSIONS"),
            (
                "check",
                json!({ "permission": "users.read", "subject": { "type": "user", "id": app.notes.user.email } }),
                404,
                "SUBJECT_NOT_FOUND",
            ),
            (
                "check",
                json!({ "permission": "users.read", "subject": { "type": "agent", "id": "agt_nobody" } }),
                404,
                "SUBJECT_NOT_FOUND",
            ),
        ] {
            let answered = check(&app, &key, path, &body).await;
            let fault = answered.json();
            assert_eq!((answered.status, &fault["code"]), (status, &json!(code)), "{path} {body}: {fault}");
            expect_shape(&fault, "api_fault");
        }
    }
}

#[tokio::test]
async fn asking_about_others_needs_the_right_to() {
    let app = TestApp::start().await;
    let admin = user_id(&app, &app.notes.admin.email).await;
    let person = user_id(&app, &app.notes.user.email).await;
    let ask = |token: &str, subject: Value| {
        let body = json!({ "permission": "users.read", "subject": subject });
        app.post("/api/v1/authz/check").bearer(token).json(&body)
    };
    let plain = web_tokens(&app, "openid").await;
    let refused = ask(plain.access(), json!({ "type": "user", "id": admin })).send().await.expect(403).json();
    assert_eq!(refused["code"], "INSUFFICIENT_PERMISSIONS");
    ask(plain.access(), json!({ "type": "user", "id": person })).send().await.expect(200);
    let with_scope = web_tokens(&app, "openid authz:check").await;
    ask(with_scope.access(), json!({ "type": "user", "id": admin })).send().await.expect(200);
    let narrow = api_key(&app, &app.notes.user.email, "authz:check").await;
    let body = json!({ "permission": "users.read", "subject": { "type": "user", "id": admin } });
    check(&app, &narrow, "check", &body).await.expect(200);
}

#[tokio::test]
async fn people_list_their_own_permissions_and_keys_cannot() {
    let app = TestApp::start().await;
    let path = "/api/v1/authz/permissions";
    let ask = Ask::web(&app).with("scope", "openid authz:read");
    let code = authorize(&app, &mut app.browser(), &app.notes.admin, &ask).await.code();
    let tokens = Tokens::of(Client::web(&app).redeem(&app, &code).await);
    let listed = app.get(path).bearer(tokens.access()).send().await.expect(200).json();
    expect_shape(&listed, "own_permissions");
    assert_eq!(listed["permissions"], listed["data"]);
    let rows = listed["data"].as_array().unwrap();
    assert_eq!(listed["count"], rows.len());
    assert!(rows.iter().any(|row| row["slug"] == "users.read" && row["source"] == "role:admin"), "{listed}");
    let refused = app.get(path).bearer(web_tokens(&app, "openid").await.access()).send().await.expect(403).json();
    assert_eq!((&refused["error"], &refused["details"]["required_scopes"]), (&json!("forbidden"), &json!(["authz:read"])));
    assert!(refused["message"].as_str().unwrap().starts_with("Insufficient scope:"), "{refused}");
    assert_eq!(app.get(path).api_key(&app.notes.api_key).send().await.status, 403);
}
