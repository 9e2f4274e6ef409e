//! Administration of sessions and tokens: published shapes, who is reached, and that what was ended is dead.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

use serde_json::{Value, json};
use std::time::Duration;
use suite_journeys::admin::{call, get, login, make_user, user_id};
use suite_journeys::organizations::api_key;
use suite_journeys::pages::{is_signed_in, sign_in};
use suite_journeys::record::latest;
use suite_journeys::rp::Rp;
use suite_journeys::shape::expect_shape;
use suite_journeys::tokens::{Client, Tokens, expect_error, is_alive, tokens_of, userinfo};
use testkit::{Answered, TestApp, databases};

async fn shown(app: &TestApp, path: &str, shape: &str) -> Value {
    let answer = get(app, path).await.expect(200).json();
    expect_shape(&answer, shape);
    answer
}

async fn send(app: &TestApp, method: &str, path: &str) -> Answered {
    call(app, method, path, None).await
}

fn ids(list: &Value) -> Vec<i64> {
    list["data"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn live_sessions_are_listed_and_counted_and_those_that_ended_are_not() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        assert_eq!(shown(&app, "/admin/sessions", "sessions").await["meta"]["total"], 0);
        let (mut first, mut second, mut other) = (app.browser(), app.browser(), app.browser());
        sign_in(&app, &mut first, &app.notes.user).await;
        app.clock.advance(Duration::from_secs(1));
        sign_in(&app, &mut second, &app.notes.user).await;
        app.clock.advance(Duration::from_secs(1));
        sign_in(&app, &mut other, &app.notes.admin).await;
        let all = shown(&app, "/admin/sessions", "sessions").await;
        let all_ids = ids(&all);
        assert_eq!((&all["meta"], all_ids.len(), &all["resourceType"]), (&all["pagination"], 3, &json!("sessions")));
        assert_eq!(all["data"][0]["userEmail"], app.notes.admin.email, "the latest first");
        let user = user_id(&app, &app.notes.user.email).await;
        for who in [user.clone(), app.notes.user.email.replace('@', "%40")] {
            let of_user = shown(&app, &format!("/admin/sessions?userId={who}"), "sessions").await;
            assert_eq!(ids(&of_user), all_ids[1..], "{who}");
            let of_user = shown(&app, &format!("/admin/users/{who}/sessions"), "user_sessions").await;
            assert_eq!((ids(&of_user), &of_user["meta"]["total"]), (all_ids[1..].to_vec(), &json!(2)));
        }
        assert_eq!(shown(&app, "/admin/sessions?userId=nobody%40nowhere.example", "sessions").await["meta"]["total"], 0);
        let second_page = shown(&app, "/admin/sessions?limit=2&page=2", "sessions").await;
        assert_eq!((ids(&second_page), &second_page["meta"]["totalPages"]), (all_ids[2..].to_vec(), &json!(2)));
        assert_eq!(shown(&app, "/admin/sessions/count", "session_count").await["data"]["count"], 3);

        send(&app, "DELETE", &format!("/admin/sessions/{}", all_ids[1])).await.expect(200);
        assert!(!is_signed_in(&app, &mut second).await && is_signed_in(&app, &mut first).await);
        assert_eq!(send(&app, "DELETE", &format!("/admin/sessions/{}", all_ids[1])).await.status, 404, "it has ended");
        let stats = shown(&app, "/admin/sessions/stats", "session_stats").await;
        assert_eq!(stats["data"], json!({ "total": 3, "active": 2, "inactive": 1 }));

        app.clock.advance(Duration::from_mins(31));
        assert_eq!(shown(&app, "/admin/sessions/count", "session_count").await["data"]["count"], 0, "idle for too long");
        assert_eq!(shown(&app, "/admin/sessions", "sessions").await["data"], json!([]));
        assert_eq!(send(&app, "DELETE", &format!("/admin/sessions/{}", all_ids[2])).await.status, 404);
    }
}

#[tokio::test]
async fn every_way_to_end_sessions_ends_them_with_what_was_granted_in_them() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let rp = Rp::with_backchannel(&app, "client_rp").await;
        let user = user_id(&app, &app.notes.user.email).await;
        for (method, path) in [
            ("DELETE", format!("/admin/users/{user}/sessions")),
            ("POST", format!("/admin/users/{user}/sessions/revoke")),
            ("POST", format!("/users/{}/sessions/revoke-all", app.notes.user.email.replace('@', "%40"))),
            ("DELETE", format!("/admin/users/{user}/sessions/only")),
            ("DELETE", "/admin/sessions/only".to_owned()),
            ("POST", "/admin/sessions/revoke-all".to_owned()),
        ] {
            let mut browser = app.browser();
            let bound = rp.sign_in_as(&app, &mut browser, &app.notes.user, "openid email").await;
            let offline = rp.sign_in_as(&app, &mut browser, &app.notes.user, "openid offline_access").await;
            let only = ids(&shown(&app, "/admin/sessions", "sessions").await);
            assert_eq!(only.len(), 1);
            let path = path.replace("only", &only[0].to_string());
            let body =
                path.contains("sessions/revoke-all").then(|| json!({ "confirm": true })).filter(|_| path.starts_with("/admin"));
            expect_shape(&call(&app, method, &path, body.as_ref()).await.expect(200).json(), "message");
            assert!(!is_signed_in(&app, &mut browser).await, "{path}");
            assert!(!is_alive(&app, bound.access()).await, "{path}");
            Tokens::of(rp.client.refresh(&app, offline.refresh()).await);
            app.work().await;
            assert_eq!(rp.heard().len(), 1, "{path}");
        }
        assert_eq!(latest(&app, "sessions.all_revoked").await["context"]["count"], 1);
        assert_eq!(latest(&app, "sessions.revoked").await["targetId"], user.as_str());
    }
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_someone_above_them_and_everybodys_only_on_purpose() {
    let app = TestApp::start().await;
    let mut admin = app.browser();
    sign_in(&app, &mut admin, &app.notes.admin).await;
    let helper = login("helper");
    let helper_id = make_user(&app, &helper, json!({})).await;
    for permission in ["sessions.read", "sessions.write"] {
        let body = json!({ "permission": permission });
        call(&app, "POST", &format!("/admin/users/{helper_id}/permissions"), Some(&body)).await.expect(200);
    }
    let key = api_key(&app, &helper.email, "admin:sessions").await;
    let number = ids(&shown(&app, "/admin/sessions", "sessions").await)[0];
    let admin_id = user_id(&app, &app.notes.admin.email).await;
    let (one, of_admin) = (format!("/admin/sessions/{number}"), format!("/admin/users/{admin_id}/sessions/{number}"));
    let (all, tokens) = (format!("/admin/users/{admin_id}/sessions"), format!("/admin/users/{admin_id}/tokens"));
    for path in [one.as_str(), &of_admin, &all, &tokens] {
        assert_eq!(app.request("DELETE", &app.api(path)).api_key(&key).send().await.status, 403, "{path}");
    }
    let confirmed = json!({ "confirm": true });
    for path in ["/admin/sessions/revoke-all", "/admin/tokens/revoke-all"] {
        assert_eq!(app.post(&app.api(path)).api_key(&key).json(&confirmed).send().await.status, 403, "{path}");
        for refused in
            [json!({}), json!({ "confirm": false }), json!({ "confirm": "please" }), json!({ "confirm": true, "all": 1 })]
        {
            let answered = call(&app, "POST", path, Some(&refused)).await;
            assert_eq!(answered.status, 400, "{path} {refused}: {}", answered.text());
        }
    }
    for path in ["/admin/sessions/999999", "/admin/tokens/999999", "/admin/users/nobody/sessions", "/admin/clients/nobody/tokens"]
    {
        assert_eq!(send(&app, "DELETE", path).await.status, 404, "{path}");
    }
    let elsewhere = format!("/admin/users/{helper_id}/sessions/{number}");
    assert_eq!(send(&app, "DELETE", &elsewhere).await.status, 404, "a session of somebody else");
    assert!(is_signed_in(&app, &mut admin).await, "what is refused changes nothing");
}

#[tokio::test]
async fn grants_and_clients_own_tokens_are_listed_and_can_be_revoked_one_by_one() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (web, service) = (Client::web(&app), Client::service(&app));
        let grant = tokens_of(&app, &web).await;
        let own = app.service_token("reports:read").await;
        let grant = Tokens::of(web.refresh(&app, grant.refresh()).await);
        let all = shown(&app, "/admin/tokens", "issued_list").await;
        assert_eq!((ids(&all).len(), &all["resourceType"]), (2, &json!("tokens")), "a refreshed grant is still one: {all:#}");
        let user = user_id(&app, &app.notes.user.email).await;
        let of_user = shown(&app, &format!("/admin/tokens?userId={user}"), "issued_list").await;
        let of_client = shown(&app, &format!("/admin/tokens?clientId={}", service.id), "issued_list").await;
        let (of_user, of_client) = (&of_user["data"], &of_client["data"]);
        assert_eq!(
            (of_user[0]["clientId"].as_str(), of_user[0]["userId"].as_str()),
            (Some(web.id.as_str()), Some(user.as_str()))
        );
        assert_eq!((&of_client[0]["userId"], &of_client[0]["scopes"]), (&Value::Null, &json!(["reports:read"])));
        assert_eq!((of_user.as_array().unwrap().len(), of_client.as_array().unwrap().len()), (1, 1));

        for row in [&of_user[0], &of_client[0]] {
            assert_eq!((&row["revoked"], &row["isExpired"]), (&json!(false), &json!(false)));
            let path = format!("/admin/tokens/{}", row["id"]);
            expect_shape(&send(&app, "DELETE", &path).await.expect(200).json(), "message");
            send(&app, "DELETE", &path).await.expect(200);
        }
        assert_eq!(userinfo(&app, grant.access()).await.status, 401);
        expect_error(web.refresh(&app, grant.refresh()).await, 400, "invalid_grant");
        assert_eq!(service.introspect(&app, &own).await["active"], false);
        assert_eq!(shown(&app, "/admin/tokens?revoked=true", "issued_list").await["meta"]["total"], 2);
        assert_eq!(shown(&app, "/admin/tokens?revoked=false", "issued_list").await["meta"]["total"], 0);
        assert_eq!(latest(&app, "tokens.withdrawn").await["targetId"], service.id.as_str());

        app.service_token("").await;
        app.clock.advance(Duration::from_secs(3601));
        let late = shown(&app, "/admin/tokens?revoked=false", "issued_list").await;
        assert_eq!(late["data"][0]["isExpired"], true);
    }
}

#[tokio::test]
async fn every_token_of_a_client_a_user_or_the_organization_can_be_revoked_at_once() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (web, service) = (Client::web(&app), Client::service(&app));
        let user = user_id(&app, &app.notes.user.email).await;
        let confirmed = json!({ "confirm": true });
        for (method, path, body, ends_grant, ends_own) in [
            ("DELETE", format!("/admin/users/{user}/tokens"), None, true, false),
            ("POST", format!("/admin/users/{user}/tokens/revoke"), None, true, false),
            ("DELETE", format!("/admin/clients/{}/tokens", web.id), None, true, false),
            ("POST", format!("/admin/clients/{}/tokens/revoke", service.id), None, false, true),
            ("POST", "/admin/tokens/revoke-all".to_owned(), Some(&confirmed), true, true),
        ] {
            let grant = tokens_of(&app, &web).await;
            let own = app.service_token("").await;
            expect_shape(&call(&app, method, &path, body).await.expect(200).json(), "message");
            assert_eq!(userinfo(&app, grant.access()).await.status == 401, ends_grant, "{path}");
            assert_eq!(web.refresh(&app, grant.refresh()).await.status == 400, ends_grant, "{path}");
            app.clock.advance(Duration::from_secs(1));
            assert_eq!(service.introspect(&app, &own).await["active"] == false, ends_own, "{path}");
            let revoked = shown(&app, "/admin/tokens?revoked=true&limit=2", "issued_list").await;
            assert!(!revoked["data"].as_array().unwrap().is_empty(), "{path}");
            let fresh = app.service_token("").await;
            assert_eq!(service.introspect(&app, &fresh).await["active"], true, "what is issued afterwards is good");
        }
    }
}

#[tokio::test]
async fn what_becomes_of_logout_tokens_can_be_looked_at() {
    for database in databases() {
        let app = TestApp::start_on(database).await;
        let (good, bad) = (Rp::with_backchannel(&app, "client_good").await, Rp::with_backchannel(&app, "client_bad").await);
        bad.answer(500);
        let mut browser = app.browser();
        good.sign_in(&app, &mut browser).await;
        bad.sign_in(&app, &mut browser).await;
        let user = user_id(&app, &app.notes.user.email).await;
        send(&app, "DELETE", &format!("/admin/users/{user}/sessions")).await.expect(200);
        app.work().await;
        let of =
            async |status: &str| shown(&app, &format!("/admin/logout-deliveries?status={status}"), "logout_deliveries").await;
        let (delivered, pending) = (of("delivered").await, of("pending").await);
        assert_eq!(
            (delivered["meta"]["total"].as_i64(), delivered["data"][0]["clientId"].as_str()),
            (Some(1), Some("client_good"))
        );
        assert_eq!((&pending["data"][0]["clientId"], &pending["data"][0]["attempts"]), (&json!("client_bad"), &json!(1)));
        assert!(pending["data"][0]["lastError"].as_str().unwrap().contains("500"), "{pending:#}");
        assert_eq!(pending["data"][0]["userId"], user.as_str());
        for _ in 0..13 {
            app.clock.advance(Duration::from_hours(7));
            app.work().await;
        }
        let failed = of("failed").await;
        assert_eq!((&failed["data"][0]["clientId"], &failed["data"][0]["attempts"]), (&json!("client_bad"), &json!(14)));
        for filter in ["clientId=client_bad", &format!("userId={user}&clientId=client_bad")] {
            let found = shown(&app, &format!("/admin/logout-deliveries?{filter}"), "logout_deliveries").await;
            assert_eq!(found["meta"]["total"], 1, "{filter}");
        }
        assert_eq!(get(&app, "/admin/logout-deliveries?status=lost").await.status, 400);
    }
}
