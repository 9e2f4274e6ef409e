//! The modules of the OpenID Connect certification plans, for any flow: each walks one scene.

use crate::code::{Returned, VERIFIER, go_on, silently, visit};
use crate::flows::{RETURN, Received, Scene};
use crate::pages::{field, has_id};
use crate::people::complete_profile;
use crate::tokens::{Client, Tokens, expect_error, id_token_claims, part, published_keys, userinfo};
use jose::alg::Algorithm;
use jose::encoding::base64url;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::Answered;

/// A request with this parameter works as if it were not there.
async fn does_no_harm(scene: &Scene<'_>, name: &str, value: &str) {
    scene.walk(&scene.ask().with(name, value)).await.expect_usual();
}

fn is_error_page(answered: &Answered) -> bool {
    (400..500).contains(&answered.status) && has_id(answered, "error") && answered.header("location").is_empty()
}

/// Where the claims of scopes belong: in the ID token if it comes alone, and else nowhere but at `UserInfo`.
fn expect_no_claims_in_id_tokens(received: &Received, names: &[&str]) {
    if received.access_tokens().is_empty() {
        return;
    }
    for (claims, name) in received.id_tokens().flat_map(|claims| names.iter().map(move |name| (claims, *name))) {
        assert!(!claims.contains_key(name), "{name} belongs to UserInfo");
    }
}

pub async fn oidcc_server(scene: &Scene<'_>) {
    let received = scene.walk(&scene.ask().with("scope", "openid profile email")).await;
    received.expect_usual();
    assert_eq!(received.about_person(scene.app).await["email"], scene.app.notes.user.email);
    expect_no_claims_in_id_tokens(&received, &["email", "name", "given_name", "roles"]);
}

pub async fn oidcc_response_type_missing(scene: &Scene<'_>) {
    let returned = silently(scene.app, &mut scene.app.browser(), &scene.ask().without("response_type")).await;
    assert_eq!(returned.expect_error("invalid_request").to, RETURN);
}

pub async fn oidcc_idtoken_signature(scene: &Scene<'_>) {
    let received = scene.walk(&scene.ask()).await;
    let back = received.back.as_ref().map(|tokens| tokens.id().to_owned());
    for token in received.returned.params.get("id_token").cloned().into_iter().chain(back) {
        let header = part(&token, 0);
        assert_eq!(header["alg"], "RS256");
        let kid = header["kid"].as_str().unwrap();
        assert!(published_keys(scene.app).await.find(Some(kid), Algorithm::RS256).next().is_some(), "{kid} is not published");
    }
}

pub async fn oidcc_ensure_request_without_nonce_fails(scene: &Scene<'_>) {
    if scene.flow.response_type.has_id_token() {
        scene.expect_error(&mut scene.app.browser(), &scene.ask().without("nonce"), "invalid_request").await;
    }
}

pub async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(scene: &Scene<'_>) {
    if !scene.flow.response_type.has_id_token() {
        scene.walk(&scene.ask().without("nonce")).await.expect_nonce(None);
    }
}

pub async fn oidcc_userinfo_get(scene: &Scene<'_>) {
    let received = scene.walk(&scene.ask()).await;
    for token in received.access_tokens() {
        let answered = userinfo(scene.app, token.expose()).await.expect(200);
        assert_eq!(answered.header("content-type"), "application/json");
        assert_eq!(answered.json()["sub"], received.claims()["sub"]);
    }
}

pub async fn oidcc_userinfo_post_header(scene: &Scene<'_>) {
    let received = scene.walk(&scene.ask()).await;
    for token in received.access_tokens() {
        let answered = scene.app.post(&scene.app.api("/oauth/userinfo")).bearer(token.expose()).send().await.expect(200);
        assert_eq!(answered.json()["sub"], received.claims()["sub"]);
    }
}

pub async fn oidcc_userinfo_post_body(scene: &Scene<'_>) {
    let received = scene.walk(&scene.ask()).await;
    for token in received.access_tokens() {
        let form = [("access_token", token.expose())];
        let answered = scene.app.post(&scene.app.api("/oauth/userinfo")).form(&form).send().await.expect(200);
        assert_eq!(answered.json()["sub"], received.claims()["sub"]);
    }
}

/// Every claim of the scope `profile` that is a text.
pub const PROFILE: [&str; 13] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
];

async fn with_scope(scene: &Scene<'_>, scope: &str) -> Value {
    complete_profile(scene.app).await;
    let received = scene.walk(&scene.ask().with("scope", scope)).await;
    expect_no_claims_in_id_tokens(&received, &["name", "email", "phone_number", "address", "updated_at"]);
    received.about_person(scene.app).await
}

pub async fn oidcc_scope_profile(scene: &Scene<'_>) {
    let claims = with_scope(scene, "openid profile").await;
    for name in PROFILE {
        assert!(claims[name].is_string(), "{name} in {claims}");
    }
    assert!(claims["updated_at"].is_i64() && claims["email"].is_null() && claims["phone_number"].is_null(), "{claims}");
}

pub async fn oidcc_scope_email(scene: &Scene<'_>) {
    let claims = with_scope(scene, "openid email").await;
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(scene.app.notes.user.email), &json!(true)));
    assert!(claims["name"].is_null(), "{claims}");
}

pub async fn oidcc_scope_address(scene: &Scene<'_>) {
    assert_eq!(with_scope(scene, "openid address").await["address"]["locality"], "Zürich");
}

pub async fn oidcc_scope_phone(scene: &Scene<'_>) {
    let claims = with_scope(scene, "openid phone").await;
    assert_eq!((&claims["phone_number"], &claims["phone_number_verified"]), (&json!("+41445551234"), &json!(true)));
}

pub async fn oidcc_scope_all(scene: &Scene<'_>) {
    let claims = with_scope(scene, "openid profile email address phone").await;
    let texts = ["name", "email", "phone_number"];
    assert!(texts.iter().all(|name| claims[name].is_string()) && claims["address"].is_object(), "{claims}");
    assert!(claims["updated_at"].is_i64() && claims["email_verified"].is_boolean(), "{claims}");
    assert!(claims["phone_number_verified"].is_boolean(), "{claims}");
}

pub async fn oidcc_alternate_happy_flow(scene: &Scene<'_>) {
    let mut words: Vec<&str> = scene.flow.response_type.as_str().split(' ').collect();
    words.reverse();
    let ask = scene.ask().with("response_type", &words.join(" ")).with("scope", "email profile openid").reversed();
    scene.walk(&ask).await.expect_usual();
}

pub async fn oidcc_display_page(scene: &Scene<'_>) {
    does_no_harm(scene, "display", "page").await;
}

pub async fn oidcc_display_popup(scene: &Scene<'_>) {
    does_no_harm(scene, "display", "popup").await;
}

pub async fn oidcc_prompt_login(scene: &Scene<'_>) {
    let (app, user) = (scene.app, &scene.app.notes.user);
    let mut browser = app.browser();
    let before = scene.walk_in(&mut browser, user, &scene.ask()).await;
    app.clock.advance(Duration::from_secs(3));
    let page = visit(app, &mut browser, &scene.ask().with("prompt", "login")).await;
    assert!(has_id(&page, "sign-in-form"), "prompt=login asks though somebody is signed in");
    let after = scene.receive(Returned::of(&go_on(&mut browser, user, page).await)).await;
    assert!(after.claims()["auth_time"].as_i64().unwrap() > before.claims()["auth_time"].as_i64().unwrap());
    assert_eq!(after.claims()["sub"], before.claims()["sub"]);
}

pub async fn oidcc_prompt_none_not_logged_in(scene: &Scene<'_>) {
    let state = "s".repeat(128);
    let ask = scene.ask().with("prompt", "none").with("state", &state);
    let returned = scene.expect_error(&mut scene.app.browser(), &ask, "login_required").await;
    assert_eq!((returned.param("state"), returned.param("iss")), (state.as_str(), scene.app.notes.issuer.as_str()));
}

pub async fn oidcc_prompt_none_logged_in(scene: &Scene<'_>) {
    let mut browser = scene.app.browser();
    let ask = scene.ask().with("max_age", "15000");
    let first = scene.walk_in(&mut browser, &scene.app.notes.user, &ask).await;
    scene.app.clock.advance(Duration::from_secs(5));
    let second = scene.walk_silently(&mut browser, &ask.with("prompt", "none")).await;
    for same in ["sub", "auth_time"] {
        assert_eq!(second.claims()[same], first.claims()[same], "{same}");
    }
}

pub async fn oidcc_max_age_1(scene: &Scene<'_>) {
    let (app, user) = (scene.app, &scene.app.notes.user);
    let mut browser = app.browser();
    let ask = scene.ask().with("max_age", "1");
    let first = scene.walk_in(&mut browser, user, &ask).await;
    app.clock.advance(Duration::from_secs(2));
    let page = visit(app, &mut browser, &ask).await;
    assert!(has_id(&page, "sign-in-form"), "the last sign-in is too long ago");
    let second = scene.receive(Returned::of(&go_on(&mut browser, user, page).await)).await;
    let (before, after) = (first.claims()["auth_time"].as_i64().unwrap(), second.claims()["auth_time"].as_i64().unwrap());
    assert!(after > before && after == app.services.clock.now().as_secs());
}

pub async fn oidcc_max_age_10000(scene: &Scene<'_>) {
    let mut browser = scene.app.browser();
    let ask = scene.ask().with("max_age", "10000");
    let first = scene.walk_in(&mut browser, &scene.app.notes.user, &ask).await;
    scene.app.clock.advance(Duration::from_mins(1));
    let second = scene.walk_silently(&mut browser, &ask).await;
    assert!(first.claims()["auth_time"].is_i64());
    for same in ["sub", "auth_time"] {
        assert_eq!(second.claims()[same], first.claims()[same], "{same}");
    }
}

pub async fn oidcc_ensure_request_with_unknown_parameter_succeeds(scene: &Scene<'_>) {
    does_no_harm(scene, "extra", "foobar").await;
}

pub async fn oidcc_id_token_hint(scene: &Scene<'_>) {
    let mut browser = scene.app.browser();
    let first = scene.walk_in(&mut browser, &scene.app.notes.user, &scene.ask()).await;
    let ask = scene.ask().with("prompt", "none").with("id_token_hint", first.id_token());
    let second = scene.walk_silently(&mut browser, &ask).await;
    assert_eq!(second.claims()["sub"], first.claims()["sub"]);

    let mut other = scene.app.browser();
    scene.walk_in(&mut other, &scene.app.notes.admin, &scene.ask()).await;
    scene.expect_error(&mut other, &ask, "login_required").await;
}

pub async fn oidcc_login_hint(scene: &Scene<'_>) {
    let page = visit(scene.app, &mut scene.app.browser(), &scene.ask().with("login_hint", "somebody@example.com")).await;
    assert_eq!(field(&page, "identifier"), "somebody@example.com");
    does_no_harm(scene, "login_hint", "somebody@example.com").await;
}

pub async fn oidcc_ui_locales(scene: &Scene<'_>) {
    let page = visit(scene.app, &mut scene.app.browser(), &scene.ask().with("ui_locales", "de-CH de en")).await;
    assert!(page.text().contains("<html lang=\"de\""), "{}", page.text());
    does_no_harm(scene, "ui_locales", "se").await;
}

pub async fn oidcc_claims_locales(scene: &Scene<'_>) {
    does_no_harm(scene, "claims_locales", "se").await;
}

pub async fn oidcc_ensure_request_with_acr_values_succeeds(scene: &Scene<'_>) {
    let discovery = scene.app.get(&scene.app.api("/.well-known/openid-configuration")).send().await.json();
    let offered: Vec<&str> =
        discovery["acr_values_supported"].as_array().unwrap().iter().map(|acr| acr.as_str().unwrap()).collect();
    let received = scene.walk(&scene.ask().with("acr_values", &offered.join(" "))).await;
    for claims in received.id_tokens() {
        assert!(offered.contains(&claims["acr"].as_str().unwrap()), "{claims:?}");
    }
}

pub async fn oidcc_codereuse(scene: &Scene<'_>) {
    codereuse_after(scene, Duration::ZERO).await;
}

pub async fn oidcc_codereuse_30seconds(scene: &Scene<'_>) {
    codereuse_after(scene, Duration::from_secs(30)).await;
}

/// The second use of a code is refused, and every token of its grant dies: those of the authorization endpoint too.
async fn codereuse_after(scene: &Scene<'_>, wait: Duration) {
    if !scene.flow.response_type.has_code() {
        return;
    }
    let received = scene.walk(&scene.ask()).await;
    scene.app.clock.advance(wait);
    let again = scene.redeem(received.returned.param("code")).await;
    expect_error(again, 400, "invalid_grant");
    for token in received.access_tokens() {
        assert_eq!(userinfo(scene.app, token.expose()).await.status, 401, "its tokens are dead");
    }
}

pub async fn oidcc_ensure_registered_redirect_uri(scene: &Scene<'_>) {
    let ask = scene.ask().with("redirect_uri", "https://elsewhere.example/callback");
    let answered = visit(scene.app, &mut scene.app.browser(), &ask).await;
    assert!(is_error_page(&answered), "{} {}", answered.status, answered.text());
}

pub async fn oidcc_ensure_post_request_succeeds(scene: &Scene<'_>) {
    let mut browser = scene.app.browser();
    let answered = browser.post(&scene.app.api("/oauth/authorize"), scene.ask().pairs()).await.expect(303);
    let page = browser.follow(answered).await;
    scene.receive(Returned::of(&go_on(&mut browser, &scene.app.notes.user, page).await)).await.expect_usual();
}

pub async fn oidcc_server_client_secret_post(scene: &Scene<'_>) {
    if !scene.flow.response_type.has_code() {
        return;
    }
    let scene = Scene::with(scene.app, scene.flow, json!({ "tokenEndpointAuthMethod": "client_secret_post" })).await;
    let page = visit(scene.app, &mut scene.app.browser(), &scene.ask()).await;
    assert!(has_id(&page, "sign-in-form"));
    let mut browser = scene.app.browser();
    let page = visit(scene.app, &mut browser, &scene.ask()).await;
    let returned = Returned::of(&go_on(&mut browser, &scene.app.notes.user, page).await);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", returned.param("code")),
        ("redirect_uri", RETURN),
        ("code_verifier", VERIFIER),
        ("client_id", scene.client.id.as_str()),
        ("client_secret", scene.client.secret.as_deref().unwrap()),
    ];
    let tokens = Tokens::of(scene.app.post(&scene.app.api("/oauth/token")).form(&form).send().await);
    id_token_claims(scene.app, tokens.id()).await;
}

pub async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(scene: &Scene<'_>) {
    let ask = scene.ask().with("request_uri", "https://client.example/request.jwt");
    refuses_the_object(scene, &ask, &["request_uri_not_supported", "invalid_request_uri"]).await;
}

pub async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(scene: &Scene<'_>) {
    let ask = scene.ask().with("request", "eyJhbGciOiJub25lIn0.eyJub25jZSI6IngifQ.");
    refuses_the_object(scene, &ask, &["request_not_supported", "invalid_request_object"]).await;
}

pub async fn oidcc_ensure_request_object_with_redirect_uri(scene: &Scene<'_>) {
    let inside = json!({ "redirect_uri": "https://elsewhere.example/callback" }).to_string();
    let object = format!("{}.{}.", base64url(br#"{"alg":"none"}"#), base64url(inside));
    refuses_the_object(scene, &scene.ask().with("request", &object), &["request_not_supported", "invalid_request_object"]).await;
}

/// An object without signature is refused, never ignored, and what it says leads nowhere: the refusal goes to the registered address
/// or onto a page.
async fn refuses_the_object(scene: &Scene<'_>, ask: &crate::code::Ask, errors: &[&str]) {
    let answered = visit(scene.app, &mut scene.app.browser(), ask).await;
    if is_error_page(&answered) {
        return;
    }
    let returned = Returned::of(&answered);
    scene.expect_place(&returned);
    assert!(errors.contains(&returned.param("error")), "{:?}", returned.params);
}

pub async fn oidcc_claims_essential(scene: &Scene<'_>) {
    let ask = scene.ask().with("claims", r#"{"userinfo":{"name":{"essential":true}}}"#);
    let received = scene.walk(&ask).await;
    assert!(received.id_tokens().all(|claims| !claims.contains_key("name")));
    for token in received.access_tokens() {
        assert_eq!(userinfo(scene.app, token.expose()).await.expect(200).json()["name"], "Demo User");
    }
}

pub async fn oidcc_refresh_token(scene: &Scene<'_>) {
    if !scene.flow.response_type.has_code() {
        return;
    }
    let ask = scene.ask().with("scope", "openid offline_access").with("prompt", "consent").with("max_age", "10000");
    let received = scene.walk(&ask).await;
    let first = received.back.as_ref().unwrap();
    scene.app.clock.advance(Duration::from_secs(90));
    expect_error(Client::spa(scene.app).refresh(scene.app, first.refresh()).await, 400, "invalid_grant");
    let second = Tokens::of(scene.client.refresh(scene.app, first.refresh()).await);
    let (before, after) = (received.from_token_endpoint.unwrap(), id_token_claims(scene.app, second.id()).await);
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert!(after["iat"].as_i64().unwrap() > before["iat"].as_i64().unwrap());
    assert_ne!(second.access(), first.access());
}

pub async fn oidcc_ensure_request_with_valid_pkce_succeeds(scene: &Scene<'_>) {
    if scene.flow.response_type.has_code() {
        assert!(scene.ask().pairs().iter().any(|(name, _)| name == "code_challenge"));
        scene.walk(&scene.ask()).await.expect_usual();
    }
}
