//! Users over the API.

use super::send;
use serde_json::{Value, json};
use suite_journeys::admin::{call, get, login, make_user, post, user_id};
use suite_journeys::mail;
use suite_journeys::pages::{is_signed_in, sign_in, try_sign_in};
use suite_journeys::shape::{expect_shape, members};
use suite_journeys::tokens::{Client, Tokens, web_tokens};
use testkit::{TestApp, databases};

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
