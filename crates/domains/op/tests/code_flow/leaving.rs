//! How it ends: revocation, signing out, disconnecting, housekeeping.

use crate::support::{BYE, SECRET, WEB, World, basic, hidden, param, text};
use serde_json::json;

#[tokio::test]
async fn a_revoked_refresh_token_takes_its_access_tokens_along_and_an_access_token_goes_alone() {
    for world in World::start_on_each().await {
        let tokens = world.tokens("openid offline_access").await;
        let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
        let described = world.introspect(&refresh).await;
        assert_eq!((&described["token_type"], &described["username"]), (&json!("refresh_token"), &json!("mia@example.com")));
        world.revoke(WEB, &access).await;
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"));
        let second = world.refresh(&refresh).await.json;
        world.revoke(WEB, &text(&second, "refresh_token")).await;
        assert_eq!(world.introspect(&text(&second, "refresh_token")).await, json!({ "active": false }));
        assert_eq!(world.introspect(&text(&second, "access_token")).await, json!({ "active": false }));
        assert_eq!(world.refresh(&text(&second, "refresh_token")).await.refusal(), (400, "invalid_grant"));
    }
}

#[tokio::test]
async fn a_person_who_is_blocked_or_switched_off_is_dead_to_every_token() {
    for sql in [store::platform_sql!("UPDATE users SET is_blocked = 1"), store::platform_sql!("UPDATE users SET is_active = 0")] {
        let world = World::start().await;
        let tokens = world.tokens("openid offline_access").await;
        world.advance(2);
        world.change(sql).await;
        assert_eq!(world.userinfo(&text(&tokens, "access_token")).await.refusal(), (401, "invalid_token"), "{sql:?}");
        assert_eq!(world.introspect(&text(&tokens, "refresh_token")).await, json!({ "active": false }), "{sql:?}");
        assert_eq!(world.refresh(&text(&tokens, "refresh_token")).await.refusal(), (400, "invalid_grant"), "{sql:?}");
    }
}

#[tokio::test]
async fn signing_out_needs_a_hint_or_a_question_and_returns_only_to_registered_places() {
    let world = World::start().await;
    let logout = "/orgs/acme/api/v1/oauth/logout";
    let cookie = world.sign_in(&world.user).await;
    let tokens = world.redeem(&world.code(&cookie, &[]).await).await.json;
    let hint = text(&tokens, "id_token");
    let asked =
        world.get(&format!("{logout}?post_logout_redirect_uri={BYE}&client_id={WEB}&state=x"), &[("cookie", &cookie)]).await;
    assert_eq!(asked.status, 200);
    assert!(asked.html.contains("sign-out-form"), "without a hint the person is asked");
    let evil = world.get(&format!("{logout}?id_token_hint={hint}&post_logout_redirect_uri=https://evil.example"), &[]).await;
    assert_eq!((evil.refusal(), evil.header("location")), ((400, "invalid_request"), None), "attack 11");
    let hinted = format!("{logout}?id_token_hint={hint}&post_logout_redirect_uri={BYE}&state=x");
    assert_eq!(world.get(&hinted, &[("cookie", &cookie)]).await.location(), format!("{BYE}?state=x"));
    let silent = world.authorize(&cookie, &[("prompt", "none")]).await.location();
    assert_eq!(param(&silent, "error").as_deref(), Some("login_required"), "the session is over");
    assert_eq!(world.userinfo(&text(&tokens, "access_token")).await.status, 401, "and what was granted only while it lasted");
}

#[tokio::test]
async fn a_confirmed_sign_out_ends_the_session_and_offline_access_outlives_it() {
    let world = World::start().await;
    let logout = "/orgs/acme/api/v1/oauth/logout";
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid offline_access")]).await;
    let tokens = world.redeem(&code).await.json;
    let page = world.get(logout, &[("cookie", &cookie)]).await;
    let cookies = page.cookies.iter().fold(cookie.clone(), |line, (name, value)| format!("{line}; {name}={value}"));
    let csrf = hidden(&page.html, "csrf");
    let stay = world.post(logout, &[("cookie", &cookies)], &[("csrf", &csrf), ("decision", "stay")]).await;
    assert_eq!(stay.location(), "/orgs/acme/account");
    let forged = world.post(logout, &[("cookie", &cookies)], &[("csrf", "x"), ("decision", "sign_out")]).await;
    assert_eq!(forged.refusal(), (403, "csrf"));
    let again = world.post(logout, &[], &[("state", "x"), ("junk", "y")]).await;
    assert_eq!(again.location(), format!("{logout}?state=x"));
    let done = world.post(logout, &[("cookie", &cookies)], &[("_csrf_token", &csrf)]).await;
    assert!(done.html.contains("signed-out"));
    assert!(done.cookies.iter().any(|(name, value)| name == "lumoauth_session" && value.is_empty()));
    assert_eq!(world.count_events("users.signed_out").await, 1);
    assert_eq!(world.refresh(&text(&tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_disconnected_application_is_dead_at_once_and_asks_again() {
    let world = World::start().await;
    let tokens = world.tokens("openid offline_access").await;
    let user = world.user.id.clone();
    let listed = world
        .play(move |cx| {
            let user = user.clone();
            Box::pin(async move {
                let listed = op::consents::list_connected(&mut cx.tx, &user).await?;
                assert!(op::consents::disconnect(&mut cx.tx, &user, &WEB.into(), cx.now).await?);
                Ok(listed)
            })
        })
        .await;
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "Notes"));
    assert_eq!(world.userinfo(&text(&tokens, "access_token")).await.status, 401);
    assert_eq!(world.refresh(&text(&tokens, "refresh_token")).await.refusal(), (400, "invalid_grant"));
    let cookie = world.sign_in(&world.user).await;
    assert!(world.authorize(&cookie, &[]).await.location().starts_with("/orgs/acme/consent?"));
}

#[tokio::test]
async fn housekeeping_forgets_what_has_ended_and_keeps_what_lives() {
    for world in World::start_on_each().await {
        let tokens = world.tokens("openid offline_access").await;
        world.advance(2 * 86_400);
        assert!(world.services.store.delete_expired(world.now(), 500).await.unwrap() >= 2, "the code and the stored request");
        assert_eq!(world.refresh(&text(&tokens, "refresh_token")).await.status, 200);
        world.advance(60 * 86_400);
        world.services.store.delete_expired(world.now(), 500).await.unwrap();
        assert_eq!(world.services.store.delete_expired(world.now(), 500).await.unwrap(), 0);
        let headers = [("authorization", &*basic(WEB, SECRET))];
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        assert_eq!(world.post("/orgs/acme/api/v1/oauth/token", &headers, &form).await.refusal(), (400, "invalid_grant"));
    }
}
