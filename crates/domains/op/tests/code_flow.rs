//! The authorization code flow: requests, sign-in, consent, codes, refresh tokens.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that can't go on should stop"
)]

mod support;

use serde_json::{Value, json};
use std::sync::Arc;
use support::{
    BYE, CALLBACK, ISSUER, SECRET, SPA, SPA_CALLBACK, VERIFIER, WEB, World, authorize_path, basic, claims, hidden, param, text,
};

#[tokio::test]
async fn a_person_signs_in_for_an_application() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        let asked = world.authorize(&cookie, &[]).await;
        assert_eq!(asked.status, 303);
        let consent = asked.location();
        assert!(consent.starts_with("/orgs/acme/consent?transaction="), "{consent}");
        let answered = world.decide(&consent, &cookie, "allow").await;
        let location = answered.location();
        assert!(location.starts_with(&format!("{CALLBACK}?code=")), "{location}");
        assert_eq!(param(&location, "state").as_deref(), Some("s t"));
        assert_eq!(param(&location, "iss").as_deref(), Some(ISSUER));
        let tokens = world.redeem(&param(&location, "code").unwrap()).await.json;
        assert_eq!(tokens["scope"], "email openid");
        let id_token = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(id_token["iss"], ISSUER);
        assert_eq!((&id_token["aud"], &id_token["nonce"]), (&json!(WEB), &json!("n")));
        assert_eq!(id_token["sub"], world.user.id.as_str());
        assert_eq!(id_token["auth_time"], world.now().as_secs());
        assert!(id_token["sid"].is_string() && id_token["at_hash"].is_string() && id_token.get("email").is_none());
        let header = jose::jws::Header::parse(tokens["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(header.algorithm.name(), "RS256");
        let info = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json;
        assert_eq!((&info["sub"], &info["email"]), (&id_token["sub"], &json!("mia@example.com")));
        assert_eq!((&info["email_verified"], info.get("name")), (&json!(false), None));
        let silently = world.authorize(&cookie, &[("prompt", "none")]).await;
        assert!(param(&silently.location(), "code").is_some(), "consent is remembered");
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back() {
    let world = World::start().await;
    let asked = world.get(&authorize_path(&[]), &[]).await;
    let sign_in = asked.location();
    assert!(sign_in.starts_with("/orgs/acme/signin?transaction="), "{sign_in}");
    let handle = param(&sign_in, "transaction").unwrap();
    let cookie = world.sign_in(&world.user).await;
    let resume = format!("/orgs/acme/api/v1/oauth/authorize?transaction={handle}");
    let back = world.get(&resume, &[("cookie", &cookie)]).await;
    assert!(back.location().starts_with("/orgs/acme/consent?transaction="));
    let done = world.decide(&back.location(), &cookie, "allow").await;
    assert!(param(&done.location(), "code").is_some());
    assert_eq!(world.get(&resume, &[("cookie", &cookie)]).await.refusal(), (400, "expired"), "a request is answered once");
}

#[tokio::test]
async fn a_person_who_cancels_or_denies_is_not_handed_over() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let asked = world.authorize(&cookie, &[]).await;
    let denied = world.decide(&asked.location(), &cookie, "deny").await.location();
    assert_eq!(param(&denied, "error").as_deref(), Some("access_denied"));
    assert_eq!(param(&denied, "iss").as_deref(), Some(ISSUER));
    let handle = param(&world.get(&authorize_path(&[]), &[]).await.location(), "transaction").unwrap();
    let cancel = format!("/orgs/acme/api/v1/oauth/authorize?transaction={handle}&decision=cancel");
    let cancelled = world.get(&cancel, &[]).await.location();
    assert_eq!(param(&cancelled, "error").as_deref(), Some("access_denied"));
    assert!(!denied.contains("code=") && !cancelled.contains("code="));
}

#[tokio::test]
async fn attack_8_consent_without_the_token_of_its_page_is_refused() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let consent = world.authorize(&cookie, &[]).await.location();
    let handle = param(&consent, "transaction").unwrap();
    let page = world.get(&consent, &[("cookie", &cookie)]).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"));
    let csrf = hidden(&page.html, "csrf");
    let browser = page.cookies.iter().fold(cookie.clone(), |line, (name, value)| format!("{line}; {name}={value}"));
    for (cookies, csrf) in [(&browser, "forged"), (&cookie, &*csrf)] {
        let form = [("csrf", csrf), ("transaction", &*handle), ("decision", "allow")];
        let reached = world.post("/orgs/acme/consent", &[("cookie", cookies)], &form).await;
        assert_eq!(reached.refusal(), (403, "csrf"));
    }
}

#[tokio::test]
async fn attacks_1_and_2_an_address_that_is_not_registered_is_never_redirected_to() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    for uri in [
        "https://evil.example/cb",
        "https://app.example/cb/",
        "https://app.example/cb?x=1",
        "https://app.example/cb/..;/evil",
        "https://app.example/%2e%2e/cb",
        "https://app.example\\@evil.example/cb",
        "https://app.example@evil.example/cb",
        "HTTPS://app.example/cb",
        "https://app.example./cb",
        "http://app.example/cb",
        "javascript:alert(1)",
    ] {
        let reached = world.authorize(&cookie, &[("redirect_uri", uri)]).await;
        assert_eq!(reached.refusal(), (400, "unregistered_redirect_uri"), "{uri}");
        assert!(reached.headers.is_empty());
    }
    let unknown = world.authorize(&cookie, &[("client_id", "client_nobody")]).await;
    assert_eq!(unknown.refusal(), (400, "unknown_client"));
    let missing = world.get("/orgs/acme/api/v1/oauth/authorize", &[]).await;
    assert_eq!(missing.refusal(), (400, "invalid_request"));
    let by_post =
        world.post("/orgs/acme/api/v1/oauth/authorize", &[], &[("client_id", WEB), ("redirect_uri", "https://e.example")]);
    assert_eq!(by_post.await.refusal(), (400, "unregistered_redirect_uri"));
}

#[tokio::test]
async fn what_else_is_wrong_goes_back_to_the_client_with_state_and_iss() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    for (more, error) in [
        (&[("response_type", "token")][..], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("scope", "admin")], "invalid_scope"),
        (&[("request", "x.y.z")], "invalid_request_object"),
        (&[("request_uri", "https://a.example")], "request_uri_not_supported"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("id_token_hint", "forged")], "invalid_request"),
        (&[("resource", "https://evil.example")], "invalid_target"),
        (&[("claims", "{")], "invalid_request"),
    ] {
        let location = world.authorize(&cookie, more).await.location();
        assert!(location.starts_with(CALLBACK), "{location}");
        assert_eq!(param(&location, "error").as_deref(), Some(error), "{location}");
        assert_eq!(param(&location, "state").as_deref(), Some("s t"));
        assert_eq!(param(&location, "iss").as_deref(), Some(ISSUER));
    }
}

#[tokio::test]
async fn a_silent_request_never_shows_a_page() {
    let world = World::start().await;
    let nobody = world.get(&authorize_path(&[("prompt", "none")]), &[]).await.location();
    assert_eq!(param(&nobody, "error").as_deref(), Some("login_required"));
    let cookie = world.sign_in(&world.user).await;
    let unasked = world.authorize(&cookie, &[("prompt", "none")]).await.location();
    assert_eq!(param(&unasked, "error").as_deref(), Some("consent_required"));
}

#[tokio::test]
async fn a_new_proof_is_asked_for_where_the_client_wants_one() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    world.code(&cookie, &[]).await;
    world.advance(2);
    for more in [("prompt", "login"), ("max_age", "1"), ("prompt", "login select_account")] {
        let location = world.authorize(&cookie, &[more]).await.location();
        assert!(location.starts_with("/orgs/acme/signin?"), "{more:?} {location}");
    }
    let choose = world.authorize(&cookie, &[("prompt", "select_account")]).await.location();
    assert!(choose.starts_with("/orgs/acme/choose-account?transaction="), "{choose}");
    let register = world.authorize(&cookie, &[("prompt", "create")]).await.location();
    assert!(register.starts_with("/orgs/acme/register?transaction="), "{register}");
    let long_ago = world.authorize(&cookie, &[("max_age", "10000")]).await.location();
    assert!(param(&long_ago, "code").is_some());
}

#[tokio::test]
async fn an_earlier_id_token_names_the_person() {
    let world = World::start().await;
    let tokens = world.tokens("openid email").await;
    let hint = text(&tokens, "id_token");
    let cookie = world.sign_in(&world.user).await;
    let same = world.authorize(&cookie, &[("prompt", "none"), ("id_token_hint", &hint)]).await.location();
    assert!(param(&same, "code").is_some(), "{same}");
    let other = [("prompt", "none"), ("claims", r#"{"id_token":{"sub":{"value":"somebody-else"}}}"#)];
    let other = world.authorize(&cookie, &other).await.location();
    assert_eq!(param(&other, "error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_request_by_post_goes_on_by_get() {
    let world = World::start().await;
    let form = [
        ("response_type", "code"),
        ("client_id", WEB),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("state", "posted"),
        ("prompt", "none"),
    ];
    let posted = world.post("/orgs/acme/api/v1/oauth/authorize", &[], &form).await;
    assert_eq!(posted.status, 303);
    let resume = posted.location();
    assert!(resume.starts_with("/orgs/acme/api/v1/oauth/authorize?transaction="));
    let location = world.get(&resume, &[]).await.location();
    assert_eq!(param(&location, "error").as_deref(), Some("login_required"));
    assert_eq!(param(&location, "state").as_deref(), Some("posted"));
}

#[tokio::test]
async fn an_answer_can_come_as_a_form_or_in_the_fragment() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    world.code(&cookie, &[]).await;
    let page = world.authorize(&cookie, &[("response_mode", "form_post"), ("state", "\"><b>")]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    assert!(page.html.contains(CALLBACK) && !page.html.contains("\"><b>"));
    assert_eq!(world.redeem(&hidden(&page.html, "code")).await.status, 200);
    let fragment = world.authorize(&cookie, &[("response_mode", "fragment")]).await.location();
    assert!(fragment.starts_with(&format!("{CALLBACK}#code=")));
}

#[tokio::test]
async fn a_code_is_worth_nothing_with_anything_else_than_it_was_issued_for() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[]).await;
    let other = VERIFIER.replace('d', "e");
    let grant = ("grant_type", "authorization_code");
    let (uri, verifier) = (("redirect_uri", CALLBACK), ("code_verifier", VERIFIER));
    for form in [
        &[grant, ("code", &*code), verifier][..],
        &[grant, ("code", &code), ("redirect_uri", "https://app.example/other"), verifier],
        &[grant, ("code", &code), uri],
        &[grant, ("code", &code), uri, ("code_verifier", &other)],
        &[grant, ("code", "unknown"), uri, verifier],
        &[grant, ("code", &format!("{}A", &code[..code.len() - 1])), uri, verifier],
    ] {
        let reached = world.token(WEB, form).await;
        assert_eq!(reached.refusal(), (400, "invalid_grant"), "{form:?}");
    }
    let form = [grant, ("code", &*code), uri, verifier, ("client_id", SPA)];
    let thief = world.post("/orgs/acme/api/v1/oauth/token", &[], &form).await;
    assert_eq!(thief.refusal(), (400, "invalid_grant"));
    assert_eq!(world.redeem(&code).await.status, 200, "none of that used it up");
}

#[tokio::test]
async fn a_code_ends_after_a_minute_and_with_its_person() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let (first, second) = (world.code(&cookie, &[]).await, world.code(&cookie, &[]).await);
    world.advance(60);
    assert_eq!(world.redeem(&first).await.refusal(), (400, "invalid_grant"));
    assert_eq!(world.redeem(&second).await.refusal(), (400, "invalid_grant"));
    let third = world.code(&cookie, &[]).await;
    world.change(store::platform_sql!("UPDATE users SET is_blocked = 1")).await;
    assert_eq!(world.redeem(&third).await.refusal(), (400, "invalid_grant"));
}

#[tokio::test]
async fn attack_5_pkce_cannot_be_left_out_weakened_or_added_later() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let public = [("client_id", SPA), ("redirect_uri", SPA_CALLBACK)];
    for more in [("code_challenge", ""), ("code_challenge_method", "plain")] {
        let location = world.authorize(&cookie, &[public[0], public[1], more]).await.location();
        assert_eq!(param(&location, "error").as_deref(), Some("invalid_request"), "{more:?}");
    }
    let unchallenged = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = world.code(&cookie, &unchallenged).await;
    assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"), "a verifier without a challenge is a downgrade");
}

#[tokio::test]
async fn attack_3_only_the_port_of_a_loopback_address_may_vary() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    for (uri, is_good) in [
        ("http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1/cb/x", false),
        ("http://localhost:49152/cb", false),
        ("http://127.0.0.1.evil.example/cb", false),
        ("http://localhost.evil/cb", false),
    ] {
        let reached = world.authorize(&cookie, &[("client_id", SPA), ("redirect_uri", uri)]).await;
        assert_eq!(reached.status == 303, is_good, "{uri} {reached:?}");
    }
}

#[tokio::test]
async fn attack_17_a_replayed_code_revokes_its_family() {
    for world in World::start_on_each().await {
        let cookie = world.sign_in(&world.user).await;
        let code = world.code(&cookie, &[("scope", "openid offline_access")]).await;
        let tokens = world.redeem(&code).await.json;
        let access = text(&tokens, "access_token");
        assert_eq!(world.userinfo(&access).await.status, 200);
        world.advance(30);
        assert_eq!(world.redeem(&code).await.refusal(), (400, "invalid_grant"));
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"));
        assert_eq!(world.introspect(&access).await, json!({ "active": false }));
        assert_eq!(world.refresh(&text(&tokens, "refresh_token")).await.refusal(), (400, "invalid_grant"));
        let events = world.events().await;
        let (_, reuse) = events.iter().find(|(name, _)| name == "oauth.security.code_reuse_detected").unwrap();
        assert_eq!((&reuse["severity"], &reuse["outcome"]), (&json!("error"), &json!("refused")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attack_18_of_100_redemptions_of_a_code_exactly_one_wins() {
    for world in World::start_on_each().await {
        let world = Arc::new(world);
        let cookie = world.sign_in(&world.user).await;
        let code = world.code(&cookie, &[]).await;
        let (won, lost) = race(&world, move |world| {
            let code = code.clone();
            async move { world.redeem(&code).await }
        })
        .await;
        assert_eq!((won.len(), lost), (1, 99));
        let access = text(&won[0], "access_token");
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"), "the other 99 were replays");
        assert_eq!(world.count_events("tokens.issued").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attack_19_of_100_refreshes_of_a_token_exactly_one_wins() {
    for world in World::start_on_each().await {
        let world = Arc::new(world);
        let token = text(&world.tokens("openid offline_access").await, "refresh_token");
        let (won, lost) = race(&world, move |world| {
            let token = token.clone();
            async move { world.refresh(&token).await }
        })
        .await;
        assert_eq!((won.len(), lost), (1, 99));
        assert_eq!(
            world.refresh(&text(&won[0], "refresh_token")).await.refusal(),
            (400, "invalid_grant"),
            "its family is revoked"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn within_the_grace_period_parallel_refreshes_get_the_same_tokens() {
    for world in World::start_on_each().await {
        let world = Arc::new(world);
        set_grace(&world).await;
        let token = text(&world.tokens("openid offline_access").await, "refresh_token");
        let (won, lost) = race(&world, move |world| {
            let token = token.clone();
            async move { world.refresh(&token).await }
        })
        .await;
        assert_eq!((won.len(), lost), (100, 0));
        let (refresh, access) = (text(&won[0], "refresh_token"), claims(&text(&won[0], "access_token")));
        for answer in &won {
            assert_eq!(text(answer, "refresh_token"), refresh);
            assert_eq!(claims(&text(answer, "access_token")), access);
        }
        assert_eq!(world.count_events("tokens.repeated").await, 99);
        assert_eq!(world.refresh(&refresh).await.status, 200);
    }
}

#[tokio::test]
async fn grace_ends_with_its_time_with_the_use_of_the_successor_and_with_another_request() {
    let world = World::start().await;
    set_grace(&world).await;
    let refresh = |tokens: &Value| text(tokens, "refresh_token");

    let first = refresh(&world.tokens("openid email offline_access").await);
    let second = world.refresh(&first).await.json;
    let narrower = [("grant_type", "refresh_token"), ("refresh_token", &*first), ("scope", "openid")];
    assert_eq!(world.token(WEB, &narrower).await.refusal(), (400, "invalid_grant"), "not what was asked for then");
    world.advance(30);
    assert_eq!(world.refresh(&first).await.refusal(), (400, "invalid_grant"), "too late");
    assert_eq!(world.refresh(&refresh(&second)).await.refusal(), (400, "invalid_grant"), "so it was a reuse");

    let first = refresh(&world.tokens("openid offline_access").await);
    let second = refresh(&world.refresh(&first).await.json);
    let third = refresh(&world.refresh(&second).await.json);
    assert_eq!(world.refresh(&first).await.refusal(), (400, "invalid_grant"), "the successor was used");
    assert_eq!(world.refresh(&third).await.refusal(), (400, "invalid_grant"));
}

async fn set_grace(world: &World) {
    let sql = store::platform_sql!(
        "UPDATE clients SET metadata = replace(metadata, '\"refresh_token_grace\":0', '\"refresh_token_grace\":30') WHERE id = 'client_web'"
    );
    world.change(sql).await;
}

/// The same call a hundred times at once: the answers that are good, and how many were `invalid_grant`.
async fn race<F>(world: &Arc<World>, call: impl Fn(Arc<World>) -> F) -> (Vec<Value>, usize)
where
    F: Future<Output = support::Reached> + Send + 'static,
{
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(call(world.clone()))).collect();
    let (mut won, mut lost) = (Vec::new(), 0);
    for call in calls {
        let reached = call.await.unwrap();
        match reached.refusal() {
            (200, _) => won.push(reached.json),
            (400, "invalid_grant") => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    (won, lost)
}

#[tokio::test]
async fn a_refresh_token_rotates_and_a_used_one_ends_its_family() {
    for world in World::start_on_each().await {
        let first = world.tokens("openid email offline_access").await;
        let second = world.refresh(&text(&first, "refresh_token")).await.json;
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        let (before, after) = (claims(&text(&first, "id_token")), claims(&text(&second, "id_token")));
        for claim in ["iss", "sub", "aud", "auth_time", "sid"] {
            assert_eq!(after[claim], before[claim], "{claim}");
        }
        assert!(after.get("nonce").is_none());
        let access = text(&second, "access_token");
        assert_eq!(world.userinfo(&access).await.status, 200);
        assert_eq!(world.refresh(&text(&first, "refresh_token")).await.refusal(), (400, "invalid_grant"));
        assert_eq!(world.refresh(&text(&second, "refresh_token")).await.refusal(), (400, "invalid_grant"));
        assert_eq!(world.userinfo(&access).await.refusal(), (401, "invalid_token"));
        assert_eq!(world.count_events("oauth.security.refresh_token_reuse_detected").await, 1);
    }
}

#[tokio::test]
async fn a_refresh_may_narrow_and_never_widen() {
    let world = World::start().await;
    let token = text(&world.tokens("openid email offline_access").await, "refresh_token");
    let narrow = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", "openid")];
    let narrow = world.token(WEB, &narrow).await.json;
    assert_eq!(narrow["scope"], "openid");
    let next = text(&narrow, "refresh_token");
    let wide = [("grant_type", "refresh_token"), ("refresh_token", &*next), ("scope", "openid profile")];
    assert_eq!(world.token(WEB, &wide).await.refusal(), (400, "invalid_scope"));
    assert_eq!(world.refresh(&next).await.json["scope"], "email offline_access openid");
}

#[tokio::test]
async fn a_scope_the_client_was_deprived_of_is_gone_at_the_next_refresh() {
    let world = World::start().await;
    let cookie = world.sign_in(&world.user).await;
    let code = world.code(&cookie, &[("scope", "openid notes:write")]).await;
    let waiting = param(&world.get(&authorize_path(&[("scope", "notes:write")]), &[]).await.location(), "transaction").unwrap();
    let tokens = world.tokens("openid email notes:write").await;
    world
        .change(store::platform_sql!(
            "UPDATE clients SET metadata = replace(metadata, 'notes:write', '') WHERE id = 'client_web'"
        ))
        .await;
    let refreshed = world.refresh(&text(&tokens, "refresh_token")).await.json;
    assert_eq!(refreshed["scope"], "email openid");
    assert_eq!(world.redeem(&code).await.json["scope"], "openid");
    let resume = format!("/orgs/acme/api/v1/oauth/authorize?transaction={waiting}");
    assert_eq!(world.get(&resume, &[("cookie", &cookie)]).await.refusal(), (400, "expired"));
}

#[tokio::test]
async fn rotation_prolongs_nothing() {
    let world = World::start().await;
    let mut token = text(&world.tokens("openid offline_access").await, "refresh_token");
    for _ in 0..2 {
        world.advance(1_200_000);
        token = text(&world.refresh(&token).await.json, "refresh_token");
    }
    world.advance(192_000);
    assert_eq!(world.refresh(&token).await.refusal(), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client() {
    let world = World::start().await;
    let token = text(&world.tokens("openid offline_access").await, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("client_id", SPA)];
    let thief = world.post("/orgs/acme/api/v1/oauth/token", &[], &form).await;
    assert_eq!(thief.refusal(), (400, "invalid_grant"));
    assert_eq!(world.refresh(&token).await.status, 200, "and the theft did no harm to its owner");
}

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
