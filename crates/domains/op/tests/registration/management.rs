//! A registration is read, replaced and removed by its own token (RFC 7592).

use super::{REGISTER, TOKEN, TOKENS, manage, open_world, plain, program, register, registered, set_policy, together, with};
use crate::support::{Reached, SERVICE, VERIFIER, WEB, World, basic, text};
use serde_json::{Value, json};
use store::platform_sql;

#[tokio::test]
async fn a_client_registers_itself_reads_replaces_and_removes_its_registration() {
    for world in World::start_on_each().await {
        let admin = program(&world, "admin").await;
        set_policy(&world, &admin, json!({ "mode": "open", "grant_types": ["authorization_code", "client_credentials"] })).await;
        let document = with(json!({ "client_name#de": "Mein Beispiel", "unheard_of": 1, "grant_types": ["authorization_code"] }));
        let made = register(&world, None, &document).await;
        assert_eq!((made.status, made.header("cache-control")), (201, Some("no-store")), "{made:?}");
        assert_eq!(made.json["client_name"], "My Example Client");
        assert_eq!(made.json["client_name#de"], "Mein Beispiel");
        assert_eq!(made.json["scope"], "address email offline_access openid phone profile");
        assert_eq!((&made.json["client_secret_expires_at"], &made.json["application_type"]), (&json!(0), &json!("web")));
        assert_eq!(made.json["client_id_issued_at"], world.now().as_secs());
        assert!(made.json.get("unheard_of").is_none());
        let (id, secret) = (text(&made.json, "client_id"), text(&made.json, "client_secret"));
        let (place, line) =
            (text(&made.json, "registration_client_uri"), format!("Bearer {}", text(&made.json, "registration_access_token")));
        assert_eq!(place, format!("https://id.example.com{REGISTER}/{id}"));

        let shown = world.get(&place, &[("authorization", &line)]).await;
        assert_eq!((shown.status, shown.header("cache-control")), (200, Some("no-store")));
        assert!(shown.json.get("client_secret").is_none());
        for name in ["client_id", "redirect_uris", "client_name", "registration_client_uri", "registration_access_token"] {
            assert_eq!(shown.json[name], made.json[name], "{name}");
        }

        let update =
            with(json!({ "client_id": id, "client_secret": secret, "grant_types": ["client_credentials"], "scope": "email" }));
        let changed = manage(&world, "PUT", &id, &line, Some(&update)).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_eq!((&changed.json["response_types"], &changed.json["scope"]), (&json!([]), &json!("email")));
        assert!(changed.json.get("client_name#de").is_none() && changed.json.get("client_secret").is_none());
        assert_eq!(manage(&world, "GET", &id, &line, None).await.refusal(), (401, "invalid_token"), "the token was rotated");
        let line = format!("Bearer {}", text(&changed.json, "registration_access_token"));
        assert_eq!(manage(&world, "GET", &id, &line, None).await.json["scope"], "email");
        let form = [("grant_type", "client_credentials")];
        assert_eq!(world.post(TOKEN, &[("authorization", &basic(&id, &secret))], &form).await.status, 200);

        assert_eq!(manage(&world, "DELETE", &id, &line, None).await.status, 204);
        assert_eq!(world.post(TOKEN, &[("authorization", &basic(&id, &secret))], &form).await.refusal(), (401, "invalid_client"));
        assert_eq!(manage(&world, "GET", &id, &line, None).await.refusal(), (401, "invalid_token"));
        let events = world.events().await;
        for name in ["clients.registered", "clients.registration_replaced", "clients.deregistered"] {
            assert!(events.iter().any(|(known, _)| known == name), "{name}");
        }
        let log = serde_json::to_string(&events.iter().map(|(_, leaf)| leaf).collect::<Vec<_>>()).unwrap();
        assert!(!log.contains(&secret) && !log.contains(line.trim_start_matches("Bearer ")), "no secret is in the log");
    }
}

#[tokio::test]
async fn a_client_that_removes_itself_takes_along_what_people_granted_it() {
    for world in World::start_on_each().await {
        let admin = program(&world, "admin").await;
        set_policy(&world, &admin, json!({ "mode": "open" })).await;
        let (id, secret, line) = registered(&world, &plain()).await;
        let (cookie, back) = (world.sign_in(&world.user).await, "https://client.example.org/callback");
        let code = world.code(&cookie, &[("client_id", &id), ("redirect_uri", back), ("scope", "openid")]).await;
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", back), ("code_verifier", VERIFIER)];
        let granted = world.post(TOKEN, &[("authorization", &basic(&id, &secret))], &form).await;
        let token = text(&granted.json, "access_token");
        assert_eq!(world.userinfo(&token).await.status, 200);
        assert_eq!(manage(&world, "DELETE", &id, &line, None).await.status, 204);
        assert_eq!(world.userinfo(&token).await.refusal(), (401, "invalid_token"));
        world.change(platform_sql!("DELETE FROM grant_families WHERE revoked_reason = 'client_deleted'")).await;
    }
}

#[tokio::test]
async fn of_two_updates_with_the_same_token_one_comes_through() {
    for world in World::start_on_each().await {
        let admin = program(&world, "admin").await;
        set_policy(&world, &admin, json!({ "mode": "open" })).await;
        let (id, _, line) = registered(&world, &plain()).await;
        let update = with(json!({ "client_id": id }));
        let outcomes = together((0..6).map(|_| manage(&world, "PUT", &id, &line, Some(&update)))).await;
        let good: Vec<&Reached> = outcomes.iter().filter(|reached| reached.status == 200).collect();
        assert_eq!(good.len(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|reached| [(200, ""), (401, "invalid_token")].contains(&reached.refusal())));
        let line = format!("Bearer {}", text(&good[0].json, "registration_access_token"));
        let gone = together((0..4).map(|_| manage(&world, "DELETE", &id, &line, None))).await;
        assert_eq!(gone.iter().filter(|reached| reached.status == 204).count(), 1, "{gone:?}");
    }
}

#[tokio::test]
async fn what_manages_a_registration_opens_nothing_else_and_nothing_else_manages_it() {
    let world = open_world().await;
    let (id, secret, line) = registered(&world, &plain()).await;
    let (other, _, other_line) = registered(&world, &plain()).await;
    let (web, service) = (basic(&id, &secret), format!("Bearer {}", world.client_token(SERVICE).await));
    for (id, line) in
        [(&*id, &*other_line), (&*other, &*line), (&*id, &*web), (&*id, &*service), ("client_nobody", &*line), (WEB, &*line)]
    {
        for method in ["GET", "PUT", "DELETE"] {
            let reached = manage(&world, method, id, line, Some(&with(json!({ "client_id": id })))).await;
            assert_eq!(reached.refusal(), (401, "invalid_token"), "{method} {id}");
        }
    }
    assert_eq!(world.get("/orgs/acme/api/v1/oauth/userinfo", &[("authorization", &line)]).await.status, 401);
    assert_eq!(world.get(TOKENS, &[("authorization", &line)]).await.refusal(), (401, "invalid_token"));
    assert_eq!(register(&world, Some(&line), &plain()).await.refusal(), (401, "invalid_token"));
    let admin = format!("Bearer {}", world.client_token("client_admin").await);
    world
        .send_json("POST", &format!("/orgs/acme/api/v1/admin/clients/{id}/disable"), &[("authorization", &admin)], &json!({}))
        .await;
    assert_eq!(manage(&world, "GET", &id, &line, None).await.refusal(), (401, "invalid_token"), "it is switched off");
}

#[tokio::test]
async fn an_update_says_whom_it_is_for_and_nothing_that_only_the_server_says() {
    let world = open_world().await;
    let (id, secret, line) = registered(&world, &plain()).await;
    let said = |more: Value| {
        let mut update = with(json!({ "client_id": id }));
        update.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        update
    };
    for (update, code) in [
        (plain(), "invalid_request"),
        (said(json!({ "client_id": "client_other" })), "invalid_request"),
        (said(json!({ "client_secret": "another-one" })), "invalid_request"),
        (said(json!({ "client_secret": 1 })), "invalid_request"),
        (said(json!({ "registration_access_token": "x" })), "invalid_request"),
        (said(json!({ "registration_client_uri": "https://x.example" })), "invalid_request"),
        (said(json!({ "client_secret_expires_at": 0 })), "invalid_request"),
        (said(json!({ "client_id_issued_at": 0 })), "invalid_request"),
        (said(json!({ "redirect_uris": [] })), "invalid_redirect_uri"),
        (said(json!({ "logo_uri": "javascript:alert(1)" })), "invalid_client_metadata"),
        (json!({}), "invalid_request"),
    ] {
        assert_eq!(manage(&world, "PUT", &id, &line, Some(&update)).await.refusal(), (400, code), "{update}");
    }
    let untouched = manage(&world, "GET", &id, &line, None).await;
    assert_eq!(untouched.status, 200, "a refused update changes nothing, the token neither");
    assert_eq!(manage(&world, "PUT", &id, &line, Some(&said(json!({ "client_secret": secret })))).await.status, 200);
}

#[tokio::test]
async fn a_client_is_not_released_from_a_fapi_profile_by_its_own_update() {
    let world = open_world().await;
    // RFC 7517, appendix A.1.
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" });
    let bound = with(json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key] },
        "dpop_bound_access_tokens": true, "require_pushed_authorization_requests": true, "grant_types": ["authorization_code"] }));
    let mut submitted = bound.clone();
    submitted["fapi_profile"] = json!("fapi2_security");
    let (id, _, line) = registered(&world, &submitted).await;
    let mut update = bound.clone();
    update["client_id"] = json!(id);
    let kept = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!((kept.status, &kept.json["fapi_profile"]), (200, &json!("fapi2_security")), "{kept:?}");
    update["fapi_profile"] = json!("none");
    let line = format!("Bearer {}", text(&kept.json, "registration_access_token"));
    let refused = manage(&world, "PUT", &id, &line, Some(&update)).await;
    assert_eq!(refused.refusal(), (400, "invalid_client_metadata"));
}
