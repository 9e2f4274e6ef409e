//! Administration over the API: published shapes, refusals that change nothing, calls that can be repeated.
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
use suite_journeys::admin::{call, get, login, make_client, make_user, post, user_id};
use suite_journeys::code::{Ask, CALLBACK, authorize, code_for_user};
use suite_journeys::organizations::api_key;
use suite_journeys::pages::{is_signed_in, sign_in, try_sign_in};
use suite_journeys::shape::{expect_shape, members};
use suite_journeys::tokens::{Client, Tokens, expect_error, web_tokens};
use suite_journeys::{at_once, mail};
use testkit::{Answered, TestApp, databases};

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Answered {
    call(app, method, path, Some(body)).await
}

/// Everything administration shows of users and clients.
async fn state(app: &TestApp) -> (Value, Value) {
    let list = async |path: &str| get(app, path).await.expect(200).json()["data"].clone();
    (list("/admin/users?limit=100").await, list("/admin/clients?limit=100").await)
}

#[tokio::test]
async fn users_have_the_published_shape() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let body = json!({
            "email": "Ada.Byron@People.example", "password": "an analytical engine 1", "name": "Ada Byron", "givenName": "Ada",
            "familyName": "Byron", "username": "ada.byron", "roles": ["user"], "groups": []
        });
        let made = send(&app, "POST", "/admin/users", &body).await.expect(201).json();
        expect_shape(&made, "changed_user");
        let id = made["data"]["id"].as_str().unwrap();
        assert_eq!((&made["data"]["email"], &made["data"]["loginCount"]), (&json!("Ada.Byron@People.example"), &json!(0)));
        for who in [id.to_owned(), "ada.byron%40people.example".to_owned(), "ADA.BYRON%40PEOPLE.EXAMPLE".to_owned()] {
            let shown = get(&app, &format!("/admin/users/{who}")).await.expect(200).json();
            expect_shape(&shown, "one_user");
            assert_eq!(shown["data"], made["data"], "{who}");
        }
        let list = get(&app, "/admin/users").await.expect(200).json();
        expect_shape(&list, "users");
        assert_eq!((&list["meta"], &list["meta"]["total"], &list["meta"]["limit"]), (&list["pagination"], &json!(3), &json!(25)));
        for row in list["data"].as_array().unwrap() {
            for detail in members("user_detail").iter().filter(|name| !members("user").contains(*name)) {
                assert!(row.get(*detail).is_none(), "{detail} belongs to the single user");
            }
        }
    }
}

#[tokio::test]
async fn lists_of_users_are_paged_searched_and_sorted() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        for n in 0..7 {
            make_user(&app, &login(&format!("paged-{n}")), json!({ "name": format!("Person {n}") })).await;
        }
        let mut seen = Vec::new();
        for page in 1..=4 {
            let list = get(&app, &format!("/admin/users?search=paged-&limit=2&page={page}&sortBy=email&sortDir=ASC"))
                .await
                .expect(200)
                .json();
            expect_shape(&list, "users");
            assert_eq!(
                (&list["meta"]["totalPages"], &list["meta"]["hasNextPage"]),
                (&json!(4), &json!(page < 4)),
                "{database:?}"
            );
            seen.extend(list["data"].as_array().unwrap().iter().map(|row| row["email"].as_str().unwrap().to_owned()));
        }
        let expected: Vec<String> = (0..7).map(|n| format!("paged-{n}@people.example")).collect();
        assert_eq!(seen, expected, "{database:?}");
        let down = get(&app, "/admin/users?search=paged-&sortBy=email&sortDir=DESC").await.json();
        assert_eq!(down["data"][0]["email"], "paged-6@people.example");
        assert_eq!(get(&app, "/admin/users?search=%25").await.json()["meta"]["total"], 0, "a percent sign is no wildcard");
        for bad in ["limit=101", "limit=0", "page=0", "page=x", "sortBy=password_hash", "sortDir=sideways"] {
            let answered = get(&app, &format!("/admin/users?{bad}")).await;
            assert!([200, 400].contains(&answered.status), "{bad}: {}", answered.text());
            if answered.status == 200 {
                assert!(answered.json()["meta"]["limit"].as_i64().unwrap() <= 100, "{bad}");
            }
        }
    }
}

#[tokio::test]
async fn every_operation_on_a_user_answers_as_published() {
    let app = TestApp::start().await;
    let person = login("changed");
    let id = make_user(&app, &person, json!({})).await;
    let user = format!("/admin/users/{id}");
    let none = json!({});
    let calls = [
        ("PATCH", user.clone(), json!({ "name": "Changed" }), "changed_user"),
        ("PUT", user.clone(), json!({ "givenName": "Put" }), "changed_user"),
        ("POST", format!("{user}/block"), json!({ "reason": "a test" }), "changed_user"),
        ("POST", format!("{user}/unblock"), none.clone(), "changed_user"),
        ("POST", format!("{user}/mark-verified"), none.clone(), "changed_user"),
        ("PUT", format!("{user}/password"), json!({ "password": "set by an administrator 1" }), "message"),
        ("POST", format!("{user}/password"), json!({ "password": "set by an administrator 2" }), "message"),
        ("POST", format!("{user}/password-reset"), none.clone(), "message"),
        ("POST", format!("{user}/verify-email"), none.clone(), "message"),
        ("POST", format!("{user}/roles"), json!({ "role": "admin" }), "changed_user"),
        ("PUT", format!("{user}/roles"), json!({ "roles": ["user"] }), "changed_user"),
        ("GET", format!("{user}/roles"), none.clone(), "rows"),
        ("POST", format!("{user}/permissions"), json!({ "permission": "users.read" }), "message"),
        ("GET", format!("{user}/permissions"), none.clone(), "permissions"),
        ("DELETE", format!("{user}/permissions/users.read"), none.clone(), "message"),
        ("GET", format!("{user}/groups"), none.clone(), "rows"),
        ("PUT", format!("{user}/groups"), json!({ "groups": [] }), "changed_user"),
        ("GET", format!("{user}/identities"), none.clone(), "identities"),
        ("DELETE", format!("{user}/roles/user"), none.clone(), "changed_user"),
        ("DELETE", user.clone(), none.clone(), "message"),
    ];
    for (method, path, body, shape) in calls {
        let body = Some(&body).filter(|_| ["POST", "PUT", "PATCH"].contains(&method));
        let answered = call(&app, method, &path, body).await;
        assert_eq!(answered.status, 200, "{method} {path}: {}", answered.text());
        expect_shape(&answered.json(), shape);
    }
    assert_eq!(get(&app, &user).await.status, 404);
    assert_eq!(post(&app, &format!("/admin/users/{}/mfa/reset", user_id(&app, &app.notes.user.email).await)).await.status, 410);
}

#[tokio::test]
async fn a_partial_update_keeps_what_it_does_not_name() {
    let app = TestApp::start().await;
    let id =
        make_user(&app, &login("partial"), json!({ "name": "Before", "givenName": "Given", "locale": "de", "roles": ["user"] }))
            .await;
    for method in ["PATCH", "PUT"] {
        let changed =
            send(&app, method, &format!("/admin/users/{id}"), &json!({ "familyName": method })).await.expect(200).json();
        let data = &changed["data"];
        assert_eq!((&data["name"], &data["givenName"], &data["locale"]), (&json!("Before"), &json!("Given"), &json!("de")));
        assert_eq!((&data["familyName"], &data["roles"][0]["slug"]), (&json!(method), &json!("user")));
    }
    let cleared = send(&app, "PATCH", &format!("/admin/users/{id}"), &json!({ "givenName": null })).await.expect(200).json();
    assert_eq!(cleared["data"]["givenName"], Value::Null);
    let moved =
        send(&app, "PATCH", &format!("/admin/users/{id}"), &json!({ "email": "moved@people.example" })).await.expect(200).json();
    assert_eq!(moved["data"]["emailVerified"], false, "a new address is not known to be theirs");
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
async fn clients_have_the_published_shape() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let body = json!({ "name": "Shop", "redirectUris": [CALLBACK], "scopes": ["openid", "email"], "grantTypes": ["authorization_code"] });
        let made = send(&app, "POST", "/admin/clients", &body).await.expect(201).json();
        expect_shape(&made, "changed_client");
        assert!(made["data"]["secret"].is_string() && made["data"]["_note"].is_string(), "{made}");
        assert_eq!((&made["data"]["isConfidential"], &made["data"]["isPublic"]), (&json!(true), &json!(false)));
        let (number, id) = (&made["data"]["id"], made["data"]["clientId"].as_str().unwrap());
        for key in [id.to_owned(), number.to_string()] {
            let shown = get(&app, &format!("/admin/clients/{key}")).await.expect(200).json();
            expect_shape(&shown, "one_client");
            assert_eq!(shown["data"]["clientId"], id);
            assert!(shown["data"].get("secret").is_none(), "a secret is shown once");
        }
        let list = get(&app, "/admin/clients").await.expect(200).json();
        expect_shape(&list, "clients");
        assert_eq!(list["meta"], list["pagination"]);
        let rotated = post(&app, &format!("/admin/clients/{id}/rotate-secret")).await.expect(200).json();
        expect_shape(&rotated, "changed_secret");
        assert_ne!(rotated["data"]["secret"], made["data"]["secret"]);
        expect_shape(&get(&app, &format!("/admin/clients/{id}/scopes")).await.expect(200).json(), "scopes");
        let set =
            send(&app, "PUT", &format!("/admin/clients/{id}/scopes"), &json!({ "scopes": ["openid"] })).await.expect(200).json();
        expect_shape(&set, "changed_scopes");
        assert_eq!(set["data"], json!(["openid"]));
        for action in ["disable", "enable"] {
            let changed = post(&app, &format!("/admin/clients/{id}/{action}")).await.expect(200).json();
            expect_shape(&changed, "changed_client");
            assert_eq!(changed["data"]["isActive"], action == "enable");
        }
        expect_shape(&call(&app, "DELETE", &format!("/admin/clients/{id}"), None).await.expect(200).json(), "message");
        assert_eq!(get(&app, &format!("/admin/clients/{id}")).await.status, 404);
    }
}

#[tokio::test]
async fn both_generations_of_field_names_are_understood() {
    let app = TestApp::start().await;
    for body in [
        json!({ "name": "Old", "redirectUris": [CALLBACK], "allowedScopes": ["openid"], "isConfidential": false, "requiresPkce": true }),
        json!({ "name": "New", "redirectUris": [CALLBACK], "scopes": ["openid"], "isPublic": true, "pkceRequired": true }),
    ] {
        let (client, data) = make_client(&app, body).await;
        assert_eq!((&data["isPublic"], &data["requiresPkce"], &data["scopes"]), (&json!(true), &json!(true), &json!(["openid"])));
        assert!(client.secret.is_none(), "a public client has no secret");
    }
}

#[tokio::test]
async fn a_rotated_secret_is_dead_at_once_and_the_new_one_works() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let body = json!({ "name": "Machine", "scopes": ["reports:read"], "grantTypes": ["client_credentials"] });
        let (old, _) = make_client(&app, body).await;
        let ask = [("grant_type", "client_credentials")];
        let token = Tokens::of(old.post(&app, "/oauth/token", &ask).await);
        let rotated = post(&app, &format!("/admin/clients/{}/rotate-secret", old.id)).await.expect(200).json();
        expect_error(old.post(&app, "/oauth/token", &ask).await, 401, "invalid_client");
        let new = Client { secret: rotated["data"]["secret"].as_str().map(str::to_owned), ..old };
        Tokens::of(new.post(&app, "/oauth/token", &ask).await);
        assert_eq!(new.introspect(&app, token.access()).await["active"], true, "{database:?}");
    }
}

#[tokio::test]
async fn changes_of_a_client_take_effect_at_once() {
    let app = TestApp::start().await;
    let body = json!({ "name": "Changing", "scopes": ["openid", "email"], "redirectUris": [CALLBACK] });
    let (client, _) = make_client(&app, body).await;
    let ask = Ask::of(&client.id, CALLBACK).with("scope", "openid email");
    let granted = Tokens::of(client.redeem(&app, &code_for_user(&app, &ask).await).await);
    assert!(granted.0["scope"].as_str().unwrap().contains("email"));
    send(&app, "PUT", &format!("/admin/clients/{}/scopes", client.id), &json!({ "scopes": ["openid"] })).await.expect(200);
    let granted = Tokens::of(client.redeem(&app, &code_for_user(&app, &ask).await).await);
    assert_eq!(granted.0["scope"], "openid");
    let elsewhere = json!({ "redirectUris": ["https://new.example/cb"] });
    send(&app, "PATCH", &format!("/admin/clients/{}", client.id), &elsewhere).await.expect(200);
    assert_eq!(app.browser().open(&ask.path(&app)).await.status, 400, "the old address is no longer registered");
}

#[tokio::test]
async fn blocking_deleting_and_passwords_do_what_they_say() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let person = login("handled");
        let id = make_user(&app, &person, json!({})).await;
        let mut browser = app.browser();
        sign_in(&app, &mut browser, &person).await;
        post(&app, &format!("/admin/users/{id}/block")).await.expect(200);
        assert!(!is_signed_in(&app, &mut browser).await, "{database:?}");
        try_sign_in(&app, &mut browser, &person.email, &person.password).await.expect(401);
        post(&app, &format!("/admin/users/{id}/unblock")).await.expect(200);
        sign_in(&app, &mut browser, &person).await;
        send(&app, "PUT", &format!("/admin/users/{id}/password"), &json!({ "password": "set by somebody else 4" }))
            .await
            .expect(200);
        assert!(!is_signed_in(&app, &mut browser).await);
        try_sign_in(&app, &mut browser, &person.email, &person.password).await.expect(401);
        try_sign_in(&app, &mut browser, &person.email, "set by somebody else 4").await.expect(303);
        call(&app, "DELETE", &format!("/admin/users/{id}"), None).await.expect(200);
        assert!(!is_signed_in(&app, &mut browser).await);
        try_sign_in(&app, &mut app.browser(), &person.email, "set by somebody else 4").await.expect(401);
        make_user(&app, &person, json!({})).await;
    }
}

#[tokio::test]
async fn an_administrator_has_links_mailed() {
    let app = TestApp::start().await;
    let person = login("mailed");
    let id = make_user(&app, &person, json!({ "emailVerified": false })).await;
    post(&app, &format!("/admin/users/{id}/verify-email")).await.expect(200);
    let verification = mail::to(&app, &person.email).await;
    assert!(verification.last().unwrap().link().contains("/verify-email?"), "{verification:#?}");
    app.clock.advance(std::time::Duration::from_secs(1));
    post(&app, &format!("/admin/users/{id}/password-reset")).await.expect(200);
    let reset = mail::to(&app, &person.email).await;
    assert!(reset.last().unwrap().link().contains("/reset-password?"), "{reset:#?}");
}

#[tokio::test]
async fn me_is_whoever_holds_the_credential() {
    let app = TestApp::start().await;
    let path = app.api("/me");
    let by_key = app.get(&path).api_key(&app.notes.api_key).send().await.expect(200).json();
    expect_shape(&by_key, "me");
    assert_eq!((&by_key["subject_type"], &by_key["email"]), (&json!("user"), &json!(app.notes.admin.email)));
    assert!(by_key["roles"].as_array().unwrap().contains(&json!("admin")));
    assert_eq!((&by_key["tenant"]["slug"], &by_key["tenant"]["name"]), (&json!(app.notes.org), &json!("Acme Corp")));

    let tokens = web_tokens(&app, "openid").await;
    let by_token = app.get(&path).bearer(tokens.access()).send().await.expect(200).json();
    expect_shape(&by_token, "me");
    assert_eq!(by_token["email"], app.notes.user.email);

    let agent = &app.notes.agent;
    let agent_client = Client { id: agent.client_id.clone(), secret: Some(agent.client_secret.clone()) };
    let token = Tokens::of(agent_client.post(&app, "/oauth/token", &[("grant_type", "client_credentials")]).await);
    let by_agent = app.get(&path).bearer(token.access()).send().await.expect(200).json();
    expect_shape(&by_agent, "me");
    assert_eq!((&by_agent["subject_type"], &by_agent["id"]), (&json!("agent"), &json!(agent.agent_id)));
    assert_eq!(by_agent["capabilities"], json!(["delegate:on_behalf", "documents:read", "documents:write"]));

    let both = app.get(&path).api_key(&app.notes.api_key).bearer(tokens.access()).send().await.expect(200).json();
    assert_eq!(both["email"], app.notes.user.email, "with both, the bearer token counts");
    let by_scheme =
        app.get(&path).header("authorization", &format!("ApiKey {}", app.notes.api_key)).send().await.expect(200).json();
    assert_eq!(by_scheme["email"], app.notes.admin.email);
    expect_shape(&app.get(&path).send().await.expect(401).json(), "api_fault");
}

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
