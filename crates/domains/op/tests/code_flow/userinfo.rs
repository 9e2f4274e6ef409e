//! What `UserInfo` tells, and to which tokens.

use crate::support::{World, claims, text};

#[tokio::test]
async fn userinfo_takes_the_token_in_the_form_too_and_wants_openid() {
    let world = World::start().await;
    let access = text(&world.tokens("openid email").await, "access_token");
    let path = "/orgs/acme/api/v1/oauth/userinfo";
    assert_eq!(world.post(path, &[], &[("access_token", &access)]).await.json["email"], "mia@example.com");
    let header = format!("bearer {access}");
    assert_eq!(world.request("POST", path, &[("authorization", &header)], Vec::new()).await.status, 200);
    let both = world.post(path, &[("authorization", &header)], &[("access_token", &access)]).await;
    assert_eq!(both.refusal(), (400, "invalid_request"));
    let plain = text(&world.tokens("email").await, "access_token");
    assert_eq!(world.userinfo(&plain).await.refusal(), (403, "insufficient_scope"));
}

#[tokio::test]
async fn single_claims_come_where_they_were_asked_for() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let wish = r#"{"userinfo":{"email":{"essential":true}},"id_token":{"email":null}}"#;
    let code = world.code(&cookie, &[("scope", "openid"), ("claims", wish)]).await;
    let tokens = world.redeem(&code).await.json;
    assert_eq!(claims(&text(&tokens, "id_token"))["email"], "mia@example.com");
    assert_eq!(world.userinfo(&text(&tokens, "access_token")).await.json["email"], "mia@example.com");
}
